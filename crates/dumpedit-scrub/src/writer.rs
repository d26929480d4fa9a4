//! Replaces findings in an edit, in order of the file, and what their replacements make of the letters beside them.

use dumpedit::{Dump, Edit, Place, Span};

use crate::error::ScrubError;
use crate::finding::Finding;
use crate::letters::Letters;
use crate::replace::Replacements;
use crate::replaced::is_word;
use crate::scan::Pass;

/// Outcome of a finding.
pub(crate) enum Written {
    /// All of it is replaced.
    All,
    /// A part of it is in the dump's own tables.
    Part,
    /// It was replaced before, or with another finding.
    Clean,
}

/// Replaces findings, which come in order of the file.
pub(crate) struct Writer<'a> {
    dump: &'a Dump,
    edit: &'a mut Edit,
    replacements: &'a mut Replacements,
    tables: &'a [Span],
    /// File offset up to which findings are replaced.
    done: u64,
    changed: u64,
    /// Bytes that are not in the edit yet, and their file offset: one patch of many secrets takes less memory than one of each.
    gathered: Option<(u64, Vec<u8>)>,
    /// Replaced places with letters right beside them, those near each other as one.
    touching: Vec<Place>,
}

/// Most bytes between secrets that are written together, and most bytes that are.
const MOST_BETWEEN: u64 = 64;
const MOST_GATHERED: usize = 1 << 16;

/// Bytes on either side of a replaced place that are searched again.
const AROUND: u64 = 1 << 10;

/// Most bytes that are searched again at once.
const MOST_AROUND: u64 = 1 << 20;

/// Most times that a place is searched again.
const MOST_TIMES: usize = 8;

impl<'a> Writer<'a> {
    /// A writer that leaves `tables`, which are sorted, unchanged.
    pub(crate) fn new(
        dump: &'a Dump,
        edit: &'a mut Edit,
        replacements: &'a mut Replacements,
        tables: &'a [Span],
    ) -> Writer<'a> {
        let (gathered, touching) = (None, Vec::new());
        Writer { dump, edit, replacements, tables, done: 0, changed: 0, gathered, touching }
    }

    /// Number of bytes that changed.
    pub(crate) fn changed(&self) -> u64 {
        self.changed
    }

    /// Replaces a finding, which is not before the last one.
    pub(crate) fn write(&mut self, finding: &Finding) -> Result<Written, ScrubError> {
        let place = finding.place();
        let first = place.file_offset.saturating_sub(BESIDE);
        let file_size = self.dump.layout().file_size();
        let end = place.end().saturating_add(BESIDE).min(file_size.max(place.end()));
        let narrow = |size: u64| usize::try_from(size).unwrap_or(usize::MAX);
        let mut around = vec![0; narrow(end.saturating_sub(first))];
        self.dump.read_file(first, &mut around)?;
        let (before, rest) = around.split_at_checked(narrow(place.file_offset - first)).unwrap_or_default();
        let (bytes, behind) = rest.split_at_checked(narrow(place.size)).unwrap_or_default();
        if is_letter_near(before.iter().rev(), finding.letters)
            || is_letter_near(behind.iter(), finding.letters)
        {
            self.touch(place);
        }
        // A secret inside another rule's is replaced with it, and counted once.
        if place.end() <= self.done {
            return Ok(Written::Clean);
        }
        let Some(new) = self.replacements.of_stored(bytes, finding.letters) else {
            return Ok(Written::Clean);
        };
        let from = place.file_offset.max(self.done);
        self.done = self.done.max(place.end());
        let skipped = usize::try_from(from.saturating_sub(place.file_offset)).unwrap_or(usize::MAX);
        let (Some(old), Some(new)) = (bytes.get(skipped..), new.get(skipped..)) else {
            return Ok(Written::All);
        };
        let kept = self.put(from, old, new)?;
        Ok(if kept { Written::Part } else { Written::All })
    }

    /// Writes bytes that differ and are in no table; returns whether any that differ are in one.
    fn put(&mut self, file_offset: u64, old: &[u8], new: &[u8]) -> Result<bool, ScrubError> {
        if old.is_empty() || old == new {
            return Ok(false);
        }
        let mut new = new.to_vec();
        let kept = keep(self.tables, file_offset, old, &mut new);
        let changed = new.iter().zip(old).filter(|(new, old)| new != old).count();
        self.changed = self.changed.saturating_add(changed as u64);
        if let Some((first, bytes)) = &mut self.gathered {
            let end = first.saturating_add(bytes.len() as u64);
            let between = file_offset.checked_sub(end).filter(|between| *between <= MOST_BETWEEN);
            if let Some(between) = between.filter(|_| bytes.len() < MOST_GATHERED) {
                let start = bytes.len();
                bytes.resize(start + usize::try_from(between).unwrap_or(0), 0);
                self.dump.read_file(end, bytes.get_mut(start..).unwrap_or_default())?;
                bytes.extend(new);
                return Ok(kept);
            }
        }
        self.flush()?;
        self.gathered = Some((file_offset, new));
        Ok(kept)
    }

    /// Notes a place with letters right beside it.
    fn touch(&mut self, place: Place) {
        match self.touching.last_mut() {
            Some(last)
                if place.file_offset <= last.end().saturating_add(2 * AROUND) && last.size < MOST_AROUND =>
            {
                last.size = last.size.max(place.end().saturating_sub(last.file_offset));
            }
            _ => self.touching.push(place),
        }
    }

    /// Puts everything into the edit, and replaces what `pass` finds in the result. A replacement may make letters beside it look like a part
    /// of a secret: `x` in place of a digit joins the words on both sides. Calls `told` for each of these findings.
    pub(crate) fn finish(
        &mut self,
        pass: &Pass<'_>,
        told: &mut dyn FnMut(&Finding, Written),
    ) -> Result<(), ScrubError> {
        self.flush()?;
        let file_size = self.dump.layout().file_size();
        let mut places = std::mem::take(&mut self.touching);
        for _ in 0..MOST_TIMES {
            let mut next = Vec::new();
            for place in places {
                let first = place.file_offset.saturating_sub(AROUND);
                let end = place.end().saturating_add(AROUND).min(file_size);
                let mut found = Vec::new();
                let around = Place { file_offset: first, size: end.saturating_sub(first) };
                pass.changed(self.edit, around, &mut |finding, _| {
                    let seen = finding.place();
                    if seen.file_offset <= place.end() && seen.end() >= place.file_offset {
                        found.push(finding);
                    }
                })?;
                found.sort_unstable_by_key(Finding::order);
                for finding in found {
                    let written = self.write_again(&finding)?;
                    if !matches!(written, Written::Clean) {
                        next.push(finding.place());
                        told(&finding, written);
                    }
                }
            }
            places = next;
        }
        Ok(())
    }

    /// Replaces a finding in the result.
    fn write_again(&mut self, finding: &Finding) -> Result<Written, ScrubError> {
        let place = finding.place();
        let mut old = vec![0; usize::try_from(place.size).unwrap_or(0)];
        self.edit.read_file(place.file_offset, &mut old)?;
        let Some(mut new) = self.replacements.of_stored(&old, finding.letters) else {
            return Ok(Written::Clean);
        };
        let kept = keep(self.tables, place.file_offset, &old, &mut new);
        if new == old {
            return Ok(Written::Clean);
        }
        self.patch(place.file_offset, &new)?;
        Ok(if kept { Written::Part } else { Written::All })
    }

    /// Reads bytes of the result; [`Writer::finish`] comes first.
    pub(crate) fn read(&self, file_offset: u64, into: &mut [u8]) -> Result<(), ScrubError> {
        Ok(self.edit.read_file(file_offset, into)?)
    }

    /// Replacements of the secrets of the dump.
    pub(crate) fn replacements(&mut self) -> &mut Replacements {
        self.replacements
    }

    /// Changes bytes of the result, which may differ from the dump already.
    pub(crate) fn patch(&mut self, file_offset: u64, new: &[u8]) -> Result<(), ScrubError> {
        let (mut original, mut old) = (vec![0; new.len()], vec![0; new.len()]);
        self.dump.read_file(file_offset, &mut original)?;
        self.edit.read_file(file_offset, &mut old)?;
        let differing =
            |bytes: &[u8]| bytes.iter().zip(&original).filter(|(one, other)| one != other).count();
        let changed = self.changed.saturating_add(differing(new) as u64);
        self.changed = changed.saturating_sub(differing(&old) as u64);
        Ok(self.edit.patch_file(file_offset, new)?)
    }

    /// Puts what is gathered into the edit.
    fn flush(&mut self) -> Result<(), ScrubError> {
        if let Some((file_offset, bytes)) = self.gathered.take() {
            self.edit.patch_file(file_offset, &bytes)?;
        }
        Ok(())
    }
}

/// Bytes beside a place that tell whether a letter is there: half of a unit in another byte order and one more unit.
const BESIDE: u64 = 3;

/// Whether a letter is beside a replaced text; `near` are the bytes there, the nearest first. Beside UTF-16, units may be read in either byte
/// order, so that a byte that is no text counts, too.
fn is_letter_near<'b>(near: impl Iterator<Item = &'b u8> + Clone, letters: Letters) -> bool {
    let is_control = |byte: &u8| matches!(byte, 1..=8 | 14..=31);
    let mut nearest = near.clone();
    match (nearest.next(), nearest.next()) {
        (Some(first), _) if is_word(*first) => true,
        (Some(0), Some(second)) if is_word(*second) => true,
        _ => letters != Letters::Bytes && near.into_iter().any(is_control),
    }
}

/// Restores the old bytes in some spans, which are sorted; returns whether any new ones differed.
fn keep(spans: &[Span], file_offset: u64, old: &[u8], new: &mut [u8]) -> bool {
    let last = file_offset.saturating_add(new.len() as u64).saturating_sub(1);
    let first = spans.partition_point(|span| span.last < file_offset);
    let mut kept = false;
    for span in spans.get(first..).unwrap_or_default().iter().take_while(|span| span.first <= last) {
        let place = |offset: u64| usize::try_from(offset.saturating_sub(file_offset)).unwrap_or(usize::MAX);
        let range = place(span.first.max(file_offset))..place(span.last.min(last)).saturating_add(1);
        if let (Some(new), Some(old)) = (new.get_mut(range.clone()), old.get(range))
            && new != old
        {
            new.copy_from_slice(old);
            kept = true;
        }
    }
    kept
}
