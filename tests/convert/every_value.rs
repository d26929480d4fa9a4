//! Every value in the output of `fields` is in the converted dump, or a loss names it: nothing is lost in silence.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use super::{Converted, converted, cores, json, minidumps};

/// Fate of a value in a conversion.
enum Fate {
    /// It is a place, an encoding or a number of entries: `same.rs` compares the contents.
    Stored,
    /// It is kept under one of these names, or lost as one of these kinds.
    Value(&'static [&'static str], &'static [&'static str]),
}

use Fate::{Stored, Value as Kept};

/// Values of cores; the first matching pattern decides.
static OF_CORES: &[(&str, Fate)] = &[
    ("header.e_entry", Kept(&[], &["header"])),
    ("header.e_flags", Kept(&[], &["header"])),
    ("header.ei_abiversion", Kept(&[], &["header"])),
    ("header.", Stored),
    ("crash.code", Kept(&["crash.code"], &["crash-code"])),
    ("crash.si_code", Kept(&["crash.flags"], &["note"])),
    ("crash.address", Kept(&["crash.address"], &[])),
    ("crash.thread", Kept(&["crash.thread"], &[])),
    ("thread[].id", Kept(&["thread[].id"], &["thread-id"])),
    ("thread[].signal", Kept(&["crash.code"], &["thread-signal"])),
    ("thread[].info.si_signo", Kept(&["crash.code"], &["thread-signal"])),
    ("thread[].info.si_code", Kept(&["crash.flags"], &["thread-status"])),
    ("thread[].name", Kept(&["thread[].name"], &["thread-name"])),
    ("thread[].private", Kept(&["thread[].teb"], &["note"])),
    ("thread[].", Kept(&[], &["thread-status"])),
    ("module[].name", Kept(&["module[].name"], &[])),
    ("module[].base", Kept(&["bases"], &[])),
    ("module[].id", Kept(&["ids"], &["module-id"])),
    ("module[].end", Kept(&["ends"], &[])),
    ("note.fname", Kept(&["thread[].name"], &["process-detail"])),
    ("note.psargs", Kept(&["command line"], &["process-detail", "note"])),
    ("process.id", Kept(&["process.id"], &["note"])),
    ("process.name", Kept(&["thread[].name"], &["note"])),
    ("process.", Kept(&[], &["process-detail", "note"])),
    ("note.siginfo.si_signo", Kept(&["crash.code"], &["note"])),
    ("note.siginfo.si_errno", Kept(&[], &["signal-detail"])),
    ("note.siginfo.si_code", Kept(&["crash.flags"], &[])),
    // Two ids stand where an address would.
    ("note.siginfo.si_addr", Kept(&["crash.address", "crash.parameters[0]", "crash.parameters[]"], &[])),
    ("note.siginfo.", Kept(&["crash.parameters[]"], &[])),
    ("note[].siginfo.", Kept(&[], &["note"])),
    ("note.auxv", Kept(&["vector"], &["note"])),
    ("note.file[].name", Kept(&["module[].name", "maps"], &["note"])),
    ("note.file[].end", Kept(&["mappings"], &["note"])),
    ("note.file[].start", Kept(&["mappings"], &["note"])),
    ("note.file", Stored),
    ("note.vmmap", Kept(&[], &["note"])),
    ("note[NT_PRPSINFO]", Kept(&["process.id", "command line"], &["process-detail", "note"])),
    ("note[NT_SIGINFO]", Kept(&["signal"], &["signal-detail", "note"])),
    ("note[NT_AUXV]", Kept(&["stream[LinuxAuxv]"], &["note"])),
    ("note[NT_FILE]", Kept(&["mappings"], &["note"])),
    ("note[", Kept(&[], &["note"])),
    ("segment[].p_paddr", Kept(&[], &["program-header"])),
    ("segment[]", Stored),
];

/// Values of minidumps.
static OF_MINIDUMPS: &[(&str, Fate)] = &[
    ("header.stream_count", Stored),
    ("header.directory", Stored),
    ("header.timestamp", Kept(&[], &["dump-time"])),
    ("header.", Kept(&[], &["header"])),
    ("system.", Kept(&[], &["system"])),
    ("process.id", Kept(&["process.id"], &[])),
    ("process.flags", Stored),
    ("process.", Kept(&[], &["process-detail"])),
    ("crash.thread", Kept(&["crashed"], &["crash-code", "crash"])),
    ("crash.code", Kept(&["note.siginfo.si_signo", "note.siginfo.si_errno"], &["crash-code"])),
    ("crash.flags", Kept(&["note.siginfo.si_code"], &["crash-detail"])),
    ("crash.address", Kept(&["note.siginfo.si_addr", "pc"], &["crash-detail", "crash-code"])),
    ("crash.parameter_count", Stored),
    (
        "crash.parameters",
        Kept(
            &["note.siginfo.si_pid", "note.siginfo.si_uid", "note.siginfo.si_addr"],
            &["crash-parameter", "crash-code"],
        ),
    ),
    ("crash.", Kept(&[], &["crash-detail"])),
    ("crash[", Kept(&[], &["crash"])),
    ("thread[].id", Kept(&["thread[].id"], &["thread-id"])),
    ("thread[].name", Kept(&["note.fname"], &["thread-name"])),
    ("thread[].teb", Kept(&["own data"], &["thread-environment"])),
    ("thread[].", Kept(&[], &["thread-state", "stream"])),
    ("module[].annotation", Kept(&[], &["stream"])),
    ("module[].texts", Kept(&[], &["stream"])),
    ("module[].name", Kept(&["module[].name"], &["module-name", "module"])),
    ("module[].base", Kept(&["bases"], &["module-size", "module"])),
    ("module[].size", Kept(&["sizes"], &["module-size", "module"])),
    ("module[].id", Kept(&["ids", "guids"], &["module-id"])),
    ("module[].pdb", Kept(&["base names"], &["module-id", "module-name"])),
    ("module[].code_view", Kept(&["ids in records"], &["module-id"])),
    ("module[].", Kept(&[], &["module-version"])),
    ("unloaded[]", Kept(&[], &["stream"])),
    ("handle[]", Kept(&[], &["stream"])),
    ("mapping[].state", Kept(&["committed"], &["memory-info"])),
    ("mapping[].type", Kept(&["private"], &["memory-info"])),
    ("mapping[].", Stored),
    ("stream[LinuxAuxv]", Kept(&["note[NT_AUXV]"], &[])),
    ("stream[LinuxMaps]", Kept(&["mappings"], &["mapping-detail"])),
    ("stream[LinuxCmdLine]", Kept(&["same command line"], &["command-line"])),
    ("stream[LinuxEnviron]", Kept(&["stream on the way back"], &["environment"])),
    ("stream[LinuxDsoDebug]", Kept(&["linker's list"], &["stream"])),
    ("stream[MiscInfoStream]", Kept(&["misc"], &["process-detail"])),
    ("stream[ThreadListStream]", Stored),
    ("stream[ModuleListStream]", Stored),
    ("stream[MemoryListStream]", Stored),
    ("stream[Memory64ListStream]", Stored),
    ("stream[MemoryInfoListStream]", Stored),
    ("stream[ThreadNamesStream]", Stored),
    ("stream[ExceptionStream]", Stored),
    ("stream[SystemInfoStream]", Stored),
    ("stream[", Kept(&[], &["stream"])),
];

/// A name without the keys of its owner, except for notes and streams, whose keys are their names.
fn pattern(name: &str) -> String {
    if name.starts_with("note[") || name.starts_with("stream[") {
        return name.to_owned();
    }
    let mut made = String::new();
    let mut depth = 0;
    for letter in name.chars() {
        depth -= u32::from(letter == ']');
        if depth == 0 {
            made.push(letter);
        }
        depth += u32::from(letter == '[');
    }
    made
}

/// The GUID and the age that Breakpad makes from a build id: its first 16 bytes in the order of a GUID's numbers, and 0.
fn guid_of(build_id: &str) -> String {
    let byte = |at: usize| build_id.get(2 * at..2 * at + 2).unwrap_or("00");
    let order = [3, 2, 1, 0, 5, 4, 7, 6, 8, 9, 10, 11, 12, 13, 14, 15];
    order.iter().map(|at| byte(*at)).chain(["0"]).collect::<String>().to_uppercase()
}

/// The values of a dump by the patterns of their names, with those of other commands' output.
struct Values {
    told: BTreeMap<String, BTreeSet<String>>,
}

impl Values {
    fn of(dump: &Path) -> Values {
        let mut values = Values { told: BTreeMap::new() };
        for field in json("fields", dump).as_array().unwrap() {
            let (name, value) =
                (field["name"].as_str().unwrap(), field["value"].as_str().unwrap_or_default());
            values.add(&pattern(name), value);
            // Elements of an array are distinguished.
            values.add(name, value);
        }
        for module in json("modules", dump).as_array().unwrap() {
            values.add("module[].name", module["name"].as_str().unwrap());
            values.add("bases", module["base"].as_str().unwrap());
            values.add("sizes", &format!("{:#x}", module["size"].as_u64().unwrap()));
            let base = u64::from_str_radix(&module["base"].as_str().unwrap()[2..], 16).unwrap();
            values.add("ends", &format!("{:#x}", base + module["size"].as_u64().unwrap()));
            let id = module["id"].as_str().unwrap_or_default();
            values.add("ids", id);
            values.add("guids", &guid_of(id));
            let name = module["name"].as_str().unwrap();
            values.add("base names", name.rsplit('/').next().unwrap());
        }
        for thread in json("threads", dump).as_array().unwrap() {
            if thread["crashed"] == true {
                values.add("crashed", &format!("{:#x}", thread["tid"].as_u64().unwrap()));
            }
            values.add("pc", thread["pc"].as_str().unwrap_or_default());
        }
        let opened = dumpedit::Dump::open(dump).unwrap();
        for thread in opened.layout().threads() {
            let Ok(context) = opened.thread(thread.tid) else { continue };
            for name in ["fs_base", "gs_base", "tpidr"] {
                let own = opened.read_register(context, name).ok().and_then(|value| value.to_u64().ok());
                values.add("own data", &format!("{:#x}", own.unwrap_or(0)));
            }
        }
        let line = json("info", dump)["command_line"].as_str().unwrap_or_default().trim().to_owned();
        values.add("command line", &line);
        values
    }

    fn add(&mut self, name: &str, value: &str) {
        self.told.entry(name.to_owned()).or_default().insert(value.to_owned());
    }

    fn of_name(&self, name: &str) -> impl Iterator<Item = &String> {
        self.told.get(name).into_iter().flatten()
    }

    /// Whether a name has a value.
    fn has(&self, name: &str, value: &str) -> bool {
        let words = |text: &str| text.split_whitespace().collect::<Vec<_>>().join(" ");
        self.of_name(name).any(|known| match name {
            // The first of the ids in the place of an address is its low half.
            "crash.parameters[0]" => {
                let number = |text: &str| u64::from_str_radix(text.trim_start_matches("0x"), 16).unwrap_or(0);
                number(known) == number(value) & 0xffff_ffff
            }
            "command line" => !known.is_empty() && words(known).starts_with(&words(value)),
            "note.fname" => known == value,
            _ => known == value,
        })
    }
}

/// The values of a dump that the converted one does not have and no loss names.
fn silent(dump: &Path, made: &Converted, table: &[(&str, Fate)]) -> Vec<String> {
    let after = Values::of(&made.path);
    let losses: BTreeSet<&str> = made.losses().into_iter().collect();
    let maps = String::from_utf8_lossy(&std::fs::read(&made.path).unwrap()).into_owned();
    let is_empty = |value: &str| value.trim_start_matches("0x").bytes().all(|byte| b"0.".contains(&byte));
    let line = json("info", dump)["command_line"].clone();
    let mut found = Vec::new();
    for field in json("fields", dump).as_array().unwrap() {
        let (name, value) = (field["name"].as_str().unwrap(), field["value"].as_str().unwrap_or_default());
        let known = pattern(name);
        let fate = table.iter().find(|(start, _)| known.starts_with(start));
        let (_, fate) = fate.unwrap_or_else(|| panic!("{name}: no rule says what becomes of it"));
        let Kept(names, kinds) = fate else { continue };
        // The version of minidumps is in the low half.
        if is_empty(value) || name == "header.version" && value == "0xa793" {
            continue;
        }
        let is_kept = |kept: &&str| match *kept {
            "maps" => maps.contains(value),
            "mappings" => {
                maps.contains(&format!("{:0>8}", value.trim_start_matches("0x"))) || field["kind"] == "bytes"
            }
            "vector" => after.of_name("stream[LinuxAuxv]").next().is_some(),
            "linker's list" => !made.made_list().is_empty(),
            "same command line" => line == json("info", &made.path)["command_line"],
            // Bytes behind the times have no names.
            "misc" => value.get(48..).is_none_or(is_empty),
            "stream on the way back" => Values::of(&made.back().path).has(name, value),
            "committed" => value == "0x1000",
            "private" => value == "0x20000",
            "ids in records" => after.of_name("ids").any(|id| !id.is_empty() && value.contains(id.as_str())),
            // Bytes behind si_addr have no names.
            "signal" => value.get(48..).is_some_and(is_empty),
            kept => after.has(kept, value),
        };
        let is_lost = kinds.iter().any(|kind| losses.contains(kind));
        if !names.iter().any(is_kept) && !is_lost {
            found.push(format!("{}: {name} {value}", dump.display()));
        }
    }
    found
}

fn check(dumps: &[std::path::PathBuf], to: &str, table: &[(&str, Fate)]) {
    let mut found = Vec::new();
    for dump in dumps {
        if let Some(made) = converted(dump, to) {
            found.extend(silent(dump, &made, table));
        }
    }
    assert!(found.is_empty(), "lost in silence:\n{}", found.join("\n"));
}

#[test]
fn every_value_of_a_core_is_the_minidumps_or_named_as_a_loss() {
    check(&cores(), "dmp", OF_CORES);
}

#[test]
fn every_value_of_a_minidump_is_the_cores_or_named_as_a_loss() {
    check(&minidumps(), "core", OF_MINIDUMPS);
}
