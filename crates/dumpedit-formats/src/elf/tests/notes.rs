//! Places of notes, and known and unknown kinds.

use super::*;

#[test]
fn notes_of_a_segment_may_be_padded_each_in_its_own_way() {
    for units in [[8, 4, 8], [4, 8, 4], [8, 8, 4], [4, 4, 8], [4, 4, 4], [8, 8, 8]] {
        let [first, second, third] = units;
        let three = Bytes::new(LITTLE_64)
            .aligned_note("CORE", 1, &status(0, 1, 0x10), first)
            .aligned_note("LINUX", 0x999, &[1], second)
            .aligned_note("CORE", 1, &status(0, 2, 0x20), third);
        let file = core(LITTLE_64, AMD64, &[Segment { align: 8, ..notes(three) }]);
        let layout = parse(&file).unwrap();
        let found: Vec<_> = (0..2).map(|thread| register(&file, &layout, thread, "rip")).collect();
        assert_eq!(found, [Some(0x10), Some(0x20)], "{units:?}");
    }
}

#[test]
fn notes_are_found_at_any_alignment() {
    let two = |unit| {
        Bytes::new(LITTLE_64)
            .aligned_note("CORE", 1, &status(0, 1, 0x10), unit)
            .aligned_note("LINUX", 0x999, &[1], unit)
            .aligned_note("CORE", 1, &status(0, 2, 0x20), unit)
    };
    for (claimed, unit) in [(0, 4), (1, 4), (4, 4), (8, 8), (8, 4), (4096, 4)] {
        let segment = Segment { align: claimed, ..notes(two(unit)) };
        let file = core(LITTLE_64, AMD64, &[segment]);
        let layout = parse(&file).unwrap();
        let found: Vec<_> = (0..2).map(|thread| register(&file, &layout, thread, "rip")).collect();
        assert_eq!(found, [Some(0x10), Some(0x20)], "{claimed} {unit}");
        assert_eq!(layout.untouched(), ["LINUX 0x999"]);
        assert_eq!(notices(&layout), []);
    }
}

#[test]
fn notes_of_several_segments_are_read_once() {
    let one = notes(Bytes::new(LITTLE_64).note("CORE", 1, &status(0, 1, 0)));
    let two = notes(Bytes::new(LITTLE_64).note("CORE", 1, &status(0, 2, 0)));
    let mut file = core(LITTLE_64, AMD64, &[one.clone(), two.clone(), two]);
    let tids =
        |file: &[u8]| parse(file).unwrap().threads().iter().map(|thread| thread.tid).collect::<Vec<_>>();
    assert_eq!(tids(&file), [1, 2, 2]);
    // The third segment has the bytes of the second.
    let (second, third) = (64 + 56 + 8, 64 + 2 * 56 + 8);
    file.copy_within(second..second + 8, third);
    assert_eq!(tids(&file), [1, 2]);
    assert!(notices(&parse(&file).unwrap()).contains(&NoticeKind::NoteSegmentRepeated));
}

#[test]
fn a_note_of_impossible_size_ends_its_segment_alone() {
    let mut hostile = Bytes::new(LITTLE_64).note("CORE", 1, &status(0, 1, 0)).note("CORE", 1, &[]);
    let at = hostile.bytes.len() - 20;
    hostile.bytes[at + 4..at + 8].fill(0xff);
    let good = Bytes::new(LITTLE_64).note("CORE", 1, &status(0, 2, 0));
    let layout = parse(&core(LITTLE_64, AMD64, &[notes(hostile), notes(good)])).unwrap();
    let tids: Vec<_> = layout.threads().iter().map(|thread| thread.tid).collect();
    assert_eq!(tids, [1, 2]);
    assert!(notices(&layout).contains(&NoticeKind::NoteSegmentBroken));
}

#[test]
fn notes_without_a_table_are_named_once_with_their_number() {
    let noted =
        Bytes::new(BIG_32).note("CORE", 1, &[0; 216]).note("LINUX", 0x100, &[]).note("LINUX", 0x100, &[]);
    let layout = parse(&core(BIG_32, OPENRISC, &[notes(noted)])).unwrap();
    assert_eq!(layout.untouched(), ["CORE NT_PRSTATUS", "LINUX NT_PPC_VMX (2 notes)"]);
    assert_eq!(layout.threads().len(), 1);
    assert!(layout.threads()[0].records.is_empty());
}
