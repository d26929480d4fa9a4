//! `/proc/PID/maps` of what a core says was mapped.

use dumpedit::Protection;
use dumpedit_formats::linux_maps::MapsLine;
use dumpedit_formats::model::{Memory, ModuleEntry};

/// The text of memory, and of the files that a core lists; pages of these files have `page_size` bytes.
pub(super) fn text(memory: &[Memory], files: &[ModuleEntry], page_size: u64) -> String {
    let mut files: Vec<&ModuleEntry> = files.iter().collect();
    files.sort_by_key(|file| file.base.value);
    let mut text = String::new();
    let mut line = |first: u64, end: u64, protection: Option<Protection>, file: Option<(u64, &str)>| {
        let usual = Protection { read: true, write: false, execute: false, guard: false };
        let mut line = MapsLine::new(first, end, protection.unwrap_or(usual));
        if let Some((offset, name)) = file.filter(|(_, name)| !name.is_empty()) {
            (line.offset, line.name) = (offset, Some(name.to_owned()));
        }
        text.push_str(&line.to_string());
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
    }
}
