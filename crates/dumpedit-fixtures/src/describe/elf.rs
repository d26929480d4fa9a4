//! ELF cores as specs: program headers become regions, notes stay notes in their order, and a status begins a thread.

use dumpedit::notation::At;
use dumpedit::{Context, Dump, Protection, RecordChoice, RecordKind, ThreadIndex};
use object::elf;

use super::memory::{Chosen, Regions};
use super::raw::Raw;
use super::records::{Slot, fill};
use super::{DescribeOptions, typed};
use crate::encode::{narrow, read_at, wide};
use crate::error::FixtureError;
use crate::spec::{Content, Note, Region, Spec, Thread, Xstate};
use crate::synth::{self, Part};

const PRSTATUS: u64 = 1;
const PRPSINFO: u64 = 3;
const AUXV: u64 = 6;
const FILE: u64 = 0x4649_4c45;
const SIGINFO: u64 = 0x5349_4749;
const X86_XSTATE: u64 = 0x202;
const X86_XSAVE_LAYOUT: u64 = 0x205;
/// NT_ARM_SVE, NT_ARM_SSVE and NT_ARM_ZA.
const SCALABLE: [u64; 3] = [0x405, 0x40b, 0x40c];

/// A program header.
#[derive(Clone, Copy)]
struct Segment {
    kind: u64,
    flags: u64,
    offset: u64,
    address: u64,
    physical: u64,
    file_size: u64,
    memory_size: u64,
    align: u64,
}

/// A note, and where its descriptor is.
struct Found {
    owner: String,
    /// Whether the owner is a text with one zero behind it, as this crate writes it.
    kind: u64,
    file_offset: u64,
    size: u64,
}

pub(super) fn describe(
    dump: &Dump,
    options: &DescribeOptions,
    chosen: &Chosen,
) -> Result<Spec, FixtureError> {
    let raw = Raw::of(dump);
    let layout = dump.layout();
    let mut spec = Spec::new(layout.format(), layout.machine());
    spec.byte_order = layout.byte_order();
    let wide_class = raw.number(4, 1) == Some(2);
    header(&raw, &mut spec, wide_class)?;
    let segments = segments(&raw, wide_class)?;

    let announced = raw.number(if wide_class { 56 } else { 44 }, 2);
    let extended = announced == Some(elf::PN_XNUM.into());
    spec.layout.extended = extended && wide(segments.len()) < u64::from(elf::PN_XNUM);
    let mut regions = Regions::new(&raw);
    let is_note = |segment: &&Segment| segment.kind == u64::from(elf::PT_NOTE.0);
    let is_load = |segment: &&Segment| segment.kind == u64::from(elf::PT_LOAD.0);
    let loads = Loads {
        raw: &raw,
        chosen,
        forgets: options.forgets,
        greatest: if wide_class { u64::MAX } else { u32::MAX.into() },
        has_physical: segments.iter().filter(is_load).any(|segment| segment.physical != 0),
    };
    segments.iter().filter(|segment| !is_note(segment)).for_each(|segment| loads.add(segment, &mut regions));
    spec.layout.align = alignment(&regions).map(Into::into);
    let usual = Some(spec.layout.align.map_or(1, |align| align.value).into());
    regions.regions.iter_mut().filter(|region| region.align == usual).for_each(|region| region.align = None);
    let noted: Vec<Segment> = segments.iter().filter(is_note).copied().collect();
    let mut notes = Vec::new();
    let mut align = None;
    for segment in &noted {
        raw.tell(raw.held(segment.offset, segment.file_size));
        raw.check_size(options)?;
        let (found, unit) = walk(&raw, segment);
        align.get_or_insert(if unit == 8 || segment.align != 8 { segment.align } else { 4 });
        notes.push(found);
    }
    if let Some(align) = align.filter(|align| [0, 1, 8].contains(align)) {
        spec.layout.note_align = Some(align.into());
    }
    let begins = |notes: &Vec<Found>| notes.first().is_some_and(is_status);
    spec.layout.split_notes = noted.len() > 1 && notes.iter().skip(1).all(begins);
    let notes: Vec<Found> = notes.into_iter().flatten().collect();

    let mut slots = Vec::new();
    group(dump, options, &raw, &mut spec, notes, wide_class, &mut slots)?;
    label_stacks(dump, &mut spec, &slots, &mut regions);
    spec.memory = regions.regions;
    raw.check_size(options)?;
    fill(dump, &mut spec, &slots)?;
    simplify(&mut spec);
    Ok(spec)
}

fn header(raw: &Raw, spec: &mut Spec, wide_class: bool) -> Result<(), FixtureError> {
    let number = |at, size| raw.structure("the ELF header", 0, raw.number(at, size));
    let class = if wide_class { 64 } else { 32 };
    if class != synth::class_of(spec.machine) {
        spec.header.class = Some(class.into());
    }
    let machine = number(18, 2)?;
    if synth::machine_number(spec.machine).map(u64::from) != Some(machine) {
        spec.header.machine = Some(machine.into());
    }
    let flags = number(if wide_class { 48 } else { 36 }, 4)?;
    spec.header.flags = Some(flags.into()).filter(|_| flags != 0);
    let os_abi = number(7, 1)?;
    spec.header.os_abi = Some(os_abi.into()).filter(|_| os_abi != 0);
    Ok(())
}

fn segments(raw: &Raw, wide_class: bool) -> Result<Vec<Segment>, FixtureError> {
    let (word, offset_at, counts_at) = if wide_class { (8, 32, 54) } else { (4, 28, 42) };
    let number = |at: u64, size| raw.structure("the ELF header", 0, raw.number(at, size));
    let programs = number(offset_at, word)?;
    let sections = number(offset_at.saturating_add(word), word)?;
    let [entry, mut count] = raw.structure("the ELF header", 0, raw.numbers::<2>(counts_at, [2, 2]))?;
    if count == u64::from(elf::PN_XNUM) && sections != 0 {
        // `sh_info` of section 0.
        let at = sections.saturating_add(if wide_class { 44 } else { 28 });
        count = raw.number(at, 4).unwrap_or(count);
    }
    let whole = raw.size.saturating_sub(programs).checked_div(entry).unwrap_or(0);
    let mut segments = Vec::new();
    for index in 0..count.min(whole) {
        let at = programs.saturating_add(index.saturating_mul(entry));
        // Elf32_Phdr has the flags further behind.
        let read = if wide_class {
            raw.numbers(at, [4, 4, 8, 8, 8, 8, 8, 8])
        } else {
            raw.numbers(at, [4; 8]).map(
                |[kind, offset, address, physical, file_size, memory_size, flags, align]| {
                    [kind, flags, offset, address, physical, file_size, memory_size, align]
                },
            )
        };
        let read = read.map(|[kind, flags, offset, address, physical, file_size, memory_size, align]| {
            Segment { kind, flags, offset, address, physical, file_size, memory_size, align }
        });
        segments.extend(read);
    }
    Ok(segments)
}

/// What turns segments into regions.
struct Loads<'a> {
    raw: &'a Raw,
    chosen: &'a Chosen,
    /// Whether captured memory that is not chosen is left out.
    forgets: bool,
    /// The greatest address of the file's class.
    greatest: u64,
    /// Whether `p_paddr` says anything: it is 0 in all segments of most cores.
    has_physical: bool,
}

impl Loads<'_> {
    /// A segment as regions: one, or where only parts of its memory are described, one for each of these and what follows
    /// it, of which nothing is left that is forgotten.
    fn add(&self, segment: &Segment, regions: &mut Regions) {
        let Loads { raw, chosen, forgets, .. } = *self;
        let is_memory = segment.kind == u64::from(elf::PT_LOAD.0);
        let has = |flag: elf::ProgramFlags| segment.flags & u64::from(flag.0) != 0;
        let protection =
            Protection { read: has(elf::PF_R), write: has(elf::PF_W), execute: has(elf::PF_X), guard: false };
        let captured = segment.file_size;
        let mut parts = if chosen.all() || !is_memory {
            vec![(0, captured)]
        } else {
            chosen.parts(segment.address, captured)
        };
        if is_memory && forgets {
            // What the end of the file cuts off stays cut off, and what was never captured stays mapped.
            let held = raw.held(segment.offset, captured);
            let reaches = parts.last().is_some_and(|(offset, size)| offset.saturating_add(*size) == captured);
            if held < captured {
                parts.retain(|(offset, _)| *offset < held);
                parts.push((held, captured.saturating_sub(held)));
            } else if !reaches && (segment.memory_size > captured || captured == 0) {
                parts.push((captured, 0));
            }
        } else if parts.first().is_none_or(|(offset, _)| *offset > 0) {
            parts.insert(0, (0, 0));
        }
        let starts: Vec<u64> = parts.iter().map(|(offset, _)| *offset).collect();
        let next = starts.into_iter().skip(1).chain([segment.memory_size]);
        for ((offset, size), next) in parts.into_iter().zip(next) {
            let end = offset.saturating_add(size);
            let mapped = if forgets && end != captured { size } else { next.saturating_sub(offset) };
            let mut region = Region::new(segment.address.saturating_add(offset), mapped);
            region.protection = Some(protection.into());
            if size != mapped {
                region.captured = Some(size.into());
            }
            region.kind = Some(segment.kind.into()).filter(|_| !is_memory);
            region.flags =
                Some(segment.flags.into()).filter(|_| segment.flags != synth::protection_flags(protection));
            let physical = self.physical(segment, offset);
            region.physical = Some(At::Address(physical).into()).filter(|_| physical != 0);
            region.align = Some(segment.align.into());
            let file_offset = segment.offset.saturating_add(offset);
            if size == 0 && file_offset == 0 {
                region.file_offset = Some(At::Address(0).into());
            }
            regions.add(region, size, file_offset, true);
        }
    }

    /// The physical address of a part of a segment; all ones say that there is none.
    fn physical(&self, segment: &Segment, offset: u64) -> u64 {
        if self.has_physical && segment.physical != self.greatest {
            segment.physical.wrapping_add(offset) & self.greatest
        } else {
            segment.physical
        }
    }
}

/// What segments are aligned by, in bytes, where this is one number and the regions are aligned so in memory.
fn alignment(regions: &Regions) -> Option<u64> {
    let mut memory = regions.regions.iter().filter(|region| region.kind.is_none());
    let align = memory.clone().next()?.align?;
    let usual = align.value.is_power_of_two() && (2..=1 << 16).contains(&align.value);
    let is_aligned = |region: &Region| {
        let size = region.captured.or(region.size).map_or(0, |size| size.value);
        let at = matches!(region.at.value, At::Address(at) if at.is_multiple_of(align.value));
        region.align == Some(align) && at && size.is_multiple_of(align.value)
    };
    (usual && memory.all(is_aligned)).then_some(align.value)
}

/// The notes of a segment, and what they are padded to.
fn walk(raw: &Raw, segment: &Segment) -> (Vec<Found>, u64) {
    let units: &[u64] = if segment.align == 8 { &[8, 4] } else { &[4] };
    let mut best = (Vec::new(), 4);
    for unit in units {
        let mut found = Vec::new();
        let mut at = 0u64;
        let limit = raw.held(segment.offset, segment.file_size);
        while let Some((note, next)) = note(raw, segment.offset, at, *unit, limit) {
            found.push(note);
            at = next;
        }
        let ends_well = limit.saturating_sub(at) < 12;
        if ends_well || best.0.is_empty() {
            best = (found, *unit);
        }
        if ends_well {
            break;
        }
    }
    best
}

fn note(raw: &Raw, start: u64, at: u64, unit: u64, limit: u64) -> Option<(Found, u64)> {
    if at.checked_add(12)? > limit {
        return None;
    }
    let [name_size, size, kind] = raw.numbers(start.checked_add(at)?, [4, 4, 4])?;
    let name_at = at.checked_add(12)?;
    let begins = name_at.checked_add(name_size)?.checked_next_multiple_of(unit)?;
    if begins > limit {
        return None;
    }
    let name = raw.bytes(start.checked_add(name_at)?, name_size)?;
    let name: Vec<u8> = name.into_iter().take_while(|byte| *byte != 0).collect();
    let found = Found {
        owner: String::from_utf8_lossy(&name).into_owned(),
        kind,
        file_offset: start.checked_add(begins)?,
        size,
    };
    (begins.checked_add(size)? <= limit).then_some(())?;
    Some((found, begins.checked_add(size)?.checked_next_multiple_of(unit)?))
}

fn is_status(note: &Found) -> bool {
    note.owner == "CORE" && note.kind == PRSTATUS && note.size >= 40
}

/// Puts the notes into the threads that they belong to.
fn group(
    dump: &Dump,
    options: &DescribeOptions,
    raw: &Raw,
    spec: &mut Spec,
    notes: Vec<Found>,
    wide_class: bool,
    slots: &mut Vec<Slot>,
) -> Result<(), FixtureError> {
    let layout = dump.layout();
    let word = if wide_class { 8 } else { 4 };
    let mut index_of_thread = 0u32;
    // Notes of the process that stand with a thread that is left out.
    let mut homeless: Vec<Note> = Vec::new();
    let mut kept: Option<(usize, ThreadIndex)> = None;
    let mut in_dropped = false;
    for found in notes {
        if is_status(&found) {
            // The layout has the threads in the order of their statuses; those that other notes began come in between.
            let first = found.file_offset;
            let last = first.saturating_add(found.size.saturating_sub(1));
            let by_record = layout
                .records_holding([(first, last)], usize::MAX)
                .find(|(_, record)| record.place().0 == first);
            let index = by_record.map_or(index_of_thread, |(ThreadIndex(index), _)| index);
            index_of_thread = index.saturating_add(1);
            let index = ThreadIndex(index);
            if !options.keeps(index) {
                in_dropped = true;
                kept = None;
                continue;
            }
            in_dropped = false;
            let bytes =
                raw.structure("NT_PRSTATUS", found.file_offset, raw.bytes(found.file_offset, found.size))?;
            let number = |at, size| read_at(raw.order, &bytes, at, size).unwrap_or(0);
            let (signal, tid) = (number(12, 2), number(if wide_class { 32 } else { 24 }, 4));
            let mut thread = Thread { tid: Some(tid.into()), notes: Some(Vec::new()), ..Thread::default() };
            thread.signal = Some(signal.into()).filter(|_| signal != 0);
            thread.record.size = Some(found.size.into());
            let context = by_record.map(|_| Context::Thread(index, RecordChoice::Thread));
            slots.push(Slot {
                part: Part::Thread(spec.threads.len()),
                context,
                kind: RecordKind::Thread,
                file_offset: found.file_offset,
                size: found.size,
            });
            kept = Some((spec.threads.len(), index));
            spec.threads.push(thread);
            continue;
        }
        let of_process = match found.owner.as_str() {
            "CORE" => [PRPSINFO, AUXV, FILE].contains(&found.kind),
            "LINUX" => found.kind == X86_XSAVE_LAYOUT,
            // Its description of the target.
            owner => owner == "GDB",
        };
        if in_dropped {
            if of_process {
                homeless.push(opaque(raw, &found, word));
            }
            continue;
        }
        let Some((at, index)) = kept else {
            spec.notes.push(opaque(raw, &found, word));
            continue;
        };
        let Some(thread) = spec.threads.get_mut(at) else { continue };
        let notes = thread.notes.get_or_insert_with(Vec::new);
        let holds_registers = layout.threads().get(narrow(index.0.into())).is_some_and(|thread| {
            thread
                .records
                .iter()
                .flat_map(|record| &record.blocks)
                .any(|block| block.file_offset == found.file_offset)
        });
        if !holds_registers {
            notes.push(opaque(raw, &found, word));
            continue;
        }
        if found.kind == X86_XSTATE && thread.record.xstate.is_none() {
            let components = raw.number(found.file_offset.saturating_add(464), 8).unwrap_or(0);
            thread.record.xstate = Some(Xstate {
                components: components.into(),
                compacted: true,
                skip: None,
                size: Some(found.size.into()),
            });
        }
        slots.push(Slot {
            part: Part::ThreadNote(at, notes.len()),
            context: None,
            kind: RecordKind::Thread,
            file_offset: found.file_offset,
            size: found.size,
        });
        // Which registers such a note holds follows from its header.
        let header = raw.bytes(found.file_offset, found.size).filter(|_| SCALABLE.contains(&found.kind));
        let content = header.and_then(|bytes| typed::vector_header(&bytes, raw.order)).unwrap_or_default();
        notes.push(Note {
            owner: Some(found.owner.into()),
            kind: found.kind.into(),
            size: Some(found.size.into()),
            content,
            rest: Content::default(),
        });
    }
    match spec.threads.first_mut().and_then(|thread| thread.notes.as_mut()) {
        Some(notes) => {
            let moved = homeless.len();
            notes.splice(0..0, homeless);
            for slot in slots.iter_mut() {
                if let Part::ThreadNote(0, note) = &mut slot.part {
                    *note = note.saturating_add(moved);
                }
            }
        }
        None => spec.notes.extend(homeless),
    }
    Ok(())
}

/// A note as the bytes that it has, with types where they are known.
fn opaque(raw: &Raw, found: &Found, word: usize) -> Note {
    /// Longer notes are not read to be shown.
    const MOST: u64 = 1 << 20;
    let bytes = raw.bytes(found.file_offset, found.size).filter(|_| found.size <= MOST);
    let typed = bytes.and_then(|bytes| match (found.owner.as_str(), found.kind) {
        ("CORE", AUXV) => typed::auxiliary_vector(&bytes, raw.order, word),
        ("CORE", FILE) => typed::files(&bytes, raw.order, word),
        ("CORE", SIGINFO) => typed::siginfo(&bytes, raw.order, word),
        _ => None,
    });
    Note {
        owner: Some(found.owner.clone().into()),
        kind: found.kind.into(),
        size: Some(found.size.into()).filter(|_| typed.is_none() || found.kind == SIGINFO),
        content: typed.unwrap_or_else(|| raw.content(found.file_offset, found.size)),
        rest: Content::default(),
    }
}

/// Labels the regions that stack pointers point into.
fn label_stacks(dump: &Dump, spec: &mut Spec, slots: &[Slot], regions: &mut Regions) {
    let several = spec.threads.len() > 1;
    let captured = |region: &Region| {
        let captured = region.captured.or(region.size).filter(|_| region.kind.is_none());
        captured.map(|captured| captured.value)
    };
    let holders = regions.holders(captured);
    for slot in slots {
        let (Part::Thread(at), Some(context)) = (slot.part, slot.context) else { continue };
        let Some(sp) = dump.read_register(context, "sp").ok().and_then(|sp| sp.to_u64().ok()) else {
            continue;
        };
        let tid = spec.threads.get(at).and_then(|thread| thread.tid).map_or(0, |tid| tid.value);
        if let Some(region) = holders.first(sp) {
            let label = if several { format!("stack-{tid}") } else { "stack".to_owned() };
            regions.label(region, Some(label));
        }
    }
}

/// Leaves out what synth would do by itself.
fn simplify(spec: &mut Spec) {
    let status = synth::status_size(spec.machine);
    for thread in &mut spec.threads {
        if thread.record.size.map(|size| size.value) == Some(status) {
            thread.record.size = None;
        }
        let usual_area = thread.record.xstate.as_ref().and_then(|area| {
            let usual = synth::xstate_size(area.components.value);
            area.size.filter(|size| size.value == usual)
        });
        if let (Some(_), Some(area)) = (usual_area, thread.record.xstate.as_mut()) {
            area.size = None;
        }
        let record = thread.record.clone();
        for note in thread.notes.iter_mut().flatten() {
            let usual = synth::usual_note_size(spec.machine, note.kind.value, &record);
            let owner = note.owner.as_ref().map(|owner| owner.value.as_str());
            let owned_as_usual = owner == Some(synth::note_owner(note.kind.value));
            if note.content.is_empty() && owned_as_usual && note.size.map(|size| size.value) == usual {
                note.size = None;
            }
            if owned_as_usual {
                note.owner = None;
            }
        }
        let usual_area = Xstate {
            components: synth::usual_components(&record).into(),
            compacted: true,
            skip: None,
            size: None,
        };
        if thread.record.xstate == Some(usual_area) {
            thread.record.xstate = None;
        }
        if thread.notes.as_ref() == Some(&synth::default_notes(spec.machine)) {
            thread.notes = None;
        }
    }
}
