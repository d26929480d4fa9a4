#![doc = include_str!("../README.md")]

mod commit;
mod copy;
mod dump;
mod edit;
mod error;
mod map;
pub mod notation;
mod number;
mod output;
mod payload;
mod pending;
mod platform;
mod source;
mod view;

pub use commit::{CommitOptions, Receipt};
pub use copy::{Progress, ProgressFn};
pub use dump::Dump;
pub use dumpedit_formats::FormatError;
pub use dumpedit_layout::{
    Access, AccessError, ByteOrder, Context, ContextRecord, Fault, Format, Group, Layout, Location, Machine,
    Mapping, Module, Notice, Outcome, Partial, Piece, Protection, RecordChoice, RecordKind, Region,
    RegisterId, RegisterName, RegisterPart, Registers, Resolved, Stop, StopAt, StopReason, Thread,
    ThreadIndex,
};
pub use edit::{Change, Edit, EditOptions};
pub use error::{CommitError, Error, OpenError};
pub use number::{Number, RegisterValue, ValueError};
pub use output::{OutputFile, OutputOptions};
