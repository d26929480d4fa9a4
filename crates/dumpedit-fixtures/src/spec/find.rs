//! Finds a piece of a spec in its text: follows the path from the top of the spec in the text's tree.

use super::place::{Step, TextPlace};
use super::yaml::{self, Node, NodeKind};

/// The place in a text of the piece that steps lead to, the last step first.
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
            // A single value may replace a mapping or a list: `xstate: 7`.
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
