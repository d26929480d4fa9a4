//! Models: the contents of a dump in the same form for every container: process, crashes, modules and memory. Parts that only one container
//! has are in [`Container`] and in fields that say so.
//!
//! A model owns its numbers and texts, but no bytes of a dump: a [`Content`] refers to these. Values that were read know their [`Place`].
//!
//! Structs may get fields. Enums get variants only together with an answer of all writers of dumps: a match over them has no arm for the
//! rest, so that nothing is lost in silence.

mod content;
mod elf;
mod keep;
mod macho;
mod memory;
mod minidump;
mod module;
mod note_segments;
mod thread;
mod triage;

use dumpedit_layout::{ByteOrder, Format, Machine, Notice};
use minidump_common::format::MINIDUMP_STREAM_TYPE;

pub use content::{Content, FileOffset, Placed};
pub use dumpedit_layout::Place;
pub use elf::{Elf, Note, NoteBody, NoteHeader, Section, SectionContent};
pub use keep::Parts;
pub use macho::{LoadNote, MachO};
pub use memory::{List, Load, MappingEntry, Memory, SegmentParts, Stored};
pub use minidump::{Blob, Link, Minidump, Padded, Pointer, Stream, StreamContent, SystemInfo};
pub use module::ModuleEntry;
pub use note_segments::NoteSegments;
pub use thread::{Crash, CrashRecord, Stack, State, ThreadEntry};
pub use triage::{Triage, TriagePart};

/// MiscInfoStream, which has the components of threads' XSAVE areas.
const MISC_INFO: u32 = MINIDUMP_STREAM_TYPE::MiscInfoStream as u32;

/// The contents of a dump.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct Model {
    /// The process's machine, and the container.
    pub target: Target,
    /// The threads, in the dump's order.
    pub threads: Vec<ThreadEntry>,
    /// Crashes; at most one in a core.
    pub crashes: Vec<Crash>,
    /// Modules that the container lists: ModuleList, the rows of NT_FILE, or the drivers of a triage dump.
    pub modules: Vec<ModuleEntry>,
    /// Memory that the container lists, in its order.
    pub memory: Vec<Memory>,
    /// Minidump: the entries of MemoryInfoList.
    pub mappings: Vec<MappingEntry>,
    /// Parts that only this container has.
    pub container: Container,
    /// Parts of the file that are in none of these fields, so that a dump written from the model lacks them.
    pub lost: Vec<Notice>,
}

impl Model {
    /// An empty dump.
    pub fn new(target: Target, container: Container) -> Model {
        Model {
            target,
            threads: Vec::new(),
            crashes: Vec::new(),
            modules: Vec::new(),
            memory: Vec::new(),
            mappings: Vec::new(),
            container,
            lost: Vec::new(),
        }
    }

    /// The parts of an ELF core, where the dump is one.
    pub fn elf(&self) -> Option<&Elf> {
        match &self.container {
            Container::Elf(elf) => Some(elf),
            _ => None,
        }
    }

    /// The parts of a minidump, where the dump is one.
    pub fn minidump(&self) -> Option<&Minidump> {
        match &self.container {
            Container::Minidump(minidump) => Some(minidump),
            _ => None,
        }
    }

    /// The parts of a Mach-O core, where the dump is one.
    pub fn macho(&self) -> Option<&MachO> {
        match &self.container {
            Container::MachO(macho) => Some(macho),
            _ => None,
        }
    }

    /// The parts of a triage dump, where the dump is one.
    pub fn triage(&self) -> Option<&Triage> {
        match &self.container {
            Container::Triage(triage) => Some(triage),
            _ => None,
        }
    }
}

/// The process's machine, and the encoding of numbers in its dump.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Target {
    /// The container.
    pub format: Format,
    /// The machine.
    pub machine: Machine,
    /// The byte order of the dump and of the process.
    pub byte_order: ByteOrder,
}

impl Target {
    /// A machine, and the encoding of numbers in its dump.
    pub fn new(format: Format, machine: Machine, byte_order: ByteOrder) -> Target {
        Target { format, machine, byte_order }
    }
}

/// Parts that only one container has.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub enum Container {
    /// An ELF core.
    Elf(Elf),
    /// A minidump.
    Minidump(Minidump),
    /// A Mach-O core.
    MachO(MachO),
    /// A triage dump of a Windows kernel.
    Triage(Triage),
}

impl Container {
    /// The parts that the reading of threads' records depends on; `None` for a container without records to add.
    pub fn alone(&self) -> Option<Container> {
        Some(match self {
            Container::Elf(elf) => {
                Container::Elf(Elf { sections: Vec::new(), notes: Vec::new(), ..elf.clone() })
            }
            Container::Minidump(minidump) => {
                let mut alone = minidump.clone();
                alone.streams.retain(|stream| stream.kind == MISC_INFO);
                Container::Minidump(alone)
            }
            Container::MachO(macho) => {
                Container::MachO(MachO { notes: Vec::new(), commands: Vec::new(), ..macho.clone() })
            }
            Container::Triage(_) => return None,
        })
    }
}
