//! The stream of a minidump that lists modules which were unloaded.

use dumpedit::{ByteOrder, Module};
use dumpedit_formats::minidump::schema::{MODULE_NAME_AT, stream_kind};
use dumpedit_formats::model::{Blob, Link, Pointer, Stream, StreamContent};

use crate::encode::wide;

/// `SizeOfHeader` and `SizeOfEntry` of `MINIDUMP_UNLOADED_MODULE_LIST` (`minidumpapiset.h`), in bytes.
const HEADER: u64 = 12;
const ENTRY: u64 = 24;

/// `UnloadedModuleListStream`; `None` without modules.
pub(super) fn stream(modules: &[Module], order: ByteOrder) -> Option<Stream> {
    let kind = stream_kind("UnloadedModuleListStream").filter(|_| !modules.is_empty())?;
    let mut bytes = Vec::new();
    let mut links = Vec::with_capacity(modules.len());
    for field in [HEADER, ENTRY, wide(modules.len())] {
        bytes.extend(order.bytes(field, 4));
    }
    for module in modules {
        links.push(Link::new(
            wide(bytes.len()).saturating_add(MODULE_NAME_AT),
            Pointer::Rva,
            string(&module.name, order),
        ));
        bytes.extend(order.bytes(module.base, 8));
        bytes.extend(order.bytes(module.size.min(u32::MAX.into()), 4));
        // CheckSum, TimeDateStamp and ModuleNameRva, which is the link.
        bytes.extend([0; 12]);
    }
    Some(Stream::new(kind, StreamContent::Blob(Blob::new(bytes.into()).with_links(links))))
}

/// `MINIDUMP_STRING`: its length in bytes, and UTF-16 with a NUL behind it.
fn string(text: &str, order: ByteOrder) -> Blob {
    let units: Vec<u16> = text.encode_utf16().collect();
    let mut bytes = order.bytes(wide(units.len()).saturating_mul(2), 4);
    bytes.extend(units.into_iter().chain([0]).flat_map(|unit| order.bytes(unit.into(), 2)));
    Blob::new(bytes.into())
}
