//! The lines that set fields, and those that write what else differs in notes and streams.
//!
//! Each line is done in an edit of A that is never committed, so that what one of them changes beside its own field is known to
//! those that follow.

use std::collections::HashMap;
use std::ops::ControlFlow;

use dumpedit_formats::fields::{Field, FieldKind, FieldPlace, Fields, is_name};
use dumpedit_layout::{Location, NoticeKind, Span, Subject, joined};

use super::Writer;
use crate::diff::{DiffError, OutsideDifference, Side};
use crate::edit::Edit;
use crate::error::Error;
use crate::field::FieldValue;
use crate::notation::{Assignment, At, Line, NumberText, Operation, Value, hex};

/// The most bytes that one line writes.
const MOST_BYTES: usize = 64;

/// Longer notes and streams are not compared byte by byte.
const MOST_COMPARED: u64 = 1 << 20;

/// The values of a segment that a line can set where both dumps have as many segments.
const OF_SEGMENTS: [&str; 2] = [".p_flags", ".p_paddr"];

/// What of a segment is compared.
const COMPARED_OF_SEGMENTS: [&str; 5] = [".p_type", ".p_flags", ".p_vaddr", ".p_paddr", ".p_memsz"];

impl Writer<'_> {
    /// Writes the lines for all fields that both dumps have, and gives back what then still differs.
    pub(super) fn fields(&mut self) -> Result<(ControlFlow<()>, Vec<OutsideDifference>), DiffError> {
        let diff = self.diff;
        if !diff.is_whole() {
            return Ok((ControlFlow::Continue(()), Vec::new()));
        }
        let before = diff.outside()?;
        if before.is_empty() || diff.a.layout().format() != diff.b.layout().format() {
            return Ok((ControlFlow::Continue(()), before));
        }
        let mut edit = diff.a.edit();
        let flow = self.named_fields(&mut edit)?;
        let flow = if flow.is_continue() { self.other_bytes(&mut edit)? } else { flow };
        let after = diff.outside_of([edit.view(), diff.b.view()])?;
        let fields = diff.a.fields().map_err(Side::A.failed())?;
        let others = diff.b.fields().map_err(Side::B.failed())?;
        let (same_segments, headings) = (self.segments_agree(&edit)?, self.same_numbers());
        let is_left = |one: &OutsideDifference| match one.name.as_str() {
            // What the layout says is that of A before the edit: its fields tell what is left of it.
            name if headings.contains(&name) => false,
            name if name.starts_with("segments, ") => !same_segments,
            // Whether a signal has an address follows from the signal.
            name if is_name(name) && [fields, others].iter().any(|of| of.find(name).is_none()) => false,
            name => before.iter().any(|known| known.name == name),
        };
        Ok((flow, after.into_iter().filter(is_left).collect()))
    }

    /// The headings of what both dumps have as many of, so that fields tell all of it.
    fn same_numbers(&self) -> Vec<&'static str> {
        let (a, b) = (self.diff.a.layout(), self.diff.b.layout());
        let numbers = [
            ("modules", a.modules().len() == b.modules().len()),
            ("crash", a.faults().len() == b.faults().len()),
            ("names of threads", a.threads().len() == b.threads().len()),
        ];
        numbers.into_iter().filter(|(_, same)| *same && self.lines > 0).map(|(name, _)| name).collect()
    }

    /// Whether the segments of A as the edit leaves them say what those of B do.
    fn segments_agree(&self, edit: &Edit) -> Result<bool, DiffError> {
        let fields = self.diff.a.fields().map_err(Side::A.failed())?;
        let others = self.diff.b.fields().map_err(Side::B.failed())?;
        if fields.keys_of_array("segment") != others.keys_of_array("segment") {
            return Ok(false);
        }
        let compared = |field: &Field| COMPARED_OF_SEGMENTS.iter().any(|name| field.path.ends_with(name));
        for field in fields.iter().filter(compared) {
            let Some(other) = others.find(&field.path) else { return Ok(false) };
            let now = edit.view().field_value(&field).map_err(Side::A.failed())?;
            if now != self.diff.b.field_value(&other).map_err(Side::B.failed())? {
                return Ok(false);
            }
        }
        Ok(true)
    }

    fn named_fields(&mut self, edit: &mut Edit) -> Result<ControlFlow<()>, DiffError> {
        let diff = self.diff;
        let fields = diff.a.fields().map_err(Side::A.failed())?;
        let others = diff.b.fields().map_err(Side::B.failed())?;
        let segments = fields.keys_of_array("segment") == others.keys_of_array("segment");
        let others_keys: Vec<String> = others.keys("module").collect();
        let modules: HashMap<String, usize> = match others_keys.len() == fields.keys("module").count() {
            true => fields.keys("module").zip(0..).collect(),
            false => HashMap::new(),
        };
        let of_segment =
            |field: &Field| segments && OF_SEGMENTS.iter().any(|name| field.path.ends_with(name));
        for field in fields.iter().filter(|field| field.is_compared() || of_segment(field)) {
            // Notes and streams as a whole come last; memory and registers have their lines already.
            let is_last = |stored: FieldPlace| field.is_in_bytes() && stored.kind == FieldKind::Bytes;
            if field.first().is_none_or(|stored| is_last(stored) || self.is_told(stored)) {
                continue;
            }
            let index = modules.get(module_key(&field.path)).copied();
            let Some(other) =
                others.find(&field.path).or_else(|| in_module(others, &others_keys, &field, index?))
            else {
                continue;
            };
            let old = edit.view().field_value(&field).map_err(Side::A.failed())?;
            let new = diff.b.field_value(&other).map_err(Side::B.failed())?;
            if old == new {
                continue;
            }
            // A module whose name changes goes by its index, so that the script can be taken back.
            let renamed = other.path != field.path || field.path.ends_with("].name");
            let name = match index.filter(|_| renamed) {
                Some(index) => format!("module[index:{index}]{}", behind_key(&field.path)),
                None => field.path.clone(),
            };
            if self.set_field(edit, &field, name, [&old, &new])?.is_break() {
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
    ) -> Result<ControlFlow<()>, DiffError> {
        let (Some(before), Some(after)) = (written(old), written(new)) else {
            return Ok(self.unset(field, "a line cannot have its text"));
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

    /// Whether a place is memory, or a register, too.
    fn is_told(&self, stored: FieldPlace) -> bool {
        self.diff.a.layout().location_of(stored.place.file_offset).is_some()
    }

    /// Says that a field cannot be set.
    fn unset(&mut self, field: &Field, why: &str) -> ControlFlow<()> {
        let at = field.first().map_or(0, |stored| stored.place.file_offset);
        self.untold_as(NoticeKind::FieldsOfB, field.path.clone(), vec![Subject::FileOffset(at)]);
        self.comment(format!("{} differs: {why}", field.path))
    }

    /// Writes what still differs in notes and streams that are as long in both dumps, but for registers.
    fn other_bytes(&mut self, edit: &mut Edit) -> Result<ControlFlow<()>, DiffError> {
        let diff = self.diff;
        let fields = diff.a.fields().map_err(Side::A.failed())?;
        let others = diff.b.fields().map_err(Side::B.failed())?;
        for field in fields.iter().filter(Field::is_in_bytes) {
            let (Some(stored), Some(other)) = (field.first(), others.find(&field.path)) else { continue };
            let same_size = other.first().is_some_and(|other| other.place.size == stored.place.size);
            let is_compared = stored.kind == FieldKind::Bytes && !self.is_told(stored);
            if !is_compared || !same_size || stored.place.size > MOST_COMPARED {
                continue;
            }
            let Some(other) = other.first() else { continue };
            let size = usize::try_from(stored.place.size).unwrap_or(0);
            let (mut old, mut new) = (vec![0; size], vec![0; size]);
            edit.view().file_bytes(stored.place.file_offset, &mut old).map_err(Side::A.failed())?;
            diff.b.read_file(other.place.file_offset, &mut new).map_err(Side::B.failed())?;
            let differing = (0u64..).zip(old.iter().zip(&new)).filter(|(_, (old, new))| old != new);
            let spans = joined(differing.map(|(at, _)| Span { first: at, last: at }));
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

/// `libc` of `module[libc].name`; nothing of other names.
fn module_key(path: &str) -> &str {
    let key = path.strip_prefix("module[").and_then(|rest| rest.rsplit_once("].")).map(|(key, _)| key);
    key.unwrap_or_default()
}

/// `.name` of `module[libc].name`.
fn behind_key(path: &str) -> &str {
    path.rfind("].").and_then(|at| path.get(at.saturating_add(1)..)).unwrap_or_default()
}

/// The field of the module with an index that goes by another name there.
fn in_module(others: &Fields, keys: &[String], field: &Field, index: usize) -> Option<Field> {
    let key = keys.get(index)?;
    others.find(&format!("module[{key}]{}", behind_key(&field.path)))
}

/// A value as a line of a script has it; none where it is a text that no line can have.
fn written(value: &FieldValue) -> Option<String> {
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
