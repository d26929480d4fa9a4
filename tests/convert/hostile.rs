//! Damaged dumps are converted or refused, without a panic.

use dumpedit::{Dump, Format};
use dumpedit_fixtures::{ConvertOptions, MadeKind, convert};

use crate::testdata::folder;

#[test]
fn damaged_dumps_are_converted_or_refused() {
    const ROUNDS: u64 = 300;
    let mut state = 11u64;
    let mut random = |below: usize| {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        usize::try_from(state >> 33).unwrap() % below
    };
    let mut made = 0;
    for name in ["crash.core", "crash32.core", "crash.dmp", "live.dmp"] {
        let whole = std::fs::read(folder().join(name)).unwrap();
        for round in 0..ROUNDS {
            let mut bytes = whole.clone();
            for _ in 0..=random(6) {
                // Tables are at the start.
                let at = random(bytes.len().min(if round % 2 == 0 { 4096 } else { usize::MAX }));
                bytes[at] = u8::try_from(random(256)).unwrap();
            }
            if round % 5 == 0 {
                bytes.truncate(random(bytes.len()));
            }
            let Ok(dump) = Dump::from_bytes(bytes) else { continue };
            let to = match dump.layout().format() {
                Format::Minidump => Format::ElfCore,
                _ => Format::Minidump,
            };
            let Ok(conversion) = convert(&dump, to, &ConvertOptions::default()) else { continue };
            // Claimed sizes of a damaged core's memory have no bytes.
            if conversion.image.size() < 1 << 24 {
                let bytes = conversion.image.to_bytes().unwrap();
                let again =
                    Dump::from_bytes(bytes).unwrap_or_else(|error| panic!("{name}, {round}: {error}"));
                assert_eq!(again.layout().format(), to);
                let (before, after) = (dump.layout().captured_bytes(), again.layout().captured_bytes());
                let is_memory = |kind| matches!(kind, MadeKind::LinkerList | MadeKind::ModuleHeader);
                let has_more = conversion.made.iter().any(|made| is_memory(made.kind));
                assert_eq!(before < after, has_more, "{name}, {round}");
                assert!(before <= after, "{name}, {round}");
                made += 1;
            }
        }
    }
    assert!(made > 300, "{made}");
}
