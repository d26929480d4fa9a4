//! Notices about an edit: other parts that change with it, and related parts that do not.

use dumpedit_layout::{
    Aliases, BesidePc, Context, NamedAddress, Notice, NoticeKind, Piece, RecordChoice, RecordKind,
    RegisterPart, Resolved, Span, Subject, ThreadIndex, ThreadRecord,
};

use crate::edit::Edit;
use crate::error::Error;
use crate::number::RegisterValue;
use crate::view::View;

/// Maximum number of other addresses or records that a notice names.
const MOST_NAMED: usize = 4;

/// Maximum number of records that are searched for shared bytes: each of very many registers would find each of very many threads.
const MOST_COUNTED: usize = 1000;

/// Maximum number of bytes of copies that are compared.
const MOST_COMPARED: u64 = 64 << 20;

/// An address in the dump's record of a crash.
struct CrashAddress {
    thread: ThreadIndex,
    address: u64,
    /// Path of its field.
    field: String,
    /// Notice for an edit that sets pc and not this address.
    stays: Notice,
}

impl Edit {
    /// Notice of other addresses of the same file bytes.
    pub(crate) fn aliases(&self, address: u64, completed: u64, parts: &[Piece]) -> Option<Notice> {
        if !self.dump().layout().has_aliases() {
            return None;
        }
        let last = address.saturating_add(completed.checked_sub(1)?);
        let mut file_bytes: Vec<Span> =
            parts.iter().filter_map(|piece| Span::of(piece.file_offset, piece.size)).collect();
        file_bytes.sort_unstable();
        let written = Span { first: address, last };
        let Aliases { count, addresses, .. } =
            self.dump().layout().aliases(&file_bytes, Some(written), MOST_NAMED);
        let shown: Vec<String> = addresses.iter().map(|address| format!("{address:#x}")).collect();
        let (other, changes) = if count == 1 { ("address", "changes") } else { ("addresses", "change") };
        (count > 0).then(|| {
            let message = format!(
                "{count} other {other} {changes} too, since they share these bytes of the file: {}",
                with_more(&shown, count, "")
            );
            let notice = Notice::new(NoticeKind::Aliases, message).counting(wide(count));
            addresses.into_iter().map(Subject::Address).fold(notice, Notice::about)
        })
    }

    /// Notices of oddities of the edited records.
    pub(crate) fn odd_records(&self, context: Context, resolved: &Resolved) -> Vec<Notice> {
        let Ok(thread) = self.dump().layout().thread(context) else { return Vec::new() };
        let edited = thread.records.iter().filter(|record| resolved.records.contains(&record.kind));
        let odd = edited.filter_map(|record| {
            let (oddity, kind, name) = (record.oddity?, record.kind.name(), record.format.name);
            let message = format!("the {kind} record of thread {} is edited as {name}: {oddity}", thread.tid);
            Some(Notice::new(NoticeKind::OddRecord, message).about(Subject::Thread(thread.tid)))
        });
        odd.collect()
    }

    /// Notice of a name that debuggers show for the 32-bit record of a WOW64 thread, where the dump does not have that record.
    pub(crate) fn low_half(&self, context: Context, part: RegisterPart) -> Option<Notice> {
        let layout = self.dump().layout();
        let thread = layout.thread(context).ok()?;
        let registers = layout.machine_of(context).registers();
        let whole = registers.root(part)?.parent;
        let is_missing = layout.is_wow64() && thread.record(RecordKind::Wow64).is_none();
        (is_missing && registers.is_low_half(part.id)).then(|| {
            let (name, whole) = (registers.name(part.id), registers.name(whole));
            let message = format!(
                "the process is WOW64 and the dump does not contain the 32-bit record of thread {}: {name} \
                 is the low half of {whole}",
                thread.tid
            );
            let notice = Notice::new(NoticeKind::LowHalf, message).about(Subject::Thread(thread.tid));
            notice.about(Subject::Register(name.to_owned()))
        })
    }

    /// Notice of records of the thread that keep another value, or have none.
    pub(crate) fn unedited_records(
        &self,
        context: Context,
        part: RegisterPart,
        resolved: &Resolved,
    ) -> Option<Notice> {
        let layout = self.dump().layout();
        let (Context::Thread(_, RecordChoice::Auto | RecordChoice::Both), Ok(thread)) =
            (context, layout.thread(context))
        else {
            return None;
        };
        let name = layout.register_name(context, part);
        let edited = |kind: RecordKind| resolved.records.contains(&kind);
        let both = [(RecordKind::Thread, RecordKind::Exception), (RecordKind::Exception, RecordKind::Thread)];
        let (kept, changed) = both
            .into_iter()
            .find(|(kept, changed)| !edited(*kept) && edited(*changed) && thread.record(*kept).is_some())?;
        let value = self.view().read_register(context.with_record(kept.choice()), &name);
        let (kept, changed) = (kept.name(), changed.name());
        let notice = match value {
            Ok(value) => {
                let message = format!(
                    "only the {changed} record was edited, since the two differ in pc or sp; \
                     the {kept} record keeps {name} = {value}"
                );
                Notice::new(NoticeKind::RecordKeepsValue, message)
            }
            Err(_) => {
                let message = format!("only the {changed} record holds {name}; the {kept} record does not");
                Notice::new(NoticeKind::OnlyInOneRecord, message)
            }
        };
        Some(notice.about(Subject::Thread(thread.tid)).about(Subject::Register(name)))
    }

    /// Notice of records, even of other threads, that share the file bytes of the edited ones.
    pub(crate) fn shared_records(
        &self,
        context: Context,
        resolved: &Resolved,
        parts: &[Piece],
    ) -> Option<Notice> {
        let layout = self.dump().layout();
        let file_bytes = parts.iter().filter_map(|part| Span::of(part.file_offset, part.size));
        let found: Vec<_> = layout.records_holding(file_bytes, MOST_COUNTED).collect();
        let is_edited = |ThreadRecord { thread, record, .. }: &ThreadRecord<'_>| {
            context.thread() == Some(*thread) && resolved.records.contains(&record.kind)
        };
        let (mut count, mut named, mut tids) = (0usize, Vec::new(), Vec::new());
        for ThreadRecord { thread: index, record, .. } in found.iter().filter(|found| !is_edited(found)) {
            count = count.saturating_add(1);
            if named.len() < MOST_NAMED {
                let thread = layout.thread(Context::Thread(*index, record.kind.choice())).ok()?;
                named.push(format!("the {} record of thread {}", record.kind.name(), thread.tid));
                tids.push(thread.tid);
            }
        }
        let least = if found.len() < MOST_COUNTED { "" } else { "at least " };
        (count > 0).then(|| {
            let message = format!(
                "other records share these bytes of the file and change too: {}",
                with_more(&named, count, least)
            );
            let notice = Notice::new(NoticeKind::SharedRecord, message).counting(wide(count));
            tids.into_iter().map(Subject::Thread).fold(notice, Notice::about)
        })
    }

    /// The program counter of a context with the edit.
    pub(crate) fn program_counter(&self, context: Context) -> Option<RegisterValue> {
        self.view().read_register(context, "pc").ok()
    }

    /// The addresses in the dump's records of its crashes.
    fn crash_addresses(&self) -> impl Iterator<Item = CrashAddress> {
        let layout = self.dump().layout();
        layout.faults().iter().enumerate().filter_map(|(index, fault)| {
            let NamedAddress { name, address } = fault.address?;
            let crash = if index == 0 { "crash".to_owned() } else { format!("crash[{index}]") };
            let message = format!("{name} stays {address:#x}: setting pc does not change the recorded crash");
            let notice = Notice::new(NoticeKind::RecordedCrashStays, message);
            let thread = layout.thread(Context::Thread(fault.thread, RecordChoice::Auto)).ok();
            let tid = thread.map(|thread| Subject::Thread(thread.tid));
            Some(CrashAddress {
                thread: fault.thread,
                address,
                field: format!("{crash}.{}", fault.address_field),
                stays: tid.into_iter().fold(notice, Notice::about).about(Subject::Address(address)),
            })
        })
    }

    /// Removes the notice about the recorded crash, where its address is set after pc.
    pub(crate) fn note_crash_address(&mut self, field: &str) {
        let stays: Vec<Notice> =
            self.crash_addresses().filter(|crash| crash.field == field).map(|crash| crash.stays).collect();
        stays.iter().for_each(|notice| self.untell(notice));
    }

    /// Whether this edit has set an address in the dump's record of a crash.
    fn sets(&self, CrashAddress { field, address, .. }: &CrashAddress) -> bool {
        self.wrote_structure() && self.read_field(field).is_ok_and(|now| now.to_u64() != Some(*address))
    }

    /// Notices of the dump's records of the crash and of shadow stacks that keep the address from before pc was set.
    pub(crate) fn recorded_crash(&self, context: Context) -> Vec<Notice> {
        let pc = self.program_counter(context).and_then(|pc| pc.to_u64().ok());
        let stays = |crash: &CrashAddress| {
            Some(crash.thread) == context.thread() && pc != Some(crash.address) && !self.sets(crash)
        };
        let mut notices: Vec<Notice> =
            self.crash_addresses().filter(stays).map(|crash| crash.stays).collect();
        let tid = self.dump().layout().thread(context).ok().map(|thread| thread.tid);
        let about = |kind, message| {
            let notice = Notice::new(kind, message);
            tid.into_iter().map(Subject::Thread).fold(notice, Notice::about)
        };
        for BesidePc { name, called, may_be_none } in
            self.dump().layout().machine_of(context).registers().beside_pc()
        {
            let Ok(value) = self.view().read_register(context, name) else { continue };
            // A processor continues at the next instruction anyway. The lowest two bits are a privilege level.
            let is_next =
                value.to_u64().is_ok_and(|value| pc.and_then(|pc| pc.checked_add(4)) == Some(value & !3));
            let is_none = *may_be_none && value.to_u64() == Ok(0);
            if !is_none && !is_next {
                let message = format!("{called} stays {value}: setting pc does not change it");
                notices.push(
                    about(NoticeKind::BesidePcStays, message).about(Subject::Register((*name).to_owned())),
                );
            }
        }
        notices
    }
}

impl View<'_> {
    /// Notice of copies of the same bytes that differ.
    pub(crate) fn differing_copies(&self, resolved: &Resolved) -> Result<Option<Notice>, Error> {
        let copies: u64 = resolved.pieces.iter().map(|piece| piece.size).fold(0, u64::saturating_add);
        if copies <= resolved.outcome.completed {
            return Ok(None);
        }
        if copies > MOST_COMPARED {
            let kind = NoticeKind::CopiesNotCompared;
            return Ok(Some(Notice::new(kind, kind.phrase())));
        }
        let mut read = vec![0; usize::try_from(resolved.outcome.completed).unwrap_or(usize::MAX)];
        self.resolved_bytes(resolved, &mut read)?;
        let mut differing = 0usize;
        let mut first = None;
        for piece in &resolved.pieces {
            let range = usize::try_from(piece.start).ok().zip(usize::try_from(piece.size).ok());
            let shown = range.and_then(|(start, size)| read.get(start..start.checked_add(size)?));
            let shown = shown.unwrap_or_default();
            let mut held = vec![0; shown.len()];
            self.piece_bytes(piece, &mut held)?;
            if held != shown {
                differing = differing.saturating_add(1);
                first.get_or_insert(piece.file_offset);
            }
        }
        Ok(first.map(|file_offset| {
            let message = format!(
                "the dump contains these bytes more than once, and {differing} of the copies differ from \
                 the one that is read (the first at file offset {file_offset:#x})"
            );
            let notice = Notice::new(NoticeKind::CopiesDiffer, message).counting(wide(differing));
            notice.about(Subject::FileOffset(file_offset))
        }))
    }
}

fn wide(count: usize) -> u64 {
    u64::try_from(count).unwrap_or(u64::MAX)
}

/// The names, and the number of others: exact, or with the words `least`.
fn with_more(named: &[String], count: usize, least: &str) -> String {
    let more = count.saturating_sub(named.len());
    let more = if more > 0 { format!(" and {least}{more} more") } else { String::new() };
    format!("{}{more}", named.join(", "))
}
