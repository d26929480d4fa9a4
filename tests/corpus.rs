//! Real dumps of many producers: each opens, and an edit changes exactly the bytes that it reports.

use std::path::Path;

use serde_json::Value;

use crate::registers_agree::machine_of;
use crate::support::bytes::{hex, unhex};
use crate::support::command::{Run, dumpedit, number};
use crate::support::corpus::{cores, dumps, minidumps};
use crate::support::subject::{Subject, assert_same_bytes};

fn copy_of(path: &Path) -> Subject {
    let name = path.file_name().unwrap().to_str().unwrap();
    Subject::named(name, std::fs::read(path).unwrap())
}

fn real_dumps() -> Vec<std::path::PathBuf> {
    [minidumps(), cores()].concat()
}

/// A captured range: first address, size in bytes, and file offset.
struct Captured {
    start: u64,
    size: u64,
    file_offsets: Vec<u64>,
}

fn captured(subject: &Subject) -> Vec<Captured> {
    let regions = subject.run("regions", &[]).exits(0).json();
    let parse = |region: &Value| Captured {
        start: number(&region["start"]),
        size: region["captured"].as_u64().unwrap(),
        file_offsets: region["file_offsets"]
            .as_array()
            .unwrap()
            .iter()
            .map(|at| at.as_u64().unwrap())
            .collect(),
    };
    regions.as_array().unwrap().iter().map(parse).filter(|region| region.size > 0).collect()
}

/// Number of bytes captured contiguously from an address on.
fn contiguous(regions: &[Captured], address: u64) -> u64 {
    let mut end = address;
    for region in regions {
        if region.start <= end && end - region.start < region.size {
            end = region.start.saturating_add(region.size);
        }
    }
    end - address
}

/// Writes `size` bytes that differ from the old ones, and checks the outcome, the file and what is read back.
fn write_and_compare(subject: &Subject, regions: &[Captured], address: u64, size: u64) {
    let before = subject.now();
    let mut old = Vec::new();
    let mut expected = before.clone();
    for byte in (0..size.min(contiguous(regions, address))).map(|index| address + index) {
        let region =
            regions.iter().find(|region| byte >= region.start && byte - region.start < region.size).unwrap();
        let places = region.file_offsets.iter().map(|at| usize::try_from(at + byte - region.start).unwrap());
        old.push(before[places.clone().next().unwrap()]);
        places.for_each(|at| expected[at] = !old[old.len() - 1]);
    }
    let mut new: Vec<u8> = old.iter().map(|byte| !byte).collect();
    new.resize(size as usize, 0xcc);
    let run = subject.run("write", &[&format!("{address:#x}"), &hex(&new)]);
    let json = run.json();
    assert_eq!(run.code, i32::from(old.len() as u64 != size), "{run}");
    assert_eq!(json["completed"], old.len(), "{run}");
    assert_same_bytes(&subject.now(), &expected);
    for edit in json["edits"].as_array().unwrap() {
        let at = edit["file_offset"].as_u64().unwrap() as usize;
        let (was, is) = (unhex(edit["old"].as_str().unwrap()), unhex(edit["new"].as_str().unwrap()));
        assert_eq!(
            (&before[at..at + was.len()], &expected[at..at + is.len()]),
            (&was[..], &is[..]),
            "{edit}"
        );
    }
    let read = subject.run("read", &[&format!("{address:#x}..+{}", old.len())]).is_full(old.len() as u64);
    assert_eq!(read["bytes"], hex(&new[..old.len()]), "{run}");
}

#[test]
fn every_real_dump_opens() {
    for path in real_dumps() {
        for verb in ["info", "threads", "modules", "regions"] {
            dumpedit(&[verb.as_ref(), path.as_os_str(), "--json".as_ref()]).exits(0).json();
            dumpedit(&[verb.as_ref(), path.as_os_str()]).exits(0);
        }
    }
}

#[test]
fn memory_is_written_inside_across_the_end_and_outside() {
    for path in real_dumps() {
        let subject = copy_of(&path);
        let regions = captured(&subject);
        let picks = [0, regions.len() / 2, regions.len().saturating_sub(1)];
        for region in picks.iter().filter_map(|&index| regions.get(index)) {
            write_and_compare(
                &subject,
                &regions,
                region.start + region.size / 2,
                1.max(region.size / 4).min(64),
            );
            write_and_compare(&subject, &regions, region.start + region.size - 1, 48);
        }
        let outside = (1..=u64::MAX / 0x1000).map(|page| page * 0x1000 - 1);
        let outside = outside.into_iter().find(|&address| contiguous(&regions, address) == 0).unwrap();
        let before = subject.now();
        let run = subject.run("write", &[&format!("{outside:#x}"), &"cc".repeat(16)]);
        run.is_error_at("unmapped", &format!("{outside:#x}"));
        assert_same_bytes(&subject.now(), &before);
    }
}

#[test]
fn the_program_counter_is_set_where_there_is_one() {
    for path in real_dumps() {
        let subject = copy_of(&path);
        let thread = ["--thread", "index:0"];
        // Reads without a named thread take the first one; edits do not.
        let is_first = |notice: &Value| notice["kind"] == "first-thread-taken";
        let names_one =
            |run: &Run| run.code == 0 && !run.json()["notices"].as_array().unwrap().iter().any(is_first);
        let Some(crashed) =
            [&[][..], &thread].into_iter().find(|thread| names_one(&subject.run("regs", thread)))
        else {
            continue;
        };
        let json = subject.run("regs", crashed).json();
        if json["registers"].as_array().unwrap().is_empty() {
            continue;
        }
        let run = subject.run("set", &[&["pc=0x12345678"][..], crashed].concat());
        let json = run.exits(0).json();
        let mut expected = subject.before().to_vec();
        for edit in json["edits"].as_array().unwrap() {
            let at = edit["file_offset"].as_u64().unwrap() as usize;
            let new = unhex(edit["new"].as_str().unwrap());
            assert!([4, 8].contains(&new.len()), "{edit}");
            // On these two machines, some bits of the register are not pc's.
            let is_whole = !["s390", "hppa"].contains(&machine_of(&path).as_str());
            assert!(
                !is_whole
                    || new.starts_with(&[0x78, 0x56, 0x34, 0x12])
                    || new.ends_with(&[0x12, 0x34, 0x56, 0x78]),
                "{edit}"
            );
            expected[at..at + new.len()].copy_from_slice(&new);
        }
        assert_same_bytes(&subject.now(), &expected);
        let threads = subject.run("threads", &[]).json();
        let index = json["edits"][0]["index"].as_u64().unwrap() as usize;
        assert_eq!(threads[index]["pc"], "0x12345678", "{}", path.display());
    }
}

#[test]
fn registers_are_there_for_the_machines_with_tables() {
    let with_registers = real_dumps().into_iter().filter(|path| {
        let info = dumpedit(&["info".as_ref(), path.as_os_str(), "--json".as_ref()]).json();
        let table = ["x86", "amd64", "arm64"].contains(&info["machine"].as_str().unwrap());
        table && info["threads"] != 0
    });
    for path in with_registers {
        let threads = dumpedit(&["threads".as_ref(), path.as_os_str(), "--json".as_ref()]).json();
        for thread in threads.as_array().unwrap() {
            // NetBSD's notes have no table yet, and one minidump's thread names a context outside its file.
            if thread["records"].as_array().unwrap().is_empty() {
                continue;
            }
            assert!(thread["pc"].is_string() && thread["sp"].is_string(), "{}: {thread}", path.display());
        }
    }
}

#[test]
fn a_bad_dump_opens_with_notices_or_fails_with_a_reason() {
    for path in dumps("bad") {
        let run = dumpedit(&["info".as_ref(), path.as_os_str(), "--json".as_ref()]);
        match run.code {
            0 => assert!(!run.json()["notices"].as_array().unwrap().is_empty(), "{run}"),
            _ => assert!(run.is_error("format").len() > 10, "{run}"),
        }
        let subject = copy_of(&path);
        subject.run("write", &["0xdead0000", "cc"]).exits(2);
        subject.unchanged();
    }
}
