//! The values of a triage dump that have names.

use dumpedit_layout::{ByteOrder, Layout, Place};

use super::schema::*;
use crate::FormatError;
use crate::crash_names::Signals;
use crate::fields::{Codes, Comparison, Fields, Kind, Owner, Row, Shown, owners};

/// `DUMP_HEADER64`.
static HEADER: &[Row] = &[
    Row::hex("machine", MACHINE, 4).in_bytes(),
    Row::decimal("dump_type", DUMP_TYPE, 4).apart(),
    Row::hex("system_time", SYSTEM_TIME, 8),
];

/// Its bug check.
static CRASH: &[Row] = &[Row::named("code", BUG_CHECK, 4, Shown::BugCheck)];

/// `DUMP_DRIVER_ENTRY64`.
static DRIVER: &[Row] = &[
    Row::hex("base", DRIVER_BASE, 8),
    Row::hex("size", DRIVER_IMAGE_SIZE, 4),
    Row::named("timestamp", DRIVER_TIMESTAMP, 4, Shown::Seconds),
];

/// The fields of a triage dump.
pub(crate) fn fields(bytes: &[u8], layout: &Layout) -> Result<Fields, FormatError> {
    let codes = Codes { os: layout.os().map(str::to_owned), signals: Signals::Unknown };
    let size = u64::try_from(bytes.len()).unwrap_or(u64::MAX);
    let mut fields = Fields::new(ByteOrder::Little, size, codes);
    fields.structure(Owner::of("header"), 0, HEADER);
    fields.structure(Owner::of("crash"), 0, CRASH);
    for index in 0..4u64 {
        let file_offset = BUG_CHECK_PARAMETERS.saturating_add(index.saturating_mul(8));
        let row = (Kind::Number(Shown::Hex), Comparison::Value);
        let place = Place { file_offset, size: 8 };
        fields.one(Owner::of("crash"), format!("parameters[{index}]"), place, row);
    }
    let names: Vec<&str> = layout.modules().iter().map(|module| module.name.as_str()).collect();
    let table = super::Fields(bytes).offset(DRIVERS);
    for (owner, index) in owners::by_path("module", &names).into_iter().zip(0u64..) {
        if let Some(table) = table {
            fields.structure(owner, index.saturating_mul(DRIVER_SIZE).saturating_add(table), DRIVER);
        }
    }
    Ok(fields)
}
