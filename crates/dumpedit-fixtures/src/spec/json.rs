//! A spec as JSON: its YAML, with flags and small numbers typed by the table of its keys.

use std::io;

use serde_json::{Map, Value as Json};

use super::Spec;
use super::mapping::{Table, Value, table};
use super::yaml::{self, Node, NodeKind};

impl Spec {
    /// The spec as JSON that [`Spec::schema`] describes. JSON is YAML: [`Spec::from_yaml`] reads its text.
    ///
    /// # Errors
    /// Errors of reading the contents.
    pub fn to_json(&self) -> io::Result<Json> {
        let node = yaml::parse(&self.to_yaml()?).map_err(io::Error::other)?;
        Ok(node.map_or(Json::Null, |node| mapping(node, &table::<Spec>())))
    }
}

fn mapping(node: Node, table: &Table) -> Json {
    let NodeKind::Map(entries) = node.kind else { return plain(node) };
    let entries = entries.into_iter().map(|(name, _, node)| {
        let key = table.rows.iter().find(|key| key.name == name);
        let json = key.map_or_else(|| Json::Null, |key| typed(node, &key.value));
        (name, json)
    });
    Json::Object(entries.collect::<Map<_, _>>())
}

/// Converts a value of a known kind.
fn typed(node: Node, kind: &Value) -> Json {
    match (kind, &node.kind) {
        (Value::Flag | Value::Words(_), NodeKind::Text(text)) if text == "true" => Json::Bool(true),
        (Value::Flag, NodeKind::Text(text)) if text == "false" => Json::Bool(false),
        (Value::Number, NodeKind::Text(text)) => decimal(text).unwrap_or_else(|| Json::String(text.clone())),
        (
            Value::One(of) | Value::OneOr(_, of) | Value::OneOrScalar(of) | Value::OneOrMany(of),
            NodeKind::Map(_),
        ) => mapping(node, &of()),
        (Value::Many(of) | Value::OneOrMany(of), NodeKind::List(_)) => {
            let NodeKind::List(items) = node.kind else { return Json::Null };
            let table = of();
            items.into_iter().map(|item| mapping(item, &table)).collect()
        }
        _ => plain(node),
    }
}

/// A decimal number that JSON numbers represent exactly.
fn decimal(text: &str) -> Option<Json> {
    const MOST: u64 = 1 << 53;
    text.parse::<u64>().ok().filter(|number| *number <= MOST && number.to_string() == text).map(Json::from)
}

/// Converts a value to its texts.
fn plain(node: Node) -> Json {
    match node.kind {
        NodeKind::Text(text) => Json::String(text),
        NodeKind::Nothing => Json::Null,
        NodeKind::List(items) => items.into_iter().map(plain).collect(),
        NodeKind::Map(entries) => {
            Json::Object(entries.into_iter().map(|(name, _, node)| (name, plain(node))).collect())
        }
    }
}
