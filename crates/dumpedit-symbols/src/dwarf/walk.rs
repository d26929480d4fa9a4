//! A walk over the units that can have a name, and the DIEs that have it.

use std::sync::Arc;

use gimli::constants::{self, DwAt, DwTag};

use super::name::{Part, joined, matches, may_be_same};
use super::reading::{HOPS, Place, Reading, Unit};
use super::scopes::is_scope;
use super::search::Candidate;
use super::templates::may_get_arguments;
use super::unit::{Entry, Want};
use crate::types::TypeError;

/// The most variables or types of one name.
pub(super) const FOUND: usize = 256;
/// The most near names that are kept.
const NEAR: usize = 8;
/// The deepest nesting of DIEs.
const DEPTH: u32 = 4096;

/// The kind of name that a walk looks for.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum By {
    /// The full name, with its scopes.
    Name,
    /// The last part of a name, in any scope.
    LastPart,
    /// The linker's name.
    Linkage,
}

impl By {
    /// The attributes that have names of this kind.
    fn names(self) -> &'static [DwAt] {
        match self {
            By::Name | By::LastPart => &[constants::DW_AT_name],
            By::Linkage => &[constants::DW_AT_linkage_name, constants::DW_AT_MIPS_linkage_name],
        }
    }
}

/// The search of a walk over units, and its results.
pub(super) struct Walk<'a> {
    pub(super) asked: &'a [Part],
    pub(super) last: &'a str,
    pub(super) by: By,
    pub(super) wanted: fn(DwTag) -> bool,
    /// Whether parts of a unit are walked, too, that cannot add a name but may add a location.
    pub(super) thorough: bool,
    /// The DIEs that have this name, and their full names.
    pub(super) found: Vec<(Place, String)>,
    /// The full names whose last part is the same.
    pub(super) near: Vec<String>,
    /// Why something could not be read.
    pub(super) trouble: Option<TypeError>,
}

impl<'a> Walk<'a> {
    pub(super) fn new(asked: &'a [Part], last: &'a str, by: By, wanted: fn(DwTag) -> bool) -> Walk<'a> {
        let (found, near) = (Vec::new(), Vec::new());
        Walk { asked, last, by, wanted, thorough: false, found, near, trouble: None }
    }

    /// The same walk, which skips no part of a unit.
    pub(super) fn thorough(self) -> Walk<'a> {
        Walk { thorough: true, ..self }
    }

    /// Whether the name may be of a variable in a function.
    fn is_deep(&self) -> bool {
        self.by != By::Name || self.asked.len() > 1
    }
}

impl Reading {
    /// Walks the units that an index lists for a name; `None` if no index lists any.
    pub(super) fn walked_by_index<'a>(
        &self,
        asked: &'a [Part],
        last: &'a str,
        wanted: fn(DwTag) -> bool,
    ) -> Result<Option<Walk<'a>>, TypeError> {
        let source = self.source(0)?;
        let Some(units) = self.indexed(&source, asked) else { return Ok(None) };
        let mut walk = Walk::new(asked, last, By::Name, wanted);
        for offset in units {
            match self.unit(0, offset).and_then(|unit| self.whole(&unit)) {
                Ok(whole) => {
                    let candidate = Candidate { unit: whole.header.offset, hits: None };
                    self.walk_unit(whole.number, &candidate, &mut walk);
                }
                Err(error) => walk.trouble = Some(error),
            }
        }
        Ok(Some(walk).filter(|walk| walk.trouble.is_none()))
    }

    /// Walks the units that can have the name.
    pub(super) fn walked<'a>(&self, mut walk: Walk<'a>) -> Result<Walk<'a>, TypeError> {
        // Split units are walked through their skeletons.
        let mut own = vec![0];
        own.extend(self.sibling_source(&*self.source(0)?, "debug_types"));
        match self.supplementary() {
            Ok(number) => own.extend(number),
            Err(error) => walk.trouble = Some(error),
        }
        for number in own {
            let source = self.source(number)?;
            for candidate in self.candidates(&source, walk.last)? {
                self.walk_unit(number, &candidate, &mut walk);
            }
            if walk.trouble.is_none() {
                walk.trouble = source.damage();
            }
        }
        self.walk_splits(&mut walk)?;
        Ok(walk)
    }

    fn walk_unit(&self, number: u32, candidate: &Candidate, walk: &mut Walk<'_>) {
        // This many are enough: the name is ambiguous, or that of a type in a header.
        if walk.found.len() >= FOUND {
            return;
        }
        let hits = candidate.hits.as_deref().filter(|_| !walk.thorough);
        let result = self.unit(number, candidate.unit).and_then(|unit| self.visit(&unit, hits, walk));
        if let Err(error) = result {
            walk.trouble.get_or_insert(error);
        }
    }

    /// Walks the split units whose files can have the name.
    fn walk_splits(&self, walk: &mut Walk<'_>) -> Result<(), TypeError> {
        let source = self.source(0)?;
        if source.object.section("debug_addr").is_none() {
            return Ok(());
        }
        let mut candidates: Vec<(u32, Vec<Candidate>)> = Vec::new();
        for offset in &source.units().offsets {
            let header = source.header(*offset)?;
            if header.encoding.version >= 5 && header.split_id.is_none() {
                continue;
            }
            let whole = self.unit(0, *offset).and_then(|unit| {
                let whole = self.whole(&unit)?;
                Ok((!Arc::ptr_eq(&unit, &whole)).then_some(whole))
            });
            let whole = match whole {
                Ok(Some(whole)) => whole,
                Ok(None) => continue,
                Err(error) => {
                    walk.trouble.get_or_insert(error);
                    continue;
                }
            };
            if !candidates.iter().any(|(number, _)| *number == whole.number) {
                candidates.truncate(64);
                candidates.insert(0, (whole.number, self.candidates(&whole.source, walk.last)?));
            }
            let known = candidates.iter().find(|(number, _)| *number == whole.number);
            let is_it = |candidate: &&Candidate| candidate.unit == whole.header.offset;
            if let Some(candidate) = known.and_then(|(_, units)| units.iter().find(is_it)) {
                self.walk_unit(whole.number, candidate, walk);
            }
        }
        Ok(())
    }

    /// Walks one unit. If the offsets of possible matches are known, scopes without one are skipped.
    fn visit(&self, unit: &Arc<Unit>, hits: Option<&[u64]>, walk: &mut Walk<'_>) -> Result<(), TypeError> {
        let (is_wanted, is_deep) = (walk.wanted, walk.is_deep());
        let want = |tag: DwTag| match (is_wanted(tag), is_scope(tag)) {
            (true, _) => Want::Attributes,
            // The attributes of a scope say where its children end.
            (_, true) if hits.is_some() || !is_deep => Want::Attributes,
            (_, true) => Want::Tag,
            _ => Want::Nothing,
        };
        let is_hit = |from: u64, to: u64| {
            hits.is_none_or(|hits| {
                hits.get(hits.partition_point(|hit| *hit < from)).is_some_and(|hit| *hit < to)
            })
        };
        let mut cursor = unit.source.cursor(&unit.header, unit.header.root)?;
        // The scopes around the next DIE: depth, offset, and whether it is a function.
        let mut scopes: Vec<(u32, u64, bool)> = Vec::new();
        let mut found: Vec<(Entry, Vec<u64>)> = Vec::new();
        while let Some(entry) = cursor.next(want)? {
            for (closed, _) in cursor.take_closed() {
                while scopes.pop_if(|(depth, ..)| *depth >= closed).is_some() {}
            }
            while scopes.pop_if(|(depth, ..)| *depth >= entry.depth).is_some() {}
            if entry.depth > DEPTH {
                return Err(unit.damaged(&entry, "entries are nested too deeply"));
            }
            let in_function = scopes.iter().any(|(.., is_function)| *is_function);
            // A member of a struct is a variable only if it is static.
            let is_static = entry.tag != constants::DW_TAG_member
                || entry.flag(constants::DW_AT_declaration)
                || entry.flag(constants::DW_AT_external);
            let is_candidate = is_wanted(entry.tag) && is_static && (!in_function || is_deep);
            let has_own_name = walk.by.names().iter().any(|name| entry.value(*name).is_some());
            if is_candidate
                && (!has_own_name || is_hit(entry.offset, cursor.offset()))
                && has_name(self, unit, &entry, walk)?
            {
                found.push((entry.clone(), scopes.iter().rev().map(|(_, offset, _)| *offset).collect()));
            }
            if is_scope(entry.tag) && entry.has_children {
                let is_function = entry.tag == constants::DW_TAG_subprogram;
                let is_namespace = entry.tag == constants::DW_TAG_namespace;
                // A DIE in a namespace may complete another one elsewhere and then has no name.
                let is_empty = match cursor.end_of_children(&entry) {
                    Some(end) => !is_namespace && !is_hit(cursor.offset(), end),
                    None => false,
                };
                let is_unneeded = is_empty || is_function && !is_deep;
                if !(is_unneeded && cursor.skip_children(&entry)) {
                    scopes.push((entry.depth, entry.offset, is_function));
                }
            }
        }
        for (entry, around) in found {
            let place = Place { unit: Arc::clone(unit), entry };
            let functions = is_variable(place.entry.tag);
            let known = self.name_in(&place, &around, functions)?;
            if walk.by == By::Name && !matches(walk.asked, &known) {
                if walk.near.len() < NEAR {
                    walk.near.push(joined(&known));
                }
            } else if walk.found.len() < FOUND {
                walk.found.push((place, joined(&known)));
            }
        }
        Ok(())
    }
}

/// Whether a DIE, or the DIE that it completes, has the name that is asked for.
fn has_name(
    reading: &Reading,
    unit: &Arc<Unit>,
    entry: &Entry,
    walk: &mut Walk<'_>,
) -> Result<bool, TypeError> {
    let mut place = Place { unit: Arc::clone(unit), entry: entry.clone() };
    for _ in 0..HOPS {
        let mut names = walk.by.names().iter().map(|name| reading.text(&place.unit, &place.entry, *name));
        match names.find(|name| !matches!(name, Ok(None))) {
            Some(Ok(Some(name))) if walk.by == By::Linkage => return Ok(name == walk.last),
            Some(Ok(Some(name))) if may_get_arguments(walk.last, &name) => {
                let name = reading.name_with_arguments(&place)?;
                return Ok(may_be_same(walk.last, &name));
            }
            Some(Ok(Some(name))) => return Ok(may_be_same(walk.last, &name)),
            Some(Err(error @ TypeError::Incomplete { .. })) => {
                walk.trouble.get_or_insert(error);
                return Ok(false);
            }
            Some(Err(error)) => return Err(error),
            _ => {}
        }
        match reading.completes(&place.unit, &place.entry) {
            Ok(Some(key)) => place = reading.place(key)?,
            Ok(None) => return Ok(false),
            Err(error @ TypeError::Incomplete { .. }) => {
                walk.trouble.get_or_insert(error);
                return Ok(false);
            }
            Err(error) => return Err(error),
        }
    }
    Ok(false)
}

pub(super) fn is_variable(tag: DwTag) -> bool {
    matches!(tag, constants::DW_TAG_variable | constants::DW_TAG_member | constants::DW_TAG_constant)
}
