//! Remarks on shown memory: targets of pointers, pc and sp, and edited bytes.

use dumpedit::{ByteOrder, Context, Dump, Piece, Span, joined};

use crate::output::places::{Places, Stack, stacks};
use crate::output::text::{Kind, Remark, Style};

/// Maximum size of a journal that is read to mark edited bytes, in bytes. Larger ones take too long.
const MOST_JOURNAL: u64 = 16 << 20;

/// Remarks on memory of one dump.
pub(crate) struct Remarks<'a> {
    dump: &'a Dump,
    places: Places<'a>,
    stacks: Vec<Stack>,
    /// Registers of the selected thread, by the address in them.
    registers: Vec<(u64, &'static str)>,
    /// First and last addresses of the ranges that edits in force wrote.
    edited: Vec<Span>,
    /// Symbol of the previous line.
    symbol: Option<String>,
    /// Maximum number of columns of a line; `None` without a terminal.
    columns: Option<usize>,
    style: Style,
}

impl<'a> Remarks<'a> {
    /// Remarks for a thread's memory.
    pub(crate) fn new(
        dump: &'a Dump,
        thread: Option<Context>,
        columns: Option<usize>,
        style: Style,
    ) -> Remarks<'a> {
        let held = |name: &'static str| {
            let value = dump.read_register(thread?, name).ok()?.to_u64().ok()?;
            Some((value, name))
        };
        let registers = ["pc", "sp"].into_iter().filter_map(held).collect();
        let (places, stacks) = (Places::new(dump), stacks(dump));
        Remarks { dump, places, stacks, registers, edited: Vec::new(), symbol: None, columns, style }
    }

    /// Marks the bytes that edits in force wrote to some pieces of the dump file.
    pub(crate) fn with_edits(mut self, address: u64, pieces: &[Piece]) -> Remarks<'a> {
        let Some(history) = self.dump.history() else { return self };
        let size = history.journal().and_then(|journal| journal.metadata()).map(|journal| journal.len());
        if !size.is_ok_and(|size| size <= MOST_JOURNAL) {
            return self;
        }
        let Ok(log) = history.log() else { return self };
        let in_force = log.entries.iter().filter(|entry| entry.in_force == Some(true));
        let written = in_force
            .flat_map(|entry| entry.extents.iter())
            .filter_map(|extent| Span::of(extent.file_offset, extent.length));
        let written = joined(written);
        let mut edited = Vec::new();
        for piece in pieces {
            let Some(last) = piece.size.checked_sub(1).and_then(|rest| piece.file_offset.checked_add(rest))
            else {
                continue;
            };
            let from = written.partition_point(|span| span.last < piece.file_offset);
            for span in written.iter().skip(from).take_while(|span| span.first <= last) {
                let at = |offset: u64| {
                    let within = offset.saturating_sub(piece.file_offset);
                    address.saturating_add(piece.start).saturating_add(within)
                };
                let (first, last) = (at(span.first.max(piece.file_offset)), at(span.last.min(last)));
                edited.push(Span { first, last });
            }
        }
        self.edited = joined(edited);
        self
    }

    /// Name of the memory at the address in a word.
    fn pointed(&mut self, word: u64) -> Option<(Kind, String)> {
        let layout = self.dump.layout();
        if let Some(name) = self.dump.label(word).or_else(|| self.places.in_module(word)) {
            return Some((Kind::Module, name));
        }
        let captured = layout.nearest_captured(word).is_some_and(|near| near.contains(word));
        if !captured && layout.mapping_at(word).is_none() {
            return None;
        }
        let before = self.stacks.partition_point(|stack| stack.first <= word);
        let stack = before.checked_sub(1).and_then(|at| self.stacks.get(at));
        let name = layout.mapping_at(word).and_then(|mapping| mapping.name.as_deref()).unwrap_or_default();
        let kind = match name {
            _ if stack.is_some_and(|stack| word <= stack.last) => Kind::Stack,
            "[stack]" => Kind::Stack,
            // File mappings have paths; other names are in brackets.
            name if name.is_empty() || name.starts_with('[') => Kind::Other,
            _ => Kind::Module,
        };
        Some((kind, self.places.in_words(word)?))
    }

    /// The number in some bytes, in the target's byte order; of more than eight bytes, the lowest eight.
    fn number(&self, bytes: &[u8]) -> u64 {
        let add = |sum: u64, byte: &u8| sum << 8 | u64::from(*byte);
        match self.dump.layout().byte_order() {
            ByteOrder::Little => bytes.iter().rev().fold(0, add),
            ByteOrder::Big => bytes.iter().fold(0, add),
        }
    }

    fn is_edited(&self, address: u64) -> bool {
        let from = self.edited.partition_point(|span| span.last < address);
        self.edited.get(from).is_some_and(|span| span.first <= address)
    }

    /// The symbol at the start of a line, if it differs from that of the previous line.
    fn new_label(&mut self, at: u64) -> Option<String> {
        let label = self.dump.label(at);
        let symbol = |label: &String| {
            let (symbol, offset) = label.rsplit_once("+0x").unwrap_or((label, ""));
            if offset.is_empty() { label.clone() } else { symbol.to_owned() }
        };
        let symbol = label.as_ref().map(symbol);
        let is_new = symbol != self.symbol;
        self.symbol = symbol;
        label.filter(|_| is_new)
    }

    /// Words after a line about some bytes, as many as fit.
    fn words(
        &mut self,
        at: u64,
        size: usize,
        pointed: &[(Kind, String)],
        edited: bool,
        width: usize,
    ) -> String {
        let label = self.new_label(at);
        let last = at.saturating_add(u64::try_from(size).unwrap_or(u64::MAX).saturating_sub(1));
        // Text before a piece, and the piece without and with colours.
        let mut pieces: Vec<(&str, String, String)> = Vec::new();
        if let Some(label) = label {
            let mark = format!("<{label}>");
            pieces.push(("  ", mark.clone(), self.style.faint(&mark)));
        }
        let held = self.registers.iter().filter(|(address, _)| (at..=last).contains(address));
        for (_, name) in held {
            let mark = format!("<- {name}");
            pieces.push(("  ", mark.clone(), self.style.heading(&mark)));
        }
        for (index, (kind, name)) in pointed.iter().enumerate() {
            let before = if index == 0 { "  -> " } else { ", " };
            pieces.push((before, name.clone(), self.style.kind(*kind, name)));
        }
        if edited {
            pieces.push(("  ", "edited".to_owned(), self.style.edited("edited")));
        }
        let mut words = String::new();
        let mut used = width;
        for (before, plain, painted) in pieces {
            let needed = before.len().saturating_add(plain.chars().count());
            if self.columns.is_some_and(|columns| used.saturating_add(needed) > columns) {
                break;
            }
            used = used.saturating_add(needed);
            words.push_str(before);
            words.push_str(&painted);
        }
        words
    }

    /// The remark on a line of a hexdump.
    pub(crate) fn on_line(&mut self, at: u64, bytes: &[u8], width: usize) -> Remark {
        let mut remark = Remark::default();
        let size = usize::from(self.dump.layout().pointer_width()).max(1);
        let mut pointed = Vec::new();
        let columns = remark.kinds.chunks_mut(size);
        for (word, kinds) in bytes.chunks_exact(size).zip(columns) {
            let Some((kind, name)) = self.pointed(self.number(word)) else { continue };
            kinds.fill(Some(kind));
            pointed.push((kind, name));
        }
        for ((address, _), edited) in (at..).zip(bytes).zip(&mut remark.edited) {
            *edited = self.is_edited(address);
        }
        let edited = remark.edited.contains(&true);
        remark.words = self.words(at, bytes.len(), &pointed, edited, width);
        remark
    }

    /// Words after a number on a line of some columns, with its target if it is a pointer.
    pub(crate) fn on_number(
        &mut self,
        at: u64,
        bytes: &[u8],
        pointer: bool,
        width: usize,
    ) -> (Option<Kind>, String) {
        let word = self.number(bytes);
        let pointed: Vec<_> = if pointer { self.pointed(word).into_iter().collect() } else { Vec::new() };
        let edited = (at..).zip(bytes).any(|(address, _)| self.is_edited(address));
        let kind = pointed.first().map(|(kind, _)| *kind);
        (kind, self.words(at, bytes.len(), &pointed, edited, width))
    }
}
