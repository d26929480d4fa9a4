//! Secrets of each kind planted in dumps built byte by byte.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;

use super::{core_of, forms, holds, holds_none, scrub, scrubbed, verify};
use crate::support::bytes::Order;
use crate::support::command::dumpedit;
use crate::support::elf_builder::{ElfBuilder, NT_AUXV, NT_X86_XSTATE, fxsave, nt_file, prstatus};
use crate::support::macho_builder::MachOBuilder;
use crate::support::minidump_builder::{MinidumpBuilder, amd64, amd64_context};
use crate::support::process::{RIP, RSP, TID, dumped};
use crate::support::subject::Subject;

const LITTLE: Order = Order::Little;

const TOKEN: &str = "ghp_0123456789abcdefghijABCDEFGHIJ012345";

/// The kind of each secret, and the planted text, of which the part in angle brackets is to be removed.
const SECRETS: &[(&str, &str)] = &[
    ("mail", "mail <jane.doe@corp.example> today"),
    ("tokens", "authorization: Bearer <abcdefgh12345678>"),
    ("tokens", "x=<ghp_0123456789abcdefghijABCDEFGHIJ012345>"),
    ("tokens", "<glpat-ABCDEFGHIJ0123456789>"),
    ("tokens", "jwt <eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.c2lnbmF0dXJl>"),
    ("tokens", "id <AKIAIOSFODNN7EXAMPLE>"),
    ("tokens", "<AIzaSyA1234567890abcdefghijklmnopqrstuv>"),
    ("tokens", "AccountKey=<abcdefghijklmnopqrstuvwxyz0123456789ABCD==>"),
    ("tokens", "<xoxb-123456789012-abcdefABCDEF>"),
    ("tokens", "<sk_live_0123456789abcdef>"),
    ("tokens", "postgres://app:<s3cr3tpass>@db/x"),
    ("keys", "-----BEGIN PRIVATE KEY-----\n<MIIEvQIBADANBgkqhkiG9w0BAQEFAASC>\n-----END PRIVATE KEY-----\n"),
    ("cards", "card <4111 1111 1111 1111>, valid"),
    ("cards", "diners <3056 930902 5904>, valid"),
    ("tokens", "export DB_PASSWORD=<hunter22secretA>"),
    ("tokens", "TOKEN<ghs_0123456789abcdefghijABCDEFGHIJ012345>"),
    ("tokens", "_<glpat-ABCDEFGHIJ0123456780>"),
    ("tokens", "KEY<xoxp-123456789012-abcdefABCDEF>"),
    ("tokens", "https://hooks.slack.com/services/<T0000/B0000/XXXXabcdefgh01234567>"),
    ("tokens", "<SG.0123456789abcdefghijAB.0123456789abcdefghijABCDEFGHIJ0123456789abc>"),
    ("tokens", "sid <SK0123456789abcdef0123456789abcdef> of us"),
    ("tokens", "<npm_0123456789abcdefghijABCDEFGHIJ012345>"),
    ("tokens", "<pypi-AgEIcHlwaS5vcmcCJDAwMDAwMDAwLTAwMDAtMDAwMC0wMDAwLTAwMDAw>"),
    (
        "keys",
        "\"-----BEGIN PRIVATE KEY-----<\\nMIIEvQIBADANBgkqhkiG9w0BAQEFAASD\\n>-----END PRIVATE KEY-----\"",
    ),
    ("ip", "peer <203.0.113.77>:80"),
    ("ip", "to...<203.0.113.78>..."),
    ("ip", "mapped ::ffff:<203.0.113.79>"),
    ("ip", "addr:<2001:db8::7>"),
    ("ip", "<fe80::1c>%eth0"),
    ("ip", "peer [<2001:db8::8a2e:370:7334>]"),
    ("users", "/home/<janedoe42>/notes.txt"),
    ("users", "/home/<żółwik>/a"),
    ("users", "C:\\Users\\<Łukasz>\\a.log"),
    ("users", "C:\\Users\\<Иван>\\a.log"),
    ("users", "C:\\Users\\<田中太郎>\\a.log"),
    ("mail", "<jan.kos@żółw.pl>"),
    ("mail", "<ewa@żółw.pl>"),
    ("mail", "<юра@a.ru>"),
    ("mail", "<ewu@почта.рф>"),
    ("mail", "<x@y.pl>"),
    ("paths", "</opt/acme internal/lib>/libacme.so.1"),
    ("env", "XAUTHORITY=</run/acme-auth-of-ours>"),
];

fn planted(text: &str) -> String {
    text.replace(['<', '>'], "")
}

fn secret(text: &str) -> &str {
    text.split(['<', '>']).nth(1).unwrap()
}

/// Memory with every secret in every form, at addresses of every alignment.
fn memory() -> Vec<u8> {
    let mut bytes = vec![0xcc; 5];
    for (index, (_, text)) in SECRETS.iter().enumerate() {
        for form in forms(&planted(text)) {
            bytes.extend([0xff, 0, 0]);
            bytes.extend(vec![0; index % 5]);
            bytes.extend(form);
            bytes.extend([0, 0]);
        }
    }
    bytes.extend([0, 1, 2, 3]);
    bytes
}

fn secrets() -> Vec<&'static str> {
    SECRETS.iter().map(|(_, text)| secret(text)).collect()
}

#[test]
fn secrets_in_memory_are_written_over_in_every_form_and_container() {
    let bytes = memory();
    for dumped in dumped(&[(RSP, &bytes), (RIP, &[0x90; 64])]) {
        let subject = dumped.subject;
        holds(subject.before(), &secrets());
        let (out, report) = scrubbed(subject.path(), &[]);
        let after = std::fs::read(&out).unwrap();
        holds_none(&after, &secrets());
        assert_eq!(after.len(), subject.before().len());
        assert_eq!(verify(&out, &[]).exits(0).json()["values"], 0);
        let text = report.to_string();
        holds_none(text.as_bytes(), &secrets());
        // A second run gives the same.
        let (again, _) = scrubbed(&out, &[]);
        assert!(std::fs::read(again).unwrap() == after);
    }
}

#[test]
fn big_endian_utf_16_behind_half_of_another_unit_goes() {
    for secret in ["AKIAIOSFODNN7EXAMPLE", "4111111111111111", "203.0.113.77", "sk_live_0123456789abcdef"] {
        let [_, low, high] = forms(secret).try_into().unwrap();
        for memory in [[b"\x4eA", &high[..], &[0; 8]].concat(), [&[0; 8], &low[..], b"A\x4e"].concat()] {
            let subject = core_of(&memory);
            holds(subject.before(), &[secret]);
            let (out, _) = scrubbed(subject.path(), &[]);
            holds_none(&std::fs::read(out).unwrap(), &[secret]);
        }
    }
}

#[test]
fn data_beside_utf_16_stays_and_is_no_part_of_a_secret() {
    let (token, mail) = ("password: Secret99x9", "jan.kowal@acme-corp.example");
    let ones = [0xff; 8];
    let cases: [(&str, &[u8], &[u8]); 8] = [
        (token, &[], b"\x20\x01"),
        (token, &[], b"\x20\0"),
        (token, &[], b"\x20"),
        (token, &[], b"\x61\x61"),
        (token, &[], b"\x90\x35\xcf\x0d\x9f\x55"),
        (mail, &ones, &[]),
        (mail, &ones, &ones),
        (mail, &[], &ones),
    ];
    for (secret, before, behind) in cases {
        // Low bytes first, the first byte behind a token may be its next letter where high ones come first.
        let first = if secret == token { 2 } else { 1 };
        for stored in &forms(secret)[first..] {
            for at in 0..2 {
                let memory = [&vec![0; 16 + at], before, stored, behind, &[0; 16]].concat();
                let subject = core_of(&memory);
                let key = subject.path().with_file_name("key");
                std::fs::write(&key, [7; 32]).unwrap();
                for options in [&[][..], &["--pseudonyms", key.to_str().unwrap()]] {
                    let (out, _) = scrubbed(subject.path(), options);
                    let after = std::fs::read(&out).unwrap();
                    holds_none(&after, &["Secret99x9", mail]);
                    let memory = &after[after.len() - memory.len()..];
                    let start = 16 + at + before.len();
                    assert_eq!(&memory[16 + at..start], before, "{stored:?}");
                    assert_eq!(&memory[start + stored.len()..][..behind.len()], behind, "{stored:?}");
                    verify(&out, &[]).exits(0);
                }
            }
        }
    }
}

#[test]
fn a_plain_word_that_is_assigned_goes_where_it_stands_alone() {
    let others = "OSSL_CMP_CTX_set1_expected_sender\0an unexpected value\0by foo@plt.sec\0_ZN4lldb8SBStream7GetSizeEv@got.plt";
    let others = &format!("{others}\0crypt_getPassphrase_cb");
    let text = format!(
        "pwd: expected, \0{others}\0userPassword: getPassphrase, \0password=hunter22x\0so hunter22x it is\0"
    );
    let subject = core_of(text.as_bytes());
    let (out, _) = scrubbed(subject.path(), &[]);
    let after = std::fs::read(out).unwrap();
    holds(&after, &[others]);
    holds_none(&after, &["pwd: expected", ": getPassphrase", "hunter22x"]);
}

#[test]
fn verify_finds_what_one_kind_that_is_left_out_leaves() {
    let bytes = memory();
    let mut core = ElfBuilder::x86_64();
    core.notes(&[prstatus(TID, 11, RIP, RSP)]);
    core.load(RSP, &bytes);
    let subject = Subject::named("a.core", core.finish());
    let kinds = ["mail", "tokens", "keys", "cards", "ip", "users", "paths", "env"];
    for kind in kinds {
        let others: Vec<&str> = kinds.into_iter().filter(|other| *other != kind).collect();
        let (out, _) = scrubbed(subject.path(), &["--only", &others.join(",")]);
        let found = verify(&out, &[]).exits(1).json();
        let rows = found["found"].as_array().unwrap();
        assert!(rows.iter().any(|row| row["class"] == kind), "{kind}: {found}");
        let run = verify(&out, &["--only", kind]).exits(1);
        for (_, text) in SECRETS.iter().filter(|(of, _)| *of == kind) {
            holds(&std::fs::read(&out).unwrap(), &[secret(text)]);
            holds_none(run.stdout.as_slice(), &[secret(text)]);
        }
    }
}

#[test]
fn base64_of_what_was_found_is_found() {
    for (before, secret) in (0..3).flat_map(|before| [TOKEN, "198.51.100.23"].map(|secret| (before, secret)))
    {
        let text = format!("{}{secret}:", "u".repeat(before));
        for encoded in forms(&text).into_iter().map(|form| STANDARD.encode(form)) {
            let bytes = [b"\0from ", secret.as_bytes(), b"\0\0", encoded.as_bytes(), &[0]].concat();
            let mut core = ElfBuilder::x86_64();
            core.notes(&[prstatus(TID, 11, RIP, RSP)]);
            core.load(RSP, &bytes);
            let subject = Subject::named("a.core", core.finish());
            let (out, _) = scrubbed(subject.path(), &[]);
            let end = encoded.len() - 4;
            holds_none(&std::fs::read(out).unwrap(), &[secret, &encoded[8..end - 4]]);
        }
    }
}

#[test]
fn a_text_that_goes_on_elsewhere_in_the_file_is_one() {
    let (first, rest) = TOKEN.split_at(17);
    let mut core = ElfBuilder::x86_64();
    core.notes(&[prstatus(TID, 11, RIP, RSP)]);
    core.load(0x5000, rest.as_bytes());
    core.load(RSP, &[7; 64]);
    core.load(0x5000 - first.len() as u64, first.as_bytes());
    let subject = Subject::named("a.core", core.finish());
    holds(subject.before(), &[first, rest]);
    let (out, _) = scrubbed(subject.path(), &[]);
    holds_none(&std::fs::read(out).unwrap(), &[first, rest, &first[4..], &rest[..12]]);
}

/// An x86_64 core with the kernel's data at the top of a stack.
fn with_stack(strings: &[&str], arguments: usize) -> Subject {
    const TOP: u64 = 0x7fff_0000_1000;
    let mut area = vec![0u8; 0x800];
    let mut pointers: Vec<u64> = Vec::new();
    let mut at = 0x400;
    for text in strings {
        area[at..at + text.len()].copy_from_slice(text.as_bytes());
        pointers.push(TOP + at as u64);
        at += text.len() + 1;
    }
    let program = TOP + at as u64;
    area[at..at + 9].copy_from_slice(b"/opt/our/");
    area[at + 9..at + 13].copy_from_slice(b"prog");
    let auxv = [(6, 4096), (3, 0x40_0040), (16, 0x1234_5678_9abc), (31, program), (0, 0)];
    let auxv: Vec<u8> =
        auxv.iter().flat_map(|(key, value)| LITTLE.fields(&[(*key, 8), (*value, 8)])).collect();
    let mut words = vec![arguments as u64];
    words.extend(&pointers[..arguments]);
    words.push(0);
    words.extend(&pointers[arguments..]);
    words.push(0);
    let words: Vec<u8> = words.iter().flat_map(|word| word.to_le_bytes()).chain(auxv.clone()).collect();
    area[0x100..0x100 + words.len()].copy_from_slice(&words);
    let mut info = vec![0u8; 136];
    info[40..44].copy_from_slice(b"prog");
    info[56..56 + 26].copy_from_slice(b"/opt/our/prog --pin=9173ab");
    let mut core = ElfBuilder::x86_64();
    core.notes(&[
        prstatus(TID, 11, RIP, TOP + 0x80),
        ("CORE", 3, info),
        ("CORE", NT_AUXV, auxv),
        nt_file(&[
            (0x40_0000, 0x40_1000, 0, "/opt/our/prog"),
            (0x50_0000, 0x50_1000, 0, "/srv/acme-x/libacme.so"),
        ]),
    ]);
    core.load(TOP, &area);
    core.load(0x60_0000, b"..\0greta\0\0pin is 9173ab!\0sesame-open-99\0/srv/acme-x/libacme.so\0");
    Subject::named("stack.core", core.finish())
}

#[test]
fn environment_and_arguments_go_and_are_looked_for_elsewhere() {
    let strings = [
        "/opt/our/prog",
        "--pin=9173ab",
        "plain-word",
        "USER=greta",
        "ODD=sesame-open-99",
        "SHORT=1x",
        "EMPTY=",
    ];
    let subject = with_stack(&strings, 3);
    let gone = ["/opt/our", "9173ab\0", "plain-word", "greta", "sesame-open-99", "1x", "acme-x"];
    holds(subject.before(), &gone);
    let (out, report) = scrubbed(subject.path(), &[]);
    let after = std::fs::read(&out).unwrap();
    holds_none(&after, &gone);
    holds(&after, &["USER=", "ODD=", "SHORT=", "EMPTY=", "/prog", "libacme.so", "prog"]);
    let rules: Vec<&str> =
        report["found"].as_array().unwrap().iter().map(|row| row["rule"].as_str().unwrap()).collect();
    for rule in ["environment", "arguments", "path", "user-name"] {
        assert!(rules.contains(&rule), "{rules:?}");
    }
    verify(&out, &[]).exits(0);
    // Everything that locates other parts stays: registers, the auxiliary vector, the tables of files.
    for verb in ["threads", "regions", "modules"] {
        let before = subject.plain(verb, &["--json"]).exits(0).json();
        let after =
            crate::support::command::dumpedit(&[verb, out.to_str().unwrap(), "--json"]).exits(0).json();
        let numbers = |list: &serde_json::Value| -> Vec<serde_json::Value> {
            let keys = ["base", "size", "start", "captured", "file_offsets", "tid", "pc", "sp"];
            let row = |row: &serde_json::Value| keys.iter().map(|key| row[*key].clone()).collect::<Vec<_>>();
            list.as_array().unwrap().iter().flat_map(row).collect()
        };
        assert_eq!(numbers(&before), numbers(&after), "{verb}");
    }
}

/// `setenv` makes a new array, which the C library's data leads to.
#[test]
fn environment_that_the_program_moved_goes_wherever_it_is() {
    const DATA: u64 = 0x50_1000;
    const HEAP: u64 = 0x60_0000;
    let texts = ["ODDNAME=sesame-open-98", "OTHER=mellon-and-more"];
    let strings = HEAP + 0x100;
    let pointers = [strings, strings + texts[0].len() as u64 + 1, 0];
    let memory = |last: u64| {
        let words = [pointers[0], pointers[1], last].map(|word| (word, 8));
        let mut heap = LITTLE.fields(&words);
        heap.resize(0x100, 0);
        texts.iter().for_each(|text| heap.extend([text.as_bytes(), &[0]].concat()));
        heap.extend(b"sesame-open-98 is\0");
        heap
    };
    let scrub = |data: u64, heap: &[u8]| {
        let mut core = ElfBuilder::x86_64();
        let files = nt_file(&[(DATA - 0x1000, DATA, 0, "/usr/lib/libc.so.6")]);
        core.notes(&[prstatus(TID, 11, RIP, RSP), files]);
        core.code(DATA - 0x1000, 0x1000);
        core.load(DATA, &LITTLE.fields(&[(7, 8), (data, 8), (HEAP + 0x100, 8)]));
        core.load(HEAP, heap);
        let subject = Subject::named("a.core", core.finish());
        let (out, _) = scrubbed(subject.path(), &[]);
        std::fs::read(out).unwrap()
    };
    let gone = ["sesame-open-98", "mellon-and-more"];
    let after = scrub(HEAP, &memory(0));
    holds_none(&after, &gone);
    holds(&after, &["ODDNAME=", "OTHER="]);
    // Nothing leads there, or it is no list of variables.
    holds(&scrub(HEAP + 8, &memory(0)), &gone);
    holds(&scrub(HEAP, &memory(HEAP)), &gone);
}

/// On PA-RISC the stack grows upwards: texts, then words, then the frames of functions.
#[test]
fn environment_at_the_beginning_of_a_stack_that_grows_upwards_goes() {
    const BIG: Order = Order::Big;
    const HPPA: u16 = 15;
    const LOW: u64 = 0xf800_c000;
    let texts = ["/opt/our/prog", "USER=greta", "ODD=sesame-open-99", "LANG=nowhere", "/opt/our/prog"];
    let mut area = vec![0; 8];
    let mut pointers = Vec::new();
    for text in texts {
        pointers.push(LOW + area.len() as u64);
        area.extend(text.as_bytes());
        area.push(0);
    }
    area.resize(area.len().next_multiple_of(8), 0);
    let auxv = BIG.fields(&[6, 4096, 3, 0x1_0034, 31, pointers[4], 0, 0].map(|word| (word, 4)));
    let words = [1, pointers[0], 0, pointers[1], pointers[2], pointers[3], 0].map(|word| (word, 4));
    area.extend([BIG.fields(&words), auxv.clone(), vec![0; 64]].concat());
    let mut core = ElfBuilder::new(BIG, false, HPPA);
    core.notes(&[("CORE", NT_AUXV, auxv)]);
    core.load(LOW, &area);
    let subject = Subject::named("hppa.core", core.finish());
    let gone = ["greta", "sesame-open-99", "nowhere", "/opt/our"];
    holds(subject.before(), &gone);
    let (out, _) = scrubbed(subject.path(), &[]);
    let after = std::fs::read(&out).unwrap();
    holds_none(&after, &gone);
    holds(&after, &["USER=", "LANG="]);
}

/// The used part of such a stack is below the stack pointer.
#[test]
fn of_a_stack_that_grows_upwards_the_words_below_the_stack_pointer_stay() {
    const BIG: Order = Order::Big;
    const HPPA: u16 = 15;
    const LOW: u64 = 0xf800_c000;
    let words = |words: [u64; 4]| BIG.fields(&words.map(|word| (word, 4)));
    let in_use = [words([0x1_0007, LOW, 7, LOW + 8]), b"of a user".to_vec(), vec![0; 7]].concat();
    let sp = LOW + in_use.len() as u64;
    let unused = words([0x1_0007, LOW, 7, 0x7465_7874]);
    let stack = [in_use.clone(), unused.clone()].concat();
    let mut status = vec![0; 396];
    // Registers begin at 72: the stack pointer is the thirtieth, and the program counter the fortieth.
    BIG.put(&mut status, 24, u64::from(TID), 4);
    BIG.put(&mut status, 72 + 4 * 30, sp, 4);
    BIG.put(&mut status, 232, 0x1_0003, 4);
    let mut core = ElfBuilder::new(BIG, false, HPPA);
    core.notes(&[("CORE", 1, status)]);
    let at = core.load(LOW, &stack) as usize;
    core.load(0x1_0000, &[0; 64]);
    let subject = Subject::named("hppa.core", core.finish());
    let (out, report) = scrubbed(subject.path(), &["--keep", "pointers"]);
    let after = std::fs::read(&out).unwrap();
    let after = &after[at..at + stack.len()];
    assert_eq!(after[..16], in_use[..16]);
    assert!(!after.windows(4).any(|window| window == b"of a" || window == b"user"));
    assert_eq!(after[in_use.len()..], vec![0; unused.len()]);
    assert_eq!(report["cleared"]["stack_words"], 3);
}

#[test]
fn names_of_three_letters_and_of_systems_stay_elsewhere() {
    let subject = with_stack(&["prog", "USER=bob", "HOME=/root"], 1);
    let (out, _) = scrubbed(subject.path(), &[]);
    let after = std::fs::read(&out).unwrap();
    holds_none(&after, &["USER=bob", "/root"]);
}

#[test]
fn short_names_and_values_are_counted_and_a_short_name_is_known_by_its_home_folder() {
    let mut dump = MinidumpBuilder::amd64();
    dump.stream(0x4767_0007, b"USER=al\0HOME=/srv/al\0USER=bob\0PIN=9173\0PIN=9174\0AGAIN=9173\0");
    dump.memory(RSP, "..\0al, bob and 9173\0file:/srv/al/x\0/srv/alto\0/home/bob/x\0".as_bytes());
    let wide: Vec<u8> = "x:/srv/al/wide\0".encode_utf16().flat_map(u16::to_be_bytes).collect();
    dump.memory(RSP + 0x1001, &wide);
    let subject = Subject::named("short.dmp", dump.finish());
    let (out, report) = scrubbed(subject.path(), &[]);
    let after = std::fs::read(&out).unwrap();
    holds_none(&after, &["USER=al", "USER=bob", "PIN=9173", "/srv/al/", "/home/bob"]);
    holds(&after, &["al, bob and 9173", "/srv/alto"]);
    let rest = &report["not_searched"];
    assert_eq!((&rest["too_short"], &rest["too_short_values"]), (&2.into(), &2.into()), "{rest}");
    let said = subject.plain("scrub", &["--dry-run"]).exits(0).text().to_owned();
    for line in ["2 names: shorter than 4 letters", "2 values: shorter than 8 letters"] {
        assert!(said.contains(line), "{said}");
    }
}

/// Bytes that were overwritten are unknown to readers of the copy only.
#[test]
fn a_copy_tells_how_many_of_its_places_are_blank_and_its_original_says_what_they_held() {
    let dump = |environ: &[u8], memory: &[u8]| {
        let mut dump = MinidumpBuilder::amd64();
        dump.stream(0x4767_0007, environ);
        dump.memory(RSP, memory);
        dump.finish()
    };
    let (names, text) =
        (b"USER=greta\0ODD=sesame-open-99\0OF=1\0", b"greta, sesame-open-99 \0 jane.doe@corp.example\0");
    let original = Subject::named("original.dmp", dump(names, text));
    let (copy, report) = scrubbed(original.path(), &[]);
    assert_eq!(report["not_searched"]["blank"], 0);
    let told = verify(&copy, &[]).exits(0).json();
    assert_eq!(told["not_searched"]["blank"], 2);
    let with = ["--original", original.path().to_str().unwrap()];
    let told = verify(&copy, &with).exits(0).json();
    assert_eq!(told["not_searched"]["blank"], 0);
    // A copy where only the named places were overwritten.
    let blank = b"USER=xxxxx\0ODD=xxxxxx-xxxx-xx\0OF=x\0";
    let text = b"greta, sesame-open-99 \0 xxxx.xxx@xxxx.xxxxxxx\0";
    let half = Subject::named("half.dmp", dump(blank, text));
    verify(half.path(), &[]).exits(0);
    let found = verify(half.path(), &with).exits(1);
    let rules = found.json()["found"]
        .as_array()
        .unwrap()
        .iter()
        .map(|row| row["rule"].to_string())
        .collect::<Vec<_>>();
    assert_eq!(rules, ["\"environment\"", "\"user-name\""]);
    holds_none(&found.stdout, &["greta", "sesame"]);
    half.run("scrub", &["--dry-run", with[0], with[1]]).exits(2);
}

#[test]
fn a_part_of_a_secret_in_a_register_or_a_saved_one_goes() {
    let mut context = amd64_context(amd64::FULL, RIP, RSP);
    let parts = TOKEN.as_bytes();
    // xmm0 and xmm1 of FXSAVE, and rax.
    context[0x1a0..0x1c0].copy_from_slice(&parts[3..35]);
    context[0x78..0x80].copy_from_slice(&parts[8..16]);
    let mut dump = MinidumpBuilder::amd64();
    dump.thread_with(u64::from(TID), &context);
    dump.memory(RSP, &[TOKEN.as_bytes(), &[0, 9, 9], &parts[5..30], &[0]].concat());
    let subject = Subject::named("a.dmp", dump.finish());
    let (out, _) = scrubbed(subject.path(), &[]);
    let after = std::fs::read(&out).unwrap();
    holds_none(&after, &[TOKEN, &TOKEN[8..16], &TOKEN[5..21], &TOKEN[19..35]]);
}

#[test]
fn registers_are_counted_by_their_bytes_in_the_file_and_a_component_out_of_use_stays_so() {
    const UPPER_YMM: usize = 576;
    const UPPER_ZMM: usize = 1152;
    let mut area = vec![0; 2688];
    let parts = TOKEN.as_bytes();
    for (at, part) in [(fxsave::XMM0, &parts[3..19]), (UPPER_YMM, &parts[19..35]), (UPPER_ZMM, &parts[8..24])]
    {
        area[at..][..16].copy_from_slice(part);
    }
    // The upper half of zmm0 holds nothing, so that its bytes are of an earlier use.
    (area[fxsave::XCR0], area[fxsave::XSTATE_BV]) = (0xe7, 7);
    let mut core = ElfBuilder::x86_64();
    core.notes(&[prstatus(TID, 11, RIP, RSP), ("LINUX", NT_X86_XSTATE, area)]);
    core.load(RSP, format!("{TOKEN}\0").as_bytes());
    let subject = Subject::named("xsave.core", core.finish());
    let (out, report) = scrubbed(subject.path(), &[]);
    let (before, after) = (subject.before(), std::fs::read(out).unwrap());
    let changed: Vec<u64> =
        (0..).zip(before.iter().zip(&after)).filter(|(_, pair)| pair.0 != pair.1).map(|(at, _)| at).collect();
    assert_eq!(report["changed_bytes"], changed.len() as u64);
    assert_eq!(report["notices"], serde_json::json!([]));
    let places = report["places"].as_array().unwrap();
    let place = |place: &serde_json::Value| {
        let first = place["file_offset"].as_u64().unwrap();
        first..first + place["size"].as_u64().unwrap()
    };
    for at in changed {
        assert!(places.iter().any(|listed| place(listed).contains(&at)), "{at:#x}: {report}");
    }
    for part in [&parts[3..19], &parts[19..35], &parts[8..24]] {
        assert!(!after.windows(8).any(|bytes| bytes == &part[..8] || bytes == &part[8..]), "{report}");
    }
    let saved = Subject::named("saved.core", after);
    assert_eq!(saved.register("xstate_bv", &[]).unwrap(), subject.register("xstate_bv", &[]).unwrap());
}

#[test]
fn a_secret_in_parts_of_vector_registers_alone_goes() {
    let mail = b"quentin.baz@megacorp.example.org";
    let number = |text: &[u8]| text.iter().rev().map(|byte| format!("{byte:02x}")).collect::<String>();
    let two = b"Cookie: sid=Zk3PqLx8vB2nM5tR7yW1Zk3PqLx8vB2nM5tR7yW1Zk3PqLx8vB2n";
    let folder = tempfile::tempdir().unwrap();
    let (spec, core) = (folder.path().join("spec.yaml"), folder.path().join("a.core"));
    let text = format!(
        "format: elf-core\nmachine: amd64\nthreads:\n  - tid: 11\n    registers:\n      rsp: 0x7ffe0100\n      \
         rip: 0x401000\n      ymm9: 0x{}\n      ymm2: 0x{}\n      ymm3: 0x{}\n",
        number(mail),
        number(&two[..32]),
        number(&two[32..])
    );
    std::fs::write(&spec, text).unwrap();
    dumpedit(&["synth", spec.to_str().unwrap(), "-o", core.to_str().unwrap()]).exits(0);
    verify(&core, &[]).exits(1);
    let (out, report) = scrubbed(&core, &[]);
    let after = std::fs::read(&out).unwrap();
    holds_none(&after, &["quentin.baz", "acorp.example", "Zk3PqLx8", "8vB2nM5tR"]);
    assert_eq!(report["found"][0]["place"], "registers");
    verify(&out, &[]).exits(0);
}

/// A minidump with Crashpad's streams, a comment, and names of threads, modules and handles.
fn minidump_with_streams() -> Subject {
    let mut dump = MinidumpBuilder::amd64();
    dump.thread_with(u64::from(TID), &amd64_context(amd64::FULL, RIP, RSP));
    dump.thread_names(&[(u64::from(TID), "worker of greta")]);
    dump.module(0x40_0000, 0x1000, "C:\\acme secret\\bin\\app.exe");
    dump.stream(10, b"a comment of ours\0");
    let wide: Vec<u8> = "a wide comment\0".encode_utf16().flat_map(u16::to_le_bytes).collect();
    dump.stream(11, &wide);
    dump.stream(0x4767_0007, b"USER=greta\0DEPLOY=correct horse\0");
    dump.stream(0x4767_0006, b"/opt/our/prog\0--pin=9173ab\0");
    dump.stream(0x4767_0009, b"400000-401000 r-xp 0 08:01 1  /opt/our/prog\n");
    let mut text = |text: &str| {
        let bytes = [&(text.len() as u32).to_le_bytes(), text.as_bytes(), &[0]].concat();
        dump.place(&bytes)
    };
    let (key, value) = (text("session"), text("session of nobody else"));
    let (name, object) = (text("note"), text("annotated by hand"));
    let dictionary = dump.place(&LITTLE.fields(&[(1, 4), (key, 4), (value, 4)]));
    let annotations = dump.place(&LITTLE.fields(&[(1, 4), (name, 4), (0x1_0000, 4), (object, 4)]));
    let module = LITTLE.fields(&[(1, 4), (0, 8), (12, 4), (dictionary, 4), (16, 4), (annotations, 4)]);
    let module_at = dump.place(&module);
    let modules = dump.place(&LITTLE.fields(&[(1, 4), (0, 4), (28, 4), (module_at, 4)]));
    let mut info = LITTLE.fields(&[(1, 4)]);
    info.extend([5; 32]);
    info.extend(LITTLE.fields(&[(12, 4), (dictionary, 4), (16, 4), (modules, 4)]));
    dump.stream(0x4350_0001, &info);
    let name: Vec<u8> = "\\BaseNamedObjects\\acme-x".encode_utf16().flat_map(u16::to_le_bytes).collect();
    let name = dump.place(&[&(name.len() as u32).to_le_bytes()[..], &name, &[0, 0]].concat());
    let kind: Vec<u8> = "Mutant".encode_utf16().flat_map(u16::to_le_bytes).collect();
    let kind = dump.place(&[&(kind.len() as u32).to_le_bytes()[..], &kind, &[0, 0]].concat());
    let mut handles = LITTLE.fields(&[(16, 4), (32, 4), (1, 4), (0, 4), (0x44, 8), (kind, 4), (name, 4)]);
    handles.extend([0; 16]);
    dump.stream(12, &handles);
    dump.memory(RSP, b"..\0 greta \0 correct horse \0");
    Subject::named("streams.dmp", dump.finish())
}

#[test]
fn the_texts_of_streams_go_and_their_names_stay() {
    let subject = minidump_with_streams();
    let gone = [
        "worker of greta",
        "acme secret",
        "a comment of ours",
        "a wide comment",
        "greta",
        "correct horse",
        "9173ab",
        "/opt/our",
        "session of nobody else",
        "annotated by hand",
        "acme-x",
    ];
    holds(subject.before(), &gone);
    let (out, report) = scrubbed(subject.path(), &[]);
    let after = std::fs::read(&out).unwrap();
    holds_none(&after, &gone);
    holds(
        &after,
        &["app.exe", "USER=", "DEPLOY=", "/prog", "session", "note", "Mutant", "400000-401000 r-xp"],
    );
    let classes: Vec<&str> =
        report["found"].as_array().unwrap().iter().map(|row| row["class"].as_str().unwrap()).collect();
    for class in ["env", "argv", "paths", "names", "comments", "annotations", "handles", "users"] {
        assert!(classes.contains(&class), "{class}: {report}");
        let found = verify(subject.path(), &["--only", class]).exits(1).json();
        assert!(found["values"].as_u64().unwrap() > 0);
        verify(&out, &["--only", class]).exits(0);
    }
    assert_eq!(after.len(), subject.before().len());
}

/// Names in macOS's form, whose last component identifies a module to debuggers.
#[test]
fn the_name_of_a_module_that_a_folder_has_in_its_name_stays() {
    let mut dump = MinidumpBuilder::amd64();
    dump.module(0x40_0000, 0x1000, "/srv/greta-x/Acme Internals.framework/Versions/A/Acme Internals");
    dump.module(0x50_0000, 0x1000, "/srv/greta-x/Acme Internals.framework/Versions/A/libs/libacme.dylib");
    dump.module(0x60_0000, 0x1000, "/srv/greta-x/Acme Assistant (1).app/Contents/MacOS/Acme Assistant (1)");
    dump.module(0x70_0000, 0x1000, "/srv/greta-x/Acme Assistant.app/Contents/MacOS/Acme Assistant");
    dump.memory(RSP, b"/srv/greta-x/Acme Internals.framework/Versions/A/Acme Internals\0");
    let subject = Subject::named("mac.dmp", dump.finish());
    let (out, _) = scrubbed(subject.path(), &[]);
    let after = std::fs::read(&out).unwrap();
    holds(&after, &["/Acme Internals", "/libacme.dylib", "/Acme Assistant (1)", "/Acme Assistant\0"]);
    holds_none(&after, &["greta-x", "Acme Internals.framework"]);
    verify(&out, &[]).exits(0);
}

/// Windows's structures in a process of 64 bits, or in one of 32 bits.
struct Parameters {
    /// Size of a pointer.
    width: usize,
    /// Distance of its environment block from the thread's.
    block: u64,
    process_at: u64,
    parameters_at: u64,
    /// `CurrentDirectory`, `ImagePathName`, `CommandLine` and `WindowTitle`.
    strings: [usize; 4],
    environment: usize,
}

const OF_64_BITS: Parameters = Parameters {
    width: 8,
    block: 0,
    process_at: 0x60,
    parameters_at: 0x20,
    strings: [0x38, 0x60, 0x70, 0xb0],
    environment: 0x80,
};

/// A 32-bit process under 64-bit Windows has its own block two pages behind.
const OF_WOW64: Parameters = Parameters {
    width: 4,
    block: 0x2000,
    process_at: 0x30,
    parameters_at: 0x10,
    strings: [0x24, 0x38, 0x40, 0x70],
    environment: 0x48,
};

impl Parameters {
    /// Writes them to memory from an address on: the process's block, its parameters and their texts, with a name in them.
    fn put(&self, dump: &mut MinidumpBuilder, teb: u64, address: u64, name: &str) {
        let (peb, parameters_at, strings_at) = (address, address + 0x1_0000, address + 0x2_0000);
        let mut strings = Vec::new();
        let mut place = |text: String| {
            let at = strings_at + strings.len() as u64;
            strings.extend(text.encode_utf16().chain([0]).flat_map(u16::to_le_bytes));
            (at, text.len() as u64 * 2)
        };
        let texts = [
            format!("C:\\acme {name}\\"),
            format!("C:\\acme {name}\\app.exe"),
            format!("\"C:\\acme {name}\\app.exe\" /pin:{name}-9173ab"),
            format!("Contract of Ms {name}"),
        ];
        let texts = texts.map(&mut place);
        let (environment, _) = place(format!("USERNAME={name}\0DEPLOY=correct {name}\0"));
        let mut parameters = vec![0; 0x400];
        for (at, (address, size)) in self.strings.into_iter().zip(texts) {
            LITTLE.put(&mut parameters, at, size, 2);
            LITTLE.put(&mut parameters, at + 2, size + 2, 2);
            LITTLE.put(&mut parameters, at + self.width, address, self.width);
        }
        LITTLE.put(&mut parameters, self.environment, environment, self.width);
        dump.memory(teb + self.block + self.process_at, &LITTLE.number(peb, self.width));
        dump.memory(peb + self.parameters_at, &LITTLE.number(parameters_at, self.width));
        dump.memory(parameters_at, &parameters);
        dump.memory(strings_at, &strings);
    }
}

/// A 64-bit Windows process, and a 32-bit one under 64-bit Windows, which has both.
#[test]
fn what_windows_keeps_of_a_process_goes() {
    const TEB: u64 = 0x7f_e000;
    let native: &[(Parameters, u64, &str)] = &[(OF_64_BITS, 0x10_0000, "gretel")];
    let wow64 = &[(OF_64_BITS, 0x10_0000, "gretel"), (OF_WOW64, 0x30_0000, "hansel")];
    for process in [native, wow64] {
        let mut dump = MinidumpBuilder::amd64();
        dump.thread_with(u64::from(TID), &amd64_context(amd64::FULL, RIP, RSP));
        dump.environment(TEB);
        let mut gone = Vec::new();
        for (at, (parameters, address, name)) in (0x50_0000..).step_by(0x1000).zip(process) {
            parameters.put(&mut dump, TEB, *address, name);
            dump.memory(at, format!("{name}, correct {name}\0").as_bytes());
            gone.extend([(*name).to_owned(), format!("acme {name}"), format!("{name}-9173ab")]);
            gone.extend([format!("Contract of Ms {name}"), format!("correct {name}")]);
        }
        let gone: Vec<&str> = gone.iter().map(String::as_str).collect();
        let subject = Subject::named("windows.dmp", dump.finish());
        holds(subject.before(), &gone);
        let (out, _) = scrubbed(subject.path(), &[]);
        let after = std::fs::read(&out).unwrap();
        holds_none(&after, &gone);
        holds(&after, &["USERNAME=", "app.exe"]);
        verify(&out, &[]).exits(0);
    }
}

/// Crashpad has the address of a thread's local variables where Windows has its environment block.
#[test]
fn of_other_systems_no_process_parameters_are_looked_for() {
    const TEB: u64 = 0x7f_e000;
    let mut dump = MinidumpBuilder::amd64();
    dump.thread_with(u64::from(TID), &amd64_context(amd64::FULL, RIP, RSP));
    dump.environment(TEB);
    OF_64_BITS.put(&mut dump, TEB, 0x10_0000, "gretel");
    let subject = Subject::named("crashpad.dmp", dump.finish());
    assert!(verify(subject.path(), &["--only", "argv"]).exits(1).json()["values"].as_u64() > Some(0));
    for platform in ["0x8101", "0x8201"] {
        subject.run("set", &[&format!("system.platform={platform}")]).exits(0);
        verify(subject.path(), &["--only", "argv"]).exits(0);
    }
}

#[test]
fn a_mach_o_core_is_scrubbed_alike() {
    let mut core = MachOBuilder::amd64();
    core.segment(0x10_0000, &memory());
    core.note(b"all image infos", b"\0\0\0\0/Users/gretel/build/app\0/opt/acme x/libacme.dylib\0");
    let subject = Subject::named("a.core", core.finish());
    holds(subject.before(), &secrets());
    let (out, _) = scrubbed(subject.path(), &[]);
    let after = std::fs::read(&out).unwrap();
    holds_none(&after, &secrets());
    holds_none(&after, &["gretel", "acme x"]);
    holds(&after, &["/app", "libacme.dylib"]);
    assert_eq!(after.len(), subject.before().len());
    verify(&out, &[]).exits(0);
}

/// Registers of a Mach-O core are among its load commands.
#[test]
fn registers_of_a_mach_o_core_are_scrubbed_and_what_load_commands_have_is_told_as_left() {
    // x86_THREAD_STATE64, whose second and thirteenth registers are rbx and r12.
    const STATE: u64 = 4;
    let mut state = vec![0; 168];
    for register in [1, 12] {
        state[8 * register..8 * register + 8].copy_from_slice(b"gretel01");
    }
    let core = |command: &[u8]| {
        let mut core = MachOBuilder::amd64();
        core.thread(&[(STATE, state.clone())]);
        core.segment(0x10_0000, b"/Users/gretel01/notes.txt\0");
        core.command(0x7f, command);
        Subject::named("a.core", core.finish())
    };
    let subject = core(&[0; 8]);
    holds(subject.before(), &["gretel01"]);
    let (out, report) = scrubbed(subject.path(), &[]);
    holds_none(&std::fs::read(&out).unwrap(), &["gretel01"]);
    assert_eq!(report["changed_bytes"], 3 * 8);
    assert_eq!(report["not_searched"]["in_tables"], 0);
    verify(&out, &[]).exits(0);

    let subject = core(format!("{TOKEN}\0\0\0\0").as_bytes());
    let (out, run) = scrub(subject.path(), &[]);
    let report = run.exits(1).json();
    holds(&std::fs::read(&out).unwrap(), &[TOKEN]);
    assert_eq!(report["not_searched"]["in_tables"], 1);
    assert!(report["found"].as_array().unwrap().iter().all(|row| row["rule"] != "github-token"), "{report}");
    let left = verify(&out, &[]).exits(1).json();
    assert_eq!((&left["values"], &left["places"][0]["rule"]), (&0.into(), &"github-token".into()));
}

#[test]
fn folders_that_every_machine_has_stay() {
    let stay = ["/usr/lib/x86_64-linux-gnu/libc.so.6", "/lib64/ld-linux-x86-64.so.2"];
    let go = [
        "/librarian/greta-books/liba.so",
        "/usr/lib/../../home9/greta-x/libb.so",
        "/opt/greta-tools/libc2.so",
    ];
    let names = stay.iter().chain(&go);
    let files: Vec<(u64, u64, u64, &str)> =
        (1..).zip(names).map(|(at, name)| (at << 20, (at << 20) + 0x1000, 0, *name)).collect();
    let mut core = ElfBuilder::x86_64();
    core.notes(&[prstatus(TID, 11, RIP, RSP), nt_file(&files)]);
    core.load(RSP, stay.join("\0").as_bytes());
    let subject = Subject::named("files.core", core.finish());
    let (out, _) = scrubbed(subject.path(), &[]);
    let now = std::fs::read(&out).unwrap();
    holds(&now, &stay);
    holds(&now, &["/liba.so", "/libb.so", "/libc2.so"]);
    holds_none(&now, &["librarian", "greta", "home9", "/opt/"]);
    verify(&out, &[]).exits(0);
}

#[test]
fn secrets_in_the_names_of_mapped_files_go() {
    let names = [
        format!("/srv/{TOKEN}"),
        "/srv/bob.jones@corp-mail.example".to_owned(),
        "/srv/203.0.113.9".to_owned(),
        "/srv/greta-notes.db".to_owned(),
        "/srv/libacme.so.1".to_owned(),
    ];
    let files: Vec<(u64, u64, u64, &str)> =
        (1..).zip(&names).map(|(at, name)| (at << 20, (at << 20) + 0x1000, 0, name.as_str())).collect();
    let mut core = ElfBuilder::x86_64();
    core.notes(&[prstatus(TID, 11, RIP, RSP), nt_file(&files)]);
    core.load(RSP, b"/home/greta/x\0");
    let subject = Subject::named("files.core", core.finish());
    let gone = [TOKEN, "bob.jones", "203.0.113.9", "greta"];
    holds(subject.before(), &gone);
    let (out, _) = scrubbed(subject.path(), &[]);
    let after = std::fs::read(&out).unwrap();
    holds_none(&after, &gone);
    holds(&after, &["-notes.db", "libacme.so.1"]);
    verify(&out, &[]).exits(0);
}
