//! Damaged dumps and absurd rules: no panic, the same length, and an end.

use std::ops::ControlFlow;
use std::path::Path;

use dumpedit::Dump;
use dumpedit_scrub::{Keep, Rule, Scrub, Scrubbed, builtin, gitleaks};

/// Knuth's MMIX generator: the same damage in every run.
pub(super) struct Random(pub(super) u64);

impl Random {
    pub(super) fn below(&mut self, limit: usize) -> usize {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) as usize % limit.max(1)
    }
}

fn damage(random: &mut Random, seed: &[u8]) -> Vec<u8> {
    let mut bytes = seed.to_vec();
    for _ in 0..=random.below(8) {
        // Tables are usually at the start.
        let room = if random.below(3) > 0 { bytes.len().min(0x600) } else { bytes.len() };
        let at = random.below(room);
        let evil = [0, 1, 0xff, 0x7f, 0x80][random.below(5)];
        let size = [1, 2, 4, 8][random.below(4)];
        bytes[at..].iter_mut().take(size).for_each(|byte| *byte = evil);
    }
    if random.below(8) == 0 {
        bytes.truncate(random.below(seed.len()).max(1));
    }
    bytes
}

#[test]
fn damaged_dumps_are_scrubbed_or_refused() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("testdata");
    let mut random = Random(18);
    let scrubs = [Scrub::default(), Scrub::default().keep(Keep::Pointers).pseudonyms(b"key")];
    let mut opened = 0;
    for name in ["crash.core", "crash32.core", "crash.dmp", "live.dmp"] {
        let seed = std::fs::read(folder.join(name)).unwrap();
        for round in 0..40 {
            let bytes = damage(&mut random, &seed);
            let Ok(dump) = Dump::from_bytes(bytes.clone()) else { continue };
            opened += 1;
            for scrub in &scrubs {
                let Ok(Scrubbed { mut edit, report, .. }) =
                    scrub.scrub(&dump, &mut |_| ControlFlow::Continue(()))
                else {
                    continue;
                };
                let mut after = Vec::new();
                edit.write_out(&mut after, &mut |_| ControlFlow::Continue(())).unwrap();
                assert_eq!(after.len(), bytes.len(), "{name} {round}");
                let changed = after.iter().zip(&bytes).filter(|(after, before)| after != before).count();
                assert!(report.cleared.is_some() || changed as u64 <= report.changed_bytes, "{name} {round}");
            }
        }
    }
    assert!(opened > 40);
}

#[test]
fn a_block_of_nothing_but_text_takes_no_longer_than_it_is_long() {
    // Each of these is the start of a rule's matches, followed by bytes that the rule may accept.
    for start in [
        "a",
        "a.",
        "/a",
        "a@",
        "eyJ",
        "-----BEGIN PRIVATE KEY-----",
        "password=",
        "aws ",
        "1.",
        "a:",
        "://",
        "/Users/a/",
    ] {
        let text: Vec<u8> = start.bytes().cycle().take(1 << 18).collect();
        let bytes = crate::support::process::dumped(&[(0x1000, &text)]).remove(0).subject.before().to_vec();
        let dump = Dump::from_bytes(bytes).unwrap();
        let _ = Scrub::default().verify(&dump, &mut |_| ControlFlow::Continue(())).unwrap();
    }
}

#[test]
fn rules_without_end_are_refused_or_end() {
    let text: Vec<u8> = b"aaaaaaab".iter().copied().cycle().take(1 << 16).collect();
    let bytes = crate::support::process::dumped(&[(0x1000, &text)]).remove(0).subject.before().to_vec();
    let dump = Dump::from_bytes(bytes).unwrap();
    for pattern in ["(a*)*b", "(a|aa)+$", "(?:a?){30}a{30}", ".*.*.*=.*", "", "a*", "()", "(?s).{0,900}c"] {
        let rules = format!("[[rules]]\nid = 'r'\nregex = '''{pattern}'''\n");
        let mut all: Vec<Rule> = builtin();
        all.extend(gitleaks(&rules).unwrap().rules);
        let _ = Scrub::new(all).verify(&dump, &mut |_| ControlFlow::Continue(()));
    }
    for bad in ["[", "rules = [[[[[[", "[[rules]]\nid = 1", "[[rules]]\nid = 'r'\nregex = 'a{1,99999999}'"] {
        let rules = gitleaks(bad).map(|read| read.rules);
        let _ = rules.map(|rules| Scrub::new(rules).verify(&dump, &mut |_| ControlFlow::Continue(())));
    }
    let deep = format!("rules = {}{}", "[".repeat(100_000), "]".repeat(100_000));
    gitleaks(&deep).unwrap_err();
}

#[test]
fn a_scrub_that_is_broken_off_changes_nothing() {
    let bytes = crate::support::process::dumped(&[(0x1000, b"mail jane.doe@corp.example\0")]).remove(0);
    let dump = Dump::open(bytes.subject.path()).unwrap();
    let error = Scrub::default().scrub(&dump, &mut |_| ControlFlow::Break(())).unwrap_err();
    assert_eq!(error.to_string(), "stopped; nothing was changed");
    bytes.subject.unchanged();
}
