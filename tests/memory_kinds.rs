//! Kinds of memory: captured, mapped but not captured, cut off by the end of the file, unmapped; and the protection and the name of each
//! region.

use serde_json::{Value, json};

use crate::support::bytes::counting;
use crate::support::elf_builder::{ElfBuilder, nt_file, prstatus};
use crate::support::minidump_builder::{MinidumpBuilder, amd64, amd64_context, stream};
use crate::support::subject::Subject;

/// Memory behind 16 captured bytes at 0x1000.
#[derive(Clone, Copy, Debug)]
enum Behind {
    Nothing,
    Mapped,
    CutOff,
}

fn core(behind: Behind) -> Subject {
    let mut core = ElfBuilder::x86_64();
    core.notes(&[prstatus(7, 11, 0x40_1000, 0x7000)]);
    let offset = core.place(&counting(1, 16));
    match behind {
        Behind::Nothing => core.load_at(0x1000, offset, 16, 16),
        Behind::Mapped => core.load_at(0x1000, offset, 16, 0x1000),
        Behind::CutOff => core.load_at(0x1000, offset, 64, 64),
    }
    Subject::named("memory.core", core.finish())
}

fn minidump(behind: Behind) -> Subject {
    let mut dump = MinidumpBuilder::amd64();
    dump.thread_with(7, &amd64_context(amd64::FULL, 0x40_1000, 0x7000));
    let size = match behind {
        Behind::CutOff => 64,
        _ => 16,
    };
    dump.memory64(0x1000, &counting(1, size));
    if let Behind::Mapped = behind {
        dump.mapped(0x1000, 0x1000);
    }
    let mut file = dump.finish();
    file.truncate(file.len() - (size - 16));
    Subject::named("memory.dmp", file)
}

fn minidump_with_descriptor(behind: Behind) -> Subject {
    let mut dump = MinidumpBuilder::amd64();
    dump.memory(0x1000, &counting(1, 16));
    match behind {
        Behind::Nothing => {}
        Behind::Mapped => {
            let maps = b"1000-2000 rw-p 00000000 00:00 0 \n";
            dump.stream(stream::LINUX_MAPS, maps);
        }
        Behind::CutOff => dump.memory_at(0x1010, 48, 0x00ff_0000),
    }
    Subject::named("descriptor.dmp", dump.finish())
}

#[test]
fn each_kind_has_its_own_word_in_reads_writes_errors_and_regions() {
    // The reason that stops an access, the error's words, and the mapped size where 16 bytes are captured.
    let cases = [
        (Behind::Nothing, "unmapped", "unmapped", 16),
        (Behind::Mapped, "not-captured", "mapped, but not captured", 0x1000),
        (Behind::CutOff, "end-of-file", "end of the file", 64),
    ];
    for (behind, reason, said, size) in cases {
        for subject in [core(behind), minidump(behind), minidump_with_descriptor(behind)] {
            let name = subject.path().display().to_string();
            subject.run("read", &["0x1008..+16"]).is_partial(16, 8, "0x1010", reason);
            subject.run("where", &["0x1008", "16"]).is_partial(16, 8, "0x1010", reason);
            subject
                .run("write", &["0x1008", &"cc".repeat(16), "--dry-run"])
                .is_partial(16, 8, "0x1010", reason);
            for (verb, arguments) in
                [("read", &["0x1010..+4"][..]), ("write", &["0x1010", "cc"]), ("where", &["0x1010"])]
            {
                let message = subject.run(verb, arguments).is_error_at(reason, "0x1010");
                assert!(message.contains(said), "{name}, {behind:?}: {message}");
                assert!(message.contains("0x1000"), "the nearest captured memory: {message}");
            }
            let whole = subject.run("write", &["0x1008", &"cc".repeat(16), "--all-or-nothing"]);
            whole.is_error_at(reason, "0x1010");
            subject.unchanged();
            let regions = subject.run("regions", &[]).exits(0).json();
            let total = |key: &str| {
                regions.as_array().unwrap().iter().map(|region| region[key].as_u64().unwrap()).sum::<u64>()
            };
            assert_eq!((total("size"), total("captured")), (size, 16), "{name}, {behind:?}: {regions}");
        }
    }
}

/// Output of `regions`: start, size, protection, name.
fn regions(subject: &Subject) -> Vec<Value> {
    let regions = subject.run("regions", &[]).exits(0).json();
    let pick =
        |region: &Value| json!([region["start"], region["size"], region["protection"], region["name"]]);
    regions.as_array().unwrap().iter().map(pick).collect()
}

#[test]
fn a_memory_info_list_gives_protections_and_its_modules_names() {
    const COMMIT: u64 = 0x1000;
    const RESERVE: u64 = 0x2000;
    const FREE: u64 = 0x1_0000;
    let mut dump = MinidumpBuilder::amd64();
    dump.memory(0x14_0000, &counting(1, 16));
    dump.module(0x40_0000, 0x3000, "C:\\crash.exe");
    for (address, base, state, protection) in [
        (0x14_0000, 0x14_0000, COMMIT, 0x04),
        (0x15_0000, 0x14_0000, COMMIT, 0x104),
        (0x16_0000, 0x14_0000, RESERVE, 0),
        (0x17_0000, 0x17_0000, FREE, 0x01),
        (0x18_0000, 0x18_0000, COMMIT, 0x01),
        (0x40_0000, 0x40_0000, COMMIT, 0x02),
        (0x40_1000, 0x40_0000, COMMIT, 0x20),
        (0x40_2000, 0x40_0000, COMMIT, 0x80),
    ] {
        dump.memory_info(address, base, 0x1000, (state, protection, 0x2_0000));
    }
    let expected = [
        json!(["0x140000", 0x1000, "rw-", null]),
        json!(["0x150000", 0x1000, "rw-g", null]),
        json!(["0x180000", 0x1000, "---", null]),
        json!(["0x400000", 0x1000, "r--", "C:\\crash.exe"]),
        json!(["0x401000", 0x1000, "r-x", "C:\\crash.exe"]),
        json!(["0x402000", 0x1000, "rwx", "C:\\crash.exe"]),
    ];
    let subject = Subject::new(dump.finish());
    assert_eq!(regions(&subject), expected);
    // Reserved and free memory is not mapped.
    for address in ["0x160000", "0x170000"] {
        let message = subject.run("read", &[&format!("{address}..+1")]).is_error("unmapped");
        assert!(message.contains("unmapped"), "{message}");
    }
}

#[test]
fn linux_maps_give_protections_and_names() {
    let mut dump = MinidumpBuilder::amd64();
    dump.memory(0x7ffe_0010, &counting(1, 16));
    let maps = "00400000-00401000 r--p 00000000 08:01 42   /usr/bin/crash\n\
                00401000-00403000 r-xp 00001000 08:01 42   /usr/bin/a name with blanks\n\
                00500000-00501000 ---p 00000000 00:00 0 \n\
                7ffe0000-7fff0000 rw-p 00000000 00:00 0    [stack]\n";
    dump.stream(stream::LINUX_MAPS, maps.as_bytes());
    let expected = [
        json!(["0x400000", 0x1000, "r--", "/usr/bin/crash"]),
        json!(["0x401000", 0x2000, "r-x", "/usr/bin/a name with blanks"]),
        json!(["0x500000", 0x1000, "---", null]),
        json!(["0x7ffe0000", 0x1_0000, "rw-", "[stack]"]),
    ];
    let subject = Subject::new(dump.finish());
    let regions = regions(&subject);
    // The captured bytes may be apart from the rest of their mapping, with its protection and name.
    let shown = |expected: &Value| {
        let same = |region: &&Value| region[2] == expected[2] && region[3] == expected[3];
        let size: u64 = regions.iter().filter(same).map(|region| region[1].as_u64().unwrap()).sum();
        (regions.iter().find(same).map(|region| region[0].clone()), size)
    };
    for region in &expected {
        assert_eq!(shown(region), (Some(region[0].clone()), region[1].as_u64().unwrap()), "{regions:?}");
    }
}

#[test]
fn program_headers_give_protections_and_nt_file_gives_names() {
    let mut core = ElfBuilder::x86_64();
    let cases = [
        (0x40_0000, 4, "r--", json!("/usr/bin/crash")),
        (0x40_1000, 5, "r-x", json!("/usr/bin/crash")),
        (0x40_2000, 6, "rw-", Value::Null),
        (0x40_3000, 0, "---", Value::Null),
        (0x40_5000, 7, "rwx", Value::Null),
        (0x40_7000, 1, "--x", json!("/lib/libc.so.6")),
    ];
    for (address, flags, ..) in &cases {
        core.load_at(*address, 0, 0, 0x1000);
        core.flags(*flags);
    }
    let files = [(0x40_0000, 0x40_2000, 0, "/usr/bin/crash"), (0x40_7000, 0x40_8000, 0x10, "/lib/libc.so.6")];
    core.notes(&[prstatus(7, 11, 0x40_1000, 0x7000), nt_file(&files)]);
    let shown = regions(&Subject::new(core.finish()));
    let expected: Vec<Value> = cases
        .iter()
        .map(|(address, _, protection, name)| json!([format!("{address:#x}"), 0x1000, protection, name]))
        .collect();
    assert_eq!(shown, expected);
}
