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

#[test]
fn members_of_two_base_classes_at_one_offset_are_two_members() {
    for compiler in ["g++", "clang++"] {
        if !have(compiler) {
            return;
        }
        let (_folder, binary) = build(compiler, "bases.cpp", &["-no-pie", "-g", "-std=c++20"]);
        let module = Module::open(&binary, &binary);
        assert_eq!(
            module.printed("overlapping.k"),
            "error: overlapping has several members k: Without::k, With::k"
        );
        assert_eq!(module.printed("overlapping.With::k"), "4");
        assert_eq!(module.printed("overlapping.Without::k"), "{<No data fields>}");
    }
}

#[test]
fn a_member_can_be_named_with_any_base_class() {
    if !have("g++") {
        return;
    }
    let (_folder, binary) = build("g++", "bases.cpp", &["-no-pie", "-g", "-std=c++20"]);
    let module = Module::open(&binary, &binary);
    for (path, expected) in [
        ("top.in_holder", "error: top has several members in_holder: First::in_holder, Second::in_holder"),
        ("top.First::in_holder", "1"),
        ("top.Second::in_holder", "3"),
        ("top.Both::Second::in_holder", "3"),
        ("top.Both::First::Holder::in_holder", "1"),
        (
            "top.Holder::in_holder",
            "error: top has several members Holder::in_holder: First::in_holder, Second::in_holder",
        ),
        ("top.first", "6"),
        ("top.Top::first", "6"),
        ("top.First::first", "2"),
        ("(&top)->Both::in_both", "5"),
        // A static member is one.
        ("top.common", "9"),
        ("top.Holder::common", "9"),
        ("hidden.in_holder", "9"),
        ("hidden.Holder::in_holder", "7"),
        ("hidden.First::in_holder", "7"),
        (
            "scopes.v",
            "error: scopes has several members v: n::Scoped::v, o::Scoped::v, n::Of<long unsigned int>::v, Unnamed::v",
        ),
        ("scopes.Scoped::v", "error: scopes has several members Scoped::v: n::Scoped::v, o::Scoped::v"),
        ("scopes.n::Scoped::v", "1"),
        ("scopes.o::Scoped::v", "2"),
        ("scopes.n::Of<unsigned long>::v", "3"),
        ("scopes.Of<long unsigned int>::v", "3"),
        ("scopes.Unnamed::v", "4"),
        ("top.Scoped::v", "error: top has no member Scoped::v: it is of type Top"),
    ] {
        assert_eq!(module.printed(path), expected, "{path}");
    }
    let typed = module.typed("top.First::in_holder").unwrap_or_else(|error| panic!("{error}"));
    assert_eq!(typed.path, "top.First::in_holder");
}
