#![doc = include_str!("../README.md")]

mod commit;
#[cfg(feature = "compressed")]
pub mod compressed;
pub mod diff;
mod dump;
mod edit;
mod encoding;
mod error;
mod field;
mod find;
mod helping_threads;
mod journal;
#[cfg(feature = "json")]
pub mod json;
mod labels;
mod map;
pub mod notation;
mod number;
mod opening;
mod progress;
mod reads;
mod register_flags;
mod store;
mod structure;
#[cfg(feature = "symbols")]
pub mod symbols;
mod view;
mod walk_limit;

pub use commit::lock::Hold;
pub use commit::{CommitOptions, Output, OutputFile, OutputOptions, Receipt, new_file};
pub use dump::Dump;
pub use dumpedit_formats::fields::{
    Codes, Field, FieldAt, FieldKind, FieldPlace, Fields, Lead, Room, Shown, TextKind,
};
pub use dumpedit_formats::{
    Evidence, FormatError, Supported, SupportedRecord, crash_code, mapped, model, supported,
};
pub use dumpedit_layout::{
    Access, AccessError, Aliases, BesidePc, Block, BlockKind, ByteOrder, CapturedRange, Context,
    ContextLocation, ContextRecord, Derived, Editable, Fault, FileBytes, FilePart, Format, Group, Layout,
    Location, Machine, Mapping, MemoryTags, Module, NamedAddress, NamedHere, Notice, NoticeKind, Outcome,
    Partial, Piece, Place, Process, Protection, RecordChoice, RecordFormat, RecordKind, Region, RegisterId,
    RegisterName, RegisterPart, Registers, Resolved, Run, Span, Stop, StopAt, StopReason, Subject,
    TakenThread, Thread, ThreadIndex, ThreadRecord, View, common, joined, without,
};
pub use edit::changes::{Change, Changes, Extent, Extents};
pub use edit::located::{Located, RegisterChange};
pub use edit::payload::Spooled;
pub use edit::tag_changes::TagChange;
pub use edit::{Edit, EditOptions};
pub use encoding::Encoding;
pub use error::{CommitError, CommitStep, Correction, Error, Hint, Meant, NoSymbol, OpenError, Walked};
pub use field::{FieldChange, FieldValue};
pub use find::matcher::Matcher;
pub use find::outside::Outside;
pub use find::strings::{FoundText, Strings, TextFilter};
pub use find::{Found, Match, MatchFn, Matches, Search};
pub use journal::history::{History, Recovery, UndoOptions, Undone};
pub use journal::log::{Damage, HistoryEntry, Log};
pub use journal::record::EntryKind;
pub use journal::recover::Recovered;
pub use number::{Number, RegisterValue, ValueError};
pub use opening::Held;
pub use progress::{Progress, ProgressFn};
pub use register_flags::flags;
pub use store::chunks::{Chunk, Chunks, ReadChunks};
pub use store::special::SpecialFile;
pub use structure::{
    DumpPart, ImagesLeft, NewCrash, NewModule, NewRegister, NewThread, PartChange, Repaired, StructureError,
};
pub use view::{HeldRegister, Pointers};
