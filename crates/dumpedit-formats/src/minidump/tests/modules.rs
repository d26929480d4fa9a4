//! Modules and their ids.

use super::*;

#[test]
fn one_bad_module_costs_no_other() {
    let mut built = Built::new(Endian::Little);
    let name = built.string("good");
    let mut list = numbers!(Endian::Little, 2u32);
    for (base, name) in [(0x1000u64, u32::MAX), (0x5000, name)] {
        let mut module = numbers!(Endian::Little, base, 0x1000u32, 0u32, 0u32, name);
        module.resize(108, 0);
        list.extend(module);
    }
    built.stream(MODULES, list);
    let layout = built.parse();
    let modules: Vec<_> = layout.modules().iter().map(|module| (module.base, module.name.as_str())).collect();
    assert_eq!(modules, [(0x1000, ""), (0x5000, "good")]);
    tells(&layout, NoticeKind::ModuleUnreadable, 1);
}

#[test]
fn modules_are_identified_as_people_print_it() {
    let mut built = Built::new(Endian::Little);
    built.system(AMD64);
    let name = built.string("a");
    let elf = [b"LEpB".as_slice(), &[0xde, 0xad, 0xbe, 0xef, 0x01]].concat();
    let mut pdb = b"RSDS".to_vec();
    pdb.extend(numbers!(
        Endian::Little,
        0x1234_5678u32,
        0x9abcu16,
        0xdef0u16,
        0x0807_0605_0403_0201u64,
        0x2au32
    ));
    pdb.extend(b"a.pdb\0");
    let mut list = numbers!(Endian::Little, 2u32);
    for (record, time) in [(elf, 0u32), (pdb, 0x5f_2c88)] {
        let size = u32::try_from(record.len()).unwrap();
        let at = built.put(record);
        let mut module = numbers!(Endian::Little, 0x1000u64, 0x1000u32, 0u32, time, name);
        module.resize(76, 0);
        module.extend(numbers!(Endian::Little, size, at));
        module.resize(108, 0);
        list.extend(module);
    }
    built.stream(MODULES, list);
    let layout = built.parse();
    let ids: Vec<_> = layout.modules().iter().map(|module| module.id.as_deref().unwrap()).collect();
    assert_eq!(ids, ["deadbeef01", "123456789ABCDEF001020304050607082a"]);
    let stored: Vec<_> = layout
        .modules()
        .iter()
        .map(|module| (module.debug_file.as_deref(), module.image_id.as_deref()))
        .collect();
    assert_eq!(stored, [(None, None), (Some("a.pdb"), Some("005F2C881000"))]);
}
