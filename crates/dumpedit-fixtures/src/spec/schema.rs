//! The JSON Schema of a spec, from the table of its keys.

use serde_json::{Map, Value as Json, json};

use super::Spec;
use super::keys::{self, Shape, Value};

/// What editors that read the schema need to know of a scalar: YAML takes `0x10` for a number, and a spec does not mind.
fn scalar() -> Json {
    json!({ "type": ["string", "number"] })
}

impl Spec {
    /// The JSON Schema (draft 2020-12) of a spec, for editors that complete and check YAML.
    pub fn schema() -> Json {
        let mut shapes = Map::new();
        let root = shape(&keys::SPEC, &mut shapes);
        let mut schema = json!({
            "$schema": "https://json-schema.org/draft/2020-12/schema",
            "title": "A crash dump for dumpedit synth",
        });
        if let (Some(schema), Json::Object(root)) = (schema.as_object_mut(), root) {
            schema.extend(root);
            schema.insert("$defs".to_owned(), Json::Object(shapes));
        }
        schema
    }
}

/// A mapping with known keys; the shapes in it are added to `shapes`.
fn shape(shape: &'static Shape, shapes: &mut Map<String, Json>) -> Json {
    let mut properties = Map::new();
    for key in shape.keys {
        let mut value = value(&key.value, shapes);
        if let Some(value) = value.as_object_mut() {
            value.insert("description".to_owned(), key.about.into());
        }
        properties.insert(key.name.to_owned(), value);
    }
    let required: Vec<&str> = shape.keys.iter().filter(|key| key.required).map(|key| key.name).collect();
    json!({ "type": "object", "properties": properties, "required": required, "additionalProperties": false })
}

fn reference(of: &'static Shape, shapes: &mut Map<String, Json>) -> Json {
    let name = of.name.rsplit(' ').next().unwrap_or(of.name);
    if !shapes.contains_key(name) {
        shapes.insert(name.to_owned(), Json::Null);
        let built = shape(of, shapes);
        shapes.insert(name.to_owned(), built);
    }
    json!({ "$ref": format!("#/$defs/{name}") })
}

fn value(value: &Value, shapes: &mut Map<String, Json>) -> Json {
    let any = |choices: Vec<Json>| json!({ "anyOf": choices });
    let words = |words: &[&str]| json!({ "enum": words });
    let list = |of: Json| json!({ "type": "array", "items": of });
    match value {
        Value::Number | Value::Address | Value::Text | Value::PageProtection => scalar(),
        Value::NumberOr(names) => any(vec![words(names), scalar()]),
        Value::Flag => json!({ "type": "boolean" }),
        Value::Word(names) => words(names),
        Value::Protection => json!({ "type": "string", "pattern": "^[r-][w-][x-]$" }),
        Value::Content => {
            let values = json!({ "$ref": "#/$defs/values" });
            if !shapes.contains_key("values") {
                let nested = any(vec![scalar(), list(json!({ "$ref": "#/$defs/values" }))]);
                shapes.insert("values".to_owned(), nested);
            }
            let by_offset = json!({ "type": "object", "additionalProperties": values });
            any(vec![values, by_offset])
        }
        Value::Registers => json!({ "type": "object", "additionalProperties": scalar() }),
        Value::Addresses => list(scalar()),
        Value::Words(names) => any(vec![json!({ "type": "boolean" }), list(words(names))]),
        Value::One(shape) => any(vec![reference(shape, shapes)]),
        Value::OneOr(names, shape) => any(vec![words(names), reference(shape, shapes)]),
        Value::OneOrNumber(shape) | Value::OneOrText(shape) => any(vec![scalar(), reference(shape, shapes)]),
        Value::Many(shape) => list(reference(shape, shapes)),
        Value::OneOrMany(shape) => {
            let one = reference(shape, shapes);
            any(vec![one.clone(), list(one), json!({ "type": "null" })])
        }
    }
}
