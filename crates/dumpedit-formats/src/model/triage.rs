//! Parts of a model that only Windows' kernel triage dumps have.

use super::{Content, ModuleEntry, Placed};

/// A triage dump without its context, its exception, its drivers and its memory (`DUMP_HEADER64` and `TRIAGE_DUMP64`).
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct Triage {
    /// Both headers, one behind the other, without the context; the other values of the model overwrite them.
    pub headers: Content,
    /// `MachineImageType`.
    pub machine: Placed<u32>,
    /// `BugCheckCode`.
    pub bug_check: Placed<u32>,
    /// `BugCheckParameter1` to `BugCheckParameter4`.
    pub parameters: [Placed<u64>; 4],
    /// Name at `BrokenDriverOffset`.
    pub broken_driver: Option<String>,
    /// Whether the dump was written completely: the signature at `ValidOffset` is there.
    pub is_finished: bool,
    /// Drivers that were mapped before: their base, size, name, and in `reserved` the entry, which the other fields overwrite.
    pub unloaded: Vec<ModuleEntry>,
    /// Other targets of the headers.
    pub parts: Vec<TriagePart>,
}

/// A part of a triage dump that is kept as bytes.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct TriagePart {
    /// File offset of the field that leads to it.
    pub field: u32,
    /// Bytes.
    pub content: Content,
}

impl TriagePart {
    /// A part at the target of the field at a file offset.
    pub fn new(field: u32, content: Content) -> TriagePart {
        TriagePart { field, content }
    }
}

impl Triage {
    /// An empty dump with these headers.
    pub fn new(headers: Content, machine: u32) -> Triage {
        Triage {
            headers,
            machine: machine.into(),
            bug_check: 0.into(),
            parameters: [0.into(); 4],
            broken_driver: None,
            is_finished: true,
            unloaded: Vec::new(),
            parts: Vec::new(),
        }
    }
}
