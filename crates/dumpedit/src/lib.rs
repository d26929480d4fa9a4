#![doc = include_str!("../README.md")]

mod blocks;
mod changes;
mod chunks;
mod commit;
mod copy;
pub mod diff;
mod dump;
mod edit;
mod error;
mod find;
mod gates;
mod helpers;
mod holes;
mod journal;
mod kept;
mod lock;
mod map;
pub mod notation;
mod notices;
mod number;
mod output;
mod overlap;
mod payload;
mod pending;
mod permissions;
mod platform;
mod similar;
mod source;
mod store;
mod strings;
mod told;
mod view;
mod walk;

pub use changes::{Change, Changes, Extent, Extents};
pub use chunks::{Chunk, Chunks};
pub use commit::{CommitOptions, Receipt};
pub use copy::{Progress, ProgressFn};
pub use dump::Dump;
pub use dumpedit_formats::FormatError;
pub use dumpedit_layout::{
    Access, AccessError, Block, BlockKind, ByteOrder, CapturedRange, Context, ContextRecord, Editable, Fault,
    Format, Group, Layout, Location, Machine, Mapping, Module, Notice, Outcome, Partial, Piece, Protection,
    RecordChoice, RecordFormat, RecordKind, Region, RegisterId, RegisterName, RegisterPart, Registers,
    Resolved, Run, Stop, StopAt, StopReason, Thread, ThreadIndex, View, joined,
};
pub use edit::{Edit, EditOptions};
pub use error::{CommitError, Error, Meant, OpenError};
pub use find::matcher::Matcher;
pub use find::outside::Outside;
pub use find::{Found, Match, MatchFn, Search};
pub use journal::history::{Damage, History, HistoryEntry, Log, Recovery, UndoOptions, Undone};
pub use journal::record::Kind;
pub use journal::recover::Recovered;
pub use lock::Hold;
pub use number::{Number, RegisterValue, ValueError};
pub use output::{OutputFile, OutputOptions, new_file};
pub use payload::Spooled;
pub use strings::{FoundText, Strings};
pub use told::RegisterChange;
