//! The command: its output, its report, and its refusals.

use super::{held, holds, holds_none, scrubbed, verify};
use crate::support::command::dumpedit;
use crate::support::minidump_builder::MinidumpBuilder;
use crate::support::process::{RIP, RSP, dumped};
use crate::support::subject::Subject;

const MAIL: &str = "jane.doe@corp.example";

fn subject() -> Subject {
    let bytes = [b"..\0mail jane.doe@corp.example\0 john.smith@corp.example\0" as &[u8], &[0; 9]].concat();
    dumped(&[(RSP, &bytes), (RIP, &[0x90; 16])]).remove(0).subject
}

#[test]
fn in_place_the_secrets_would_be_kept_so_that_it_wants_no_undo() {
    let subject = subject();
    subject.run("scrub", &[]).is_error("usage");
    subject.unchanged();
    subject.run("scrub", &["--no-undo"]).exits(0);
    holds_none(&subject.now(), &[MAIL]);
    subject.run("undo", &[]).exits(2);
    assert!(std::fs::read_dir(subject.folder()).unwrap().all(|file| {
        let path = file.unwrap().path();
        path.is_dir() || held(&std::fs::read(path).unwrap(), &[MAIL]).is_empty()
    }));
}

#[test]
fn in_place_the_journal_of_earlier_edits_is_forgotten_first() {
    let subject = subject();
    subject.run("set", &["rip=0x1000"]).exits(0);
    let edited = subject.now();
    let message = subject.run("scrub", &["--no-undo"]).is_error("usage");
    assert!(message.contains("journal"), "{message}");
    assert!(subject.now() == edited);
    subject.run("forget", &[]).exits(0);
    subject.run("scrub", &["--no-undo"]).exits(0);
    holds_none(&subject.now(), &[MAIL]);
    // That entry keeps no bytes.
    subject.run("scrub", &["--no-undo"]).exits(0);
}

#[test]
fn nothing_is_changed_to_say_what_would_be() {
    let subject = subject();
    let said = subject.run("scrub", &["--dry-run"]).exits(0).json();
    assert_eq!(said["found"][0]["rule"], "mail-address");
    assert_eq!(said["found"][0]["values"], 2);
    subject.run("scrub", &["--verify"]).exits(1);
    let out = subject.folder().join("out.dmp");
    subject.run("scrub", &["--dry-run", "-o", out.to_str().unwrap()]).exits(0);
    assert!(!out.exists());
    subject.unchanged();
}

#[test]
fn a_report_says_by_which_rule_and_where_and_never_what() {
    let subject = subject();
    let report = subject.folder().join("report.json");
    let (out, _) = scrubbed(subject.path(), &["--report", report.to_str().unwrap()]);
    let text = std::fs::read_to_string(&report).unwrap();
    holds_none(text.as_bytes(), &[MAIL, "jane", "corp"]);
    let document: serde_json::Value = serde_json::from_str(&text).unwrap();
    assert_eq!(document["places"][0]["at"], format!("{:#x}", RSP + 8));
    assert_eq!(document["places"][0]["size"], MAIL.len());
    assert_eq!(document["not_searched"]["uncaptured"], 0);
    holds_none(&std::fs::read(&out).unwrap(), &[MAIL]);
    let words = subject.plain("scrub", &["--verify"]).exits(1);
    assert!(words.text().contains(&format!("mail-address: 21 bytes at {:#x}", RSP + 8)), "{}", words.text());
}

#[test]
fn a_report_goes_to_standard_output_where_the_dump_does_not() {
    let subject = subject();
    let out = subject.folder().join("out.dmp");
    let out = out.to_str().unwrap();
    let report = subject.plain("scrub", &["-o", out, "--report", "-"]).exits(0).json();
    assert_eq!(report["output"], out);
    assert_eq!(report["found"][0]["rule"], "mail-address");
    assert!(!std::path::Path::new("-").exists());
    subject.plain("scrub", &["-o", "-", "--report", "-"]).exits(2);
    let report = subject.plain("scrub", &["--dry-run", "--report", "-"]).exits(0).json();
    assert_eq!(report["dry_run"], true);
}

#[test]
fn a_report_is_the_same_in_a_file_and_on_standard_output() {
    let subject = subject();
    let report = subject.folder().join("report.json");
    let with = |path: &str| subject.plain("scrub", &["--dry-run", "--report", path]).exits(0);
    let told = with("-");
    with(report.to_str().unwrap());
    assert_eq!(std::fs::read_to_string(&report).unwrap(), told.text());
    assert!(told.json()["notices"].is_array(), "{told}");
    // No dump goes there, since nothing is written.
    let run = subject.plain("scrub", &["--dry-run", "-o", "-", "--report", "-"]).exits(0);
    assert_eq!(run.json()["found"], told.json()["found"]);
}

#[test]
fn an_output_that_is_the_dump_or_the_report_is_refused_by_its_name() {
    let subject = subject();
    let path = subject.path().to_str().unwrap().to_owned();
    let run = subject.plain("scrub", &["-o", &path]).exits(2);
    assert!(run.stderr.contains("--no-undo"), "{run}");
    let run = subject.plain("scrub", &["-o", "o.dmp", "--report", "o.dmp"]).exits(2);
    assert!(run.stderr.contains("the report and OUT"), "{run}");
    let run = subject.plain("scrub", &["--verify", "--no-undo"]).exits(2);
    assert!(run.stderr.contains("--no-undo"), "{run}");
    subject.unchanged();
}

#[test]
fn what_would_be_cleared_is_found_and_what_was_is_not() {
    let subject = subject();
    let keep = ["--keep", "pointers"];
    let found = subject.plain("scrub", &["--verify", keep[0], keep[1]]).exits(1);
    assert!(found.text().contains("would clear"), "{found}");
    let (out, _) = scrubbed(subject.path(), &keep);
    let found = verify(&out, &keep).exits(0).json();
    assert_eq!((&found["cleared"]["memory"], &found["cleared"]["stack_words"]), (&0.into(), &0.into()));
    // Without secrets, memory is found as well.
    let (out, _) = scrubbed(subject.path(), &[]);
    verify(&out, &[]).exits(0);
    verify(&out, &keep).exits(1);
}

#[test]
fn what_is_left_out_of_rules_is_told_once_and_not_to_the_quiet() {
    let subject = subject();
    let rules = subject.folder().join("rules.toml");
    let rule = |id: usize| format!("[[rules]]\nid = 'r{id}'\nregex = 'qqqq{id}'\n");
    let text: String = (0..30).map(rule).chain(["[allowlist]\npaths = ['x']\n".to_owned()]).collect();
    std::fs::write(&rules, text).unwrap();
    let with = ["--dry-run", "--rules", rules.to_str().unwrap()];
    let told = subject.plain("scrub", &with).exits(0);
    assert_eq!(told.stderr.lines().count(), 1, "{told}");
    let told = subject.plain("scrub", &[&with[..], &["-q"]].concat()).exits(0);
    assert_eq!(told.stderr, "");
}

#[test]
fn places_that_are_not_listed_are_counted() {
    let text: String = (0..1010).map(|number| format!("jane{number}@corp.example ")).collect();
    let subject = dumped(&[(RSP, text.as_bytes())]).remove(0).subject;
    let report = subject.run("scrub", &["--dry-run"]).exits(0).json();
    assert_eq!((&report["values"], &report["places_left_out"]), (&1010.into(), &10.into()));
    assert_eq!(report["places"].as_array().unwrap().len(), 1000);
    let words = subject.plain("scrub", &["--verify"]).exits(1);
    assert!(words.text().contains("and 970 more"), "{}", words.text());
}

#[test]
fn only_what_is_asked_for_is_written_over() {
    let subject = subject();
    let (out, _) = scrubbed(subject.path(), &["--only", "cards,tokens"]);
    assert!(std::fs::read(out).unwrap() == subject.before());
    subject.run("scrub", &["--dry-run", "--only", "cats"]).is_error("usage");
}

#[test]
fn pseudonyms_are_equal_for_equal_texts_and_keys() {
    let (one, key) = (subject(), tempfile::NamedTempFile::new().unwrap());
    std::fs::write(key.path(), b"a key").unwrap();
    let options = ["--pseudonyms", key.path().to_str().unwrap()];
    let other = dumped(&[(0x9000, b"and jane.doe@corp.example is here, too\0")]).remove(1).subject;
    let at = |bytes: &[u8], before: &[u8]| {
        let mail = MAIL.as_bytes();
        let start = before.windows(mail.len()).position(|window| window == mail).unwrap();
        String::from_utf8(bytes[start..start + mail.len()].to_vec()).unwrap()
    };
    let (scrubbed_one, _) = scrubbed(one.path(), &options);
    let (scrubbed_other, _) = scrubbed(other.path(), &options);
    let first = at(&std::fs::read(&scrubbed_one).unwrap(), one.before());
    assert_eq!(first, at(&std::fs::read(&scrubbed_other).unwrap(), other.before()));
    assert_ne!(first, "xxxx.xxx@xxxx.xxxxxxx");
    verify(&scrubbed_one, &[]).exits(0);
    let (again, _) = scrubbed(&scrubbed_one, &options);
    assert!(std::fs::read(&again).unwrap() == std::fs::read(&scrubbed_one).unwrap());
    std::fs::write(key.path(), b"another").unwrap();
    let (out, _) = scrubbed(one.path(), &options);
    assert_ne!(first, at(&std::fs::read(&out).unwrap(), one.before()));
    std::fs::write(key.path(), b"").unwrap();
    one.run("scrub", &["--dry-run", options[0], options[1]]).exits(2);
}

#[test]
fn a_user_has_one_pseudonym_in_all_places_and_different_addresses_have_different_ones() {
    let key = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(key.path(), b"a key").unwrap();
    let mut dump = MinidumpBuilder::amd64();
    dump.stream(0x4767_0007, b"HOME=/home/walther\0USER=walther\0LOGNAME=Walther\0MAIL=/var/mail/walther\0");
    dump.memory(RSP, b"/home/walther/x, walther@corp.example, alone walther\0");
    let addresses: String =
        (1..=9).flat_map(|one| (1..=9).map(move |two| format!("{one}.2.3.{two} "))).collect();
    dump.memory(RSP + 0x1000, addresses.as_bytes());
    let subject = Subject::named("user.dmp", dump.finish());
    let (out, _) = scrubbed(subject.path(), &["--pseudonyms", key.path().to_str().unwrap()]);
    let (before, after) = (subject.before(), std::fs::read(&out).unwrap());
    let name = b"walther";
    let is_name =
        |at: &usize| before[*at..].get(..name.len()).is_some_and(|text| text.eq_ignore_ascii_case(name));
    let mut pseudonyms: Vec<&[u8]> =
        (0..before.len()).filter(is_name).map(|at| &after[at..at + name.len()]).collect();
    assert_eq!(pseudonyms.len(), 7);
    pseudonyms.dedup();
    assert_eq!(pseudonyms.len(), 1, "{pseudonyms:?}");
    let at = before.windows(7).position(|window| window == b"1.2.3.1").unwrap();
    let written = std::str::from_utf8(&after[at..at + addresses.len()]).unwrap();
    let mut written: Vec<std::net::Ipv4Addr> =
        written.split_ascii_whitespace().map(|address| address.parse().unwrap()).collect();
    assert!(written.iter().all(|address| address.octets()[0] == 0));
    written.sort_unstable();
    written.dedup();
    assert_eq!(written.len(), 81);
    verify(&out, &[]).exits(0);
}

/// A user's name is a part of the home folder, and is searched for elsewhere.
#[test]
fn a_part_of_a_pseudonym_is_no_secret() {
    let key = tempfile::NamedTempFile::new().unwrap();
    for number in 0..8 {
        std::fs::write(key.path(), format!("key {number}")).unwrap();
        let options = ["--pseudonyms", key.path().to_str().unwrap()];
        let mut dump = MinidumpBuilder::amd64();
        dump.stream(0x4767_0007, b"HOME=/home/walther\0PWD=/srv/walther/notes\0");
        dump.memory(RSP, b"/home/walther/x and /home/walther alone\0");
        let subject = Subject::named("home.dmp", dump.finish());
        let (once, _) = scrubbed(subject.path(), &options);
        let bytes = std::fs::read(&once).unwrap();
        holds_none(&bytes, &["walther"]);
        verify(&once, &[]).exits(0);
        let (twice, _) = scrubbed(&once, &options);
        assert!(std::fs::read(twice).unwrap() == bytes);
    }
}

#[test]
fn rules_of_a_file_are_used_and_bad_ones_refused() {
    let subject = dumped(&[(RSP, b"..ticket ab-1234 \0 mail jane.doe@corp.example\0")]).remove(0).subject;
    let rules = subject.folder().join("rules.toml");
    let with = |text: &str| {
        std::fs::write(&rules, text).unwrap();
        ["--rules", rules.to_str().unwrap()].map(str::to_owned)
    };
    let ticket =
        with("[[rules]]\nid = 'ticket'\nregex = 'ticket ([a-z]{2}-[0-9]{4})'\nkeywords = ['ticket']\n");
    let ticket = ticket.each_ref().map(String::as_str);
    let (out, report) = scrubbed(subject.path(), &ticket);
    let after = std::fs::read(&out).unwrap();
    holds_none(&after, &["ab-1234", MAIL]);
    holds(&after, &["ticket "]);
    assert!(
        report["found"]
            .as_array()
            .unwrap()
            .iter()
            .any(|row| row["rule"] == "ticket" && row["class"] == "rules")
    );
    for bad in
        ["[[rules]", "[[rules]]\nid = 'a'\nregex = '('", "[[rules]]\nid = 'a'\nregex = '((a{999}){999}){99}'"]
    {
        let options = with(bad);
        let message = subject.run("scrub", &["--dry-run", &options[0], &options[1]]).is_error("usage");
        assert!(message.contains("rules.toml") || message.contains("rule `a`"), "{message}");
    }
    subject.unchanged();
}

#[test]
fn what_is_kept_whole_is_scrubbed_outside_memory_alone() {
    let subject = subject();
    let (out, report) = scrubbed(subject.path(), &["--keep", "all"]);
    holds(&std::fs::read(&out).unwrap(), &[MAIL]);
    assert_eq!(report["values"], 0);
}

#[test]
fn what_is_no_whole_word_at_an_end_of_a_stack_becomes_zeros_and_stays_so() {
    let stack = [&b"odd"[..], &RIP.to_le_bytes(), b"left"].concat();
    for dumped in dumped(&[(RSP - 3, &stack), (RIP, &[0x90; 16])]) {
        let (once, _) = scrubbed(dumped.subject.path(), &["--keep", "pointers"]);
        let (twice, _) = scrubbed(&once, &["--keep", "pointers"]);
        let at = dumped.offsets[0] as usize;
        let [once, twice] = [once, twice].map(|path| std::fs::read(path).unwrap());
        assert_eq!(once[at..at + stack.len()], [&[0; 3][..], &RIP.to_le_bytes(), &[0; 4]].concat());
        assert!(once == twice);
    }
}

#[test]
fn where_only_pointers_stay_memory_is_cleared_but_for_them() {
    let small = 0x800u64.to_le_bytes();
    let (pointer, text) = (RIP.to_le_bytes(), *b"some txt");
    let packed = 0x0000_0007_0123_4567u64.to_le_bytes();
    let stack = [small, pointer, text, packed].concat();
    // Crashpad writes this as well.
    let defaced = 0x0def_aced_0def_acedu64.to_le_bytes();
    for dumped in dumped(&[(RSP, &stack), (RIP, &[0x90; 16]), (0x9_0000, b"heap heap heap heap!")]) {
        let (out, report) = scrubbed(dumped.subject.path(), &["--keep", "pointers"]);
        let after = std::fs::read(&out).unwrap();
        let at = dumped.offsets[0] as usize;
        assert_eq!(after[at..at + 32], [small, pointer, defaced, defaced].concat());
        holds_none(&after, &["heap", "some txt"]);
        assert_eq!(after.len(), dumped.subject.before().len());
        assert_eq!(report["cleared"]["stack_words"], 2);
        assert_eq!(report["cleared"]["packed_words"], 1);
        let out = out.to_str().unwrap();
        let regs = dumpedit(&["regs", out, "rip", "rsp", "--json"]).exits(0).json();
        assert_eq!(regs["registers"][0]["value"], format!("{RIP:#x}"));
        assert_eq!(regs["registers"][1]["value"], format!("{RSP:#x}"));
    }
}
