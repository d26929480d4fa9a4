//! Groups notes into threads, and finds the one that crashed.
//!
//! On Linux and FreeBSD each NT_PRSTATUS begins a thread and the notes behind it are that thread's; NetBSD and OpenBSD
//! put the thread's number into the note's name.

use dumpedit_layout::{
    Block, BlockKind, ContextRecord, Fault, LayoutBuilder, Machine, NamedAddress, NoticeKind, Process,
    RecordFormat, RecordKind, Subject, Thread,
};

use crate::crash_names::{self, Signals};

use super::machines::{self, Target};
use super::note_kinds::{
    FPREGSET, PRPSINFO, PRSTATUS, RISCV_VECTOR, SIGINFO, X86_XSAVE_LAYOUT, freebsd, is_of_esp_idf, netbsd,
};
use super::notes::Note;
use super::status::{
    FreeBsdProcess, LwpInfo, LwpStatus, PROCESS_INFOS, ProcessInfo, ProcessNote, SignalInfo, Status,
};
use super::sve::{self, Scalable};
use super::{esp, other_systems, riscv_vector, xstate, xtensa_window};
use crate::encoding::{Encoding, text};

/// The threads found so far.
pub(super) struct Threads<'a> {
    encoding: Encoding,
    machine: Machine,
    target: Option<&'static Target>,
    found: Vec<Found<'a>>,
    /// The SIGINFO before the first thread.
    first_siginfo: Option<&'a [u8]>,
    process: Option<Named>,
    xsave_layout: Vec<xstate::Component>,
    /// Thread and signal in a note of the whole process; no thread where it names none.
    named_crash: Option<(Option<u64>, u32)>,
    /// ESP-IDF's description of the crash.
    panic: esp::Panic,
}

/// A note's description of the process.
struct Named {
    id: u64,
    name: Option<String>,
    command_line: Option<String>,
}

struct Found<'a> {
    tid: u64,
    registers: Option<&'static RecordFormat>,
    name: Option<String>,
    signal: u32,
    blocks: Vec<Block>,
    /// File offset, size and bytes of the XSAVE area.
    xstate: Option<(u64, u64, &'a [u8])>,
    /// Whether the area is NetBSD's `struct xstate`.
    is_netbsd_xstate: bool,
    /// The notes of scalable vectors.
    scalable: Vec<Scalable<'a>>,
    siginfo: Option<&'a [u8]>,
    /// FreeBSD's `siginfo_t` in NT_PTLWPINFO.
    freebsd_siginfo: Option<&'a [u8]>,
    /// The status, where names of registers depend on it.
    status: Option<&'a [u8]>,
    /// Whether a MIPS processor is in the mode with sixteen floating point registers of 64 bits.
    has_paired_floats: bool,
}

impl<'a> Threads<'a> {
    pub(super) fn new(encoding: Encoding, target: Option<&'static Target>) -> Threads<'a> {
        Threads {
            encoding,
            machine: target.map_or(Machine::Unknown, |target| target.machine),
            target,
            found: Vec::new(),
            first_siginfo: None,
            process: None,
            xsave_layout: Vec::new(),
            named_crash: None,
            panic: esp::Panic::default(),
        }
    }

    /// Takes a note whose descriptor is at `file_offset`. Returns whether its whole contents are understood.
    pub(super) fn take(&mut self, note: &Note<'a>, file_offset: u64, builder: &mut LayoutBuilder) -> bool {
        if let Some((system, tid)) = note.thread_namespace() {
            if self.found.last().is_none_or(|last| last.tid != tid) {
                self.begin(tid, 0);
            }
            if (system, note.kind) == (other_systems::NETBSD, netbsd::LWPSTATUS) {
                let name = note
                    .descriptor
                    .get(LwpStatus::NAME_AT..)
                    .and_then(|rest| text(rest.get(..LwpStatus::NAME_SIZE).unwrap_or(rest)));
                if let Some(thread) = self.found.last_mut() {
                    thread.name = name;
                }
                return true;
            }
            return self.claim_of(system, note, file_offset, builder);
        }
        match (note.namespace, note.kind) {
            (b"CORE", PRSTATUS) => {
                self.begin_at(note, self.status().linux());
                let paired = self.has_paired_floats(note);
                if let Some(thread) = self.found.last_mut() {
                    thread.status = Some(note.descriptor).filter(|_| self.machine == Machine::Xtensa);
                    thread.has_paired_floats = paired;
                }
                let is_known = self.target.is_none_or(|target| target.status_size == note.size);
                self.claim(Some(BlockKind::General).filter(|_| is_known), note, file_offset, builder)
            }
            (b"CORE", FPREGSET) => {
                if self.found.last().is_some_and(|thread| thread.has_paired_floats) {
                    builder.count(NoticeKind::PairedFloats, Subject::FileOffset(file_offset));
                }
                self.claim_of_linux(note, file_offset, builder)
            }
            (b"CORE", PRPSINFO) => {
                self.process = self.process.take().or_else(|| self.named(note));
                true
            }
            (b"CORE", SIGINFO) => {
                let slot = match self.found.last_mut() {
                    Some(thread) => &mut thread.siginfo,
                    None => &mut self.first_siginfo,
                };
                slot.get_or_insert(note.descriptor);
                true
            }
            (b"LINUX", X86_XSAVE_LAYOUT) if self.wants(BlockKind::XstateLegacy) => {
                if self.xsave_layout.is_empty() {
                    self.xsave_layout = xstate::listed(self.encoding, note.descriptor);
                }
                true
            }
            (b"LINUX", kind) if kind != FPREGSET => self.claim_of_linux(note, file_offset, builder),
            (b"FreeBSD", PRSTATUS) => {
                self.begin_at(note, self.status().freebsd());
                self.claim_of(b"FreeBSD", note, file_offset, builder)
            }
            (b"FreeBSD", PRPSINFO) => {
                self.process = self.process.take().or_else(|| self.named_by_freebsd(note));
                true
            }
            (b"FreeBSD", freebsd::THRMISC) => {
                if let Some(thread) = self.found.last_mut() {
                    thread.name = text(note.descriptor);
                }
                true
            }
            (b"FreeBSD", freebsd::PTLWPINFO) => {
                let siginfo = self.siginfo_of_freebsd(note.descriptor);
                if let Some(thread) = self.found.last_mut() {
                    thread.freebsd_siginfo = siginfo;
                }
                true
            }
            (owner, _) if is_of_esp_idf(owner) => self.panic.take(self.encoding, note),
            (b"FreeBSD", _) if !self.found.is_empty() => {
                self.claim_of(b"FreeBSD", note, file_offset, builder)
            }
            (other_systems::NETBSD, kind) if kind == ProcessNote::NETBSD.kind => {
                self.take_process(note, &ProcessNote::NETBSD)
            }
            (other_systems::OPENBSD, kind) if kind == ProcessNote::OPENBSD.kind => {
                self.take_process(note, &ProcessNote::OPENBSD)
            }
            _ => false,
        }
    }

    /// Takes a note of the process and its signal. The process is the subject where no thread got the signal.
    fn take_process(&mut self, note: &Note<'a>, fields: &ProcessNote) -> bool {
        let number = |at| self.encoding.u32(note.descriptor, at);
        let thread =
            fields.threads_at.and_then(|at| number(at.signalled)).map(u64::from).filter(|id| *id != 0);
        let signal = number(fields.signal_at).filter(|signal| *signal != 0);
        self.named_crash = signal.map(|signal| (thread, signal));
        let name = note.descriptor.get(fields.name_at..);
        let name = name.and_then(|rest| text(rest.get(..ProcessNote::NAME_SIZE).unwrap_or(rest)));
        self.process = number(fields.id_at).map(|id| Named { id: id.into(), name, command_line: None });
        true
    }

    /// `pl_siginfo`, where `pl_flags` marks it as valid.
    fn siginfo_of_freebsd(&self, descriptor: &'a [u8]) -> Option<&'a [u8]> {
        let flags = self.encoding.u32(descriptor, LwpInfo::FLAGS_AT)?;
        let siginfo = descriptor.get(LwpInfo::siginfo_at(self.encoding.wide)..);
        siginfo.filter(|_| flags & LwpInfo::HAS_SIGINFO != 0)
    }

    /// Whether FR of o32's `sr` is 0: the kernel then keeps odd floating point registers in the even ones (`arch/mips/kernel/ptrace.c`).
    /// They are the upper halves of the numbers, in both byte orders, and gdb reads them there (`mips64_supply_fpregset`), of processors
    /// with 32-bit integer registers whatever FR is.
    fn has_paired_floats(&self, status: &Note<'_>) -> bool {
        /// Offset of `sr` in `elf_gregset_t` of o32, in bytes.
        const STATUS_AT: usize = 72 + 42 * 4;
        /// `ST0_FR` of `asm/mipsregs.h`.
        const FR: u32 = 1 << 26;
        let bits = self.encoding.u32(status.descriptor, STATUS_AT).filter(|_| self.machine == Machine::Mips);
        bits.is_some_and(|bits| bits & FR == 0)
    }

    fn status(&self) -> Status {
        Status::of(self.machine, self.encoding.wide)
    }

    fn begin(&mut self, tid: u64, signal: u32) {
        let found = Found {
            tid,
            registers: self.target.map(|target| target.registers),
            name: None,
            signal,
            blocks: Vec::new(),
            xstate: None,
            is_netbsd_xstate: false,
            scalable: Vec::new(),
            siginfo: None,
            freebsd_siginfo: None,
            status: None,
            has_paired_floats: false,
        };
        self.found.push(found);
    }

    /// Begins the thread of a status note; a note too short for an id begins none.
    fn begin_at(&mut self, note: &Note<'a>, (signal_at, id_at): (usize, usize)) {
        // FreeBSD's pr_cursig has four bytes, Linux's two, followed by padding.
        let signal = match note.namespace {
            b"CORE" => self.encoding.u16(note.descriptor, signal_at).map(u32::from),
            _ => self.encoding.u32(note.descriptor, signal_at),
        };
        if let Some((signal, tid)) = signal.zip(self.encoding.u32(note.descriptor, id_at)) {
            self.begin(tid.into(), signal);
        }
    }

    fn wants(&self, kind: BlockKind) -> bool {
        let is_of = |block: BlockKind| {
            block == kind || matches!(block, BlockKind::Part(note, _) if kind == BlockKind::Note(note))
        };
        let of_linux = self.target.map(|target| target.registers);
        let registers = self.found.last().map_or(of_linux, |thread| thread.registers);
        registers.is_some_and(|registers| registers.runs.iter().any(|run| is_of(run.block)))
    }

    /// Makes a note of a system other than Linux a block of the thread, where a table has registers in it.
    fn claim_of(
        &mut self,
        system: &[u8],
        note: &Note<'a>,
        file_offset: u64,
        builder: &mut LayoutBuilder,
    ) -> bool {
        let row = other_systems::of(system, note.kind, self.machine);
        let Some(((row, known), thread)) = row.zip(self.found.last_mut()) else { return false };
        thread.registers = Some(row.registers);
        thread.is_netbsd_xstate |= system == other_systems::NETBSD && known.block == BlockKind::XstateLegacy;
        let block = Some(known.block).filter(|_| known.has_size(note.size));
        self.claim(block, note, file_offset, builder)
    }

    /// Makes a note of Linux a block of the thread, where a table has registers in it.
    fn claim_of_linux(&mut self, note: &Note<'a>, file_offset: u64, builder: &mut LayoutBuilder) -> bool {
        let known = self.target.map_or(&[][..], |target| target.notes);
        let mut known = known.iter().filter(|known| known.kind == note.kind).peekable();
        if known.peek().is_none() {
            return false;
        }
        let block = known.find(|known| known.has_size(note.size)).map(|known| known.block);
        self.claim(block, note, file_offset, builder)
    }

    /// Makes the note a block of the thread, where the machine's table has registers in it. A note of another size than the table's is no
    /// block.
    fn claim(
        &mut self,
        block: Option<BlockKind>,
        note: &Note<'a>,
        file_offset: u64,
        builder: &mut LayoutBuilder,
    ) -> bool {
        let Some(kind) = block else {
            builder.count(NoticeKind::RegisterNoteSize, Subject::FileOffset(file_offset));
            return false;
        };
        if !self.wants(kind) {
            return false;
        }
        let Some(thread) = self.found.last_mut() else { return false };
        let area = kind == BlockKind::XstateLegacy;
        let scalable = sve::NOTES.into_iter().chain([RISCV_VECTOR]);
        let scalable = scalable.into_iter().find(|note| BlockKind::Note(*note) == kind);
        if thread.blocks.iter().any(|block| block.kind == kind)
            || (area && thread.xstate.is_some())
            || thread.scalable.iter().any(|note| Some(note.kind) == scalable)
        {
            builder.count(NoticeKind::RegisterNoteRepeated, Subject::FileOffset(file_offset));
            return false;
        }
        if area {
            thread.xstate = Some((file_offset, note.size, note.descriptor));
        } else if let Some(kind) = scalable {
            let (size, descriptor) = (note.size, note.descriptor);
            thread.scalable.push(Scalable { kind, file_offset, size, descriptor });
        } else {
            thread.blocks.extend(builder.block(kind, file_offset, note.size));
        }
        true
    }

    fn named(&self, note: &Note<'a>) -> Option<Named> {
        let info = PROCESS_INFOS.iter().find(|info| info.size == note.size)?;
        let id = self.encoding.u32(note.descriptor, info.id_at)?.into();
        let arguments_at = info.name_at.checked_add(ProcessInfo::NAME_SIZE)?;
        let end = arguments_at.checked_add(ProcessInfo::ARGUMENTS_SIZE)?;
        let field = |from: usize, to: usize| text(note.descriptor.get(from..to)?);
        // The kernel writes a space for the NUL of the last word.
        let command_line = field(arguments_at, end).map(|line| line.trim_end().to_owned());
        Some(Named { id, name: field(info.name_at, arguments_at), command_line })
    }

    fn named_by_freebsd(&self, note: &Note<'a>) -> Option<Named> {
        let info = FreeBsdProcess::of(self.encoding.wide);
        let id = self.encoding.u32(note.descriptor, info.id_at).unwrap_or(0).into();
        let field = |at: usize, size: usize| text(note.descriptor.get(at..at.checked_add(size)?)?);
        let name = field(info.name_at, FreeBsdProcess::NAME_SIZE);
        let command_line = field(info.arguments_at(), FreeBsdProcess::ARGUMENTS_SIZE);
        Some(Named { id, name, command_line })
    }

    /// The process's name, where the dump has it.
    pub(super) fn process(&self) -> Option<&str> {
        self.process.as_ref().and_then(|process| process.name.as_deref())
    }

    /// Adds the threads, the thread that crashed, and the fault.
    pub(super) fn finish(self, system: Option<&str>, builder: &mut LayoutBuilder) {
        let crash = match self.named_crash {
            Some((tid, signal)) => {
                let crashed = self.found.iter().position(|found| tid.is_none_or(|tid| found.tid == tid));
                crashed.zip(Some(signal))
            }
            None => {
                let crashed = self.found.iter().position(|found| found.signal != 0);
                crashed.and_then(|at| Some((at, self.found.get(at)?.signal)))
            }
        };
        let siginfo = crash
            .and_then(|(at, _)| self.found.get(at)?.siginfo)
            .or(self.first_siginfo)
            .and_then(|siginfo| self.fault(siginfo, SignalInfo::of(self.machine, self.encoding.wide)))
            .or_else(|| {
                let siginfo = self.found.get(crash?.0)?.freebsd_siginfo?;
                self.fault(siginfo, SignalInfo::of_freebsd())
            });
        let numbers = machines::signals(system, self.machine);
        let process = self.process;
        if let Some(Named { id, name, command_line }) = &process {
            let mut process = Process::default();
            // On Linux each thread has a name.
            process.name = name.clone().filter(|_| numbers == Signals::Bsd);
            // Tools that make cores of other memory than a process's write 0.
            process.pid = Some(*id).filter(|id| *id != 0);
            process.command_line.clone_from(command_line);
            builder.process(process);
        }
        let panicked = self.panic.task.and_then(|task| self.found.iter().position(|found| found.tid == task));
        for (at, found) in self.found.into_iter().enumerate() {
            let mut blocks = found.blocks;
            let mut unplaced = 0;
            match found.xstate {
                Some((offset, size, area)) if found.is_netbsd_xstate => {
                    blocks.extend(xstate::blocks_of_netbsd(builder, self.encoding, offset, size, area));
                }
                Some((offset, size, area)) => {
                    let listed = &self.xsave_layout;
                    let found = xstate::blocks(builder, self.encoding, offset, size, area, listed);
                    blocks.extend(found.0);
                    unplaced = found.1;
                }
                None => {}
            }
            let record =
                found.registers.filter(|_| !blocks.is_empty() || !found.scalable.is_empty()).map(|format| {
                    let mut record = ContextRecord::new(RecordKind::Thread, format, blocks);
                    record.unplaced = unplaced;
                    if let Some(status) = found.status {
                        record.named = xtensa_window::names(self.encoding, status, record.registers());
                    }
                    let is_riscv = |note: &&Scalable<'_>| note.kind == RISCV_VECTOR;
                    match found.scalable.iter().find(is_riscv) {
                        Some(note) => riscv_vector::add(builder, self.encoding, note, &mut record),
                        None => sve::add(builder, self.encoding, &found.scalable, &mut record),
                    }
                    record
                });
            let of_process = process
                .as_ref()
                .filter(|process| process.id == found.tid)
                .and_then(|process| process.name.clone());
            let mut thread = Thread::new(found.tid, found.name.or(of_process));
            thread.records.extend(record);
            let index = builder.thread(thread);
            if panicked == Some(at) {
                let mut fault = Fault::new(index, self.panic.cause.unwrap_or(0));
                fault.name.clone_from(&self.panic.details);
                builder.fault(fault);
            }
            if let Some((_, signal)) = crash.filter(|(crashed, _)| *crashed == at) {
                let (code, address) = siginfo.unwrap_or((signal, None));
                let mut fault = Fault::new(index, code);
                fault.name = crash_names::signal(code, numbers);
                fault.address = address.map(|address| NamedAddress { name: "si_addr", address });
                builder.fault(fault);
            }
        }
    }

    /// The signal of a `siginfo_t`, and the fault's address.
    fn fault(&self, siginfo: &[u8], info: SignalInfo) -> Option<(u32, Option<u64>)> {
        let signal = self.encoding.u32(siginfo, 0).filter(|signal| *signal != 0)?;
        let code = self.encoding.u32(siginfo, info.code_at)?;
        let address = siginfo.get(info.address_at..).and_then(|rest| self.encoding.word(rest, 0));
        Some((signal, address.filter(|_| SignalInfo::has_address(signal, code))))
    }
}
