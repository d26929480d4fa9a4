//! YAML as a tree of texts: no scalar is taken for a number. The only module that knows the YAML crate.
//!
//! The crate is the parser under `serde-saphyr`. Serde itself would guess the type of a scalar wherever a value can have several shapes,
//! and lose that `0000` was text.

use std::cell::OnceCell;

use granit_parser::{Event, Parser, ScalarStyle, Span};

use super::place::TextPlace;

/// A node of a YAML document.
#[derive(Clone, Debug)]
pub(super) struct Node {
    pub(super) place: TextPlace,
    pub(super) kind: NodeKind,
}

/// Contents of a node.
#[derive(Clone, Debug)]
pub(super) enum NodeKind {
    /// A text, whatever it looks like.
    Text(String),
    /// A key without a value.
    Nothing,
    /// A list.
    List(Vec<Node>),
    /// A mapping in order, with the places of its keys.
    Map(Vec<(String, TextPlace, Node)>),
}

/// Error of a text that is not YAML, or not the YAML of specs.
#[derive(Debug, thiserror::Error)]
#[error("{text}")]
pub(crate) struct NotYaml {
    pub(crate) text: String,
    pub(crate) place: TextPlace,
}

/// Most levels of nesting; specs have fewer.
const DEEPEST: usize = 32;

/// Parses the one document of a text; `None` where there is none.
pub(super) fn parse(source: &str) -> Result<Option<Node>, NotYaml> {
    let mut document = None;
    let letters = OnceCell::new();
    let mut open: Vec<Open> = Vec::new();
    for event in Parser::new_from_str(source) {
        let (event, span) = event.map_err(|error| {
            let marker = error.marker();
            let place = TextPlace {
                line: number(marker.line()),
                column: number(marker.col()).saturating_add(1),
                length: 1,
            };
            NotYaml { text: error.info(), place }
        })?;
        let place = place(span);
        let refuse = |what: &str| Err(NotYaml { text: what.to_owned(), place });
        let node = match event {
            Event::DocumentStart(..) if document.is_some() => {
                return refuse("a spec must be a single YAML document");
            }
            Event::Scalar(text, style, ..) => {
                let plain = matches!(style, ScalarStyle::Plain);
                // The parser gives `~` for a missing value.
                let written = |letters: &Vec<char>| letters.get(span.start.index()) == Some(&'~');
                let nothing = plain
                    && (text.is_empty()
                        || *text == *"~" && !written(letters.get_or_init(|| source.chars().collect())));
                Node {
                    place,
                    kind: if nothing { NodeKind::Nothing } else { NodeKind::Text(text.into_owned()) },
                }
            }
            Event::SequenceStart(..) | Event::MappingStart(..) => {
                if open.len() >= DEEPEST {
                    return refuse("this is nested too deeply");
                }
                let kind = match event {
                    Event::SequenceStart(..) => NodeKind::List(Vec::new()),
                    _ => NodeKind::Map(Vec::new()),
                };
                open.push(Open { node: Node { place, kind }, key: None });
                continue;
            }
            Event::SequenceEnd | Event::MappingEnd => match open.pop() {
                Some(Open { node, .. }) => node,
                None => continue,
            },
            Event::Alias(..) => return refuse("YAML aliases are not supported in a spec; use a label"),
            _ => continue,
        };
        match open.last_mut() {
            None => document = Some(node),
            Some(parent) => parent.take(node)?,
        }
    }
    Ok(document)
}

/// An open list or mapping, and the key of a mapping that waits for its value.
struct Open {
    node: Node,
    key: Option<(String, TextPlace)>,
}

impl Open {
    fn take(&mut self, node: Node) -> Result<(), NotYaml> {
        match &mut self.node.kind {
            NodeKind::List(items) => items.push(node),
            NodeKind::Map(entries) => match self.key.take() {
                Some((key, place)) => entries.push((key, place, node)),
                None => match node.kind {
                    NodeKind::Text(text) => self.key = Some((text, node.place)),
                    NodeKind::Nothing => self.key = Some((String::new(), node.place)),
                    _ => {
                        return Err(NotYaml { text: "a key is a word".to_owned(), place: node.place });
                    }
                },
            },
            NodeKind::Text(_) | NodeKind::Nothing => {}
        }
        Ok(())
    }
}

fn number(count: usize) -> u32 {
    u32::try_from(count).unwrap_or(u32::MAX)
}

fn place(span: Span) -> TextPlace {
    let (start, end) = (span.start, span.end);
    let letters = end.index().saturating_sub(start.index());
    let length = if start.line() == end.line() { letters } else { usize::MAX };
    TextPlace {
        line: number(start.line()),
        column: number(start.col()).saturating_add(1),
        length: number(length.max(1)),
    }
}
