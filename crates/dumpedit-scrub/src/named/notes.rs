//! Notes of cores: the process's name and arguments, names of threads, and mapped files.

use dumpedit::model::{Content, Note, NoteBody};
use dumpedit::{Field, Place};
use dumpedit_formats::elf::schema::{FILE, freebsd};

use super::{By, Named, until_nul};
use crate::letters::Letters;

/// Kind of text in a field of an ELF core.
#[derive(Clone, Copy)]
enum Holds {
    Name(By),
    CommandLine,
    Path,
}

/// Fields with texts, by the beginning and end of their names.
const TEXTS: &[(&str, &str, Holds)] = &[
    ("note.file[", "].name", Holds::Path),
    ("note", ".fname", Holds::Name(By::ProcessName)),
    ("note", ".psargs", Holds::CommandLine),
    ("process", ".name", Holds::Name(By::ProcessName)),
    ("thread", ".name", Holds::Name(By::ThreadName)),
];

impl Named<'_> {
    /// Visits the notes of an ELF core or a Mach-O core.
    pub(super) fn notes(&mut self) {
        let model = self.model;
        if let Some(elf) = model.elf() {
            self.fields.texts().for_each(|field| self.field(&field));
            let notes = elf.notes.iter().chain(model.threads.iter().flat_map(|thread| &thread.notes));
            for note in notes {
                if let NoteBody::Bytes(content) = &note.body {
                    self.note(note, content);
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

    fn field(&mut self, field: &Field) {
        let is_of = |start: &str, end: &str| field.path.starts_with(start) && field.path.ends_with(end);
        let Some((_, _, holds)) = TEXTS.iter().find(|(start, end, _)| is_of(start, end)) else { return };
        for stored in &field.stored {
            let text = self.in_file(stored.place, Letters::Bytes);
            let range = until_nul(&text, text.all());
            match *holds {
                Holds::Name(by) => self.name(by, &text, range),
                Holds::CommandLine => self.command_line(&text, range),
                Holds::Path => self.take_folders(By::Path, &text, range),
            }
        }
    }

    /// Notes whose texts are no fields.
    fn note(&mut self, note: &Note, content: &Content) {
        let Some(text) = self.content(content, Letters::Bytes) else { return };
        match (note.namespace(), note.kind) {
            // Names of the process, of its threads, of the user, and of the events that they wait for.
            (b"FreeBSD", freebsd::PROCSTAT_PROC) => {
                for range in text.split(|byte| !(0x20..0x7f).contains(&byte)) {
                    if range.len() >= 3 {
                        self.name(By::ProcessName, &text, range);
                    }
                }
            }
            // A list that is cut off has paths as well.
            (b"FreeBSD", freebsd::PROCSTAT_FILES | freebsd::PROCSTAT_VMMAP) | (b"CORE", FILE) => {
                self.take_paths_among(&text.stored);
            }
            _ => {}
        }
    }

    /// Place of the auxiliary vector.
    pub(super) fn auxiliary_vector(&self) -> Option<Place> {
        let mut parts = self.dump.layout().compared_parts();
        parts.find(|part| matches!(part.name, "NT_AUXV" | "LinuxAuxv")).map(|part| part.place)
    }
}
