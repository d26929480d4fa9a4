//! Types have the sizes, layouts and names that gdb prints.

use dumpedit_layout::ByteOrder;
use dumpedit_symbols::types::{Language, LayoutPart, LayoutRow, TypeReader, layout};

use crate::as_gdb_prints::{C_PATHS, CPP_PATHS, for_gdb};
use crate::support::{Module, build, gdb, have, run};

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

/// One line of gdb's output.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Line {
    Member {
        offset: Option<u64>,
        bit: Option<u32>,
        size: u64,
    },
    /// Bits that no member uses, between members or after the last one.
    Space {
        is_padding: bool,
        bits: u64,
    },
}

/// Adds a line. A space may have several lines, which are joined: bits up to the next byte, bytes, and the bits after
/// them.
fn add(lines: &mut Vec<Line>, line: Line) {
    match (lines.last_mut(), line) {
        (Some(Line::Space { is_padding: same, bits }), Line::Space { is_padding, bits: more })
            if *same == is_padding =>
        {
            *bits += more;
        }
        _ => lines.push(line),
    }
}

/// The lines of `ptype /o` for members of structs and for the space between them. Members of unions are left out, since
/// gdb prints no offset for them.
fn lines(answer: &str) -> Vec<Line> {
    let mut lines = Vec::new();
    let mut unions = Vec::new();
    for line in answer.lines().skip(1) {
        if line.ends_with('{') {
            unions.push(line.contains("union"));
        } else if line.trim_start().starts_with('}') {
            unions.pop();
        }
        let Some((comment, _)) = line.strip_prefix("/*").and_then(|line| line.split_once("*/")) else {
            continue;
        };
        if comment.contains("total size") {
            continue;
        }
        if let Some(space) = comment.trim().strip_prefix("XXX") {
            let (count, rest) = space.trim().split_once('-').unwrap();
            let unit = if rest.starts_with("byte") { 8 } else { 1 };
            let bits = count.parse::<u64>().unwrap() * unit;
            // After the last member of a union, gdb counts from the end of the last struct in the union.
            if unions.last() == Some(&true) {
                continue;
            }
            add(&mut lines, Line::Space { is_padding: rest.contains("padding"), bits });
            continue;
        }
        let (place, size) = comment.split_once('|').unwrap_or(("", comment));
        let (offset, bit) = match place.split_once(':') {
            Some((offset, bit)) => (offset, Some(bit.trim().parse().unwrap())),
            None => (place, None),
        };
        lines.push(Line::Member {
            offset: offset.trim().parse().ok(),
            bit,
            size: size.trim().parse().unwrap(),
        });
    }
    lines
}

/// The lines of a layout in the form of gdb's output.
fn own_lines(rows: &[LayoutRow], language: Language) -> Vec<Line> {
    let mut lines = Vec::new();
    // gdb shows neither the members of base classes and static members, nor the pointers to virtual tables.
    let mut hidden = None;
    for row in rows {
        if hidden.is_some_and(|depth| row.depth > depth) {
            continue;
        }
        hidden = matches!(row.part, LayoutPart::BaseClass | LayoutPart::Static).then_some(row.depth);
        let is_virtual = row.declaration.starts_with("virtual ");
        if is_virtual {
            hidden = Some(row.depth);
        }
        if hidden.is_some() || row.name.starts_with("_vptr") {
            continue;
        }
        match row.part {
            LayoutPart::Hole | LayoutPart::Padding => {
                let is_padding = row.part == LayoutPart::Padding;
                let bits = row.bits.map_or_else(|| row.size.unwrap() * 8, |bits| bits.count.into());
                if language == Language::C {
                    add(&mut lines, Line::Space { is_padding, bits });
                }
            }
            _ => lines.push(Line::Member {
                offset: row.offset,
                bit: row.bits.map(|bits| bits.first),
                size: row.size.unwrap_or(0),
            }),
        }
    }
    lines
}

fn compare(module: &Module, name: &str, language: Language, answer: &str) -> Result<usize, String> {
    let types = module.dwarf.types(name).unwrap();
    let type_ = types.first().ok_or(format!("{name}: no such type"))?;
    let rows = layout(&*module.dwarf, type_, language, ByteOrder::Little).unwrap().rows;
    as_told(name, &rows, language, answer)
}

/// The number of rows, if they are the same as in gdb's output. Otherwise, a text with both.
fn as_told(name: &str, rows: &[LayoutRow], language: Language, answer: &str) -> Result<usize, String> {
    let mut theirs = lines(answer);
    if language != Language::C {
        // In classes, gdb counts space without base classes and virtual tables. In Rust enums, it counts as if variants
        // followed one another.
        theirs.retain(|line| matches!(line, Line::Member { .. }));
    }
    let mut ours = own_lines(rows, language);
    for (own, their) in ours.iter_mut().zip(&theirs) {
        if let (Line::Member { offset, .. }, Line::Member { offset: None, .. }) = (own, their) {
            *offset = None;
        }
    }
    if ours != theirs {
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

/// Structs with members chosen by numbers, each inside the next one, and variables of each kind that refer to them.
fn chosen_structs() -> (String, Vec<String>) {
    let members = [
        "char m{}",
        "short m{}",
        "int m{}",
        "long m{}",
        "double m{}",
        "long double m{}",
        "char m{}[5]",
        "int m{}[2][3]",
        "unsigned m{} : 3",
        "unsigned m{} : 11",
        "unsigned char m{} : 5",
        "unsigned long m{} : 40",
        "int *m{}",
        "enum colour m{}",
        "struct s{before} m{}",
        "struct s{before} m{}[2]",
        "struct s{before} *m{}",
        "void (*m{})(int)",
        "_Bool m{}",
        "union { long a; double b; } m{}",
        "struct { char a; short b; } m{}",
        "float m{} __attribute__((aligned(32)))",
    ];
    let mut number = 7_u32;
    let mut next = |below: usize| {
        number = number.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        (number >> 16) as usize % below
    };
    let mut source = String::from("enum colour { RED, GREEN = 5, BLUE };\nstruct s0 { char first; };\n");
    let mut paths = Vec::new();
    for at in 1..=48 {
        source.push_str(&format!("struct s{at} {{ int first;"));
        for index in 0..2 + next(8) {
            let mut member = members[next(members.len())];
            // Nesting is limited to a few levels.
            if at % 6 == 1 && member.contains("before} m{}") {
                member = members[index % 8];
            }
            let member = member.replace("{}", &index.to_string()).replace("{before}", &(at - 1).to_string());
            source.push_str(&format!(" {member};"));
        }
        source.push_str(" };\n");
        let declared = match next(5) {
            0 => format!("struct s{at} v{at};"),
            1 => format!("struct s{at} *v{at};"),
            2 => format!("struct s{at} v{at}[3][2];"),
            3 => format!("typedef const struct s{at} t{at}; t{at} *v{at}[4];"),
            _ => format!("typedef struct s{at} *t{at}; t{at} *v{at};"),
        };
        source.push_str(&declared);
        source.push('\n');
        paths.push(format!("v{at}"));
    }
    source.push_str("int main(void) { return 0; }\n");
    (source, paths)
}

#[test]
fn what_pointers_and_arrays_lead_to_is_laid_out_with_its_holes_as_gdb_has_it() {
    if !have("gdb") {
        return;
    }
    let (source, paths) = chosen_structs();
    for compiler in ["gcc", "clang"] {
        if !have(compiler) {
            continue;
        }
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("structs.c"), &source).unwrap();
        run(compiler, &["-g", "-o", "structs", "structs.c"], folder.path());
        let binary = folder.path().join("structs");
        let module = Module::open(&binary, &binary);
        let questions: Vec<String> = paths.iter().map(|path| format!("ptype /o {path}")).collect();
        for (path, answer) in paths.iter().zip(gdb(&binary, &questions)) {
            let typed = module.typed(path).unwrap();
            let told = typed.layout(&module, &module).unwrap();
            as_told(path, &told.rows, Language::C, &answer)
                .unwrap_or_else(|wrong| panic!("{compiler}: {wrong}"));
            let total = format!("/* total size (bytes): {:>4} */", told.size.unwrap());
            assert_eq!(
                answer.lines().rev().find(|line| line.contains("total")).unwrap().trim(),
                total,
                "{path}"
            );
        }
    }
}

/// Prints the size and the name of the type of each path.
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
            // gdb takes a reference for what it refers to. Typed paths do so only if a step follows.
            let referred =
                module.typed(&format!("*&{path}")).ok().and_then(|typed| typed.size().ok().flatten());
            let is_size = size == theirs || referred.map(|size| size.to_string()).as_deref() == Some(theirs);
            // gdb marks types that are vectors of numbers.
            let is_vector = their_name.contains("vector_size");
            // gdb adds an `int` to Clang's name.
            let their_name = their_name.replace("unsigned int __int128", "unsigned __int128");
            if !is_size || name != their_name && !is_vector {
                wrong.push(format!("{path}: ours {size} {name}, gdb {theirs} {their_name}"));
            }
        }
        assert!(wrong.is_empty(), "{compiler}: {wrong:#?}");
    }
}
