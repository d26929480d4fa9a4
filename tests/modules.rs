//! Modules: from the ModuleList, from NT_FILE, from the dynamic linker's list in memory; and modules by name.

use minidump::{Minidump, MinidumpUnloadedModuleList, Module as _};
use serde_json::{Value, json};

use crate::support::bytes::{Order, counting};
use crate::support::command::{dumpedit, number};
use crate::support::corpus::{cores, minidumps};
use crate::support::elf_builder::{ElfBuilder, NT_AUXV, nt_file, prstatus};
use crate::support::minidump_builder::MinidumpBuilder;
use crate::support::subject::Subject;
use crate::support::tools::have;

const LITTLE: Order = Order::Little;
/// Address of the captured page in which every module here begins.
const PAGE: u64 = 0x40_0000;

#[test]
fn modules_without_a_name_are_not_among_the_names_that_an_error_lists() {
    let mut dump = MinidumpBuilder::amd64();
    dump.module(PAGE, 0x1000, "plug.so");
    dump.module(PAGE + 0x1000, 0x1000, "");
    let dump = Subject::new(dump.finish());
    let run = dumpedit(&["read".as_ref(), dump.path(), "nosuch..+4".as_ref(), "--json".as_ref()]);
    let message = run.is_error("module");
    assert!(message.ends_with("the modules are plug.so"), "{message}");
}

#[test]
fn unloaded_modules_of_real_minidumps_are_those_that_the_minidump_crate_reads() {
    let mut seen = 0;
    for path in minidumps() {
        let Ok(dump) = Minidump::read_path(&path) else { continue };
        let Ok(theirs) = dump.get_stream::<MinidumpUnloadedModuleList>() else { continue };
        let theirs: Vec<Value> = theirs
            .iter()
            .map(|module| {
                let base = format!("{:#x}", module.base_address());
                json!([base, module.size(), module.code_file(), Value::Null, true])
            })
            .collect();
        let all = dumpedit(&["modules".as_ref(), path.as_path(), "--json".as_ref()]).exits(0).json();
        let unloaded = all.as_array().unwrap().iter().filter(|module| module["unloaded"] == true);
        let ours: Vec<Value> = unloaded
            .map(|one| json!([one["base"], one["size"], one["name"], one["id"], one["unloaded"]]))
            .collect();
        let by_place = |mut list: Vec<Value>| {
            list.sort_by_key(Value::to_string);
            list
        };
        seen += ours.len();
        assert_eq!(by_place(ours), by_place(theirs), "{}", path.display());
    }
    assert!(seen > 0 || minidumps().is_empty());
}

/// Output of `modules`: base, size, name.
fn modules(subject: &Subject) -> Vec<Value> {
    let modules = subject.run("modules", &[]).exits(0).json();
    let pick = |module: &Value| json!([module["base"], module["size"], module["name"]]);
    modules.as_array().unwrap().iter().map(pick).collect()
}

fn windows(names: &[&str]) -> Subject {
    let mut dump = MinidumpBuilder::amd64();
    dump.memory(PAGE, &counting(0, 256));
    names.iter().zip(0..).for_each(|(name, index)| dump.module(PAGE + 16 * index, 16, name));
    Subject::new(dump.finish())
}

fn linux(names: &[&'static str]) -> Subject {
    let mut core = ElfBuilder::x86_64();
    core.load(PAGE, &counting(0, 256));
    let mut files = Vec::new();
    for (name, index) in names.iter().zip(1..) {
        core.code(PAGE + 0x1000 * index, 0x1000);
        files.push((PAGE + 0x1000 * index, PAGE + 0x1000 * (index + 1), 0, *name));
    }
    core.notes(&[prstatus(7, 11, PAGE, PAGE), nt_file(&files)]);
    Subject::new(core.finish())
}

#[test]
fn a_module_list_gives_modules() {
    let subject = windows(&["C:\\App\\crash.exe", "C:\\Windows\\ntdll.dll"]);
    let expected =
        [json!(["0x400000", 16, "C:\\App\\crash.exe"]), json!(["0x400010", 16, "C:\\Windows\\ntdll.dll"])];
    assert_eq!(modules(&subject), expected);
}

#[test]
fn a_path_goes_before_a_base_name_and_that_before_a_stem() {
    let names = ["/opt/one/libc.so.6", "/opt/two/libm-2.20.so", "/usr/bin/libc", "/usr/bin/crash"];
    let subject = linux(&names);
    let at = |index: u64| PAGE + 0x1000 * index;
    let cases = [
        ("/opt/one/libc.so.6", 1),
        ("libc.so.6", 1),
        ("libc", 3),
        ("libm", 2),
        ("libm-2.20.so", 2),
        ("/usr/bin/crash", 4),
        ("crash", 4),
    ];
    for (name, index) in cases {
        let message = subject.run("read", &[&format!("{name}+0x8..+4")]);
        // Code is not captured: the error has the address in the module.
        message.is_error_at("not-captured", &format!("{:#x}", at(index) + 8));
    }
}

#[test]
fn names_have_no_case_on_windows_and_have_one_elsewhere() {
    let subject = windows(&["C:\\App\\Crash.exe"]);
    for name in ["crash.exe", "CRASH", "c:\\app\\crash.EXE"] {
        let piece = subject.run("where", &[&format!("{name}+0x3")]).is_full(1)["pieces"][0].clone();
        assert_eq!(piece["address"], "0x400003", "{name}");
    }
    let subject = linux(&["/usr/bin/Crash"]);
    subject.run("where", &["Crash+0x3"]).is_error("not-captured");
    subject.run("where", &["crash+0x3"]).is_error("module");
}

#[test]
fn several_modules_of_a_name_or_none_are_an_error_that_names_them() {
    let subject = windows(&["C:\\One\\same.dll", "C:\\Two\\same.dll", "C:\\Two\\other.dll"]);
    for name in ["same.dll", "same", "SAME"] {
        let message = subject.run("where", &[&format!("{name}+0x1")]).is_error("module");
        assert!(message.contains("C:\\One\\same.dll") && message.contains("C:\\Two\\same.dll"), "{message}");
        assert!(!message.contains("other.dll"), "{message}");
    }
    let piece = subject.run("where", &["C:\\Two\\same.dll+0x1"]).is_full(1)["pieces"][0].clone();
    assert_eq!(piece["address"], "0x400011");
    let message = subject.run("where", &["absent+0x1"]).is_error("module");
    assert!(message.contains("absent") && message.contains("other.dll"), "{message}");
    let message = Subject::new(ElfBuilder::x86_64().finish()).run("where", &["absent"]).is_error("module");
    assert!(message.contains("absent"), "{message}");
}

/// The start of an ELF64 file of AMD64 with program headers right behind, each of a type, an offset, a size and an address.
fn image(headers: &[(u64, u64, u64, u64)]) -> Vec<u8> {
    let mut image = b"\x7fELF\x02\x01\x01".to_vec();
    image.resize(16, 0);
    let head = [(3, 2), (62, 2), (1, 4), (0, 8), (64, 8), (0, 8), (0, 4), (64, 2), (56, 2)];
    image.extend(LITTLE.fields(&head));
    image.extend(LITTLE.fields(&[(headers.len() as u64, 2), (0, 6)]));
    for (kind, offset, size, address) in headers {
        image.extend(LITTLE.fields(&[(*kind, 4), (5, 4), (*offset, 8), (*address, 8), (*address, 8)]));
        image.extend(LITTLE.fields(&[(*size, 8), (*size, 8), (8, 8)]));
    }
    image
}

/// A program at 0x400000 whose PT_DYNAMIC leads to a list of three libraries, the last of them prelinked, and a vDSO; no NT_FILE.
fn linked() -> Vec<u8> {
    const PT_LOAD: u64 = 1;
    const PT_DYNAMIC: u64 = 2;
    const PT_PHDR: u64 = 6;
    const DT_DEBUG: u64 = 21;
    const AT_PHDR: u64 = 3;
    const AT_PHNUM: u64 = 5;
    const AT_EXECFN: u64 = 31;
    const AT_SYSINFO_EHDR: u64 = 33;
    const VDSO: u64 = 0x7ffc_0000_0000;
    const PRELINKED: u64 = 0xfd5_0000;
    let (dynamic, debug, links, names) = (PAGE + 0x200, PAGE + 0x280, PAGE + 0x300, PAGE + 0x400);
    let mut page = image(&[
        (PT_PHDR, 64, 168, PAGE + 64),
        (PT_LOAD, 0, 0x1800, PAGE),
        (PT_DYNAMIC, 0x200, 0x40, dynamic),
    ]);
    page.resize(0x1000, 0);
    let put = |page: &mut Vec<u8>, at: u64, words: &[u64]| {
        for (word, value) in words.iter().enumerate() {
            LITTLE.put(page, (at - PAGE) as usize + 8 * word, *value, 8);
        }
    };
    put(&mut page, dynamic, &[1, 1, DT_DEBUG, debug, 0, 0]);
    // struct r_debug: r_version, r_map. struct link_map: l_addr, l_name, l_ld, l_next, l_prev.
    put(&mut page, debug, &[1, links]);
    put(&mut page, links, &[0, names, dynamic, links + 0x28, 0]);
    put(&mut page, links + 0x28, &[0x7f00_0000_0000, names + 0x10, 0, links + 0x50, links]);
    put(&mut page, links + 0x50, &[0x7f00_0020_0000, names + 0x30, 0, links + 0x78, links + 0x28]);
    put(&mut page, links + 0x78, &[0, names + 0x70, PRELINKED + 0x200, links + 0xa0, links + 0x50]);
    // The vDSO, with a bias that is not its start, and no name.
    put(&mut page, links + 0xa0, &[VDSO - 0x1000, names, VDSO + 0x200, 0, links + 0x78]);
    let texts = [
        (0x10, "/lib/libc.so.6"),
        (0x30, "/lib/libm.so.6"),
        (0x50, "/usr/bin/crash"),
        (0x70, "/lib/librt.so.1"),
    ];
    for (at, name) in texts {
        page[0x400 + at..0x400 + at + name.len()].copy_from_slice(name.as_bytes());
    }
    let mut core = ElfBuilder::x86_64();
    let auxiliary = [AT_PHDR, PAGE + 64, AT_PHNUM, 3, AT_EXECFN, names + 0x50, AT_SYSINFO_EHDR, VDSO, 0, 0];
    let auxiliary = auxiliary.iter().flat_map(|word| LITTLE.number(*word, 8)).collect();
    core.notes(&[prstatus(7, 11, PAGE, PAGE), ("CORE", NT_AUXV, auxiliary)]);
    core.load(
        PRELINKED,
        &image(&[(PT_LOAD, 0, 0x900, PRELINKED), (PT_DYNAMIC, 0x200, 0x40, PRELINKED + 0x200)]),
    );
    core.load(PAGE, &page);
    core.load(VDSO, &image(&[(PT_LOAD, 0, 0x700, 0x1000), (PT_DYNAMIC, 0x200, 0x40, 0x1200)]));
    core.finish()
}

#[test]
fn without_nt_file_the_dynamic_linker_s_list_gives_modules_and_the_auxiliary_vector_the_vdso() {
    let subject = Subject::new(linked());
    // The dump holds no page of the libraries, so that their sizes are not known.
    let expected = [
        json!(["0x400000", 0x1800, "/usr/bin/crash"]),
        json!(["0x7f0000000000", 0, "/lib/libc.so.6"]),
        json!(["0x7f0000200000", 0, "/lib/libm.so.6"]),
        json!(["0xfd50000", 0x900, "/lib/librt.so.1"]),
        json!(["0x7ffc00000000", 0x700, "[vdso]"]),
    ];
    assert_eq!(modules(&subject), expected);
    let piece = subject.run("where", &["crash+0x40"]).is_full(1)["pieces"][0].clone();
    assert_eq!(piece["address"], "0x400040");
}

/// Entries in `eu-unstrip`'s output for real cores that are no modules.
pub(crate) const NO_MODULES: &[(&str, u64)] = &[
    // The first page of the program, mapped once more for its data.
    ("elfutils-testfile_aarch64_core", 0x41_0000),
    // Bytes that follow in the file where another tool has cut off the program's first page.
    ("lldb-1lwp_SIGSEGV.aarch64.core", 0x2_0010_0000),
];

#[test]
fn every_module_that_elfutils_finds_in_real_cores_is_listed_with_its_build_id() {
    if !have("eu-unstrip") {
        return;
    }
    let mut compared = 0;
    for core in cores() {
        let name = core.file_name().unwrap().to_str().unwrap();
        let modules = dumpedit(&["modules".as_ref(), core.as_os_str(), "--json".as_ref()]).exits(0).json();
        let said =
            std::process::Command::new("eu-unstrip").args(["-n", "--core"]).arg(&core).output().unwrap();
        // A base and a size, then a build id and its place.
        for line in String::from_utf8_lossy(&said.stdout).lines() {
            let mut words = line.split_whitespace();
            let (base, _) = words.next().unwrap().split_once('+').unwrap();
            let base = number(&base.into());
            let id = words.next().unwrap().split('@').next().unwrap();
            if NO_MODULES.contains(&(name, base)) {
                continue;
            }
            let module = modules.as_array().unwrap().iter().find(|module| number(&module["base"]) == base);
            let module = module.unwrap_or_else(|| panic!("{name}: {line} in {modules}"));
            assert!(id == "-" || module["id"] == id, "{name}: {line} and {module}");
            compared += 1;
        }
    }
    assert!(compared > 0 || cores().is_empty());
}

#[test]
fn a_module_whose_file_was_removed_answers_to_its_name() {
    let subject = linux(&["/opt/server (deleted)"]);
    for name in ["server", "/opt/server", "server (deleted)", "/opt/server (deleted)"] {
        // The address is resolved, but not captured.
        subject.run("read", &[&format!("{name}+0x10..+4")]).is_error_at("not-captured", "0x401010");
    }
}
