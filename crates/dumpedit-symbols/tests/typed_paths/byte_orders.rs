//! Numbers in another byte order than the target's, which GCC makes in structs with `scalar_storage_order`.

use dumpedit_symbols::ReadMemory;

use crate::support::{Module, build, gdb_print, have};

const PATHS: &[&str] = &[
    "big",
    "big.u",
    "big.s",
    "big.a",
    "big.b",
    "big.c",
    "big.f",
    "big.d",
    "big.array",
    "big.array[1]",
    "big.matrix",
    "big.matrix[1][0]",
    "big.pointer",
    "big.text",
    "big.w",
    "big.complex",
    "outer",
    "outer.all[1].s",
    "little",
];

/// The edits that give the program the values of its other build.
const SETS: &[(&str, &str)] = &[
    ("big.u", "1"),
    ("big.s", "258"),
    ("big.a", "2"),
    ("big.b", "33"),
    ("big.c", "0x123"),
    ("big.f", "-0.25"),
    ("big.d", "1e300"),
    ("big.array[1]", "700"),
    ("big.matrix[1][0]", "1234567890123"),
    ("big.w", "3"),
    ("outer.all[1].s", "-300"),
];

#[test]
fn numbers_are_printed_and_set_in_the_byte_order_of_their_struct() {
    if !have("gcc") || !have("gdb") {
        return;
    }
    for dwarf in ["-gdwarf-4", "-gdwarf-5"] {
        let options = ["-no-pie", dwarf];
        let (_folder, binary) = build("gcc", "byte_orders.c", &options);
        let mut module = Module::open(&binary, &binary);
        let paths: Vec<String> = PATHS.iter().map(|path| (*path).to_owned()).collect();
        for (path, expected) in PATHS.iter().zip(gdb_print(&binary, "c", &paths)) {
            assert_eq!(module.printed(path), expected, "{dwarf} {path}");
        }
        for (path, value) in SETS {
            let encoded = module.typed(path).unwrap().encode(value, &module).unwrap();
            let mut old = vec![0; encoded.bytes.len()];
            assert_eq!(module.read(encoded.address, &mut old), old.len());
            module.write(encoded.address, &encoded.merged(&old));
        }
        let (_folder, other) = build("gcc", "byte_orders.c", &["-no-pie", dwarf, "-DOTHER"]);
        let other = Module::open(&other, &other);
        for path in ["big", "outer"] {
            let bytes = |module: &Module| {
                let typed = module.typed(path).unwrap();
                let mut bytes = vec![0; typed.size().unwrap().unwrap() as usize];
                assert_eq!(module.read(typed.address().unwrap(), &mut bytes), bytes.len());
                bytes
            };
            assert_eq!(bytes(&module), bytes(&other), "{dwarf} {path}");
        }
    }
}
