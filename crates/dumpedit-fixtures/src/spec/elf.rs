//! What only ELF cores have: notes and section headers.

use dumpedit::notation::At;

use super::content::ContentSpec;

/// An ELF core's note.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct NoteSpec {
    /// Its owner; `LINUX` for types from 0x100 to 0xfff and for PRXFPREG, else `CORE`.
    pub owner: Option<String>,
    /// Whether a NUL stands behind the owner.
    pub is_terminated: bool,
    /// Its type.
    pub kind: u64,
    /// Its size in bytes; that of its kind, or what its content has.
    pub size: Option<u64>,
    /// Its bytes, before registers are set.
    pub content: ContentSpec,
    /// Bytes that are put over it after the registers.
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
    /// `sh_name`: where its name begins in the section with the names.
    pub name: Option<u64>,
    /// `sh_flags`; 0.
    pub flags: Option<u64>,
    /// `sh_addr`; 0.
    pub address: Option<At>,
    /// `sh_size`, in bytes; what its content has.
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
    /// The region that has its bytes, by its label. Nothing is then stored for it.
    pub file_offset: Option<At>,
    /// Its bytes behind all memory.
    pub content: ContentSpec,
}

impl SectionSpec {
    /// A section of a type and of no bytes.
    pub fn new(kind: u32) -> SectionSpec {
        SectionSpec { kind: kind.into(), ..SectionSpec::default() }
    }
}
