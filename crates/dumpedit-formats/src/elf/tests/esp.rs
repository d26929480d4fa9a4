//! The tasks of ESP-IDF.

use super::*;

#[test]
fn tasks_of_esp_idf_have_names_and_the_one_that_panicked_is_the_crashed_one() {
    const XTENSA: u16 = 94;
    const LITTLE_32: Encoding = Encoding { order: Endianness::Little, wide: false };
    let status = |task: u32, base: u32| {
        let mut status = vec![0; 588];
        status[24..28].copy_from_slice(&task.to_le_bytes());
        status[100..104].copy_from_slice(&base.to_le_bytes());
        status
    };
    let mut control_blocks = vec![0; 0x200];
    control_blocks[52..56].copy_from_slice(b"main");
    control_blocks[0x100 + 52..0x100 + 52 + 16].fill(b'x');
    // The control block, EXCCAUSE and its value.
    let extra: Vec<u8> = [0x2100u32, 232, 0x1d].into_iter().flat_map(u32::to_le_bytes).collect();
    let noted = Bytes::new(LITTLE_32)
        .note("CORE", 1, &status(0x2000, 0))
        .note("CORE", 1, &status(0x2100, 15))
        .note("ESP_CORE_DUMP_INFO", 8266, &[0; 8])
        .note("ESP_EXTRA_INFO", 677, &extra)
        .note("ESP_PANIC_DETAILS", 679, b"abort()");
    let segments = [notes(noted), load(0x2000, 0x200, &control_blocks)];
    let layout = parse(&core(LITTLE_32, XTENSA, &segments)).unwrap();
    assert_eq!(layout.os(), Some("esp-idf"));
    // A name without its NUL is none.
    let names: Vec<_> = layout.threads().iter().map(|thread| (thread.tid, thread.name.as_deref())).collect();
    assert_eq!(names, [(0x2000, Some("main")), (0x2100, None)]);
    assert_eq!(layout.crashed(), Some(ThreadIndex(1)));
    let fault = layout.fault().unwrap();
    assert_eq!((fault.code, fault.name.as_deref()), (0x1d, Some("abort()")));
    let named = |thread: usize, name: &str| {
        let record = &layout.threads()[thread].records[0];
        record.part(name).map(|part| record.registers().name(part.id))
    };
    // The window goes around the end of the registers.
    assert_eq!([named(0, "sp"), named(0, "a15")], [Some("ar1"), Some("ar15")]);
    assert_eq!([named(1, "sp"), named(1, "A3"), named(1, "a4")], [Some("ar61"), Some("ar63"), Some("ar0")]);
    assert_eq!(named(0, "a16"), None);
    let untouched = [
        "ESP_CORE_DUMP_INFO ELF_ESP_CORE_DUMP_INFO_TYPE",
        "ESP_EXTRA_INFO ELF_ESP_CORE_DUMP_EXTRA_INFO_TYPE",
    ];
    assert_eq!(layout.untouched(), untouched);
}
