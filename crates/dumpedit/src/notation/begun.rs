//! Completions of a text: names of symbols, and members of the variables that they name.

use dumpedit_symbols::types::{Shape, resolved};

use crate::notation::Scope;

impl Scope<'_> {
    /// Texts that begin with a text and name a symbol or a part of a variable, at most `most`. None for an empty text.
    pub fn begun(&self, text: &str, most: usize) -> Vec<String> {
        let Some(symbols) = self.dump().named_symbols() else { return Vec::new() };
        let step = [".", "->"].iter().filter_map(|step| Some(text.rfind(step)? + step.len())).max();
        let members = step.and_then(|at| {
            let (path, member) = text.split_at_checked(at)?;
            let members = self.members(path.trim_end_matches(['.', '-', '>']))?;
            let begun = members.into_iter().filter(|name| name.starts_with(member));
            Some(begun.take(most).map(|name| format!("{path}{name}")).collect())
        });
        let bare = text.trim_start_matches(['*', '&', '(']);
        let prefix = text.get(..text.len().saturating_sub(bare.len())).unwrap_or_default();
        members.unwrap_or_else(|| match bare {
            "" => Vec::new(),
            bare => symbols.starting(bare, most).into_iter().map(|name| format!("{prefix}{name}")).collect(),
        })
    }

    /// The members of a path's target, or of its pointer's target.
    fn members(&self, path: &str) -> Option<Vec<String>> {
        let typed = self.typed(path).ok()?;
        let reader = typed.reader()?;
        let mut type_ = typed.type_().ok()?;
        if let Shape::Pointer { to, .. } = &type_.shape {
            type_ = resolved(&**reader, to).ok()?;
        }
        let Shape::Struct { members, .. } = &type_.shape else { return None };
        let named = members.iter().filter(|member| !member.base_class && !member.name.is_empty());
        // The parts of a tuple are named by numbers.
        Some(named.map(|member| member.name.trim_start_matches("__").to_owned()).collect())
    }
}
