//! Crashes that are added and dropped.

use dumpedit_formats::elf::schema::SIGINFO;
use dumpedit_formats::model::{
    Content, Crash, CrashRecord, Model, Note, NoteBody, NoteSegments, ThreadEntry,
};
use dumpedit_layout::AccessError;

use super::threads::{is_of_linux, without_signal};
use super::{DumpPart, StructureError};
use crate::edit::Edit;
use crate::error::Error;

/// A crash to be added.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct NewCrash {
    /// The id of the thread that crashed.
    pub tid: u64,
    /// The exception's code, or the signal.
    pub code: u32,
    /// The address that the exception is about, or `si_addr`.
    pub address: Option<u64>,
}

impl NewCrash {
    /// A crash of a thread.
    pub fn new(tid: u64, code: u32) -> NewCrash {
        NewCrash { tid, code, address: None }
    }

    /// The same with an address.
    #[must_use]
    pub fn at(self, address: u64) -> NewCrash {
        NewCrash { address: Some(address), ..self }
    }
}

/// The size of a `siginfo_t`, in bytes.
const SIGNAL_INFO_SIZE: u64 = 128;

/// `SEGV_MAPERR`, `BUS_ADRALN`, `ILL_ILLOPC`: the first code of every signal that has an address.
const FAULT: u32 = 1;

impl Edit {
    /// Adds what the dump says of a crash: one more exception of a minidump, whose registers are those of the thread; of a core the
    /// signal of its threads and a `siginfo_t`, and the thread comes first, as the kernel writes it.
    ///
    /// # Errors
    /// [`StructureError`], where the dump does not list the thread, and where a core tells of a crash already.
    pub fn add_crash(&mut self, new: &NewCrash) -> Result<(), Error> {
        let NewCrash { tid, code, address } = *new;
        self.restructure(|edit, structure| {
            let model = &mut structure.new;
            let Some(index) = model.threads.iter().position(|thread| thread.tid.value == tid) else {
                let count = edit.dump().layout().threads().len();
                return Err(match edit.dump().layout().thread_by_id(tid) {
                    Ok(_) => StructureError::ThreadNotListed { tid }.into(),
                    Err(error @ AccessError::NoSuchThreadId { .. }) => error.into(),
                    Err(_) if count == 0 => StructureError::NoThread.into(),
                    Err(error) => error.into(),
                });
            };
            let mut crash = Crash::default();
            crash.thread = tid.into();
            crash.code = code.into();
            crash.address = address.map(Into::into);
            if model.minidump().is_some() {
                let has_record = model.threads.get(index).is_some_and(|thread| thread.record.is_some());
                crash.record = if has_record { CrashRecord::Thread(index) } else { CrashRecord::None };
                model.crashes.push(crash);
            } else if model.elf().is_some() {
                add_signal(model, index, crash)?;
            } else {
                let format = edit.dump().layout().format();
                return Err(StructureError::Container { format }.into());
            }
            structure.added(DumpPart::Crash { tid, code });
            Ok(())
        })
    }

    /// Takes out of the dump what it says of the crash of a thread, which stays: every exception of a minidump that names the
    /// thread; of a core the `siginfo_t` and the signal of all threads, each of which has the one that ended the process.
    ///
    /// # Errors
    /// [`StructureError::NoCrash`] where the dump says nothing of a crash of the thread.
    pub fn drop_crash(&mut self, tid: u64) -> Result<(), Error> {
        self.restructure(|edit, structure| {
            if structure.changes.iter().any(|change| change.added) {
                return Err(StructureError::DropFirst.into());
            }
            let model = &mut structure.new;
            let of_thread = |crash: &Crash| crash.thread.value == tid;
            let Some(code) =
                model.crashes.iter().find(|crash| of_thread(crash)).map(|crash| crash.code.value)
            else {
                return Err(StructureError::NoCrash { tid }.into());
            };
            if model.minidump().is_some() {
                model.crashes.retain(|crash| !of_thread(crash));
            } else if model.elf().is_some() {
                if !model.threads.iter().all(is_of_linux) {
                    return Err(StructureError::OtherSystem.into());
                }
                model.crashes.clear();
                model.threads.iter_mut().try_for_each(|thread| edit.drop_signal(thread))?;
            } else {
                let format = edit.dump().layout().format();
                return Err(StructureError::Container { format }.into());
            }
            structure.dropped(DumpPart::Crash { tid, code });
            Ok(())
        })
    }

    /// Takes the signal out of a thread of a core.
    fn drop_signal(&self, thread: &mut ThreadEntry) -> Result<(), Error> {
        thread.notes.retain(|note| !matches!(note.body, NoteBody::Crash { .. }));
        thread.signal = 0.into();
        if let Some(Content::File(place)) = &thread.record {
            let mut bytes = vec![0; usize::try_from(place.size).unwrap_or(0)];
            self.view().file_bytes(place.file_offset, &mut bytes)?;
            thread.record = Some(Content::from(bytes));
        }
        without_signal(thread);
        Ok(())
    }
}

fn add_signal(model: &mut Model, index: usize, crash: Crash) -> Result<(), StructureError> {
    if let Some(known) = model.crashes.first() {
        return Err(StructureError::CrashExists { tid: known.thread.value, signal: known.code.value });
    }
    if !model.threads.iter().all(is_of_linux) {
        return Err(StructureError::OtherSystem);
    }
    let code = u64::from(crash.code.value);
    let signal = u16::try_from(code).ok().filter(|signal| (1..=128).contains(signal));
    let signal = signal.ok_or(StructureError::NoSignal { code })?;
    let in_one = model.note_segments() == NoteSegments::One;
    if in_one {
        // Debuggers show the first thread, and take the signal of any.
        model.threads.iter_mut().for_each(|thread| thread.signal = signal.into());
        if index < model.threads.len() {
            let thread = model.threads.remove(index);
            model.threads.insert(0, thread);
        }
    }
    let at = if in_one { 0 } else { index };
    let Some(thread) = model.threads.get_mut(at) else { return Err(StructureError::NoThread) };
    thread.signal = signal.into();
    let is_info = |note: &&mut Note| note.namespace() == b"CORE" && note.kind == SIGINFO;
    match thread.notes.iter_mut().find(is_info) {
        Some(note) => {
            if let NoteBody::Bytes(content) = &note.body {
                note.body = NoteBody::Crash { index: 0, content: content.clone() };
            }
        }
        None => {
            let content = Content::Zero(SIGNAL_INFO_SIZE);
            let note = Note::new("CORE", SIGINFO, content.clone());
            let mut note = note.with_body(NoteBody::Crash { index: 0, content });
            note.segment = thread.segment;
            thread.notes.insert(0, note);
        }
    }
    let si_code = if crash.address.is_some() { FAULT } else { 0 };
    let mut crash = crash;
    crash.si_code = si_code.into();
    model.crashes.push(crash);
    Ok(())
}
