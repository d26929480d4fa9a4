//! The types and variables of a PDB, against `llvm-pdbutil`.

use std::collections::HashMap;
use std::sync::Arc;

use dumpedit_symbols::PdbTypes;
use dumpedit_symbols::types::{
    Base, Keyword, Language, Member, MemberPlace, PointerKind, Qualifier, Shape, TypeReader, TypeRef,
    ValueType, VariableLocation,
};

use crate::pdb::{AMD64, X86, address, listed, sections};
use crate::programs::{Made, all_here, windows};

fn types(made: &Made) -> PdbTypes {
    PdbTypes::open(Arc::new(made.open("app.pdb"))).unwrap()
}

fn one(types: &PdbTypes, name: &str) -> Arc<ValueType> {
    let found = types.types(name).unwrap();
    assert_eq!(found.len(), 1, "{name}: {found:?}");
    types.read(&found[0]).unwrap()
}

fn members(type_: &ValueType) -> &[Member] {
    match &type_.shape {
        Shape::Struct { members, .. } => members,
        other => panic!("{other:?}"),
    }
}

fn member<'a>(type_: &'a ValueType, name: &str) -> &'a Member {
    members(type_).iter().find(|member| member.name == name).unwrap_or_else(|| panic!("{name} in {type_:?}"))
}

/// The text behind a key of a line of `llvm-pdbutil`, up to a comma or a bracket.
fn field<'a>(line: &'a str, key: &str) -> Option<&'a str> {
    let (_, rest) = line.split_once(key)?;
    rest.split([',', ']', '`', ' ']).next()
}

fn number(text: &str) -> u64 {
    let hex = text.strip_prefix("0x").map(|digits| u64::from_str_radix(digits, 16).unwrap());
    hex.unwrap_or_else(|| text.parse().unwrap())
}

#[test]
fn classes_unions_and_enums_are_as_the_records_say() {
    for target in [AMD64, X86] {
        let Some(made) = windows(target, &["-Wl,/debug"]) else { return };
        if !all_here(&["llvm-pdbutil"]) {
            return;
        }
        let text = made.printed("llvm-pdbutil", &["dump", "-types", "app.pdb"]);
        // The lines of each record, by its number.
        let mut records: HashMap<u64, Vec<&str>> = HashMap::new();
        let mut current = 0;
        for line in text.lines().map(str::trim) {
            if let Some((number_, _)) = line.split_once(" | LF_").filter(|(text, _)| text.starts_with("0x")) {
                current = number(number_);
            }
            records.entry(current).or_default().push(line);
        }
        let types = types(&made);
        let mut compared = (0, 0, 0);
        for lines in records.values() {
            let (head, about) = (lines[0], lines.join(" "));
            let defined =
                ["LF_CLASS", "LF_STRUCTURE", "LF_UNION", "LF_ENUM"].iter().any(|kind| head.contains(kind));
            if !defined || about.contains("forward ref") {
                continue;
            }
            let name = head.split_once('`').unwrap().1.strip_suffix('`').unwrap();
            let ours = one(&types, name);
            let fields = &records[&number(field(&about, "field list: ").unwrap())][1..];
            if let Shape::Enum { values, .. } = &ours.shape {
                let listed =
                    fields.iter().filter_map(|line| line.split_once("LF_ENUMERATE [")?.1.strip_suffix(']'));
                let listed: Vec<_> = listed.map(|value| value.split_once(" = ").unwrap()).collect();
                assert_eq!(listed.len(), values.len());
                for ((name, value), ours) in listed.into_iter().zip(values) {
                    assert_eq!(ours.0, format!("ns::{name}"));
                    // It writes the bits as an unsigned number.
                    assert_eq!(value.parse::<u64>().unwrap() as u32, ours.1 as u32);
                }
                compared.0 += 1;
                continue;
            }
            assert_eq!(ours.size, Some(number(field(&about, "sizeof ").unwrap())), "{name}");
            let data = ["LF_MEMBER", "LF_BCLASS", "LF_VBCLASS", "LF_STMEMBER", "LF_VFUNCTAB"];
            let count = fields.iter().filter(|line| data.iter().any(|kind| line.contains(kind))).count();
            assert_eq!(members(&ours).len(), count, "{name}: {fields:?}");
            for line in fields.iter().filter(|line| line.contains("LF_MEMBER")) {
                let ours = member(&ours, field(line, "name = `").unwrap());
                let offset = number(field(line, "offset = ").unwrap());
                let type_ = &records.get(&number(field(line, "Type = ").unwrap()));
                match type_.filter(|lines| lines[0].contains("LF_BITFIELD")) {
                    Some(lines) => {
                        let MemberPlace::Bits { offset: at, bits } = ours.place else { panic!("{ours:?}") };
                        let first = number(field(lines[1], "bit offset = ").unwrap());
                        assert_eq!(at * 8 + u64::from(bits.first), offset * 8 + first, "{name} {line}");
                        assert_eq!(u64::from(bits.count), number(field(lines[1], "# bits = ").unwrap()));
                        compared.1 += 1;
                    }
                    None => assert_eq!(ours.place, MemberPlace::Bytes(offset), "{name} {line}"),
                }
                compared.2 += 1;
            }
        }
        assert!(compared.0 == 2 && compared.1 == 4 && compared.2 > 25, "{compared:?}");
    }
}

#[test]
fn members_lead_to_the_types_that_the_source_says() {
    let Some(made) = windows(AMD64, &["-Wl,/debug"]) else { return };
    let types = types(&made);
    let read = |of: &TypeRef| types.read(of).unwrap();
    let point = one(&types, "ns::Point");
    let of = |name: &str| read(&member(&point, name).of);
    assert_eq!((point.name.as_str(), point.size), ("ns::Point", Some(144)));
    assert!(matches!(point.shape, Shape::Struct { keyword: Keyword::Class, .. }));
    assert_eq!(of("x").shape, Shape::Base(Base::Signed));
    assert_eq!((of("x").name.as_str(), of("x").size), ("int", Some(4)));
    assert_eq!((of("flag").name.as_str(), of("small").name.as_str()), ("unsigned int", "signed char"));
    let MemberPlace::Static(count) = &member(&point, "count").place else { panic!() };
    assert_eq!(count.name, "ns::Point::count");
    assert!(members(&point)[0].base_class && members(&point)[0].name == "ns::Base");

    let Shape::Enum { base, values } = &of("color").shape else { panic!() };
    assert_eq!((base, values[2].clone()), (&Base::Signed, ("ns::Blue".to_owned(), -2)));
    let Shape::Enum { base, .. } = of("level").shape else { panic!() };
    assert_eq!((base, of("level").size), (Base::Character { signed: false }, Some(1)));

    let Shape::Pointer { to, kind: PointerKind::Pointer } = &of("name").shape else { panic!() };
    let Shape::Qualified { of: letter, qualifier: Qualifier::Const } = &read(to).shape else { panic!() };
    assert_eq!(read(letter).shape, Shape::Base(Base::Character { signed: true }));
    let Shape::Pointer { to, .. } = &of("call").shape else { panic!() };
    let Shape::Function { parameters, variadic: true, .. } = &read(to).shape else { panic!() };
    assert_eq!(parameters.len(), 1);
    assert!(matches!(of("member").shape, Shape::MemberPointer { .. }));

    let Shape::Array { element, count: Some(3), .. } = &of("matrix").shape else { panic!() };
    let Shape::Array { element, count: Some(5), .. } = &read(element).shape else { panic!() };
    assert_eq!((read(element).shape.clone(), of("matrix").size), (Shape::Base(Base::Float), Some(60)));

    // A type that is only declared where it is used is the defined one.
    let Shape::Pointer { to, .. } = &of("next").shape else { panic!() };
    let node = read(to);
    assert_eq!((node.name.as_str(), node.size), ("ns::Node", Some(40)));
    let Shape::Pointer { to, .. } = &read(&member(&node, "point").of).shape else { panic!() };
    let Shape::Qualified { of: inner, qualifier: Qualifier::Const } = &read(to).shape else { panic!() };
    let Shape::Qualified { of: inner, qualifier: Qualifier::Volatile } = &read(inner).shape else { panic!() };
    assert_eq!((read(inner), read(to).size), (one(&types, "ns::Point"), Some(144)));
    let Shape::Pointer { kind: PointerKind::Reference, .. } = read(&member(&node, "same").of).shape else {
        panic!()
    };

    assert_eq!((of("unnamed").name.as_str(), of("unnamed").size), ("", Some(4)));
    assert_eq!(member(&point, "as_int").place, member(&point, "as_float").place);
    let left = one(&types, "ns::Left");
    let place = MemberPlace::VirtualBase { pointer_at: 0, entry_at: 4, entry_size: Some(4) };
    assert_eq!((members(&left)[0].name.as_str(), &members(&left)[0].place), ("ns::Base", &place));
    assert_eq!(one(&types, "ns::Box<ns::Box<int>>"), one(&types, "ns::Box<ns::Box<int> >"));
    let Shape::Typedef(spot) = &one(&types, "Spot").shape else { panic!() };
    assert_eq!(read(spot), point);
    assert!(types.types("ns::Nothing").unwrap().is_empty());
}

#[test]
fn variables_are_found_where_the_linker_put_them() {
    for target in [AMD64, X86] {
        let Some(made) = windows(target, &["-Wl,/debug"]) else { return };
        if !all_here(&["llvm-pdbutil"]) {
            return;
        }
        let (types, sections) = (types(&made), sections(&made));
        let globals = listed(&made.printed("llvm-pdbutil", &["dump", "-globals", "app.pdb"]));
        let own = listed(&made.printed("llvm-pdbutil", &["dump", "-symbols", "app.pdb"]));
        let kinds = ["S_GDATA32", "S_LDATA32", "S_GTHREAD32"];
        let mut compared = 0;
        for (kind, name, about) in globals.into_iter().chain(own) {
            if !kinds.contains(&kind.as_str()) {
                continue;
            }
            let found = types.variables(&name).unwrap();
            assert_eq!(found.len(), 1, "{name}: {found:?}");
            let (_, within, rva) = address(&about, &sections);
            let location = match kind.as_str() {
                "S_GTHREAD32" => VariableLocation::ThreadLocal(within),
                _ => VariableLocation::Offset(rva),
            };
            assert_eq!((&found[0].location, found[0].language), (&location, Language::Cpp), "{name}");
            assert!(found[0].unit.ends_with("windows.cc"), "{:?}", found[0].unit);
            let listed = about.split_once(" (").unwrap().1.split_once(')').unwrap().0;
            let ours = types.read(&found[0].of).unwrap();
            // It calls the unnamed ones by nothing, and writes pointers out.
            if !listed.is_empty() && !listed.ends_with('*') && !listed.starts_with("unsigned") {
                assert_eq!(ours.name, listed, "{name}");
            }
            compared += 1;
        }
        assert!(compared > 14, "{compared}");
        assert_eq!(types.variables("calls").unwrap(), []);
        assert_eq!(types.variables("ns::only_here::calls").unwrap().len(), 1);
        assert_eq!(types.variables("hidden").unwrap().len(), 1, "an anonymous namespace may be left out");
    }
}
