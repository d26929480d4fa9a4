//! What is wrong with a spec is said with its line, its column and the piece underlined, and nothing panics.

use dumpedit_fixtures::{FixtureError, Problem, Spec, SynthOptions, synth};

fn failure(text: &str, options: &SynthOptions) -> FixtureError {
    match Spec::from_yaml(text) {
        Err(error) => error,
        Ok(spec) => match synth(&spec, options) {
            Err(error) => error,
            Ok(image) => image.to_bytes().map(|_| ()).map_err(FixtureError::from).unwrap_err(),
        },
    }
}

/// Checks the message and the excerpt.
#[track_caller]
fn says(text: &str, expected: &str) {
    let error = failure(text, &SynthOptions::default());
    let said = match (error.place(text), error.excerpt(text)) {
        (Some(place), Some(excerpt)) => {
            format!("spec.yaml:{}:{}: {error}\n{excerpt}", place.line, place.column)
        }
        _ => error.to_string(),
    };
    assert_eq!(said, expected.trim_matches('\n'));
}

#[test]
fn a_key_that_nothing_has_is_underlined_and_the_right_one_named() {
    says(
        "format: minidump\nthreads:\n  - regsters: {rip: 1}\n",
        "
spec.yaml:3:5: a thread has no key 'regsters'; 'registers' is one
3 |   - regsters: {rip: 1}
  |     ^^^^^^^^",
    );
}

#[test]
fn a_register_that_the_machine_does_not_have_is_underlined() {
    says(
        "format: minidump\nthreads:\n  - registers: {rip: 1, xax: 2}\n",
        "
spec.yaml:3:25: amd64 has no register 'xax'; did you mean rax?
3 |   - registers: {rip: 1, xax: 2}
  |                         ^^^",
    );
}

#[test]
fn a_value_that_does_not_fit_is_underlined() {
    says(
        "format: elf-core\nmachine: x86\nthreads:\n  - registers:\n      eip: 0x100000000\n",
        "
spec.yaml:5:12: 0x100000000 does not fit into 32 bits
5 |       eip: 0x100000000
  |            ^^^^^^^^^^^",
    );
}

#[test]
fn a_label_that_is_not_there_is_told_with_those_that_are() {
    says(
        "format: minidump\nthreads:\n  - {stack: stak}\nmemory:\n  - {label: stack, at: 0x1000, size: 4}\n",
        "
spec.yaml:3:13: nothing is labelled 'stak'; the labels are stack
3 |   - {stack: stak}
  |             ^^^^",
    );
}

#[test]
fn values_that_are_not_in_the_notation_are_underlined() {
    says(
        "format: minidump\nmemory:\n  - at: 0x1000\n    content: [\"0011\", 0x1234]\n",
        "
spec.yaml:4:23: '0x1234' is a number without a size
4 |     content: [\"0011\", 0x1234]
  |                       ^^^^^^",
    );
    says(
        "format: minidump\nmemory:\n  - at: 4096\n    size: 1\n",
        "
spec.yaml:3:9: '4096' is not a location
3 |   - at: 4096
  |         ^^^^",
    );
}

#[test]
fn broken_yaml_is_told_where_it_breaks() {
    let text = "format: minidump\nthreads: [\n";
    let error = failure(text, &SynthOptions::default());
    assert!(error.place(text).is_some(), "{error}");
    says(
        "",
        "
a spec needs the key 'format'",
    );
    for text in [
        "a: &x 1\nb: *x\n",
        "format: minidump\n---\nformat: minidump\n",
        "- 1\n",
        "7\n",
        "\t",
        "format: [\u{0}]",
    ] {
        failure(text, &SynthOptions::default());
    }
    let deep = "[".repeat(10_000);
    failure(&deep, &SynthOptions::default());
}

#[test]
fn layouts_that_contradict_themselves_are_errors() {
    let cases = [
        ("format: minidump\nnotes: [{type: 1}]\n", "a minidump does not support the key 'notes'"),
        ("format: elf-core\nstreams: [{type: 7}]\n", "an ELF core does not support the key 'streams'"),
        (
            "format: elf-core\nmemory: [{at: 0x1, size: 1, list: none}]\n",
            "an ELF core does not support the key 'list' of a region",
        ),
        (
            "format: minidump\nmemory: [{at: 0x1, size: 1, captured: 2}]\n",
            "0x2 bytes are captured of a region of 0x1",
        ),
        (
            "format: minidump\nmemory: [{at: 0x1, size: 1, stored: 2}]\n",
            "0x2 bytes are stored of 0x1 that are captured",
        ),
        (
            "format: minidump\nmemory: [{at: 0x1, size: 1, content: \"11 22\"}]\n",
            "the content has 0x2 bytes, but the region has 0x1",
        ),
        (
            "format: minidump\nmemory: [{at: 0x1, size: 1, file_offset: 0, content: \"11\"}]\n",
            "a region that gives its file_offset stores nothing and can have no content",
        ),
        (
            "format: minidump\nthreads: [{stack: none}]\nmemory: [{at: 0x1, size: 1, list: none}]\n",
            "this region is in no list and is not a thread's stack: nothing in the dump would point to it",
        ),
        ("format: minidump\ntruncate: 100000\n", "the dump has 108 bytes and cannot be cut to 100000"),
        (
            "format: minidump\nmemory: [{label: a, at: 0x1, size: 1}, {label: a, at: 0x2, size: 1}]\n",
            "the label 'a' is given twice",
        ),
        (
            "format: elf-core\nmachine: x86\nlayout: {note_align: 0x100000000}\nthreads: [{}]\n",
            "0x100000000 does not fit into p_align, which has 32 bits",
        ),
        ("format: elf-core\nmachine: unknown\n", "'unknown' has no number in ELF; give header.machine"),
        (
            "format: elf-core\nmachine: x86\nmemory: [{at: 0x100000000, size: 1}]\n",
            "0x100000000 does not fit into a field of a program header, which has 32 bits",
        ),
        (
            "format: minidump\nthreads: [{tid: 0x100000000}]\n",
            "0x100000000 does not fit into a thread's id, which has 32 bits",
        ),
        (
            "format: minidump\nmachine: alpha\nthreads: [{registers: {a0: 1}}]\n",
            "the registers of this record cannot be set by name",
        ),
        (
            "format: minidump\nmachine: arm64\nthreads: [{context: short}]\n",
            "arm64 has no context of that kind",
        ),
        (
            "format: minidump\nmachine: arm64\nthreads: [{context: {xstate: 4}}]\n",
            "this kind of context cannot have an XSAVE area",
        ),
        (
            "format: minidump\nmemory: [{at: 0x1000, size: 0x90000000}, {at: 0xa0000000, size: 0x90000000}, {at: 0x200000000, size: 4}]\n",
            "this is beyond 4 GiB, where no 32-bit RVA can point; list it in the Memory64List",
        ),
        (
            "format: minidump\nheader: {class: 64}\n",
            "a minidump does not support the key 'class' of the header",
        ),
        ("format: minidump\nthreads: [{registers: {rip: 1, rip: 2}}]\n", "the key 'rip' is given twice"),
        ("format: minidump\nformat: minidump\n", "the key 'format' is given twice"),
        (
            "format: minidump\nmemory: [{at: 0x0, content: {0x10: \"00\", 0x20: \"00\", 16: \"01\"}}]\n",
            "the offset 0x10 is given twice",
        ),
        (
            "format: minidump\nmemory: [{at: 0x0, size: 1, physical: 0x1000}]\n",
            "a minidump does not support the key 'physical' of a region",
        ),
        (
            "format: minidump\nmemory: [{at: 0x0, size: 1, type: 1}]\n",
            "a minidump does not support the key 'type' of a region",
        ),
        (
            "format: minidump\nthreads: [{context: {kind: raw, size: 4, flags: 1}}]\n",
            "a context of the kind 'raw' has no flags",
        ),
        (
            "format: minidump\nstreams: [{type: 7, file_offset: 0, links: [{at: 0}]}]\n",
            "a stream that gives its file_offset stores nothing and can have no links",
        ),
        (
            "format: elf-core\nsections: [{type: SHT_NOBITS, size: 4, content: \"01\"}]\n",
            "a section of that type or size, or whose bytes are the notes' or a region's, has no content",
        ),
        (
            "format: elf-core\nsections: [{type: SHT_NOTE, notes: true, content: \"01\"}]\n",
            "a section of that type or size, or whose bytes are the notes' or a region's, has no content",
        ),
        (
            "format: elf-core\nsystem: {os: windows}\n",
            "an ELF core does not support a system other than linux, freebsd, netbsd and openbsd",
        ),
        (
            "format: minidump\nlayout: {streams: [SystemInfoStream, CommentStreamA]}\n",
            "a minidump does not support an order that names a missing stream",
        ),
        (
            "format: minidump\nlayout: {padded: [threads]}\n",
            "a minidump does not support the padding of a missing list",
        ),
        (
            "format: elf-core\nheader: {section_names: 3}\n",
            "an ELF core does not support the index of a section without sections",
        ),
        (
            "format: elf-core\nsections: [{type: 7, notes: true, size: 99}]\n",
            "an ELF core does not support a size of a section that contains the notes",
        ),
        (
            "format: elf-core\nlayout: {page_size: 0x4000}\nthreads: [{}]\n",
            "an ELF core does not support a page size of an NT_FILE without modules",
        ),
        (
            "format: elf-core\nlayout: {files_padding: 2}\nthreads: [{}]\n",
            "an ELF core does not support padding of an NT_FILE without modules",
        ),
        (
            "format: minidump\nlayout: {memory: memory64-list}\n",
            "a minidump does not support a default list where every region names its own",
        ),
        (
            "format: minidump\nlayout: {align: 0x1000}\nthreads: [{}]\n",
            "a minidump does not support an alignment without memory",
        ),
        (
            "format: elf-core\nlayout: {split_notes: true}\nthreads: [{}]\n",
            "an ELF core does not support separate note segments for threads where one segment has all notes",
        ),
        (
            "format: elf-core\nlayout: {notes_last: true}\nthreads: [{}]\n",
            "an ELF core does not support notes after other segments where there are none",
        ),
        (
            "format: elf-core\nthreads: [{note_flags: 6}]\n",
            "an ELF core does not support fields of a thread's note segment without separate note \
             segments; give layout.split_notes",
        ),
        (
            "format: elf-core\nlayout: {note_padding: 8}\nthreads: [{registers: {rip: 1}}]\n",
            "only notes that are aligned by 8 can be padded to 8; give note_align",
        ),
        (
            "format: triage-dump\nheader: {machine: 0x14c}\nthreads: [{registers: {rsp: 1}}]\n",
            "these are registers of amd64, but the header names a different machine",
        ),
        ("format: elf-core\nsystem: none\n", "an ELF core does not support a stream of the system"),
        (
            "format: elf-core\nthreads: [{notes: [{type: NT_FILE, size: 8}]}]\nmodules: [{base: 0x0, size: 1, name: a}]\n",
            "the content of this note is derived from the spec",
        ),
        ("format: pdf\n", "expected one of minidump, elf-core"),
        ("format: minidump\nmachine: z80\n", "expected one of x86, amd64, x32"),
    ];
    let options = SynthOptions::default().max_size(u64::MAX);
    for (text, expected) in cases {
        let error = failure(text, &options);
        assert!(error.to_string().starts_with(expected), "{error}\nfor {text}");
    }
}

#[test]
fn a_dump_is_no_larger_than_it_may_be() {
    let text = "format: elf-core\nmemory: [{at: 0x1000, size: 0x10000000000}]\n";
    let error = failure(text, &SynthOptions::default());
    assert_eq!(
        error.to_string(),
        "the dump would have 1099511627896 bytes, more than the limit of 4294967296"
    );
    assert!(matches!(error.problem(), Problem::TooLarge { .. }), "{error:?}");
    for text in [
        "format: minidump\nstreams: [{type: 1, size: 0xffffffff}]\n",
        "format: elf-core\nnotes: [{type: 1, size: 0xffffffff}]\n",
        "format: minidump\nthreads: [{context: {size: 0xffffffffffffffff}}]\n",
        "format: minidump\nmemory: [{at: 0x1, content: [zero:0xffffffffffffffff, zero:0xffffffffffffffff]}]\n",
        "format: elf-core\nmemory: [{at: 0x1, size: 0xffffffffffffffff}, {at: 0x1, size: 0xffffffffffffffff}]\n",
        "format: minidump\npatches: {0xffffffffffffffff: \"11 22\"}\n",
        // A zstd frame that claims a terabyte.
        "format: minidump\npatches: {0x0: \"zstd:KLUv/eAAAAAAAAEAAAEAAA==\"}\n",
        "format: minidump\nstreams: [{type: 99, size: 4, content: \"zstd:KLUv/eAAAAAAAAEAAAEAAA==\"}]\n",
        "format: minidump\nmemory: [{at: 0x1000, size: 8, stored: 4, content: \"zstd:KLUv/eAAAAAAAAEAAAEAAA==\"}]\n",
        "format: minidump\nthreads: [{context: {xstate: {components: 4, skip: 0xffffffffffffffff, size: 0xffffffffffffffff}}}]\n",
    ] {
        failure(text, &SynthOptions::default());
    }
}

#[test]
fn side_files_must_be_there_and_in_the_folder() {
    let folder = tempfile::tempdir().unwrap();
    let inside = folder.path().join("inside");
    std::fs::create_dir(&inside).unwrap();
    std::fs::write(inside.join("there.bin"), [1, 2, 3]).unwrap();
    std::fs::write(folder.path().join("secret.bin"), [9]).unwrap();
    let spec =
        |name: &str| format!("format: minidump\nmemory:\n  - {{at: 0x1000, content: 'file:{name}'}}\n");
    let options = SynthOptions::default().folder(&inside);
    let made = |name: &str, options: &SynthOptions| {
        synth(&Spec::from_yaml(&spec(name)).unwrap(), options).map(|image| image.to_bytes().unwrap())
    };
    assert!(made("there.bin", &options).unwrap().ends_with(&[1, 2, 3]));
    assert!(made("./there.bin", &options).is_ok());
    let missing = made("missing.bin", &options).unwrap_err();
    assert!(missing.to_string().starts_with("cannot read missing.bin: "), "{missing}");
    assert_eq!(missing.place(&spec("missing.bin")).map(|place| (place.line, place.column)), Some((3, 27)));
    let secret = folder.path().join("secret.bin");
    for name in ["../secret.bin", secret.to_str().unwrap(), "."] {
        assert!(made(name, &options).is_err(), "{name}");
    }
    let outside = made("../secret.bin", &options).unwrap_err();
    assert_eq!(outside.to_string(), "../secret.bin is outside the folder of the spec");
    assert!(matches!(outside.problem(), Problem::Outside { .. }), "{outside:?}");
    assert!(made("../secret.bin", &options.clone().allow_outside(true)).unwrap().ends_with(&[9]));
    assert!(made("there.bin", &SynthOptions::default()).is_err(), "without a folder nothing is read");
    #[cfg(unix)]
    {
        std::os::unix::fs::symlink(&secret, inside.join("link.bin")).unwrap();
        assert!(made("link.bin", &options).is_err(), "a link leads out");
    }
}

#[test]
fn packed_bytes_that_are_no_frame_are_errors() {
    for packed in ["zstd:", "zstd:AAAA", "zstd:!!", "zstd:KLUv/SAAAQAA"] {
        let text = format!("format: minidump\nmemory:\n  - {{at: 0x1000, content: \"{packed}\"}}\n");
        let _ = Spec::from_yaml(&text)
            .map(|spec| synth(&spec, &SynthOptions::default()).and_then(|image| Ok(image.to_bytes()?)));
    }
    failure(
        "format: minidump\nmemory:\n  - {at: 0x1000, content: \"zstd:AAAA\"}\n",
        &SynthOptions::default(),
    );
}

#[test]
fn the_schema_names_every_key_and_follows_json_schema() {
    let schema = Spec::schema();
    let text = schema.to_string();
    for key in
        ["registers", "file_offset", "split_notes", "suite_mask", "parameter_count", "allocation_protection"]
    {
        assert!(text.contains(&format!("\"{key}\"")), "{key}");
    }
    assert_eq!(schema["type"], "object");
    assert_eq!(schema["required"][0], "format");
    let says = |key: &str| schema["$defs"]["thread"]["properties"][key]["description"].as_str().unwrap();
    assert!(says("teb").starts_with("minidump: "), "{}", says("teb"));
    let of_cores = schema["allOf"].as_array().unwrap().iter();
    let of_cores = of_cores.filter(|rule| rule["if"]["properties"]["format"]["const"] == "elf-core");
    let refused = &of_cores.map(|rule| &rule["then"]["properties"]).next().unwrap();
    assert_eq!(refused["streams"], false);
    assert_eq!(refused["threads"]["items"]["properties"]["teb"], false);
    assert!(refused["threads"]["items"]["properties"]["signal"].is_null());
    // Every reference leads to a definition.
    let references = text.split("\"#/$defs/").skip(1).map(|rest| rest.split('"').next().unwrap());
    for name in references {
        assert!(schema["$defs"][name].is_object(), "{name}");
    }
}

#[test]
fn the_numbers_of_a_crash_are_decimal_or_negative_and_have_to_fit() {
    let options = SynthOptions::default();
    for text in [
        "format: minidump\nthreads: [{}]\ncrash: {parameters: [0, 2]}\n",
        "format: elf-core\nthreads: [{}]\ncrash: {si_code: -6}\n",
    ] {
        assert!(synth(&Spec::from_yaml(text).unwrap(), &options).is_ok(), "{text}");
    }
    for text in [
        "format: elf-core\nthreads: [{}]\ncrash: {si_code: 0x1ffffffff}\n",
        "format: elf-core\nmachine: x86\nthreads: [{}]\ncrash: {address: 0x1ffffffff}\n",
    ] {
        let error = failure(text, &options).to_string();
        assert!(error.starts_with("0x1ffffffff does not fit into si_"), "{error}");
    }
}

#[test]
fn a_region_in_no_list_is_not_told_of_by_one_whose_label_begins_alike() {
    let text = "format: minidump
threads: [{stack: {at: 0x2000, size: 4, file_offset: stack-2}}]
memory: [{label: stack, at: 0x1000, size: 4, list: none}, {label: stack-2, at: 0x2000, size: 4}]
";
    let error = failure(text, &SynthOptions::default()).to_string();
    assert!(error.starts_with("this region is in no list"), "{error}");
}

#[test]
fn a_machine_that_the_container_has_no_number_for_is_an_error_unless_a_number_is_given() {
    let error = |text: &str| failure(text, &SynthOptions::default()).to_string();
    let said = error("format: minidump\nmachine: hppa\n");
    assert!(said.contains("'hppa' has no number in minidumps; give system.architecture"), "{said}");
    let said = error("format: elf-core\nmachine: amd64\nbyte_order: big\n");
    assert!(said.contains("'amd64' has no big-endian cores; give header.machine"), "{said}");
    let given = "format: minidump\nmachine: hppa\nsystem: {architecture: 0x8005}\n";
    assert!(synth(&Spec::from_yaml(given).unwrap(), &SynthOptions::default()).is_ok());
}

#[test]
fn what_a_triage_dump_or_a_core_of_a_bsd_has_no_place_for_is_underlined() {
    says(
        "format: triage-dump\nthreads: [{tid: 7}]\n",
        "
spec.yaml:2:12: a triage dump does not support the key 'tid' of a thread
2 | threads: [{tid: 7}]
  |            ^^^",
    );
    says(
        "format: triage-dump\nheader: {bug_check_parameters: [1, 2, 3, 4, 5]}\n",
        "
spec.yaml:2:45: a triage dump does not support more than four parameters of a bug check
2 | header: {bug_check_parameters: [1, 2, 3, 4, 5]}
  |                                             ^",
    );
    says(
        "format: triage-dump\nparts: [{type: 0x2000, content: 11}]\n",
        "
spec.yaml:2:16: no field of the headers that leads to a part is there
2 | parts: [{type: 0x2000, content: 11}]
  |                ^^^^^^",
    );
    says(
        "format: triage-dump\ncrash: {code: 1, registers: {rip: 1}}\n",
        "
spec.yaml:2:18: a triage dump does not support the key 'registers' of a crash
2 | crash: {code: 1, registers: {rip: 1}}
  |                  ^^^^^^^^^",
    );
    says(
        "format: minidump\nheader: {unfinished: true}\n",
        "
spec.yaml:2:10: a minidump does not support the key 'unfinished' of the header
2 | header: {unfinished: true}
  |          ^^^^^^^^^^",
    );
    says(
        "format: elf-core\nsystem: {os: openbsd}\nthreads: [{tid: 1}, {tid: 2}]\ncrash: {thread: 2}\n",
        "
spec.yaml:4:17: an ELF core of openbsd does not support a crash of a thread other than the first
4 | crash: {thread: 2}
  |                 ^",
    );
    says(
        "format: elf-core\nmachine: mips\nsystem: {os: openbsd}\nthreads: [{tid: 1}]\n",
        "
spec.yaml:3:14: registers as openbsd writes them are not supported for mips
3 | system: {os: openbsd}
  |              ^^^^^^^",
    );
}

#[test]
fn an_xsave_area_and_a_signal_are_refused_where_no_note_has_them() {
    let says = |text: &str, expected: &str| {
        assert_eq!(failure(text, &SynthOptions::default()).to_string(), expected, "{text}");
    };
    let area = "threads: [{notes: [], context: {xstate: {components: 0x204}}}]";
    let usual = "threads: [{context: {xstate: {components: 0x204}}}]";
    let what = "an XSAVE area of a thread without its NT_X86_XSTATE note";
    says(&format!("format: elf-core\n{area}\n"), &format!("an ELF core does not support {what}"));
    says(
        &format!("format: elf-core\nmachine: arm64\n{usual}\n"),
        &format!("an ELF core does not support {what}"),
    );
    says(
        &format!("format: elf-core\nsystem: {{os: netbsd}}\n{usual}\n"),
        &format!("an ELF core does not support {what}"),
    );
    let own =
        "threads: [{notes: [{type: NT_X86_XSTATE, content: zero:4096}], context: {xstate: {components: 4}}}]";
    says(&format!("format: elf-core\n{own}\n"), &format!("an ELF core does not support {what}"));
    for system in ["netbsd", "openbsd"] {
        says(
            &format!("format: elf-core\nsystem: {{os: {system}}}\nthreads: [{{signal: 5}}]\n"),
            &format!("an ELF core of {system} does not support the signal of a thread; give a crash"),
        );
    }
    for text in ["", "system: {os: freebsd}\n"] {
        let text = format!("format: elf-core\n{text}threads: [{{signal: 5}}]\n");
        assert!(synth(&Spec::from_yaml(&text).unwrap(), &SynthOptions::default()).is_ok(), "{text}");
    }
    let amd64 = format!("format: elf-core\n{usual}\n");
    assert!(synth(&Spec::from_yaml(&amd64).unwrap(), &SynthOptions::default()).is_ok());
}
