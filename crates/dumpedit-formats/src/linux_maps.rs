//! `/proc/PID/maps` of Linux: lines of `first-end rwxp offset device inode name` (`proc_pid_maps(5)`).

use std::fmt;

use dumpedit_layout::Protection;

/// Column of the name in a line of a 64-bit system, in characters.
const NAME_AT: usize = 73;

/// A line of the text: a mapping.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct MapsLine {
    /// First address.
    pub first: u64,
    /// End: one past the last address.
    pub end: u64,
    /// Protection.
    pub protection: Protection,
    /// Offset in the file, in bytes.
    pub offset: u64,
    /// Name of the file, or a name in brackets such as `[stack]`.
    pub name: Option<String>,
}

impl MapsLine {
    /// A mapping of no file.
    pub fn new(first: u64, end: u64, protection: Protection) -> MapsLine {
        MapsLine { first, end, protection, offset: 0, name: None }
    }

    /// Size, in bytes.
    pub fn size(&self) -> u64 {
        self.end.saturating_sub(self.first)
    }

    fn read(line: &[u8]) -> Option<MapsLine> {
        let line = String::from_utf8_lossy(line);
        let mut fields = line.trim().splitn(6, ' ');
        let hex = |text: &str| u64::from_str_radix(text, 16).ok();
        let (first, end) = fields.next()?.split_once('-')?;
        let (first, end) = (hex(first)?, hex(end)?);
        // The fourth character is for shared mappings.
        let protection = fields.next()?.get(..3)?.parse().ok()?;
        // A line that is cut off still has the mapping.
        let offset = fields.next().and_then(hex).unwrap_or(0);
        let name = fields.nth(2).map(str::trim_start).filter(|name| !name.is_empty()).map(str::to_owned);
        (first <= end).then_some(MapsLine { first, end, protection, offset, name })
    }
}

/// The mappings in the lines of a text.
pub fn lines(text: &[u8]) -> impl Iterator<Item = MapsLine> + '_ {
    text.split(|byte| *byte == b'\n').filter_map(MapsLine::read)
}

impl fmt::Display for MapsLine {
    /// The line, with its end, of a private mapping on no device: in the form of `show_map_vma` of Linux's fs/proc/task_mmu.c, with a space
    /// behind the inode of a mapping without a name, which readers that split a line into six words need.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let allowed = Protection { guard: false, ..self.protection };
        let line = format!("{:08x}-{:08x} {allowed}p {:08x} 00:00 0 ", self.first, self.end, self.offset);
        match &self.name {
            Some(name) => writeln!(f, "{line:NAME_AT$}{}", name.replace('\n', "\\012")),
            None => writeln!(f, "{line}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn line(text: &[u8]) -> Option<MapsLine> {
        lines(text).next()
    }

    #[test]
    fn a_line_gives_range_protection_offset_and_a_name_with_spaces() {
        let mapping = line(b"7f00-7f20 r-xp 00001000 08:01 1234      /opt/a b (deleted)\r").unwrap();
        assert_eq!((mapping.first, mapping.size(), mapping.offset), (0x7f00, 0x20, 0x1000));
        assert_eq!(mapping.protection.to_string(), "r-x");
        assert_eq!(mapping.name.as_deref(), Some("/opt/a b (deleted)"));
        let mapping = line(b"0-ffffffffffffffff ---p 0 00:00 0").unwrap();
        assert_eq!((mapping.protection.to_string().as_str(), mapping.name), ("---", None));
        for broken in [&b"20-10 r--p 0 00:00 0"[..], b"", b"\xff-\xff"] {
            assert_eq!(line(broken), None);
        }
    }

    #[test]
    fn what_is_written_is_read_back() {
        let text = "00400000-0040c000 r-xp 00001000 00:00 0                                  /usr/bin/a b\n\
                    00500000-00501000 rw-p 00000000 00:00 0 \n\
                    7ffe00000000-7ffe00001000 rw-p 00000000 00:00 0                          [stack]\n";
        assert_eq!(lines(text.as_bytes()).map(|line| line.to_string()).collect::<String>(), text);
    }
}
