//! Memory of a module that is added to a core: a mapping of code, by which readers recognize a module, and the ELF header with its build
//! id, which no list of a core has.

use dumpedit_formats::elf::schema::{FILE, image_file, image_page};
use dumpedit_formats::model::{Container, Content, Memory, Model, ModuleEntry, Note, NoteBody, Stored};
use dumpedit_layout::{
    Context, Layout, Location, Notice, NoticeKind, Protection, Span, Subject, joined, without,
};

use super::memory::holds;
use super::{DumpPart, Structure, StructureError};
use crate::edit::Edit;
use crate::edit::payload::Payload;
use crate::error::Error;

const CODE: Protection = Protection { read: true, write: false, execute: true, guard: false };

/// Number of bytes from a load address on that are searched for headers and the build id.
const MOST: usize = 64 << 10;

impl Edit {
    /// Adds a build id at a module's load address, unless memory has it: the page of its header is made where it is not captured.
    pub(super) fn with_build_id(
        &mut self,
        structure: &mut Structure,
        module: &ModuleEntry,
        id: &str,
    ) -> Result<(), Error> {
        let (base, size) = (module.base.value, module.size.value);
        let Some(elf) = structure.new.elf() else { return Ok(()) };
        let page = image_page(id, size, structure.new.target, elf)
            .map_err(|problem| StructureError::ModuleId { id: id.to_owned(), problem })?;
        let page_size = u64::try_from(page.len()).unwrap_or(u64::MAX);
        let range = Span::of(base, page_size).ok_or(StructureError::PastEnd { address: base, size })?;
        if self.check_not_captured(structure, range).is_err() {
            let there = self.start_of(structure, base)?;
            let found = image_file(&there).and_then(|image| image.build_id);
            if found.as_ref().is_some_and(|found| found.eq_ignore_ascii_case(id)) {
                return Ok(());
            }
            return Err(StructureError::ModuleIdDiffers { base, id: id.to_owned(), found }.into());
        }
        let headers = self.read_field("note.auxv.AT_PHDR").ok().and_then(|value| value.to_u64());
        if let Some(headers) = headers.filter(|at| *at != 0 && range.first <= *at && *at <= range.last) {
            return Err(StructureError::ProgramHeaders { base, headers }.into());
        }
        let is_mapped = self.dump().layout().mapping_at(base).is_some();
        let allowed = (!is_mapped).then_some(CODE);
        self.put_memory(structure, range, Payload::given(&page), allowed)?;
        let message = format!("the page at {base:#x} is made from the module's build id and size");
        let notice = Notice::new(NoticeKind::HeaderMade, message);
        self.tell(notice.about(Subject::Address(base)));
        Ok(())
    }

    /// Drops the page that was made of a module's build id, as [`Edit::with_build_id`] makes it; its addresses stay mapped.
    pub(super) fn drop_made_header(
        &self,
        structure: &mut Structure,
        module: &ModuleEntry,
    ) -> Result<(), Error> {
        let (base, size) = (module.base.value, module.size.value);
        let Some(elf) = structure.new.elf() else { return Ok(()) };
        let there = self.start_of(structure, base)?;
        let Some(id) = image_file(&there).and_then(|image| image.build_id) else { return Ok(()) };
        let Ok(page) = image_page(&id, size, structure.new.target, elf) else { return Ok(()) };
        let captured = u64::try_from(page.len()).unwrap_or(u64::MAX);
        let is_page = |entry: &&mut Memory| entry.address == base && entry.captured == captured;
        let Some(entry) = structure.new.memory.iter_mut().find(is_page) else { return Ok(()) };
        if there.starts_with(&page) {
            entry.stored = Stored::Own(Content::Zero(0));
            entry.captured = 0;
            structure.dropped(DumpPart::Memory { address: base, size: captured });
        }
        Ok(())
    }

    /// The bytes from an address on, with the edit.
    fn start_of(&self, structure: &Structure, address: u64) -> Result<Vec<u8>, Error> {
        let mut bytes = vec![0; MOST];
        if let Ok(read) = self.read_bytes(Context::Process, Location::Virtual(address), &mut bytes) {
            bytes.truncate(usize::try_from(read.completed).unwrap_or(0));
            return Ok(bytes);
        }
        let added =
            structure.new.memory.iter().find(|entry| entry.address == address && holds(entry, address));
        let Some(Stored::Own(Content::Given { number, size })) = added.map(|entry| &entry.stored) else {
            return Ok(Vec::new());
        };
        let Some(adopted) = structure.given.get(*number) else { return Ok(Vec::new()) };
        bytes.truncate(usize::try_from(*size).unwrap_or(usize::MAX));
        self.pending.read_adopted(*adopted, &mut bytes).map_err(|cause| Error::Kept { cause })?;
        Ok(bytes)
    }

    /// Lists the addresses of a module that the core does not list as code.
    pub(super) fn map_module(&mut self, structure: &mut Structure, module: &ModuleEntry) {
        let Some(range) = Span::of(module.base.value, module.size.value) else { return };
        let listed = structure.new.memory.iter().filter(|entry| entry.is_loaded());
        let listed = listed.filter_map(|entry| Span::of(entry.address, entry.size.max(entry.captured)));
        for Span { first, last } in without(&[range], &joined(listed)) {
            let size = last.saturating_sub(first).saturating_add(1);
            let is_made = |entry: &&mut Memory| {
                matches!(entry.stored, Stored::Own(Content::Given { .. }))
                    && entry.protection == Some(CODE)
                    && entry.address.checked_add(entry.size) == Some(first)
            };
            // One program header has both, as the kernel does for parts that a file has.
            if let Some(header) = structure.new.memory.iter_mut().find(is_made) {
                header.size = header.size.saturating_add(size);
            } else {
                let mut entry = Memory::new(first, Content::Zero(0));
                entry.size = size;
                entry.protection = Some(CODE);
                structure.new.memory.push(entry);
            }
            let kind = NoticeKind::ModuleMapped;
            let message = format!("{}: {first:#x}..+{size:#x}", kind.phrase());
            self.tell(Notice::new(kind, message).about(Subject::Address(first)));
        }
    }

    /// Makes a list of mapped files from the known modules, where a core has none: a new list would hide them.
    pub(super) fn make_module_list(&mut self, structure: &mut Structure) -> Result<(), Error> {
        let model = &mut structure.new;
        if let Some(note) = module_list(model) {
            // A list with unknown rows stays bytes.
            return match note.body {
                NoteBody::Modules => Ok(()),
                _ => Err(StructureError::NoModuleList.into()),
            };
        }
        model.modules = known_modules(self.dump().layout());
        let mut note = Note::new("CORE", FILE, Content::default()).with_body(NoteBody::Modules);
        match (model.threads.first_mut(), &mut model.container) {
            (Some(first), _) => {
                note.segment = first.segment;
                // The kernel writes it behind the other notes of the process.
                let of_process = first.notes.iter().rposition(Note::is_of_process);
                first.notes.insert(of_process.map_or(0, |at| at.saturating_add(1)), note);
            }
            (None, Container::Elf(elf)) => elf.notes.push(note),
            _ => {}
        }
        let kind = NoticeKind::ModuleListMade;
        self.tell(Notice::new(kind, kind.phrase()));
        Ok(())
    }
}

/// The note that lists the mapped files of a core.
fn module_list(model: &Model) -> Option<&Note> {
    let in_front = model.elf().into_iter().flat_map(|elf| &elf.notes);
    let mut notes = in_front.chain(model.threads.iter().flat_map(|thread| &thread.notes));
    notes.find(|note| note.namespace() == b"CORE" && note.kind == FILE)
}

/// Whether a dump lists its modules: a core may have no NT_FILE.
pub(super) fn has_module_list(model: &Model) -> bool {
    model.elf().is_none() || module_list(model).is_some()
}

/// The files that are known to be mapped, in order of their addresses.
pub(super) fn known_modules(layout: &Layout) -> Vec<ModuleEntry> {
    // The vDSO is no file.
    let is_file = |name: &str| !name.starts_with('[');
    let known = layout.modules().iter().filter(|module| module.size > 0 && is_file(&module.name));
    let mut modules: Vec<ModuleEntry> =
        known.map(|known| ModuleEntry::new(known.base, known.size, known.name.clone())).collect();
    modules.sort_by_key(|module| module.base.value);
    modules
}

/// Drops the list of mapped files from a core: the kernel writes no empty one.
pub(super) fn drop_module_list(model: &mut Model) {
    let is_other = |note: &Note| !matches!(note.body, NoteBody::Modules);
    if let Container::Elf(elf) = &mut model.container {
        elf.notes.retain(is_other);
    }
    model.threads.iter_mut().for_each(|thread| thread.notes.retain(is_other));
}
