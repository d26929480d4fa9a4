//! Writes a comparison as one JSON document, piece by piece.

use std::io::{self, Write};

use dumpedit::diff::{MemoryDifference, OneSided, RecordDifference, Side};
use dumpedit::{Dump, Notice, ThreadIndex, flags};
use serde_json::{Value, json};

use super::found::{Found, Sided, length};
use super::teller::Teller;
use crate::output::json;

/// The document so far. Its keys are in the order in which differences are found, so `same` is the last.
pub(super) struct Document<'a> {
    /// Dump with the symbols for the places.
    dump: &'a Dump,
    out: &'a mut dyn Write,
    most: u64,
    /// The notices before the comparison.
    notices: Vec<Notice>,
    /// Text before the next entry of the open list.
    separator: String,
    /// The open list.
    open: Open,
    registers: u64,
}

/// Lists of the document.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Open {
    Memory,
    Registers,
    Ranges,
    Threads,
}

impl<'a> Document<'a> {
    /// Makes a document that lists at most `most` differences of each kind.
    pub(super) fn new(
        dump: &'a Dump,
        most: Option<u64>,
        notices: Vec<Notice>,
        out: &'a mut dyn Write,
    ) -> Self {
        let separator = "{\"memory\":[".to_owned();
        let most = most.unwrap_or(u64::MAX);
        Document { dump, out, most, notices, separator, open: Open::Memory, registers: 0 }
    }

    fn entry(&mut self, entry: &Value) -> io::Result<()> {
        write!(self.out, "{}{entry}", self.separator)?;
        ",\n".clone_into(&mut self.separator);
        Ok(())
    }

    /// Closes the open list and opens another one that begins with `start`.
    fn list(&mut self, open: Open, start: &str) -> io::Result<()> {
        if self.separator != ",\n" {
            self.out.write_all(self.separator.as_bytes())?;
        }
        self.separator = format!("],\n{start}");
        self.open = open;
        Ok(())
    }
}

impl Teller for Document<'_> {
    fn memory(&mut self, found: MemoryDifference<'_>, count: &mut Found) -> io::Result<()> {
        count.memory(&found);
        if count.places > self.most {
            return Ok(());
        }
        let mut entry = json!({
            "address": json::hex(found.address),
            "length": found.new.len(),
            "old": json::bytes(found.old),
            "new": json::bytes(found.new),
        });
        json::add_symbol(&mut entry, self.dump, found.address);
        self.entry(&entry)
    }

    fn record(&mut self, found: &RecordDifference, count: &mut Found) -> io::Result<()> {
        count.record(found);
        if self.open == Open::Memory {
            self.list(Open::Registers, "\"registers\":[")?;
        }
        for register in &found.registers {
            self.registers = self.registers.saturating_add(1);
            if self.registers > self.most {
                break;
            }
            let mut entry = json!({
                "tid": found.tid,
                "index": found.thread.0,
                "context": found.kind.name(),
                "name": register.name,
                "old": register.old.to_string(),
                "new": register.new.to_string(),
            });
            let flags = |value| flags(found.machine.registers(), register.part, value);
            if let Some(((old, new), entry)) =
                flags(&register.old).zip(flags(&register.new)).zip(entry.as_object_mut())
            {
                entry.insert("old_flags".to_owned(), json!(old));
                entry.insert("new_flags".to_owned(), json!(new));
            }
            self.entry(&entry)?;
        }
        Ok(())
    }

    fn side(&mut self, side: Side, _: &Found) -> io::Result<()> {
        if self.open == Open::Memory {
            self.list(Open::Registers, "\"registers\":[")?;
        }
        match side {
            Side::A => self.list(Open::Ranges, "\"only_in_a\":{\"memory\":["),
            Side::B => {
                if self.open == Open::Ranges {
                    self.list(Open::Threads, "\"threads\":[")?;
                }
                // The object around the lists of A ends after its last list.
                self.list(Open::Ranges, "")?;
                self.separator = "]},\n\"only_in_b\":{\"memory\":[".to_owned();
                Ok(())
            }
        }
    }

    fn range(&mut self, one: &OneSided, number: u64) -> io::Result<()> {
        if number > self.most {
            return Ok(());
        }
        let length = u64::try_from(length(one)).unwrap_or(u64::MAX);
        self.entry(&json!({ "address": json::hex(one.first), "length": length }))
    }

    fn thread(&mut self, _: Side, index: ThreadIndex, tid: u64, number: u64) -> io::Result<()> {
        if self.open == Open::Ranges {
            self.list(Open::Threads, "\"threads\":[")?;
        }
        if number > self.most {
            return Ok(());
        }
        self.entry(&json!({ "tid": tid, "index": index.0 }))
    }

    fn end(&mut self, count: &Found) -> io::Result<()> {
        if self.open == Open::Ranges {
            self.list(Open::Threads, "\"threads\":[")?;
        }
        self.list(Open::Memory, "")?;
        let listed = usize::try_from(self.most).unwrap_or(usize::MAX);
        let outside = count.outside.iter().take(listed).map(|one| {
            let [a, b] = one.file_offsets;
            let [old, new] = one.values.as_ref().map_or([None, None], |[old, new]| [Some(old), Some(new)]);
            json!({
                "name": one.name,
                "old": old,
                "new": new,
                "only_in": one.only_in.map(|side| side.name().to_lowercase()),
                "file_offset_a": a,
                "file_offset_b": b,
            })
        });
        let outside = outside.collect::<Value>();
        let counted = json!({
            "bytes": count.bytes,
            "places": count.places,
            "registers": count.registers,
        });
        let over = |all: u64| all.saturating_sub(self.most);
        let sided = |of: fn(&Sided) -> u64| count.one_sided.iter().map(|one| over(of(one))).sum::<u64>();
        let left_out = json!({
            "memory": over(count.places),
            "registers": over(count.registers),
            "ranges": sided(|one| one.ranges),
            "threads": sided(|one| one.threads),
            "outside": over(count.outside.len() as u64),
        });
        let notices = json::notices(self.notices.iter().chain(&count.notices()));
        writeln!(
            self.out,
            "]}},\n\"outside\":{outside},\n\"differing\":{counted},\n\"left_out\":{left_out},\n\"notices\":{notices},\n\"same\":{}}}",
            count.is_same()
        )
    }
}
