//! The scopes around a DIE in its unit.

use gimli::constants::{self, DwTag};

use super::unit::{Header, Source, Want};

/// The most scopes of a unit that are kept.
const SCOPES: usize = 1 << 20;

/// The scopes of a unit: namespaces, types and functions.
#[derive(Debug, Default)]
pub(super) struct Scopes {
    /// The scopes in the order of their start offsets.
    scopes: Vec<Scope>,
}

#[derive(Debug)]
struct Scope {
    start: u64,
    end: u64,
    parent: Option<u32>,
}

/// Whether a DIE with this tag is a scope of names.
pub(super) fn is_scope(tag: DwTag) -> bool {
    matches!(
        tag,
        constants::DW_TAG_namespace
            | constants::DW_TAG_structure_type
            | constants::DW_TAG_class_type
            | constants::DW_TAG_union_type
            | constants::DW_TAG_enumeration_type
            | constants::DW_TAG_interface_type
            | constants::DW_TAG_module
            | constants::DW_TAG_subprogram
    )
}

impl Scopes {
    /// The scopes of a unit. If the unit is damaged, these are the scopes before the damage.
    pub(super) fn of(source: &Source, header: &Header) -> Scopes {
        let mut scopes: Vec<Scope> = Vec::new();
        let mut open: Vec<(u32, u32)> = Vec::new();
        if let Ok(mut cursor) = source.cursor(header, header.root) {
            let want = |tag: DwTag| if is_scope(tag) { Want::Tag } else { Want::Nothing };
            loop {
                let entry = cursor.next(want).ok().flatten();
                for (closed, at) in cursor.take_closed() {
                    while let Some((_, scope)) = open.pop_if(|(depth, _)| *depth >= closed) {
                        if let Some(scope) = scopes.get_mut(scope as usize) {
                            scope.end = at;
                        }
                    }
                }
                let Some(entry) = entry else { break };
                if !entry.has_children {
                    continue;
                }
                let Some(number) = u32::try_from(scopes.len()).ok().filter(|_| scopes.len() < SCOPES) else {
                    break;
                };
                let parent = open.last().map(|(_, scope)| *scope);
                scopes.push(Scope { start: entry.offset, end: header.end, parent });
                open.push((entry.depth, number));
            }
        }
        Scopes { scopes }
    }

    /// The start offsets of the scopes around an offset, the innermost first.
    pub(super) fn around(&self, offset: u64) -> Vec<u64> {
        let before = self.scopes.partition_point(|scope| scope.start < offset);
        let mut at = before.checked_sub(1);
        let mut around = Vec::new();
        while let Some(scope) = at.and_then(|at| self.scopes.get(at)) {
            if offset < scope.end {
                around.push(scope.start);
            }
            at = scope.parent.map(|parent| parent as usize);
        }
        around
    }
}
