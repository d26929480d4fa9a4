//! Cores of ESP-IDF: FreeRTOS's tasks are the threads, and the addresses of their control blocks are the ids.

use dumpedit_layout::{Layout, ThreadIndex};

use super::note_kinds::esp_idf::{EXTRA_INFO, PANIC_DETAILS, TASK_INFO};
use super::note_kinds::is_of_esp_idf;
use super::notes::Note;
use crate::encoding::{Encoding, text};
use crate::memory::Memory;

/// Name of the system.
pub(super) const SYSTEM: &str = "esp-idf";

/// The crash in the notes.
#[derive(Default)]
pub(super) struct Panic {
    /// Address of the control block of the task that crashed.
    pub(super) task: Option<u64>,
    /// `EXCCAUSE`, where the processor has one.
    pub(super) cause: Option<u32>,
    /// Description of the crash, in words.
    pub(super) details: Option<String>,
}

/// Whether a note is one of ESP-IDF's own about the process, and not about a task.
pub(crate) fn is_of_process(namespace: &[u8], kind: u32) -> bool {
    is_of_esp_idf(namespace) && kind != TASK_INFO
}

impl Panic {
    /// Takes a note of ESP-IDF's. Returns whether its whole contents are understood.
    ///
    /// The extra information begins with the control block of the task that crashed. On Xtensa, pairs of a special register's
    /// number and its value follow (`xtensa_extra_info_t` of `core_dump_port.c`).
    pub(super) fn take(&mut self, encoding: Encoding, note: &Note<'_>) -> bool {
        /// Number of `EXCCAUSE`.
        const EXCCAUSE: u32 = 232;
        match note.kind {
            EXTRA_INFO => {
                self.task = encoding.u32(note.descriptor, 0).map(u64::from).filter(|task| *task != 0);
                let is_cause = encoding.u32(note.descriptor, 4) == Some(EXCCAUSE);
                self.cause = encoding.u32(note.descriptor, 8).filter(|_| is_cause);
                false
            }
            PANIC_DETAILS => {
                self.details = text(note.descriptor);
                true
            }
            _ => false,
        }
    }
}

/// Names the tasks from their control blocks.
pub(super) fn name_tasks(layout: &mut Layout, bytes: &[u8], encoding: Encoding) {
    /// Offset of `pcTaskName` in FreeRTOS's `tskTaskControlBlock` (`tasks.c`), in bytes: behind a pointer, two list items, a number and a
    /// pointer.
    const NAME_AT: u64 = 52;
    /// `configMAX_TASK_NAME_LEN`, in bytes, with the NUL.
    const NAME_SIZE: usize = 16;
    let memory = Memory { bytes, encoding, layout };
    let name = |tid: u64| {
        let field = memory.from(tid.checked_add(NAME_AT)?).get(..NAME_SIZE)?;
        let length = field.iter().position(|byte| *byte == 0).filter(|length| *length > 0)?;
        let name = field.get(..length).filter(|name| name.iter().all(u8::is_ascii_graphic))?;
        String::from_utf8(name.to_vec()).ok()
    };
    let names: Vec<Option<String>> = layout.threads().iter().map(|thread| name(thread.tid)).collect();
    for (index, name) in (0u32..).zip(names) {
        if let Some(name) = name {
            layout.name_thread(ThreadIndex(index), name);
        }
    }
}
