//! The lines that set fields, and those that write other differences in notes and streams.
//!
//! Each line is done in an edit of A that is never committed, so that its changes beside its own field are known to the lines that follow.

use std::collections::HashMap;
use std::ops::ControlFlow;

use dumpedit_formats::fields::{Field, FieldKind, FieldPlace, Fields, Room, is_name};
use dumpedit_layout::{Location, NoticeKind, Span, Subject, joined};

use super::Writer;
use super::part_lines::Parts;
use super::segments::SegmentPairs;
use crate::diff::{DiffError, OutsideDifference, Side};
use crate::dump::Dump;
use crate::edit::Edit;
use crate::error::Error;
use crate::field::FieldValue;
use crate::notation::{Assignment, At, Line, NumberText, Operation, Value, hex};

/// Maximum number of bytes that one line writes.
const MOST_BYTES: usize = 64;

/// Maximum size of a stream that one line sets, in bytes.
const MOST_IN_LINE: u64 = 1 << 16;

/// Maximum size of notes and streams that are compared byte by byte.
const MOST_COMPARED: u64 = 1 << 20;

/// Values of a segment that a line can set.
const OF_SEGMENTS: [&str; 2] = [".p_flags", ".p_paddr"];

/// Headings of differences that vanish once some fields have another size, and the roots of these fields. Modules of a core follow from its
/// mapped files.
const RESIZED: [(&str, &str); 4] = [
    ("NT_FILE", "note.file"),
    ("modules", "note.file"),
    ("UnloadedModuleListStream", "unloaded["),
    ("HandleDataStream", "handle["),
];

/// Fields of a segment that are compared.
const COMPARED_OF_SEGMENTS: [&str; 5] = [".p_type", ".p_flags", ".p_vaddr", ".p_paddr", ".p_memsz"];

impl Writer<'_> {
    /// Writes the lines for all fields that both dumps have, and returns the differences that are left. `changed` is A with its parts dropped
    /// and added.
    pub(super) fn fields(
        &mut self,
        parts: &Parts,
        changed: Option<&Dump>,
    ) -> Result<(ControlFlow<()>, Vec<OutsideDifference>), DiffError> {
        let diff = self.diff;
        if !diff.is_whole() {
            return Ok((ControlFlow::Continue(()), Vec::new()));
        }
        let before = diff.outside()?;
        if before.is_empty() || diff.a.layout().format() != diff.b.layout().format() {
            return Ok((ControlFlow::Continue(()), before));
        }
        let mut edit = diff.a.edit();
        let with = WithParts { parts, moved: parts.moved(), changed };
        let flow = self.named_fields(&mut edit, &with)?;
        let flow = if flow.is_continue() { self.other_bytes(&mut edit, &with)? } else { flow };
        let after = diff.outside_of([edit.view(), diff.b.view()])?;
        let fields = diff.a.fields().map_err(Side::A.failed())?;
        let others = diff.b.fields().map_err(Side::B.failed())?;
        let (same_segments, headings) = (self.segments_agree(&edit)?, self.same_numbers());
        let resized = self.resized_alike(&edit)?;
        let is_left = |one: &OutsideDifference| match one.name.as_str() {
            // The layout is that of A before the edit: its fields show the differences that are left.
            name if headings.contains(&name) || resized.iter().any(|alike| alike == name) => false,
            name if name.starts_with("segments, ") => !same_segments,
            // The signal decides whether it has an address.
            name if is_name(name) && [fields, others].iter().any(|of| of.find(name).is_none()) => false,
            name => before.iter().any(|known| known.name == name),
        };
        Ok((flow, after.into_iter().filter(is_left).collect()))
    }

    /// The headings of parts that both dumps have in the same number, so that fields cover all of them.
    fn same_numbers(&self) -> Vec<&'static str> {
        let (a, b) = (self.diff.a.layout(), self.diff.b.layout());
        let numbers = [
            ("modules", a.modules().len() == b.modules().len()),
            ("crash", a.faults().len() == b.faults().len()),
            ("names of threads", a.threads().len() == b.threads().len()),
        ];
        numbers.into_iter().filter(|(_, same)| *same && self.lines > 0).map(|(name, _)| name).collect()
    }

    /// The headings of parts that are equal once the fields that the edit resizes are at their new places.
    fn resized_alike(&self, edit: &Edit) -> Result<Vec<String>, DiffError> {
        let mut alike = Vec::new();
        let resized = || edit.resized_fields().iter().map(|change| change.field.path.as_str());
        for (heading, root) in RESIZED {
            let in_table = |path: &str| path.starts_with(root) || path.starts_with("module[");
            if resized().any(in_table) && self.fields_agree(edit, |field| field.path.starts_with(root))? {
                alike.push(heading.to_owned());
            }
        }
        let streams = resized().filter_map(|path| path.strip_prefix("stream[")?.strip_suffix(']'));
        alike.extend(streams.map(str::to_owned));
        Ok(alike)
    }

    /// Whether some fields of A with the edit equal those of B, one by one.
    fn fields_agree(&self, edit: &Edit, are_meant: impl Fn(&Field) -> bool) -> Result<bool, DiffError> {
        let fields = self.diff.a.fields().map_err(Side::A.failed())?;
        let others = self.diff.b.fields().map_err(Side::B.failed())?;
        let mut others = others.iter().filter(&are_meant);
        for field in fields.iter().filter(&are_meant) {
            let Some(other) = others.next() else { return Ok(false) };
            let now = edit.view().field_value(&field).map_err(Side::A.failed())?;
            if now != self.diff.b.field_value(&other).map_err(Side::B.failed())? {
                return Ok(false);
            }
        }
        Ok(others.next().is_none())
    }

    /// Whether the segments of A with the edit equal those of B.
    fn segments_agree(&self, edit: &Edit) -> Result<bool, DiffError> {
        let fields = self.diff.a.fields().map_err(Side::A.failed())?;
        let others = self.diff.b.fields().map_err(Side::B.failed())?;
        let are_as_many = fields.keys_of_array("segment") == others.keys_of_array("segment");
        let compared = |field: &Field| COMPARED_OF_SEGMENTS.iter().any(|name| field.path.ends_with(name));
        Ok(are_as_many && self.fields_agree(edit, compared)?)
    }

    fn named_fields(&mut self, edit: &mut Edit, with: &WithParts<'_>) -> Result<ControlFlow<()>, DiffError> {
        let diff = self.diff;
        let fields = diff.a.fields().map_err(Side::A.failed())?;
        let others = diff.b.fields().map_err(Side::B.failed())?;
        let segments = SegmentPairs::of(diff, with.parts)?;
        // Modules of one number are others where some are dropped and added.
        let is_renamed = |root: &&&str| **root != "module" || !with.parts.has_modules();
        let renamed = RENAMED.iter().filter(is_renamed).map(|root| Renamed::of(root, fields, others));
        let renamed: Vec<Renamed> = renamed.collect();
        // The names of rows decide which of them are one module: the rows' own lines set their addresses.
        let has_rows = fields.find("note.file[0].start").is_some();
        let is_of_rows = |path: &str| {
            has_rows && path.starts_with("module[") && (path.ends_with("].base") || path.ends_with("].end"))
        };
        // The line of the thread that crashed moves its signal.
        let crashed = fields.find("crash.thread").zip(others.find("crash.thread"));
        let moves_signals = match &crashed {
            Some((ours, theirs)) if ours.stored.iter().any(|stored| stored.room == Room::InOrder) => {
                let ours = diff.a.field_value(ours).map_err(Side::A.failed())?;
                ours != diff.b.field_value(theirs).map_err(Side::B.failed())?
            }
            _ => false,
        };
        let is_moved = |path: &str| with.is_moved(path) || moves_signals && Room::InOrder.moves(path);
        let of_segment = |field: &Field| OF_SEGMENTS.iter().any(|name| field.path.ends_with(name));
        for field in fields.iter().filter(|field| field.is_compared() || of_segment(field)) {
            // Notes and streams as a whole come last; memory and registers have their lines already.
            let is_last = |stored: FieldPlace| field.is_in_bytes() && stored.kind == FieldKind::Bytes;
            let is_told = |stored| is_last(stored) || self.is_told(stored);
            if is_of_rows(&field.path) || is_moved(&field.path) || field.first().is_none_or(is_told) {
                continue;
            }
            let by_index = renamed.iter().find_map(|of| of.by_index(&field.path));
            let meant = by_index.as_ref().map(|(_, in_b)| in_b.as_str());
            let other = match field.path.starts_with("segment[") {
                true => segments.in_b(&field.path).and_then(|path| others.find(&path)),
                false => others.find(&field.path).or_else(|| others.find(meant?)),
            };
            let Some(other) = other else { continue };
            let old = edit.view().field_value(&field).map_err(Side::A.failed())?;
            let new = diff.b.field_value(&other).map_err(Side::B.failed())?;
            if old == new {
                continue;
            }
            // A module whose name changes goes by its index, so that the script can be undone.
            let is_renamed = other.path != field.path || field.path.ends_with("].name");
            let name = match by_index.filter(|_| is_renamed) {
                Some((in_a, _)) => in_a,
                None => field.path.clone(),
            };
            if self.set_field(edit, &field, name, [&old, &new], with)?.is_break() {
                return Ok(ControlFlow::Break(()));
            }
        }
        Ok(ControlFlow::Continue(()))
    }

    /// Writes the line that sets a field from one value to another.
    fn set_field(
        &mut self,
        edit: &mut Edit,
        field: &Field,
        name: String,
        [old, new]: [&FieldValue; 2],
        with: &WithParts<'_>,
    ) -> Result<ControlFlow<()>, DiffError> {
        if with.parts.lost.meet_field(field) {
            return Ok(self.unset_with_parts(field, new, with));
        }
        let (Some(before), Some(after)) = (written(old), written(new)) else {
            return Ok(self.unset(field, "its text cannot be written in a line"));
        };
        let expected = edit.expect_in_places(field, old).is_ok();
        match edit.atomically(|edit| edit.set_in_places(field, new)) {
            Ok(_) => {}
            Err(error @ Error::Io { .. }) => return Err(Side::A.failed()(error)),
            Err(error) => return Ok(self.unset(field, &error.to_string())),
        }
        let assignment = |text| Assignment::new(name.clone(), NumberText::OfField(text));
        let expect = if expected { vec![assignment(before)] } else { Vec::new() };
        Ok(self.line(Line::new(Operation::Set { registers: vec![assignment(after)], expect })))
    }

    /// Writes a comment for a field in a part that other lines drop or rewrite, unless they give it the value.
    fn unset_with_parts(&mut self, field: &Field, new: &FieldValue, with: &WithParts<'_>) -> ControlFlow<()> {
        let becomes = with.changed.and_then(|changed| changed.read_field(&field.path).ok());
        if becomes.as_ref() == Some(new) {
            return ControlFlow::Continue(());
        }
        self.unset(field, "a line that adds or drops parts rewrites or drops it")
    }

    /// Whether a place is also memory or a register.
    fn is_told(&self, stored: FieldPlace) -> bool {
        self.diff.a.layout().location_of(stored.place.file_offset).is_some()
    }

    /// Writes a comment for a field that cannot be set.
    fn unset(&mut self, field: &Field, why: &str) -> ControlFlow<()> {
        let at = field.first().map_or(0, |stored| stored.place.file_offset);
        self.untold_as(NoticeKind::FieldsOfB, field.path.clone(), vec![Subject::FileOffset(at)]);
        self.comment(format!("{} differs: {why}", field.path))
    }

    /// Writes the differences that are left in notes and streams, outside of registers: the bytes that differ where both dumps have the
    /// same size, and all bytes where the size can change.
    fn other_bytes(&mut self, edit: &mut Edit, with: &WithParts<'_>) -> Result<ControlFlow<()>, DiffError> {
        let diff = self.diff;
        let fields = diff.a.fields().map_err(Side::A.failed())?;
        let others = diff.b.fields().map_err(Side::B.failed())?;
        for field in fields.iter().filter(|field| field.is_in_bytes() && !with.is_moved(&field.path)) {
            let (Some(stored), Some(other)) = (field.first(), others.find(&field.path)) else { continue };
            let Some(other) = other.first() else { continue };
            let is_compared = stored.kind == FieldKind::Bytes && !self.is_told(stored);
            if !is_compared || stored.place.size > MOST_COMPARED {
                continue;
            }
            if other.place.size != stored.place.size {
                let most = stored.place.size.max(other.place.size);
                if stored.room == Room::Fixed || most > MOST_IN_LINE {
                    continue;
                }
                let old = edit.view().field_value(&field).map_err(Side::A.failed())?;
                let new = diff.b.view().stored_value(other).map_err(Side::B.failed())?;
                if self.set_field(edit, &field, field.path.clone(), [&old, &new], with)?.is_break() {
                    return Ok(ControlFlow::Break(()));
                }
                continue;
            }
            let size = usize::try_from(stored.place.size).unwrap_or(0);
            let (mut old, mut new) = (vec![0; size], vec![0; size]);
            edit.view().file_bytes(stored.place.file_offset, &mut old).map_err(Side::A.failed())?;
            diff.b.read_file(other.place.file_offset, &mut new).map_err(Side::B.failed())?;
            let differing = (0u64..).zip(old.iter().zip(&new)).filter(|(_, (old, new))| old != new);
            let spans = joined(differing.map(|(at, _)| Span { first: at, last: at }));
            let is_lost = |span: &Span| {
                with.parts.lost.meet(stored.place.file_offset.saturating_add(span.first), span.size())
            };
            if spans.iter().any(is_lost) {
                let new = diff.b.view().stored_value(other).map_err(Side::B.failed())?;
                if self.unset_with_parts(&field, &new, with).is_break() {
                    return Ok(ControlFlow::Break(()));
                }
                continue;
            }
            for span in spans {
                for first in (span.first..=span.last).step_by(MOST_BYTES) {
                    let last = span.last.min(first.saturating_add(MOST_BYTES as u64 - 1));
                    let range = super::bytes_at(first, last.saturating_sub(first).saturating_add(1));
                    let (old, new) = (old.get(range.clone()), new.get(range));
                    let (old, new) = (old.unwrap_or_default(), new.unwrap_or_default());
                    let location = Location::Field {
                        file_offset: stored.place.file_offset.saturating_add(first),
                        left: stored.place.size.saturating_sub(first),
                    };
                    let wrote = edit.write_bytes(dumpedit_layout::Context::Process, location, new);
                    drop(wrote.map_err(Side::A.failed())?);
                    let at: At = match format!("{}+{first:#x}", field.path).parse() {
                        Ok(at) => at,
                        Err(_) => continue,
                    };
                    let value = |bytes: &[u8]| vec![Value::Bytes(bytes.to_vec())];
                    let operation = Operation::Write { at, values: value(new), expect: value(old) };
                    if self.line(Line::new(operation)).is_break() {
                        return Ok(ControlFlow::Break(()));
                    }
                }
            }
        }
        Ok(ControlFlow::Continue(()))
    }
}

/// The lines that add and drop parts.
struct WithParts<'a> {
    parts: &'a Parts,
    /// Beginnings of the names of fields that are not compared.
    moved: Vec<&'static str>,
    /// A with its parts dropped and added, where it is known.
    changed: Option<&'a Dump>,
}

impl WithParts<'_> {
    fn is_moved(&self, path: &str) -> bool {
        self.moved.iter().any(|start| path.starts_with(start))
    }
}

/// Roots of fields whose owners' names may differ between the dumps.
const RENAMED: [&str; 2] = ["module", "unloaded"];

/// The owners under a root in both dumps, which correspond where their number is the same.
struct Renamed {
    root: &'static str,
    /// Index of each in A, by key.
    in_a: HashMap<String, usize>,
    in_b: Vec<String>,
}

impl Renamed {
    fn of(root: &'static str, fields: &Fields, others: &Fields) -> Renamed {
        let in_b: Vec<String> = others.keys(root).collect();
        let in_a: HashMap<String, usize> = match fields.keys(root).count() == in_b.len() {
            true => fields.keys(root).zip(0..).collect(),
            false => HashMap::new(),
        };
        Renamed { root, in_a, in_b }
    }

    /// The name of a field in A by the index of its owner, and its name in B.
    fn by_index(&self, path: &str) -> Option<(String, String)> {
        let (key, name) = path.strip_prefix(self.root)?.strip_prefix('[')?.rsplit_once("].")?;
        let index = self.in_a.get(key)?;
        let other = self.in_b.get(*index)?;
        Some((format!("{}[index:{index}].{name}", self.root), format!("{}[{other}].{name}", self.root)))
    }
}

/// A value in a script's notation; `None` for a text that no line can have.
pub(super) fn written(value: &FieldValue) -> Option<String> {
    match value {
        FieldValue::Number(number) => Some(number.to_string()),
        FieldValue::Bytes(bytes) => Some(format!("hex:{}", hex(bytes))),
        FieldValue::Text(text) => {
            let odd = |letter: char| letter.is_control() || letter == char::REPLACEMENT_CHARACTER;
            let in_both_quotes = text.contains('\'') && text.contains('"');
            (!text.contains(odd) && !in_both_quotes).then(|| format!("str:{text}"))
        }
    }
}
