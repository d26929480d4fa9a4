//! Casts between a class and its base give the address of the base in the object. A member that several base classes
//! have is an error.

use crate::support::{Module, build, have};

#[test]
fn a_cast_between_a_class_and_its_base_leads_where_that_is_in_the_object() {
    if !have("g++") {
        return;
    }
    let (_folder, binary) = build("g++", "bases.cpp", &["-no-pie", "-g"]);
    let module = Module::open(&binary, &binary);
    let same = |a: &str, b: &str| assert_eq!(module.printed(a), module.printed(b), "{a} and {b}");
    same("&((B*)as_c)->b", "&c.b");
    same("&((B*)&c)->b", "&c.b");
    same("&((A*)as_c)->a", "&c.a");
    same("&((C*)as_b)->z", "&c.z");
    same("&((C*)as_b)->a", "&c.a");
    same("&((B*)&other)->b", "&other.b");
    let [as_b, as_c, address_of_b] =
        ["as_b", "as_c", "&c.b"].map(|path| module.typed(path).unwrap_or_else(|error| panic!("{error}")));
    let of_b = address_of_b.pointer(&module).unwrap_or_else(|error| panic!("{error}"));
    assert_eq!(as_c.pointer_as(&as_b, &module, &module).ok(), Some(of_b));
    assert_eq!(as_b.pointer_as(&as_b, &module, &module).ok(), Some(of_b));
    let null = module.printed("(B*)none");
    assert!(!null.contains("0x8"), "{null}");
    let message = module.printed("((Root*)as_diamond)->root");
    // No program has run that would have made the object.
    let expected =
        "error: the table of *as_diamond is required, but its bytes at 0xffffffffffffffe8 are not captured";
    assert_eq!(message, expected);
}

#[test]
fn a_member_that_several_base_classes_have_is_an_error_that_lists_them() {
    if !have("g++") {
        return;
    }
    let (_folder, binary) = build("g++", "bases.cpp", &["-no-pie", "-g"]);
    let module = Module::open(&binary, &binary);
    assert_eq!(module.printed("c.m"), "error: c has several members m: A::m, B::m");
    assert_eq!(module.printed("as_c->m"), "error: as_c has several members m: A::m, B::m");
    assert_eq!(module.printed("c.B::m"), "0");
}
