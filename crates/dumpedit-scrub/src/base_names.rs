//! What of the names of modules stays: their last parts.

use dumpedit::model::Model;
use dumpedit::{Span, joined};

/// The last parts of the names of modules as the dump lists them, which stay.
pub(crate) fn base_names(model: &Model) -> Vec<Span> {
    let is_wide = model.minidump().is_some();
    let names = model.modules.iter().filter_map(|module| {
        let name = module.name.value.as_str();
        let place = module.name.place?;
        let folders = name.rfind(['/', '\\']).map_or("", |at| name.get(..=at).unwrap_or_default());
        // A `MINIDUMP_STRING` has its length in front.
        let skipped = if is_wide { 4 + 2 * folders.encode_utf16().count() } else { folders.len() } as u64;
        Span::of(place.file_offset.saturating_add(skipped), place.size.saturating_sub(skipped))
    });
    joined(names)
}
