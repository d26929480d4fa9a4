//! Modules of other machines with other byte orders and widths. They are linked without a system's libraries.

use dumpedit_symbols::ReadMemory;

use crate::support::{Module, have, program, run};

const EXPECTED: &[(&str, &str)] = &[
    ("bits", "{a = 5, b = -9, c = 78187493530, d = 1 '\\001', e = -33 '\\337'}"),
    ("packed_bits", "{first = 99 'c', a = 100, b = 1926659863286666872, c = 300, last = -2}"),
    ("number.f", "1"),
    ("counter", "-42"),
    ("small", "54321"),
    ("large", "-9000000000000000000"),
    ("single", "1.10000002"),
    ("twice", "3.2999999999999998"),
    ("color", "BLUE"),
    ("text", "\"text\\000\\000\\000\""),
    ("matrix", "{{1, 2, 3}, {4, 5, 6}}"),
    ("nodes[1].value", "8"),
];

const SETS: &[(&str, &str)] = &[
    ("bits.a", "2"),
    ("bits.b", "-16"),
    ("bits.c", "1"),
    ("packed_bits.b", "1152921504606846977"),
    ("packed_bits.c", "257"),
    ("small", "258"),
    ("twice", "-1.5"),
    ("color", "GREEN"),
];

#[test]
fn values_are_read_and_set_in_each_byte_order_and_width() {
    if !have("clang") || !have("ld.lld") {
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let source = program("bits.c");
    for target in
        ["powerpc64-linux-gnu", "mips-linux-gnu", "i386-linux-gnu", "aarch64-linux-gnu", "x86_64-linux-gnu"]
    {
        for dwarf in ["-gdwarf-4", "-gdwarf-5"] {
            let source = source.to_str().unwrap();
            let arguments = [
                "-target",
                target,
                dwarf,
                "-nostdlib",
                "-shared",
                "-fPIC",
                "-fuse-ld=lld",
                "-o",
                "values.so",
                source,
            ];
            run("clang", &arguments, folder.path());
            let binary = folder.path().join("values.so");
            let mut module = Module::open(&binary, &binary);
            for (path, expected) in EXPECTED {
                assert_eq!(module.printed(path), *expected, "{target} {dwarf} {path}");
            }
            for (path, value) in SETS {
                let typed = module.typed(path).unwrap();
                let encoded = typed.encode(value, &module).unwrap();
                let mut old = vec![0; encoded.bytes.len()];
                assert_eq!(module.read(encoded.address, &mut old), old.len());
                module.write(encoded.address, &encoded.merged(&old));
                assert_eq!(module.printed(path), *value, "{target} {dwarf} {path}");
            }
            let expected = "{a = 2, b = -16, c = 1, d = 1 '\\001', e = -33 '\\337'}";
            assert_eq!(module.printed("bits"), expected, "{target} {dwarf}");
            let expected = "{first = 99 'c', a = 100, b = 1152921504606846977, c = 257, last = -2}";
            assert_eq!(module.printed("packed_bits"), expected, "{target} {dwarf}");
        }
    }
}

#[test]
fn a_long_double_of_powerpc_is_refused_in_a_sentence() {
    if !have("clang") || !have("ld.lld") {
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let source = program("long_double.c");
    let source = source.to_str().unwrap();
    for (target, is_read) in
        [("powerpc64-linux-gnu", false), ("powerpc64le-linux-gnu", false), ("aarch64-linux-gnu", true)]
    {
        let arguments = [
            "-target",
            target,
            "-g",
            "-nostdlib",
            "-shared",
            "-fPIC",
            "-fuse-ld=lld",
            "-o",
            "values.so",
            source,
        ];
        run("clang", &arguments, folder.path());
        let binary = folder.path().join("values.so");
        let module = Module::open(&binary, &binary);
        let encoded = module.typed("extended").unwrap().encode("2.5", &module);
        if is_read {
            assert_eq!([module.printed("extended"), module.printed("both")], ["1.5", "2.5 + 0i"]);
            assert!(encoded.is_ok());
            continue;
        }
        let why = "on PowerPC it is either the sum of two doubles or an IEEE 754 number, and the debug information \
                   does not say which";
        for path in ["extended", "both"] {
            let shown = module.printed(path);
            assert!(shown.starts_with("<0x") && shown.ends_with(&format!(": {why}>")), "{shown}");
        }
        assert_eq!(encoded.unwrap_err().to_string(), format!("2.5 does not fit into extended: {why}"));
    }
}
