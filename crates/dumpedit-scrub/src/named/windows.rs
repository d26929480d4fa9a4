//! Command line and environment of a Windows process: `RTL_USER_PROCESS_PARAMETERS`, found by the environment blocks of its threads.

use std::collections::BTreeSet;

use dumpedit::Context;

use super::{By, Named, Text};
use crate::letters::Letters;

/// Most threads that are visited: all have the same process.
const MOST_THREADS: usize = 64;

/// Largest environment, in bytes.
const MOST_ENVIRONMENT: u64 = 1 << 20;

/// Offsets in bytes, by the size of a pointer (`winternl.h`, and Microsoft's public symbols of `ntdll`).
struct Way {
    pointer: u8,
    /// `ProcessEnvironmentBlock` of TEB.
    process: u64,
    /// `ProcessParameters` of PEB.
    parameters: u64,
    /// `UNICODE_STRING`s of the parameters, and their contents: `CurrentDirectory.DosPath`, `DllPath`, `ImagePathName`, `CommandLine`,
    /// `WindowTitle`, `DesktopInfo`, `ShellInfo`, `RuntimeData`.
    strings: [(u64, Holds); 8],
    /// `Environment` of the parameters.
    environment: u64,
}

#[derive(Clone, Copy)]
enum Holds {
    /// A folder, all of which is replaced.
    Folder,
    /// The path of the program, whose last part is kept.
    Program,
    CommandLine,
    /// The title of a window or a similar text.
    Title,
}

use Holds::{CommandLine, Folder, Program, Title};

const WAYS: [Way; 2] = [
    Way {
        pointer: 4,
        process: 0x30,
        parameters: 0x10,
        strings: [
            (0x24, Folder),
            (0x30, Folder),
            (0x38, Program),
            (0x40, CommandLine),
            (0x70, Title),
            (0x78, Title),
            (0x80, Title),
            (0x88, Title),
        ],
        environment: 0x48,
    },
    Way {
        pointer: 8,
        process: 0x60,
        parameters: 0x20,
        strings: [
            (0x38, Folder),
            (0x50, Folder),
            (0x60, Program),
            (0x70, CommandLine),
            (0xb0, Title),
            (0xc0, Title),
            (0xd0, Title),
            (0xe0, Title),
        ],
        environment: 0x80,
    },
];

/// Distance from the 64-bit TEB to the 32-bit one of a 32-bit process on 64-bit Windows, in bytes.
const TEB32: u64 = 0x2000;

impl Named<'_> {
    /// Visits the process parameters in memory, in every dump whose threads have environment blocks.
    pub(super) fn windows(&mut self) {
        // In dumps of other systems, Crashpad has the address of thread-local storage there.
        if self.dump.layout().os().is_some_and(|os| os != "windows") {
            return;
        }
        let mut seen = BTreeSet::new();
        let model = self.model;
        for thread in model.threads.iter().filter(|thread| thread.environment.value != 0).take(MOST_THREADS) {
            let block = thread.environment.value;
            let width = self.dump.layout().pointer_width();
            for way in &WAYS {
                let block = match (way.pointer, width) {
                    (4, 8) => block.saturating_add(TEB32),
                    (way, width) if way == width => block,
                    _ => continue,
                };
                let process = self.pointer(block.saturating_add(way.process), way.pointer);
                let parameters = process
                    .and_then(|process| self.pointer(process.saturating_add(way.parameters), way.pointer));
                if let Some(parameters) = parameters.filter(|parameters| *parameters != 0)
                    && seen.insert(parameters)
                {
                    self.parameters(parameters, way);
                }
            }
        }
    }

    fn pointer(&self, address: u64, width: u8) -> Option<u64> {
        let mut bytes = [0; 8];
        let read = bytes.get_mut(..width.into())?;
        let outcome = self.dump.read_bytes(Context::Process, address, read).ok()?;
        (outcome.completed == u64::from(width)).then(|| u64::from_le_bytes(bytes))
    }

    fn parameters(&mut self, at: u64, way: &Way) {
        for (offset, holds) in way.strings {
            let string = at.saturating_add(offset);
            let letters = self.pointer(string.saturating_add(way.pointer.into()), way.pointer);
            let size = self.pointer(string, 4).map(|sizes| sizes & 0xffff);
            let (Some(letters), Some(size)) = (letters.filter(|letters| *letters != 0), size) else {
                continue;
            };
            let text = self.in_memory(letters, size, Letters::Low);
            match holds {
                Folder => self.take(By::Path, &text, text.all()),
                Program => self.take_folders(By::Path, &text, text.all()),
                CommandLine => self.command_line(&text, text.all()),
                Title => self.take(By::Arguments, &text, text.all()),
            }
        }
        if let Some(environment) =
            self.pointer(at.saturating_add(way.environment), way.pointer).filter(|at| *at != 0)
        {
            let text = self.in_memory(environment, MOST_ENVIRONMENT, Letters::Low);
            self.block(&text);
        }
    }

    /// Visits variables, with a NUL behind each and one more at the end.
    fn block(&mut self, text: &Text) {
        let end = text.narrow.windows(2).position(|pair| pair == [0, 0]).unwrap_or(text.narrow.len());
        let mut start = 0;
        for variable in text.narrow.get(..end).unwrap_or_default().split(|byte| *byte == 0) {
            self.variable(text, start..start + variable.len());
            start += variable.len() + 1;
        }
    }
}
