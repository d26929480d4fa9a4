//! Errors say why a path leads to no value, and why a new value does not fit.

use dumpedit_symbols::{ReadMemory, ValuePlace};

use crate::support::{Module, build, have};

#[test]
fn what_is_wrong_with_a_path_is_told() {
    if !have("gcc") {
        return;
    }
    let (_folder, binary) = build("gcc", "values.c", &["-no-pie", "-g"]);
    let module = Module::open(&binary, &binary);
    for (path, expected) in [
        ("point.z", "error: point has no member z (but x, y): it is of type struct point"),
        ("outer.nmaed", "error: outer has no member nmaed (but named): it is of type struct outer"),
        ("counter.x", "error: counter has no members: it is of type int"),
        ("counter[1]", "error: counter is neither an array nor a pointer: it is of type int"),
        ("*counter", "error: counter is not a pointer: it is of type int"),
        ("numbers[5]", "error: numbers has the indices 0 to 4, not 5; (&numbers[0])[5] reads past its end"),
        (
            "numbers[-1]",
            "error: numbers has the indices 0 to 4, not -1; (&numbers[0])[-1] reads past its end",
        ),
        ("(&numbers[0])[4]", "5"),
        (
            "(&numbers[0])[-4611686018427387904]",
            "error: (&numbers[0])[-4611686018427387904] is outside the address space",
        ),
        (
            "(&numbers[0])[4611686018427387904]",
            "error: (&numbers[0])[4611686018427387904] is outside the address space",
        ),
        (
            "matrix[1][3]",
            "error: matrix[1] has the indices 0 to 2, not 3; (&matrix[1][0])[3] reads past its end",
        ),
        ("nodes[2].next->value", "error: nodes[2].next is a null pointer"),
        ("*null_text", "error: null_text is a null pointer"),
        ("anything[1]", "error: the size of void, which anything[1] needs, is unknown"),
        ("*opaque", "error: opaque is a null pointer"),
        ("&bits.a", "error: bits.a has no address: it is a bit field"),
        ("&&counter", "error: &counter has no address: it is a value without a location"),
        ("thread_number", "error: thread_number is thread-local: there is no thread, and its offset is 0"),
        ("head_pointer.next", "error: head_pointer has no members: it is of type struct node **"),
        ("counter..x", "error: expected the name of a member, at character 9 of \"counter..x\""),
        ("{struct node}0x10", "<not captured>"),
    ] {
        let message = module.printed(path);
        let squeezed = message.replace(
            "{next = <not captured>, name = <not captured>, value = <not captured>}",
            "<not captured>",
        );
        assert_eq!(squeezed, expected, "{path}");
    }
    let message = module.printed("({struct node}0x10).next->value");
    assert_eq!(message, "error: {node}0x10.next is required, but its bytes at 0x10 are not captured");
    let message = module.printed("nodes[1000000000000].name");
    assert!(message.contains("reads past its end"), "{message}");
    assert!(module.printed("_start").contains("the type of _start, at"), "{}", module.printed("_start"));
    assert!(module.printed("_start.x").contains("the type of _start, at"));
}

/// The path, the new value, and the output of `print` afterwards or the error.
const SETS: &[(&str, &str, &str)] = &[
    ("counter", "-5", "-5"),
    ("counter", "0xffffffff", "-1"),
    ("counter", "2147483648", "refused"),
    ("counter", "1.5", "refused"),
    ("small", "255", "255 '\\377'"),
    ("small", "256", "refused"),
    ("small", "-1", "refused"),
    ("letter", "'Z'", "90 'Z'"),
    ("letter", "-1", "-1 '\\377'"),
    ("u64", "18446744073709551615", "18446744073709551615"),
    ("big", "-170141183460469231731687303715884105728", "-170141183460469231731687303715884105728"),
    ("huge", "0xffffffffffffffffffffffffffffffff", "340282366920938463463374607431768211455"),
    ("huge", "340282366920938463463374607431768211455", "340282366920938463463374607431768211455"),
    ("big", "170141183460469231731687303715884105728", "refused"),
    ("counter", "170141183460469231731687303715884105728", "refused"),
    ("yes", "false", "false"),
    ("yes", "1", "true"),
    ("yes", "170141183460469231731687303715884105728", "refused"),
    ("yes", "2", "refused"),
    ("single", "1.5", "1.5"),
    ("single", "1e300", "refused"),
    ("twice", "-0.1", "-0.10000000000000001"),
    ("twice", "340282366920938463463374607431768211455", "3.4028236692093846e+38"),
    ("extended", "2.5", "2.5"),
    ("color", "BLUE", "BLUE"),
    ("color", "PURPLE", "refused"),
    ("flags", "READ|WRITE", "3"),
    ("point.y", "7", "7"),
    ("nodes[1].value", "100", "100"),
    ("head->next->value", "101", "101"),
    ("head", "NULL", "(struct node *) 0x0"),
    ("head", "0x404000", "(struct node *) 0x404000"),
    ("head", "-1", "refused"),
    ("bits.a", "7", "7"),
    ("bits.a", "8", "refused"),
    ("bits.b", "-16", "-16"),
    ("bits.b", "-17", "refused"),
    ("bits.c", "0xffffffffff", "1099511627775"),
    ("bits.d", "false", "false"),
    ("bits.e", "RED", "RED"),
    ("packed_bits.b", "0x1fffffffffffffff", "2305843009213693951"),
    ("packed_bits.c", "511", "511"),
    ("padded", "\"new\"", "\"new\", '\\000' <repeats 36 times>"),
    ("full", "\"four\"", "\"four\""),
    ("full", "\"fives\"", "refused"),
    ("wide_text", "\"w\u{e9}\"", "L\"w\u{e9}\\000\\000\\000\""),
    ("outer.named.number.f", "0.25", "0.25"),
    ("outer", "1", "refused"),
    ("numbers", "1", "refused"),
    ("function", "0x401000", "(void (*)(int, const char *)) 0x401000 <_init>"),
];

#[test]
fn a_new_value_is_what_is_read_then_and_what_does_not_fit_is_refused() {
    if !have("gcc") {
        return;
    }
    let (_folder, binary) = build("gcc", "values.c", &["-no-pie", "-g"]);
    for (path, value, expected) in SETS {
        let mut module = Module::open(&binary, &binary);
        let before: Vec<String> =
            ["bits", "packed_bits", "outer", "counter"].map(|path| module.printed(path)).to_vec();
        let typed = module.typed(path).unwrap();
        match typed.encode(value, &module) {
            Ok(encoded) => {
                let mut old = vec![0; encoded.bytes.len()];
                assert_eq!(module.read(encoded.address, &mut old), old.len());
                assert!(encoded.is_whole() || matches!(typed.place, ValuePlace::Bits(..)));
                module.write(encoded.address, &encoded.merged(&old));
                assert_eq!(module.printed(path), *expected, "{path} = {value}");
                module.write(encoded.address, &old);
            }
            Err(error) => {
                assert_eq!(*expected, "refused", "{path} = {value}: {error}");
                assert!(
                    error.to_string().starts_with(&format!("{value} does not fit into {path}: ")),
                    "{error}"
                );
            }
        }
        let after: Vec<String> =
            ["bits", "packed_bits", "outer", "counter"].map(|path| module.printed(path)).to_vec();
        assert_eq!(before, after);
    }
}

#[test]
fn the_range_of_a_number_is_that_of_its_type() {
    if !have("gcc") {
        return;
    }
    let (_folder, binary) = build("gcc", "values.c", &["-no-pie", "-g"]);
    let module = Module::open(&binary, &binary);
    for (path, value, why) in [
        (
            "huge",
            "-1",
            "__int128 unsigned of 128 bits can store 0 to 340282366920938463463374607431768211455",
        ),
        (
            "big",
            "170141183460469231731687303715884105728",
            "__int128 of 128 bits can store -170141183460469231731687303715884105728 to \
             170141183460469231731687303715884105727",
        ),
        ("small", "256", "unsigned char of 8 bits can store 0 to 255"),
        ("bits.b", "16", "int of 5 bits can store -16 to 15"),
    ] {
        let error = module.typed(path).unwrap().encode(value, &module).unwrap_err();
        assert_eq!(error.to_string(), format!("{value} does not fit into {path}: {why}"));
    }
}

#[test]
fn bits_that_are_no_value_of_a_type_of_rust_are_not_set_and_are_printed() {
    if !have("rustc") {
        return;
    }
    let (_folder, binary) = build("rustc", "values.rs", &["-g"]);
    let mut module = Module::open(&binary, &binary);
    for (path, value, why) in [
        ("values::LETTER", "0xd800", "a char is 0 to 0xd7ff or 0xe000 to 0x10ffff; write stores other bits"),
        (
            "values::LETTER",
            "0x110000",
            "a char is 0 to 0xd7ff or 0xe000 to 0x10ffff; write stores other bits",
        ),
        ("values::TRUTH", "2", "true or false is expected"),
        ("values::TRUTH", "0x2", "true or false is expected"),
        (
            "values::COLOR",
            "3",
            "it has only the variants values::Color::Red = 0, values::Color::Green = 7; write stores other \
             bits",
        ),
    ] {
        let error = module.typed(path).unwrap().encode(value, &module).unwrap_err();
        assert_eq!(error.to_string(), format!("{value} does not fit into {path}: {why}"));
    }
    for (path, value, bytes) in [
        ("values::LETTER", "0xd7ff", vec![0xff, 0xd7, 0, 0]),
        ("values::LETTER", "'\u{10ffff}'", vec![0xff, 0xff, 0x10, 0]),
        ("values::TRUTH", "false", vec![0]),
        ("values::COLOR", "0", vec![0]),
        ("values::COLOR", "Green", vec![7]),
    ] {
        assert_eq!(
            module.typed(path).unwrap().encode(value, &module).unwrap().bytes,
            bytes,
            "{path}={value}"
        );
    }
    // Values that other programs wrote are shown as they are.
    for (path, bytes, shown) in [
        ("values::LETTER", &[0, 0xd8, 0, 0][..], "55296"),
        ("values::TRUTH", &[2], "2"),
        ("values::COLOR", &[3], "3"),
    ] {
        let address = module.typed(path).unwrap().address().unwrap();
        module.write(address, bytes);
        assert!(module.printed(path).contains(shown), "{path}: {}", module.printed(path));
    }
}
