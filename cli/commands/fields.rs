//! `fields`: lists the named values outside memory and registers, with their file offsets.

use std::io::{self, Write};

use dumpedit::{Dump, Field, FieldKind, FieldValue, Shown};
use serde_json::{Map, Value, json};

use crate::args::FieldsArguments;
use crate::commands::open::open;
use crate::done::Done;
use crate::failure::Failure;
use crate::output::text::{self, Style};
use crate::output::{Output, json};

pub(super) fn run(arguments: &FieldsArguments, output: &mut Output) -> Result<Done, Failure> {
    let dump = open(&arguments.dump, output)?;
    output.notices(dump.layout().notices());
    let named = match arguments.fields.is_empty() {
        true => None,
        false => {
            let below = arguments.fields.iter().map(|name| dump.fields_below(name));
            Some(below.collect::<Result<Vec<_>, _>>()?.concat())
        }
    };
    let fields = dump.fields()?;
    let all = || -> Box<dyn Iterator<Item = Field> + '_> {
        match &named {
            Some(named) => Box::new(named.iter().cloned()),
            None => Box::new(fields.iter()),
        }
    };
    let json = output.is_json();
    output.stream(|out, style| {
        if json {
            return in_json(&dump, all(), out);
        }
        let width = all().take(MEASURED).map(|field| text::shown(&field.path).chars().count()).max();
        for field in all() {
            writeln!(out, "{}", in_words(&dump, &field, width.unwrap_or(0).min(WIDEST), *style))?;
        }
        Ok(())
    })?;
    Ok(Done::All)
}

/// Number of names that determine the width of their column.
const MEASURED: usize = 1000;

/// Maximum width of the column of names; longer names shift the other columns.
const WIDEST: usize = 44;

/// Maximum number of letters shown of a value.
const MOST_LETTERS: usize = 200;

fn in_words(dump: &Dump, field: &Field, width: usize, style: Style) -> String {
    let name = text::shown(&field.path);
    let gap = " ".repeat(width.saturating_sub(name.chars().count()));
    let kind = field.first().map(|stored| stored.kind);
    let value = match dump.field_value(field) {
        Ok(value) => match (&value, kind) {
            (FieldValue::Bytes(_), _) => {
                let size = field.first().map_or(0, |stored| stored.place.size);
                let bytes = text::counted(usize::try_from(size).unwrap_or(usize::MAX), "byte");
                format!("{}  {bytes}", dump.field_in_words(field, &value))
            }
            (FieldValue::Text(words), Some(FieldKind::Text(_))) => {
                format!("\"{}\"", shortened(&text::shown(words)))
            }
            (_, Some(FieldKind::Number(Shown::Seconds))) => {
                let seconds = value.to_u64().unwrap_or(0);
                format!("{seconds} ({})", text::utc(seconds))
            }
            _ => dump.field_in_words(field, &value),
        },
        Err(error) => format!("({error})"),
    };
    let places: Vec<String> =
        field.stored.iter().map(|stored| format!("{:#x}", stored.place.file_offset)).collect();
    format!("{name}{gap}  {value}  {}", style.faint(&format!("at {}", places.join(", "))))
}

fn shortened(text: &str) -> String {
    match text.char_indices().nth(MOST_LETTERS) {
        Some((end, _)) => format!("{}…", text.get(..end).unwrap_or_default()),
        None => text.to_owned(),
    }
}

fn in_json(dump: &Dump, fields: impl Iterator<Item = Field>, out: &mut dyn Write) -> io::Result<()> {
    write!(out, "[")?;
    let mut separator = "";
    for field in fields {
        write!(out, "{separator}{}", as_json(dump, &field))?;
        separator = ",\n";
    }
    writeln!(out, "]")
}

fn as_json(dump: &Dump, field: &Field) -> Value {
    let mut view = Map::new();
    view.insert("name".to_owned(), json!(field.path));
    let (kind, value) = match dump.field_value(field) {
        Ok(FieldValue::Number(number)) => {
            let value = FieldValue::Number(number);
            (("number"), value.to_u64().map_or(Value::Null, json::hex))
        }
        Ok(FieldValue::Text(text)) => ("text", json!(text)),
        Ok(FieldValue::Bytes(bytes)) => ("bytes", json::bytes(&bytes)),
        _ => ("bytes", Value::Null),
    };
    view.insert("kind".to_owned(), json!(kind));
    view.insert("value".to_owned(), value);
    let code = field.first().and_then(|stored| match stored.kind {
        FieldKind::Number(shown) => {
            let number = dump.field_value(field).ok()?.to_u64()?;
            dump.fields().ok()?.codes().name(shown, number)
        }
        _ => None,
    });
    if let Some(code) = code {
        view.insert("meaning".to_owned(), json!(code));
    }
    let places = field
        .stored
        .iter()
        .map(|stored| json!({ "file_offset": stored.place.file_offset, "size": stored.place.size }));
    view.insert("places".to_owned(), places.collect());
    Value::Object(view)
}
