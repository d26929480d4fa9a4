//! The notes of cores: the process's name and arguments, and the files that were mapped.

use dumpedit::Place;
use dumpedit::model::{Content, Note, NoteBody};
use dumpedit_formats::elf::schema::{FILE, PRPSINFO, ProcessInfo, ProcessNote, freebsd, system_of_status};

use super::{By, Named, until_nul};
use crate::letters::Letters;

/// `struct prpsinfo` of FreeBSD's `sys/procfs.h`: `pr_fname` of 17 bytes and `pr_psargs` of 81, behind two numbers.
const FREEBSD_NAME: usize = 17;
const FREEBSD_ARGUMENTS: usize = 81;

impl Named<'_> {
    /// The notes of an ELF core, or of a Mach-O core.
    pub(super) fn notes(&mut self) {
        let model = self.model;
        if let Some(elf) = model.elf() {
            let wide = elf.wide;
            let notes = elf.notes.iter().chain(model.threads.iter().flat_map(|thread| &thread.notes));
            for note in notes {
                if let NoteBody::Bytes(content) = &note.body {
                    self.note(note, content, wide);
                }
            }
            for module in &model.modules {
                if let Some(place) = module.name.place {
                    let text = self.in_file(place, Letters::Bytes);
                    self.take_folders(By::Path, &text, text.all());
                }
            }
        }
        if let Some(macho) = model.macho() {
            for note in macho.notes.iter().filter(|note| note.is(b"all image infos")) {
                if let Some(text) = self.content(&note.blob.content, Letters::Bytes) {
                    self.take_paths_among(&text.stored);
                }
            }
        }
    }

    fn note(&mut self, note: &Note, content: &Content, wide: bool) {
        let Some(text) = self.content(content, Letters::Bytes) else { return };
        let size = text.narrow.len();
        match (note.namespace(), note.kind) {
            (b"CORE", PRPSINFO) => {
                let Some(info) = ProcessInfo::of_size(size as u64) else { return };
                let arguments = info.name_at + ProcessInfo::NAME_SIZE;
                self.name(By::ProcessName, &text, until_nul(&text, info.name_at..arguments));
                let end = arguments + ProcessInfo::ARGUMENTS_SIZE;
                self.command_line(&text, until_nul(&text, arguments..end));
            }
            (b"FreeBSD", PRPSINFO) => {
                let name = if wide { 16 } else { 8 };
                let arguments = name + FREEBSD_NAME;
                self.name(By::ProcessName, &text, until_nul(&text, name..arguments));
                self.command_line(&text, until_nul(&text, arguments..arguments + FREEBSD_ARGUMENTS));
            }
            (b"FreeBSD", freebsd::THRMISC) => self.name(By::ThreadName, &text, until_nul(&text, text.all())),
            // The names of the process, of its threads, of the user and of what they wait for.
            (b"FreeBSD", freebsd::PROCSTAT_PROC) => {
                for range in text.split(|byte| !(0x20..0x7f).contains(&byte)) {
                    if range.len() >= 3 {
                        self.name(By::ProcessName, &text, range);
                    }
                }
            }
            (b"FreeBSD", freebsd::PROCSTAT_FILES | freebsd::PROCSTAT_VMMAP) | (b"CORE", FILE) => {
                self.take_paths_among(&text.stored);
            }
            (owner, kind) => {
                let system = system_of_status(owner).and_then(ProcessNote::of);
                if let Some(process) = system.filter(|process| process.kind == kind) {
                    let name = process.name_at..process.name_at + ProcessNote::NAME_SIZE;
                    self.name(By::ProcessName, &text, until_nul(&text, name));
                }
            }
        }
    }

    /// The bytes of a note of the process as a whole.
    pub(super) fn auxiliary_vector(&self) -> Option<Place> {
        let mut parts = self.dump.layout().compared_parts();
        parts.find(|part| matches!(part.name, "NT_AUXV" | "LinuxAuxv")).map(|part| part.place)
    }
}
