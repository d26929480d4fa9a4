//! The JSON views that the verbs share. Addresses and register values are strings, sizes and file offsets numbers.

use dumpedit::{Change, Context, Dump, Location, Notice, Stop, StopAt};
use serde_json::{Value, json};

/// An address or a register's value.
pub(crate) fn hex(number: impl Into<u128>) -> Value {
    Value::String(format!("{:#x}", number.into()))
}

/// Bytes as hex digits.
pub(crate) fn bytes(bytes: &[u8]) -> Value {
    Value::String(bytes.iter().map(|byte| format!("{byte:02x}")).collect())
}

/// Where and why an operation stopped, or null.
pub(crate) fn stop(dump: &Dump, context: Context, stop: Option<&Stop>) -> Value {
    let Some(stop) = stop else { return Value::Null };
    let at = match stop.at {
        StopAt::Address(address) => hex(address),
        StopAt::Register { id, byte } => {
            let name = dump.layout().machine_of(context).registers().name(id);
            Value::String(format!("reg:{name}+{byte}"))
        }
        _ => Value::Null,
    };
    json!({ "at": at, "reason": stop.reason.name() })
}

/// Notices as sentences.
pub(crate) fn notices<'a>(notices: impl IntoIterator<Item = &'a Notice>) -> Value {
    notices.into_iter().map(Notice::to_string).collect()
}

/// One change of an edit.
pub(crate) fn change(dump: &Dump, change: &Change) -> Value {
    let Change { context, location, file_offset, old, new, .. } = change;
    stretch(dump, *context, *location, *file_offset, old, new)
}

/// File bytes that changed, and the location that they stand for.
pub(crate) fn stretch(
    dump: &Dump,
    context: Context,
    location: Location,
    file_offset: u64,
    old: &[u8],
    new: &[u8],
) -> Value {
    let mut view = json!({ "location": dump.display(context, location) });
    if let (Context::Thread(index, record), Some(object)) = (context, view.as_object_mut()) {
        let tid = dump.layout().thread(context).map_or(0, |(_, thread)| thread.tid);
        object.insert("tid".to_owned(), json!(tid));
        object.insert("index".to_owned(), json!(index.0));
        object.insert("context".to_owned(), json!(record.name()));
    }
    if let Some(object) = view.as_object_mut() {
        object.insert("file_offset".to_owned(), json!(file_offset));
        object.insert("length".to_owned(), json!(new.len()));
        object.insert("old".to_owned(), bytes(old));
        object.insert("new".to_owned(), bytes(new));
    }
    view
}
