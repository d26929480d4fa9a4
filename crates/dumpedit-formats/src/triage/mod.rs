//! Windows' kernel triage dumps ("small memory dumps"): blocks of virtual memory, one context, and drivers.

mod fields;
mod model;
mod named;
pub mod schema;
mod targets;
#[cfg(test)]
mod tests;
mod write;

use dumpedit_layout::{
    Ahead, BlockKind, ByteOrder, ContextRecord, Fault, Format, Layout, LayoutBuilder, Machine, Module,
    NamedAddress, Notice, NoticeKind, Process, RecordKind, Thread, ThreadIndex,
};

use crate::FormatError;
use crate::exception_record;
use crate::registers::context_kind::GROUPS;
use crate::supported::{Supported, SupportedRecord};
use fields::Fields;
pub(crate) use model::read;
pub(crate) use named::fields;
use schema::*;
use targets::{TARGETS, Target};
pub(crate) use write::plan;

/// Whether bytes are a dump of a 64-bit Windows kernel.
pub(crate) fn recognizes(bytes: &[u8]) -> bool {
    bytes.starts_with(MAGIC)
}

/// Accepts any start: the kind of kernel dump is stored further behind.
pub(crate) fn check_start(_: &[u8]) -> Result<(), FormatError> {
    Ok(())
}

/// The machines with the tables of their registers.
pub(crate) fn supported() -> Vec<Supported> {
    let row = |target: &Target| Supported {
        format: Format::Triage,
        machine: target.machine,
        system: "windows",
        table: Some(target.context.format.name),
        records: vec![SupportedRecord {
            name: format!("CONTEXT of {} bytes", target.context.size),
            evidence: target.evidence,
        }],
    };
    TARGETS.iter().map(row).collect()
}

fn broken(structure: &'static str, file_offset: u64, problem: &str) -> FormatError {
    FormatError::Broken { structure, file_offset, problem: problem.to_owned() }
}

/// Checks that the headers are those of a triage dump, and whole. Returns the number of data blocks.
fn check(fields: Fields<'_>) -> Result<u32, FormatError> {
    let cut = |structure, at| broken(structure, at, "is cut off by the end of the file");
    let kind = fields.u32(DUMP_TYPE).ok_or(cut("kernel dump header", 0))?;
    if kind != TRIAGE {
        let known = OTHER_TYPES.iter().find(|(known, _)| *known == kind);
        let kind = known.map_or("64-bit Windows kernel dump of an unknown type", |(_, name)| name);
        return Err(FormatError::KernelDump { kind });
    }
    fields.u32(DATA_BLOCKS.saturating_add(4)).ok_or(cut("triage header", HEADER_SIZE))
}

/// Reads a triage dump.
pub(crate) fn parse(bytes: &[u8], ahead: Ahead) -> Result<Layout, FormatError> {
    let fields = Fields(bytes);
    let blocks = check(fields)?;
    let machine = fields.u32(MACHINE).unwrap_or(0);
    let known = targets::numbered(machine);
    let file_size = u64::try_from(bytes.len()).unwrap_or(u64::MAX);
    let target = known.map_or(Machine::Unknown, |target| target.machine);
    let mut builder = LayoutBuilder::new(Format::Triage, target, ByteOrder::Little, 8, file_size);
    builder.os("windows");
    let mut process = Process::default();
    process.dumped = fields.u64(SYSTEM_TIME).and_then(unix_time);
    builder.process(process);
    builder.notices().tell(Notice::new(
        NoticeKind::KernelDump,
        "this is a kernel dump: its memory is the kernel's, and its only context is that of the processor \
         that stopped",
    ));
    if known.is_none() {
        builder.notices().tell(Notice::new(
            NoticeKind::UnknownMachine,
            format!("the machine has the unknown number {machine:#x} (MachineImageType)"),
        ));
    }
    if !fields.is_finished() {
        builder.notices().tell(Notice::new(
            NoticeKind::DumpUnfinished,
            "the signature at the end of the dump is missing: it was not finished, or is cut off",
        ));
    }
    builder.expect(usize::try_from(blocks).unwrap_or(0).min(bytes.len() / 16), ahead);
    let blocks = memory(fields, blocks, &mut builder);
    structures(fields, blocks, &mut builder);
    let mut thread = Thread::new(0, None);
    thread.records = context(fields, known, &mut builder);
    let thread = builder.thread(thread);
    bug_check(fields, thread, &mut builder);
    exception(fields, thread, &mut builder);
    drivers(fields, &mut builder);
    unloaded(fields, &mut builder);
    Ok(builder.finish())
}

/// Adds the tables, and the parts that have names.
fn structures(fields: Fields<'_>, blocks: Vec<u64>, builder: &mut LayoutBuilder) {
    let table = |at: u64, count_at: u64, entry: u64| {
        Some((fields.offset(at)?, u64::from(fields.u32(count_at)?).saturating_mul(entry)))
    };
    let tables = [
        Some((0, HEADER_SIZE.saturating_add(TRIAGE_SIZE))),
        table(DRIVERS, DRIVERS.saturating_add(4), DRIVER_SIZE),
        table(STRINGS, STRINGS.saturating_add(4), 1),
        table(DATA_BLOCKS, DATA_BLOCKS.saturating_add(4), DATA_BLOCK_SIZE),
        fields.offset(VALID).map(|at| (at, 4)),
    ];
    tables.into_iter().flatten().for_each(|(at, size)| builder.structure(at, size));
    // The bug check and the exception are compared field by field.
    let fields_of_crashes = [(BUG_CHECK, BUG_CHECK_PARAMETERS.saturating_add(32))];
    let exception = fields.told_exception().map(|(at, _)| (at, at.saturating_add(EXCEPTION_SIZE)));
    let mut at = 0;
    for (start, end) in fields_of_crashes.into_iter().chain(exception).chain([(DUMP_TYPE, HEADER_SIZE)]) {
        if (at..=DUMP_TYPE).contains(&start) {
            builder.compared_part(at, start.saturating_sub(at), "kernel dump header");
            at = end;
        }
    }
    for (field, name, place) in fields.parts(blocks) {
        builder.structure(place.file_offset, place.size);
        builder.compared_part(place.file_offset, place.size, name);
        if field == SIZE_OF_DUMP {
            builder.untouched(name);
        }
    }
}

/// Adds the data blocks, and the stack, which is stored apart from them. Returns the file offsets of the blocks.
fn memory(fields: Fields<'_>, blocks: u32, builder: &mut LayoutBuilder) -> Vec<u64> {
    let mut offsets = Vec::new();
    let table = fields.offset(DATA_BLOCKS).unwrap_or(0);
    let mut left = blocks;
    let mut at = table;
    while let Some(rest) = left.checked_sub(1) {
        let Some((address, file_offset, size)) = fields.block(at) else {
            builder.notices().tell(Notice::new(
                NoticeKind::DataBlocksCutOff,
                format!("the data blocks are cut off by the end of the file: {left} of {blocks} are lost"),
            ));
            break;
        };
        builder.mapping(address, size, None, None);
        builder.capture(address, size, file_offset);
        offsets.push(file_offset);
        left = rest;
        at = at.saturating_add(DATA_BLOCK_SIZE);
    }
    if let Some((address, file_offset, size)) = fields.page() {
        builder.mapping(address, size, None, None);
        builder.capture(address, size, file_offset);
        offsets.push(file_offset);
    }
    if let Some((address, file_offset, size)) = fields.stack() {
        builder.mapping(address, size, None, Some("[stack]".into()));
        builder.capture(address, size, file_offset);
    }
    offsets
}

fn context(fields: Fields<'_>, known: Option<&Target>, builder: &mut LayoutBuilder) -> Vec<ContextRecord> {
    let Some(Target { context: kind, .. }) = known else { return Vec::new() };
    let Some(at) = fields.offset(CONTEXT) else { return Vec::new() };
    let flags = fields.u32(at.saturating_add(kind.flags_at)).unwrap_or(0);
    if flags & kind.cpu == 0 {
        builder.notices().tell(Notice::new(
            NoticeKind::ContextOfAnotherMachine,
            format!("the context at {at:#x} names a different machine than the header and is left out"),
        ));
        return Vec::new();
    }
    let Some(block) = builder.block(BlockKind::General, at, kind.size) else { return Vec::new() };
    let mut record = ContextRecord::new(RecordKind::Thread, kind.format, vec![block]);
    if flags & kind.groups != 0 {
        record.flags = flags & GROUPS;
    }
    vec![record]
}

/// Adds the bug check, with its four parameters.
fn bug_check(fields: Fields<'_>, thread: ThreadIndex, builder: &mut LayoutBuilder) {
    let Some(code) = fields.u32(BUG_CHECK).filter(|code| *code != UNUSED && *code != 0) else { return };
    let name = named_bug_check(code).map(str::to_owned);
    let parameter = |index: u64| fields.u64(BUG_CHECK_PARAMETERS.saturating_add(index.saturating_mul(8)));
    let mut fault = Fault::new(thread, code);
    fault.name = name;
    fault.parameters = (0..4).filter_map(parameter).collect();
    if let Some((_, Instruction { index, name, field })) = row(INSTRUCTIONS, code)
        && let Some(address) = fault.parameters.get(*index).copied().filter(|address| *address != 0)
    {
        fault.address = Some(NamedAddress { name, address });
        fault.address_field = field;
    }
    builder.fault(fault);
}

/// The row of a bug check in a table.
fn row<T>(table: &[(u32, T)], code: u32) -> Option<&(u32, T)> {
    table.iter().find(|(known, _)| *known == code & !BUG_CHECK_OF_MINIDUMP)
}

/// The name of a bug check.
pub(crate) fn named_bug_check(code: u32) -> Option<&'static str> {
    row(BUG_CHECKS, code).map(|(_, name)| *name)
}

/// The number of a bug check by its name.
pub(crate) fn bug_check_number(name: &str) -> Option<u32> {
    BUG_CHECKS.iter().find(|(_, known)| *known == name).map(|(number, _)| *number)
}

fn exception(fields: Fields<'_>, thread: ThreadIndex, builder: &mut LayoutBuilder) {
    let Some((_, record)) = fields.told_exception() else { return };
    let address = record.exception_address;
    builder.fault(exception_record::fault(thread, &record, Some("windows"), address));
}

/// Adds the drivers as modules. A driver's id is its image's id in symbol stores: its time stamp and its size.
fn drivers(fields: Fields<'_>, builder: &mut LayoutBuilder) {
    let Some(table) = fields.offset(DRIVERS) else { return };
    let count = u64::from(fields.u32(DRIVERS.saturating_add(4)).unwrap_or(0));
    for index in 0..count {
        let at = index.saturating_mul(DRIVER_SIZE).saturating_add(table);
        let Some((base, size, timestamp)) = fields.driver(at) else {
            builder.notices().tell(Notice::new(
                NoticeKind::DriversCutOff,
                format!("the drivers are cut off by the end of the file: {index} of {count} are left"),
            ));
            break;
        };
        let name = fields.offset(at).and_then(|at| fields.text(at)).unwrap_or_default();
        let id = (timestamp != 0).then(|| format!("{timestamp:08X}{size:x}"));
        builder.module(Module::new(base, size.into(), name).with_id(id.clone()).with_image_id(id));
    }
}

/// Adds the drivers that were mapped before. Windows keeps the first twelve UTF-16 code units of their names.
fn unloaded(fields: Fields<'_>, builder: &mut LayoutBuilder) {
    let Some((count, first)) = fields.unloaded() else { return };
    for index in 0..count {
        let at = index.saturating_mul(UNLOADED_SIZE).saturating_add(first);
        if let Some((name, base, end)) = fields.unloaded_driver(at) {
            builder.unloaded_module(Module::new(base, end.wrapping_sub(base), name));
        }
    }
}

/// Seconds since 1970 of a `FILETIME`, in units of 100 ns since 1601.
fn unix_time(time: u64) -> Option<u64> {
    (time / 10_000_000).checked_sub(11_644_473_600)
}
