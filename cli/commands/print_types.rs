//! `print --type`: shows types, with the offsets of their members.

use dumpedit::Dump;
use dumpedit::notation::Scope;
use dumpedit::symbols::Typed;
use dumpedit::symbols::types::{LayoutPart, LayoutRow, RowBits, TypeLayout};
use serde_json::{Value, json};

use crate::args::PrintArguments;
use crate::commands::each_path::{each, failed};
use crate::commands::thread_argument::reading;
use crate::done::Done;
use crate::failure::Failure;
use crate::output::Output;

/// Shows the types of variables, or types by name.
pub(super) fn run(dump: &Dump, arguments: &PrintArguments, output: &mut Output) -> Result<Done, Failure> {
    let all = reading(dump, &arguments.thread, output, |thread| {
        let scope = dump.scope(thread);
        let one = |path: &String| {
            // A variable comes before a type of the same name, unless the type of the variable is not known.
            let typed = scope.typed(path).and_then(|typed| match typed.type_name() {
                Ok(_) => Ok(typed),
                Err(error) => Err(error.into()),
            });
            let typed = typed.or_else(|error| scope.named_type(path).map_err(|_| error))?;
            Shown::of(&scope, &typed)
        };
        each(&arguments.paths, one)
    })?;
    let is_whole = all.iter().all(Result::is_ok);
    let mut views = Vec::new();
    for (path, one) in arguments.paths.iter().zip(all) {
        match one {
            Ok(shown) if output.is_json() => views.push(shown.as_json(path)),
            Ok(shown) => output.data(shown.in_words(path).as_bytes())?,
            Err(failure) if output.is_json() => views.push(failed(path, &failure)),
            Err(failure) => output.say(&format!("{path}: {}", failure.message)),
        }
    }
    if output.is_json() {
        output.document(&json!({ "types": views }))?;
    }
    Ok(if is_whole { Done::All } else { Done::Part })
}

/// A type to show.
struct Shown {
    type_name: String,
    size: Option<u64>,
    /// Layout of the type, or of its target or element type.
    layout: TypeLayout,
}

impl Shown {
    fn of(scope: &Scope, typed: &Typed) -> Result<Shown, Failure> {
        let failed = |error| Failure::from(dumpedit::Error::from(error));
        let (type_name, size) = (typed.type_name().map_err(failed)?, typed.size().map_err(failed)?);
        Ok(Shown { type_name, size, layout: scope.type_layout(typed)? })
    }

    /// The type in the form of gdb's `ptype /o`.
    fn in_words(&self, path: &str) -> String {
        let Shown { type_name, size, layout } = self;
        let sized = |size: Option<u64>| size.map(|size| format!(", {size} bytes")).unwrap_or_default();
        let mut text = match size {
            Some(_) => format!("{path}: {type_name}{}\n", sized(*size)),
            None => format!("{path}: {type_name}, size unknown\n"),
        };
        if layout.type_name != *type_name {
            text.push_str(&format!("  {}{}\n", layout.type_name, sized(layout.size)));
        }
        layout.rows.iter().for_each(|row| text.push_str(&row_in_words(row)));
        for (name, value) in &layout.values {
            text.push_str(&format!("  {value:>18}  {name}\n"));
        }
        text
    }

    fn as_json(&self, path: &str) -> Value {
        let Shown { type_name, size, layout } = self;
        let (holes, members): (Vec<&LayoutRow>, Vec<&LayoutRow>) =
            layout.rows.iter().partition(|row| is_space(row));
        let value = |(name, value): &(String, i128)| json!({ "name": name, "value": value.to_string() });
        json!({
            "path": path,
            "type": type_name,
            "size": size,
            "of": { "type": layout.type_name, "size": layout.size },
            "members": members.into_iter().map(member).collect::<Vec<_>>(),
            "holes": holes.into_iter().map(hole).collect::<Vec<_>>(),
            "values": layout.values.iter().map(value).collect::<Vec<_>>(),
        })
    }
}

fn is_space(row: &LayoutRow) -> bool {
    matches!(row.part, LayoutPart::Hole | LayoutPart::Padding)
}

/// Offset, size and declaration.
fn row_in_words(row: &LayoutRow) -> String {
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
    let declaration = match row.part {
        LayoutPart::Hole => "<hole>",
        LayoutPart::Padding => "<padding>",
        _ => &row.declaration,
    };
    format!("  {offset:>8}  {size:>8}  {indent}{declaration}\n")
}

fn member(row: &LayoutRow) -> Value {
    let view = json!({
        "depth": row.depth,
        "offset": row.offset,
        "size": row.size,
        "name": row.name,
        "declaration": row.declaration,
    });
    with_bits(view, row)
}

fn hole(row: &LayoutRow) -> Value {
    let kind = if row.part == LayoutPart::Padding { "padding" } else { "hole" };
    let view = json!({ "kind": kind, "depth": row.depth, "offset": row.offset, "size": row.size });
    with_bits(view, row)
}

fn with_bits(mut view: Value, row: &LayoutRow) -> Value {
    if let (Some(object), Some(RowBits { first, count, .. })) = (view.as_object_mut(), row.bits) {
        object.insert("first_bit".to_owned(), json!(first));
        object.insert("bits".to_owned(), json!(count));
    }
    view
}
