//! Threads: the states of each LC_THREAD, their ids, and the thread whose state has the crash.

use dumpedit_layout::{
    BlockKind, ContextRecord, Fault, LayoutBuilder, NamedAddress, Notice, NoticeKind, RecordKind, Subject,
    Thread,
};
use object::macho;

use super::cpus::{Cpu, Holds};
use super::flavors::{ARM_EXCEPTION_STATE64, X86_EXCEPTION_STATE32, X86_EXCEPTION_STATE64};
use super::header::{Command, Header};
use crate::crash_names;
use crate::encoding::Encoding;

/// A state of a thread; the innermost where states wrap others.
#[derive(Clone, Copy, Debug)]
pub(super) struct State<'a> {
    pub(super) flavor: u32,
    /// The flavor of the state that wraps it.
    pub(super) wrapper: Option<u32>,
    /// Offset from the load command's start, in bytes.
    pub(super) at: usize,
    pub(super) bytes: &'a [u8],
}

/// Whether a load command is a thread.
pub(super) fn is_thread(command: &Command<'_>) -> bool {
    matches!(macho::LoadCommandType(command.kind), macho::LC_THREAD | macho::LC_UNIXTHREAD)
}

/// Calls `each` for every state of a thread's command: flavor, count of 32-bit words, and the words. Returns whether the states fill the
/// command.
pub(super) fn states<'a>(
    encoding: Encoding,
    cpu: Option<&Cpu>,
    command: &Command<'a>,
    mut each: impl FnMut(State<'a>),
) -> bool {
    let mut at = 8usize;
    while let Some((flavor, size)) = flavor_and_size(encoding, command.bytes, at) {
        let Some(start) = at.checked_add(8) else { return false };
        let rest = command.bytes.get(start..).unwrap_or_default();
        let Some(bytes) = rest.get(..size) else { return false };
        let wraps = cpu.and_then(|cpu| cpu.state(flavor)).is_some_and(|state| state.holds == Holds::State);
        let inner = flavor_and_size(encoding, bytes, 0).filter(|_| wraps);
        match inner.and_then(|(flavor, size)| Some((flavor, bytes.get(8..)?.get(..size)?))) {
            Some((inner, bytes)) => {
                each(State { flavor: inner, wrapper: Some(flavor), at: start.saturating_add(8), bytes })
            }
            None => each(State { flavor, wrapper: None, at: start, bytes }),
        }
        let Some(next) = start.checked_add(size) else { return false };
        at = next;
    }
    at == command.bytes.len() && u64::from(command.size) == crate::write::wide(at)
}

fn flavor_and_size(encoding: Encoding, bytes: &[u8], at: usize) -> Option<(u32, usize)> {
    let flavor = encoding.u32(bytes, at)?;
    let count = encoding.u32(bytes, at.checked_add(4)?)?;
    Some((flavor, usize::try_from(count).ok()?.checked_mul(4)?))
}

/// The threads found so far.
pub(super) struct Threads<'h> {
    header: &'h Header,
    cpu: Option<&'static Cpu>,
    ids: Vec<Option<u64>>,
    count: usize,
    /// Whether a crashed thread was found: only the first is recorded.
    crashed: bool,
}

impl<'h> Threads<'h> {
    pub(super) fn new(header: &'h Header, cpu: Option<&'static Cpu>, ids: Vec<Option<u64>>) -> Threads<'h> {
        Threads { header, cpu, ids, count: 0, crashed: false }
    }

    /// Adds the thread of a load command.
    pub(super) fn add(&mut self, command: &Command<'_>, builder: &mut LayoutBuilder) {
        let mut blocks = Vec::new();
        let mut fault = None;
        let encoding = self.header.encoding;
        let whole = states(encoding, self.cpu, command, |state| {
            let file_offset = command.at.saturating_add(crate::write::wide(state.at));
            let size = crate::write::wide(state.bytes.len());
            let known = self.cpu.and_then(|cpu| cpu.state(state.flavor));
            let name =
                known.map_or_else(|| format!("thread state {}", state.flavor), |known| known.name.to_owned());
            let holds = known.map(|known| known.holds);
            let Some(Holds::Registers(kind)) = holds else {
                builder.untouched(name.clone());
                return builder.compared_part(file_offset, size, name);
            };
            builder.compared_part(file_offset, size, name);
            if blocks.iter().any(|block: &dumpedit_layout::Block| block.kind == kind) {
                return builder.count(NoticeKind::ThreadStateRepeated, Subject::FileOffset(file_offset));
            }
            blocks.extend(builder.block(kind, file_offset, size));
            fault = fault.or_else(|| exception(encoding, kind, state.bytes));
        });
        if !whole {
            builder.count(NoticeKind::ThreadStatesBroken, Subject::FileOffset(command.at));
        }
        // The record itself is the first block.
        blocks.sort_by_key(|block| block.kind != BlockKind::General);
        let record = self.cpu.and_then(|cpu| cpu.registers).filter(|_| !blocks.is_empty());
        let records = record.map(|format| ContextRecord::new(RecordKind::Thread, format, blocks));
        let index = self.count;
        self.count = self.count.saturating_add(1);
        let tid = self.ids.get(index).copied().flatten().unwrap_or(crate::write::wide(index));
        let mut thread = Thread::new(tid, None);
        thread.records.extend(records);
        let thread = builder.thread(thread);
        if let Some((code, address)) = fault.filter(|_| !self.crashed) {
            self.crashed = true;
            let mut fault = Fault::new(thread, code);
            fault.name = crash_names::exception(Some("macos"), code, &[]);
            fault.address = address.map(|address| NamedAddress { name: "fault address", address });
            builder.fault(fault);
        }
    }

    /// Adds a notice where the metadata names more or fewer threads than there are.
    pub(super) fn finish(self, builder: &mut LayoutBuilder) {
        if !self.ids.is_empty() && self.ids.len() != self.count {
            let message = format!(
                "the process metadata lists {} threads, and the core has {}",
                self.ids.len(),
                self.count
            );
            builder.notices().tell(Notice::new(NoticeKind::ThreadsOfMetadata, message));
        }
    }
}

/// Exceptions of Mach (`mach/exception_types.h`).
const EXC_BAD_ACCESS: u32 = 1;
const EXC_BAD_INSTRUCTION: u32 = 2;
const EXC_ARITHMETIC: u32 = 3;
const EXC_BREAKPOINT: u32 = 6;

/// The Mach exception and the address in an exception state; `None` for interrupts and system calls, which stop threads that are well.
fn exception(encoding: Encoding, kind: BlockKind, state: &[u8]) -> Option<(u32, Option<u64>)> {
    match kind {
        // A state of zeros was never written; a division by zero leaves the processor's number or nothing.
        BlockKind::Note(X86_EXCEPTION_STATE32 | X86_EXCEPTION_STATE64) => {
            if state.iter().all(|byte| *byte == 0) {
                return None;
            }
            let address = || encoding.word(state.get(8..)?, 0);
            // Vectors of the Intel manual, volume 3, table 6-1.
            match encoding.u16(state, 0)? {
                0 => Some((EXC_ARITHMETIC, None)),
                3 => Some((EXC_BREAKPOINT, None)),
                6 => Some((EXC_BAD_INSTRUCTION, None)),
                13 | 14 => Some((EXC_BAD_ACCESS, address())),
                _ => None,
            }
        }
        // The class of ESR_EL1 of Arm's manual is in the highest six bits.
        BlockKind::Note(ARM_EXCEPTION_STATE64) => match encoding.u32(state, 8)?.checked_shr(26)? {
            0x20 | 0x21 | 0x24 | 0x25 => Some((EXC_BAD_ACCESS, encoding.u64(state, 0))),
            0x3c => Some((EXC_BREAKPOINT, None)),
            _ => None,
        },
        _ => None,
    }
}
