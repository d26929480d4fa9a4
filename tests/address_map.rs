//! The address space as drawn by `regions --map`.

use crate::support::bytes::Order;
use crate::support::command::dumpedit;
use crate::support::elf_builder::{ElfBuilder, machine, prstatus};
use crate::support::subject::Subject;
use crate::testdata::folder;

/// The lines of a picture behind the legend.
fn picture(subject: &Subject) -> Vec<String> {
    let run = subject.plain("regions", &["--map"]).exits(0);
    run.text().lines().skip(1).map(str::to_owned).collect()
}

#[test]
fn cells_say_what_is_captured_mapped_and_neither() {
    let mut core = ElfBuilder::x86_64();
    core.notes(&[prstatus(7, 11, 0x1000, 0x9000)]);
    core.load(0x1000, &[1; 0x1000]);
    // Mapped without bytes in the file, and followed by a gap of one page.
    core.code(0x2000, 0x2000);
    core.load(0x5000, &[1; 0x808]);
    core.load(0x9000, &[1; 0x1_0000]);
    let lines = picture(&Subject::named("a.core", core.finish()));
    // A cell is 128 bytes, and a row has 36.
    let expected = [
        format!("0x0000000000001000 {}{}", "█".repeat(32), "░".repeat(4)),
        format!("0x0000000000002200 {}", "░".repeat(36)),
        format!("0x0000000000003400 {}", "░".repeat(24)),
        format!("{:19}4.0 KiB not mapped", ""),
        format!("0x0000000000005000 {}▓", "█".repeat(16)),
        format!("{:19}14.0 KiB not mapped", ""),
        format!("0x0000000000009000 {} stack of 7", "█".repeat(36)),
    ];
    assert_eq!(lines[..7], expected);
    assert_eq!(lines.concat().matches('█').count(), 32 + 16 + 0x1_0000 / 128);
}

#[test]
fn a_dump_of_many_regions_gives_a_picture_of_a_page() {
    let mut core = ElfBuilder::with_room(Order::Little, true, machine::X86_64, 24_000);
    for index in 0..24_000u64 {
        core.load(0x1_0000 + index * 0x3_0000 + (index % 7) * 0x1000, &[1; 16]);
    }
    let subject = Subject::named("many.core", core.finish());
    let lines = picture(&subject);
    assert!((2..=60).contains(&lines.len()), "{}", lines.len());
    assert!(lines.iter().all(|line| line.chars().count() <= 80), "{lines:?}");
    assert!(lines.concat().matches('▓').count() > 100, "{lines:?}");
}

#[test]
fn a_dump_without_memory_has_a_legend_and_no_rows() {
    let subject = Subject::named("none.core", ElfBuilder::x86_64().finish());
    assert_eq!(picture(&subject), [""; 0]);
}

#[test]
fn a_picture_is_no_document() {
    let dump = folder().join("crash.dmp");
    let run = dumpedit(&["regions".as_ref(), dump.as_os_str(), "--map".as_ref(), "--json".as_ref()]);
    assert!(run.is_error("usage").contains("--json"), "{run}");
}

#[test]
#[cfg(target_os = "linux")]
fn a_picture_is_as_wide_as_the_terminal_and_coloured_there_alone() {
    use crate::support::terminal::{Terminal, shown};
    let dump = folder().join("crash.dmp");
    let dump = dump.to_str().unwrap();
    for columns in [80, 140] {
        let Some(terminal) = Terminal::start(columns, &["regions", dump, "--map"]) else { return };
        let (written, code) = terminal.end();
        assert_eq!(code, 0, "{written}");
        // The stack, a module, and skipped ranges.
        for code in ["\x1b[33m", "\x1b[36m", "\x1b[2m"] {
            assert!(written.contains(code), "{written:?}");
        }
        let lines = shown(&written);
        let widest = lines.iter().map(|line| line.trim_end().chars().count()).max().unwrap();
        assert!(widest <= columns.into() && widest > usize::from(columns) / 2, "{widest} of {columns}");
        let cells = lines.iter().map(|line| line.matches('░').count()).max().unwrap();
        assert_eq!(cells, if columns == 80 { 36 } else { 72 });
    }
    let piped = dumpedit(&["regions", dump, "--map"]).exits(0);
    assert!(!piped.text().contains('\x1b'), "{piped}");
}
