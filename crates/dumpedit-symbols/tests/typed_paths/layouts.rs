//! Types are as large, laid out and called as gdb says.

use dumpedit_layout::ByteOrder;
use dumpedit_symbols::types::{Language, LayoutRow, TypeReader, layout};

use crate::as_gdb_prints::{C_PATHS, CPP_PATHS, for_gdb};
use crate::support::{Module, build, gdb, have};

const C_TYPES: &[&str] = &[
    "point",
    "point_t",
    "node",
    "bits",
    "packed_bits",
    "number",
    "outer",
    "flexible",
    "old_flexible",
    "empty",
];
const CPP_TYPES: &[&str] = &[
    "app::Config",
    "Box<int>",
    "Fixed<short, 3>",
    "Base",
    "Derived",
    "Child",
    "Virtual",
    "Left",
    "Diamond",
    "Statics",
    "Methods",
    "Nested",
    "Any",
    "WithReference",
    "Nested::Inner",
];
const RUST_TYPES: &[&str] =
    &["values::Point", "values::Pair", "values::Either", "values::inner::Deep", "values::Unit"];

/// What one line of gdb's says: the offset, the bit and the size.
type Line = (Option<u64>, Option<u32>, u64);

/// The lines of `ptype /o` that are members of a struct, and not of a union, of which gdb tells no offset.
fn lines(answer: &str) -> Vec<Line> {
    let mut lines = Vec::new();
    for line in answer.lines().skip(1) {
        let Some((comment, _)) = line.strip_prefix("/*").and_then(|line| line.split_once("*/")) else {
            continue;
        };
        if comment.contains("XXX") || comment.contains("total size") {
            continue;
        }
        let (place, size) = comment.split_once('|').unwrap_or(("", comment));
        let (offset, bit) = match place.split_once(':') {
            Some((offset, bit)) => (offset, Some(bit.trim().parse().unwrap())),
            None => (place, None),
        };
        lines.push((offset.trim().parse().ok(), bit, size.trim().parse().unwrap()));
    }
    lines
}

fn compare(module: &Module, name: &str, language: Language, answer: &str) -> Result<usize, String> {
    let types = module.dwarf.types(name).unwrap();
    let type_ = types.first().ok_or(format!("{name}: no such type"))?;
    let rows = layout(&*module.dwarf, type_, language, ByteOrder::Little).unwrap();
    // gdb shows neither the members of base classes nor those of static ones, nor the pointers to tables of virtual functions.
    let mut shown: Vec<&LayoutRow> = Vec::new();
    let mut hidden = None;
    for row in &rows {
        if hidden.is_some_and(|depth| row.depth > depth) {
            continue;
        }
        hidden = (row.base_class || row.declaration.starts_with("static ")).then_some(row.depth);
        if hidden.is_none() && !row.name.starts_with("_vptr") {
            shown.push(row);
        }
    }
    let theirs = lines(answer);
    if language == Language::Rust {
        // gdb shows them in the order of memory.
        shown.sort_by_key(|row| row.offset);
    }
    let ours: Vec<Line> = shown
        .iter()
        .zip(&theirs)
        .map(|(row, line)| {
            let offset = row.offset.filter(|_| line.0.is_some());
            (offset, row.bits.map(|bits| bits.first), row.size.unwrap_or(0))
        })
        .collect();
    if shown.len() != theirs.len() || ours != theirs {
        return Err(format!("{name}\n  ours {ours:?}\n  gdb  {theirs:?}\n{answer}"));
    }
    Ok(ours.len())
}

fn layouts(compiler: &str, source: &str, options: &[&str], types: &[&str], language: Language) -> usize {
    let (_folder, binary) = build(compiler, source, options);
    let module = Module::open(&binary, &binary);
    let word = |name: &str| match (language, name) {
        (Language::C, "number") => "union ",
        (Language::C, name) if !name.ends_with("_t") => "struct ",
        _ => "",
    };
    let expressions: Vec<String> =
        types.iter().map(|name| format!("ptype /o {}{name}", word(name))).collect();
    let answers = gdb(&binary, &expressions);
    let compared: Vec<_> =
        types.iter().zip(&answers).map(|(name, answer)| compare(&module, name, language, answer)).collect();
    let wrong: Vec<&String> = compared.iter().filter_map(|result| result.as_ref().err()).collect();
    assert!(wrong.is_empty(), "{compiler} {options:?}: {wrong:#?}");
    compared.into_iter().flatten().sum()
}

#[test]
fn members_are_where_gdb_has_them() {
    if !have("gdb") {
        return;
    }
    let mut members = 0;
    for (compiler, source, types, language) in [
        ("gcc", "values.c", C_TYPES, Language::C),
        ("clang", "values.c", C_TYPES, Language::C),
        ("g++", "objects.cpp", CPP_TYPES, Language::Cpp),
        ("clang++", "objects.cpp", CPP_TYPES, Language::Cpp),
    ] {
        if have(compiler) {
            for dwarf in ["-gdwarf-4", "-gdwarf-5"] {
                let standalone: &[&str] = if compiler == "clang++" { &["-fstandalone-debug"] } else { &[] };
                members += layouts(compiler, source, &[&[dwarf], standalone].concat(), types, language);
            }
        }
    }
    if have("rustc") {
        members += layouts("rustc", "values.rs", &["-g"], RUST_TYPES, Language::Rust);
    }
    eprintln!("{members} members");
}

/// The size and the type's name of each path.
#[test]
fn sizes_and_names_of_types_are_those_of_gdb() {
    if !have("gdb") {
        return;
    }
    for (compiler, source, paths, is_c) in [
        ("gcc", "values.c", C_PATHS, true),
        ("clang", "values.c", C_PATHS, true),
        ("g++", "objects.cpp", CPP_PATHS, false),
    ] {
        if !have(compiler) {
            continue;
        }
        let (_folder, binary) = build(compiler, source, &["-g", "-no-pie"]);
        let module = Module::open(&binary, &binary);
        let commands: Vec<String> = paths
            .iter()
            .flat_map(|path| {
                let path = for_gdb(path, is_c);
                [format!("print sizeof({path})"), format!("whatis {path}")]
            })
            .collect();
        let answers = gdb(&binary, &commands);
        let mut wrong = Vec::new();
        for (path, answers) in paths.iter().zip(answers.chunks(2)) {
            let typed = module.typed(path).unwrap_or_else(|error| panic!("{path}: {error}"));
            let size = typed.size().unwrap().map_or_else(String::new, |size| size.to_string());
            let theirs = answers[0].rsplit(" = ").next().unwrap_or_default();
            let name = typed.type_name().unwrap();
            let their_name =
                answers[1].strip_prefix("type = ").unwrap_or_default().replace(" * const)", " *)");
            // gdb takes a reference for what it refers to, and ours does where something follows.
            let referred =
                module.typed(&format!("*&{path}")).ok().and_then(|typed| typed.size().ok().flatten());
            let is_size = size == theirs || referred.map(|size| size.to_string()).as_deref() == Some(theirs);
            // gdb shows that these are numbers side by side.
            let is_vector = their_name.contains("vector_size");
            // An int too many, which gdb adds to Clang's name.
            let their_name = their_name.replace("unsigned int __int128", "unsigned __int128");
            if !is_size || name != their_name && !is_vector {
                wrong.push(format!("{path}: ours {size} {name}, gdb {theirs} {their_name}"));
            }
        }
        assert!(wrong.is_empty(), "{compiler}: {wrong:#?}");
    }
}
