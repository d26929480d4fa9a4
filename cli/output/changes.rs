//! Changes of an edit or of a history as text: `rip (thread record of thread 7): 0x1 -> 0x2`.

use dumpedit::{Context, ContextLocation, Dump, Extent, FieldChange, Location, TagChange};

use crate::output::{flags, text};

/// The lines of a change: one for each named register in it, else one with its bytes.
pub(crate) fn lines(of: Option<(&Dump, ContextLocation)>, change: Extent<'_>) -> Vec<String> {
    let bytes = |place: &str| {
        vec![format!("{place}: {} -> {}", text::short_hex(change.old), text::short_hex(change.new))]
    };
    let Some((dump, ContextLocation { context, location })) = of else {
        return bytes(&format!("file offset {:#x}", change.file_offset));
    };
    if let Some(FieldChange { field, old: before, new: after, .. }) =
        dump.field_change(location, change.old, change.new)
    {
        let [before, after] = [before, after].map(|value| text::shown(&dump.field_in_words(&field, &value)));
        return vec![format!("{}: {before} -> {after}", text::shown(&dump.display(context, location)))];
    }
    let tags = dump.tag_changes(location, change.old, change.new);
    if !tags.is_empty() {
        let line = |tag: &TagChange| format!("tag:{:#x}: {:#x} -> {:#x}", tag.address, tag.old, tag.new);
        return tags.iter().map(line).collect();
    }
    let record = match context {
        Context::Thread(index, choice) => {
            format!(" ({choice} record of thread {})", dump.layout().thread_label(index))
        }
        _ => String::new(),
    };
    /// Maximum number of bytes of a register's value; of wider ones, such as the ZA array, the first bytes are shown.
    const WIDEST: usize = 64;
    let registers = match change.new.len() {
        ..=WIDEST => dump.register_changes(context, location, change.old, change.new),
        _ => Vec::new(),
    };
    if registers.is_empty() {
        let symbol = match location {
            Location::Virtual(address) => dump.label(address).map(|label| format!(" ({label})")),
            _ => None,
        };
        let symbol = symbol.unwrap_or_default();
        return bytes(&format!("{}{symbol}{record}", dump.display(context, location)));
    }
    let names = dump.layout().machine_of(context).registers();
    let lines = registers.iter().map(|register| {
        let [old, new] = [&register.old, &register.new].map(|value| {
            let part = names.part(&register.name);
            part.map_or(value.to_string(), |part| flags::behind(names, part, value))
        });
        format!("{}{record}: {old} -> {new}", register.name)
    });
    lines.collect()
}
