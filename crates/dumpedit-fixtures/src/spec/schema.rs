//! The JSON Schema of a spec, built from the table of its keys.

use dumpedit::Format;
use serde_json::{Map, Value as Json, json};

use super::Spec;
use super::kinds::Words;
use super::mapping::{Row, Table, Value, table};

/// The schema of a scalar: YAML reads `0x10` as a number, which a spec accepts.
fn scalar() -> Json {
    json!({ "type": ["string", "number"] })
}

impl Spec {
    /// The JSON Schema (draft 2020-12) of a spec, for editors that complete and check YAML.
    pub fn schema() -> Json {
        let mut tables = Map::new();
        let root = mapping(&table::<Spec>(), &mut tables);
        let mut schema = json!({
            "$schema": "https://json-schema.org/draft/2020-12/schema",
            "title": "A crash dump for dumpedit synth",
        });
        if let (Some(schema), Json::Object(root)) = (schema.as_object_mut(), root) {
            schema.extend(root);
            schema.insert("$defs".to_owned(), Json::Object(tables));
            schema.insert("allOf".to_owned(), Format::WORDS.iter().map(refused).collect());
        }
        schema
    }
}

/// The schema of a mapping with known keys; mappings in it are added to `tables`.
fn mapping(table: &Table, tables: &mut Map<String, Json>) -> Json {
    let mut properties = Map::new();
    for key in &table.rows {
        let mut value = value(&key.value, tables);
        if let Some(value) = value.as_object_mut() {
            value.insert("description".to_owned(), description(key).into());
        }
        properties.insert(key.name.to_owned(), value);
    }
    let required: Vec<&str> = table.rows.iter().filter(|key| key.required).map(|key| key.name).collect();
    json!({ "type": "object", "properties": properties, "required": required, "additionalProperties": false })
}

/// The description of a key, behind the containers that have a place for it where not all do.
fn description(key: &Row) -> String {
    let containers: Vec<&str> = key.places.iter().map(|format| format.name()).collect();
    if containers.is_empty() {
        key.about.to_owned()
    } else {
        format!("{}: {}", containers.join(", "), key.about)
    }
}

/// The keys that a container refuses.
fn refused((word, format): &(&str, Format)) -> Json {
    json!({ "if": { "properties": { "format": { "const": word } }, "required": ["format"] }, "then": without(&table::<Spec>(), *format) })
}

/// The parts of a mapping that a container refuses. Lists that contain themselves, like links, have no such parts.
fn without(table: &Table, format: Format) -> Json {
    let mut properties = Map::new();
    for key in &table.rows {
        let nested = |of: fn() -> Table| {
            let of = of();
            if of.name == table.name { json!({}) } else { without(&of, format) }
        };
        let value = match &key.value {
            _ if !key.is_in(format) => json!(false),
            Value::One(of) | Value::OneOr(_, of) | Value::OneOrScalar(of) => nested(*of),
            Value::Many(of) => in_list(nested(*of)),
            Value::OneOrMany(of) => {
                let mut one = nested(*of);
                if let (Some(one), Json::Object(many)) = (one.as_object_mut(), in_list(nested(*of))) {
                    one.extend(many);
                }
                one
            }
            _ => continue,
        };
        if value != json!({}) {
            properties.insert(key.name.to_owned(), value);
        }
    }
    if properties.is_empty() { json!({}) } else { json!({ "properties": properties }) }
}

fn in_list(of: Json) -> Json {
    if of == json!({}) { of } else { json!({ "items": of }) }
}

fn reference(of: fn() -> Table, tables: &mut Map<String, Json>) -> Json {
    let of = of();
    let name = of.name.rsplit(' ').next().unwrap_or(of.name);
    if !tables.contains_key(name) {
        tables.insert(name.to_owned(), Json::Null);
        let built = mapping(&of, tables);
        tables.insert(name.to_owned(), built);
    }
    json!({ "$ref": format!("#/$defs/{name}") })
}

fn value(value: &Value, tables: &mut Map<String, Json>) -> Json {
    let any = |choices: Vec<Json>| json!({ "anyOf": choices });
    let words = |words: &[&str]| json!({ "enum": words });
    let list = |of: Json| json!({ "type": "array", "items": of });
    match value {
        Value::Scalar | Value::Number => scalar(),
        Value::NumberOr(names) => any(vec![words(names), scalar()]),
        Value::Flag => json!({ "type": "boolean" }),
        Value::Word(names) => words(names),
        Value::Protection => json!({ "type": "string", "pattern": "^[r-][w-][x-]$" }),
        Value::Content => {
            let values = json!({ "$ref": "#/$defs/values" });
            if !tables.contains_key("values") {
                let nested = any(vec![scalar(), list(json!({ "$ref": "#/$defs/values" }))]);
                tables.insert("values".to_owned(), nested);
            }
            let by_offset = json!({ "type": "object", "additionalProperties": values });
            any(vec![values, by_offset])
        }
        Value::Registers => json!({ "type": "object", "additionalProperties": scalar() }),
        Value::Scalars => list(scalar()),
        Value::Words(names) => any(vec![json!({ "type": "boolean" }), list(words(names))]),
        Value::One(of) => any(vec![reference(*of, tables)]),
        Value::OneOr(names, of) => any(vec![words(names), reference(*of, tables)]),
        Value::OneOrScalar(of) => any(vec![scalar(), reference(*of, tables)]),
        Value::Many(of) => list(reference(*of, tables)),
        Value::OneOrMany(of) => {
            let one = reference(*of, tables);
            any(vec![one.clone(), list(one), json!({ "type": "null" })])
        }
    }
}
