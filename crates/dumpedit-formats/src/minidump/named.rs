//! Fields of a minidump.

use std::collections::{HashMap, HashSet};

use dumpedit_layout::{Layout, Notices, Place};
use minidump_common::format::{
    CvSignature, MINIDUMP_HANDLE_DESCRIPTOR, MINIDUMP_MEMORY_INFO, MINIDUMP_MISC_INFO, MINIDUMP_STREAM_TYPE,
    MINIDUMP_SYSTEM_INFO, MINIDUMP_THREAD_INFO, MINIDUMP_THREAD_NAME, MINIDUMP_UNLOADED_MODULE,
};
use scroll::ctx::SizeWith;

use super::fields::{
    breakpad, exception, handle, header, mapping, module, process, system, thread, thread_info, thread_name,
    unloaded,
};
use super::schema::{HANDLE_NAMES_AT, MODULE_NAME_AT, MODULE_RECORDS_AT, SERVICE_PACK_AT, THREAD_NAME_AT};
use super::shown::System;
use super::stream::Dump;
use super::{Opened, crashpad, streams};
use crate::FormatError;
use crate::crash_names::Signals;
use crate::fields::{
    Codes, Comparison, Entry, FieldKind, FieldPlace, Fields, Key, Lead, Owner, Room, Row, TextKind, owners,
};
use crate::model::{Content, Model, ModuleEntry, Placed, Pointer};

/// A text, compared by value.
const NAME: (FieldKind, Comparison) = (FieldKind::Text(TextKind::Counted), Comparison::Value);

/// Size of the name of a processor's vendor, in bytes.
const VENDOR_SIZE: u64 = 12;

/// The fields of a minidump.
pub(crate) fn fields(bytes: &[u8], layout: &Layout) -> Result<Fields, FormatError> {
    let Opened { dump, header: raw, .. } = super::open(bytes)?;
    let model = super::read(bytes)?;
    let os = System::read(&dump).as_ref().and_then(System::os).map(str::to_owned);
    let codes = Codes { os, signals: Signals::Unknown };
    let mut fields = Fields::new(dump.byte_order(), dump.size(), codes);
    fields.structure(Owner::of("header"), 0, header::ROWS);
    of_system(&dump, &model, &mut fields);
    of_process(&dump, &mut fields);
    crashes(&model, &mut fields);
    threads(&dump, &model, &mut fields);
    modules(&dump, &model, &mut fields);
    unloaded_modules(&dump, layout, &mut fields);
    handles(&dump, &mut fields);
    mappings(&dump, &mut fields);
    streams::fields(&dump, &raw, &mut fields);
    crashpad::fields(&dump, &model, &mut fields);
    Ok(fields)
}

fn of_system(dump: &Dump<'_>, model: &Model, fields: &mut Fields) {
    let found = model.minidump().and_then(|minidump| minidump.system.as_ref());
    let Some((found, place)) = found.and_then(|found| Some((found, found.architecture.place?))) else {
        return;
    };
    let owner = Owner::of("system");
    if dump.size() >= place.file_offset.saturating_add(dump.size_of::<MINIDUMP_SYSTEM_INFO>()) {
        fields.structure(owner.clone(), place.file_offset, system::ROWS);
        // Breakpad writes CPUID's values for amd64 too, where Windows writes the features of other processors.
        let vendor =
            Place { file_offset: place.file_offset.saturating_add(system::CPU.at), size: VENDOR_SIZE };
        let has_vendor = dump.slice(vendor).iter().all(|byte| byte.is_ascii_graphic() || *byte == b' ');
        let rows = if has_vendor { system::OF_X86 } else { system::OF_OTHERS };
        fields.structure(owner.clone(), place.file_offset, rows);
    }
    if let Some(service_pack) = &found.service_pack {
        let at = place.file_offset.saturating_add(SERVICE_PACK_AT);
        text(owner, "service_pack", service_pack, (at, Pointer::Rva), fields);
    }
}

/// Adds a text that a file offset at another place leads to.
fn text(owner: Owner, name: &str, text: &Placed<String>, led_by: (u64, Pointer), fields: &mut Fields) {
    if let Some(place) = text.place {
        let (at, pointer) = led_by;
        let room = Room::Behind(Lead::new(at, pointer, place.file_offset));
        fields.resizable(owner, name, place, NAME, room);
    }
}

fn of_process(dump: &Dump<'_>, fields: &mut Fields) {
    let size = dump.size_of::<MINIDUMP_MISC_INFO>();
    let info =
        dump.of(MINIDUMP_STREAM_TYPE::MiscInfoStream).next().filter(|stream| stream.place.size >= size);
    if let Some(info) = info {
        fields.structure(Owner::of("process"), info.place.file_offset, process::ROWS);
        for (_, rows) in process::NEWER.iter().filter(|(size, _)| info.place.size >= *size) {
            fields.structure(Owner::of("process"), info.place.file_offset, rows);
        }
    }
}

fn crashes(model: &Model, fields: &mut Fields) {
    for (index, crash) in (0..).zip(&model.crashes) {
        let Some(place) = crash.thread.place else { continue };
        let owner = Owner::counted("crash", index);
        fields.structure(owner.clone(), place.file_offset, exception::ROWS);
        for (number, parameter) in (0u64..).zip(&crash.parameters) {
            let row = exception::parameter(number);
            if let Some(place) = parameter.place {
                let name = format!("{}[{number}]", row.name);
                fields.one(owner.clone(), name, place, (row.kind, row.comparison));
            }
        }
    }
}

fn threads(dump: &Dump<'_>, model: &Model, fields: &mut Fields) {
    let ids: Vec<u64> = model.threads.iter().map(|thread| thread.tid.value).collect();
    let names = thread_names(dump);
    let infos = thread_infos(dump);
    let others = other_places_of_ids(dump, model, &names, &infos);
    for (owner, found) in owners::threads(&ids).into_iter().zip(&model.threads) {
        let Some(place) = found.tid.place else { continue };
        // The name of an id that several threads have may belong to any of them.
        let others = match owner.key {
            Key::Number(id) => others.get(&id).map(Vec::as_slice),
            _ => None,
        };
        let places = [place].into_iter().chain(others.unwrap_or_default().iter().copied());
        fields.push(Entry::One {
            owner: owner.clone(),
            name: thread::ID.name.to_owned(),
            stored: places.map(|place| FieldPlace::fixed(place, thread::ID.kind)).collect(),
            comparison: thread::ID.comparison,
        });
        fields.structure(owner.clone(), place.file_offset, thread::ROWS);
        let info = infos.iter().find(|(_, raw)| u64::from(raw.thread_id) == found.tid.value);
        if let Some((at, _)) = info.filter(|_| matches!(owner.key, Key::Number(_))) {
            fields.structure(owner.clone(), *at, thread_info::ROWS);
        }
        let Some(name) = &found.name else { continue };
        let leads_there = |(_, raw): &&(u64, MINIDUMP_THREAD_NAME)| {
            u64::from(raw.thread_id) == found.tid.value
                && name.place.is_some_and(|place| place.file_offset == raw.thread_name_rva)
        };
        if let Some((at, _)) = names.iter().find(leads_there) {
            let at = at.saturating_add(THREAD_NAME_AT);
            text(owner, "name", name, (at, Pointer::Rva64), fields);
        }
    }
}

/// The entries of ThreadNames with their file offsets.
fn thread_names(dump: &Dump<'_>) -> Vec<(u64, MINIDUMP_THREAD_NAME)> {
    let kind = MINIDUMP_STREAM_TYPE::ThreadNamesStream;
    let shape = |stream| dump.counted::<MINIDUMP_THREAD_NAME>(stream);
    let lists = dump.lists::<MINIDUMP_THREAD_NAME>(kind, &mut Notices::default(), shape);
    lists.into_iter().flat_map(|list| dump.placed_entries::<MINIDUMP_THREAD_NAME>(list)).collect()
}

/// The entries of ThreadInfoList with their file offsets.
fn thread_infos(dump: &Dump<'_>) -> Vec<(u64, MINIDUMP_THREAD_INFO)> {
    let kind = MINIDUMP_STREAM_TYPE::ThreadInfoListStream;
    let shape = |stream| dump.self_described(stream);
    let lists = dump.lists::<MINIDUMP_THREAD_INFO>(kind, &mut Notices::default(), shape);
    lists.into_iter().flat_map(|list| dump.placed_entries::<MINIDUMP_THREAD_INFO>(list)).collect()
}

/// The valid ids in BreakpadInfo, and their places.
fn breakpad_ids(dump: &Dump<'_>) -> Vec<(u64, Place)> {
    let stream = dump.of(MINIDUMP_STREAM_TYPE::BreakpadInfoStream).next();
    let Some(start) = stream.filter(|stream| stream.place.size >= breakpad::SIZE) else { return Vec::new() };
    let place = |row: Row| row.in_structure(start.place.file_offset);
    let validity = dump.read::<u32>(place(breakpad::VALIDITY).file_offset).unwrap_or(0);
    let ids = [(1u32, breakpad::DUMP_THREAD), (2, breakpad::REQUESTING_THREAD)];
    let counting = ids.into_iter().filter(|(bit, _)| validity & bit != 0);
    counting
        .filter_map(|(_, row)| Some((dump.read::<u32>(place(row).file_offset)?.into(), place(row))))
        .collect()
}

/// Places of thread ids outside of the ThreadList, by id: exceptions, ThreadNames, ThreadInfoList and BreakpadInfo.
fn other_places_of_ids(
    dump: &Dump<'_>,
    model: &Model,
    names: &[(u64, MINIDUMP_THREAD_NAME)],
    infos: &[(u64, MINIDUMP_THREAD_INFO)],
) -> HashMap<u64, Vec<Place>> {
    let exceptions = model.crashes.iter().filter_map(|crash| Some((crash.thread.value, crash.thread.place?)));
    let names = names.iter().map(|(at, raw)| (raw.thread_id.into(), thread_name::ID.in_structure(*at)));
    let infos = infos.iter().map(|(at, raw)| (raw.thread_id.into(), thread_info::ID.in_structure(*at)));
    let mut places: HashMap<u64, Vec<Place>> = HashMap::new();
    for (id, place) in exceptions.chain(names).chain(infos).chain(breakpad_ids(dump)) {
        places.entry(id).or_default().push(place);
    }
    places
}

fn modules(dump: &Dump<'_>, model: &Model, fields: &mut Fields) {
    let paths: Vec<&str> = model.modules.iter().map(|module| module.name.value.as_str()).collect();
    for (owner, found) in owners::by_path("module", &paths).into_iter().zip(&model.modules) {
        let Some(place) = found.base.place else { continue };
        let at = place.file_offset.saturating_add(MODULE_NAME_AT);
        text(owner.clone(), "name", &found.name, (at, Pointer::Rva), fields);
        fields.structure(owner.clone(), place.file_offset, module::ROWS);
        records(dump, &owner, found, place.file_offset, fields);
    }
}

fn unloaded_modules(dump: &Dump<'_>, layout: &Layout, fields: &mut Fields) {
    let kind = MINIDUMP_STREAM_TYPE::UnloadedModuleListStream;
    let shape = |stream| dump.self_described(stream);
    let lists = dump.lists::<MINIDUMP_UNLOADED_MODULE>(kind, &mut Notices::default(), shape);
    let entries = lists.into_iter().flat_map(|list| dump.placed_entries::<MINIDUMP_UNLOADED_MODULE>(list));
    let names: Vec<&str> = layout.unloaded_modules().iter().map(|module| module.name.as_str()).collect();
    for (owner, (at, raw)) in owners::by_path("unloaded", &names).into_iter().zip(entries) {
        if let Some(place) = dump.string_place(raw.module_name_rva.into()) {
            let lead = Lead::new(at.saturating_add(MODULE_NAME_AT), Pointer::Rva, place.file_offset);
            let row = (NAME.0, Comparison::Bytes);
            fields.resizable(owner.clone(), "name", place, row, Room::Behind(lead));
        }
        fields.structure(owner, at, unloaded::ROWS);
    }
}

/// Adds the process's handles by number: their types, and the names of their objects.
fn handles(dump: &Dump<'_>, fields: &mut Fields) {
    let kind = MINIDUMP_STREAM_TYPE::HandleDataStream;
    let shape = |stream| dump.self_described(stream);
    let lists = dump.lists::<MINIDUMP_HANDLE_DESCRIPTOR>(kind, &mut Notices::default(), shape);
    let entries = lists.into_iter().flat_map(|list| dump.placed_entries::<MINIDUMP_HANDLE_DESCRIPTOR>(list));
    let mut seen = HashSet::new();
    for (index, (at, raw)) in (0u64..).zip(entries) {
        let key = if seen.insert(raw.handle) { Key::Number(raw.handle) } else { Key::Index(index) };
        let owner = Owner { root: "handle", key };
        for (name, name_at) in ["type", "object"].into_iter().zip(HANDLE_NAMES_AT) {
            let lead_at = at.saturating_add(name_at);
            let rva = dump.read::<u32>(lead_at).filter(|rva| *rva != 0);
            if let Some(place) = rva.and_then(|rva| dump.string_place(rva.into())) {
                let room = Room::Behind(Lead::new(lead_at, Pointer::Rva, place.file_offset));
                fields.resizable(owner.clone(), name, place, (NAME.0, Comparison::Bytes), room);
            }
        }
        fields.structure(owner, at, handle::ROWS);
    }
}

/// Adds the CodeView record of a module, which has its id, and the miscellaneous one.
fn records(dump: &Dump<'_>, owner: &Owner, module: &ModuleEntry, entry_at: u64, fields: &mut Fields) {
    let bytes = |kind: FieldKind| (kind, Comparison::Value);
    let [code_view_at, miscellaneous_at] = MODULE_RECORDS_AT.map(|at| entry_at.saturating_add(at));
    let room = |at: u64, place: Place| Room::Behind(Lead::new(at, Pointer::Location, place.file_offset));
    if let Some(place) = module.code_view.as_ref().and_then(Content::place) {
        let room = room(code_view_at, place);
        let within = |at: u64, size: u64| {
            let whole = at.checked_add(size).is_some_and(|end| end <= place.size);
            whole.then_some(Place { file_offset: place.file_offset.saturating_add(at), size })
        };
        let rest = |at: u64| within(at, place.size.saturating_sub(at)).filter(|rest| rest.size > 0);
        let signature = dump.read::<u32>(place.file_offset).filter(|_| place.size >= 4);
        // `CV_INFO_PDB70`, and Breakpad's `MDCVInfoELF`.
        let (id, pdb) = match signature {
            Some(signature) if signature == CvSignature::Pdb70 as u32 => {
                (within(4, 20).map(|place| (place, FieldKind::DebugId)), rest(24))
            }
            Some(signature) if signature == CvSignature::Elf as u32 => {
                (rest(4).map(|place| (place, FieldKind::Bytes)), None)
            }
            _ => (None, None),
        };
        if let Some((place, kind)) = id {
            fields.resizable(owner.clone(), "id", place, bytes(kind), room);
        }
        if let Some(place) = pdb {
            fields.resizable(owner.clone(), "pdb", place, bytes(FieldKind::Text(TextKind::Buffer)), room);
        }
        fields.resizable(owner.clone(), "code_view", place, bytes(FieldKind::Bytes), room);
    }
    if let Some(place) = module.miscellaneous.as_ref().and_then(Content::place) {
        let room = room(miscellaneous_at, place);
        fields.resizable(owner.clone(), "miscellaneous", place, bytes(FieldKind::Bytes), room);
    }
}

fn mappings(dump: &Dump<'_>, fields: &mut Fields) {
    let Some(stream) = dump.of(MINIDUMP_STREAM_TYPE::MemoryInfoListStream).next() else { return };
    let least = MINIDUMP_MEMORY_INFO::size_with(&dump.endian) as u64;
    let Some(shape) = dump.memory_infos(stream).filter(|shape| shape.entry >= least) else { return };
    let room = dump.held(stream.place).saturating_sub(shape.header).checked_div(shape.entry).unwrap_or(0);
    fields.push(Entry::Array {
        root: "mapping",
        first: stream.place.file_offset.saturating_add(shape.header),
        stride: shape.entry,
        count: shape.declared.min(room),
        rows: mapping::ROWS,
    });
}
