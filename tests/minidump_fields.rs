//! Fields of streams that few minidumps have: annotations of Crashpad, and values of Breakpad and Windows beside threads and modules.

use minidump::{
    Minidump, MinidumpAnnotation, MinidumpAssertion, MinidumpBreakpadInfo, MinidumpCrashpadInfo,
    MinidumpMiscInfo, MinidumpSystemInfo, RawMiscInfo,
};
use serde_json::Value;

use crate::support::bytes::Order;
use crate::support::corpus::minidumps;
use crate::support::minidump_builder::{MinidumpBuilder, amd64, amd64_context};
use crate::support::subject::Subject;

fn value(dump: &Subject, name: &str) -> Value {
    dump.run("fields", &[name]).exits(0).json()[0]["value"].clone()
}

/// A real dump of the corpus, where it is here.
fn real(name: &str) -> Option<Subject> {
    let found = minidumps().into_iter().find(|path| path.ends_with(name))?;
    Some(Subject::named(name, std::fs::read(found).unwrap()))
}

fn text(text: &str, end: &[u8]) -> Vec<u8> {
    [&(text.len() as u32).to_le_bytes()[..], text.as_bytes(), end].concat()
}

/// A CrashpadInfo with an annotation of the process, and two texts, an annotation and two typed ones of the second module.
fn with_annotations() -> Subject {
    let mut dump = MinidumpBuilder::amd64();
    dump.module(0x1000, 0x1000, "/bin/app");
    dump.module(0x5000, 0x1000, "/lib/libother.so");
    let mut place = |bytes: Vec<u8>| (dump.place(&bytes), bytes.len() as u64);
    let mut utf8 = |written: &str| place(text(written, &[0])).0;
    let names =
        ["hello", "world", "abort() called", "dyld", "key", "text of it", "object", "number"].map(&mut utf8);
    let [hello, world, called, dyld, key, of_it, object, number] = names;
    let of_object = place(text("of an object", &[])).0;
    let of_number = place(vec![4, 0, 0, 0, 1, 2, 3, 4]).0;
    let list =
        |numbers: &[u64]| Order::Little.fields(&numbers.iter().map(|one| (*one, 4)).collect::<Vec<_>>());
    let process = place(list(&[1, hello, world]));
    let texts = place(list(&[2, called, dyld]));
    let dictionary = place(list(&[1, key, of_it]));
    let objects = place(list(&[2, object, 1, of_object, number, 0x8000, of_number]));
    let module = place(list(&[1, texts.1, texts.0, dictionary.1, dictionary.0, objects.1, objects.0]));
    let modules = place(list(&[1, 1, module.1, module.0]));
    let mut info = list(&[1]);
    info.extend([0x11; 16]);
    info.extend([0x22; 16]);
    info.extend(list(&[process.1, process.0, modules.1, modules.0]));
    dump.stream(0x4350_0001, &info);
    Subject::named("annotated.dmp", dump.finish())
}

#[test]
fn annotations_of_crashpad_are_fields_that_can_be_longer() {
    let dump = with_annotations();
    let module = "module[libother.so]";
    let process = "stream[CrashpadInfoStream]";
    for (name, told) in [
        (format!("{process}.annotations[hello]"), "world"),
        (format!("{module}.texts[0]"), "abort() called"),
        (format!("{module}.texts[1]"), "dyld"),
        (format!("{module}.annotations[key]"), "text of it"),
        (format!("{module}.annotation_objects[object]"), "of an object"),
        (format!("{module}.annotation_objects[number]"), "0400000001020304"),
        (format!("{process}.client_id"), "22222222-2222-2222-2222-222222222222"),
    ] {
        assert_eq!(value(&dump, &name), told, "{name}");
    }
    let longer = "a text of more letters than there are";
    let set = [
        format!("{process}.annotations[hello]={longer} 1"),
        format!("{module}.texts[1]={longer} 2"),
        format!("{module}.annotations[key]=short"),
        format!("{module}.annotation_objects[object]={longer} 3"),
        format!("{process}.report_id=00112233-4455-6677-8899-aabbccddeeff"),
    ];
    dump.run("set", &set.each_ref().map(String::as_str)).exits(0);
    let seen = Minidump::read_path(dump.path()).unwrap();
    let info: MinidumpCrashpadInfo = seen.get_stream().unwrap();
    assert_eq!(info.raw.report_id.to_string(), "00112233-4455-6677-8899-aabbccddeeff");
    assert_eq!(info.simple_annotations["hello"], format!("{longer} 1"));
    let [module] = &info.module_list[..] else { panic!("{info:?}") };
    assert_eq!(module.list_annotations, ["abort() called".to_owned(), format!("{longer} 2")]);
    assert_eq!(module.simple_annotations["key"], "short");
    let MinidumpAnnotation::String(object) = &module.annotation_objects["object"] else {
        panic!("{module:?}")
    };
    assert_eq!(*object, format!("{longer} 3"));
    dump.run("undo", &[]).exits(0);
    dump.unchanged();
    // A rewritten copy is the same.
    let copy = dump.folder().join("copy.dmp");
    let [first, ..] = &set;
    dump.run("set", &[first, "-o", copy.to_str().unwrap()]).exits(0);
    let seen = Minidump::read_path(&copy).unwrap();
    let info: MinidumpCrashpadInfo = seen.get_stream().unwrap();
    assert_eq!(info.simple_annotations["hello"], format!("{longer} 1"));
    dump.run("set", &["stream[CrashpadInfoStream].report_id=0011"]).is_error("value");
}

#[test]
fn breakpad_tells_threads_by_ids_that_follow_them() {
    let mut dump = MinidumpBuilder::amd64();
    let record = amd64_context(amd64::FULL, 0x1000, 0x2000);
    dump.thread_with(7, &record);
    dump.thread_with(8, &record);
    dump.stream(0x4767_0001, &Order::Little.fields(&[(2, 4), (8, 4), (7, 4)]));
    let dump = Subject::new(dump.finish());
    // Ids that are not marked as valid name no thread.
    let places =
        |name: &str| dump.run("fields", &[name]).exits(0).json()[0]["places"].as_array().unwrap().len();
    assert_eq!((places("thread[7].id"), places("thread[8].id")), (2, 1));
    let info = "stream[BreakpadInfoStream]";
    dump.run("set", &["thread[7].id=9", &format!("{info}.validity=3"), &format!("{info}.dump_thread=9")])
        .exits(0);
    let seen = Minidump::read_path(dump.path()).unwrap();
    let info: MinidumpBreakpadInfo = seen.get_stream().unwrap();
    assert_eq!((info.dump_thread_id, info.requesting_thread_id), (Some(9), Some(9)));
    dump.run("undo", &[]).exits(0);
    dump.unchanged();
}

#[test]
fn the_minidump_crate_sees_what_is_set_of_the_process_and_of_an_assertion() {
    let Some(dump) = real("node-minidump-windows.dmp") else { return };
    let assertion = "stream[AssertionInfoStream]";
    let set = [
        "process.processor_max_mhz=77",
        "process.integrity_level=0x3000",
        "process.time_zone.bias=-60",
        "process.time_zone.standard_name=CET",
        "process.build_string=other build",
        "process.cookie=0x1234",
        &format!("{assertion}.expression=a > b"),
        &format!("{assertion}.file=other.c"),
        &format!("{assertion}.line=99"),
    ];
    dump.run("set", &set).exits(0);
    let seen = Minidump::read_path(dump.path()).unwrap();
    let info: MinidumpMiscInfo = seen.get_stream().unwrap();
    let RawMiscInfo::MiscInfo5(raw) = &info.raw else { panic!("{:?}", info.raw) };
    assert_eq!((raw.processor_max_mhz, raw.process_integrity_level, raw.time_zone.bias), (77, 0x3000, -60));
    let wide = |text: &str| text.encode_utf16().chain([0, 0]).collect::<Vec<u16>>();
    assert!(raw.time_zone.standard_name.starts_with(&wide("CET")));
    assert!(raw.build_string.starts_with(&wide("other build")));
    assert_eq!(raw.process_cookie, 0x1234);
    let told: MinidumpAssertion = seen.get_stream().unwrap();
    assert_eq!((told.expression().as_deref(), told.file().as_deref()), (Some("a > b"), Some("other.c")));
    assert_eq!(told.raw.line, 99);
    dump.run("undo", &[]).exits(0);
    dump.unchanged();
}

#[test]
fn the_processor_and_the_state_of_a_thread_are_fields() {
    let Some(dump) = real("lldb-fizzbuzz_no_heap.dmp") else { return };
    assert_eq!(value(&dump, "thread[8992].exit_status"), "0x103");
    assert_eq!(value(&dump, "thread[8992].start_address"), "0x16133e");
    dump.run("set", &["system.vendor=AuthenticAMD", "system.version_information=0x12345"]).exits(0);
    let seen = Minidump::read_path(dump.path()).unwrap();
    let system: MinidumpSystemInfo = seen.get_stream().unwrap();
    let told = system.cpu_info().unwrap_or_default();
    assert!(told.contains("AuthenticAMD"), "{told}");
    dump.run("set", &["system.vendor=AMD"]).is_error("value");
    dump.run("undo", &[]).exits(0);
    dump.unchanged();
}

/// The names of fields of a stream.
fn names(dump: &Subject, stream: &str) -> Vec<String> {
    let told = dump.run("fields", &[&format!("stream[{stream}]")]).exits(0).json();
    told.as_array().unwrap().iter().map(|field| field["name"].as_str().unwrap().to_owned()).collect()
}

#[test]
fn comments_are_texts_that_can_be_longer() {
    let mut dump = MinidumpBuilder::amd64();
    dump.stream(10, b"a comment\0");
    let wide = |text: &str| text.encode_utf16().flat_map(u16::to_le_bytes).collect::<Vec<u8>>();
    dump.stream(11, &wide("ein Täxt\0"));
    let dump = Subject::new(dump.finish());
    let (narrow, broad) = ("stream[CommentStreamA].text", "stream[CommentStreamW].text");
    assert_eq!((value(&dump, narrow), value(&dump, broad)), ("a comment".into(), "ein Täxt".into()));
    let other = dump.folder().join("other.dmp");
    let other = other.to_str().unwrap();
    dump.run("set", &[&format!("{narrow}=short"), &format!("{broad}=kurz"), "-o", other]).exits(0);
    let bytes = std::fs::read(other).unwrap();
    assert_eq!(bytes.len(), dump.before().len());
    let script = dump.plain("diff", &[other, "--script"]).exits(0);
    assert!(script.text().contains("set stream[CommentStreamW].text=str:kurz --expect"), "{script}");

    dump.run("set", &[&format!("{narrow}=a longer comment"), &format!("{broad}=ein längerer Text")]).exits(0);
    assert_eq!(value(&dump, narrow), "a longer comment");
    assert_eq!(value(&dump, broad), "ein längerer Text");
    let seen = Minidump::read_path(dump.path()).unwrap();
    assert_eq!(seen.get_raw_stream(10).unwrap(), b"a longer comment\0");
    assert_eq!(seen.get_raw_stream(11).unwrap(), wide("ein längerer Text\0"));
    dump.run("undo", &[]).exits(0);
    dump.unchanged();
}

#[test]
fn counters_and_tokens_have_names() {
    let mut dump = MinidumpBuilder::amd64();
    let mut counters = vec![0; 524];
    counters[8..10].copy_from_slice(&[0, 0x10]);
    counters[516] = 7;
    dump.stream(21, &counters);
    // The first version of `MINIDUMP_PROCESS_VM_COUNTERS` ends with the bytes that the second one has for another counter.
    let mut counters = vec![0; 80];
    counters[72] = 9;
    dump.stream(22, &counters);
    let token = |id, data| Order::Little.fields(&[(20, 4), (id, 4), (0x794, 8), (data, 4)]);
    let list = Order::Little.fields(&[(16 + 2 * 20, 4), (2, 4), (16, 4), (16, 4)]);
    dump.stream(19, &[list, token(0x1908, 1), token(0x1909, 2)].concat());
    let dump = Subject::new(dump.finish());
    let set = [
        ("stream[SystemMemoryInfoStream].basic.page_size", "0x1000", "0x2000"),
        ("stream[SystemMemoryInfoStream].performance.contiguous_pages_allocated", "0x7", "0x8"),
        ("stream[ProcessVmCountersStream].private_usage", "0x9", "0xa"),
        ("stream[TokenStream].tokens[1].id", "0x1909", "0x1910"),
        ("stream[TokenStream].tokens[1].data", "02000000", "03000000"),
    ];
    for (name, old, _) in &set {
        assert_eq!(value(&dump, name), *old, "{name}");
    }
    assert!(!names(&dump, "ProcessVmCountersStream").iter().any(|name| name.ends_with("virtual_size")));
    dump.run("set", &set.map(|(name, _, new)| format!("{name}={new}")).each_ref().map(String::as_str))
        .exits(0);
    for (name, _, new) in &set {
        assert_eq!(value(&dump, name), *new, "{name}");
    }
    dump.run("undo", &[]).exits(0);
    dump.unchanged();
}

#[test]
fn tokens_that_leave_their_stream_are_not_named() {
    for sizes in [[0, 20], [15, 20], [20, 21], [20, u32::MAX]] {
        let mut dump = MinidumpBuilder::amd64();
        let token = |size: u32| Order::Little.fields(&[(size.into(), 4), (1, 4), (2, 8), (3, 4)]);
        let list = Order::Little.fields(&[(56, 4), (u32::MAX.into(), 4), (16, 4), (16, 4)]);
        dump.stream(19, &[list, sizes.map(token).concat()].concat());
        let dump = Subject::new(dump.finish());
        let ids = names(&dump, "TokenStream").iter().filter(|name| name.ends_with("].id")).count();
        assert_eq!(ids, usize::from(sizes[0] == 20), "{sizes:?}");
    }
}

#[test]
fn counters_of_real_dumps_have_names() {
    let Some(dump) = real("breakpad-write_av_non_canonical.dmp") else { return };
    let system = "stream[SystemMemoryInfoStream]";
    assert_eq!(value(&dump, &format!("{system}.basic.page_size")), "0x1000");
    assert_eq!(value(&dump, &format!("{system}.basic.maximum_user_mode_address")), "0x7ffffffeffff");
    assert_eq!(value(&dump, &format!("{system}.basic.number_of_processors")), "0x10");
    let process = "stream[ProcessVmCountersStream].peak_working_set_size";
    assert_eq!(value(&dump, process), "0x51a000");
    dump.run("set", &[&format!("{process}=1")]).exits(0);
    dump.run("undo", &[]).exits(0);
    dump.unchanged();
    let Some(dump) = real("syzygy-notepad-small-32bit.dmp") else { return };
    assert_eq!(value(&dump, "stream[TokenStream].tokens[0].handle"), "0x794");
}
