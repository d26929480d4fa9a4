//! The stream of a minidump that lists modules which were unloaded.

use dumpedit::{ByteOrder, Module};
use dumpedit_formats::minidump::schema::{MODULE_NAME_AT, UNLOADED_SIZES, stream_kind};
use dumpedit_formats::model::{Blob, Link, Pointer, Stream, StreamContent};

use crate::encode::wide;

/// `UnloadedModuleListStream`; `None` without modules.
pub(super) fn stream(modules: &[Module], order: ByteOrder) -> Option<Stream> {
    let kind = stream_kind("UnloadedModuleListStream").filter(|_| !modules.is_empty())?;
    let mut bytes = Vec::new();
    let mut links = Vec::with_capacity(modules.len());
    for field in UNLOADED_SIZES.into_iter().chain([wide(modules.len())]) {
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
    let letters = order.utf16_bytes(text);
    let mut bytes = order.bytes(wide(letters.len()), 4);
    bytes.extend(letters.into_iter().chain([0; 2]));
    Blob::new(bytes.into())
}
