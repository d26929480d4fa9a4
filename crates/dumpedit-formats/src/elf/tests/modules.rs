//! Modules, and the names of memory.

use super::*;

#[test]
fn modules_are_the_executable_mappings_of_files_and_those_that_begin_with_a_header() {
    let noted = Bytes::new(LITTLE_64).note(
        "CORE",
        FILE,
        &file_note(&[
            (0x40_0000, 0x40_1000, 0, "/bin/prog"),
            (0x40_2000, 0x40_3000, 1, "/bin/prog"),
            (0x50_0000, 0x50_1000, 0, "/share/data"),
            (0x60_1000, 0x60_2000, 1, "/lib/nohead.so"),
        ]),
    );
    let page = module_page(0x3000, &[0xab, 0xcd]);
    let mut data = load(0x50_0000, 0x1000, b"data");
    data.flags = 4;
    let segments = [notes(noted), load(0x40_0000, 0x1000, &page), data, load(0x60_1000, 0x1000, &[])];
    let layout = parse(&core(LITTLE_64, AMD64, &segments)).unwrap();
    let modules: Vec<_> = layout
        .modules()
        .iter()
        .map(|module| (module.base, module.size, module.name.as_str(), module.id.as_deref()))
        .collect();
    assert_eq!(
        modules,
        [(0x40_0000, 0x3000, "/bin/prog", Some("abcd")), (0x60_0000, 0x2000, "/lib/nohead.so", None)]
    );
    assert_eq!(name_at(&layout, 0x50_0000), Some("/share/data"));
    assert_eq!(name_at(&layout, 0x40_2000), Some("/bin/prog"));
    assert_eq!(layout.absence(0x40_2000), StopReason::NotCaptured);
}

#[test]
fn a_file_that_is_loaded_twice_is_two_modules() {
    let mappings = [
        (0x40_0000, 0x40_1000, 0, "/lib/twice.so"),
        (0x40_2000, 0x40_3000, 0, "/lib/twice.so"),
        (0x70_0000, 0x70_1000, 0, "/lib/twice.so"),
    ];
    let noted = Bytes::new(LITTLE_64).note("CORE", FILE, &file_note(&mappings));
    let page = module_page(0x3000, &[1]);
    let segments = [
        notes(noted),
        load(0x40_0000, 0x1000, &page),
        load(0x40_2000, 0x1000, &[]),
        load(0x70_0000, 0x1000, &page),
    ];
    let layout = parse(&core(LITTLE_64, AMD64, &segments)).unwrap();
    let places: Vec<_> = layout.modules().iter().map(|module| (module.base, module.size)).collect();
    assert_eq!(places, [(0x40_0000, 0x3000), (0x70_0000, 0x1000)]);
}

#[test]
fn notes_name_memory_wherever_they_stand() {
    let mappings = [(0x40_0000, 0x40_1000, 0, "/first"), (0x50_0000, 0x50_1000, 0, "/second")];
    let noted = notes(Bytes::new(LITTLE_64).note("CORE", FILE, &file_note(&mappings)));
    let thread = notes(Bytes::new(LITTLE_64).note("CORE", 1, &status(6, 77, 0x40_0000)));
    let first = load(0x40_0000, 0x1000, &module_page(0x1000, &[1]));
    let second = load(0x50_0000, 0x1000, b"captured in part");
    let orders = [
        [&noted, &thread, &first, &second],
        [&noted, &first, &thread, &second],
        [&first, &noted, &second, &thread],
        [&first, &second, &thread, &noted],
    ];
    for order in orders {
        let layout = parse(&core(LITTLE_64, AMD64, &order.map(Clone::clone))).unwrap();
        assert_eq!(name_at(&layout, 0x40_0010), Some("/first"));
        assert_eq!(name_at(&layout, 0x50_0fff), Some("/second"));
        assert_eq!(layout.threads().len(), 1);
        assert_eq!((regions(&layout).len(), layout.modules().len()), (2, 2));
        assert_eq!(notices(&layout), []);
    }
}

#[test]
fn a_name_that_the_end_of_the_file_cuts_off_is_none() {
    let mappings = [(0x40_0000, 0x40_1000, 0, "/first"), (0x50_0000, 0x50_1000, 0, "/second")];
    let noted = Bytes::new(LITTLE_64).note("CORE", FILE, &file_note(&mappings));
    let memory = [load(0x40_0000, 0x1000, &[]), load(0x50_0000, 0x1000, &[])];
    let file = core(LITTLE_64, AMD64, &[&memory[..], &[notes(noted)]].concat());
    let cut = file.len() - 6;
    let layout = parse(&file[..cut]).unwrap();
    let names: Vec<_> = layout.modules().iter().map(|module| module.name.as_str()).collect();
    assert_eq!(names, ["/first"]);
    assert_eq!(name_at(&layout, 0x50_0000), None);
}

#[test]
fn without_nt_file_the_dynamic_linkers_list_gives_the_modules_and_its_loops_end() {
    let at = |words: &[u64], page: &mut Vec<u8>, offset: u64| {
        let bytes = Bytes::new(LITTLE_64).words(words).bytes;
        page[offset as usize..offset as usize + bytes.len()].copy_from_slice(&bytes);
    };
    // A program at 0x40_0000 whose headers are PT_PHDR, PT_LOAD and PT_DYNAMIC at 0x800.
    let mut headers = [load(0, 0x3000, &[]), load(0, 0x3000, &[]), load(0, 0, &[])];
    (headers[0].kind, headers[0].address) = (6, 64);
    (headers[2].kind, headers[2].address) = (2, 0x800);
    let mut page = core_of_type(3, LITTLE_64, AMD64, &headers);
    page[64 + 56 + 8..64 + 56 + 16].fill(0);
    page.resize(4096, 0);
    at(&[21, 0x40_0900, 0, 0], &mut page, 0x800);
    at(&[1, 0x40_0a00], &mut page, 0x900);
    let name = 0x40_0f00;
    page[0xf00..0xf0a].copy_from_slice(b"/lib/a.so\0");
    at(&[0x40_0000, name, 0, 0x40_0a40, 0], &mut page, 0xa00);
    at(&[0x70_0000, name, 0, 0x40_0a80, 0], &mut page, 0xa40);
    at(&[0x80_0000, name, 0, 0x40_0a40, 0], &mut page, 0xa80);
    let auxiliary = Bytes::new(LITTLE_64).words(&[3, 0x40_0040, 5, 3, 0, 0]).bytes;
    let noted = notes(Bytes::new(LITTLE_64).note("CORE", 6, &auxiliary));
    let library = load(0x70_0000, 0x1000, &module_page(0x5000, &[7]));
    let layout = parse(&core(LITTLE_64, AMD64, &[noted, load(0x40_0000, 0x1000, &page), library])).unwrap();
    let modules: Vec<_> =
        layout.modules().iter().map(|module| (module.base, module.size, module.name.as_str())).collect();
    assert_eq!(
        modules,
        [(0x40_0000, 0x3000, ""), (0x70_0000, 0x5000, "/lib/a.so"), (0x80_0000, 0, "/lib/a.so")]
    );
    assert_eq!(layout.modules()[1].id.as_deref(), Some("07"));
}
