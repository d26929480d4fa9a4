//! Real dumps of many producers: the secrets in them, that none of them is left, and that everything else is unchanged.

use std::ops::ControlFlow;
use std::path::{Path, PathBuf};

use dumpedit::Dump;
use dumpedit_scrub::{Class, Keep, Report, Scrub, Scrubbed};

use crate::support::corpus::{cores, dumps, minidumps};
use crate::support::readers::{Walked, walked};

/// A scrubbed copy of a dump.
fn scrubbed(scrub: &Scrub, dump: &Dump) -> (Vec<u8>, Report) {
    let Scrubbed { mut edit, report, .. } = scrub.scrub(dump, &mut |_| ControlFlow::Continue(())).unwrap();
    let mut bytes = Vec::new();
    edit.write_out(&mut bytes, &mut |_| ControlFlow::Continue(())).unwrap();
    (bytes, report)
}

/// Scrubs a dump in each way, checks each result, and returns what the dump held.
fn check(path: &Path) -> Option<Report> {
    let dump = Dump::open(path).ok()?;
    let whole = std::fs::read(path).unwrap();
    let mut before = None;
    let scrubs = [
        ("text", Scrub::default()),
        ("pointers", Scrub::default().keep(Keep::Pointers)),
        ("pseudonyms", Scrub::default().pseudonyms(b"key")),
    ];
    for (kind, scrub) in scrubs {
        let (bytes, report) = scrubbed(&scrub, &dump);
        let name = format!("{} {kind}", path.display());
        assert_eq!(bytes.len(), whole.len(), "{name}");
        assert_eq!(report.not_searched.in_tables, 0, "{name}");
        let after = Dump::from_bytes(bytes.clone()).unwrap();
        assert!(after.layout().has_places_of(dump.layout()), "{name}");
        let left = Scrub::default().verify(&after, &mut |_| ControlFlow::Continue(())).unwrap();
        assert!(left.is_clean(), "{name}: {:?}", left.found);
        assert!(scrubbed(&scrub, &dump).0 == bytes, "{name}: twice is the same");
        if kind != "pointers" {
            assert!(scrubbed(&scrub, &after).0 == bytes, "{name}: once more is the same");
            // Tables: the same numbers in the same places.
            let modules = |dump: &Dump| -> Vec<(u64, u64)> {
                dump.layout().modules().iter().map(|module| (module.base, module.size)).collect()
            };
            let regions = |dump: &Dump| -> Vec<String> {
                let row = |region: dumpedit::Region| format!("{:?} {:?}", region.start, region.size);
                dump.layout().regions().map(row).collect()
            };
            assert_eq!(modules(&after), modules(&dump), "{name}");
            assert_eq!(regions(&after), regions(&dump), "{name}");
        }
        before.get_or_insert(report);
    }
    before
}

/// A stackwalker's frames, without the folders of modules.
fn frames(path: &Path) -> Option<Walked> {
    let Walked { crash, stacks } = walked(path)?;
    let frame = |line: &String| match line.split_once("Some(\"") {
        Some((place, module)) => format!("{place}{}", module.rsplit(['/', '\\']).next().unwrap_or_default()),
        None => line.clone(),
    };
    let stacks = stacks.iter().map(|(tid, frames)| (*tid, frames.iter().map(frame).collect())).collect();
    Some(Walked { crash, stacks })
}

fn frames_stay(path: &Path) -> usize {
    let Some(before) = frames(path) else { return 0 };
    let Ok(dump) = Dump::open(path) else { return 0 };
    let folder = tempfile::tempdir().unwrap();
    for keep in [Keep::Text, Keep::Pointers] {
        let out = folder.path().join("scrubbed.dmp");
        std::fs::write(&out, scrubbed(&Scrub::default().keep(keep), &dump).0).unwrap();
        let mut after = frames(&out).unwrap();
        // Windows keeps the last error beside other data.
        let without = |walked: &Walked| -> Vec<Vec<String>> {
            let of = |frames: &Vec<String>| {
                frames.iter().filter(|line| !line.starts_with("last error")).cloned().collect()
            };
            walked.stacks.values().map(of).collect()
        };
        if keep == Keep::Text {
            assert_eq!(after, before, "{}", path.display());
        } else {
            assert_eq!(without(&after), without(&before), "{}", path.display());
            after.crash.clone_from(&before.crash);
        }
    }
    before.stacks.values().map(Vec::len).sum()
}

/// A part of the corpus that takes some seconds.
fn some(all: Vec<PathBuf>) -> Vec<PathBuf> {
    const MOST: u64 = 300_000;
    let small = |path: &PathBuf| std::fs::metadata(path).is_ok_and(|file| file.len() <= MOST);
    all.into_iter().filter(small).step_by(4).collect()
}

#[test]
fn nothing_is_left_in_some_real_dumps() {
    for path in some(cores()).iter().chain(&some(minidumps())) {
        check(path);
    }
}

#[test]
fn triage_dumps_of_kernels_are_scrubbed_alike() {
    let of_kernels = dumps("kernel");
    let checked = of_kernels.iter().filter_map(|path| check(path)).count();
    assert!(checked > 0 || of_kernels.is_empty());
}

#[test]
fn stackwalkers_find_the_same_frames_in_some_real_minidumps() {
    for path in some(minidumps()) {
        frames_stay(&path);
    }
}

#[test]
#[ignore = "all of the corpus takes minutes"]
fn nothing_is_left_in_any_real_dump() {
    let mut held = [[0usize; 3]; 2];
    let mut scrubbed = [0usize; 2];
    for (of, paths) in [cores(), minidumps()].into_iter().enumerate() {
        for path in paths {
            let Some(report) = check(&path) else { continue };
            scrubbed[of] += 1;
            for (index, class) in [Class::Environment, Class::Users, Class::Addresses].into_iter().enumerate()
            {
                held[of][index] += usize::from(report.found.iter().any(|row| row.class == class));
            }
        }
    }
    let frames: usize = minidumps().iter().map(|path| frames_stay(path)).sum();
    println!(
        "cores {}, minidumps {}: environment, users, addresses {held:?}, after: none",
        scrubbed[0], scrubbed[1]
    );
    println!("frames of minidumps that are the same: {frames}");
    assert!(frames > 0 || minidumps().is_empty());
}
