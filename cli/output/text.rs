//! Text for people: columns, hexdumps, sizes, and colours if a terminal shows them.

use std::fmt::Write as _;

use clap::ValueEnum;
use console::Term;
use dumpedit::notation::Visible;

/// When text is coloured.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub(crate) enum Colour {
    /// On a terminal, unless NO_COLOR is set
    #[default]
    Auto,
    /// In files and pipes, too
    Always,
    /// Nowhere
    Never,
}

/// Kind of memory at an address, as colours distinguish it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Kind {
    #[default]
    Other,
    Module,
    Stack,
}

/// Style of text.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Style {
    colour: bool,
    /// Columns of the terminal; `None` without a terminal, for lines of any length.
    columns: Option<usize>,
}

impl Style {
    /// The style for a stream.
    pub(crate) fn on(stream: &Term, colour: Colour) -> Self {
        // A Windows console shows colours after a request; older ones never do.
        let shows = !cfg!(windows) || stream.features().colors_supported();
        let auto = || stream.is_term() && std::env::var_os("NO_COLOR").is_none() && shows;
        Style {
            colour: match colour {
                Colour::Auto => auto(),
                Colour::Always => true,
                Colour::Never => false,
            },
            columns: stream.size_checked().map(|(_, columns)| columns.into()).filter(|_| stream.is_term()),
        }
    }

    /// A style without colours and columns.
    #[cfg(test)]
    pub(crate) fn plain() -> Self {
        Style { colour: false, columns: None }
    }

    /// The same style without colours, for lines after `columns` columns of other text.
    pub(crate) fn plain_behind(self, columns: usize) -> Self {
        Style { colour: false, columns: self.columns.map(|all| all.saturating_sub(columns)) }
    }

    /// Columns of the terminal, if there is one.
    pub(crate) fn columns(self) -> Option<usize> {
        self.columns
    }

    pub(crate) fn is_coloured(self) -> bool {
        self.colour
    }

    fn paint(self, code: &str, text: &str) -> String {
        if self.colour { format!("\x1b[{code}m{text}\x1b[0m") } else { text.to_owned() }
    }

    /// Less important text.
    pub(crate) fn faint(self, text: &str) -> String {
        self.paint("2", text)
    }

    /// A match of a search.
    pub(crate) fn hit(self, text: &str) -> String {
        self.paint("1;32", text)
    }

    /// A failure.
    pub(crate) fn alarm(self, text: &str) -> String {
        self.paint("1;31", text)
    }
}

impl Style {
    /// Old text.
    pub(crate) fn removed(self, text: &str) -> String {
        self.paint("31", text)
    }

    /// New text.
    pub(crate) fn added(self, text: &str) -> String {
        self.paint("32", text)
    }

    /// Text about a stack, a module, or other memory.
    pub(crate) fn kind(self, kind: Kind, text: &str) -> String {
        match kind {
            Kind::Stack => self.paint("33", text),
            Kind::Module => self.paint("36", text),
            Kind::Other => self.paint("32", text),
        }
    }

    /// Bytes that an edit wrote.
    pub(crate) fn edited(self, text: &str) -> String {
        self.paint("7", text)
    }

    /// A heading.
    pub(crate) fn heading(self, text: &str) -> String {
        self.paint("1", text)
    }
}

/// Rows in aligned columns under a heading.
pub(crate) struct Table {
    rows: Vec<Vec<String>>,
    right: &'static [usize],
}

impl Table {
    /// A table with headings; the columns in `right` are numbers.
    pub(crate) fn new(headings: &[&str], right: &'static [usize]) -> Self {
        Table { rows: vec![headings.iter().map(|&heading| heading.to_owned()).collect()], right }
    }

    pub(crate) fn row(&mut self, cells: Vec<String>) {
        self.rows.push(cells.iter().map(|cell| shown(cell)).collect());
    }

    pub(crate) fn render(&self, style: Style) -> String {
        /// Maximum width that a cell gives its column, in letters: every row is padded to that width.
        const WIDEST: usize = 100;
        let columns = self.rows.iter().map(Vec::len).max().unwrap_or(0);
        let mut widths = vec![0; columns];
        for row in &self.rows {
            for (cell, width) in row.iter().zip(&mut widths) {
                *width = cell.chars().take(WIDEST).count().max(*width);
            }
        }
        let mut text = String::new();
        for (number, row) in self.rows.iter().enumerate() {
            let mut line = String::new();
            for (column, (cell, width)) in row.iter().zip(&widths).enumerate() {
                let gap = if column == 0 { "" } else { "  " };
                let _ = match self.right.contains(&column) {
                    true => write!(line, "{gap}{cell:>width$}"),
                    false => write!(line, "{gap}{cell:<width$}"),
                };
            }
            let line = line.trim_end();
            let line = if number == 0 { style.faint(line) } else { line.to_owned() };
            text.push_str(&line);
            text.push('\n');
        }
        text
    }
}

/// A text from a dump or a file, on one line.
pub(crate) fn shown(text: &str) -> String {
    Visible(text).to_string()
}

/// A line per 16 bytes, or 8 if 16 do not fit: address, hex, text. `at` is the address or offset of the first byte.
pub(crate) fn hexdump(at: u64, bytes: &[u8], digits: usize, style: Style) -> String {
    remarked_hexdump(at, bytes, digits, style, |_, _, _| Remark::default())
}

/// Remark on a line of a hexdump.
#[derive(Debug, Default)]
pub(crate) struct Remark {
    /// Kinds of memory that the bytes point to, by column.
    pub(crate) kinds: [Option<Kind>; 16],
    /// Whether an edit wrote each byte, by column.
    pub(crate) edited: [bool; 16],
    /// Words after the line.
    pub(crate) words: String,
}

/// Like `hexdump`, with a remark on each line: `remark` takes the address, the bytes and the width of the line.
pub(crate) fn remarked_hexdump(
    at: u64,
    bytes: &[u8],
    digits: usize,
    style: Style,
    mut remark: impl FnMut(u64, &[u8], usize) -> Remark,
) -> String {
    /// Columns of a line of 16 bytes without the digits of its address.
    const FULL: usize = 72;
    let fits = style.columns.is_none_or(|columns| columns >= digits.saturating_add(FULL));
    let (count, columns) = if fits { (16, 49) } else { (8usize, 24usize) };
    let mut text = String::new();
    for (line, start) in bytes.chunks(count).zip((at..).step_by(count)) {
        let shown = printable(line);
        let width = digits.saturating_add(columns).saturating_add(line.len()).saturating_add(" 0x  ||".len());
        let Remark { kinds, edited, words } = remark(start, line, width);
        let mut hex = String::new();
        let mut used = 0usize;
        for (column, ((byte, kind), edited)) in line.iter().zip(kinds).zip(edited).enumerate() {
            let gap = if column == 8 { "  " } else { " " };
            let digits = format!("{byte:02x}");
            used = used.saturating_add(gap.len()).saturating_add(digits.len());
            let digits = match (edited, kind) {
                (true, _) => style.edited(&digits),
                (false, Some(kind)) => style.kind(kind, &digits),
                (false, None) => digits,
            };
            let _ = write!(hex, "{gap}{digits}");
        }
        let address = style.faint(&format!("0x{start:0digits$x}"));
        let gap = columns.saturating_sub(used);
        let _ = writeln!(text, "{address} {hex}{:gap$}  |{shown}|{words}", "");
    }
    text
}

/// Bytes as letters, with a dot for each that is not printable.
pub(crate) fn printable(bytes: &[u8]) -> String {
    bytes.iter().map(|&byte| letter(if byte.is_ascii() { char::from(byte) } else { '.' })).collect()
}

/// A visible letter of one column, or a dot.
pub(crate) fn letter(letter: char) -> char {
    let is_seen = letter == ' ' || letter.is_ascii_graphic() || letter.is_alphanumeric();
    if is_seen { letter } else { '.' }
}

/// A size in bytes, with a unit.
pub(crate) fn size(bytes: u128) -> String {
    const UNITS: [&str; 7] = ["B", "KiB", "MiB", "GiB", "TiB", "PiB", "EiB"];
    let mut unit = 0;
    let mut scaled = bytes as f64;
    while scaled >= 1024.0 && unit + 1 < UNITS.len() {
        scaled /= 1024.0;
        unit += 1;
    }
    let name = UNITS.get(unit).unwrap_or(&"B");
    if unit == 0 { format!("{bytes} {name}") } else { format!("{scaled:.1} {name}") }
}

/// Bytes as hex pairs, shortened if there are many.
pub(crate) fn short_hex(bytes: &[u8]) -> String {
    const MOST: usize = 16;
    let mut text: Vec<String> = bytes.iter().take(MOST).map(|byte| format!("{byte:02x}")).collect();
    if bytes.len() > MOST {
        text.push("…".to_owned());
    }
    text.join(" ")
}

/// Seconds since 1970 as a date and a time of day (UTC); `?` if the year has more than four digits.
pub(crate) fn utc(seconds: u64) -> String {
    const YEAR_10000: u64 = 253_402_300_800;
    const DAYS_IN_400_YEARS: u64 = 146_097;
    if seconds >= YEAR_10000 {
        return "?".to_owned();
    }
    // Years begin in March, counted from the year 0. The leap day is then the last day of a year, and the months before it repeat a
    // pattern of 153 days in five months.
    let days = seconds / 86_400 + 719_468;
    let day = days % DAYS_IN_400_YEARS;
    let year = (day - day / 1460 + day / 36_524 - day / 146_096) / 365;
    let day = day - (365 * year + year / 4 - year / 100);
    let month = (5 * day + 2) / 153;
    let day = day - (153 * month + 2) / 5 + 1;
    let (month, next) = if month < 10 { (month + 3, 0) } else { (month - 9, 1) };
    let year = days / DAYS_IN_400_YEARS * 400 + year + next;
    let second = seconds % 86_400;
    let (hour, minute, second) = (second / 3600, second / 60 % 60, second % 60);
    format!("{year}-{month:02}-{day:02} {hour:02}:{minute:02}:{second:02}")
}

/// `1 thread`, `2 threads`.
pub(crate) fn counted(count: usize, noun: &str) -> String {
    if count == 1 { format!("1 {noun}") } else { format!("{count} {noun}s") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_hexdump_shows_addresses_bytes_and_text_in_columns() {
        let style = Style::plain();
        let text = hexdump(0x1008, b"0123456789abcdefG\n", 8, style);
        let lines: Vec<&str> = text.lines().collect();
        assert_eq!(
            lines,
            [
                "0x00001008  30 31 32 33 34 35 36 37  38 39 61 62 63 64 65 66  |0123456789abcdef|",
                &format!("0x00001018  47 0a{:45}|G.|", ""),
            ]
        );
    }

    #[test]
    fn a_hexdump_has_lines_of_eight_bytes_where_sixteen_do_not_fit() {
        let style = |columns| Style { columns: Some(columns), ..Style::plain() };
        let lines = |columns, digits| hexdump(0x1000, &[0x41; 24], digits, style(columns)).lines().count();
        assert_eq!([lines(88, 16), lines(87, 16), lines(80, 8), lines(79, 8)], [2, 3, 2, 3]);
        let longest = |columns, digits| {
            let text = hexdump(0x1000, &[0x41; 24], digits, style(columns));
            text.lines().map(str::len).max()
        };
        assert_eq!([longest(88, 16), longest(80, 8), longest(80, 16)], [Some(88), Some(80), Some(55)]);
        let text = hexdump(0x1000, b"abc", 8, style(60));
        assert_eq!(text, "0x00001000  61 62 63                 |abc|\n");
    }

    #[test]
    fn sizes_are_said_in_the_unit_that_fits() {
        assert_eq!(size(0), "0 B");
        assert_eq!(size(1023), "1023 B");
        assert_eq!(size(1536), "1.5 KiB");
        assert_eq!(size(1 << 64), "16.0 EiB");
    }

    #[test]
    fn a_time_is_said_as_date_and_time_of_day() {
        assert_eq!(utc(0), "1970-01-01 00:00:00");
        assert_eq!(utc(951_827_696), "2000-02-29 12:34:56");
        assert_eq!(utc(1_735_689_599), "2024-12-31 23:59:59");
        assert_eq!(utc(4_107_542_400), "2100-03-01 00:00:00");
        assert_eq!(utc(253_402_300_799), "9999-12-31 23:59:59");
        assert_eq!(utc(253_402_300_800), "?");
        assert_eq!(utc(u64::MAX), "?");
    }

    #[test]
    fn every_day_follows_the_one_before_it() {
        let (mut year, mut month, mut day) = (1970, 1, 1);
        for days in 0..400 * 366 {
            assert_eq!(utc(days * 86_400), format!("{year}-{month:02}-{day:02} 00:00:00"));
            let leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
            let february = if leap { 29 } else { 28 };
            let length = [31, february, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31][month - 1];
            (year, month, day) = match (month, day) {
                (12, 31) => (year + 1, 1, 1),
                _ if day == length => (year, month + 1, 1),
                _ => (year, month, day + 1),
            };
        }
    }

    #[test]
    fn columns_are_as_wide_as_their_widest_cell() {
        let mut table = Table::new(&["a", "size"], &[1]);
        table.row(vec!["long".to_owned(), "7".to_owned()]);
        assert_eq!(table.render(Style::plain()), "a     size\nlong     7\n");
    }

    #[test]
    fn a_very_long_cell_makes_its_own_row_long_only() {
        let mut table = Table::new(&["a", "size"], &[1]);
        let long = "n".repeat(1_000_000);
        table.row(vec![long.clone(), "7".to_owned()]);
        table.row(vec!["b".to_owned(), "8".to_owned()]);
        let (heading, short) = (format!("{:<100}  size", "a"), format!("{:<100}     8", "b"));
        assert_eq!(table.render(Style::plain()), format!("{heading}\n{long}     7\n{short}\n"));
    }
}
