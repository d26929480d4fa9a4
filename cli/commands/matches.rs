//! Shows each match of a search as a line of text that fits the terminal, or as a line of JSON.

use dumpedit::notation::Pattern;
use dumpedit::{Context, Dump, Encoding, Location, Match};
use serde_json::{Value, json};

use crate::output::json;
use crate::output::places::Places;
use crate::output::text::{self, Style};

/// Maximum number of bytes of a match in JSON, and in a line without a terminal.
const MOST_BYTES: u64 = 64;

/// Number of bytes of a match in a line, if they fit.
const SHOWN: usize = 16;

/// Columns of a line with the file offset and [`SHOWN`] bytes.
const FULL: usize = 126;

/// Shows matches.
pub(super) struct Matches<'a> {
    dump: &'a Dump,
    places: Places<'a>,
    patterns: &'a [Pattern],
    /// The patterns as they were given.
    names: &'a [String],
    style: Style,
    has_heading: bool,
}

impl<'a> Matches<'a> {
    pub(super) fn new(dump: &'a Dump, patterns: &'a [Pattern], names: &'a [String], style: Style) -> Self {
        Matches { dump, places: Places::new(dump), patterns, names, style, has_heading: false }
    }

    pub(super) fn in_json(&mut self, one: &Match) -> Value {
        let mut view = json!({
            "address": (!one.outside).then(|| json::hex(one.address)),
            "at": one.at(self.dump),
            "length": one.length,
            "file_offset": one.file_offset,
            "pattern": self.name(one),
            "module": self.places.in_module(one.address).filter(|_| !one.outside),
            "region": json::region(self.places.region(one.address).filter(|_| !one.outside)),
            "encoding": one.encoding.map(Encoding::name),
            "bytes": json::bytes(&self.bytes(one, one.length.min(MOST_BYTES))),
        });
        // The place of a register of another thread is a file offset.
        let context = one.register(self.dump).map(|found| found.context);
        if let (Some(context @ Context::Thread(_, record)), Value::Object(view)) = (context, &mut view)
            && let Ok(thread) = self.dump.layout().thread(context)
        {
            view.insert("thread".to_owned(), thread.tid.into());
            view.insert("record".to_owned(), record.name().into());
        }
        if let (true, Value::Object(view)) = (one.outside, &mut view) {
            view.insert("structure".to_owned(), one.is_in_structure(self.dump).into());
        }
        if !one.outside {
            json::add_symbol(&mut view, self.dump, one.address);
        }
        view
    }

    /// Address, place, file offset if it fits, and content.
    pub(super) fn in_words(&mut self, one: &Match) -> String {
        let digits = usize::from(self.dump.layout().pointer_width()).saturating_mul(2);
        let columns = self.style.columns().unwrap_or(usize::MAX);
        let is_full = columns >= FULL;
        let place = match one.outside {
            true => String::new(),
            false => text::shown(&self.places.in_words(one.address).unwrap_or_default()),
        };
        let place_width = if is_full { 24 } else { 22 };
        // The place of a match outside memory takes the columns of address and place.
        let (address, place) = match one.outside {
            false => (format!("0x{:0digits$x}", one.address), format!("{place:place_width$}")),
            true => {
                let both = digits.saturating_add(place_width).saturating_add(4);
                // The place is shown as on the command line.
                let option = if one.is_in_structure(self.dump) { " --allow-structure" } else { "" };
                let at = format!("{}{option}", text::shown(&one.at(self.dump)));
                (format!("{at:both$}"), String::new())
            }
        };
        let file_offset = if is_full { format!("  {:#010x}", one.file_offset) } else { String::new() };
        let name = self.short_name(one);
        let parts = [&address, &place, &file_offset, &name];
        let taken = parts.iter().map(|part| part.chars().count()).sum::<usize>().saturating_add(4);
        let content = self.content(one, columns.saturating_sub(taken), is_full);
        let mut line = String::new();
        if self.style.columns().is_some() && !std::mem::replace(&mut self.has_heading, true) {
            let offset = if is_full { "  in file   " } else { "" };
            let width = address.len();
            let heading = format!("{:width$}  {:place_width$}{offset}  content", "address", "place");
            line = format!("{}\n", self.style.faint(&heading));
        }
        let [file_offset, name] = [file_offset, name].map(|part| self.style.faint(&part));
        let gap = if one.outside { "" } else { "  " };
        line + &format!("{address}{gap}{place}{file_offset}  {content}{name}")
    }

    /// Bytes and letters of a match within a number of columns: of a text as much as fits, without its bytes if both do not fit.
    fn content(&self, one: &Match, columns: usize, is_full: bool) -> String {
        let is_text = one.encoding.is_some()
            || matches!(self.patterns.get(one.matcher), Some(Pattern::Regex(_) | Pattern::WideRegex(_)));
        // The letters are between bars, after a blank, and a mark of omitted letters may follow.
        let room = columns.saturating_sub(4);
        let count = if is_text && !is_full { 0 } else { SHOWN.min(room / 4) };
        let letters = if is_text { room.saturating_sub(count.saturating_mul(3)) } else { count };
        /// Maximum number of bytes of a letter in any encoding.
        const LONGEST: usize = 4;
        let most = self.style.columns().map_or(MOST_BYTES, |_| letters.saturating_mul(LONGEST) as u64);
        let wanted = if is_text { one.length.min(most) } else { 0 };
        let bytes = self.bytes(one, wanted.max(count as u64));
        let length = usize::try_from(one.length).unwrap_or(usize::MAX);
        let hex = |bytes: &[u8]| -> String { bytes.iter().map(|byte| format!("{byte:02x} ")).collect() };
        let mut line = String::new();
        if count > 0 {
            let in_hex = bytes.get(..count).unwrap_or(&bytes);
            let (hit, rest) = in_hex.split_at(length.min(in_hex.len()));
            let gap = " ".repeat(count.saturating_sub(in_hex.len()).saturating_mul(3));
            line = format!("{}{}{gap} ", self.style.hit(&hex(hit)), hex(rest));
        }
        let (hit, rest) = bytes.split_at(length.min(bytes.len()));
        let (text, rest) = match one.encoding {
            Some(encoding) => {
                let order = self.dump.layout().byte_order();
                let text: String = encoding.text(hit, order).chars().map(text::letter).collect();
                (text, if encoding == Encoding::Utf16 { String::new() } else { text::printable(rest) })
            }
            None => (text::printable(hit), text::printable(rest)),
        };
        let shown: String = text.chars().take(letters).collect();
        let is_cut = shown.len() < text.len() || length > hit.len();
        let mark = if is_cut { "…" } else { "" };
        line + &format!("|{}{rest}|{mark}", self.style.hit(&shown))
    }

    /// At most `most` bytes from the start of a match.
    fn bytes(&self, one: &Match, most: u64) -> Vec<u8> {
        let mut bytes = vec![0; usize::try_from(most).unwrap_or(0)];
        // A file that can no longer be read ends the search itself.
        let at = match one.location() {
            Location::Field { file_offset, .. } => Location::Offset(file_offset),
            at => at,
        };
        let read = self.dump.read_bytes(Context::Process, at, &mut bytes);
        bytes.truncate(read.map_or(0, |outcome| usize::try_from(outcome.completed).unwrap_or(0)));
        bytes
    }

    /// The pattern of a match.
    fn name(&self, one: &Match) -> &str {
        self.names.get(one.matcher).map_or("", String::as_str)
    }

    /// The pattern at the end of a line, if there are several.
    fn short_name(&self, one: &Match) -> String {
        /// Maximum number of letters of a pattern on a terminal.
        const MOST: usize = 16;
        if self.names.len() < 2 {
            return String::new();
        }
        let name = text::shown(self.name(one));
        let is_long = self.style.columns().is_some() && name.chars().count() > MOST;
        match is_long {
            true => format!("  {}…", name.chars().take(MOST.saturating_sub(1)).collect::<String>()),
            false => format!("  {name}"),
        }
    }
}
