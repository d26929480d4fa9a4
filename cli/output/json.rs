//! JSON of failures, beside the library's JSON of dumps and edits.

use dumpedit::Dump;
use serde_json::{Value, json};

pub(crate) use dumpedit::json::{EditedParts, Edits, PastEdits, bytes, hex, notices, stop};

use crate::failure::Failure;

/// Start and name of a region.
pub(crate) fn region(region: Option<(u64, Option<&str>)>) -> Value {
    region.map_or(Value::Null, |(start, name)| json!({ "start": hex(start), "name": name }))
}

/// Adds the symbol of an address, if one is known.
pub(crate) fn add_symbol(view: &mut Value, dump: &Dump, address: u64) {
    if let (Some(object), Some(label)) = (view.as_object_mut(), dump.label(address)) {
        object.insert("symbol".to_owned(), json!(label));
    }
}

/// The JSON of a failure.
pub(crate) fn failure(failure: &Failure) -> Value {
    let mut error = json!({ "kind": failure.kind, "message": failure.message });
    if let Some(object) = error.as_object_mut() {
        if let Some(step) = failure.step {
            object.insert("step".to_owned(), json!(step));
        }
        if let Some(address) = failure.address {
            object.insert("address".to_owned(), hex(address));
        }
        if let Some(hint) = &failure.hint {
            object.insert("hint".to_owned(), json!(hint));
        }
        if let Some(place) = &failure.place {
            object.insert("file".to_owned(), json!(place.file));
            object.insert("line".to_owned(), json!(place.line));
            object.insert("column".to_owned(), json!(place.column));
            object.insert("length".to_owned(), json!(place.length));
        }
    }
    error
}

/// The JSON of a script line that was skipped or done in part.
pub(crate) fn left_out(failure: &Failure, in_part: bool) -> Value {
    let mut view = self::failure(failure);
    if let Some(object) = view.as_object_mut() {
        object.insert("in_part".to_owned(), json!(in_part));
    }
    view
}
