//! `print`: variables as their types say, and the types.

use dumpedit::symbols::types::{LayoutRow, RowBits, layout};
use dumpedit::symbols::{PrintLimits, PrintedValue, Typed, ValuePlace};
use dumpedit::{Dump, Span};
use serde_json::{Map, Value, json};

use crate::args::PrintArguments;
use crate::commands::open::open;
use crate::commands::thread_argument::reading;
use crate::done::Done;
use crate::failure::Failure;
use crate::output::{Output, json, values};

/// So many stretches that are not captured are told of one value.
const MOST_GAPS: usize = 8;

/// A variable, or a part of one.
struct Shown {
    typed: Typed,
    /// What it refers to where it is a reference, which stands for that; else itself.
    object: Typed,
    value: PrintedValue,
    gaps: Vec<Span>,
}

pub(super) fn run(arguments: &PrintArguments, output: &mut Output) -> Result<Done, Failure> {
    let dump = open(&arguments.dump, output)?;
    if arguments.type_ {
        return types(&dump, arguments, output);
    }
    let elements = usize::try_from(arguments.elements).unwrap_or(usize::MAX);
    let limits = PrintLimits::default().elements(elements);
    let all = reading(&dump, &arguments.thread, output, |thread| {
        let scope = dump.scope(thread);
        let one = |path: &String| {
            let typed = scope.typed(path)?;
            let value = scope.printed(&typed, limits)?;
            let object = scope.with_names(path, |_, memory| typed.dereferenced(memory));
            let object = object.unwrap_or_else(|_| typed.clone());
            let gaps = if values::is_whole(&value) { Vec::new() } else { gaps(&dump, &object) };
            Ok(Shown { typed, object, value, gaps })
        };
        every(&arguments.paths, one)
    })?;
    if output.is_json() {
        let view = |(path, shown): (&String, &Result<Shown, Failure>)| match shown {
            Ok(shown) => as_json(shown),
            Err(failure) => Ok(failed(path, failure)),
        };
        let views = arguments.paths.iter().zip(&all).map(view).collect::<Result<Vec<_>, _>>()?;
        output.document(&json!({ "values": views }))?;
    } else {
        for (path, shown) in arguments.paths.iter().zip(&all) {
            match shown {
                Ok(shown) => output.data(format!("{path} = {}\n", shown.value.text()).as_bytes())?,
                Err(failure) => output.say(&format!("{path}: {}", failure.message)),
            }
        }
        for Shown { typed, gaps, .. } in all.iter().flatten() {
            for Span { first, last } in gaps {
                let size = last.wrapping_sub(*first).saturating_add(1);
                output.say(&format!("{size} bytes of {} from {first:#x} on are not captured", typed.path));
            }
        }
    }
    let is_told = |shown: &Result<Shown, Failure>| {
        shown
            .as_ref()
            .is_ok_and(|Shown { value, .. }| values::is_whole(value) && *value != PrintedValue::OptimizedAway)
    };
    Ok(if all.iter().all(is_told) { Done::All } else { Done::Part })
}

/// What becomes of each path. Where it fails for all, that is the command's failure.
fn every<T>(
    paths: &[String],
    one: impl Fn(&String) -> Result<T, Failure>,
) -> Result<Vec<Result<T, Failure>>, Failure> {
    let mut all: Vec<Result<T, Failure>> = paths.iter().map(one).collect();
    // A thread that was not chosen is chosen for all paths.
    let of_thread = all.iter().position(|one| one.as_ref().is_err_and(|failure| failure.kind == "thread"));
    let failed = of_thread.or_else(|| all.iter().all(Result::is_err).then_some(0));
    match failed.filter(|at| *at < all.len()).map(|at| all.swap_remove(at)) {
        Some(Err(failure)) => Err(failure),
        _ => Ok(all),
    }
}

/// A path that leads nowhere, among others that do.
fn failed(path: &str, failure: &Failure) -> Value {
    json!({ "path": path, "error": { "kind": failure.kind, "message": failure.message, "hint": failure.hint } })
}

/// What the dump does not hold of a value.
fn gaps(dump: &Dump, typed: &Typed) -> Vec<Span> {
    let (first, size) = match &typed.place {
        ValuePlace::Memory(address) => (*address, typed.size().ok().flatten()),
        ValuePlace::Bits(address, bits) => (*address, Some(u64::from(bits.size))),
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

fn as_json(Shown { typed, object, value, gaps }: &Shown) -> Result<Value, Failure> {
    let failed = |error| Failure::from(dumpedit::Error::from(error));
    let mut view = Map::new();
    let mut add = |key: &str, value: Value| view.insert(key.to_owned(), value);
    add("path", json!(typed.path));
    add("type", json!(typed.type_name().map_err(failed)?));
    add("size", json!(object.size().map_err(failed)?));
    match &object.place {
        ValuePlace::Memory(address) => {
            add("address", json::hex(*address));
        }
        ValuePlace::Bits(address, bits) => {
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
    let all = reading(dump, &arguments.thread, output, |thread| {
        let scope = dump.scope(thread);
        let one = |path: &String| {
            // A variable comes first, and a type where there is none, or nothing is known of its type.
            let typed = scope.typed(path).and_then(|typed| match typed.type_name() {
                Ok(_) => Ok(typed),
                Err(error) => Err(error.into()),
            });
            let typed = typed.or_else(|error| scope.named_type(path).map_err(|_| error))?;
            described(dump, path, &typed, output.is_json())
        };
        every(&arguments.paths, one)
    })?;
    let is_whole = all.iter().all(Result::is_ok);
    let mut views = Vec::new();
    for (path, one) in arguments.paths.iter().zip(all) {
        match one {
            Ok(Described::View(view)) => views.push(view),
            Ok(Described::Text(text)) => output.data(text.as_bytes())?,
            Err(failure) if output.is_json() => views.push(failed(path, &failure)),
            Err(failure) => output.say(&format!("{path}: {}", failure.message)),
        }
    }
    if output.is_json() {
        output.document(&json!({ "types": views }))?;
    }
    Ok(if is_whole { Done::All } else { Done::Part })
}

/// A type as it is told.
enum Described {
    Text(String),
    View(Value),
}

fn described(dump: &Dump, path: &str, typed: &Typed, is_json: bool) -> Result<Described, Failure> {
    let failed = |error| Failure::from(dumpedit::Error::from(error));
    let (name, size) = (typed.type_name().map_err(failed)?, typed.size().map_err(failed)?);
    let rows = match (typed.reader(), &typed.of) {
        (Some(reader), Some(of)) => {
            let order = dump.layout().byte_order();
            layout(&**reader, of, typed.language, order).map_err(|error| failed(error.into()))?
        }
        _ => Vec::new(),
    };
    if is_json {
        let members: Vec<Value> = rows.iter().map(member).collect();
        return Ok(Described::View(json!({ "path": path, "type": name, "size": size, "members": members })));
    }
    let size = size.map_or_else(|| "size unknown".to_owned(), |size| format!("{size} bytes"));
    let mut text = format!("{path}: {name}, {size}\n");
    rows.iter().for_each(|row| text.push_str(&in_words(row)));
    Ok(Described::Text(text))
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
    if let (Some(object), Some(RowBits { first, count, .. })) = (view.as_object_mut(), row.bits) {
        object.insert("first_bit".to_owned(), json!(first));
        object.insert("bits".to_owned(), json!(count));
    }
    view
}
