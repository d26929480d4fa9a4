//! The layout of a crash dump: the file bytes of every address and register.
//!
//! Never opens a file, never reads a dump's bytes, never asks which format a [`Layout`] came from.
//!
//! This crate promises no stability of its own; `dumpedit` re-exports what its users need.
#![forbid(unsafe_code)]

mod access;
mod aliases;
mod builder;
mod byte_order;
mod capture;
mod captured;
mod editable;
mod file_parts;
mod float;
mod granule;
mod interval;
mod layout;
mod location;
mod machine;
mod machines;
mod mapping;
mod mappings;
mod memory_tags;
mod module_names;
mod notice;
mod outcome;
mod process;
mod record_format;
mod region;
mod register;
mod resolve;
mod shared;
mod span;
mod stack;
mod sweep;
mod thread;
mod thread_order;
mod thread_search;

pub use access::AccessError;
pub use aliases::Aliases;
pub use builder::{Ahead, LayoutBuilder};
pub use byte_order::ByteOrder;
pub use captured::CapturedRange;
pub use editable::Editable;
pub use file_parts::FilePart;
pub use float::{FloatError, FloatFormat, is_float};
pub use layout::{AddressBits, Layout};
pub use location::{Access, Context, ContextLocation, Location, RecordChoice, ThreadIndex};
pub use machine::{Format, Machine};
pub use mapping::{Mapping, Protection};
pub use memory_tags::MemoryTags;
pub use module_names::{base_name, modules_named, stems};
pub use notice::{Notice, NoticeKind, Notices, Subject};
pub use outcome::{Outcome, Partial, Stop, StopAt, StopReason};
pub use process::{Fault, Module, NamedAddress, Process};
pub use record_format::{BlockKind, RecordFormat, Run};
pub use region::Region;
pub use register::{BesidePc, Group, RegisterId, RegisterName, RegisterPart, Registers, View};
pub use resolve::{Copies, Gate, Piece, Resolved, merged};
pub use span::{FileBytes, Place, Span, common, joined, without};
pub use thread::{Block, Cell, ContextRecord, Derived, NamedHere, RecordKind, Thread};
pub use thread_search::{TakenThread, ThreadRecord};
