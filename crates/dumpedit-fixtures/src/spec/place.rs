//! Where a text has a piece of a spec: the way from the top of the spec to the piece, followed in the text's tree.

use super::yaml::{self, Node, NodeKind};

/// A piece of a spec's text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct TextPlace {
    /// The line, from 1.
    pub line: u32,
    /// The first letter's column, from 1.
    pub column: u32,
    /// How many letters it has.
    pub length: u32,
}

/// A step on the way to a piece of a spec.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Step {
    /// To the value of a key.
    Key(&'static str),
    /// To an entry of a list.
    Index(usize),
    /// To the name of a register.
    Name(String),
    /// To the value of a register.
    Value(String),
    /// To a piece of a content, in the order of the pieces.
    Piece(usize),
}

impl From<&'static str> for Step {
    fn from(key: &'static str) -> Step {
        Step::Key(key)
    }
}

impl From<usize> for Step {
    fn from(index: usize) -> Step {
        Step::Index(index)
    }
}

/// Where a text has the piece that steps lead to, the last of them first.
pub(crate) fn find(text: &str, steps: &[Step]) -> Option<TextPlace> {
    let document = yaml::parse(text).ok()??;
    let mut node = &document;
    for step in steps.iter().rev() {
        node = match (step, &node.kind) {
            (Step::Name(name), NodeKind::Map(entries)) => {
                return entries.iter().find(|(key, ..)| key == name).map(|(_, place, _)| *place);
            }
            (Step::Key(name), NodeKind::Map(entries)) => value(entries, name)?,
            (Step::Value(name), NodeKind::Map(entries)) => value(entries, name)?,
            (Step::Index(index), NodeKind::List(items)) => items.get(*index)?,
            (Step::Piece(index), _) => pieces(node).nth(*index)?,
            // One value may be given in place of a mapping or of a list: `xstate: 7`.
            _ => node,
        };
    }
    Some(node.place)
}

fn value<'n>(entries: &'n [(String, TextPlace, Node)], name: &str) -> Option<&'n Node> {
    entries.iter().find(|(key, ..)| key == name).map(|(.., value)| value)
}

/// The values of a content, as `kinds::Bytes` reads them.
fn pieces(node: &Node) -> Box<dyn Iterator<Item = &Node> + '_> {
    match &node.kind {
        NodeKind::Text(_) => Box::new(std::iter::once(node)),
        NodeKind::List(items) => Box::new(items.iter().flat_map(pieces)),
        NodeKind::Map(entries) => Box::new(entries.iter().flat_map(|(.., value)| pieces(value))),
        NodeKind::Nothing => Box::new(std::iter::empty()),
    }
}
