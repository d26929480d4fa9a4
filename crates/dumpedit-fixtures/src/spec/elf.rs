//! Keys that only ELF cores have: notes and section headers.

use dumpedit::notation::At;

use super::content::ContentSpec;

/// An ELF core's note.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct NoteSpec {
    /// Owner; `LINUX` for types from 0x100 to 0xfff and for PRXFPREG, else `CORE`.
    pub owner: Option<String>,
    /// Whether a NUL is behind the owner.
    pub is_terminated: bool,
    /// Its type.
    pub kind: u64,
    /// Size in bytes; that of its type, or of its content.
    pub size: Option<u64>,
    /// Its bytes, before registers are set.
    pub content: ContentSpec,
    /// Bytes written over it after the registers.
    pub rest: ContentSpec,
}

impl NoteSpec {
    /// A note of some bytes.
    pub fn new(owner: &str, kind: u32, content: ContentSpec) -> NoteSpec {
        NoteSpec {
            owner: Some(owner.to_owned()),
            is_terminated: true,
            kind: kind.into(),
            size: None,
            content,
            rest: ContentSpec::default(),
        }
    }

    /// Its owner, or the usual one of its type.
    pub(crate) fn owner(&self) -> &str {
        self.owner.as_deref().unwrap_or_else(|| self.usual_owner())
    }

    pub(crate) fn usual_owner(&self) -> &'static str {
        dumpedit_formats::elf::schema::owner(u32::try_from(self.kind).unwrap_or(u32::MAX))
    }
}

/// A section header of an ELF core.
#[derive(Clone, Debug, Default, PartialEq)]
#[non_exhaustive]
pub struct SectionSpec {
    /// `sh_type`.
    pub kind: u64,
    /// `sh_name`: offset of its name in the section of names.
    pub name: Option<u64>,
    /// `sh_flags`; 0.
    pub flags: Option<u64>,
    /// `sh_addr`; 0.
    pub address: Option<At>,
    /// `sh_size`, in bytes; that of its content.
    pub size: Option<u64>,
    /// `sh_link`; 0.
    pub link: Option<u64>,
    /// `sh_info`; 0.
    pub info: Option<u64>,
    /// `sh_addralign`; 0.
    pub align: Option<u64>,
    /// `sh_entsize`; 0.
    pub entry_size: Option<u64>,
    /// Whether its bytes are the first segment of notes.
    pub is_notes: bool,
    /// Label of the region with its bytes. Nothing is stored for it then.
    pub file_offset: Option<At>,
    /// Its bytes, behind all memory.
    pub content: ContentSpec,
}

impl SectionSpec {
    /// An empty section of a type.
    pub fn new(kind: u32) -> SectionSpec {
        SectionSpec { kind: kind.into(), ..SectionSpec::default() }
    }
}
