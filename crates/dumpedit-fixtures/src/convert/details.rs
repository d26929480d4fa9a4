//! Counts values in converted parts of a dump that the other container has no field for.

use dumpedit_formats::elf::schema::{
    FPREGSET, NotePart, PRPSINFO, ProcessInfo, SignalInfo, float_validity_at, number as number_of,
    status_parts,
};
use dumpedit_formats::minidump::schema::{COMMITTED, PRIVATE, VERSION, page_protection, protection};
use dumpedit_formats::model::{Content, Elf, MappingEntry, Minidump, ModuleEntry, NoteBody};

use super::loss::{LossKind, Losses};
use super::source::Source;
use crate::encode::{read_at, wide};

/// `PF_R`, `PF_W` and `PF_X` of `elf.h`.
const PROTECTION: u32 = 7;

fn is_zero(bytes: &[u8]) -> bool {
    bytes.iter().all(|byte| *byte == 0)
}

/// Counts the parts of some bytes that are not zero, by name.
fn name_parts(losses: &mut Losses, kind: LossKind, bytes: &[u8], parts: impl Iterator<Item = NotePart>) {
    for part in parts {
        let end = part.at.saturating_add(part.size).min(bytes.len());
        if !is_zero(bytes.get(part.at..end).unwrap_or_default()) {
            losses.name(kind, part.name);
        }
    }
}

/// Counts values of a Linux core that no minidump has.
pub(super) fn of_core(source: &Source<'_>, elf: &Elf, losses: &mut Losses) {
    for (name, value) in
        [("e_entry", elf.entry), ("e_flags", elf.flags.into()), ("ei_abiversion", elf.abi_version.into())]
    {
        if value != 0 {
            losses.name(LossKind::Header, name);
        }
    }
    for entry in &source.model.memory {
        let further = entry.segment.flags.is_some_and(|flags| flags & !PROTECTION != 0);
        if entry.segment.physical != 0 || further {
            losses.count(LossKind::Segment);
        }
    }
    statuses(source, elf, losses);
    process(source, losses);
    signal(source, elf, losses);
}

/// Counts values of each thread's status.
fn statuses(source: &Source<'_>, elf: &Elf, losses: &mut Losses) {
    let machine = source.dump.layout().machine();
    for thread in source.model.threads.iter().filter(|thread| thread.status_name.starts_with(b"CORE")) {
        let bytes = thread.record.as_ref().and_then(|record| source.bytes(record)).unwrap_or_default();
        // The crash has this code already.
        let crash = source.model.crashes.first().map(|crash| u64::from(crash.si_code.value));
        let code = read_at(source.dump.layout().byte_order(), &bytes, 4, 4);
        let parts = status_parts(machine, elf.wide);
        let parts = parts.filter(|part| part.name != "si_code" || code != crash);
        name_parts(losses, LossKind::ThreadStatus, &bytes, parts);
        // A core that is made has the signal in both places, and says of registers that it has that they count.
        let number = |at: usize| read_at(source.dump.layout().byte_order(), &bytes, at, 4).unwrap_or(0);
        if ![0, thread.signal.value.into()].contains(&number(0)) {
            losses.name(LossKind::ThreadStatus, "si_signo");
        }
        let has_floats = thread.notes.iter().any(|note| note.kind == FPREGSET && note.namespace() == b"CORE");
        if !has_floats && float_validity_at(machine).is_some_and(|at| number(at) != 0) {
            losses.name(LossKind::ThreadStatus, "pr_fpvalid");
        }
        // struct user_hwdebug_state of arch/arm64/include/uapi/asm/ptrace.h.
        let debug = ["NT_ARM_HW_BREAK", "NT_ARM_HW_WATCH"].map(number_of);
        for note in thread.notes.iter().filter(|note| debug.contains(&Some(note.kind))) {
            let NoteBody::Bytes(content) = &note.body else { continue };
            let bytes = source.bytes(content).unwrap_or_default();
            let parts = [NotePart::new("dbg_info", 0, 4)];
            name_parts(losses, LossKind::ThreadStatus, &bytes, parts.into_iter());
        }
    }
}

/// Counts values of NT_PRPSINFO.
fn process(source: &Source<'_>, losses: &mut Losses) {
    let note = source.notes().find(|note| note.namespace() == b"CORE" && note.kind == PRPSINFO);
    let Some(NoteBody::Bytes(content)) = note.map(|note| &note.body) else { return };
    let bytes = source.bytes(content).unwrap_or_default();
    let Some(info) = ProcessInfo::of_size(wide(bytes.len())) else { return };
    name_parts(losses, LossKind::ProcessDetail, &bytes, info.parts());
    let layout = source.dump.layout();
    let name = layout.process().name.as_deref().unwrap_or_default();
    let is_a_threads = layout.threads().iter().any(|thread| thread.name.as_deref() == Some(name));
    if !name.is_empty() && !is_a_threads {
        losses.name(LossKind::ProcessDetail, "name");
    }
}

/// Counts values of NT_SIGINFO beside the signal, its code, and the address or the sender.
fn signal(source: &Source<'_>, elf: &Elf, losses: &mut Losses) {
    let content = source.notes().find_map(|note| match &note.body {
        NoteBody::Crash { content, .. } => Some(content),
        _ => None,
    });
    let bytes = content.and_then(|content| source.bytes(content)).unwrap_or_default();
    let SignalInfo { code_at, address_at, .. } = SignalInfo::of(source.dump.layout().machine(), elf.wide);
    let errno_at = if code_at == 4 { 8 } else { 4 };
    let behind = address_at.saturating_add(if elf.wide { 8 } else { 4 });
    let rest = bytes.len().saturating_sub(behind);
    let parts = [("si_errno", errno_at, 4), ("fields after si_addr", behind, rest)];
    let parts = parts.map(|(name, at, size)| NotePart::new(name, at, size));
    name_parts(losses, LossKind::SignalDetail, &bytes, parts.into_iter());
}

/// Counts values of a minidump that no core has.
pub(super) fn of_minidump(source: &Source<'_>, minidump: &Minidump, losses: &mut Losses) {
    let header = [
        ("version", u64::from(minidump.version ^ VERSION)),
        ("checksum", minidump.checksum.into()),
        ("flags", minidump.flags),
    ];
    for (name, _) in header.iter().filter(|(_, value)| *value != 0) {
        losses.name(LossKind::Header, *name);
    }
    if minidump.timestamp != 0 {
        losses.count(LossKind::DumpTime);
    }
    if minidump.system.is_some() {
        losses.count(LossKind::System);
    }
    let stream = |name| source.stream(name).and_then(|stream| source.bytes(stream)).unwrap_or_default();
    let bytes = stream("MiscInfoStream");
    name_parts(losses, LossKind::ProcessDetail, &bytes, MISCELLANEOUS.iter().copied());
    let maps = stream("LinuxMaps");
    for name in String::from_utf8_lossy(&maps).lines().flat_map(map_details) {
        losses.name(LossKind::MappingDetail, name);
    }
    let further = source.model.mappings.iter().filter(|entry| says_more(entry)).count();
    losses.add(LossKind::MemoryInfo, wide(further), None);
    let versions = source.model.modules.iter().filter(|module| has_more(source, module)).count();
    losses.add(LossKind::ModuleVersion, wide(versions), None);
}

/// `MINIDUMP_MISC_INFO` and its later extensions, without the id of the process.
static MISCELLANEOUS: &[NotePart] = &[
    NotePart::new("start time", 12, 4),
    NotePart::new("user time", 16, 4),
    NotePart::new("kernel time", 20, 4),
    NotePart::new("other fields of MiscInfoStream", 24, 1 << 16),
];

/// Values of a line of `/proc/PID/maps` that neither NT_FILE nor a program header has.
fn map_details(line: &str) -> impl Iterator<Item = &'static str> {
    let mut words = line.split_whitespace().skip(1);
    let letters = words.next().unwrap_or_default();
    let mut behind = words.skip(1);
    let (device, inode) = (behind.next().unwrap_or("00:00"), behind.next().unwrap_or("0"));
    let name = behind.next().unwrap_or("/");
    let found = [
        (letters.ends_with('s'), "sharing"),
        (device != "00:00", "devices"),
        (inode != "0", "inodes"),
        (!name.starts_with('/'), "names of mappings without a file"),
    ];
    found.into_iter().filter(|(is_there, _)| *is_there).map(|(_, name)| name)
}

/// Whether an entry of the MemoryInfoList has values that a core does not.
fn says_more(entry: &MappingEntry) -> bool {
    entry.base != entry.address
        || entry.state != COMMITTED
        || entry.kind != PRIVATE
        || entry.allocation_protection != entry.protection
        || page_protection(protection(entry.protection)) != entry.protection
}

/// Whether a module has values that NT_FILE has no field for.
fn has_more(source: &Source<'_>, module: &ModuleEntry) -> bool {
    let holds = |content: &Content| {
        content.place().and_then(|_| source.bytes(content)).is_some_and(|bytes| !is_zero(&bytes))
    };
    module.checksum.value != 0
        || module.timestamp.value != 0
        || holds(&module.version)
        || holds(&module.reserved)
        || module.miscellaneous.is_some()
}
