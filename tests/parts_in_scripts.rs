//! Scripts that add and drop parts and set values: every value is in the dump afterwards, or the whole script is refused.

use crate::parts::both;
use crate::support::command::{Run, binary, run};
use crate::support::subject::{Subject, assert_same_bytes};

fn apply_with(subject: &Subject, script: &str, options: &[&str]) -> Run {
    run(binary().arg("apply").arg(subject.path()).arg("-").args(options), script.as_bytes())
}

fn apply(subject: &Subject, script: &str) -> Run {
    apply_with(subject, script, &[])
}

/// What a verb that reads a dump prints.
fn shown(subject: &Subject, verb: &str, arguments: &[&str]) -> String {
    subject.plain(verb, arguments).exits(0).text().to_owned()
}

#[test]
fn a_core_whose_crash_is_dropped_or_added_gets_the_values_of_all_threads() {
    let [core, _] = both();
    let set = "set rip=0x4141 --thread 11924\nwrite reg:rip u64:0x4242 --thread 11927\n\
               set thread[11924].cstime.tv_sec=7\n";
    apply(&core, &format!("drop crash crashed\n{set}")).exits(0);
    let rip = |tid| core.register("rip", &["--thread", tid]);
    let seconds = || shown(&core, "fields", &["thread[11924].cstime.tv_sec"]);
    assert_eq!((rip("11924"), rip("11927")), (Some(0x4141), Some(0x4242)));
    assert!(seconds().contains(" 7 "), "{}", seconds());
    let without = core.now();
    let script = "add crash --thread 11927 --code SIGSEGV --address 0x8\n\
                  set rip=0x4343 --thread 11924\nset rip=0x4444 --thread 11927\n";
    apply(&core, script).exits(0);
    assert_eq!((rip("11924"), rip("11927")), (Some(0x4343), Some(0x4444)));
    let info = shown(&core, "info", &[]);
    assert!(info.contains("SIGSEGV"), "{info}");
    core.run("undo", &[]).exits(0);
    assert_same_bytes(&core.now(), &without);
}

#[test]
fn a_value_in_a_part_that_the_script_drops_or_rewrites_is_refused_with_both_lines() {
    let [core, dmp] = both();
    // MemoryInfoListStream with one entry fewer: another size, so that it goes behind the end of the file.
    let header = "hex:10000000300000000100000000000000";
    let entry = "0000140000000000000014000000000004000000000000000010000000000000001000000400000000000200";
    let stream = format!("set stream[MemoryInfoListStream]={header}{entry}00000000\n");
    let cases: [(&Subject, String, usize, usize); 7] = [
        (&dmp, "drop crash crashed\nset rip=0x4141 --thread index:0\n".to_owned(), 2, 1),
        (&dmp, format!("{stream}add memory 0x57e4b000 aabb\n"), 1, 2),
        (&dmp, "drop module ntdll.dll\nset module[ntdll.dll].size=0x1000\n".to_owned(), 2, 1),
        (&core, "drop thread 11927\ndrop memory 0x403000..+1\nset rip=5 --thread 11927\n".to_owned(), 3, 1),
        (&core, "drop thread 11927\ndrop memory 0x403000..+8\nwrite 0x403004 aa\n".to_owned(), 3, 2),
        (&core, "write 0x403004 aa\ndrop memory 0x403000..+8\n".to_owned(), 1, 2),
        (&core, "drop module crash\nset module[crash].name=/a/longer/name/of/the/module\n".to_owned(), 2, 1),
    ];
    for (subject, script, sets, drops) in cases {
        for options in [&[][..], &["--keep-going"]] {
            let run = apply_with(subject, &script, options);
            assert_eq!(run.code, 2, "{script}{run}");
            let at = format!("standard input:{sets}:1: the value at file offset 0x");
            let told = format!("would be lost: line {drops} drops or rewrites the part that contains it");
            assert!(run.stderr.contains(&at) && run.stderr.contains(&told), "{script}{run}");
            subject.unchanged();
        }
    }
}

#[test]
fn values_beside_the_parts_of_a_script_are_kept() {
    let [core, dmp] = both();
    let script = "drop crash crashed\nset rip=0x4141 --thread index:0 --context thread\n\
                  set module[ntdll.dll].size=0x1000\nadd module 0x57e4b000 --size 0x1000 --name added\n";
    apply(&dmp, script).exits(0);
    assert_eq!(dmp.register("rip", &["--thread", "index:0"]), Some(0x4141));
    let size = shown(&dmp, "fields", &["module[ntdll.dll].size"]);
    assert!(size.contains("0x1000"), "{size}");
    let script = "set header.e_flags=7\nset segment[1].p_paddr=0x5000\nwrite 0x403010 aabb\n\
                  drop memory 0x403000..+8\nadd memory 0x9000 aabb\n";
    apply(&core, script).exits(0);
    let fields = shown(&core, "fields", &[]);
    let value = |name: &str| fields.lines().find(|line| line.starts_with(name)).unwrap_or("").to_owned();
    assert!(value("header.e_flags").contains("0x7"), "{fields}");
    assert!(fields.contains("0x5000"), "{fields}");
    let bytes = shown(&core, "read", &["0x403010..+2"]);
    assert!(bytes.contains("aa bb"), "{bytes}");
}

#[test]
fn a_line_that_writes_the_last_byte_of_the_file_goes_with_an_added_part() {
    let [core, _] = both();
    let last = core.before().len() - 1;
    let script = format!("write offset:{last:#x} hex:20 --allow-structure\nadd memory 0x9000 hex:aabb\n");
    apply(&core, &script).exits(0);
    let with = core.now();
    assert_eq!(with[last], 0x20);
    core.run("undo", &[]).exits(0);
    core.unchanged();
    core.run("redo", &[]).exits(0);
    assert_same_bytes(&core.now(), &with);
}
