//! Every key of a spec, in every container: either the dump changes with the key, or the key is refused.

use dumpedit::Format;
use serde_json::{Value as Json, json};

use super::Spec;
use super::kinds::Words;
use super::mapping::{Row, Table, Value, table};
use crate::error::{FixtureError, Problem};
use crate::synth::{SynthOptions, synth};

/// Keys that change nothing in the dump by themselves: the container, and names for use in the spec.
const SILENT: &[(&str, &str)] = &[("a spec", "format"), ("a region", "label")];

/// Texts that are numbers, addresses, names or labels.
const SCALARS: &[&str] = &[
    "0x3000", "3", "2", "4", "64", "8", "32", "0x20", "0x2024", "b", "text", "1.2.3", "linux", "freebsd",
    "arm64", "aarch64",
];

/// Specs with every part that their container has; small ones where registers would be in the way.
fn specs(format: Format) -> Vec<Json> {
    let memory = json!([
        {"label": "a", "at": "0x1000", "size": "0x100", "content": "01"},
        {"label": "b", "at": "0x2000", "size": "0x100"},
    ]);
    let links = json!([{"at": "0", "content": "zero:32", "links": [{"at": "0", "content": "01"}]}]);
    let modules = json!([{"base": "0x400000", "size": "0x1000", "name": "a"}]);
    match format {
        Format::Minidump => vec![
            json!({
                "format": "minidump",
                "threads": [
                    {"registers": {"rsp": "a"}, "context": {"xstate": {"components": "4"}}, "stack": "a"},
                    {"stack": {"at": "0x1000", "size": "16", "file_offset": "a"}},
                ],
                "crash": [{"code": "7", "parameters": ["1"]}, {"registers": {"rip": "2"}}],
                "modules": modules,
                "memory": memory,
                "mappings": [{"at": "0x3000", "size": "0x1000"}],
                "streams": [{"type": "0x12345", "size": "32", "links": links}, {"type": "0x12346"}],
            }),
            json!({"format": "minidump", "machine": "x86", "threads": [{}]}),
        ],
        Format::ElfCore => vec![
            json!({
                "format": "elf-core",
                "threads": [
                    {"name": "a", "registers": {"rsp": "a"}},
                    {"notes": [{"type": "NT_FPREGSET"}, {"type": "0x123", "content": "zero:8"}]},
                ],
                "crash": {"code": "7"},
                "modules": modules,
                "memory": memory,
                "notes": [{"type": "0x123", "content": "zero:8"}],
                "sections": [{"type": "1", "content": "zero:8"}, {"type": "1"}],
            }),
            json!({"format": "elf-core", "machine": "mips"}),
            json!({"format": "elf-core", "layout": {"note_align": "8"}, "threads": [{}]}),
            json!({
                "format": "elf-core",
                "layout": {"split_notes": "true"},
                "threads": [{}, {"note_align": "8", "notes": [{"type": "0x123", "content": "zero:4"}]}],
            }),
        ],
        Format::MachOCore => vec![
            json!({
                "format": "macho-core",
                "threads": [
                    {"registers": {"rsp": "a"}},
                    {"states": [{"flavor": "99", "size": "8", "content": "01"}]},
                ],
                "memory": memory,
                "load_notes": [{"owner": "a", "size": "32", "links": links}],
                "load_commands": [{"type": "27", "content": "01"}],
            }),
            json!({"format": "macho-core", "header": {"machine": "0x1000007"}}),
        ],
        Format::Triage => vec![
            json!({
                "format": "triage-dump",
                "threads": [{"registers": {"rsp": "a"}, "stack": "a"}],
                "crash": {"code": "7", "parameters": ["1"]},
                "modules": modules,
                "memory": [
                    {"label": "a", "at": "0x1000", "size": "0x100", "list": "none"},
                    {"label": "b", "at": "0x2000", "size": "0x100"},
                ],
                "unloaded": [{"base": "0x400000", "size": "0x1000", "name": "a"}],
                "parts": [{"type": "process object", "content": "01"}],
            }),
            json!({"format": "triage-dump", "threads": [{}]}),
        ],
        other => panic!("no spec of {other}"),
    }
}

/// Possible values of a key.
fn values(value: &Value) -> Vec<Json> {
    let scalars = || SCALARS.iter().map(|text| json!(text));
    let words = |words: &[&str]| words.iter().map(|word| json!(word)).collect::<Vec<Json>>();
    match value {
        Value::Scalar | Value::Number => scalars().collect(),
        Value::NumberOr(names) => scalars().chain(words(names)).collect(),
        Value::Flag => vec![json!("true"), json!("false")],
        Value::Word(names) => words(names),
        Value::Protection => vec![json!("r-x")],
        Value::Content => vec![json!("0708"), json!({"0x10": "07"}), json!({"0x8": "07"})],
        Value::Registers => vec![json!({"rip": "0x77"})],
        Value::Scalars => vec![json!(["0x5"]), json!(["7"])],
        Value::Words(names) => vec![json!(names)],
        Value::One(of) => vec![least(&of())],
        Value::OneOr(names, of) => words(names).into_iter().chain([least(&of())]).collect(),
        Value::OneOrScalar(of) => scalars().chain([least(&of())]).collect(),
        Value::Many(of) | Value::OneOrMany(of) => vec![json!([least(&of())]), json!([])],
    }
}

/// A mapping with the required keys, or with any one.
fn least(table: &Table) -> Json {
    let needed = table.rows.iter().filter(|row| row.required);
    let rows: Vec<&Row> = needed.chain(table.rows.first()).collect();
    rows.into_iter()
        .map(|row| (row.name.to_owned(), values(&row.value).remove(0)))
        .collect::<serde_json::Map<_, _>>()
        .into()
}

fn made(spec: &Json) -> Option<Result<Vec<u8>, FixtureError>> {
    let spec = Spec::from_yaml(&spec.to_string()).ok()?;
    Some(synth(&spec, &SynthOptions::default()).map(|image| image.to_bytes().unwrap()))
}

/// A spec, and the path to a mapping in it.
type Instance = (Json, Vec<String>);

fn at<'j>(spec: &'j mut Json, way: &[String]) -> &'j mut Json {
    way.iter().fold(spec, |node, step| match node {
        Json::Array(items) => &mut items[step.parse::<usize>().unwrap()],
        other => &mut other[step.as_str()],
    })
}

/// The mappings of a key: existing ones, or a minimal one.
fn behind((spec, way): &Instance, key: &str, of: &Table) -> Vec<Instance> {
    let mut spec = spec.clone();
    let mapping = at(&mut spec, way);
    let way = |more: Option<usize>| {
        way.iter().cloned().chain([key.to_owned()]).chain(more.map(|index| index.to_string())).collect()
    };
    let many = match &mapping[key] {
        Json::Array(items) => Some(items.len()),
        Json::Object(_) => None,
        _ => {
            mapping[key] = if of.rows.iter().any(|row| row.required) { least(of) } else { json!({}) };
            None
        }
    };
    match many {
        Some(count) => (0..count).map(|index| (spec.clone(), way(Some(index)))).collect(),
        None => vec![(spec, way(None))],
    }
}

fn check(table: &Table, instances: &[Instance], format: Format) -> Vec<String> {
    let mut wrong = Vec::new();
    for row in table.rows.iter().filter(|row| !SILENT.contains(&(table.name, row.name))) {
        let is_placed = row.places.is_empty() || row.places.contains(&format);
        let (mut changes, mut refused, mut lost) = (0, 0, 0);
        for (spec, way) in instances {
            let before = made(spec).and_then(Result::ok);
            for value in values(&row.value) {
                let mut spec = spec.clone();
                at(&mut spec, way)[row.name] = value;
                match (made(&spec), &before) {
                    (Some(Ok(after)), Some(before)) if after != *before => changes += 1,
                    (Some(Ok(_)), _) => lost += 1,
                    (Some(Err(error)), _) => {
                        let is_this =
                            |owner, key| owner == table.name && (key == row.name || before.is_none());
                        refused += usize::from(
                            matches!(error.problem(), Problem::Misplaced { owner, key, .. } if is_this(*owner, *key)),
                        );
                    }
                    (None, _) => {}
                }
            }
        }
        let nested = match &row.value {
            Value::One(of)
            | Value::OneOr(_, of)
            | Value::OneOrScalar(of)
            | Value::Many(of)
            | Value::OneOrMany(of) => Some(of()).filter(|of| of.name != table.name),
            _ => None,
        };
        let is_told = match (is_placed, &nested) {
            (true, Some(_)) => refused == 0,
            (true, None) => changes > 0 && refused == 0,
            (false, _) => refused > 0 && changes == 0,
        };
        if !is_told {
            wrong.push(format!(
                "{format}: '{}' of {}: {changes} changes, {refused} refused, {lost} without effect",
                row.name, table.name
            ));
        }
        if let Some(of) = nested.filter(|_| is_placed) {
            let deeper: Vec<Instance> =
                instances.iter().flat_map(|instance| behind(instance, row.name, &of)).collect();
            wrong.extend(check(&of, &deeper, format));
        }
    }
    wrong
}

#[test]
fn every_key_changes_the_dump_or_is_refused() {
    let mut wrong = Vec::new();
    for (_, format) in Format::WORDS {
        let specs = specs(*format);
        for spec in &specs {
            let read = Spec::from_yaml(&spec.to_string());
            let made = read.and_then(|spec| synth(&spec, &SynthOptions::default()));
            made.unwrap_or_else(|error| panic!("{format}: {error}"));
        }
        let instances: Vec<Instance> = specs.into_iter().map(|spec| (spec, Vec::new())).collect();
        wrong.extend(check(&table::<Spec>(), &instances, *format));
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
