//! Minidumps as specs: the streams that dumpedit reads become what they mean, all others stay bytes.

use std::cell::Cell;
use std::collections::HashMap;

use dumpedit::notation::At;
use dumpedit::{BlockKind, Context, Dump, RecordChoice, RecordKind, ThreadIndex};
use minidump_common::format::MINIDUMP_STREAM_TYPE;

use super::memory::{Chosen, Regions};
use super::raw::Raw;
use super::records::{Slot, fill};
use super::{DescribeOptions, typed};
use crate::encode::narrow;
use crate::error::FixtureError;
use crate::spec::{
    Address, ContextKind, Crash, CrashContext, Mapping, MemoryPlace, Module, Number, Placed, Record, Region,
    Spec, Stack, Stream, System, Thread, Xstate,
};
use crate::synth::{self, Part};

/// A stream of the directory.
#[derive(Clone, Copy)]
struct Entry {
    kind: u64,
    size: u64,
    offset: u64,
}

/// The stack of a thread, as its descriptor says.
#[derive(Clone, Copy)]
struct StackOf {
    address: u64,
    size: u64,
    offset: u64,
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
    header(&raw, &mut spec)?;
    let entries = directory(&raw)?;
    let mut read = Vec::new();
    let first = |kind: MINIDUMP_STREAM_TYPE| {
        let index = entries.iter().position(|entry| entry.kind == u64::from(u32::from(kind)))?;
        Some((index, *entries.get(index)?))
    };
    type Type = MINIDUMP_STREAM_TYPE;
    let system = first(Type::SystemInfoStream);
    spec.system = match system.map(|(index, entry)| (index, describe_system(&raw, entry))) {
        Some((index, Some(system))) => {
            read.push(index);
            system
        }
        _ => System { left_out: true, ..System::default() },
    };
    let names_budget = Budget::new();
    let mut regions = Regions::new(&raw);
    if let Some((index, entry)) = first(Type::MemoryListStream) {
        read.push(index);
        memory_list(&raw, entry, chosen, &mut spec, &mut regions);
    }
    let mut in_list64 = Vec::new();
    if let Some((index, entry)) = first(Type::Memory64ListStream) {
        read.push(index);
        in_list64 = memory64_list(&raw, entry, chosen);
    }
    if let Some((index, entry)) = first(Type::ModuleListStream) {
        read.push(index);
        modules(&raw, entry, &mut spec, &names_budget);
    }
    if let Some((index, entry)) = first(Type::MemoryInfoListStream)
        && let Some(mappings) = mappings(&raw, entry)
    {
        read.push(index);
        spec.mappings = mappings;
    }
    let mut names = HashMap::new();
    if let Some((index, entry)) = first(Type::ThreadNamesStream) {
        read.push(index);
        names = thread_names(&raw, entry, &names_budget);
    }
    let mut slots = Vec::new();
    let mut stacks = Vec::new();
    let mut contexts = Vec::new();
    if let Some((index, entry)) = first(Type::ThreadListStream) {
        read.push(index);
        let kept = Kept { dump, options, raw: &raw, names: &names };
        contexts = kept.threads(entry, &mut spec, &mut slots, &mut stacks);
    }
    for (index, entry) in entries.iter().enumerate() {
        if entry.kind == u64::from(u32::from(Type::ExceptionStream)) {
            read.push(index);
            crash(dump, options, &raw, *entry, &contexts, &mut spec, &mut slots);
        }
    }
    let others = entries.iter().enumerate().filter(|(index, _)| !read.contains(index));
    spec.streams.extend(others.map(|(_, entry)| stream(&raw, *entry)));
    place_stacks(dump, &slots, &stacks, chosen, &mut spec, &mut regions);
    let only64 = regions.regions.is_empty() && !in_list64.is_empty();
    for (region, captured, offset) in in_list64 {
        let mut region = region;
        region.list = Some(MemoryPlace::List64.into()).filter(|_| !only64);
        regions.add(region, captured, offset, false);
    }
    if only64 {
        spec.layout.memory = MemoryPlace::List64;
    }
    label_stacks(dump, &slots, &mut spec, &mut regions);
    spec.memory = regions.regions;
    raw.check_size(options)?;
    fill(dump, &mut spec, &slots)?;
    simplify(&mut spec);
    Ok(spec)
}

/// A number, where it is not the one that synth would take.
fn unless(value: u64, usual: u64) -> Option<Number> {
    (value != usual).then(|| value.into())
}

fn address(value: u64) -> Address {
    At::Address(value).into()
}

fn address_unless_zero(value: u64) -> Option<Address> {
    (value != 0).then(|| address(value))
}

fn header(raw: &Raw, spec: &mut Spec) -> Result<(), FixtureError> {
    const VERSION: u64 = 0xa793;
    let numbers = raw.numbers(4, [4, 4, 4, 4, 4, 8]);
    let [version, _, _, checksum, timestamp, flags] = raw.structure("MINIDUMP_HEADER", 0, numbers)?;
    spec.header.version = unless(version, VERSION);
    spec.header.checksum = unless(checksum, 0);
    spec.header.timestamp = unless(timestamp, 0);
    spec.header.flags = unless(flags, 0);
    Ok(())
}

fn directory(raw: &Raw) -> Result<Vec<Entry>, FixtureError> {
    let [count, at] = raw.structure("MINIDUMP_HEADER", 0, raw.numbers(8, [4, 4]))?;
    let whole = raw.size.saturating_sub(at) / 12;
    let read = |index: u64| {
        let [kind, size, offset] = raw.numbers(at.checked_add(index.checked_mul(12)?)?, [4, 4, 4])?;
        Some(Entry { kind, size, offset })
    };
    Ok((0..count.min(whole)).map_while(read).collect())
}

/// A MINIDUMP_STRING.
fn string(raw: &Raw, offset: u64) -> Option<String> {
    let length = raw.number(offset, 4)?;
    let bytes = raw.bytes(offset.checked_add(4)?, length)?;
    let units =
        bytes.chunks_exact(2).map(|unit| u16::try_from(crate::encode::read(raw.order, unit)).unwrap_or(0));
    let text: String =
        char::decode_utf16(units).map(|unit| unit.unwrap_or(char::REPLACEMENT_CHARACTER)).collect();
    Some(text.trim_end_matches('\0').to_owned())
}

/// How many bytes of names and records are still copied out of the dump: entries that share one could make any number of it.
struct Budget(Cell<u64>);

impl Budget {
    fn new() -> Budget {
        /// No process has more.
        const MOST: u64 = 16 << 20;
        Budget(Cell::new(MOST))
    }

    /// Whether as many bytes may still be copied.
    fn takes(&self, size: u64) -> bool {
        let left = self.0.get().checked_sub(size);
        self.0.set(left.unwrap_or(self.0.get()));
        left.is_some()
    }
}

/// A MINIDUMP_STRING of a list; none where the budget is spent.
fn named(raw: &Raw, offset: u64, budget: &Budget) -> Option<String> {
    let length = raw.number(offset, 4)?;
    if budget.takes(length) { string(raw, offset) } else { None }
}

fn describe_system(raw: &Raw, entry: Entry) -> Option<System> {
    let at = entry.offset;
    let [architecture, level, revision, processors, product_type] = raw.numbers(at, [2, 2, 2, 1, 1])?;
    let [major, minor, build, platform, service_pack_at] =
        raw.numbers(at.checked_add(8)?, [4, 4, 4, 4, 4])?;
    let [suite_mask, reserved] = raw.numbers(at.checked_add(28)?, [2, 2])?;
    let os = synth::platform_of(u32::try_from(platform).ok()?);
    let os = os.map_or_else(|| format!("{platform:#x}"), str::to_owned);
    let version = format!("{major}.{minor}.{build}");
    let service_pack = if service_pack_at == 0 { None } else { string(raw, service_pack_at) };
    Some(System {
        left_out: false,
        os: Some(os.into()),
        version: Some(version.into()).filter(|text: &Placed<String>| text.value != "0.0.0"),
        service_pack: service_pack.filter(|text| !text.is_empty()).map(Placed::from),
        processors: unless(processors, 1),
        architecture: Some(architecture.into()),
        level: unless(level, 0),
        revision: unless(revision, 0),
        product_type: unless(product_type, 0),
        suite_mask: unless(suite_mask, 0),
        reserved: unless(reserved, 0),
        cpu: raw.unless_zero(at.checked_add(32)?, 24),
    })
}

/// The size of the header of a counted list, and how many entries its stream and the file hold.
fn counted(raw: &Raw, entry: Entry, size: u64) -> Option<(u64, u64)> {
    let declared = raw.number(entry.offset, 4)?;
    let padded = declared.checked_mul(size)?.checked_add(8)? == entry.size;
    let header = if padded { 8 } else { 4 };
    let room = raw.held(entry.offset, entry.size).saturating_sub(header).checked_div(size)?;
    Some((header, declared.min(room)))
}

/// The file offsets of the entries of a counted list, and whether it is padded.
fn entries(raw: &Raw, entry: Entry, size: u64) -> (Vec<u64>, bool) {
    let Some((header, count)) = counted(raw, entry, size) else { return (Vec::new(), false) };
    let at = |index: u64| entry.offset.saturating_add(header).saturating_add(index.saturating_mul(size));
    ((0..count).map(at).collect(), header == 8)
}

/// Adds what is described of a range that a descriptor tells of.
fn add(regions: &mut Regions, chosen: &Chosen, stack: StackOf, outside: bool) -> Vec<usize> {
    let StackOf { address, size, offset } = stack;
    let mut added = Vec::new();
    for (skipped, part) in chosen.parts(address, size) {
        let mut region = Region::new(address.saturating_add(skipped), part);
        if outside {
            region.list = Some(MemoryPlace::Outside.into());
        }
        if offset == 0 {
            // The descriptor says that the bytes are not in the file.
            region.file_offset = Some(self::address(0));
            added.push(regions.add(region, 0, 0, false));
        } else {
            added.push(regions.add(region, part, offset.saturating_add(skipped), true));
        }
    }
    added
}

fn memory_list(raw: &Raw, entry: Entry, chosen: &Chosen, spec: &mut Spec, regions: &mut Regions) {
    let (entries, padded) = entries(raw, entry, 16);
    spec.layout.padded.memory = padded;
    for at in entries {
        if let Some([address, size, offset]) = raw.numbers(at, [8, 4, 4]) {
            add(regions, chosen, StackOf { address, size, offset }, false);
        }
    }
}

fn memory64_list(raw: &Raw, entry: Entry, chosen: &Chosen) -> Vec<(Region, u64, u64)> {
    let Some([count, base]) = raw.numbers(entry.offset, [8, 8]) else { return Vec::new() };
    let room = raw.held(entry.offset, entry.size).saturating_sub(16) / 16;
    let mut next = base;
    let mut found = Vec::new();
    for index in 0..count.min(room) {
        let at = entry.offset.saturating_add(16).saturating_add(index.saturating_mul(16));
        let Some([address, size]) = raw.numbers(at, [8, 8]) else { break };
        for (skipped, part) in chosen.parts(address, size) {
            let region = Region::new(address.saturating_add(skipped), part);
            found.push((region, part, next.saturating_add(skipped)));
        }
        next = next.saturating_add(size);
    }
    found
}

fn modules(raw: &Raw, entry: Entry, spec: &mut Spec, budget: &Budget) {
    /// Larger records, and those that are not in the file, are left out.
    const MOST: u64 = 1 << 16;
    let (entries, padded) = entries(raw, entry, 108);
    spec.layout.padded.modules = padded;
    for at in entries {
        let Some([base, size, checksum, timestamp, name_at]) = raw.numbers(at, [8, 4, 4, 4, 4]) else {
            continue;
        };
        let located = raw.numbers(at.saturating_add(76), [4, 4, 4, 4]);
        let [cv_size, cv_at, misc_size, misc_at] = located.unwrap_or_default();
        let record = |size: u64, offset: u64, is_cv: bool| {
            if size == 0 || size > MOST || !budget.takes(size) {
                return None;
            }
            let bytes = raw.bytes(offset, size)?;
            let typed = if is_cv { typed::code_view(&bytes, raw.order) } else { None };
            Some(typed.unwrap_or_else(|| bytes.into()))
        };
        spec.modules.push(Module {
            base: address(base),
            size: size.into(),
            name: named(raw, name_at, budget).unwrap_or_default().into(),
            checksum: unless(checksum, 0),
            timestamp: unless(timestamp, 0),
            version: raw.unless_zero(at.saturating_add(24), 52),
            cv: record(cv_size, cv_at, true),
            misc: record(misc_size, misc_at, false),
            reserved: raw.unless_zero(at.saturating_add(92), 16),
        });
    }
}

fn mappings(raw: &Raw, entry: Entry) -> Option<Vec<Mapping>> {
    const COMMITTED: u64 = 0x1000;
    const PRIVATE: u64 = 0x2_0000;
    let [header, size, count] = raw.numbers(entry.offset, [4, 4, 8])?;
    let all = count.checked_mul(48)?.checked_add(16)?;
    if header != 16 || size != 48 || all != entry.size || raw.held(entry.offset, all) < all || count == 0 {
        return None;
    }
    let mut mappings = Vec::new();
    for index in 0..count {
        let at = entry.offset.checked_add(16)?.checked_add(index.checked_mul(48)?)?;
        let [base_address, base, allocated, padding, size] = raw.numbers(at, [8, 8, 4, 4, 8])?;
        let [state, protection, kind, padding_too] = raw.numbers(at.checked_add(32)?, [4, 4, 4, 4])?;
        if padding != 0 || padding_too != 0 {
            return None;
        }
        mappings.push(Mapping {
            at: address(base_address),
            size: size.into(),
            protection: Some(protection.into()),
            base: Some(address(base)).filter(|_| base != base_address),
            allocation_protection: unless(allocated, protection),
            state: unless(state, COMMITTED),
            kind: unless(kind, PRIVATE),
        });
    }
    Some(mappings)
}

fn thread_names(raw: &Raw, entry: Entry, budget: &Budget) -> HashMap<u64, String> {
    let mut names = HashMap::new();
    let (entries, _) = entries(raw, entry, 12);
    for at in entries {
        let Some([tid, name_at]) = raw.numbers(at, [4, 8]) else { continue };
        if let Some(name) = named(raw, name_at, budget).filter(|name| !name.is_empty()) {
            names.entry(tid).or_insert(name);
        }
    }
    names
}

/// What the threads are read with.
struct Kept<'a> {
    dump: &'a Dump,
    options: &'a DescribeOptions,
    raw: &'a Raw,
    names: &'a HashMap<u64, String>,
}

/// A thread that went into the spec: its id, and size and file offset of its context.
struct Became {
    tid: u64,
    context: (u64, u64),
}

impl Kept<'_> {
    fn threads(
        &self,
        entry: Entry,
        spec: &mut Spec,
        slots: &mut Vec<Slot>,
        stacks: &mut Vec<StackOf>,
    ) -> Vec<Became> {
        let (entries, padded) = entries(self.raw, entry, 48);
        spec.layout.padded.threads = padded;
        let mut became = Vec::new();
        let mut named = Vec::new();
        for (index, at) in (0u32..).zip(entries) {
            let index = ThreadIndex(index);
            let Some([tid, suspended, class, priority, teb]) = self.raw.numbers(at, [4, 4, 4, 4, 8]) else {
                continue;
            };
            let behind = self.raw.numbers(at.saturating_add(24), [8, 4, 4, 4, 4]);
            let [address_of_stack, size, offset, context_size, context_at] = behind.unwrap_or_default();
            if !self.options.keeps(index) {
                continue;
            }
            let mut record = Record::default();
            let found = self.context(index, RecordKind::Thread, context_at);
            shape(self.dump, self.raw, &mut record, found, (context_size, context_at));
            if record.kind.is_none_or(|kind| kind.value != ContextKind::None) {
                slots.push(Slot {
                    part: Part::Thread(spec.threads.len()),
                    context: found,
                    kind: RecordKind::Thread,
                    file_offset: context_at,
                    size: context_size,
                });
            }
            became.push(Became { tid, context: (context_size, context_at) });
            // Of threads that share an id the name is told once.
            let name = self.names.get(&tid).filter(|_| !named.contains(&tid)).cloned();
            named.push(tid);
            stacks.push(StackOf { address: address_of_stack, size, offset });
            spec.threads.push(Thread {
                tid: Some(tid.into()),
                name: name.map(Placed::from),
                record,
                stack: Some(Stack::None),
                teb: address_unless_zero(teb),
                suspend_count: unless(suspended, 0),
                priority_class: unless(class, 0),
                priority: unless(priority, 0),
                signal: None,
                notes: None,
            });
        }
        became
    }

    /// The context of a record that stands at an offset, where its registers have names.
    fn context(&self, index: ThreadIndex, kind: RecordKind, offset: u64) -> Option<Context> {
        let thread = self.dump.layout().threads().get(narrow(index.0.into()))?;
        let record = thread.record(kind).filter(|record| record.place().0 == offset)?;
        Some(Context::Thread(index, record.kind.choice()))
    }
}

/// Says of a record what kind of context it is, and how large, where that is not the usual.
fn shape(dump: &Dump, raw: &Raw, record: &mut Record, context: Option<Context>, (size, offset): (u64, u64)) {
    let found = context.and_then(|context| {
        let (_, thread) = dump.layout().thread(context).ok()?;
        let Context::Thread(_, choice) = context else { return None };
        thread.chosen(choice).first().copied().cloned()
    });
    let Some(found) = found else {
        let there = size > 0 && raw.held(offset, size) == size;
        record.kind = Some(if there { ContextKind::Raw } else { ContextKind::None }.into());
        record.size = Some(size.into()).filter(|_| there);
        return;
    };
    let kinds = synth::kinds();
    let of_machine = |kind: &&synth::Kind| kind.machine == found.format.machine;
    // The kind is the one whose flags the record has; among those the largest that fits.
    let flags_at = |kind: &synth::Kind| raw.number(offset.saturating_add(kind.flags_at), 4).unwrap_or(0);
    let names_itself = |kind: &&synth::Kind| flags_at(kind) & u64::from(kind.cpu) != 0;
    let fits = |kind: &&synth::Kind| kind.size <= size;
    let candidates: Vec<&synth::Kind> = kinds.iter().filter(of_machine).collect();
    let own: Vec<&synth::Kind> = candidates.iter().copied().filter(|kind| names_itself(kind)).collect();
    let pool = if own.is_empty() { candidates } else { own };
    let Some(kind) = pool.into_iter().filter(fits).max_by_key(|kind| kind.size) else {
        record.kind = Some(ContextKind::Raw.into());
        record.size = Some(size.into());
        return;
    };
    record.kind = Some(kind.name.into());
    record.flags = Some(flags_at(kind).into());
    let mut usual = kind.size;
    let area = found.block(BlockKind::XstateHeader);
    if let Some(area) = area {
        let behind = offset.saturating_add(kind.size);
        let skip = area.file_offset.saturating_sub(behind);
        let length = raw.number(behind.saturating_add(20), 4).unwrap_or(0);
        let mask = raw.number(area.file_offset.saturating_add(8), 8).unwrap_or(0);
        record.xstate = Some(Xstate {
            components: (mask & !(1 << 63)).into(),
            compacted: mask >> 63 == 1,
            skip: Some(skip.into()),
            size: Some(length.into()),
        });
        usual = usual.saturating_add(skip).saturating_add(length);
    }
    // What the end of the file cuts off is not made up.
    record.size = unless(size.min(raw.held(offset, size).max(kind.size)), usual);
}

fn crash(
    dump: &Dump,
    options: &DescribeOptions,
    raw: &Raw,
    entry: Entry,
    threads: &[Became],
    spec: &mut Spec,
    slots: &mut Vec<Slot>,
) {
    let at = entry.offset;
    let (Some([tid, _, code, flags, nested]), Some([fault, count, _])) =
        (raw.numbers(at, [4, 4, 4, 4, 8]), raw.numbers(at.saturating_add(24), [8, 4, 4]))
    else {
        spec.streams.push(stream(raw, entry));
        return;
    };
    let [size, offset] = raw.numbers(at.saturating_add(160), [4, 4]).unwrap_or_default();
    let listed = threads.iter().find(|thread| thread.tid == tid);
    let layout = dump.layout();
    let owner = layout.threads().iter().position(|thread| {
        thread.tid == tid && thread.records.iter().any(|record| record.kind == RecordKind::Exception)
    });
    let owner = owner.and_then(|index| u32::try_from(index).ok()).map(ThreadIndex);
    if owner.is_some_and(|index| !options.keeps(index)) || (listed.is_none() && options.threads.is_some()) {
        return;
    }
    let mut parameters: Vec<u64> = raw.numbers(at.saturating_add(40), [8; 15]).unwrap_or_default().to_vec();
    let used = parameters.iter().rposition(|value| *value != 0).map_or(0, |last| last.saturating_add(1));
    parameters.truncate(used.max(narrow(count)).min(15));
    let own = threads.iter().find(|thread| thread.tid == tid).map(|thread| thread.context);
    let bytes = |(size, offset): (u64, u64)| raw.bytes(offset, size);
    let context = if size == 0 || raw.held(offset, size) < size {
        CrashContext::None
    } else if own == Some((size, offset)) {
        CrashContext::Shared
    } else if own
        .is_some_and(|own| own.0 == size && bytes(own).is_some() && bytes(own) == bytes((size, offset)))
    {
        CrashContext::Equal
    } else {
        let found = owner.filter(|index| {
            let thread = layout.threads().get(narrow(index.0.into()));
            let record = thread.and_then(|thread| thread.record(RecordKind::Exception));
            record.is_some_and(|record| record.place().0 == offset)
        });
        let found = found.map(|index| Context::Thread(index, RecordChoice::Exception));
        let mut record = Record::default();
        shape(dump, raw, &mut record, found, (size, offset));
        slots.push(Slot {
            part: Part::Crash(spec.crashes.len()),
            context: found,
            kind: RecordKind::Exception,
            file_offset: offset,
            size,
        });
        CrashContext::Own(record)
    };
    spec.crashes.push(Crash {
        thread: Some(tid.into()),
        code: Some(code.into()),
        si_code: None,
        flags: unless(flags, 0),
        address: Some(address(fault)),
        nested: address_unless_zero(nested),
        parameter_count: unless(count, u64::try_from(parameters.len()).unwrap_or(0)),
        parameters: parameters.into_iter().map(address).collect(),
        context,
    });
}

fn stream(raw: &Raw, entry: Entry) -> Stream {
    /// Longer texts are not read to be shown.
    const MOST_TEXT: u64 = 1 << 16;
    let Entry { kind, size: claimed, offset } = entry;
    let held = raw.held(offset, claimed);
    // What the end of the file cuts off is not made up.
    let size = if held > 0 { held } else { claimed };
    let bytes =
        raw.bytes(offset, size).filter(|_| (0x4767_0003..0x4768_0000).contains(&kind) && size <= MOST_TEXT);
    let text = bytes.and_then(|bytes| typed::lines(&bytes));
    let past_the_end = size > 0 && held == 0;
    // The file that the spec makes has another size, but hardly twice this one's.
    let is_far = offset >= raw.size.saturating_mul(2);
    let beyond = if is_far { offset } else { offset.saturating_add(raw.size).min(u64::from(u32::MAX)) };
    Stream {
        kind: kind.into(),
        size: Some(size.into()).filter(|_| text.is_none() && size > 0),
        file_offset: Some(address(beyond)).filter(|_| past_the_end),
        content: text.unwrap_or_else(|| raw.content(offset, size)),
    }
}

/// The stacks of the threads: regions of the lists, regions of their own, or descriptors that say what they say.
fn place_stacks(
    dump: &Dump,
    slots: &[Slot],
    stacks: &[StackOf],
    chosen: &Chosen,
    spec: &mut Spec,
    regions: &mut Regions,
) {
    for (index, found) in stacks.iter().enumerate() {
        let StackOf { address: start, size, offset } = *found;
        let stack = if size == 0 || offset == 0 {
            match (start, size, offset) {
                (0, 0, 0) => Stack::None,
                _ => literal(start, size, offset),
            }
        } else {
            let sp = slots
                .iter()
                .find(|slot| slot.part == Part::Thread(index))
                .and_then(|slot| dump.read_register(slot.context?, "sp").ok()?.to_u64().ok());
            let inside = |region: &Region| match (&region.at.value, region.size) {
                (At::Address(at), Some(of_region)) => {
                    let whole = chosen.all() && *at == start && of_region.value == size;
                    let part = !chosen.all()
                        && *at >= start
                        && at.saturating_add(of_region.value) <= start.saturating_add(size)
                        && sp.is_none_or(|sp| sp.checked_sub(*at).is_some_and(|into| into < of_region.value));
                    whole || part
                }
                _ => false,
            };
            let listed = (0..regions.regions.len()).find(|at| {
                regions.regions.get(*at).is_some_and(&inside) && regions.stands_at(*at, start, offset)
            });
            let region = listed.or_else(|| {
                let added = add(regions, chosen, *found, true);
                let with_sp = added.iter().copied().find(|at| regions.regions.get(*at).is_some_and(&inside));
                // Only one region can be the stack; what else is described of it goes into the list.
                let of_stack = with_sp.or(added.first().copied());
                for at in added.into_iter().filter(|at| Some(*at) != of_stack) {
                    if let Some(region) = regions.regions.get_mut(at) {
                        region.list = None;
                    }
                }
                of_stack
            });
            match region {
                Some(region) => {
                    let tid =
                        spec.threads.get(index).and_then(|thread| thread.tid).map_or(0, |tid| tid.value);
                    let wanted = if stacks.len() > 1 { format!("stack-{tid}") } else { "stack".to_owned() };
                    Stack::Region(regions.label(region, Some(wanted)).into())
                }
                None => literal(start, size, 0),
            }
        };
        if let Some(thread) = spec.threads.get_mut(index) {
            thread.stack = Some(stack);
        }
    }
}

fn literal(start: u64, size: u64, offset: u64) -> Stack {
    Stack::Descriptor { at: address(start), size: size.into(), file_offset: address(offset) }
}

/// Labels the regions that stack pointers point into and that are no stacks of the list: a Memory64List has none.
fn label_stacks(dump: &Dump, slots: &[Slot], spec: &mut Spec, regions: &mut Regions) {
    let several = spec.threads.len() > 1;
    let stored =
        |region: &Region| region.size.filter(|_| region.file_offset.is_none()).map(|size| size.value);
    let holders = regions.holders(stored);
    for slot in slots {
        let (Part::Thread(at), Some(context)) = (slot.part, slot.context) else { continue };
        let Some(thread) =
            spec.threads.get(at).filter(|thread| !matches!(thread.stack, Some(Stack::Region(_))))
        else {
            continue;
        };
        let tid = thread.tid.map_or(0, |tid| tid.value);
        let Some(sp) = dump.read_register(context, "sp").ok().and_then(|sp| sp.to_u64().ok()) else {
            continue;
        };
        if let Some(region) = holders.first(sp) {
            let label = if several { format!("stack-{tid}") } else { "stack".to_owned() };
            regions.label(region, Some(label));
        }
    }
}

/// Leaves out what synth would do by itself.
fn simplify(spec: &mut Spec) {
    let usual_kind = synth::kind_of(spec, None);
    let kinds = synth::kinds();
    let machine = spec.machine;
    let simplify_record = |record: &mut Record| {
        let name = record.kind.map(|kind| kind.value);
        let kind = kinds.iter().find(|kind| kind.machine == machine && Some(kind.name) == name);
        let Some(kind) = kind else { return };
        if let Some(area) = &mut record.xstate {
            let (skip, size) = synth::usual_area(kind, area.components.value, area.compacted);
            let given = (area.skip.map(|skip| skip.value), area.size.map(|size| size.value));
            if given == (Some(skip), Some(size)) {
                (area.skip, area.size) = (None, None);
            }
        }
        let xstate = if record.xstate.is_some() { u64::from(synth::XSTATE_FLAG) } else { 0 };
        if record.flags.map(|flags| flags.value) == Some(u64::from(kind.flags) | xstate) {
            record.flags = None;
        }
        if usual_kind.is_some_and(|usual| usual.name == kind.name) {
            record.kind = None;
        }
    };
    let given = spec.system.architecture.take();
    for thread in &mut spec.threads {
        simplify_record(&mut thread.record);
    }
    for crash in &mut spec.crashes {
        if let CrashContext::Own(record) = &mut crash.context {
            simplify_record(record);
        }
    }
    let usual = synth::architecture_of(spec).map_or(0xffff, u64::from);
    spec.system.architecture = given.filter(|given| given.value != usual);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_that_entries_share_are_copied_up_to_a_budget() {
        let budget = Budget::new();
        let copied = (0..1_000_000).filter(|_| budget.takes(1 << 20)).count();
        assert_eq!(copied, 16);
        assert!(budget.takes(0) && !budget.takes(1));
    }
}
