//! Crashes that are added and dropped.

use dumpedit_formats::elf::schema::{SIGINFO, SignalInfo};
use dumpedit_formats::model::{
    Content, Crash, CrashRecord, Model, Note, NoteBody, NoteSegments, ThreadEntry,
};
use dumpedit_layout::{AccessError, Notice, NoticeKind, Subject};

use super::threads::is_of_linux;
use super::{DumpPart, StructureError};
use crate::edit::Edit;
use crate::error::Error;

/// A crash to be added.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct NewCrash {
    /// Id of the thread that crashed.
    pub tid: u64,
    /// Code of the exception, or the signal.
    pub code: u32,
    /// Address of the access that failed, or `si_addr`.
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

/// `SEGV_MAPERR`, `BUS_ADRALN`, `ILL_ILLOPC`: the first code of every signal with an address.
const FAULT: u32 = 1;

impl Edit {
    /// Adds a crash: to a minidump, one more exception with the registers of the thread; to a core, the signal of its threads and a
    /// `siginfo_t`, with the thread moved to the front, as the kernel writes it. In a core that has a crash already, another thread gets a
    /// `siginfo_t` of its own, which debuggers show for that thread.
    ///
    /// # Errors
    /// [`StructureError`], where the dump does not list the thread, and where a core already has a signal of the thread.
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
                if !model.crashes.is_empty() {
                    let kind = NoticeKind::SecondException;
                    edit.tell(Notice::new(kind, kind.phrase()).about(Subject::Thread(tid)));
                }
                model.crashes.push(crash);
            } else if model.elf().is_some() {
                edit.add_signal(model, index, crash)?;
            } else {
                let format = edit.dump().layout().format();
                return Err(StructureError::Container { format }.into());
            }
            structure.added(DumpPart::Crash { tid, code });
            Ok(())
        })
    }

    /// Drops the crash of a thread, which stays: from a minidump, every exception that names the thread; from a core, the `siginfo_t` and
    /// the signal of all threads, each of which has the one that ended the process, or the `siginfo_t` of a thread other than the crashed
    /// one. Where the last edit added a crash of the thread, the dump has the crashes from before it.
    ///
    /// # Errors
    /// [`StructureError::NoCrash`] where the dump has no crash of the thread.
    pub fn drop_crash(&mut self, tid: u64) -> Result<(), Error> {
        self.restructure(|edit, structure| {
            if structure.changes.iter().any(|change| change.added) {
                return Err(StructureError::DropFirst.into());
            }
            let model = &mut structure.new;
            let of_thread = |crash: &Crash| crash.thread.value == tid;
            let is_other = !model.crashes.is_empty() && !model.crashes.iter().any(of_thread);
            if is_other
                && model.elf().is_some()
                && let Some(code) = edit.drop_own_signal(model, tid)?
            {
                structure.dropped(DumpPart::Crash { tid, code });
                return Ok(());
            }
            let Some(code) =
                model.crashes.iter().rfind(|crash| of_thread(crash)).map(|crash| crash.code.value)
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
                for thread in &mut model.threads {
                    thread.notes.retain(|note| !matches!(note.body, NoteBody::Crash { .. }));
                    set_signal(thread, 0);
                }
            } else {
                let format = edit.dump().layout().format();
                return Err(StructureError::Container { format }.into());
            }
            structure.dropped(DumpPart::Crash { tid, code });
            Ok(())
        })
    }

    fn add_signal(&self, model: &mut Model, index: usize, mut crash: Crash) -> Result<(), Error> {
        if !model.threads.iter().all(is_of_linux) {
            return Err(StructureError::OtherSystem.into());
        }
        let code = u64::from(crash.code.value);
        let signal = u16::try_from(code).ok().filter(|signal| (1..=128).contains(signal));
        let signal = signal.ok_or(StructureError::NoSignal { code })?;
        if let Some(address) = &crash.address
            && address.value > self.dump().layout().last_address()
        {
            let bits = u32::from(self.dump().layout().pointer_width()).saturating_mul(8);
            return Err(StructureError::DoesNotFit { value: address.value, what: "si_addr", bits }.into());
        }
        crash.si_code = if crash.address.is_some() { FAULT } else { 0 }.into();
        if let Some(known) = model.crashes.first().cloned() {
            self.check_no_signal(model, index, &known)?;
            let wide = model.elf().is_some_and(|elf| elf.wide);
            let info = SignalInfo::of(model.target.machine, wide);
            let content = info.bytes(&crash, wide, model.target.byte_order, SignalInfo::SIZE).into();
            let Some(thread) = model.threads.get_mut(index) else {
                return Err(StructureError::NoThread.into());
            };
            // Its status keeps the signal that ended the process: gdb takes that of the last thread.
            add_note(thread, Note::new("CORE", SIGINFO, content));
            return Ok(());
        }
        let in_one = model.note_segments() == NoteSegments::One;
        if in_one {
            // Debuggers show the first thread, and take the signal of any.
            model.threads.iter_mut().for_each(|thread| set_signal(thread, signal));
            if index < model.threads.len() {
                let thread = model.threads.remove(index);
                model.threads.insert(0, thread);
            }
        }
        let at = if in_one { 0 } else { index };
        let Some(thread) = model.threads.get_mut(at) else { return Err(StructureError::NoThread.into()) };
        set_signal(thread, signal);
        match thread.notes.iter_mut().find(|note| is_info(note)) {
            Some(note) => {
                if let NoteBody::Bytes(content) = &note.body {
                    note.body = NoteBody::Crash { index: 0, content: content.clone() };
                }
            }
            None => {
                let content = Content::from(vec![0; SignalInfo::SIZE]);
                let note = Note::new("CORE", SIGINFO, content.clone());
                add_note(thread, note.with_body(NoteBody::Crash { index: 0, content }));
            }
        }
        model.crashes.push(crash);
        Ok(())
    }

    /// Checks that a thread of a core with a crash has no signal of its own: no reader uses a second `siginfo_t` of one thread.
    fn check_no_signal(&self, model: &Model, index: usize, known: &Crash) -> Result<(), Error> {
        let infos = |threads: &[ThreadEntry]| {
            threads.iter().flat_map(|thread| &thread.notes).filter(|note| is_info(note)).count()
        };
        let Some(thread) = model.threads.get(index) else { return Err(StructureError::NoThread.into()) };
        let tid = thread.tid.value;
        if known.thread.value == tid {
            let field = "crash.code".to_owned();
            return Err(StructureError::CrashExists { tid, signal: known.code.value, field }.into());
        }
        let Some(signal) = self.own_signal(thread)? else { return Ok(()) };
        let field = match infos(model.threads.get(..index).unwrap_or_default()) {
            0 => "note.siginfo.si_signo".to_owned(),
            nth => format!("note[{nth}].siginfo.si_signo"),
        };
        Err(StructureError::CrashExists { tid, signal, field }.into())
    }

    /// Drops the `siginfo_t` of a core's thread other than the crashed one. Returns its signal, where it had one.
    fn drop_own_signal(&self, model: &mut Model, tid: u64) -> Result<Option<u32>, Error> {
        let of_thread = |thread: &&mut ThreadEntry| thread.tid.value == tid;
        let Some(thread) = model.threads.iter_mut().find(of_thread) else { return Ok(None) };
        let Some(signal) = self.own_signal(thread)? else { return Ok(None) };
        thread.notes.retain(|note| !is_info(note));
        Ok(Some(signal))
    }

    /// The signal in the `siginfo_t` of a thread, where it is not the crash's.
    fn own_signal(&self, thread: &ThreadEntry) -> Result<Option<u32>, Error> {
        let info = thread.notes.iter().find(|note| is_info(note)).map(|note| &note.body);
        let Some(NoteBody::Bytes(content)) = info else { return Ok(None) };
        let bytes = self.content_bytes(content)?;
        let order = self.dump().layout().byte_order();
        let signal = bytes.get(..4).map_or(0, |number| order.number(number));
        Ok(Some(u32::try_from(signal).unwrap_or(u32::MAX)))
    }
}

/// Sets the signal of a core's thread; 0 for none. The rest of its status is copied when the edit is written.
fn set_signal(thread: &mut ThreadEntry, signal: u16) {
    thread.signal = signal.into();
    thread.signal_number = thread.record.is_some().then_some(signal.into());
}

/// Whether a note is an NT_SIGINFO.
pub(super) fn is_info(note: &Note) -> bool {
    note.namespace() == b"CORE" && note.kind == SIGINFO
}

/// Puts a note right behind the status of a thread, as the kernel does.
fn add_note(thread: &mut ThreadEntry, mut note: Note) {
    note.segment = thread.segment;
    thread.notes.insert(0, note);
}
