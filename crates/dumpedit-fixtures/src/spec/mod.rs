//! Specs: the format, the threads, the memory and everything around them, as owned values.
//!
//! Knows nothing of places in a dump's file, nor of YAML.
//!
//! Values are plain. The place of a value in a text is looked up when an error needs it (`place.rs`).

mod arrangement;
mod bytes;
mod check;
mod content;
mod crash;
mod elf;
#[cfg(test)]
mod every_key;
mod find;
mod header;
mod instead;
mod json;
mod keys;
mod kinds;
mod link;
mod macho;
mod mapping;
mod memory_info;
mod module;
mod out;
mod place;
mod record;
mod region;
mod schema;
mod stream;
mod system;
mod text;
mod thread;
mod triage;
mod write;
mod yaml;

use dumpedit::{ByteOrder, Format, Machine};

pub use arrangement::{Arrangement, MemoryPlace, PaddedSpec};
pub use content::{ContentSpec, Data, PieceSpec};
pub use crash::{CrashContext, CrashSpec};
pub use elf::{NoteSpec, SectionSpec};
pub use header::Header;
pub use link::{LinkSpec, PointerSpec};
pub use macho::{LoadCommand, LoadNoteSpec, StateSpec};
pub use memory_info::MappingSpec;
pub use module::ModuleSpec;
pub use place::TextPlace;
pub use record::{ContextKind, Record, Register, Xstate};
pub use region::RegionSpec;
pub use stream::StreamSpec;
pub use system::System;
pub use thread::{StackDescriptor, StackSpec, ThreadSpec};
pub use triage::{PartSpec, UnloadedDriver};
pub use write::Packing;

pub(crate) use content::DumpBytes;
pub(crate) use find::find;
pub(crate) use place::Step;
pub(crate) use yaml::NotYaml;

/// Description of a dump.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct Spec {
    /// The container.
    pub format: Format,
    /// The machine of the process.
    pub machine: Machine,
    /// The byte order of the dump.
    pub byte_order: ByteOrder,
    /// Numbers of the headers.
    pub header: Header,
    /// The system that the process ran on.
    pub system: System,
    /// Layout of the dump's parts.
    pub layout: Arrangement,
    /// Threads, in order.
    pub threads: Vec<ThreadSpec>,
    /// Crashes; only a minidump may have several.
    pub crashes: Vec<CrashSpec>,
    /// The modules.
    pub modules: Vec<ModuleSpec>,
    /// Triage dump: unloaded drivers.
    pub unloaded: Vec<UnloadedDriver>,
    /// Memory that the dump lists, in order.
    pub memory: Vec<RegionSpec>,
    /// Mappings: the entries of a minidump's MemoryInfoList.
    pub mappings: Vec<MappingSpec>,
    /// A minidump's other streams.
    pub streams: Vec<StreamSpec>,
    /// A triage dump's other parts.
    pub parts: Vec<PartSpec>,
    /// An ELF core's notes in front of its threads'.
    pub notes: Vec<NoteSpec>,
    /// An ELF core's section headers.
    pub sections: Vec<SectionSpec>,
    /// A Mach-O core's notes.
    pub load_notes: Vec<LoadNoteSpec>,
    /// A Mach-O core's load commands that are neither segments, threads nor notes.
    pub load_commands: Vec<LoadCommand>,
    /// Bytes written over the finished dump, by file offset.
    pub patches: ContentSpec,
    /// Size that the finished dump is cut to, in bytes.
    pub truncate: Option<u64>,
}

impl Spec {
    /// An empty dump, with every default.
    pub fn new(format: Format, machine: Machine) -> Spec {
        Spec {
            format,
            machine,
            byte_order: machine.usual_byte_order(),
            header: Header::default(),
            system: System::default(),
            layout: Arrangement::default(),
            threads: Vec::new(),
            crashes: Vec::new(),
            modules: Vec::new(),
            unloaded: Vec::new(),
            memory: Vec::new(),
            mappings: Vec::new(),
            streams: Vec::new(),
            parts: Vec::new(),
            notes: Vec::new(),
            sections: Vec::new(),
            load_notes: Vec::new(),
            load_commands: Vec::new(),
            patches: ContentSpec::default(),
            truncate: None,
        }
    }
}
