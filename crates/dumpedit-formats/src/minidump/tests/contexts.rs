//! Kinds of context records, and the registers that they hold.

use super::*;

#[test]
fn flags_say_which_groups_are_there_and_flags_without_a_group_mean_all() {
    let mut built = Built::new(Endian::Little);
    built.system(AMD64);
    let (control, none) = (built.amd64(0x10_0001, 0), built.amd64(0, 0));
    built.threads(&[
        Listed { id: 1, context: control, ..Listed::default() },
        Listed { id: 2, context: none, ..Listed::default() },
    ]);
    let layout = built.parse();
    assert!(register(&layout, 0, RecordChoice::Thread, "rip").is_some());
    assert!(register(&layout, 0, RecordChoice::Thread, "rax").is_none());
    assert!(register(&layout, 1, RecordChoice::Thread, "rax").is_some());
    tells(&layout, NoticeKind::ContextWithoutGroups, 1);
}

#[test]
fn contexts_say_which_machine_it_is_where_no_system_info_does() {
    let mut built = Built::new(Endian::Little);
    let context = built.amd64(0x10_001f, 0);
    built.threads(&[Listed { id: 1, context, ..Listed::default() }]);
    let layout = built.parse();
    assert_eq!((layout.machine(), layout.pointer_width()), (Machine::Amd64, 8));
    tells(&layout, NoticeKind::NoSystemInfo, None);
}

#[test]
fn the_size_of_an_arm_context_decides_its_table() {
    let cases = [
        (368, 0x4000_0006, "CONTEXT_ARM", 0x50),
        (364, 0x4000_0006, "CONTEXT_ARM", 0x4c),
        (416, 0x20_000f, "CONTEXT_ARM_WINDOWS", 0x50),
    ];
    for (size, flags, name, d0) in cases {
        let mut built = Built::new(Endian::Little);
        built.system(5);
        let mut context: Vec<u8> = vec![0; size];
        context.pwrite_with(flags, 0, scroll::LE).unwrap();
        let at = built.put(context);
        let context = (u32::try_from(size).unwrap(), at);
        built.threads(&[Listed { id: 1, context, ..Listed::default() }]);
        let layout = built.parse();
        assert_eq!(layout.threads()[0].records[0].format.name, name);
        assert_eq!(
            register(&layout, 0, RecordChoice::Thread, "d0"),
            Some(vec![u64::from(at) + d0]),
            "{size}"
        );
        let pc = register(&layout, 0, RecordChoice::Thread, "pc");
        assert_eq!(pc, Some(vec![u64::from(at) + 64]), "flags without CONTROL: {size}");
    }
}

#[test]
fn a_context_that_is_too_short_for_the_machine_is_noticed_and_not_read() {
    let mut built = Built::new(Endian::Little);
    built.system(AMD64);
    let at = built.put([0xff; 716]);
    built.threads(&[Listed { id: 1, context: (716, at), ..Listed::default() }]);
    let layout = built.parse();
    assert!(layout.threads()[0].records.is_empty());
    tells(&layout, NoticeKind::ContextUnknown, 1);
}

#[test]
fn a_context_of_x86_may_end_before_its_extended_registers() {
    let mut built = Built::new(Endian::Little);
    built.system(INTEL);
    let mut context = vec![0; 204];
    context.pwrite_with(0x1_003fu32, 0, scroll::LE).unwrap();
    let at = built.put(context);
    built.threads(&[Listed { id: 1, context: (204, at), ..Listed::default() }]);
    let layout = built.parse();
    assert_eq!(register(&layout, 0, RecordChoice::Thread, "esp"), Some(vec![u64::from(at) + 0xc4]));
    assert_eq!(register(&layout, 0, RecordChoice::Thread, "xmm0"), None);
}
