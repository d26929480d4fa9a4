//! Writes a comparison for people: hunks of hex, registers, and a summary, all of limited length.

use std::io::{self, Write};

use dumpedit::ThreadIndex;
use dumpedit::diff::{MemoryDifference, OneSided, RecordDifference, Side};

use super::found::{Found, Sided, length};
use super::teller::Teller;
use super::two::Two;
use crate::args::Compared;
use crate::output::flags;
use crate::output::places::Places;
use crate::output::text::{Style, counted, hexdump, shown, size};

/// Maximum number of differences shown by default.
const MOST: u64 = 64;

/// Maximum number of bytes shown per difference: four lines, or eight on a narrow terminal.
const MOST_BYTES: usize = 64;

/// Maximum number of ranges and threads of one dump, and of differences outside memory, listed by default.
const MOST_OTHERS: u64 = 16;

/// The text so far.
pub(super) struct Words<'a> {
    two: &'a Two<'a>,
    places_a: Places<'a>,
    places_b: Places<'a>,
    out: &'a mut dyn Write,
    style: Style,
    most: u64,
    most_others: u64,
    /// The last difference of memory, which may continue.
    hunk: Option<Hunk>,
    memory_ended: bool,
    registers_shown: u64,
}

struct Hunk {
    address: u64,
    size: u64,
    /// First bytes of the difference.
    old: Vec<u8>,
    new: Vec<u8>,
}

impl<'a> Words<'a> {
    pub(super) fn new(two: &'a Two<'a>, out: &'a mut dyn Write, style: Style) -> Self {
        let most = two.arguments.max.unwrap_or(MOST);
        Words {
            two,
            places_a: Places::new(two.a),
            places_b: Places::new(two.b),
            out,
            style,
            most,
            most_others: two.arguments.max.unwrap_or(MOST_OTHERS),
            hunk: None,
            memory_ended: false,
            registers_shown: 0,
        }
    }

    /// Shows the finished difference.
    fn flush(&mut self) -> io::Result<()> {
        let Some(hunk) = self.hunk.take() else { return Ok(()) };
        let place = self
            .places_a
            .in_words(hunk.address)
            .map_or(String::new(), |place| format!("  {}", shown(&place)));
        let bytes = counted(usize::try_from(hunk.size).unwrap_or(usize::MAX), "byte");
        let address = self.style.heading(&format!("{:#x}", hunk.address));
        writeln!(self.out, "{address}{place}  {}", self.style.faint(&bytes))?;
        let digits = usize::from(self.two.a.layout().pointer_width()).saturating_mul(2);
        let dump = |bytes| hexdump(hunk.address, bytes, digits, self.style.plain_behind(2));
        for line in dump(&hunk.old).lines() {
            writeln!(self.out, "{}", self.style.removed(&format!("- {line}")))?;
        }
        for line in dump(&hunk.new).lines() {
            writeln!(self.out, "{}", self.style.added(&format!("+ {line}")))?;
        }
        match hunk.size.saturating_sub(hunk.new.len() as u64) {
            0 => Ok(()),
            more => writeln!(self.out, "  and {} more", size(u128::from(more))),
        }
    }

    /// Shows the rest of the memory, once.
    fn end_memory(&mut self, count: &Found) -> io::Result<()> {
        if std::mem::replace(&mut self.memory_ended, true) {
            return Ok(());
        }
        self.flush()?;
        self.more(count.places, self.most, "more place", "")
    }

    /// Writes how many entries of a list are not shown.
    fn more(&mut self, count: u64, shown: u64, noun: &str, whose: &str) -> io::Result<()> {
        let more = usize::try_from(count.saturating_sub(shown)).unwrap_or(usize::MAX);
        if more == 0 { Ok(()) } else { writeln!(self.out, "and {}{whose}", counted(more, noun)) }
    }

    /// Writes how many parts of one dump are not shown.
    fn end_side(&mut self, side: Side, count: &Found) -> io::Result<()> {
        let [a, b] = &count.one_sided;
        let sided = if side == Side::A { a } else { b };
        let whose = format!(" only in {}", side.name());
        self.more(sided.ranges, self.most_others, "more range", &whose)?;
        self.more(sided.threads, self.most_others, "more thread", &whose)
    }
}

impl Teller for Words<'_> {
    fn memory(&mut self, found: MemoryDifference<'_>, count: &mut Found) -> io::Result<()> {
        let goes_on = count.memory(&found);
        if !goes_on {
            self.flush()?;
        }
        if count.places > self.most {
            return Ok(());
        }
        let empty = || Hunk { address: found.address, size: 0, old: Vec::new(), new: Vec::new() };
        let hunk = self.hunk.get_or_insert_with(empty);
        hunk.size = hunk.size.saturating_add(found.new.len() as u64);
        for (kept, bytes) in [(&mut hunk.old, found.old), (&mut hunk.new, found.new)] {
            let room = MOST_BYTES.saturating_sub(kept.len());
            kept.extend(bytes.iter().take(room));
        }
        Ok(())
    }

    fn record(&mut self, found: &RecordDifference, count: &mut Found) -> io::Result<()> {
        self.end_memory(count)?;
        count.record(found);
        let room = usize::try_from(self.most.saturating_sub(self.registers_shown)).unwrap_or(usize::MAX);
        if room == 0 || found.registers.is_empty() {
            return Ok(());
        }
        let thread = self.two.a.layout().thread_label(found.thread);
        let heading = format!("thread {thread}, {} record", found.kind.name());
        writeln!(self.out, "{}", self.style.heading(&heading))?;
        for register in found.registers.iter().take(room) {
            let names = found.machine.registers();
            let [old, new] =
                [&register.old, &register.new].map(|value| flags::behind(names, register.part, value));
            let (old, new) = (self.style.removed(&old), self.style.added(&new));
            writeln!(self.out, "  {}: {old} -> {new}", register.name)?;
            self.registers_shown = self.registers_shown.saturating_add(1);
        }
        Ok(())
    }

    fn side(&mut self, side: Side, count: &Found) -> io::Result<()> {
        self.end_memory(count)?;
        match side {
            Side::A => self.more(count.registers, self.registers_shown, "more register", ""),
            Side::B => self.end_side(Side::A, count),
        }
    }

    fn range(&mut self, one: &OneSided, number: u64) -> io::Result<()> {
        if number > self.most_others {
            return Ok(());
        }
        let places = if one.side == Side::A { &mut self.places_a } else { &mut self.places_b };
        let place = places.in_words(one.first).map_or(String::new(), |place| format!("  {}", shown(&place)));
        let (side, size) = (one.side.name(), self.style.faint(&size(length(one))));
        let only = self.style.heading(&format!("only in {side}"));
        writeln!(self.out, "{only}  {:#x} to {:#x}{place}  {size}", one.first, one.last)
    }

    fn thread(&mut self, side: Side, index: ThreadIndex, tid: u64, number: u64) -> io::Result<()> {
        if number > self.most_others {
            return Ok(());
        }
        let only = self.style.heading(&format!("only in {}", side.name()));
        writeln!(self.out, "{only}  thread {tid} ({index})")
    }

    fn end(&mut self, count: &Found) -> io::Result<()> {
        self.end_side(Side::B, count)?;
        for one in count.outside.iter().take(usize::try_from(self.most_others).unwrap_or(usize::MAX)) {
            let at = |offset: Option<u64>| offset.map_or(String::new(), |offset| format!(" {offset:#x}"));
            let differs = match &one.values {
                Some([old, new]) => format!(": {} -> {}", shown(old), shown(new)),
                None => ": differs".to_owned(),
            };
            let (heading, place) = match (one.only_in, one.file_offsets) {
                (Some(side), [a, b]) => (format!("only in {}", side.name()), at(a.or(b))),
                (None, [Some(a), Some(b)]) => {
                    ("outside".to_owned(), format!("{differs} at {a:#x} in A and {b:#x} in B"))
                }
                (None, _) => ("outside".to_owned(), differs),
            };
            writeln!(self.out, "{}  {}{place}", self.style.heading(&heading), shown(&one.name))?;
        }
        self.more(count.outside.len() as u64, self.most_others, "more difference", " outside")?;
        if count.is_same() {
            let compared = |what| self.two.arguments.compares(what);
            let mut same = Vec::new();
            if compared(Compared::Memory) {
                same.push(format!("{} of memory", size(u128::from(self.two.diff.common_bytes()))));
            }
            if compared(Compared::Registers) {
                same.push(counted(self.two.diff.threads().pairs.len(), "thread"));
            }
            if same.is_empty() {
                same.push("what is outside memory and registers".to_owned());
            }
            return writeln!(self.out, "same: {}", same.join(", "));
        }
        let number = |count: u64, noun| counted(usize::try_from(count).unwrap_or(usize::MAX), noun);
        let mut parts = Vec::new();
        if count.places > 0 {
            parts.push(format!("{} in {}", number(count.bytes, "byte"), number(count.places, "place")));
        }
        if count.registers > 0 {
            let (registers, records) = (number(count.registers, "register"), number(count.records, "record"));
            parts.push(format!("{registers} of {records}"));
        }
        if count.unmatched > 0 {
            parts.push(format!("all registers of {}", number(count.unmatched, "record")));
        }
        for (side, Sided { ranges, bytes, threads }) in ["A", "B"].into_iter().zip(&count.one_sided) {
            if *ranges > 0 {
                parts.push(format!("{} in {} only in {side}", size(*bytes), number(*ranges, "range")));
            }
            if *threads > 0 {
                parts.push(format!("{} only in {side}", number(*threads, "thread")));
            }
        }
        if !count.outside.is_empty() {
            parts
                .push(format!("{} outside memory and registers", counted(count.outside.len(), "difference")));
        }
        if parts.is_empty() {
            return writeln!(self.out, "different: everything that could be compared is the same");
        }
        writeln!(self.out, "different: {}", parts.join(", "))
    }
}
