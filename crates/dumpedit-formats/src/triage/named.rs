//! Fields of a triage dump.

use dumpedit_layout::{ByteOrder, Layout, Place};

use super::schema::*;
use crate::FormatError;
use crate::crash_names::Signals;
use crate::fields::{Codes, Comparison, FieldKind, Fields, Owner, Row, Shown, TextKind, owners};
use crate::write::wide;

/// `DUMP_HEADER64`.
static HEADER: &[Row] = &[
    Row::decimal("major", MAJOR, 4),
    Row::decimal("minor", MINOR, 4),
    Row::hex("machine", MACHINE, 4).in_bytes(),
    Row::decimal("processors", PROCESSORS, 4),
    Row::decimal("dump_type", DUMP_TYPE, 4).apart(),
    Row::hex("system_time", SYSTEM_TIME, 8),
    Row::hex("up_time", UP_TIME, 8),
    Row::decimal("product_type", PRODUCT_TYPE, 4),
    Row::hex("suite_mask", SUITE_MASK, 4),
];

/// The bug check in the header.
static CRASH: &[Row] = &[Row::named("code", BUG_CHECK, 4, Shown::BugCheck)];

/// `DUMP_DRIVER_ENTRY64`.
static DRIVER: &[Row] = &[
    Row::hex("base", DRIVER_BASE, 8),
    Row::hex("size", DRIVER_IMAGE_SIZE, 4),
    Row::named("timestamp", DRIVER_TIMESTAMP, 4, Shown::Seconds),
];

/// `EXCEPTION_RECORD64`.
static EXCEPTION_RECORD: &[Row] = &[
    Row::named("code", 0, 4, Shown::Exception),
    Row::hex("flags", 4, 4),
    Row::hex("nested", 8, 8),
    Row::hex("address", 16, 8),
    Row::decimal("parameter_count", 24, 4),
];
/// Offset of the parameters in the record, in bytes.
const EXCEPTION_PARAMETERS: u64 = 32;

/// `DUMP_UNLOADED_DRIVERS64`.
static UNLOADED_DRIVER: &[Row] = &[
    Row::hex("base", UNLOADED_BASE, 8).in_bytes(),
    Row::hex("end", UNLOADED_END, 8).in_bytes(),
    Row::described("name", 0, UNLOADED_TEXT).in_bytes(),
];

/// The fields of a triage dump.
pub(crate) fn fields(bytes: &[u8], layout: &Layout) -> Result<Fields, FormatError> {
    let codes = Codes { os: layout.os().map(str::to_owned), signals: Signals::Unknown };
    let size = u64::try_from(bytes.len()).unwrap_or(u64::MAX);
    let mut fields = Fields::new(ByteOrder::Little, size, codes);
    fields.structure(Owner::of("header"), 0, HEADER);
    fields.structure(Owner::of("crash"), 0, CRASH);
    parameters(&mut fields, &Owner::of("crash"), BUG_CHECK_PARAMETERS, 4);
    // The exception is the dump's second crash.
    let exception = Owner::counted("crash", 1);
    if let Some((at, record)) = super::Fields(bytes).told_exception() {
        fields.structure(exception.clone(), at, EXCEPTION_RECORD);
        let count = u64::from(record.number_parameters).min(wide(record.exception_information.len()));
        parameters(&mut fields, &exception, at.saturating_add(EXCEPTION_PARAMETERS), count);
    }
    let names: Vec<&str> = layout.modules().iter().map(|module| module.name.as_str()).collect();
    let file = super::Fields(bytes);
    let table = file.offset(DRIVERS);
    let entry = |index: u64| Some(index.saturating_mul(DRIVER_SIZE).saturating_add(table?));
    // An entry begins with the file offset of its name.
    let count = wide(layout.modules().len());
    let broken = file.offset(BROKEN_DRIVER);
    let mut texts: Vec<u64> =
        (0..count).filter_map(|index| file.offset(entry(index)?)).chain(broken).collect();
    texts.sort_unstable();
    let name = |at: Option<u64>| file.text_place(at?, &texts);
    let row = (FieldKind::Text(TextKind::CountedLetters), Comparison::Value);
    for (owner, index) in owners::by_path("module", &names).into_iter().zip(0u64..) {
        let Some(at) = entry(index) else { break };
        if let Some(place) = name(file.offset(at)) {
            fields.one(owner.clone(), "name", place, row);
        }
        fields.structure(owner, at, DRIVER);
    }
    if let Some(place) = name(broken) {
        fields.one(Owner::of("crash"), "broken_driver", place, row);
    }
    if let Some((_, first)) = super::Fields(bytes).unloaded() {
        let unloaded = layout.unloaded_modules().iter();
        let names: Vec<&str> = unloaded.map(|module| module.name.as_str()).collect();
        for (owner, index) in owners::by_path("unloaded", &names).into_iter().zip(0u64..) {
            let at = index.saturating_mul(UNLOADED_SIZE).saturating_add(first);
            fields.structure(owner, at, UNLOADED_DRIVER);
        }
    }
    Ok(fields)
}

fn parameters(fields: &mut Fields, owner: &Owner, first: u64, count: u64) {
    for index in 0..count {
        let row = (FieldKind::Number(Shown::Hex), Comparison::Value);
        let place = Place { file_offset: index.saturating_mul(8).saturating_add(first), size: 8 };
        fields.one(owner.clone(), format!("parameters[{index}]"), place, row);
    }
}
