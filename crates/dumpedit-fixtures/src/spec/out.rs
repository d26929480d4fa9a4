//! The output of a spec: a tree of texts and contents.

use super::content::ContentSpec;

/// The keys of a mapping, and their values.
pub(super) type Entries<'a> = Vec<(&'a str, Out<'a>)>;

/// A node of the document.
pub(super) enum Out<'a> {
    Text(String),
    Flag(bool),
    /// A mapping on one line.
    Flow(Entries<'a>),
    Map(Entries<'a>),
    List(Vec<Out<'a>>),
    /// A list on one line.
    Texts(Vec<String>),
    Content(&'a ContentSpec),
}
