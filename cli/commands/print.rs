//! `print`: shows variables by their types, and types.

use dumpedit::symbols::{PlacedPart, PrintLimits, PrintedValue, Typed, ValuePlace};
use dumpedit::{Dump, Span};
use serde_json::{Map, Value, json};

use crate::args::PrintArguments;
use crate::commands::each_path::{each, failed};
use crate::commands::open::open;
use crate::commands::print_types;
use crate::commands::thread_argument::reading;
use crate::done::Done;
use crate::failure::Failure;
use crate::output::{Output, json, values};

/// Maximum number of reported uncaptured ranges of a value.
const MOST_GAPS: usize = 8;

/// A variable or a part of one.
struct Shown {
    typed: Typed,
    /// The object of a reference; else the variable itself.
    object: Typed,
    value: PrintedValue,
    gaps: Vec<Span>,
}

pub(super) fn run(arguments: &PrintArguments, output: &mut Output) -> Result<Done, Failure> {
    let dump = open(&arguments.dump, output)?;
    if arguments.type_ {
        return print_types::run(&dump, arguments, output);
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
        each(&arguments.paths, one)
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

/// Uncaptured addresses of a value.
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
        place => {
            add("address", Value::Null);
            if let ValuePlace::Parts(parts) = place {
                add("parts", parts.iter().map(part).collect());
            }
        }
    }
    add("value", values::value(value));
    let gaps = gaps.iter().map(|Span { first, last }| {
        json!({ "start": json::hex(*first), "size": last.wrapping_sub(*first).saturating_add(1) })
    });
    add("not_captured", gaps.collect());
    Ok(Value::Object(view))
}

/// One part of a value that is stored in several places.
fn part(PlacedPart { size, place, .. }: &PlacedPart) -> Value {
    let address = match place {
        ValuePlace::Memory(address) => json::hex(*address),
        _ => Value::Null,
    };
    json!({ "size": size, "address": address })
}
