//! Fields of an ELF core.

use std::collections::{HashMap, HashSet};

use dumpedit_layout::{Layout, Machine, Place, Span};
use object::elf::PT_NOTE;

use super::auxiliary;
use super::files::{Files, VM_PATH_AT, vm_entries};
use super::header::{self, Header};
use super::machines;
use super::modules::{Auxiliary, Modules};
use super::note_kinds::{AUXV, FILE, PRPSINFO, PRSTATUS, SIGINFO, called, freebsd, netbsd, system_of};
use super::notes::{self, Note};
use super::other_systems::{FREEBSD, NETBSD};
use super::status::{
    FREEBSD_THREAD_NAME_SIZE, FreeBsdProcess, LwpInfo, LwpStatus, PROCESS_INFOS, ProcessInfo, ProcessNote,
    SignalInfo,
};
use crate::FormatError;
use crate::encoding::Encoding;
use crate::fields::{
    Codes, Comparison, Entry, FieldKind, FieldPlace, Fields, Key, Owner, Room, Row, Shown, TextKind, owners,
};
use crate::memory::Memory;
use crate::model::{Content, Model, ModuleEntry, NoteBody, NoteSegments, ThreadEntry};

/// `Elf64_Ehdr` of `elf.h`.
static HEADER_64: &[Row] = &[
    Row::decimal("ei_osabi", 7, 1).in_bytes(),
    Row::decimal("ei_abiversion", 8, 1).in_bytes(),
    Row::decimal("e_type", 16, 2).in_bytes(),
    Row::decimal("e_machine", 18, 2).in_bytes(),
    Row::decimal("e_version", 20, 4).in_bytes(),
    Row::hex("e_entry", 24, 8),
    Row::hex("e_phoff", 32, 8).apart(),
    Row::hex("e_shoff", 40, 8).apart(),
    Row::hex("e_flags", 48, 4).in_bytes(),
    Row::decimal("e_ehsize", 52, 2).apart(),
    Row::decimal("e_phentsize", 54, 2).apart(),
    Row::decimal("e_phnum", 56, 2).apart(),
    Row::decimal("e_shentsize", 58, 2).apart(),
    Row::decimal("e_shnum", 60, 2).apart(),
    Row::decimal("e_shstrndx", 62, 2).apart(),
];

/// `Elf32_Ehdr`.
static HEADER_32: &[Row] = &[
    Row::decimal("ei_osabi", 7, 1).in_bytes(),
    Row::decimal("ei_abiversion", 8, 1).in_bytes(),
    Row::decimal("e_type", 16, 2).in_bytes(),
    Row::decimal("e_machine", 18, 2).in_bytes(),
    Row::decimal("e_version", 20, 4).in_bytes(),
    Row::hex("e_entry", 24, 4),
    Row::hex("e_phoff", 28, 4).apart(),
    Row::hex("e_shoff", 32, 4).apart(),
    Row::hex("e_flags", 36, 4).in_bytes(),
    Row::decimal("e_ehsize", 40, 2).apart(),
    Row::decimal("e_phentsize", 42, 2).apart(),
    Row::decimal("e_phnum", 44, 2).apart(),
    Row::decimal("e_shentsize", 46, 2).apart(),
    Row::decimal("e_shnum", 48, 2).apart(),
    Row::decimal("e_shstrndx", 50, 2).apart(),
];

/// `Elf64_Phdr`. Dumps are compared by the addresses of headers of a type and flags, not by a header's number.
static SEGMENT_64: &[Row] = &[
    Row::hex("p_type", 0, 4).apart(),
    Row::hex("p_flags", 4, 4).apart(),
    Row::hex("p_offset", 8, 8).apart(),
    Row::hex("p_vaddr", 16, 8).apart(),
    Row::hex("p_paddr", 24, 8).apart(),
    Row::hex("p_filesz", 32, 8).apart(),
    Row::hex("p_memsz", 40, 8).apart(),
    Row::hex("p_align", 48, 8).apart(),
];

/// `Elf32_Phdr`.
static SEGMENT_32: &[Row] = &[
    Row::hex("p_type", 0, 4).apart(),
    Row::hex("p_offset", 4, 4).apart(),
    Row::hex("p_vaddr", 8, 4).apart(),
    Row::hex("p_paddr", 12, 4).apart(),
    Row::hex("p_filesz", 16, 4).apart(),
    Row::hex("p_memsz", 20, 4).apart(),
    Row::hex("p_flags", 24, 4).apart(),
    Row::hex("p_align", 28, 4).apart(),
];

/// `pr_info`, `struct elf_siginfo` at the start of `struct elf_prstatus`, and `pr_cursig` behind it.
static STATUS: &[Row] = &[
    Row::named("signal", 12, 2, Shown::Signal).in_bytes(),
    Row::named("info.si_signo", 0, 4, Shown::Signal).in_bytes(),
    Row::named("info.si_code", 4, 4, Shown::Signed).in_bytes(),
    Row::named("info.si_errno", 8, 4, Shown::Signed).in_bytes(),
];

/// From `pr_pid` on, in PRSTATUS and in PRPSINFO, and from `cpi_pid` on in the notes of NetBSD and OpenBSD. All are of the type `pid_t`, which
/// has a sign; the first is shown as ids of threads are.
static IDS: &[Row] = &[
    Row::decimal("id", 0, 4).in_bytes(),
    Row::named("parent", 4, 4, Shown::Signed).in_bytes(),
    Row::named("group", 8, 4, Shown::Signed).in_bytes(),
    Row::named("session", 12, 4, Shown::Signed).in_bytes(),
];

/// From `cpi_ruid` on, behind the ids in the notes of NetBSD and OpenBSD.
static USERS: &[Row] = &[
    Row::decimal("ruid", 16, 4).in_bytes(),
    Row::decimal("euid", 20, 4).in_bytes(),
    Row::decimal("svuid", 24, 4).in_bytes(),
    Row::decimal("rgid", 28, 4).in_bytes(),
    Row::decimal("egid", 32, 4).in_bytes(),
    Row::decimal("svgid", 36, 4).in_bytes(),
];

/// `pr_sigpend` and `pr_sighold` in front of the ids of PRSTATUS, by the size of a word.
const fn signal_sets(word: u64) -> [Row; 2] {
    [Row::hex("sigpend", 0, word).in_bytes(), Row::hex("sighold", word, word).in_bytes()]
}

static SIGNAL_SETS_64: &[Row] = &signal_sets(8);
static SIGNAL_SETS_32: &[Row] = &signal_sets(4);

/// The times behind the ids of PRSTATUS, each a `struct timeval` of numbers with a sign, by the sizes of a word and of `tv_usec`.
const fn times(word: u64, microseconds: u64) -> [Row; 8] {
    [
        Row::named("utime.tv_sec", 0, word, Shown::Signed).in_bytes(),
        Row::named("utime.tv_usec", word, microseconds, Shown::Signed).in_bytes(),
        Row::named("stime.tv_sec", word.saturating_mul(2), word, Shown::Signed).in_bytes(),
        Row::named("stime.tv_usec", word.saturating_mul(3), microseconds, Shown::Signed).in_bytes(),
        Row::named("cutime.tv_sec", word.saturating_mul(4), word, Shown::Signed).in_bytes(),
        Row::named("cutime.tv_usec", word.saturating_mul(5), microseconds, Shown::Signed).in_bytes(),
        Row::named("cstime.tv_sec", word.saturating_mul(6), word, Shown::Signed).in_bytes(),
        Row::named("cstime.tv_usec", word.saturating_mul(7), microseconds, Shown::Signed).in_bytes(),
    ]
}

static TIMES_64: &[Row] = &times(8, 8);
static TIMES_32: &[Row] = &times(4, 4);
/// Times of 64-bit SPARC, whose `suseconds_t` is an `int` (`asm/posix_types.h`).
static TIMES_SPARC64: &[Row] = &times(8, 4);

/// `struct elf_prpsinfo` in front of its ids, by the size of `pr_flag`, which is aligned to it, and of user ids.
const fn process_rows(flag: u64, user: u64) -> [Row; 7] {
    [
        Row::decimal("state", 0, 1).in_bytes(),
        Row::packed("sname", 1, 1).in_bytes(),
        Row::decimal("zomb", 2, 1).in_bytes(),
        Row::named("nice", 3, 1, Shown::Signed).in_bytes(),
        Row::hex("flag", flag, flag).in_bytes(),
        Row::decimal("uid", flag.saturating_mul(2), user).in_bytes(),
        Row::decimal("gid", flag.saturating_mul(2).saturating_add(user), user).in_bytes(),
    ]
}

static PROCESS_64: &[Row] = &process_rows(8, 4);
static PROCESS_32: &[Row] = &process_rows(4, 4);
static PROCESS_32_WITH_SHORT_IDS: &[Row] = &process_rows(4, 2);

/// `pr_fname` and `pr_psargs` of `struct elf_prpsinfo`.
static TEXTS: &[Row] = &[
    Row::buffer("fname", 0, ProcessInfo::NAME_SIZE as u64).in_bytes(),
    Row::buffer("psargs", ProcessInfo::NAME_SIZE as u64, ProcessInfo::ARGUMENTS_SIZE as u64).in_bytes(),
];

/// The size of the ids, in bytes.
const IDS_SIZE: u64 = 16;

/// `struct kinfo_vmentry` of FreeBSD's `sys/user.h`, in front of its path.
static VM_ENTRY: &[Row] = &[
    Row::hex("start", 8, 8).in_bytes(),
    Row::hex("end", 16, 8).in_bytes(),
    Row::hex("offset", 24, 8).in_bytes(),
    Row::hex("flags", 44, 4).in_bytes(),
    Row::hex("protection", 56, 4).in_bytes(),
];

/// Maximum number of entries of an auxiliary vector.
const MOST_ENTRIES: usize = 1024;

/// The fields of a core.
pub(crate) fn fields(bytes: &[u8], layout: &Layout) -> Result<Fields, FormatError> {
    let header = header::of_core(bytes)?;
    let model = super::read(bytes)?;
    let machine = machines::machine_of(&header, bytes);
    let signals = machines::signals(layout.os(), machine);
    let size = u64::try_from(bytes.len()).unwrap_or(u64::MAX);
    let codes = Codes { os: layout.os().map(str::to_owned), signals };
    let mut reader = Reader {
        fields: Fields::new(header.encoding.byte_order(), size, codes),
        bytes,
        header,
        machine,
        layout,
        counts: HashMap::new(),
    };
    let rows = if header.encoding.wide { HEADER_64 } else { HEADER_32 };
    reader.fields.structure(Owner::of("header"), 0, rows);
    reader.crash(&model);
    reader.threads(&model);
    reader.crashed_thread(&model);
    reader.modules(&model);
    reader.notes();
    let programs = header.programs;
    reader.fields.push(Entry::Array {
        root: "segment",
        first: programs.offset,
        stride: programs.entry_size,
        count: programs.count_in(size),
        rows: if header.encoding.wide { SEGMENT_64 } else { SEGMENT_32 },
    });
    Ok(reader.fields)
}

struct Reader<'a> {
    fields: Fields,
    bytes: &'a [u8],
    header: Header,
    machine: Machine,
    layout: &'a Layout,
    /// Number of notes so far, by name and kind.
    counts: HashMap<(Vec<u8>, u32), u64>,
}

/// A number of some bytes, compared together with its note.
fn number(shown: Shown) -> (FieldKind, Comparison) {
    (FieldKind::Number(shown), Comparison::Bytes)
}

fn place(file_offset: u64, skipped: usize, size: u64) -> Place {
    Place { file_offset: file_offset.saturating_add(u64::try_from(skipped).unwrap_or(u64::MAX)), size }
}

impl<'a> Reader<'a> {
    fn encoding(&self) -> Encoding {
        self.header.encoding
    }

    fn word(&self) -> u64 {
        if self.encoding().wide { 8 } else { 4 }
    }

    fn u32_at(&self, file_offset: u64) -> Option<u32> {
        self.encoding().u32(self.bytes, usize::try_from(file_offset).ok()?)
    }

    /// The signal: in NT_SIGINFO, and in the status of every thread with the same signal.
    fn crash(&mut self, model: &Model) {
        let Some(crash) = model.crashes.first() else {
            // NetBSD and OpenBSD have the signal in the note of the process.
            if let Some((at, note)) = self.process_note() {
                let code = place(at, note.signal_at, 4);
                self.fields.one(Owner::of("crash"), "code", code, number(Shown::Signal));
                // `cpi_sigcode` follows.
                let si_code = Place { file_offset: code.end(), size: 4 };
                self.fields.one(Owner::of("crash"), "si_code", si_code, number(Shown::Signed));
            }
            return;
        };
        let signal = crash.code.value;
        let mut code: Vec<FieldPlace> = Vec::new();
        let mut add = |place: Option<Place>| {
            let kind = FieldKind::Number(Shown::Signal);
            if let Some(place) = place.filter(|place| code.iter().all(|known| known.place != *place)) {
                code.push(FieldPlace::fixed(place, kind));
            }
        };
        add(crash.code.place);
        let crashed = model.threads.iter().find(|thread| thread.signal.value != 0);
        for thread in &model.threads {
            let is_crashed = crashed.is_some_and(|crashed| std::ptr::eq(crashed, thread));
            if !is_crashed && u32::from(thread.signal.value) != signal {
                continue;
            }
            add(thread.signal.place);
            let start = thread.record.as_ref().and_then(Content::place).map(|place| place.file_offset);
            for start in start.into_iter().chain(signal_infos(thread)) {
                if self.u32_at(start) == Some(signal) {
                    add(Some(Place { file_offset: start, size: 4 }));
                }
            }
        }
        // FreeBSD has the signal's other values in another note.
        let info = crashed.and_then(|crashed| self.signal_of_freebsd(crashed));
        if let Some(start) = info.filter(|start| self.u32_at(*start) == Some(signal)) {
            let kind = FieldKind::Number(Shown::Signal);
            code.push(FieldPlace::fixed(Place { file_offset: start, size: 4 }, kind));
        }
        let owner = Owner::of("crash");
        let comparison = Comparison::Value;
        self.fields.push(Entry::One { owner: owner.clone(), name: "code".into(), stored: code, comparison });
        let of_freebsd = SignalInfo::of_freebsd();
        let si_code = crash.si_code.place.or(info.map(|start| place(start, of_freebsd.code_at, 4)));
        if let Some(place) = si_code {
            let row = (FieldKind::Number(Shown::Signed), comparison);
            self.fields.one(owner.clone(), "si_code", place, row);
        }
        let has_address = info.and_then(|start| self.u32_at(place(start, of_freebsd.code_at, 4).file_offset));
        let has_address = has_address.is_some_and(|code| SignalInfo::has_address(signal, code));
        let address = info.filter(|_| has_address);
        let address = address.map(|start| place(start, of_freebsd.address_at, self.word()));
        if let Some(place) = crash.address.and_then(|address| address.place).or(address) {
            self.fields.one(owner, "address", place, (FieldKind::Number(Shown::Hex), comparison));
        }
    }

    /// File offset of a FreeBSD thread's `siginfo_t`, where its NT_PTLWPINFO holds all of a valid one.
    fn signal_of_freebsd(&self, thread: &ThreadEntry) -> Option<u64> {
        let note = notes_of_freebsd(thread, freebsd::PTLWPINFO).next()?;
        let flags = self.u32_at(place(note.file_offset, LwpInfo::FLAGS_AT, 4).file_offset)?;
        let start = place(note.file_offset, LwpInfo::siginfo_at(self.encoding().wide), 4).file_offset;
        let end = place(start, SignalInfo::of_freebsd().address_at, self.word()).end();
        (flags & LwpInfo::HAS_SIGINFO != 0 && end <= note.end()).then_some(start)
    }

    /// The thread that crashed follows from the order of the statuses and from their signals.
    fn crashed_thread(&mut self, model: &Model) {
        let mut crashed = model.threads.iter().filter(|thread| thread.signal.value != 0);
        let Some(thread) = crashed.next().filter(|thread| is_of_linux(thread)) else { return };
        let Some(place) = thread.tid.place else { return };
        if model.note_segments() == NoteSegments::One && model.threads.iter().all(is_of_linux) {
            let row = (FieldKind::Number(Shown::Decimal), Comparison::Value);
            self.fields.resizable(Owner::of("crash"), "thread", place, row, Room::InOrder);
        }
    }

    fn threads(&mut self, model: &Model) {
        let ids: Vec<u64> = model.threads.iter().map(|thread| thread.tid.value).collect();
        for (owner, found) in owners::threads(&ids).into_iter().zip(&model.threads) {
            if self.layout.os() == Some("freebsd") {
                self.thread_of_freebsd(owner, found);
                continue;
            }
            let Some(status) = found.record.as_ref().and_then(Content::place) else { continue };
            // Threads of other systems have no status, or one of another layout.
            if self.layout.os().is_some_and(|os| os != "linux") {
                continue;
            }
            if let Some(id) = found.tid.place {
                self.fields.structure(owner.clone(), id.file_offset, IDS);
                let (wide, word) = (self.encoding().wide, self.word());
                let sets_at = id.file_offset.saturating_sub(word.saturating_mul(2));
                let sets = if wide { SIGNAL_SETS_64 } else { SIGNAL_SETS_32 };
                self.fields.structure(owner.clone(), sets_at, sets);
                let times = match (wide, self.machine) {
                    (true, Machine::Sparc64) => TIMES_SPARC64,
                    (true, _) => TIMES_64,
                    (false, _) => TIMES_32,
                };
                self.fields.structure(owner.clone(), id.file_offset.saturating_add(IDS_SIZE), times);
            }
            self.fields.structure(owner, status.file_offset, STATUS);
        }
    }

    /// Names of modules, in every row of NT_FILE that has one, their starts in the first of these rows and their ends in the last; names
    /// and load addresses in the dynamic linker's list in memory.
    fn modules(&mut self, model: &Model) {
        let mut rows: HashMap<String, Vec<MappedRow>> = HashMap::new();
        for row in model.modules.iter().filter_map(MappedRow::of).chain(self.mapped_by_freebsd()) {
            rows.entry(row.name.clone()).or_default().push(row);
        }
        let auxiliary = self.vector();
        let in_memory = self.names_in_memory(&auxiliary);
        let bases = self.bases_in_memory(&auxiliary);
        let ids = self.ids_in_memory();
        let modules = self.layout.modules();
        let names: Vec<&str> = modules.iter().map(|module| module.name.as_str()).collect();
        // Memory and notes are compared by themselves.
        let comparison = Comparison::Bytes;
        for (owner, module) in owners::by_path("module", &names).into_iter().zip(modules) {
            let rows = rows.get(module.name.as_str()).map(Vec::as_slice).unwrap_or_default();
            let mut stored: Vec<FieldPlace> = rows.iter().map(|row| row.text).collect();
            stored.retain(|stored| stored.place.size > 0);
            stored.extend(in_memory.get(&module.name).into_iter().flatten().copied());
            self.fields.push(Entry::One { owner: owner.clone(), name: "name".into(), stored, comparison });
            let address = |place| FieldPlace::fixed(place, FieldKind::Number(Shown::Hex));
            let first = rows.iter().find(|row| row.start == module.base);
            let mut stored: Vec<FieldPlace> = first.map(|row| address(row.start_at)).into_iter().collect();
            stored.extend(bases.get(&module.base).into_iter().flatten().copied());
            self.fields.push(Entry::One { owner: owner.clone(), name: "base".into(), stored, comparison });
            let last = module.base.saturating_add(module.size);
            let last = rows.iter().find(|row| row.end == last);
            // `end` follows `start`.
            let end = last.map(|row| Place { file_offset: row.start_at.end(), size: row.start_at.size });
            let stored: Vec<FieldPlace> = end.map(address).into_iter().collect();
            self.fields.push(Entry::One { owner: owner.clone(), name: "end".into(), stored, comparison });
            let stored = ids.get(&module.base).cloned().unwrap_or_default();
            self.fields.push(Entry::One { owner, name: "id".into(), stored, comparison });
        }
    }

    /// Mapped files in FreeBSD's NT_PROCSTAT_VMMAP.
    fn mapped_by_freebsd(&self) -> Vec<MappedRow> {
        let encoding = self.encoding();
        let mut rows = Vec::new();
        self.each_note(|note, file_offset, _| {
            if note.namespace != FREEBSD || note.kind != freebsd::PROCSTAT_VMMAP {
                return;
            }
            let mut at = place(file_offset, VM_ENTRIES_AT, 0).file_offset;
            for entry in vm_entries(encoding, note.descriptor) {
                let text = vm_path(entry, at);
                let name = text.map(|(name, _)| String::from_utf8_lossy(name).into_owned());
                let addresses = encoding.u64(entry, 8).zip(encoding.u64(entry, 16));
                if let Some(((name, (_, text)), (start, end))) = name.zip(text).zip(addresses) {
                    rows.push(MappedRow { name, text, start, start_at: place(at, 8, 8), end });
                }
                at = at.saturating_add(u64::try_from(entry.len()).unwrap_or(u64::MAX));
            }
        });
        rows
    }

    /// The entries of NT_PROCSTAT_VMMAP.
    fn vm_map(&mut self, descriptor: &[u8], file_offset: u64) {
        let mut at = place(file_offset, VM_ENTRIES_AT, 0).file_offset;
        for (index, entry) in (0u64..).zip(vm_entries(self.encoding(), descriptor)) {
            let owner = Owner::of("note");
            for row in VM_ENTRY {
                let name = format!("vmmap[{index}].{}", row.name);
                self.fields.one(owner.clone(), name, row.in_structure(at), (row.kind, row.comparison));
            }
            if let Some((_, text)) = vm_path(entry, at) {
                let name = format!("vmmap[{index}].path");
                self.fields.one(owner, name, text.place, (text.kind, Comparison::Bytes));
            }
            at = at.saturating_add(u64::try_from(entry.len()).unwrap_or(u64::MAX));
        }
    }

    fn vector(&self) -> Auxiliary {
        let mut auxiliary = Auxiliary::default();
        self.each_note(|note, _, _| {
            if note.namespace == b"CORE" && note.kind == AUXV {
                auxiliary = Auxiliary::read(self.encoding(), note.descriptor);
            }
        });
        auxiliary
    }

    fn memory(&self) -> Memory<'_> {
        Memory { bytes: self.bytes, encoding: self.encoding(), layout: self.layout }
    }

    /// Places of some bytes of memory, in every copy, where one capture holds all of them.
    fn in_memory(&self, address: u64, size: u64, kind: FieldKind) -> Vec<FieldPlace> {
        FieldPlace::in_memory(self.layout, address, size, kind)
    }

    /// Names in memory that the dynamic linker's list refers to, each with its NUL.
    fn names_in_memory(&self, auxiliary: &Auxiliary) -> HashMap<String, Vec<FieldPlace>> {
        let memory = self.memory();
        let mut names: HashMap<String, Vec<FieldPlace>> = HashMap::new();
        // Hostile lists refer to the same bytes repeatedly.
        let mut seen = HashSet::new();
        for address in Modules::new(memory).name_addresses(auxiliary) {
            let Some(name) = memory.text(address).filter(|name| !name.is_empty()) else { continue };
            let size = u64::try_from(name.len()).unwrap_or(0).saturating_add(1);
            if seen.insert(address) {
                let stored = self.in_memory(address, size, FieldKind::Text(TextKind::Buffer));
                names.entry(name).or_default().extend(stored);
            }
        }
        names
    }

    /// Biases in memory that the dynamic linker added to the addresses of modules, by value: a bias is the load address of a module whose
    /// file has addresses from 0.
    fn bases_in_memory(&self, auxiliary: &Auxiliary) -> HashMap<u64, Vec<FieldPlace>> {
        let mut bases: HashMap<u64, Vec<FieldPlace>> = HashMap::new();
        for (address, bias) in Modules::new(self.memory()).biases(auxiliary) {
            let stored = self.in_memory(address, self.word(), FieldKind::Number(Shown::Hex));
            bases.entry(bias).or_default().extend(stored);
        }
        bases
    }

    /// Build ids in memory, by the load addresses of their modules.
    fn ids_in_memory(&self) -> HashMap<u64, Vec<FieldPlace>> {
        let mut modules = Modules::new(self.memory());
        let with_ids = self.layout.modules().iter().filter(|module| module.id.is_some());
        with_ids
            .filter_map(|module| {
                let id = modules.build_id_at(module.base)?;
                Some((module.base, self.in_memory(id.address, id.size(), FieldKind::Bytes)))
            })
            .collect()
    }

    /// The notes, and the fields of those with a known layout. Notes of registers have none.
    fn notes(&mut self) {
        let mut found = Vec::new();
        self.each_note(|note, file_offset, index| found.push((note, file_offset, index)));
        for (note, file_offset, index) in found {
            self.note(&note, file_offset, index);
        }
    }

    /// Calls `each` with every note, the file offset of its descriptor, and its number.
    fn each_note(&self, mut each: impl FnMut(Note<'a>, u64, u64)) {
        let segments: Vec<_> =
            self.header.segments(self.bytes).filter(|segment| segment.kind == PT_NOTE).collect();
        let mut index = 0u64;
        for (segment, held) in notes::held(&segments, self.bytes) {
            let Some(held) = held else { continue };
            notes::walk(self.encoding(), held, segment.file_size, segment.align, |note| {
                let file_offset = segment.offset.saturating_add(note.at);
                each(note, file_offset, index);
                index = index.saturating_add(1);
            });
        }
    }

    fn note(&mut self, note: &Note<'_>, file_offset: u64, index: u64) {
        let size = u64::try_from(note.descriptor.len()).unwrap_or(0);
        let place = Place { file_offset, size };
        let count = self.counts.entry((note.namespace.to_vec(), note.kind)).or_default();
        let nth = *count;
        *count = count.saturating_add(1);
        let holds_registers = self.layout.records_holding(Span::of(file_offset, size), 1).next().is_some();
        let is_status = note.namespace == b"CORE" && note.kind == PRSTATUS;
        if size == 0 || is_status || holds_registers {
            return;
        }
        if note.namespace == b"CORE" {
            match note.kind {
                PRPSINFO => self.process(note.descriptor, file_offset, nth),
                AUXV => self.auxiliary(note.descriptor, file_offset, nth),
                SIGINFO => self.signal_info(note.descriptor, file_offset, nth),
                FILE if nth == 0 => self.files(note.descriptor, file_offset),
                _ => {}
            }
        }
        if note.namespace == FREEBSD && note.kind == PRPSINFO {
            self.process_of_freebsd(note.descriptor, file_offset, nth);
        }
        if note.namespace == FREEBSD && note.kind == freebsd::PROCSTAT_VMMAP && nth == 0 {
            self.vm_map(note.descriptor, file_offset);
        }
        if let Some(fields) = process_of(note) {
            self.process_of_bsd(fields, file_offset, nth);
        }
        let thread = note.thread_namespace();
        if let Some((NETBSD, tid)) = thread.filter(|_| note.kind == netbsd::LWPSTATUS && nth == 0) {
            self.thread_of_netbsd(tid, place);
        }
        let mut name = called(note.namespace, note.kind);
        if let Some((_, tid)) = thread {
            name.push_str(&format!("@{tid}"));
        }
        let owner = if nth == 0 {
            Owner::called("note", &name, index)
        } else {
            Owner { root: "note", key: Key::Index(index) }
        };
        self.fields.one(owner, "", place, (FieldKind::Bytes, Comparison::Bytes));
    }

    fn process(&mut self, descriptor: &[u8], file_offset: u64, nth: u64) {
        let size = u64::try_from(descriptor.len()).unwrap_or(0);
        let Some(info) = PROCESS_INFOS.iter().find(|info| info.size == size) else { return };
        let owner = Owner::counted("note", nth);
        let at = |skipped: usize| file_offset.saturating_add(u64::try_from(skipped).unwrap_or(u64::MAX));
        self.fields.structure(owner.clone(), at(info.name_at), TEXTS);
        let process = Owner::counted("process", nth);
        self.fields.structure(process.clone(), at(info.id_at), IDS);
        let rows = match info.user_size() {
            2 => PROCESS_32_WITH_SHORT_IDS,
            _ if info.flag_size() == 8 => PROCESS_64,
            _ => PROCESS_32,
        };
        self.fields.structure(process, file_offset, rows);
    }

    /// The note of the process that NetBSD or OpenBSD writes, and its file offset.
    fn process_note(&self) -> Option<(u64, &'static ProcessNote)> {
        let mut found = None;
        self.each_note(|note, file_offset, _| {
            found = found.or_else(|| Some((file_offset, process_of(&note)?)));
        });
        found
    }

    fn process_of_bsd(&mut self, fields: &ProcessNote, file_offset: u64, nth: u64) {
        let owner = Owner::counted("process", nth);
        let ids = place(file_offset, fields.id_at, IDS_SIZE).file_offset;
        self.fields.structure(owner.clone(), ids, IDS);
        self.fields.structure(owner.clone(), ids, USERS);
        let name = place(file_offset, fields.name_at, ProcessNote::NAME_SIZE as u64);
        self.fields.one(owner, "name", name, (FieldKind::Text(TextKind::Buffer), Comparison::Bytes));
        if let Some(thread_at) = fields.threads_at.filter(|_| nth == 0).map(|at| at.signalled) {
            let place = place(file_offset, thread_at, 4);
            self.fields.one(Owner::of("crash"), "thread", place, number(Shown::Decimal));
        }
    }

    fn thread_of_netbsd(&mut self, tid: u64, note: Place) {
        let owner = Owner { root: "thread", key: Key::Number(tid) };
        let name = place(note.file_offset, LwpStatus::NAME_AT, LwpStatus::NAME_SIZE as u64);
        let private = place(note.file_offset, LwpStatus::PRIVATE_AT, self.word());
        let rows = [
            ("name", name, FieldKind::Text(TextKind::Buffer)),
            ("private", private, FieldKind::Number(Shown::Hex)),
        ];
        for (called, place, kind) in rows.into_iter().filter(|(_, place, _)| place.end() <= note.end()) {
            self.fields.one(owner.clone(), called, place, (kind, Comparison::Bytes));
        }
    }

    /// A thread's id, in NT_PRSTATUS and NT_PTLWPINFO, its signal, and its name in NT_THRMISC.
    fn thread_of_freebsd(&mut self, owner: Owner, found: &ThreadEntry) {
        let of_kind = |kind: u32| notes_of_freebsd(found, kind).next();
        let info = of_kind(freebsd::PTLWPINFO).map(|note| place(note.file_offset, LwpInfo::ID_AT, 4));
        let info = info.filter(|id| self.u32_at(id.file_offset).map(u64::from) == Some(found.tid.value));
        let number = |shown: Shown| move |place: Place| FieldPlace::fixed(place, FieldKind::Number(shown));
        let id = found.tid.place.into_iter().chain(info).map(number(Shown::Decimal)).collect();
        let comparison = Comparison::Bytes;
        self.fields.push(Entry::One { owner: owner.clone(), name: "id".into(), stored: id, comparison });
        let signal = found.signal.place.into_iter().map(number(Shown::Signal)).collect();
        self.fields.push(Entry::One {
            owner: owner.clone(),
            name: "signal".into(),
            stored: signal,
            comparison,
        });
        let name = of_kind(freebsd::THRMISC).filter(|note| note.size >= FREEBSD_THREAD_NAME_SIZE as u64);
        if let Some(note) = name {
            let name = place(note.file_offset, 0, FREEBSD_THREAD_NAME_SIZE as u64);
            self.fields.one(owner, "name", name, (FieldKind::Text(TextKind::Buffer), comparison));
        }
    }

    /// `pr_fname`, `pr_psargs` and `pr_pid` of FreeBSD's NT_PRPSINFO.
    fn process_of_freebsd(&mut self, descriptor: &[u8], file_offset: u64, nth: u64) {
        let info = FreeBsdProcess::of(self.encoding().wide);
        let size = u64::try_from(descriptor.len()).unwrap_or(0);
        let (text, number) = (FieldKind::Text(TextKind::Buffer), FieldKind::Number(Shown::Decimal));
        let rows = [
            (Owner::counted("note", nth), "fname", info.name_at, FreeBsdProcess::NAME_SIZE as u64, text),
            (
                Owner::counted("note", nth),
                "psargs",
                info.arguments_at(),
                FreeBsdProcess::ARGUMENTS_SIZE as u64,
                text,
            ),
            (Owner::counted("process", nth), "id", info.id_at, 4, number),
        ];
        for (owner, name, at, length, kind) in rows {
            let end = u64::try_from(at).unwrap_or(u64::MAX).saturating_add(length);
            if end <= size {
                self.fields.one(owner, name, place(file_offset, at, length), (kind, Comparison::Bytes));
            }
        }
    }

    fn auxiliary(&mut self, descriptor: &[u8], file_offset: u64, nth: u64) {
        let (encoding, word) = (self.encoding(), self.word());
        let mut counts: HashMap<u64, u64> = HashMap::new();
        let entries = descriptor.chunks_exact(encoding.word_size().saturating_mul(2));
        for (index, pair) in (0u64..).zip(entries.take(MOST_ENTRIES)) {
            let Some(kind) = encoding.word(pair, 0).filter(|kind| *kind != 0) else { break };
            let count = counts.entry(kind).or_default();
            let again = if *count > 0 { format!("[{count}]") } else { String::new() };
            *count = count.saturating_add(1);
            let known = auxiliary::ENTRIES.iter().find(|(number, _)| *number == kind);
            let called = known.map_or_else(|| kind.to_string(), |(_, name)| (*name).to_owned());
            let skipped = index.saturating_mul(2).saturating_add(1).saturating_mul(word);
            let place = Place { file_offset: file_offset.saturating_add(skipped), size: word };
            let name = format!("auxv.{called}{again}");
            self.fields.one(Owner::counted("note", nth), name, place, number(Shown::Hex));
        }
    }

    /// `siginfo_t`. Signals that a process sent have the sender's ids where those of faults have an address.
    fn signal_info(&mut self, descriptor: &[u8], file_offset: u64, nth: u64) {
        let (encoding, word) = (self.encoding(), self.word());
        let info = SignalInfo::of(self.machine, encoding.wide);
        let errno_at = if info.code_at == 4 { 8 } else { 4 };
        let numbers = (encoding.u32(descriptor, 0), encoding.u32(descriptor, info.code_at));
        let (Some(signal), Some(code)) = numbers else { return };
        let mut rows = vec![
            ("si_signo", 0, 4, Shown::Signal),
            ("si_errno", errno_at, 4, Shown::Signed),
            ("si_code", info.code_at, 4, Shown::Signed),
        ];
        if !SignalInfo::has_address(signal, code) {
            rows.push(("si_pid", info.address_at, 4, Shown::Signed));
            rows.push(("si_uid", info.address_at.saturating_add(4), 4, Shown::Decimal));
        }
        rows.push(("si_addr", info.address_at, word, Shown::Hex));
        for (name, at, size, shown) in rows {
            let end = u64::try_from(at).unwrap_or(u64::MAX).saturating_add(size);
            if end <= u64::try_from(descriptor.len()).unwrap_or(0) {
                let owner = Owner::counted("note", nth);
                self.fields.one(
                    owner,
                    format!("siginfo.{name}"),
                    place(file_offset, at, size),
                    number(shown),
                );
            }
        }
    }

    /// The rows of NT_FILE and their names.
    fn files(&mut self, descriptor: &[u8], file_offset: u64) {
        let whole = u64::try_from(descriptor.len()).unwrap_or(u64::MAX);
        let Some(encoding) = Files::words(self.encoding(), descriptor, whole) else { return };
        let size = encoding.word_size();
        let word = if encoding.wide { 8 } else { 4 };
        let Some(count) = encoding.word(descriptor, 0).and_then(|count| usize::try_from(count).ok()) else {
            return;
        };
        let Some(end) = count.checked_mul(3).and_then(|rows| rows.checked_add(2)?.checked_mul(size)) else {
            return;
        };
        if end > descriptor.len() {
            return;
        }
        let owner = Owner::of("note");
        self.fields.one(owner.clone(), "file.page_size", place(file_offset, size, word), number(Shown::Hex));
        let mut name_at = end;
        for index in 0..count {
            let first = index.saturating_mul(3).saturating_add(2).saturating_mul(size);
            for (at, name) in [(0, "start"), (1, "end"), (2, "page")] {
                let skipped = first.saturating_add(size.saturating_mul(at));
                let name = format!("file[{index}].{name}");
                self.fields.one(owner.clone(), name, place(file_offset, skipped, word), number(Shown::Hex));
            }
            let rest = descriptor.get(name_at..).unwrap_or_default();
            let Some(length) = rest.iter().position(|byte| *byte == 0) else { break };
            if let Some(size) = u64::try_from(length).ok().filter(|size| *size > 0) {
                let row = (FieldKind::Text(TextKind::Packed), Comparison::Bytes);
                let place = place(file_offset, name_at, size);
                let name = format!("file[{index}].name");
                self.fields.resizable(owner.clone(), name, place, row, Room::InTable);
            }
            name_at = name_at.saturating_add(length).saturating_add(1);
        }
    }
}

/// Offset of the entries of NT_PROCSTAT_VMMAP, behind the size of one, in bytes.
const VM_ENTRIES_AT: usize = 4;

/// The path of an entry at a file offset, and its place; `None` where it is empty.
fn vm_path(entry: &[u8], file_offset: u64) -> Option<(&[u8], FieldPlace)> {
    let room = entry.get(VM_PATH_AT..)?;
    let path = room.split(|byte| *byte == 0).next().filter(|path| !path.is_empty())?;
    let place = place(file_offset, VM_PATH_AT, u64::try_from(room.len()).ok()?);
    Some((path, FieldPlace::fixed(place, FieldKind::Text(TextKind::Buffer))))
}

/// A row of a mapped file.
struct MappedRow {
    name: String,
    /// Place of the name.
    text: FieldPlace,
    start: u64,
    start_at: Place,
    /// Place of the end address, behind that of the first.
    end: u64,
}

impl MappedRow {
    /// A row of NT_FILE.
    fn of(row: &ModuleEntry) -> Option<MappedRow> {
        let kind = FieldKind::Text(TextKind::Packed);
        Some(MappedRow {
            name: row.name.value.clone(),
            text: FieldPlace { place: row.name.place?, kind, room: Room::InTable },
            start: row.base.value,
            start_at: row.base.place?,
            end: row.base.value.saturating_add(row.size.value),
        })
    }
}

/// Whether a thread's status is one of Linux.
fn is_of_linux(thread: &ThreadEntry) -> bool {
    thread.status_name.split(|byte| *byte == 0).next() == Some(b"CORE")
}

/// The layout of a note about the process that NetBSD or OpenBSD writes.
fn process_of(note: &Note<'_>) -> Option<&'static ProcessNote> {
    let fields = ProcessNote::of(system_of(note.namespace)?)?;
    let is_whole = note.descriptor.len() >= usize::try_from(fields.size).unwrap_or(usize::MAX);
    (note.kind == fields.kind && note.thread_namespace().is_none() && is_whole).then_some(fields)
}

/// A thread's notes of a kind of FreeBSD's.
fn notes_of_freebsd(thread: &ThreadEntry, kind: u32) -> impl Iterator<Item = Place> + '_ {
    let notes = thread.notes.iter().filter(move |note| note.namespace() == FREEBSD && note.kind == kind);
    notes.filter_map(|note| match &note.body {
        NoteBody::Bytes(content) => content.place(),
        NoteBody::Crash { .. } | NoteBody::Modules => None,
    })
}

/// File offsets of the `siginfo_t` in a thread's notes.
fn signal_infos(thread: &ThreadEntry) -> impl Iterator<Item = u64> + '_ {
    let infos = thread.notes.iter().filter(|note| note.namespace() == b"CORE" && note.kind == SIGINFO);
    infos.filter_map(|note| match &note.body {
        NoteBody::Bytes(content) | NoteBody::Crash { content, .. } => Some(content.place()?.file_offset),
        NoteBody::Modules => None,
    })
}
