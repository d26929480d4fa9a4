//! Namespace aliases: `namespace fs = std::filesystem`, which is a DW_TAG_imported_declaration with a name.

use std::sync::PoisonError;

use gimli::constants::{self, DwTag};

use super::name::{Part, joined, parts};
use super::reading::{HOPS, Reading, TYPES};
use super::walk::{By, Walk};
use crate::types::TypeError;

/// The most aliases that are replaced in one name.
const ALIASES: usize = 4;

impl Reading {
    /// The results of `find` for a name, or for that name with its namespace aliases replaced.
    pub(super) fn through_aliases<T>(
        &self,
        name: &str,
        find: impl Fn(&str) -> Result<Vec<T>, TypeError>,
    ) -> Result<Vec<T>, TypeError> {
        let mut found = find(name)?;
        let mut names = vec![name.to_owned()];
        for _ in 0..ALIASES {
            if !found.is_empty() || names.is_empty() {
                break;
            }
            let mut next = Vec::new();
            for name in &names {
                next.extend(self.without_alias(name)?);
            }
            for name in &next {
                found.extend(find(name)?);
            }
            names = next;
        }
        Ok(found)
    }

    /// A name with its first namespace alias replaced. There are several if units define the alias differently.
    fn without_alias(&self, name: &str) -> Result<Vec<String>, TypeError> {
        let asked = parts(name);
        for end in 1..asked.len() {
            let Some((scope, rest)) = asked.split_at_checked(end) else { break };
            let meant = self.namespaces_called(scope)?;
            if !meant.is_empty() {
                return Ok(meant.iter().map(|meant| format!("{meant}::{}", joined(rest))).collect());
            }
        }
        Ok(Vec::new())
    }

    /// The full names of the namespaces that an alias stands for.
    fn namespaces_called(&self, alias: &[Part]) -> Result<Vec<String>, TypeError> {
        let name = joined(alias);
        let known = self.aliases.lock().unwrap_or_else(PoisonError::into_inner).get(&name).cloned();
        if let Some(known) = known {
            return Ok(known);
        }
        let Some(last) = alias.last() else { return Ok(Vec::new()) };
        let mut meant = Vec::new();
        for (mut place, _) in self.walked(Walk::new(alias, &last.name, By::Name, is_alias))?.found {
            // An alias may name another alias.
            for _ in 0..HOPS {
                let Some(key) = self.refers(&place.unit, &place.entry, constants::DW_AT_import)? else {
                    break;
                };
                place = self.place(key)?;
            }
            if place.entry.tag == constants::DW_TAG_namespace {
                let own = joined(&self.full_name(&place, false)?);
                if !meant.contains(&own) {
                    meant.push(own);
                }
            }
        }
        let mut aliases = self.aliases.lock().unwrap_or_else(PoisonError::into_inner);
        if aliases.len() >= TYPES {
            aliases.clear();
        }
        aliases.insert(name, meant.clone());
        Ok(meant)
    }
}

fn is_alias(tag: DwTag) -> bool {
    tag == constants::DW_TAG_imported_declaration
}
