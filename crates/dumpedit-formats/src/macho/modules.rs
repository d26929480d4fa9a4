//! Modules: from the notes that list images, else from images at the start of segments.
//!
//! Notes are those of LLDB's `ObjectFileMachO` (`all image infos`, `load binary`, `main bin spec`).

use std::collections::HashSet;

use dumpedit_layout::{Module, Place};
use object::macho;

use super::header::{Command, Header, Note, size_of_header};
use super::schema::{ALL_IMAGE_INFOS, LOAD_BINARY, MAIN_BIN_SPEC};
use crate::encoding::{Encoding, text};
use crate::memory::Memory;

/// Maximum number of images that a note lists or that are searched.
const MOST_IMAGES: usize = 1 << 16;

/// Maximum length of a path, in bytes: more than `PATH_MAX` of macOS's `sys/syslimits.h`.
const MOST_PATH: usize = 4096;

/// An address that is not set in a note.
const UNSET: u64 = u64::MAX;

/// The header of an image in memory.
#[derive(Default)]
struct Image {
    size: u64,
    /// The address of `vmsize` of its `__TEXT`, and the size of that number, in bytes.
    size_at: Option<(u64, u64)>,
    id: Option<String>,
    /// The address of the UUID.
    id_at: Option<u64>,
    name: Option<String>,
}

/// A note that may list modules: its owner, its bytes, and their file offset.
pub(super) type ListNote<'a> = (&'a [u8], &'a [u8], u64);

/// A module, and the places of its values in the file and in memory.
pub(super) struct Found {
    pub(super) module: Module,
    /// Places in a note.
    pub(super) in_note: InNote,
    /// The address of the UUID in its header.
    pub(super) id_at: Option<u64>,
    /// The address of the size in its header, and the size of that number, in bytes.
    pub(super) size_at: Option<(u64, u64)>,
}

/// A module's values in a note, as places in the file.
#[derive(Clone, Copy, Default)]
pub(super) struct InNote {
    pub(super) base: Option<Place>,
    pub(super) id: Option<Place>,
    /// Name, with its NUL.
    pub(super) name: Option<Place>,
}

impl InNote {
    /// A place in a structure at a file offset.
    fn place(start: u64, skipped: u64, size: u64) -> Option<Place> {
        Some(Place { file_offset: start.checked_add(skipped)?, size })
    }
}

/// The notes in the form that the search for modules takes.
pub(super) fn list_notes<'a>(notes: &'a [Note], header: &Header, bytes: &'a [u8]) -> Vec<ListNote<'a>> {
    let list =
        |note: &'a Note| (note.owner(), note.bytes(header, bytes), header.file_offset(note.file_offset));
    notes.iter().map(list).collect()
}

/// Finds modules.
pub(super) struct Modules<'a> {
    pub(super) memory: Memory<'a>,
    pub(super) header: &'a Header,
    /// Bytes of headers that may still be read: in sum no more than the file has, however images overlap.
    pub(super) budget: u64,
}

impl Modules<'_> {
    /// The modules that notes list; where none does, the images at the addresses `starts` of segments.
    pub(super) fn find(mut self, notes: &[ListNote<'_>], starts: &[u64]) -> Vec<Found> {
        let mut found = Vec::new();
        let mut bases = HashSet::new();
        for (owner, bytes, at) in notes {
            let listed = match *owner {
                ALL_IMAGE_INFOS => self.image_infos(bytes),
                LOAD_BINARY => self.load_binary(bytes, *at).into_iter().collect(),
                MAIN_BIN_SPEC => self.main_binary(bytes, *at).into_iter().collect(),
                _ => Vec::new(),
            };
            found.extend(listed.into_iter().filter(|found| bases.insert(found.module.base)));
        }
        if !found.is_empty() {
            return found;
        }
        let modules = starts.iter().take(MOST_IMAGES).filter_map(|start| {
            let image = self.image(*start)?;
            Some(self.module(*start, None, None, Some(image), InNote::default()))
        });
        modules.collect()
    }

    /// A module at an address, from a note and from its image in memory.
    fn module(
        &self,
        base: u64,
        name: Option<String>,
        id: Option<String>,
        image: Option<Image>,
        in_note: InNote,
    ) -> Found {
        let image = image.unwrap_or_default();
        let name = name.filter(|name| !name.is_empty()).or(image.name);
        let name = name.unwrap_or_else(|| format!("image at {base:#x}"));
        let module = Module::new(base, image.size, name).with_id(id.or(image.id));
        Found { module, in_note, id_at: image.id_at, size_at: image.size_at }
    }

    /// Bytes of the file from an offset from the header on.
    fn file(&self, offset: u64) -> &[u8] {
        let start = usize::try_from(self.header.file_offset(offset)).ok();
        start.and_then(|start| self.memory.bytes.get(start..)).unwrap_or_default()
    }

    /// `all image infos`: version, number of images, offset of their entries, size of one; an entry has the offset of the path, a UUID, and
    /// the load address.
    fn image_infos(&mut self, note: &[u8]) -> Vec<Found> {
        let encoding = self.header.encoding;
        let fields = || {
            let count = usize::try_from(encoding.u32(note, 4)?).ok()?;
            let entries = encoding.u64(note, 8)?;
            let size = usize::try_from(encoding.u32(note, 16)?).ok().filter(|size| *size >= 40)?;
            Some((count, entries, size))
        };
        let Some((count, entries, size)) = fields() else { return Vec::new() };
        let mut modules = Vec::new();
        for index in 0..count.min(MOST_IMAGES) {
            let at =
                index.checked_mul(size).and_then(|skipped| u64::try_from(skipped).ok()?.checked_add(entries));
            let entry = at.map(|at| self.file(at)).unwrap_or_default();
            let read = || Some((encoding.u64(entry, 0)?, uuid(entry.get(8..24)?), encoding.u64(entry, 24)?));
            let Some((path, id, base)) = read() else { break };
            if base != UNSET {
                let path = Some(path).filter(|path| *path != UNSET && *path != 0);
                let name = path.and_then(|path| self::path(self.file(path)));
                let image = self.image(base);
                let start = self.header.file_offset(at.unwrap_or(0));
                let path_at = path.map(|path| self.header.file_offset(path));
                let in_note = InNote {
                    id: InNote::place(start, 8, 16),
                    base: InNote::place(start, 24, 8),
                    name: path_at
                        .zip(name.as_ref())
                        .and_then(|(at, name)| InNote::place(at, 0, text_size(name))),
                };
                modules.push(self.module(base, name, id, image, in_note));
            }
        }
        modules
    }

    /// `load binary`: version, UUID, load address, slide, name.
    fn load_binary(&mut self, note: &[u8], at: u64) -> Option<Found> {
        let base = self.header.encoding.u64(note, 20).filter(|base| *base != UNSET)?;
        let id = uuid(note.get(4..20)?);
        let name = note.get(36..).and_then(path);
        let image = self.image(base);
        let rest = u64::try_from(note.len()).unwrap_or(0).saturating_sub(36);
        let in_note = InNote {
            id: InNote::place(at, 4, 16),
            base: InNote::place(at, 20, 8),
            name: name.as_ref().and_then(|_| InNote::place(at, 36, rest)),
        };
        Some(self.module(base, name, id, image, in_note))
    }

    /// `main bin spec`: version, type, address, UUID.
    fn main_binary(&mut self, note: &[u8], at: u64) -> Option<Found> {
        let base = self.header.encoding.u64(note, 8).filter(|base| *base != UNSET)?;
        let id = uuid(note.get(16..32)?);
        let image = self.image(base);
        let in_note = InNote { base: InNote::place(at, 8, 8), id: InNote::place(at, 16, 16), name: None };
        Some(self.module(base, None, id, image, in_note))
    }

    /// The Mach-O header at an address, where there is one.
    fn image(&mut self, base: u64) -> Option<Image> {
        let bytes = self.memory.from(base);
        let wide = match self.header.encoding.u32(bytes, 0)? {
            macho::MH_MAGIC => false,
            macho::MH_MAGIC_64 => true,
            _ => return None,
        };
        let header = Header { encoding: Encoding { wide, ..self.header.encoding }, at: 0, ..*self.header };
        let field = |at| header.encoding.u32(bytes, at);
        let (file_type, count, commands_size) = (field(12)?, field(16)?, field(20)?);
        self.budget = self.budget.checked_sub(size_of_header(wide).checked_add(commands_size.into())?)?;
        let header = Header { file_type, count, commands_size, ..header };
        let mut image = Image::default();
        // `vmsize` of `segment_command_64` and of `segment_command`.
        let (size_at, word) = if wide { (32, 8) } else { (28, 4) };
        for command in header.commands(bytes) {
            let address = |skipped: u64| base.checked_add(command.at)?.checked_add(skipped);
            match macho::LoadCommandType(command.kind) {
                macho::LC_UUID => {
                    image.id = command.bytes.get(8..24).and_then(uuid);
                    image.id_at = address(8).filter(|_| image.id.is_some());
                }
                macho::LC_ID_DYLIB | macho::LC_ID_DYLINKER => image.name = name_of(&header, &command),
                _ => {
                    let text =
                        header.segment(&command).filter(|segment| segment.name.starts_with(b"__TEXT\0"));
                    if let Some(text) = text {
                        image.size = text.memory_size;
                        image.size_at = address(size_at).map(|at| (at, word));
                    }
                }
            }
        }
        Some(image)
    }
}

/// The text of a command, at an offset in it (`lc_str`).
fn name_of(header: &Header, command: &Command<'_>) -> Option<String> {
    let at = usize::try_from(header.encoding.u32(command.bytes, 8)?).ok()?;
    path(command.bytes.get(at..)?)
}

/// The path up to its NUL; `None` where it is empty.
fn path(bytes: &[u8]) -> Option<String> {
    text(bytes.get(..MOST_PATH).unwrap_or(bytes))
}

/// Size of a text with its NUL, in bytes.
fn text_size(text: &str) -> u64 {
    u64::try_from(text.len()).unwrap_or(0).saturating_add(1)
}

/// The UUID in hex; `None` where it is all zeros.
fn uuid(bytes: &[u8]) -> Option<String> {
    bytes.iter().any(|byte| *byte != 0).then(|| bytes.iter().map(|byte| format!("{byte:02x}")).collect())
}
