//! Threads that are added and dropped.

use std::collections::HashSet;

use dumpedit_formats::elf::schema::SIGINFO;
use dumpedit_formats::model::{
    Content, CrashRecord, FileOffset, List, Model, NoteBody, NoteSegments, Placed, Stack, ThreadEntry,
};
use dumpedit_layout::{
    AccessError, Context, Notice, NoticeKind, RecordChoice, RecordKind, Subject, ThreadIndex,
};

use super::memory::holds;
use super::{DumpPart, PartChange, Structure, StructureError};
use crate::edit::Edit;
use crate::error::Error;
use crate::number::Number;

/// A thread to add.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct NewThread {
    /// Id, which no other thread has.
    pub tid: u64,
    /// Thread with the default values of its registers; `None` for zeros.
    pub like: Option<ThreadIndex>,
    /// Record of that thread with these values; the effective one by default.
    pub record: RecordChoice,
    /// Name, which only minidumps have.
    pub name: Option<String>,
    /// Registers with their values.
    pub registers: Vec<NewRegister>,
}

/// A register of a thread to add.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct NewRegister {
    /// Its name.
    pub name: String,
    /// Its value.
    pub value: Number,
}

impl NewThread {
    /// A thread whose registers are zero.
    pub fn new(tid: u64) -> NewThread {
        NewThread { tid, like: None, record: RecordChoice::Auto, name: None, registers: Vec::new() }
    }

    /// The same with the registers of another thread.
    #[must_use]
    pub fn like(self, thread: ThreadIndex) -> NewThread {
        NewThread { like: Some(thread), ..self }
    }

    /// The same with another record of that thread.
    #[must_use]
    pub fn of_record(self, record: RecordChoice) -> NewThread {
        NewThread { record, ..self }
    }

    /// The same with a name.
    #[must_use]
    pub fn named(self, name: impl Into<String>) -> NewThread {
        NewThread { name: Some(name.into()), ..self }
    }

    /// The same with a register.
    #[must_use]
    pub fn register(mut self, name: impl Into<String>, value: impl Into<Number>) -> NewThread {
        self.registers.push(NewRegister { name: name.into(), value: value.into() });
        self
    }
}

impl Edit {
    /// The crashed thread, else the only one.
    pub(crate) fn thread_to_be_like(&self) -> Result<ThreadIndex, StructureError> {
        let layout = self.dump().layout();
        let count = layout.threads().len();
        layout.default_thread().map_err(|_| StructureError::NoCrashedThread { count })
    }

    /// Adds a thread whose records have the layout of another thread's.
    ///
    /// # Errors
    /// [`StructureError`]: where the id is taken or has more than 32 bits, and where the dump has no thread with a record;
    /// [`AccessError::NoRecord`] where the other thread does not have the record; and those of [`Edit::set_register`].
    pub fn add_thread(&mut self, new: &NewThread) -> Result<(), Error> {
        let tid = new.tid;
        self.restructure(|edit, structure| {
            let layout = edit.dump().layout();
            if structure.new.macho().is_some() {
                // It has no thread ids.
                return Err(StructureError::Container { format: layout.format() }.into());
            }
            if u32::try_from(tid).is_err() {
                return Err(StructureError::DoesNotFit { value: tid, what: "a thread's id", bits: 32 }.into());
            }
            let in_model = structure.new.threads.iter().any(|thread| thread.tid.value == tid);
            if in_model || layout.thread_by_id(tid).is_ok() {
                return Err(StructureError::ThreadExists { tid }.into());
            }
            if new.name.is_some() && structure.new.minidump().is_none() {
                return Err(StructureError::NoThreadNames.into());
            }
            let like = match new.like {
                Some(like) => edit.listed(structure, like)?,
                None => edit.shape(structure)?,
            };
            let Some(template) = structure.new.threads.get(like).cloned() else {
                return Err(StructureError::NoThread.into());
            };
            if structure.new.elf().is_some() && !is_of_linux(&template) {
                return Err(StructureError::OtherSystem.into());
            }
            let mut template = of_registers(template, &structure.new);
            if let Some(of) = new.like {
                template.record = edit.record_of(structure, of, new.record, template.record)?;
            }
            let made = edit.with_registers(&structure.new, template, new.like.is_none(), &new.registers)?;
            let (mut thread, sp) = made;
            thread.tid = tid.into();
            if thread.signal.value == 0 && structure.new.elf().is_some() {
                without_signal(&mut thread);
            }
            thread.name = new.name.clone().map(Placed::from);
            thread.stack = sp.map_or(Stack::None, |sp| stack_at(&structure.new, sp));
            if new.like.is_none() {
                thread.environment = 0.into();
            }
            structure.new.threads.push(thread);
            structure.added(DumpPart::Thread { tid });
            Ok(())
        })
    }

    /// Names the thread in a field's name `thread[T].name`, where a minidump has no name for it yet: this adds a row to ThreadNames.
    /// Returns whether it did.
    pub(crate) fn name_thread_of(&mut self, field: &str, name: &str) -> Result<bool, Error> {
        let Some(index) = self.dump().unnamed_thread(field) else { return Ok(false) };
        self.restructure(|edit, structure| {
            let at = edit.listed(structure, index)?;
            let Some(thread) = structure.new.threads.get_mut(at) else {
                return Err(StructureError::NoThread.into());
            };
            let tid = thread.tid.value;
            let has_name = |name: &Placed<String>| name.place.is_some();
            if thread.name.as_ref().is_some_and(has_name) {
                return Ok(false);
            }
            thread.name = Some(Placed::from(name.to_owned()));
            // The last of several names in one edit is used.
            let is_other = |change: &PartChange| !matches!(change.part, DumpPart::ThreadName { tid: of, .. } if of == tid);
            structure.changes.retain(is_other);
            structure.added(DumpPart::ThreadName { tid, name: name.to_owned() });
            Ok(true)
        })
    }

    /// The thread whose records are the template of a new one: the crashed one, else the first.
    fn shape(&self, structure: &Structure) -> Result<usize, Error> {
        let crashed = self.dump().layout().crashed().and_then(|index| self.listed(structure, index).ok());
        let has_record = |index: &usize| {
            structure
                .new
                .threads
                .get(*index)
                .is_some_and(|thread| thread.record.is_some() || !thread.states.is_empty())
        };
        let first = (0..structure.new.threads.len()).find(has_record);
        Ok(crashed.filter(has_record).or(first).ok_or(StructureError::NoThread)?)
    }

    /// The bytes of the record that a new thread copies, with `own` the other thread's own: an exception's record takes precedence, as in
    /// reads.
    fn record_of(
        &self,
        structure: &Structure,
        of: ThreadIndex,
        choice: RecordChoice,
        own: Option<Content>,
    ) -> Result<Option<Content>, Error> {
        let layout = self.dump().layout();
        let thread = layout.thread(Context::Thread(of, choice))?;
        let chosen = match choice {
            // Two records are not one, and the one in memory has another layout than those of the list.
            RecordChoice::Both | RecordChoice::Wow64 => {
                return Err(StructureError::RecordOfThread { choice }.into());
            }
            _ => thread.chosen(choice).into_iter().next(),
        };
        let Some(record) = chosen else {
            return match choice {
                RecordChoice::Auto => Ok(own),
                _ => Err(AccessError::NoRecord { thread: of, choice }.into()),
            };
        };
        if record.kind != RecordKind::Exception {
            return Ok(own);
        }
        let starts = |place: u64| record.blocks.iter().any(|block| block.file_offset == place);
        let of_exception = structure.new.crashes.iter().find_map(|crash| match &crash.record {
            CrashRecord::Own(content) if content.place().is_some_and(|place| starts(place.file_offset)) => {
                Some(content.clone())
            }
            _ => None,
        });
        // Where the two share their bytes, the thread's are those of the exception.
        Ok(of_exception.or(own))
    }

    /// The index of a thread in the model.
    pub(super) fn listed(&self, structure: &Structure, index: ThreadIndex) -> Result<usize, Error> {
        let context = Context::Thread(index, RecordChoice::Thread);
        let thread = self.dump().layout().thread(context)?;
        let record = thread.record(RecordKind::Thread);
        let starts = |place: u64| {
            record.is_some_and(|record| record.blocks.iter().any(|block| block.file_offset == place))
        };
        let threads = || (0usize..).zip(&structure.new.threads);
        let of_record = threads().find(|(_, known)| {
            let place = known.record.as_ref().and_then(Content::place);
            known.tid.value == thread.tid && place.is_some_and(|place| starts(place.file_offset))
        });
        let of_id = || threads().find(|(_, known)| known.tid.value == thread.tid);
        let found = of_record.or_else(of_id).map(|(index, _)| index);
        Ok(found.ok_or(StructureError::ThreadNotListed { tid: thread.tid })?)
    }

    /// Drops a thread, with its name and its crash. Its stack stays: memory that only the thread refers to is added to the dump's list of
    /// memory.
    ///
    /// # Errors
    /// [`StructureError::ThreadNotListed`] where only an exception names the thread.
    pub fn drop_thread(&mut self, index: ThreadIndex) -> Result<(), Error> {
        self.restructure(|edit, structure| {
            if structure.changes.iter().any(|change| change.added) {
                return Err(StructureError::DropFirst.into());
            }
            let dropped = edit.listed(structure, index)?;
            let tid = structure.new.threads.get(dropped).map_or(0, |thread| thread.tid.value);
            let of_thread: Vec<usize> = (0usize..)
                .zip(&structure.new.crashes)
                .filter(|(_, crash)| crash.thread.value == tid)
                .map(|(index, _)| index)
                .collect();
            structure.new.keep_threads(|index| index != dropped, |crash| !of_thread.contains(&crash));
            list_stacks(&mut structure.new);
            structure.dropped(DumpPart::Thread { tid });
            if !of_thread.is_empty() {
                let message = format!("the crash of thread {tid} is dropped with it");
                edit.tell(Notice::new(NoticeKind::DroppedWithIt, message).about(Subject::Thread(tid)));
            }
            Ok(())
        })
    }
}

/// Whether the status of a core's thread is one of Linux.
pub(super) fn is_of_linux(thread: &ThreadEntry) -> bool {
    thread.status_name.split(|byte| *byte == 0).next() == Some(b"CORE")
}

/// A thread with registers only.
fn of_registers(thread: ThreadEntry, model: &Model) -> ThreadEntry {
    let mut thread = thread;
    let is_registers = |note: &dumpedit_formats::model::Note| !note.is_of_process() && note.kind != SIGINFO;
    thread.notes.retain(is_registers);
    for note in &mut thread.notes {
        note.segment = 0;
        if let NoteBody::Crash { content, .. } = &note.body {
            note.body = NoteBody::Bytes(content.clone());
        }
    }
    thread.name = None;
    thread.stack = Stack::None;
    let segments = model.note_segments();
    let segments_in_use = model.threads.iter().flat_map(|thread| {
        std::iter::once(thread.segment).chain(thread.notes.iter().map(|note| note.segment))
    });
    let last = segments_in_use.max().unwrap_or(0);
    thread.segment = if segments == NoteSegments::OfThreads && model.threads.len() > 1 {
        last.saturating_add(1)
    } else {
        last
    };
    thread.notes.iter_mut().for_each(|note| note.segment = thread.segment);
    // The kernel gives the signal that ended the process to every thread, and gcore to none.
    if !model.threads.iter().all(|thread| thread.signal.value != 0) {
        thread.signal = 0.into();
    }
    thread
}

/// Lists memory of a minidump that no list has and no thread refers to any more.
fn list_stacks(model: &mut Model) {
    let stack = |thread: &ThreadEntry| match thread.stack {
        Stack::Memory(index) => Some(index),
        Stack::Descriptor { file_offset: FileOffset::Memory { index, .. }, .. } => Some(index),
        _ => None,
    };
    let told: HashSet<usize> = model.threads.iter().filter_map(stack).collect();
    for (index, entry) in model.memory.iter_mut().enumerate() {
        if entry.list == List::Outside && !told.contains(&index) {
            entry.list = List::Memory;
        }
    }
}

/// Clears a status's description of a signal beside `pr_cursig`: `pr_info`, three numbers of 32 bits.
pub(super) fn without_signal(thread: &mut ThreadEntry) {
    if let Some(Content::Bytes(bytes)) = &thread.record {
        let mut bytes = bytes.to_vec();
        bytes.iter_mut().take(12).for_each(|byte| *byte = 0);
        thread.record = Some(Content::from(bytes));
    }
}

/// The stack that contains a stack pointer, in the form of a minidump's thread.
fn stack_at(model: &Model, sp: u64) -> Stack {
    let in_list = |(_, entry): &(usize, &dumpedit_formats::model::Memory)| {
        entry.list != List::Memory64 && holds(entry, sp) && u32::try_from(entry.captured).is_ok()
    };
    match (0usize..).zip(&model.memory).find(in_list) {
        Some((index, _)) if model.minidump().is_some() => Stack::Memory(index),
        _ => Stack::None,
    }
}
