//! Dumps cut at every length: each opens or fails with a reason, and the rest of it is read correctly.

use std::collections::HashMap;

use dumpedit::{Context, Dump, RegisterPart, ThreadIndex};

use crate::support::bytes::{Order, counting};
use crate::support::elf_builder::{ElfBuilder, NT_FPREGSET, machine, nt_file, prstatus};
use crate::support::minidump_builder::{MinidumpBuilder, amd64, amd64_context};
use crate::support::subject::Subject;

/// Memory: address and number of bytes, which count up from the address's second byte.
const MEMORY: [(u64, usize); 3] = [(0x1000, 96), (0x2000, 33), (0x3000, 64)];

fn bytes_at(address: u64, size: usize) -> Vec<u8> {
    counting((address >> 8) as u8, size)
}

/// A dump, the end of its tables, and the file offset of each range of [`MEMORY`].
struct Whole {
    name: &'static str,
    file: Vec<u8>,
    tables: usize,
    memory: Vec<usize>,
}

/// Notes in front of the memory, and behind it.
fn core(notes_first: bool) -> Whole {
    let mut core = ElfBuilder::with_room(Order::Little, true, machine::X86_64, 5);
    let files = [(0x1000, 0x2000, 0, "/usr/bin/crash")];
    let notes = [
        prstatus(7, 11, 0x40_1000, 0x7000),
        ("CORE", NT_FPREGSET, counting(3, 512)),
        prstatus(8, 0, 0x40_2000, 0x8000),
        nt_file(&files),
    ];
    if notes_first {
        core.notes(&notes);
    }
    let memory = MEMORY.map(|(address, size)| core.load(address, &bytes_at(address, size)) as usize).to_vec();
    if !notes_first {
        core.notes(&notes);
    }
    let name = if notes_first { "core, notes first" } else { "core, notes last" };
    // The header and five program headers.
    Whole { name, file: core.finish(), tables: 64 + 5 * 56, memory }
}

fn minidump(wide: bool) -> Whole {
    let mut dump = MinidumpBuilder::amd64();
    dump.thread_with(7, &amd64_context(amd64::FULL, 0x40_1000, 0x7000));
    dump.exception_with(7, &amd64_context(amd64::FULL, 0x40_2000, 0x7000), 0x40_2000);
    dump.module(0x40_0000, 0x1000, "C:\\crash.exe");
    let mut memory = Vec::new();
    for (address, size) in MEMORY {
        let bytes = bytes_at(address, size);
        match wide {
            true => dump.memory64(address, &bytes),
            false => memory.push(dump.memory(address, &bytes) as usize),
        }
    }
    let file = dump.finish();
    // The bytes of a Memory64List come last. Otherwise the lists do, so that a cut in them costs memory.
    let mut tables = file.len();
    if wide {
        for (_, size) in MEMORY.iter().rev() {
            tables -= size;
            memory.insert(0, tables);
        }
    }
    Whole { name: if wide { "minidump, Memory64List" } else { "minidump, MemoryList" }, file, tables, memory }
}

fn all() -> [Whole; 4] {
    [core(true), core(false), minidump(true), minidump(false)]
}

/// Checks the memory of a cut dump, and returns the number of its bytes.
fn memory_is_right(whole: &Whole, length: usize, dump: &Dump) -> usize {
    let mut seen = 0;
    for ((address, size), offset) in MEMORY.iter().zip(&whole.memory) {
        let mut read = vec![0xee; *size];
        let completed = match dump.read_bytes(Context::Process, *address, &mut read) {
            Ok(outcome) => outcome.completed as usize,
            Err(_) => 0,
        };
        let left = length.saturating_sub(*offset).min(*size);
        if length >= whole.tables {
            assert_eq!(completed, left, "{} cut to {length}: bytes at {address:#x}", whole.name);
        }
        assert!(completed <= left, "{} cut to {length}: {completed} bytes at {address:#x}", whole.name);
        let expected = &bytes_at(*address, *size)[..completed];
        assert_eq!(&read[..completed], expected, "{} cut to {length}", whole.name);
        seen += completed;
    }
    seen
}

/// The registers of each record: the thread's index, the record, and names with values.
type Registers = HashMap<(u32, &'static str), HashMap<RegisterPart, String>>;

fn registers(dump: &Dump) -> Registers {
    let mut all = HashMap::new();
    for (index, thread) in (0..).zip(dump.layout().threads()) {
        for record in &thread.records {
            let context = Context::Thread(ThreadIndex(index), record.kind.choice());
            let values = dump.registers(context).unwrap().into_iter();
            let values = values.map(|held| (held.part, held.value.to_string())).collect();
            all.insert((index, record.kind.name()), values);
        }
    }
    all
}

/// Checks that every register of a cut dump has the same value in the whole dump, and returns their number.
fn registers_are_right(whole: &Whole, length: usize, dump: &Dump, original: &Registers) -> usize {
    let mut seen = 0;
    for (record, values) in registers(dump) {
        for (part, value) in values {
            assert_eq!(
                original[&record][&part], value,
                "{} cut to {length}: {record:?} {part:?}",
                whole.name
            );
            seen += 1;
        }
    }
    seen
}

#[test]
fn a_dump_cut_anywhere_opens_or_fails_with_a_reason_and_what_is_left_is_right() {
    for whole in all() {
        let original = registers(&Dump::from_bytes(whole.file.clone()).unwrap());
        let (mut opened, mut bytes, mut values) = (0, 0, 0);
        for length in 0..=whole.file.len() {
            match Dump::from_bytes(whole.file[..length].to_vec()) {
                Ok(dump) => {
                    opened += 1;
                    bytes += memory_is_right(&whole, length, &dump);
                    // Registers take longer to read, and are cut off as whole fields.
                    if length % 4 == 0 {
                        values += registers_are_right(&whole, length, &dump, &original);
                    }
                    let complete = length == whole.file.len();
                    assert!(
                        complete || !dump.layout().notices().is_empty(),
                        "{} cut to {length}",
                        whole.name
                    );
                }
                Err(error) => {
                    let text = error.to_string();
                    assert!(
                        !text.is_empty() && !text.contains('\n'),
                        "{} cut to {length}: {text}",
                        whole.name
                    );
                    assert!(length < whole.tables, "{} cut to {length}: {text}", whole.name);
                }
            }
        }
        assert!(opened > 0 && bytes > 0 && values > 0, "{}: {opened} {bytes} {values}", whole.name);
    }
}

#[test]
fn the_command_line_says_in_one_line_why_it_does_not_open_or_shows_what_is_left() {
    for whole in all() {
        for length in (0..whole.file.len()).step_by(whole.file.len() / 16) {
            let subject = Subject::new(whole.file[..length].to_vec());
            for (verb, arguments) in [("info", &[][..]), ("threads", &[]), ("regions", &[]), ("modules", &[])]
            {
                let run = subject.run(verb, arguments);
                match run.code {
                    0 => drop(run.json()),
                    _ => assert!(!run.is_error("format").contains('\n'), "{run}"),
                }
                let plain = subject.plain(verb, arguments);
                assert_eq!(plain.code, run.code, "{plain}");
                assert!(plain.code == 0 || plain.stderr.lines().count() == 1, "{plain}");
            }
            subject.run("write", &["0xdead0000", "cc"]).exits(2);
            subject.unchanged();
        }
    }
}
