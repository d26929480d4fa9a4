//! JSON of the values of variables, as a tree by type.

use dumpedit::symbols::{Label, PrintedValue, Text};
use serde_json::{Map, Value, json};

use crate::output::json::{bytes, hex};

/// A value. Numbers are strings, since JSON numbers lose digits of 64-bit ones.
pub(crate) fn value(of: &PrintedValue) -> Value {
    match of {
        PrintedValue::Integer(number) => json!({ "kind": "integer", "value": number.to_string() }),
        PrintedValue::Unsigned(number) => json!({ "kind": "integer", "value": number.to_string() }),
        PrintedValue::Float(number) => json!({ "kind": "float", "value": number }),
        PrintedValue::Complex(real, imaginary) => {
            json!({ "kind": "complex", "value": real, "imaginary": imaginary })
        }
        PrintedValue::Boolean(is_true) => json!({ "kind": "boolean", "value": is_true }),
        PrintedValue::Character { number, shown } => {
            json!({ "kind": "character", "value": number.to_string(), "shown": shown })
        }
        PrintedValue::Enumerator { number, shown } => {
            json!({ "kind": "enum", "value": number.to_string(), "shown": shown })
        }
        PrintedValue::Pointer { address, symbol, text, .. } => {
            let mut view = Map::new();
            view.insert("kind".to_owned(), json!("pointer"));
            view.insert("value".to_owned(), hex(*address));
            if let Some((name, offset)) = symbol {
                let behind = if *offset > 0 { format!("+{offset:#x}") } else { String::new() };
                view.insert("symbol".to_owned(), json!(format!("{name}{behind}")));
            }
            if let Some(text) = text {
                let missing = text.is_cut && text.content.is_empty();
                view.insert("text".to_owned(), json!(Some(&text.content).filter(|_| !missing)));
                view.insert("more".to_owned(), json!(text.more));
            }
            Value::Object(view)
        }
        PrintedValue::Function { address, type_name, symbol } => {
            let name = symbol.as_ref().map(|(name, _)| name);
            json!({ "kind": "function", "value": hex(*address), "type": type_name, "symbol": name })
        }
        PrintedValue::MemberPointer(shown) => json!({ "kind": "member-pointer", "shown": shown }),
        PrintedValue::Reference { address, value: to, .. } => {
            json!({ "kind": "reference", "value": hex(*address), "to": to.as_deref().map(value) })
        }
        PrintedValue::Text(Text { content, more, .. }) => {
            json!({ "kind": "text", "value": content, "more": more })
        }
        PrintedValue::Array { elements, more, .. } => {
            let elements =
                elements.iter().map(|(element, like)| with(value(element), "repeats", json!(like)));
            json!({ "kind": "array", "elements": elements.collect::<Vec<_>>(), "more": more })
        }
        PrintedValue::Struct { name, members, .. } => {
            let members = members.iter().map(|(label, member)| {
                let (name, role) = match label {
                    Label::Member(name) => (Some(name), "member"),
                    Label::Base(name) => (Some(name), "base"),
                    Label::Static(name) => (Some(name), "static"),
                    _ => (None, "member"),
                };
                with(with(value(member), "role", json!(role)), "name", json!(name))
            });
            json!({ "kind": "struct", "type": name, "members": members.collect::<Vec<_>>() })
        }
        PrintedValue::Bytes(all) => json!({ "kind": "bytes", "value": bytes(all) }),
        PrintedValue::Nothing => json!({ "kind": "nothing" }),
        PrintedValue::NotCaptured => json!({ "kind": "not-captured" }),
        PrintedValue::OptimizedAway => json!({ "kind": "optimized-away" }),
        PrintedValue::Seen => json!({ "kind": "seen" }),
        PrintedValue::Unreadable(why) => json!({ "kind": "unreadable", "message": why }),
        _ => json!({ "kind": "deeper" }),
    }
}

/// Puts a key before the others.
fn with(view: Value, key: &str, of: Value) -> Value {
    let mut all = Map::new();
    all.insert(key.to_owned(), of);
    if let Value::Object(view) = view {
        all.extend(view);
    }
    Value::Object(all)
}

/// Whether a value is shown completely. Bytes that are not in the dump are missing. The target of a pointer does not count.
pub(crate) fn is_whole(of: &PrintedValue) -> bool {
    match of {
        PrintedValue::NotCaptured | PrintedValue::Unreadable(_) => false,
        PrintedValue::Text(text) => !text.is_cut,
        PrintedValue::Array { elements, .. } => elements.iter().all(|(element, _)| is_whole(element)),
        PrintedValue::Struct { members, .. } => members.iter().all(|(_, member)| is_whole(member)),
        PrintedValue::Reference { value: Some(value), .. } => is_whole(value),
        _ => true,
    }
}
