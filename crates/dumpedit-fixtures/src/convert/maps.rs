//! `/proc/PID/maps`: lines of `first-end rwxp offset device inode name` (`proc_pid_maps(5)`).

use std::fmt::Write as _;

use dumpedit::Protection;
use dumpedit_formats::model::{Memory, ModuleEntry};

/// A mapping of a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct FileMapping {
    /// Its first address.
    pub(super) first: u64,
    /// One past its last address.
    pub(super) end: u64,
    /// Where it begins in the file, in bytes.
    pub(super) offset: u64,
    /// The file.
    pub(super) path: String,
}

/// The mappings of files that such a text lists.
pub(super) fn files(text: &str) -> impl Iterator<Item = FileMapping> + '_ {
    text.lines().filter_map(|line| {
        let mut rest = line;
        let mut word = || {
            let (word, behind) = rest.trim_start().split_once(' ').unwrap_or((rest.trim_start(), ""));
            rest = behind;
            word
        };
        let (first, end) = word().split_once('-')?;
        let (_protection, offset, _device, _inode) = (word(), word(), word(), word());
        let number = |text: &str| u64::from_str_radix(text, 16).ok();
        let path = rest.trim_start();
        let mapping = FileMapping {
            first: number(first)?,
            end: number(end)?,
            offset: number(offset)?,
            path: path.to_owned(),
        };
        (path.starts_with('/') && mapping.first < mapping.end).then_some(mapping)
    })
}

/// Such a text of memory, and of the files that a core lists; pages of these files have `page_size` bytes.
pub(super) fn text(memory: &[Memory], files: &[ModuleEntry], page_size: u64) -> String {
    let mut files: Vec<&ModuleEntry> = files.iter().collect();
    files.sort_by_key(|file| file.base.value);
    let mut text = String::new();
    let mut line = |first: u64, end: u64, protection: Option<Protection>, file: Option<(u64, &str)>| {
        let usual = Protection { read: true, write: false, execute: false, guard: false };
        let allowed = Protection { guard: false, ..protection.unwrap_or(usual) };
        let (offset, name) = file.unwrap_or((0, ""));
        let _ = write!(text, "{first:08x}-{end:08x} {allowed}p {offset:08x} 00:00 0");
        if name.is_empty() {
            text.push('\n');
        } else {
            let _ = writeln!(text, " {name:>8}", name = name.replace('\n', "\\012"));
        }
    };
    let mut next = files.iter().peekable();
    for entry in memory {
        let end = entry.address.saturating_add(entry.size);
        while let Some(file) = next.next_if(|file| file.base.value < entry.address) {
            // What no segment tells of is known by its file alone.
            let file_end = file.base.value.saturating_add(file.size.value);
            if file_end <= entry.address {
                let offset = file.page.value.saturating_mul(page_size);
                line(file.base.value, file_end, None, Some((offset, &file.name.value)));
            }
        }
        let own = files.partition_point(|file| file.base.value <= entry.address);
        let own = own.checked_sub(1).and_then(|at| files.get(at));
        let own = own.filter(|file| entry.address.saturating_sub(file.base.value) < file.size.value);
        let file = own.map(|file| {
            let skipped = entry.address.saturating_sub(file.base.value);
            (file.page.value.saturating_mul(page_size).saturating_add(skipped), file.name.value.as_str())
        });
        next.next_if(|file| file.base.value == entry.address);
        line(entry.address, end, entry.protection, file);
    }
    for file in next {
        let end = file.base.value.saturating_add(file.size.value);
        let offset = file.page.value.saturating_mul(page_size);
        line(file.base.value, end, None, Some((offset, &file.name.value)));
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;
    use dumpedit_formats::model::Content;

    #[test]
    fn of_a_text_the_mappings_of_files_are_told_with_their_offsets() {
        let text = "00400000-0040c000 r-xp 00001000 08:02 17 /usr/bin/a b\n\
                    7f0000000000-7f0000001000 rw-p 00000000 00:00 0 \n\
                    7ffe00000000-7ffe00001000 rw-p 00000000 00:00 0          [stack]\nnonsense";
        let mapping =
            FileMapping { first: 0x40_0000, end: 0x40_c000, offset: 0x1000, path: "/usr/bin/a b".to_owned() };
        assert_eq!(files(text).collect::<Vec<_>>(), [mapping]);
    }

    #[test]
    fn memory_and_files_become_lines_in_order_of_addresses() {
        let memory = |address, size, letters: &str| {
            let mut memory = Memory::new(address, Content::Zero(size));
            let has = |letter| letters.contains(letter);
            memory.protection =
                Some(Protection { read: has('r'), write: has('w'), execute: has('x'), guard: false });
            memory
        };
        let mut listed = ModuleEntry::new(0x1000, 0x2000, "/bin/a".to_owned());
        listed.page = 3.into();
        let unlisted = ModuleEntry::new(0x8000, 0x1000, "/bin/b".to_owned());
        let text =
            text(&[memory(0x1000, 0x2000, "rx"), memory(0x5000, 0x1000, "rw")], &[unlisted, listed], 4096);
        assert_eq!(
            text,
            "00001000-00003000 r-xp 00003000 00:00 0   /bin/a\n\
             00005000-00006000 rw-p 00000000 00:00 0\n\
             00008000-00009000 r--p 00000000 00:00 0   /bin/b\n"
        );
        assert_eq!(files(&text).count(), 2);
    }
}
