//! Compares the fields of a dump that are neither memory, registers nor whole parts of the file: named fields, segments, and streams with
//! file offsets, by value and not by place in the file.

use std::borrow::Cow;
use std::collections::{HashMap, HashSet};

use dumpedit_formats::fields::{FieldKind, FieldPlace};
use dumpedit_formats::minidump::schema::stream_name;
use dumpedit_formats::model::{
    Blob, Container, Content, Elf, Load, MachO, Minidump, Model, Place, SectionContent, StreamContent,
};
use dumpedit_layout::{Span, joined};

use crate::error::Error;
use crate::field::FieldValue;
use crate::view::View;

/// Number of bytes of two contents that are compared at once.
const BLOCK: u64 = 1 << 16;

/// A value that is compared under a name.
#[derive(Clone, Debug, PartialEq)]
enum Value {
    Number(u64),
    Text(String),
    /// The value of a named field, and its first place.
    Field {
        value: FieldValue,
        stored: FieldPlace,
    },
    /// Bytes of the file.
    Bytes(Content),
}

/// Fields of a segment without addresses and sizes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
struct SegmentKind {
    /// `p_type`.
    kind: u32,
    /// `p_flags`: read, write, execute.
    allows: [bool; 3],
    /// The whole `p_flags`, where other bits are set.
    flags: Option<u32>,
    /// Distance from its addresses to the physical ones, where it has such.
    physical: Option<u64>,
}

/// A field that differs between two dumps.
pub(super) struct Difference {
    /// Its name.
    pub(super) name: String,
    /// File offsets of the first difference in each dump, where it has one.
    pub(super) file_offsets: [Option<u64>; 2],
    /// Values in each dump, in words, where they are short.
    pub(super) values: Option<[String; 2]>,
}

impl Difference {
    /// A field that differs at a place in each file.
    pub(super) fn at(name: String, file_offsets: [Option<u64>; 2]) -> Difference {
        Difference { name, file_offsets, values: None }
    }
}

/// The name of a field, and the thread, exception or module that owns it, where it is not of the dump itself.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
struct Name {
    text: Cow<'static, str>,
    owner: Option<String>,
}

/// The fields of a dump in order, and the addresses of the segments of each kind.
pub(super) struct Fields {
    values: Vec<(Name, Value)>,
    segments: HashMap<SegmentKind, Vec<Span>>,
}

impl Fields {
    /// Reads the fields of a dump. `is_compared` says of a stream's name whether the stream is compared by its bytes.
    pub(super) fn read(view: View<'_>, is_compared: impl Fn(&str) -> bool) -> Result<Fields, Error> {
        let mut fields = Fields { values: Vec::new(), segments: HashMap::new() };
        fields.named(view)?;
        let model = view.dump.model()?;
        match &model.container {
            Container::Elf(elf) => {
                fields.elf(elf);
                fields.segments(&model);
            }
            Container::Minidump(minidump) => fields.streams(minidump, is_compared),
            Container::MachO(macho) => {
                fields.segments(&model);
                fields.load_commands(&model);
                fields.load_notes(macho, is_compared);
            }
            Container::Triage(_) => fields.drivers(&model),
            _ => {}
        }
        Ok(fields)
    }

    fn add(&mut self, field: &str, owner: Option<&str>, value: Value) {
        let text = owner.map_or_else(|| field.to_owned(), |owner| format!("{field} of {owner}"));
        self.values.push((Name { text: text.into(), owner: owner.map(str::to_owned) }, value));
    }

    fn numbers<const N: usize>(&mut self, owner: Option<&str>, fields: [(&'static str, u64); N]) {
        fields.into_iter().for_each(|(field, number)| self.add(field, owner, Value::Number(number)));
    }

    /// Adds the named fields, without those in notes and streams whose bytes are compared.
    fn named(&mut self, view: View<'_>) -> Result<(), Error> {
        let all = view.dump.fields()?;
        for field in all.iter().filter(|field| field.is_compared() && !field.is_in_bytes()) {
            let Some(stored) = field.first() else { continue };
            let value = match stored.kind {
                FieldKind::Bytes => Value::Bytes(Content::File(stored.place)),
                _ => Value::Field { value: view.field_value(&field)?, stored },
            };
            let owner = Some(owner(&field.path).to_owned());
            self.values.push((Name { text: field.path.into(), owner }, value));
        }
        Ok(())
    }

    fn streams(&mut self, minidump: &Minidump, is_compared: impl Fn(&str) -> bool) {
        for stream in &minidump.streams {
            let name =
                stream_name(stream.kind).map_or_else(|| format!("stream {:#x}", stream.kind), str::to_owned);
            if let StreamContent::Blob(blob) = &stream.content
                && !is_compared(&name)
            {
                self.blob(&name, blob);
            }
        }
    }

    /// Adds the bytes of drivers' entries that have no name.
    fn drivers(&mut self, model: &Model) {
        for module in &model.modules {
            self.add(
                "the rest of its entry",
                Some(&module.name.value),
                Value::Bytes(module.reserved.clone()),
            );
        }
    }

    /// Adds the bytes of a stream between its file offsets, and their targets.
    fn blob(&mut self, name: &str, blob: &Blob) {
        let mut links: Vec<_> = blob.links.iter().collect();
        links.sort_by_key(|link| link.at);
        let Some(place) = blob.content.place().filter(|_| !links.is_empty()) else {
            return self.add(name, None, Value::Bytes(blob.content.clone()));
        };
        let mut from = 0u64;
        let mut ends = links.iter().map(|link| (link.at, link.pointer.size())).collect::<Vec<_>>();
        ends.push((place.size, 0));
        for (until, skipped) in ends {
            let size = until.min(place.size).saturating_sub(from);
            let file_offset = place.file_offset.saturating_add(from);
            let piece = Content::File(Place { file_offset, size });
            self.add(name, None, Value::Bytes(piece));
            from = from.max(until.saturating_add(skipped));
        }
        links.iter().for_each(|link| self.blob(name, &link.to));
    }

    fn elf(&mut self, elf: &Elf) {
        self.numbers(None, [("p_flags of notes", elf.note_header.flags.into())]);
        for header in elf.other_note_headers.values() {
            self.numbers(None, [("p_flags of notes", header.flags.into())]);
        }
        for section in &elf.sections {
            let narrow = [section.name, section.kind, section.link, section.info].map(u64::from);
            // Notes are compared one by one.
            let size = if section.content == SectionContent::Notes { 0 } else { section.size };
            let wide = [section.flags, section.address, size, section.entry_size];
            for field in narrow.into_iter().chain(wide) {
                self.numbers(None, [("section headers", field)]);
            }
        }
    }

    /// Adds the values of segments' load commands other than addresses, sizes and protection.
    fn load_commands(&mut self, model: &Model) {
        let usual = Load::default();
        for memory in &model.memory {
            let load = memory.load.as_deref().unwrap_or(&usual);
            let owner = format!("the segment at {:#x}", memory.address);
            let fields = [
                ("maxprot", load.most_protection.map_or(7, u64::from)),
                ("initprot", load.bits.map_or(0, u64::from)),
                ("flags", load.flags.into()),
                ("nsects", load.section_count.into()),
            ];
            self.numbers(Some(&owner), fields);
            self.add("segname", Some(&owner), Value::Text(String::from_utf8_lossy(&load.name).into_owned()));
        }
    }

    /// Adds notes with file offsets, with the targets of these.
    fn load_notes(&mut self, macho: &MachO, is_compared: impl Fn(&str) -> bool) {
        for note in &macho.notes {
            let name = format!("LC_NOTE {}", note.name());
            if !is_compared(&name) {
                self.blob(&name, &note.blob);
            }
        }
    }

    fn segments(&mut self, model: &Model) {
        for memory in &model.memory {
            let Some(addresses) = Span::of(memory.address, memory.size) else { continue };
            let segment = memory.segment;
            let physical = Some(segment.physical).filter(|physical| *physical != 0);
            let kind = SegmentKind {
                kind: segment.kind,
                allows: memory
                    .protection
                    .map_or([false; 3], |allowed| [allowed.read, allowed.write, allowed.execute]),
                flags: segment.flags,
                physical: physical.map(|physical| physical.wrapping_sub(memory.address)),
            };
            self.segments.entry(kind).or_default().push(addresses);
        }
        for ranges in self.segments.values_mut() {
            *ranges = joined(std::mem::take(ranges));
        }
    }

    /// The fields that differ between both dumps, each name once. Fields of a thread, an exception or a module that only one dump has are
    /// not compared.
    pub(super) fn differences(&self, other: &Fields, dumps: [View<'_>; 2]) -> Result<Vec<Difference>, Error> {
        let (ours, theirs) = (numbered(&self.values), numbered(&other.values));
        let by_name: HashMap<_, _> = theirs.iter().copied().collect();
        let in_ours: HashSet<_> = ours.iter().map(|(key, _)| key).collect();
        let owners = |fields: &[(Key<'_>, _)]| -> HashSet<Option<String>> {
            fields.iter().map(|((name, _), _)| name.owner.clone()).collect()
        };
        let (our_owners, their_owners) = (owners(&ours), owners(&theirs));
        let mut found = Vec::new();
        for (key, value) in &ours {
            let name = key.0.text.to_string();
            found.extend(match by_name.get(key) {
                Some(other) => difference(name, [value, other], dumps)?,
                None => their_owners.contains(&key.0.owner).then(|| Difference::at(name, [None, None])),
            });
        }
        let added = theirs.iter().map(|(key, _)| key).filter(|key| !in_ours.contains(key));
        let added = added.filter(|key| our_owners.contains(&key.0.owner));
        found.extend(added.map(|key| Difference::at(key.0.text.to_string(), [None, None])));
        self.without_wholes(&mut found);
        let segment = self.first_segment(other);
        found.extend(segment.map(|at| Difference::at(format!("segments, at {at:#x}"), [None, None])));
        let mut named = HashSet::new();
        found.retain(|one| named.insert(one.name.clone()));
        Ok(found)
    }

    /// Removes differences of whole bytes where a named part of them differs.
    fn without_wholes(&self, found: &mut Vec<Difference>) {
        let of = |text: &str| self.values.iter().find(|(name, _)| name.text == text);
        let in_parts: HashSet<String> = found
            .iter()
            .filter(|one| of(&one.name).is_some_and(|(_, value)| matches!(value, Value::Field { .. })))
            .map(|one| owner(&one.name).to_owned())
            .collect();
        let is_whole = |text: &str| WHOLES.iter().any(|whole| text.ends_with(whole));
        found.retain(|one| !is_whole(&one.name) || !in_parts.contains(owner(&one.name)));
    }

    /// The lowest address at which the segments of two dumps differ.
    fn first_segment(&self, other: &Fields) -> Option<u64> {
        let kinds = self.segments.keys().chain(other.segments.keys());
        let ranges = |fields: &Fields, kind| fields.segments.get(kind).cloned().unwrap_or_default();
        let differing = kinds.filter_map(|kind| {
            let (ours, theirs) = (ranges(self, kind), ranges(other, kind));
            let same = ours.iter().zip(&theirs).take_while(|(one, other)| one == other).count();
            match (ours.get(same), theirs.get(same)) {
                // Where they begin at the same address, they end at different ones.
                (Some(one), Some(other)) if one.first == other.first => {
                    one.last.min(other.last).checked_add(1)
                }
                (Some(one), Some(other)) => Some(one.first.min(other.first)),
                (one, other) => one.or(other).map(|span| span.first),
            }
        });
        differing.min()
    }
}

/// Fields of bytes whose parts have names of their own.
const WHOLES: [&str; 2] = [".version_info", ".code_view"];

/// The owner of a field: `module[libc]` of `module[libc].name`.
fn owner(path: &str) -> &str {
    let is_keyed = path.find('[') < path.find('.') && path.contains('[');
    let end = if is_keyed { path.rfind("].").map(|at| at.saturating_add(1)) } else { path.find('.') };
    end.and_then(|end| path.get(..end)).unwrap_or(path)
}

/// A name, and the number of a value among those of that name.
type Key<'a> = (&'a Name, usize);

/// The values by name, numbered in order among those of one name.
fn numbered(values: &[(Name, Value)]) -> Vec<(Key<'_>, &Value)> {
    let mut counts: HashMap<&Name, usize> = HashMap::new();
    let numbered = values.iter().map(|(name, value)| {
        let count = counts.entry(name).or_default();
        let key = (name, *count);
        *count = count.saturating_add(1);
        (key, value)
    });
    numbered.collect()
}

/// Maximum length of values that are shown, in characters; longer ones are shown by their places only.
const MOST_LETTERS: usize = 80;

/// The difference between two values of one name, where there is one.
fn difference(name: String, values: [&Value; 2], dumps: [View<'_>; 2]) -> Result<Option<Difference>, Error> {
    let [Value::Field { value: old, stored: at_old }, Value::Field { value: new, stored: at_new }] = values
    else {
        return Ok(first_difference(values, dumps)?.map(|places| Difference::at(name, places)));
    };
    if old == new {
        return Ok(None);
    }
    let words = |value: &FieldValue, stored: FieldPlace, dump: View<'_>| {
        Ok::<_, Error>(value.in_words(stored, Some(dump.dump.fields()?.codes())))
    };
    let values = [words(old, *at_old, dumps[0])?, words(new, *at_new, dumps[1])?];
    let is_short = values.iter().all(|value| value.chars().count() <= MOST_LETTERS);
    let file_offsets = [at_old, at_new].map(|stored| Some(stored.place.file_offset));
    Ok(Some(Difference { name, file_offsets, values: is_short.then_some(values) }))
}

/// File offsets of the first difference between two values, where there is one.
fn first_difference(values: [&Value; 2], dumps: [View<'_>; 2]) -> Result<Option<[Option<u64>; 2]>, Error> {
    let [Value::Bytes(one), Value::Bytes(other)] = values else {
        return Ok((values[0] != values[1]).then_some([None, None]));
    };
    let common = one.size().min(other.size());
    let mut done = 0u64;
    while done < common {
        let size = common.saturating_sub(done).min(BLOCK);
        let (old, new) = (block(one, dumps[0], done, size)?, block(other, dumps[1], done, size)?);
        if let Some(at) = old.iter().zip(&new).position(|(old, new)| old != new) {
            let at = done.saturating_add(at as u64);
            let place = |content: &Content| Some(content.place()?.file_offset.saturating_add(at));
            return Ok(Some([place(one), place(other)]));
        }
        done = done.saturating_add(size);
    }
    Ok((one.size() != other.size()).then_some([None, None]))
}

/// Bytes of a content; those that the end of the file cuts off are zero.
fn block(content: &Content, dump: View<'_>, skipped: u64, size: u64) -> Result<Vec<u8>, Error> {
    let mut bytes = vec![0; usize::try_from(size).unwrap_or(0)];
    match content {
        Content::File(place) | Content::Cut { file: place, .. } => {
            let held = usize::try_from(place.size.saturating_sub(skipped)).unwrap_or(usize::MAX);
            let held = held.min(bytes.len());
            dump.file_bytes(
                place.file_offset.saturating_add(skipped),
                bytes.get_mut(..held).unwrap_or_default(),
            )?;
        }
        Content::Bytes(stored) => {
            let from = stored.get(usize::try_from(skipped).unwrap_or(usize::MAX)..).unwrap_or_default();
            bytes.iter_mut().zip(from).for_each(|(into, byte)| *into = *byte);
        }
        _ => {}
    }
    Ok(bytes)
}
