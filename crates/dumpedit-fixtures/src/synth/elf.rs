//! ELF cores: header, program headers, notes, and the segments behind them (`elf.h`, and the kernel's `linux/elfcore.h`).

use dumpedit::{ByteOrder, Format, Machine};
use object::elf;

use super::regions::Placement;
use super::sheet::Sheet;
use super::{Part, note_size, xstate};
use crate::encode::{fields, number, wide};
use crate::error::{FixtureError, Problem};
use crate::labels::Labels;
use crate::spec::{Content, Crash, Note, Number, Placed, Record, Region, Spec, Thread};

const PRSTATUS: u32 = 1;
const FPREGSET: u32 = 2;
const PRPSINFO: u32 = 3;
const SIGINFO: u32 = 0x5349_4749;
const FILE: u32 = 0x4649_4c45;
const PRXFPREG: u32 = 0x46e6_2b7f;
const X86_XSTATE: u32 = 0x202;
const ARM_VFP: u32 = 0x400;
const ARM_TLS: u32 = 0x401;

/// Where FXSAVE leaves room for software, Linux keeps XCR0.
const XCR0_AT: u64 = 464;

const SIGSEGV: u64 = 11;

/// What the kernel writes of registers that a process has not used: those that are not zero (Intel's manual, volume 1,
/// section 13.6). Both notes of floating point registers have them.
pub(super) const INITIAL: &[(&str, u64)] = &[("fctrl", 0x37f), ("mxcsr", 0x1f80)];

/// `e_machine`, whether the class is 64 bits, and the size of `struct elf_prstatus` in bytes.
const MACHINES: &[(Machine, elf::Machine, bool, u64)] = &[
    (Machine::X86, elf::EM_386, false, 144),
    (Machine::Amd64, elf::EM_X86_64, true, 336),
    (Machine::X32, elf::EM_X86_64, false, 296),
    (Machine::Arm, elf::EM_ARM, false, 148),
    (Machine::Arm64, elf::EM_AARCH64, true, 392),
    (Machine::Ppc, elf::EM_PPC, false, 268),
    (Machine::Ppc64, elf::EM_PPC64, true, 504),
    (Machine::S390, elf::EM_S390, false, 224),
    (Machine::S390x, elf::EM_S390, true, 336),
    (Machine::Mips, elf::EM_MIPS, false, 256),
    (Machine::Mips64, elf::EM_MIPS, true, 480),
    (Machine::Riscv64, elf::EM_RISCV, true, 376),
    (Machine::Sparc, elf::EM_SPARC, false, 144),
    (Machine::Sparc64, elf::EM_SPARCV9, true, 400),
    (Machine::M68k, elf::EM_68K, false, 154),
    (Machine::LoongArch64, elf::EM_LOONGARCH, true, 480),
    (Machine::Alpha, elf::EM_ALPHA, true, 376),
    (Machine::Hppa, elf::EM_PARISC, false, 396),
];

/// Machines that have one byte order.
const LITTLE_ONLY: [Machine; 3] = [Machine::X86, Machine::Amd64, Machine::X32];

/// The notes of floating point registers that a thread of a machine has unless the spec says otherwise: type, size in bytes.
const FLOATS: &[(Machine, &[(u32, u64)])] = &[
    (Machine::Amd64, &[(FPREGSET, 512), (X86_XSTATE, 832)]),
    (Machine::X32, &[(FPREGSET, 512), (X86_XSTATE, 832)]),
    (Machine::X86, &[(FPREGSET, 108), (PRXFPREG, 512), (X86_XSTATE, 832)]),
    (Machine::Arm64, &[(FPREGSET, 528), (ARM_TLS, 8)]),
    (Machine::Arm, &[(ARM_VFP, 264)]),
];

fn known(machine: Machine) -> Option<&'static (Machine, elf::Machine, bool, u64)> {
    MACHINES.iter().find(|(known, ..)| *known == machine)
}

/// `e_machine`, where the machine has one.
pub(crate) fn machine_number(machine: Machine) -> Option<u16> {
    known(machine).map(|(_, number, ..)| number.0)
}

/// The class of a machine's files, 32 or 64.
pub(crate) fn class_of(machine: Machine) -> u64 {
    if known(machine).is_some_and(|(_, _, wide, _)| !wide) { 32 } else { 64 }
}

/// The notes behind a thread's status where a spec gives none.
pub(crate) fn default_notes(machine: Machine) -> Vec<Note> {
    let floats = FLOATS.iter().find(|(known, _)| *known == machine).map_or(&[][..], |(_, notes)| notes);
    let note = |kind: u32| Note {
        owner: None,
        kind: u64::from(kind).into(),
        size: None,
        content: Content::default(),
        rest: Content::default(),
    };
    floats.iter().map(|(kind, _)| note(*kind)).collect()
}

/// The size of a thread's status, in bytes.
pub(crate) fn status_size(machine: Machine) -> u64 {
    known(machine).map_or(148, |(.., size)| *size)
}

/// The size in bytes of a note of registers, where neither it nor the spec says otherwise.
pub(crate) fn usual_note_size(machine: Machine, kind: u64, record: &Record) -> Option<u64> {
    if kind == u64::from(X86_XSTATE) {
        let given = record.xstate.as_ref().and_then(|area| area.size).map(|size| size.value);
        return Some(given.unwrap_or_else(|| xstate::standard_size(components_of(record))));
    }
    let floats = FLOATS.iter().find(|(known, _)| *known == machine).map_or(&[][..], |(_, all)| all);
    floats.iter().find(|(known, _)| u64::from(*known) == kind).map(|(_, size)| *size)
}

/// The components of a record's XSAVE area: those that the spec gives, or those of the registers that it names.
fn components_of(record: &Record) -> u64 {
    record.xstate.as_ref().map_or_else(|| usual_components(record), |area| area.components.value)
}

/// The components that a record has where its spec gives none: x87, SSE and AVX; with AVX-512 and PKRU where registers of
/// these are named.
pub(crate) fn usual_components(record: &Record) -> u64 {
    let names = record.registers.iter().map(|register| register.name.value.to_ascii_lowercase());
    let more = names.into_iter().any(|name| {
        ["zmm", "pkru"].iter().any(|prefix| name.starts_with(prefix))
            || (name.starts_with('k') && name.len() == 2)
    });
    if more { 0x2e7 } else { 0x7 }
}

/// The owner of notes of a type.
pub(crate) fn note_owner(kind: u64) -> &'static str {
    if (0x100..0x1000).contains(&kind) || kind == u64::from(PRXFPREG) { "LINUX" } else { "CORE" }
}

/// The header's numbers.
#[derive(Clone, Copy)]
struct Class {
    order: ByteOrder,
    wide: bool,
    machine: u64,
    flags: u64,
    os_abi: u64,
}

impl Class {
    fn of(spec: &Spec) -> Result<Class, FixtureError> {
        let header = &spec.header;
        let wide = match header.class {
            Some(class) if class.value == 32 => false,
            Some(class) if class.value == 64 => true,
            Some(class) => return Err(FixtureError::contradiction("the classes are 32 and 64", class.place)),
            None => class_of(spec.machine) == 64,
        };
        let machine = match header.machine {
            Some(machine) => fits(Some(machine), "e_machine", 16)?,
            None if spec.byte_order == ByteOrder::Big && LITTLE_ONLY.contains(&spec.machine) => {
                let text = format!("'{}' has no big-endian cores; give header.machine", spec.machine);
                return Err(FixtureError::contradiction(text, None));
            }
            None => u64::from(machine_number(spec.machine).ok_or_else(|| {
                let text = format!("'{}' has no number in ELF; give header.machine", spec.machine);
                FixtureError::contradiction(text, None)
            })?),
        };
        Ok(Class {
            order: spec.byte_order,
            wide,
            machine,
            flags: fits(header.flags, "e_flags", 32)?,
            os_abi: fits(header.os_abi, "EI_OSABI", 8)?,
        })
    }

    fn word(self) -> usize {
        if self.wide { 8 } else { 4 }
    }

    fn header_size(self) -> u64 {
        if self.wide { 64 } else { 52 }
    }

    fn entry_size(self) -> u64 {
        if self.wide { 56 } else { 32 }
    }

    fn header(self, segments: u64, sections_at: u64) -> Vec<u8> {
        let word = self.word();
        let mut header = vec![0x7f, b'E', b'L', b'F', if self.wide { 2 } else { 1 }];
        let order = if self.order == ByteOrder::Little { 1 } else { 2 };
        header.extend([order, 1, u8::try_from(self.os_abi).unwrap_or(0)]);
        header.resize(16, 0);
        header.extend(fields(self.order, &[(elf::ET_CORE.0.into(), 2), (self.machine, 2), (1, 4)]));
        let programs_at = if segments == 0 { 0 } else { self.header_size() };
        let places = [(0, word), (programs_at, word), (sections_at, word), (self.flags, 4)];
        header.extend(fields(self.order, &places));
        let extended = sections_at != 0;
        let count = if extended { elf::PN_XNUM.into() } else { segments };
        header.extend(fields(self.order, &[(self.header_size(), 2), (self.entry_size(), 2), (count, 2)]));
        let section_size = if self.wide { 64 } else { 40 };
        let sections = if extended { [(section_size, 2), (1, 2), (0, 2)] } else { [(0, 2); 3] };
        header.extend(fields(self.order, &sections));
        header
    }

    fn segment(self, segment: &Segment) -> Result<Vec<u8>, FixtureError> {
        let word = self.word();
        let sizes = [segment.file_size, segment.memory_size, segment.align];
        for value in [segment.offset, segment.address, segment.physical].into_iter().chain(sizes) {
            if !self.wide && value > u64::from(u32::MAX) {
                let problem = Problem::DoesNotFit { value, what: "a field of a program header", bits: 32 };
                return Err(FixtureError::new(problem, segment.place));
            }
        }
        let mut entry = number(self.order, segment.kind, 4);
        if self.wide {
            entry.extend(number(self.order, segment.flags, 4));
        }
        let places = [(segment.offset, word), (segment.address, word), (segment.physical, word)];
        entry.extend(fields(self.order, &places));
        entry.extend(fields(self.order, &[(segment.file_size, word), (segment.memory_size, word)]));
        if !self.wide {
            entry.extend(number(self.order, segment.flags, 4));
        }
        entry.extend(number(self.order, segment.align, word));
        Ok(entry)
    }
}

struct Segment {
    kind: u64,
    flags: u64,
    offset: u64,
    address: u64,
    physical: u64,
    file_size: u64,
    memory_size: u64,
    align: u64,
    place: Option<crate::spec::Place>,
}

/// A number that has so many bits, or 0.
fn fits(value: Option<Number>, what: &'static str, bits: u32) -> Result<u64, FixtureError> {
    let Some(number) = value else { return Ok(0) };
    if number.value.checked_shr(bits).unwrap_or(0) != 0 {
        return Err(FixtureError::new(Problem::DoesNotFit { value: number.value, what, bits }, number.place));
    }
    Ok(number.value)
}

/// A core with nothing in it.
pub(super) fn blank(spec: &Spec) -> Result<Vec<u8>, FixtureError> {
    Ok(Class::of(spec)?.header(0, 0))
}

/// Draws the tables; where the memory goes.
pub(super) fn draw(spec: &Spec, sheet: &mut Sheet<'_>) -> Result<Placement, FixtureError> {
    refuse_what_has_no_place(spec)?;
    let class = Class::of(spec)?;
    let mut placement = Placement::measure(spec, &sheet.bytes)?;
    let processes = process_notes(spec, sheet)?;
    let groups = groups(spec, processes);
    let split = spec.layout.split_notes;
    let noted = if groups.is_empty() {
        0
    } else if split {
        groups.len()
    } else {
        1
    };
    let segments = wide(noted.saturating_add(spec.memory.len()));
    let extended = spec.layout.extended || segments >= u64::from(elf::PN_XNUM);
    let table = segments.saturating_mul(class.entry_size());

    sheet.reserve(class.header_size(), None)?;
    let programs_at = sheet.reserve(table, None)?;
    let mut sections_at = 0;
    if extended {
        sheet.align(8);
        // Section 0: name, type, flags, address, offset, size, link, then `sh_info`, the count.
        let word = class.word();
        let mut section =
            fields(class.order, &[(0, 4), (0, 4), (0, word), (0, word), (0, word), (0, word), (0, 4)]);
        section.extend(fields(class.order, &[(segments, 4), (0, word), (0, word)]));
        sections_at = sheet.place(&section);
    }
    sheet.put(0, &class.header(segments, sections_at));

    let align = spec.layout.note_align.map_or(4, |align| align.value);
    if let Some(given) = spec.layout.note_align.filter(|given| ![0, 1, 4, 8].contains(&given.value)) {
        return Err(FixtureError::contradiction("notes are aligned by 0, 1, 4 or 8", given.place));
    }
    let unit = if align == 8 { 8 } else { 4 };
    let mut headers = Vec::new();
    let mut start = None;
    for (group, members) in groups.iter().enumerate() {
        if start.is_none() || split {
            sheet.align(unit);
            start = Some(sheet.end());
        }
        for member in members {
            place_note(spec, sheet, &class, member, unit)?;
        }
        let last = group.saturating_add(1) == groups.len();
        if let Some(offset) = start.filter(|_| split || last) {
            headers.push(Segment {
                kind: elf::PT_NOTE.0.into(),
                flags: elf::PF_R.0.into(),
                offset,
                address: 0,
                physical: 0,
                file_size: sheet.end().saturating_sub(offset),
                memory_size: 0,
                align,
                place: None,
            });
        }
    }

    let order: Vec<usize> = (0..spec.memory.len()).collect();
    let memory_align = spec.layout.align.map_or(1, |align| align.value);
    placement.place(spec, &sheet.bytes, sheet.end(), &order, memory_align)?;
    for (region, extent) in spec.memory.iter().zip(&placement.extents) {
        let allowed = region.protection.map_or_else(read_write, |protection| protection.value);
        let usual_flags = protection_flags(allowed);
        let or = |given: Option<Number>, what, usual| given.map_or(Ok(usual), |_| fits(given, what, 32));
        headers.push(Segment {
            kind: or(region.kind, "p_type", elf::PT_LOAD.0.into())?,
            flags: or(region.flags, "p_flags", usual_flags)?,
            offset: extent.file_offset,
            address: extent.address,
            physical: region.physical.as_ref().map_or(Ok(0), |at| sheet.bytes.labels.address(at))?,
            file_size: extent.captured,
            memory_size: extent.size,
            align: region.align.map_or(memory_align, |align| align.value),
            place: region.at.place,
        });
    }
    let mut at = programs_at;
    for header in &headers {
        let entry = class.segment(header)?;
        sheet.put(at, &entry);
        at = at.saturating_add(wide(entry.len()));
    }
    Ok(placement)
}

/// `p_flags` of a segment of memory.
pub(crate) fn protection_flags(allowed: dumpedit::Protection) -> u64 {
    let flag = |on, flag: elf::ProgramFlags| if on { u64::from(flag.0) } else { 0 };
    flag(allowed.read, elf::PF_R) | flag(allowed.write, elf::PF_W) | flag(allowed.execute, elf::PF_X)
}

fn read_write() -> dumpedit::Protection {
    dumpedit::Protection { read: true, write: true, execute: false, guard: false }
}

/// Everything that only minidumps have is an error here.
fn refuse_what_has_no_place(spec: &Spec) -> Result<(), FixtureError> {
    let refuse = |what: &str, place| {
        Err(FixtureError::contradiction(format!("an ELF core has no place for {what}"), place))
    };
    if let Some(stream) = spec.streams.first() {
        return refuse("a stream", stream.kind.place);
    }
    if let Some(mapping) = spec.mappings.first() {
        return refuse("a list of mappings; give the regions their protection", mapping.at.place);
    }
    if let Some(crash) = spec.crashes.get(1) {
        return refuse("a second crash", crash.code.and_then(|code| code.place));
    }
    for thread in &spec.threads {
        if let Some(kind) = thread.record.kind {
            return refuse("a context", kind.place);
        }
    }
    for region in &spec.memory {
        if let Some(list) = region.list {
            return refuse("a list of memory", list.place);
        }
    }
    for module in &spec.modules {
        if let Some(cv) = &module.cv {
            let place = cv.pieces.first().and_then(|piece| piece.data.place);
            return refuse("the CodeView record of a module", place);
        }
    }
    Ok(())
}

/// A note to be written.
enum Member<'a> {
    /// The status that begins a thread.
    Status(usize, &'a Thread),
    /// A note of a thread, by its index, where the spec has it.
    Thread(usize, Option<usize>, Note),
    /// A note of the process.
    Process(Note),
}

/// The notes in their order, those of the process first, then thread by thread.
fn groups(spec: &Spec, mut of_process: Vec<(usize, Note)>) -> Vec<Vec<Member<'_>>> {
    let mut groups = Vec::new();
    let first: Vec<Member<'_>> = spec.notes.iter().cloned().map(Member::Process).collect();
    if !first.is_empty() {
        groups.push(first);
    }
    for (index, thread) in spec.threads.iter().enumerate() {
        let mut members = vec![Member::Status(index, thread)];
        for (_, note) in of_process.extract_if(.., |(of, _)| *of == index) {
            members.push(Member::Process(note));
        }
        match &thread.notes {
            Some(notes) => {
                let given = notes.iter().cloned().enumerate();
                members.extend(given.map(|(note, found)| Member::Thread(index, Some(note), found)));
            }
            None => {
                let usual = default_notes(spec.machine);
                members.extend(usual.into_iter().map(|note| Member::Thread(index, None, note)));
            }
        }
        groups.push(members);
    }
    let rest: Vec<Member<'_>> = of_process.into_iter().map(|(_, note)| Member::Process(note)).collect();
    if !rest.is_empty() {
        groups.push(rest);
    }
    groups
}

fn place_note(
    spec: &Spec,
    sheet: &mut Sheet<'_>,
    class: &Class,
    member: &Member<'_>,
    unit: u64,
) -> Result<(), FixtureError> {
    let status;
    let (note, thread, part) = match member {
        Member::Status(index, thread) => {
            status = Note { size: thread.record.size, ..Note::new("CORE", PRSTATUS, Content::default()) };
            (&status, Some(*thread), Some(Part::Thread(*index)))
        }
        Member::Thread(index, at, note) => {
            (note, spec.threads.get(*index), at.map(|at| Part::ThreadNote(*index, at)))
        }
        Member::Process(note) => (note, None, None),
    };
    let kind = fits(Some(note.kind), "a note's type", 32)?;
    let owner = note.owner.as_ref().map_or_else(|| note_owner(kind), |owner| owner.value.as_str());
    let no_record = Record::default();
    let record = thread.map_or(&no_record, |thread| &thread.record);
    let area = kind == u64::from(X86_XSTATE) && owner == "LINUX" && thread.is_some();
    let usual = match member {
        Member::Status(..) => Some(status_size(spec.machine)),
        Member::Thread(..) if note.content.is_empty() => usual_note_size(spec.machine, kind, record),
        _ => None,
    };
    let size = note_size(note, usual, sheet.bytes.measure(&note.content)?);
    fits(Some(Number { value: size, place: note.size.and_then(|size| size.place) }), "a note's size", 32)?;

    let sizes = [(wide(owner.len()).saturating_add(1), 4), (size, 4), (kind, 4)];
    sheet.place(&fields(class.order, &sizes));
    sheet.place(owner.as_bytes());
    sheet.place(&[0]);
    sheet.align(unit);
    let at = sheet.reserve(size, note.size.and_then(|size| size.place))?;
    if let Member::Status(index, thread) = member {
        let (signal_at, id_at) = if class.wide { (12, 32) } else { (12, 24) };
        let crash = spec.crashes.first().filter(|crash| thread_of(spec, crash) == Some(*index));
        let signal = thread.signal.or(crash.map(|crash| crash.code.unwrap_or(SIGSEGV.into())));
        let signal_value = fits(signal, "pr_cursig", 16)?;
        let tid = fits(thread.tid, "pr_pid", 32)?;
        let tid = if thread.tid.is_some() { tid } else { wide(*index).saturating_add(1) };
        if let (Some(name), Some(_)) = (&thread.name, index.checked_sub(1)) {
            return Err(FixtureError::contradiction(
                "only the first thread of a core has a name",
                name.place,
            ));
        }
        // `pr_info.si_signo` and `pr_cursig`.
        put_within(sheet, at, size, 0, &number(class.order, signal_value, 4));
        put_within(sheet, at, size, signal_at, &number(class.order, signal_value, 2));
        put_within(sheet, at, size, id_at, &number(class.order, tid, 4));
    } else {
        if area {
            put_within(sheet, at, size, XCR0_AT, &number(class.order, components_of(record) | 3, 8));
        }
        sheet.fill(at, &note.content, size)?;
    }
    if let Some(part) = part {
        sheet.parts.place(part, at, size);
    }
    sheet.align(unit);
    Ok(())
}

fn put_within(sheet: &mut Sheet<'_>, at: u64, size: u64, offset: u64, bytes: &[u8]) {
    if offset.checked_add(wide(bytes.len())).is_some_and(|end| end <= size) {
        sheet.put(at.saturating_add(offset), bytes);
    }
}

/// The index of the thread that a crash is about.
fn thread_of(spec: &Spec, crash: &Crash) -> Option<usize> {
    match crash.thread {
        None => (!spec.threads.is_empty()).then_some(0),
        Some(tid) => spec.threads.iter().enumerate().find_map(|(index, thread)| {
            let own = thread.tid.map_or(wide(index).saturating_add(1), |tid| tid.value);
            (own == tid.value).then_some(index)
        }),
    }
}

/// The notes that follow from what the spec says of the process: its name, its signal, its files. Each belongs behind the
/// status of a thread.
fn process_notes(spec: &Spec, sheet: &Sheet<'_>) -> Result<Vec<(usize, Note)>, FixtureError> {
    let order = spec.byte_order;
    let class = Class::of(spec)?;
    let mut notes = Vec::new();
    if let Some(thread) = spec.threads.first()
        && let Some(name) = &thread.name
    {
        let (size, id_at, name_at) = if class.wide { (136, 24, 40) } else { (124, 12, 28) };
        let mut bytes = vec![0; size];
        let tid = thread.tid.map_or(1, |tid| tid.value);
        crate::encode::put(&mut bytes, id_at, &number(order, tid, 4));
        let length = name.value.len();
        if length > 15 {
            return Err(FixtureError::contradiction("the name has more than 15 bytes", name.place));
        }
        crate::encode::put(&mut bytes, name_at, name.value.as_bytes());
        notes.push((0, Note::new("CORE", PRPSINFO, bytes.into())));
    }
    if let Some(crash) = spec.crashes.first() {
        let Some(index) = thread_of(spec, crash) else {
            let place = crash.thread.and_then(|tid| tid.place);
            return Err(FixtureError::contradiction("the crash is of a thread that is not there", place));
        };
        let code = crash.code.map_or(SIGSEGV, |code| code.value);
        let address = crash.address.as_ref().map(|at| sheet.bytes.labels.address(at)).transpose()?;
        // SI_KERNEL is a signal without an address.
        let usual = if address.is_some() { 1 } else { 0x80 };
        let si_code = crash.si_code.map_or(Ok(usual), |code| fits(Some(code), "si_code", 32))?;
        let mips = matches!(spec.machine, Machine::Mips | Machine::Mips64);
        let code_at = if mips { 4 } else { 8 };
        let mut bytes = vec![0; 128];
        crate::encode::put(&mut bytes, 0, &number(order, code, 4));
        crate::encode::put(&mut bytes, code_at, &number(order, si_code, 4));
        if !class.wide {
            let place = crash.address.as_ref().and_then(|at| at.place);
            fits(address.map(|value| Placed { value, place }), "si_addr", 32)?;
        }
        let address_at = if class.wide { 16 } else { 12 };
        crate::encode::put(&mut bytes, address_at, &number(order, address.unwrap_or(0), class.word()));
        notes.push((index, Note::new("CORE", SIGINFO, bytes.into())));
    }
    if !spec.modules.is_empty() {
        notes.push((0, files(spec, sheet, &class)?));
    }
    Ok(notes)
}

/// The spec with a mapping of code for every module that no region lies in: readers take for modules what was executable.
/// `None` where nothing is missing.
pub(super) fn with_mapped_modules(spec: &Spec) -> Result<Option<Spec>, FixtureError> {
    if spec.format != Format::ElfCore || spec.modules.is_empty() {
        return Ok(None);
    }
    let labels = Labels::of(&spec.memory)?;
    let mut starts = Vec::new();
    for region in &spec.memory {
        starts.push(labels.address(&region.at)?);
    }
    let mut whole = spec.clone();
    for module in &spec.modules {
        let base = labels.address(&module.base)?;
        let inside = |start: &u64| start.checked_sub(base).is_some_and(|skipped| skipped < module.size.value);
        if !starts.iter().any(inside) {
            let mut code = Region::new(base, module.size.value);
            code.captured = Some(0.into());
            code.protection =
                Some(dumpedit::Protection { read: true, write: false, execute: true, guard: false }.into());
            whole.memory.push(code);
        }
    }
    Ok(Some(whole))
}

/// NT_FILE: the modules as mapped files.
fn files(spec: &Spec, sheet: &Sheet<'_>, class: &Class) -> Result<Note, FixtureError> {
    const PAGE: u64 = 4096;
    let word = class.word();
    let mut note = fields(class.order, &[(wide(spec.modules.len()), word), (PAGE, word)]);
    for module in &spec.modules {
        let base = sheet.bytes.labels.address(&module.base)?;
        let end = base.saturating_add(module.size.value);
        note.extend(fields(class.order, &[(base, word), (end, word), (0, word)]));
    }
    for module in &spec.modules {
        note.extend(module.name.value.bytes().chain([0]));
    }
    Ok(Note::new("CORE", FILE, note.into()))
}
