//! Values in the tests' programs are printed as gdb prints them.

use crate::support::{Module, build, gdb_print, have};

pub(crate) const C_PATHS: &[&str] = &[
    "counter",
    "hidden",
    "small",
    "tiny",
    "letter",
    "quote",
    "zero_letter",
    "high_letter",
    "s16",
    "u16",
    "u32",
    "s64",
    "u64",
    "big",
    "huge",
    "yes",
    "no",
    "single",
    "twice",
    "tiny_double",
    "not_a_number",
    "infinite",
    "extended",
    "extended_big",
    "complex_number",
    "color",
    "no_color",
    "flags",
    "no_flags",
    "more_flags",
    "high_flags",
    "negative",
    "no_negative",
    "wide",
    "wide_text",
    "text16",
    "text32",
    "point",
    "typedef_point",
    "const_point",
    "volatile_number",
    "both",
    "nodes",
    "head",
    "head_pointer",
    "bits",
    "number",
    "outer",
    "text",
    "padded",
    "full",
    "empty_text",
    "repeated",
    "mixed",
    "utf8",
    "long_text",
    "signed_text",
    "octets",
    "pointer_text",
    "null_text",
    "texts",
    "octets_pointer",
    "numbers",
    "zeros",
    "nearly_zeros",
    "runs",
    "many",
    "counting",
    "matrix",
    "cube",
    "points",
    "doubles",
    "array_pointer",
    "pointers",
    "anything",
    "anything_null",
    "double_pointer",
    "function",
    "no_function",
    "functions",
    "complicated",
    "returns_text",
    "nameless",
    "flexible",
    "old_flexible",
    "opaque",
    "empty",
    "size",
    "vector",
    "function_with_static::calls",
    "point.x",
    "point.y",
    "nodes[1].name",
    "nodes[1]",
    "head->next->name",
    "head->next->next->value",
    "head.next.value",
    "*head",
    "*head->next",
    "(*head).value",
    "**head_pointer",
    "&counter",
    "&point.y",
    "&nodes[2]",
    "&nodes",
    "&nodes[1].name",
    "*&point",
    "head[1]",
    "head[2].value",
    "bits.a",
    "bits.b",
    "bits.c",
    "bits.d",
    "bits.e",
    "bits.f",
    "packed_bits.a",
    "packed_bits.c",
    "packed_bits.last",
    "number.f",
    "number.bytes",
    "number.halves.high",
    "outer.a",
    "outer.b",
    "outer.u",
    "outer.v",
    "outer.points[1].y",
    "outer.named.number.f",
    "outer.handler",
    "outer.text",
    "outer.text[1]",
    "outer.raw",
    "outer.self->self->before",
    "outer.named",
    "matrix[1]",
    "matrix[1][2]",
    "cube[1][0][1]",
    "*matrix",
    "**matrix",
    "*array_pointer",
    "(*array_pointer)[2]",
    "*pointers[0]",
    "**double_pointer",
    "flexible.items[1]",
    "texts[1]",
    "texts[1][2]",
    "*pointer_text",
    "&outer.named",
    "&matrix[1]",
    "&matrix",
    "&outer.handler",
    "&text",
    "text[3]",
    "nameless.nameless",
    "vector[2]",
    "&flexible.items[1]",
    "numbers[4]",
    "&*head",
    "(&numbers[2])[-1]",
    "&hidden",
    "&outer.points[1].x",
    "&color",
    "&function",
    "&pointer_text",
    "complex_floats",
    "&both",
];

/// Paths that gdb does not find in optimised programs.
pub(crate) const MORE_THAN_GDB: &[&str] = &["Counter::next()::state", "function_with_static::calls"];

/// Compares the output for each path with gdb's, and prints how many are the same.
#[track_caller]
pub(crate) fn compare(binary: &std::path::Path, debug: &std::path::Path, language: &str, paths: &[&str]) {
    let module = Module::open(binary, debug);
    // gdb wants these names in quotes. If no program runs, gdb does not let namespaces be left out.
    let expressions: Vec<String> = paths.iter().map(|path| for_gdb(path, language == "c")).collect();
    let expected = gdb_print(binary, language, &expressions);
    let mut wrong = Vec::new();
    for (path, expected) in paths.iter().zip(&expected) {
        let ours = module.printed(path);
        // gdb takes the hidden first parameter of a method for a constant.
        let expected = &expected.replace(" * const)", " *)");
        // gdb does not write errors to stdout.
        let is_refused = ours.starts_with("error: ") || ours == "<optimized out>";
        let is_alike = match expected.is_empty() {
            true => is_refused || MORE_THAN_GDB.contains(path),
            false => ours == *expected,
        };
        if !is_alike {
            wrong.push(format!("{path}\n  gdb  {expected}\n  ours {ours}"));
        }
    }
    assert!(wrong.is_empty(), "{} of {} differ:\n{}", wrong.len(), paths.len(), wrong.join("\n"));
}

/// A path in gdb's notation.
pub(crate) fn for_gdb(path: &str, is_c: bool) -> String {
    let quoted = |name: &str| path.replacen(name, &format!("'{name}'"), 1);
    let quoted_as = |name: &str, full: &str| {
        let end = path.find(['.', '[']).unwrap_or(path.len());
        let (root, rest) = path.split_at(end);
        format!("'{}'{rest}", root.replacen(name, full, 1))
    };
    match path {
        "app::versioned" => "app::v1::versioned".into(),
        _ if path.contains("app::(anonymous namespace)::buried") => {
            quoted("app::(anonymous namespace)::buried")
        }
        _ if path.contains("(anonymous namespace)::hidden") => quoted("(anonymous namespace)::hidden"),
        _ if path.starts_with("hidden") && !is_c => quoted_as("hidden", "(anonymous namespace)::hidden"),
        "app::buried" => "'app::(anonymous namespace)::buried'".into(),
        _ => path.into(),
    }
}

/// Builds a program and compares its paths.
fn built(compiler: &str, source: &str, options: &[&str], paths: &[&str]) {
    let (_folder, binary) = build(compiler, source, options);
    eprintln!("{compiler} {}", options.join(" "));
    compare(&binary, &binary, language(source), paths);
}

/// gdb's name for the language of a source file.
pub(crate) fn language(source: &str) -> &'static str {
    match source.rsplit('.').next() {
        Some("rs") => "rust",
        Some("cpp") => "c++",
        _ => "c",
    }
}

#[test]
fn values_of_c() {
    for compiler in ["gcc", "clang"] {
        if !have("gdb") || !have(compiler) {
            continue;
        }
        for options in
            [&["-O0", "-gdwarf-5"], &["-O0", "-gdwarf-4"], &["-O2", "-gdwarf-5"], &["-O2", "-gdwarf-4"]]
        {
            let mut options = options.to_vec();
            options.push("-no-pie");
            built(compiler, "values.c", &options, C_PATHS);
        }
    }
}

pub(crate) const CPP_PATHS: &[&str] = &[
    "app::counter",
    "app::inner::counter",
    "app::versioned",
    "app::v1::versioned",
    "app::color",
    "app::no_color",
    "app::plain",
    "app::config",
    "app::config.limits[2]",
    "app::config.color",
    "app::config.name",
    "hidden",
    "(anonymous namespace)::hidden",
    "hidden_struct",
    "hidden_struct.x",
    "app::buried",
    "app::(anonymous namespace)::buried",
    "Box<int>::count",
    "Box<char const*>::count",
    "Box<Box<unsigned long> >::count",
    "box",
    "text_box",
    "nested_box",
    "nested_box.value.value",
    "fixed",
    "fixed.items[1]",
    "derived",
    "derived.base_value",
    "derived.second_value",
    "derived.derived_value",
    "child",
    "child.x",
    "child.letter",
    "*base_pointer",
    "base_pointer",
    "base_pointer->base_value",
    "statics",
    "statics.own",
    "statics.shared",
    "Statics::shared",
    "Statics::instance",
    "Statics::instance.own",
    "methods",
    "nested",
    "nested.inner.deep",
    "nested.kind",
    "target",
    "reference",
    "const_reference",
    "derived_reference",
    "derived_reference.derived_value",
    "&reference",
    "&derived_reference.derived_value",
    "base_reference",
    "member_pointer",
    "method_pointer",
    "static_method",
    "truth",
    "wide",
    "text16",
    "text32",
    "pointer_to_nothing",
    "names",
    "any",
    "any.i",
    "any.d",
    "with_reference",
    "with_reference.r",
    "c_variable",
    "pointers_to_members",
    "*pointers_to_members[0]",
    "bytes",
    "&derived",
    "&app::config.limits[1]",
    "&app::config",
    "&box.value",
    "&nested.inner",
    "use()::calls",
    "app::use(int)::calls",
    "Counter::next()::state",
    "&app::config.name",
    "*&derived.second_value",
];

#[test]
fn values_of_cpp() {
    for compiler in ["g++", "clang++"] {
        if !have("gdb") || !have(compiler) {
            continue;
        }
        for options in
            [&["-O0", "-gdwarf-5"], &["-O0", "-gdwarf-4"], &["-O2", "-gdwarf-5"], &["-O2", "-gdwarf-4"]]
        {
            let mut options = options.to_vec();
            options.push("-no-pie");
            if compiler == "clang++" {
                options.push("-fstandalone-debug");
            }
            built(compiler, "objects.cpp", &options, CPP_PATHS);
        }
    }
}

pub(crate) const RUST_PATHS: &[&str] = &[
    "values::inner::COUNTER",
    "values::inner::DEEP",
    "values::inner::DEEP.number",
    "values::NUMBER",
    "values::BYTE",
    "values::SIGNED",
    "values::BIG",
    "values::FLOAT",
    "values::TRUTH",
    "values::LETTER",
    "values::TEXT",
    "values::POINT",
    "values::POINT.y",
    "values::PAIR",
    "values::PAIR.__1",
    "values::TUPLE",
    "values::TUPLE.__0",
    "values::UNIT",
    "values::COLOR",
    "values::EMPTY",
    "values::CIRCLE",
    "values::NAMED",
    "values::SOME",
    "values::NONE",
    "values::LAST",
    "values::FIRST",
    "values::NUMBERS",
    "values::NUMBERS[2]",
    "values::BYTES",
    "values::ZEROS",
    "values::SLICE",
    "*values::REFERENCE",
    "values::NESTED",
    "values::NESTED.value.value.__1",
    "values::EITHER",
    "values::TEXTS",
    "values::RESULT",
    "values::MATRIX",
    "values::CHARS",
    "values::ORDER",
    "values::MUTABLE",
    "values::twice::CALLS",
    "&values::MUTABLE",
    "&values::POINT.y",
];

#[test]
fn values_of_rust() {
    if !have("gdb") || !have("rustc") {
        return;
    }
    for options in [
        ["-g", "-Copt-level=0", "-Cdwarf-version=4"],
        ["-g", "-Copt-level=0", "-Cdwarf-version=5"],
        ["-g", "-Copt-level=2", "-Cdwarf-version=4"],
    ] {
        let mut options = options.to_vec();
        options.push("-Crelocation-model=static");
        built("rustc", "values.rs", &options, RUST_PATHS);
    }
}
