//! Random texts: a scrubbed dump is clean, and a second scrub changes nothing.

use std::ops::ControlFlow;

use dumpedit::Dump;
use dumpedit_scrub::{FoundAt, Report, Scrub, Scrubbed};

use super::hostile::Random;
use super::{core_of, forms};

/// Pieces of texts: beginnings and ends of secrets, signs that separate them, and letters in which rules look for their ends.
const PIECES: &[&str] = &[
    "jane.doe@corp.example",
    "ewu@почта.рф",
    "ewa@żółw.pl",
    "x@y.pl",
    "юра",
    "рф",
    "名前",
    "é",
    "\u{e9}a",
    "@",
    "%40",
    "ghp_0123456789abcdefghijABCDEFGHIJ012345",
    "glpat-ABCDEFGHIJ0123456789",
    "sk_live_0123456789abcdef",
    "AKIAIOSFODNN7EXAMPLE",
    "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.c2lnbmF0dXJl",
    "xoxb-123456789012-abcdefABCDEF",
    "-----BEGIN PRIVATE KEY-----",
    "MIIEvQIBADANBgkqhkiG9w0BAQEFAASC",
    "4111 1111 1111 1111",
    "203.0.113.77",
    "2001:db8::7",
    "ip-10-1-2-3",
    "fe80::1c",
    "password",
    "\"token\"",
    "\\\"Cookie\\\"",
    "Set-Cookie",
    "authorization: Bearer ",
    "authorization: Basic ",
    "--password ",
    "curl -u bob:",
    "AccountKey=",
    "hunter22x",
    "c2VjcmV0LXRleHQ",
    "HOME=",
    "DB_PASSWORD=",
    "XDG_RUNTIME_DIR=",
    "/home/",
    "janedoe42",
    "C:\\Users\\",
    "/opt/acme internal/lib",
    "libacme.so.1",
    "app.dll",
    "https://",
    "%3a%2f%2f",
    "hooks.slack.com/services/",
    "/",
    "\\",
    "\\\\",
    "\\n",
    "\\u00",
    "%2F",
    "%20",
    ":",
    "=",
    "%3D",
    "\"",
    "'",
    " ",
    "\n",
    "\r\n",
    "\t",
    "-",
    "_",
    ".",
    ",",
    ";",
    "&",
    "<",
    ">",
    "+",
    "x",
    "a",
    "Z",
    "0",
    "7",
];

fn text(random: &mut Random) -> Vec<u8> {
    let pieces = 1 + random.below(9);
    let text: String = (0..pieces).map(|_| PIECES[random.below(PIECES.len())]).collect();
    let mut form = forms(&text).swap_remove([0, 0, 0, 1, 2][random.below(5)]);
    if random.below(4) == 0 {
        // Half of a unit, or another text, right beside it.
        form.extend([&b"\x01"[..], b"A", b"\x04\x12", b"a@b.cc\0"][random.below(4)]);
    }
    form
}

fn scrub(scrub: &Scrub, bytes: Vec<u8>) -> (Vec<u8>, Report) {
    let dump = Dump::from_bytes(bytes).unwrap();
    let Scrubbed { mut edit, report, .. } = scrub.scrub(&dump, &mut |_| ControlFlow::Continue(())).unwrap();
    let mut after = Vec::new();
    edit.write_out(&mut after, &mut |_| ControlFlow::Continue(())).unwrap();
    (after, report)
}

#[test]
fn a_scrubbed_dump_is_clean() {
    let mut random = Random(18);
    let [plain, with_key] = [Scrub::default(), Scrub::default().pseudonyms(b"key")];
    for round in 0..6 {
        let texts = (0..40).map(|_| text(&mut random)).collect::<Vec<_>>();
        let memory = [&[0; 4][..], &texts.join(&[0, 0, 1, 0][..]), &[0; 8]].concat();
        for one in [&plain, &with_key] {
            let (after, found) = scrub(one, core_of(&memory).before().to_vec());
            assert!(found.values > 0);
            // The key is not needed to verify.
            let (again, left) = scrub(&plain, after.clone());
            let near = |place: &FoundAt| {
                let at = place.file_offset as usize;
                after[at - 40..at + place.size as usize + 20].escape_ascii().to_string()
            };
            assert_eq!(left.places.iter().map(near).collect::<Vec<_>>(), [""; 0], "round {round}");
            assert!(again == after, "round {round}");
        }
    }
}
