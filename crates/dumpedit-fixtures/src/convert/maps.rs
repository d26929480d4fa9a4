//! Writes `/proc/PID/maps` from the mappings of a core.

use dumpedit::Protection;
use dumpedit_formats::elf::schema::MappedFile;
use dumpedit_formats::linux_maps::MapsLine;
use dumpedit_formats::model::Memory;

/// The text for memory and for the files that a core lists, both in order of addresses.
pub(super) fn text(memory: &[Memory], files: &[MappedFile]) -> String {
    let mut text = String::new();
    let mut line = |first: u64, end: u64, protection: Option<Protection>, file: Option<(u64, &str)>| {
        let usual = Protection { read: true, write: false, execute: false, guard: false };
        let mut line = MapsLine::new(first, end, protection.unwrap_or(usual));
        if let Some((offset, name)) = file.filter(|(_, name)| !name.is_empty()) {
            (line.offset, line.name) = (offset, Some(name.to_owned()));
        }
        text.push_str(&line.to_string());
    };
    let ends = |first: u64, size: u64| [first, first.saturating_add(size)];
    let of_memory = memory.iter().flat_map(|entry| ends(entry.address, entry.size));
    let of_files = files.iter().flat_map(|file| ends(file.first, file.size));
    let mut edges: Vec<u64> = of_memory.chain(of_files).collect();
    edges.sort_unstable();
    edges.dedup();
    for pair in edges.windows(2) {
        let [first, end] = *pair else { continue };
        let held = memory.partition_point(|entry| entry.address <= first).checked_sub(1);
        let held = held.and_then(|at| memory.get(at));
        let held = held.filter(|entry| first.saturating_sub(entry.address) < entry.size);
        let file = files.partition_point(|file| file.first <= first).checked_sub(1);
        let file = file.and_then(|at| files.get(at));
        let file = file.filter(|file| first.saturating_sub(file.first) < file.size);
        let file = file.map(|file| {
            let skipped = first.saturating_sub(file.first);
            (file.offset.saturating_add(skipped), file.name.as_str())
        });
        // A mapping without a segment is known by its file only.
        if held.is_some() || file.is_some() {
            line(first, end, held.and_then(|entry| entry.protection), file);
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;
    use dumpedit_formats::model::Content;

    #[test]
    fn memory_and_files_become_lines_in_order_of_addresses() {
        let memory = |address, size, letters: &str| {
            let mut memory = Memory::new(address, Content::Zero(size));
            let has = |letter| letters.contains(letter);
            memory.protection =
                Some(Protection { read: has('r'), write: has('w'), execute: has('x'), guard: false });
            memory
        };
        let mut listed = MappedFile::new(0x1000, 0x2000, "/bin/a".to_owned());
        listed.offset = 0x3000;
        let unlisted = MappedFile::new(0x8000, 0x1000, "/bin/b".to_owned());
        let text = text(&[memory(0x1000, 0x2000, "rx"), memory(0x5000, 0x1000, "rw")], &[listed, unlisted]);
        assert_eq!(
            text,
            "00001000-00003000 r-xp 00003000 00:00 0                                  /bin/a\n\
             00005000-00006000 rw-p 00000000 00:00 0 \n\
             00008000-00009000 r--p 00000000 00:00 0                                  /bin/b\n"
        );
    }

    #[test]
    fn a_line_ends_where_memory_and_where_a_file_does() {
        let files = [("/bin/a", 0x1000, 0x1000), ("/bin/b", 0x2000, 0x1800)];
        let files = files.map(|(name, base, size)| MappedFile::new(base, size, name.to_owned()));
        let text = text(&[Memory::new(0x1000, Content::Zero(0x2000))], &files);
        assert_eq!(
            text,
            "00001000-00002000 r--p 00000000 00:00 0                                  /bin/a\n\
             00002000-00003000 r--p 00000000 00:00 0                                  /bin/b\n\
             00003000-00003800 r--p 00001000 00:00 0                                  /bin/b\n"
        );
    }
}
