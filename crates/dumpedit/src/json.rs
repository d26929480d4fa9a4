//! JSON of dumps and edits. Addresses and register values are strings, sizes and file offsets numbers.

use dumpedit_layout::{Context, ContextLocation, Location, Notice, Stop, StopAt, Subject};
use serde::{Serialize, Serializer};
use serde_json::{Value, json};

use crate::dump::Dump;
use crate::edit::changes::{Changes, Extent, Extents};
use crate::edit::located::{Located, RegisterChange};
use crate::edit::tag_changes::TagChange;
use crate::field::FieldChange;
use crate::register_flags::flags;
use crate::structure::{DumpPart, PartChange};

/// An address or a register's value.
pub fn hex(number: impl Into<u128>) -> Value {
    Value::String(format!("{:#x}", number.into()))
}

/// Bytes as hex digits.
pub fn bytes(bytes: &[u8]) -> Value {
    let digits = bytes.iter().flat_map(|byte| [byte >> 4, byte & 0xf]);
    Value::String(digits.filter_map(|digit| char::from_digit(digit.into(), 16)).collect())
}

/// The place and the reason where an operation stopped, or null.
pub fn stop(dump: &Dump, context: Context, stop: Option<&Stop>) -> Value {
    let Some(stop) = stop else { return Value::Null };
    let at = match stop.at {
        StopAt::Address(address) => hex(address),
        StopAt::Register { id, byte } => {
            let name = dump.layout().machine_of(context).registers().name(id);
            Value::String(format!("reg:{name}+{byte}"))
        }
        StopAt::Offset(file_offset) => Value::String(format!("offset:{file_offset:#x}")),
        _ => Value::Null,
    };
    json!({ "at": at, "reason": stop.reason.name() })
}

/// Notices: the contents of each, for programs and as a sentence, and its subjects.
pub fn notices<'a>(notices: impl IntoIterator<Item = &'a Notice>) -> Value {
    notices.into_iter().map(notice).collect()
}

/// A notice. The first of several subjects of one kind has a key of its own, and all have one together.
fn notice(notice: &Notice) -> Value {
    let mut view = json!({ "kind": notice.kind.name(), "message": notice.message });
    if let Some(object) = view.as_object_mut() {
        if let Some(count) = notice.count {
            object.insert("count".to_owned(), json!(count));
        }
        for subject in &notice.about {
            let (key, keys, value) = match subject {
                Subject::Address(address) => ("address", "addresses", hex(*address)),
                Subject::FileOffset(offset) => ("file_offset", "file_offsets", json!(offset)),
                Subject::Thread(tid) => ("tid", "tids", json!(tid)),
                Subject::Register(name) => ("register", "registers", json!(name)),
                Subject::Stream(name) => ("stream", "streams", json!(name)),
                Subject::Note(name) => ("note", "notes", json!(name)),
                _ => continue,
            };
            match object.get(key).cloned() {
                None => drop(object.insert(key.to_owned(), value)),
                Some(first) => {
                    let all = object.entry(keys).or_insert_with(|| json!([first]));
                    all.as_array_mut().into_iter().for_each(|all| all.push(value.clone()));
                }
            }
        }
    }
    view
}

/// The changes of an edit, which may be a million: written one by one.
#[derive(Debug)]
#[non_exhaustive]
pub struct Edits<'a> {
    /// The dump.
    pub dump: &'a Dump,
    /// Changes in it.
    pub changes: &'a Changes,
}

impl<'a> Edits<'a> {
    /// The changes in a dump.
    pub fn of(dump: &'a Dump, changes: &'a Changes) -> Edits<'a> {
        Edits { dump, changes }
    }
}

impl Serialize for Edits<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(
            self.changes.iter().map(|change| changed(Some((self.dump, change.of())), change.extent())),
        )
    }
}

/// The edits of a dump's history.
#[derive(Debug)]
#[non_exhaustive]
pub struct PastEdits<'a> {
    /// Dump, where it can be read.
    pub dump: Option<&'a Dump>,
    /// Changes.
    pub extents: &'a Extents,
}

impl<'a> PastEdits<'a> {
    /// The changes in a dump, where it can be read.
    pub fn of(dump: Option<&'a Dump>, extents: &'a Extents) -> PastEdits<'a> {
        PastEdits { dump, extents }
    }
}

impl Serialize for PastEdits<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let pieces = self.extents.iter().flat_map(|extent| match self.dump {
            Some(dump) => dump.located(extent),
            None => vec![Located { of: None, extent }],
        });
        serializer.collect_seq(pieces.map(|Located { of, extent }| changed(self.dump.zip(of), extent)))
    }
}

/// Changed file bytes and their location. `old` and `new` have only the first of many bytes; registers have their values as well.
fn changed(of: Option<(&Dump, ContextLocation)>, change: Extent<'_>) -> Value {
    let location = of.map(|(dump, of)| dump.display(of.context, of.location));
    let mut view = json!({ "location": location });
    if let Some(object) = view.as_object_mut() {
        let of_thread = of.and_then(|(dump, of)| match of.context {
            Context::Thread(index, record) => Some((dump, of, index, record)),
            _ => None,
        });
        if let Some((dump, ContextLocation { context, .. }, index, record)) = of_thread {
            let tid = dump.layout().thread(context).map_or(0, |thread| thread.tid);
            object.insert("tid".to_owned(), json!(tid));
            object.insert("index".to_owned(), json!(index.0));
            object.insert("context".to_owned(), json!(record.name()));
        }
        if let Some((dump, ContextLocation { location: Location::Virtual(address), .. })) = of
            && let Some(label) = dump.label(address)
        {
            object.insert("symbol".to_owned(), json!(label));
        }
        object.insert("file_offset".to_owned(), json!(change.file_offset));
        object.insert("length".to_owned(), json!(change.length));
        object.insert("old".to_owned(), bytes(change.old));
        object.insert("new".to_owned(), bytes(change.new));
        if let Some((dump, of)) = of
            && let Some(FieldChange { field, old: before, new: after }) =
                dump.field_change(of.location, change.old, change.new)
        {
            let words = |value| dump.field_in_words(&field, &value);
            object.insert("field".to_owned(), json!({ "old": words(before), "new": words(after) }));
        }
        if let Some((dump, ContextLocation { location: location @ Location::Tag(_), .. })) = of {
            let changes = dump.tag_changes(location, change.old, change.new).into_iter();
            let tags = changes.map(|TagChange { address, old, new }| {
                json!({ "address": hex(address), "old": hex(old), "new": hex(new) })
            });
            object.insert("tags".to_owned(), tags.collect());
        }
        if let Some((dump, ContextLocation { context, location }, ..)) = of_thread {
            let changes = dump.register_changes(context, location, change.old, change.new);
            let names = dump.layout().machine_of(context).registers();
            let registers = changes.iter().map(|RegisterChange { name, old, new, .. }| {
                let mut view = json!({ "name": name, "old": old.to_string(), "new": new.to_string() });
                let flags = |value| names.part(name).and_then(|part| flags(names, part, value));
                if let Some(((old, new), object)) = flags(old).zip(flags(new)).zip(view.as_object_mut()) {
                    object.insert("old_flags".to_owned(), json!(old));
                    object.insert("new_flags".to_owned(), json!(new));
                }
                view
            });
            object.insert("registers".to_owned(), registers.collect());
        }
    }
    view
}

/// The parts that an edit adds and drops, the fields that it resizes, and the new size of the dump: the keys `parts`, `resized` and
/// `size_after` of a document, each where it applies.
#[derive(Debug, Serialize)]
pub struct EditedParts<'a> {
    #[serde(skip_serializing_if = "Vec::is_empty")]
    parts: Vec<PartInJson<'a>>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    resized: Vec<Value>,
    #[serde(skip_serializing_if = "Option::is_none")]
    size_after: Option<u64>,
}

#[derive(Debug, Serialize)]
struct PartInJson<'a> {
    added: bool,
    kind: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    address: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    size: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    tid: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    name: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    code: Option<String>,
}

impl<'a> EditedParts<'a> {
    /// Parts and fields of a dump, and its new size in bytes.
    pub fn of(
        dump: &Dump,
        changes: &'a [PartChange],
        resized: &[FieldChange],
        size_after: u64,
    ) -> EditedParts<'a> {
        let part = |change: &'a PartChange| {
            let blank = PartInJson {
                added: change.added,
                kind: "memory",
                address: None,
                size: None,
                tid: None,
                name: None,
                code: None,
            };
            match &change.part {
                DumpPart::Memory { address, size } => {
                    PartInJson { address: Some(format!("{address:#x}")), size: Some(*size), ..blank }
                }
                DumpPart::Thread { tid } => PartInJson { kind: "thread", tid: Some(*tid), ..blank },
                DumpPart::ThreadName { tid, name } => {
                    PartInJson { kind: "thread-name", tid: Some(*tid), name: Some(name), ..blank }
                }
                DumpPart::Module { base, size, name } => PartInJson {
                    kind: "module",
                    address: Some(format!("{base:#x}")),
                    size: Some(*size),
                    name: Some(name),
                    ..blank
                },
                DumpPart::Crash { tid, code } => {
                    PartInJson { kind: "crash", tid: Some(*tid), code: Some(format!("{code:#x}")), ..blank }
                }
            }
        };
        let field = |FieldChange { field, old, new }: &FieldChange| {
            let words = |value| dump.field_in_words(field, value);
            json!({ "field": field.path, "old": words(old), "new": words(new) })
        };
        let size_after = (!changes.is_empty() || !resized.is_empty()).then_some(size_after);
        let resized = resized.iter().map(field).collect();
        EditedParts { parts: changes.iter().map(part).collect(), resized, size_after }
    }
}
