//! `print`: variables as their types say, and the types.

use dumpedit::symbols::types::{LayoutRow, RowBits, layout};
use dumpedit::symbols::{Limits, Place, PrintedValue, Typed};
use dumpedit::{Dump, Span};
use serde_json::{Map, Value, json};

use crate::args::PrintArguments;
use crate::commands::{Done, open, reading};
use crate::failure::Failure;
use crate::output::{Output, json, values};

/// So many stretches that are not captured are told of one value.
const MOST_GAPS: usize = 8;

/// A variable, or a part of one.
struct Shown {
    typed: Typed,
    value: PrintedValue,
    gaps: Vec<Span>,
}

pub(super) fn run(arguments: &PrintArguments, output: &mut Output) -> Result<Done, Failure> {
    let dump = open(&arguments.dump, output)?;
    if arguments.type_ {
        return types(&dump, arguments, output);
    }
    let elements = usize::try_from(arguments.elements).unwrap_or(usize::MAX);
    let limits = Limits { elements, ..Limits::default() };
    let all = reading(&dump, &arguments.thread, output, |thread| {
        let scope = dump.scope(thread);
        let one = |path: &String| {
            let typed = scope.typed(path)?;
            let value = scope.printed(&typed, limits)?;
            let gaps = if values::is_whole(&value) { Vec::new() } else { gaps(&dump, &typed) };
            Ok(Shown { typed, value, gaps })
        };
        arguments.paths.iter().map(one).collect::<Result<Vec<_>, Failure>>()
    })?;
    if output.is_json() {
        let views = all.iter().map(as_json).collect::<Result<Vec<_>, _>>()?;
        output.document(&json!({ "values": views }))?;
    } else {
        for (path, shown) in arguments.paths.iter().zip(&all) {
            output.data(format!("{path} = {}\n", shown.value.text()).as_bytes())?;
        }
        for Shown { typed, gaps, .. } in &all {
            for Span { first, last } in gaps {
                let size = last.wrapping_sub(*first).saturating_add(1);
                output.say(&format!("{size} bytes of {} from {first:#x} on are not captured", typed.path));
            }
        }
    }
    let is_told =
        |shown: &Shown| values::is_whole(&shown.value) && shown.value != PrintedValue::OptimizedAway;
    Ok(if all.iter().all(is_told) { Done::All } else { Done::Part })
}

/// What the dump does not hold of a value.
fn gaps(dump: &Dump, typed: &Typed) -> Vec<Span> {
    let (first, size) = match &typed.place {
        Place::Memory(address) => (*address, typed.size().ok().flatten()),
        Place::Bits(address, bits) => (*address, Some(u64::from(bits.size))),
        _ => return Vec::new(),
    };
    let Some(last) = size.and_then(|size| first.checked_add(size.checked_sub(1)?)) else { return Vec::new() };
    let mut gaps = Vec::new();
    let mut from = Some(first);
    for captured in dump.layout().captured_ranges(first, last) {
        if let Some(from) = from.filter(|from| *from < captured.first) {
            gaps.push(Span { first: from, last: captured.first.wrapping_sub(1) });
        }
        from = captured.last.checked_add(1);
    }
    if let Some(from) = from.filter(|from| *from <= last) {
        gaps.push(Span { first: from, last });
    }
    gaps.truncate(MOST_GAPS);
    gaps
}

fn as_json(Shown { typed, value, gaps }: &Shown) -> Result<Value, Failure> {
    let failed = |error| Failure::from(dumpedit::Error::from(error));
    let mut view = Map::new();
    let mut add = |key: &str, value: Value| view.insert(key.to_owned(), value);
    add("path", json!(typed.path));
    add("type", json!(typed.type_name().map_err(failed)?));
    add("size", json!(typed.size().map_err(failed)?));
    match &typed.place {
        Place::Memory(address) => {
            add("address", json::hex(*address));
        }
        Place::Bits(address, bits) => {
            add("address", json::hex(*address));
            add("first_bit", json!(bits.first));
            add("bits", json!(bits.count));
        }
        _ => {
            add("address", Value::Null);
        }
    }
    add("value", values::value(value));
    let gaps = gaps.iter().map(|Span { first, last }| {
        json!({ "start": json::hex(*first), "size": last.wrapping_sub(*first).saturating_add(1) })
    });
    add("not_captured", gaps.collect());
    Ok(Value::Object(view))
}

/// The types of variables, or types by their names, with where their members are.
fn types(dump: &Dump, arguments: &PrintArguments, output: &mut Output) -> Result<Done, Failure> {
    let failed = |error| Failure::from(dumpedit::Error::from(error));
    let all = reading(dump, &arguments.thread, output, |thread| {
        let scope = dump.scope(thread);
        let one = |path: &String| Ok(scope.typed(path)?);
        arguments.paths.iter().map(one).collect::<Result<Vec<Typed>, Failure>>()
    })?;
    let mut views = Vec::new();
    for (path, typed) in arguments.paths.iter().zip(&all) {
        let (name, size) = (typed.type_name().map_err(failed)?, typed.size().map_err(failed)?);
        let rows = match (typed.reader(), &typed.of) {
            (Some(reader), Some(of)) => {
                let order = dump.layout().byte_order();
                layout(&**reader, of, typed.language, order).map_err(|error| failed(error.into()))?
            }
            _ => Vec::new(),
        };
        if output.is_json() {
            let members: Vec<Value> = rows.iter().map(member).collect();
            views.push(json!({ "path": typed.path, "type": name, "size": size, "members": members }));
            continue;
        }
        let size = size.map_or_else(|| "size unknown".to_owned(), |size| format!("{size} bytes"));
        let mut text = format!("{path}: {name}, {size}\n");
        rows.iter().for_each(|row| text.push_str(&in_words(row)));
        output.data(text.as_bytes())?;
    }
    if output.is_json() {
        output.document(&json!({ "types": views }))?;
    }
    Ok(Done::All)
}

/// Offset, size and declaration, as `ptype /o` of gdb has them.
fn in_words(row: &LayoutRow) -> String {
    let offset = match (row.offset, row.bits) {
        (Some(offset), Some(RowBits { first, .. })) => format!("{offset:#x}:{first}"),
        (Some(offset), None) => format!("{offset:#x}"),
        (None, _) => String::new(),
    };
    let size = match (row.bits, row.size) {
        (Some(RowBits { count, .. }), _) => format!("{count} bits"),
        (None, Some(size)) => size.to_string(),
        (None, None) => String::new(),
    };
    let indent = "  ".repeat(row.depth);
    format!("  {offset:>8}  {size:>8}  {indent}{}\n", row.declaration)
}

fn member(row: &LayoutRow) -> Value {
    let mut view = json!({
        "depth": row.depth,
        "offset": row.offset,
        "size": row.size,
        "name": row.name,
        "declaration": row.declaration,
    });
    if let (Some(object), Some(RowBits { first, count })) = (view.as_object_mut(), row.bits) {
        object.insert("first_bit".to_owned(), json!(first));
        object.insert("bits".to_owned(), json!(count));
    }
    view
}
