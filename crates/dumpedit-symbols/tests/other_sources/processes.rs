//! Names and addresses of processes whose modules have such files.

use dumpedit_layout::{ByteOrder, Machine, Module};
use dumpedit_symbols::sources::{macho, pe};
use dumpedit_symbols::{
    PrintLimits, ReadMemory, SymbolError, SymbolOptions, SymbolPlace, SymbolTarget, Symbols, printed,
};
use object::{Object, ObjectSection};

use crate::macho::made_for_macos;
use crate::pdb::{AMD64, X86};
use crate::programs::{Made, all_here, folder, windows};

const BASE: u64 = 0x7ff6_0001_0000;

fn symbols(made: &Made, machine: Machine, module: Module) -> Symbols {
    let width = if machine == Machine::X86 { 4 } else { 8 };
    let mut target = SymbolTarget::new(machine, ByteOrder::Little, width);
    target.modules = vec![module];
    Symbols::new(target, SymbolOptions::default().folder(made.path(".")))
}

fn address(symbols: &Symbols, name: &str) -> u64 {
    match symbols.find(name).unwrap_or_else(|error| panic!("{error}")).place {
        SymbolPlace::Address(address) => address,
        place => panic!("{place:?}"),
    }
}

#[test]
fn a_pdb_is_found_by_the_image_s_name_and_its_names_lead_to_addresses_and_back() {
    for (target, machine, base) in [(AMD64, Machine::Amd64, BASE), (X86, Machine::X86, 0x40_0000)] {
        let Some(made) = windows(target, &["-Wl,/debug"]) else { return };
        let id = pe::named_pdb(&made.open("app.exe")).unwrap().unwrap().id.to_string();
        std::fs::remove_file(made.path("app.exe")).unwrap();
        let module = |id: &str| Module::new(base, 0x8000, r"C:\build\app.exe").with_id(Some(id.to_owned()));
        let found = symbols(&made, machine, module(&id));
        let of = |name| address(&found, name);
        assert_eq!(of("counter"), of("app!counter"));
        for (name, shown) in
            [("ns::add(int, int)", "ns::add(int, int)"), ("entry", "entry"), ("ns::use", "ns::use(void)")]
        {
            let labelled = found.at(of(name) + 5).unwrap();
            assert_eq!((labelled.name.as_str(), labelled.offset), (shown, 5));
        }
        let several = found.find("ns::add").unwrap_err();
        assert!(matches!(several, SymbolError::Several { .. }), "{several}");
        assert_eq!(found.find("per_thread").unwrap().place, SymbolPlace::ThreadLocal(0));
        assert_eq!(found.notices(), []);

        // One build later.
        let (first, rest) = id.split_at(1);
        let later = if first == "0" { "1" } else { "0" };
        let other = symbols(&made, machine, module(&format!("{later}{rest}")));
        let error = other.find("counter").unwrap_err().to_string();
        assert!(error.contains("different build") && error.contains(&id), "{error}");
    }
}

#[test]
fn exports_are_at_hand_where_only_the_image_is() {
    let Some(made) = windows(AMD64, &["-Wl,/debug"]) else { return };
    std::fs::remove_file(made.path("app.pdb")).unwrap();
    let id = pe::named_pdb(&made.open("app.exe")).unwrap().unwrap().id.to_string();
    let module = Module::new(BASE, 0x8000, r"C:\build\app.exe").with_id(Some(id));
    let found = symbols(&made, Machine::Amd64, module);
    assert!(found.at(address(&found, "exported") + 1).is_some_and(|labelled| labelled.name == "exported"));
    let error = found.find("ns::use").unwrap_err().to_string();
    assert!(error.contains("export"), "{error}");
}

#[test]
fn a_store_of_breakpad_s_files_is_searched() {
    let made = folder();
    let id = "178755DD8CAF0765454517F01B557DA20";
    let store = made.path("libapp.so").join(id);
    std::fs::create_dir_all(&store).unwrap();
    let text = format!("MODULE Linux x86_64 {id} libapp.so\nFUNC 1130 2a 0 ns::add(int, int)\n");
    std::fs::write(store.join("libapp.so.sym"), text).unwrap();
    for id in [id, "dd558717af8c6507454517f01b557da2e8017034"] {
        let module = Module::new(BASE, 0x8000, "/usr/lib/libapp.so").with_id(Some(id.to_owned()));
        let found = symbols(&made, Machine::Amd64, module);
        assert_eq!(address(&found, "ns::add"), BASE + 0x1130);
        let labelled = found.at(BASE + 0x1159).unwrap();
        assert_eq!((labelled.name.as_str(), labelled.offset), ("ns::add(int, int)", 0x29));
        assert!(found.at(BASE + 0x115a).is_none());
    }
}

/// A module of a process, whose memory is what its file loads.
struct Loaded {
    machine: Machine,
    base: u64,
    sections: Vec<(u64, Vec<u8>)>,
}

impl Loaded {
    fn of(made: &Made, file: &str, machine: Machine, base: u64) -> Loaded {
        let bytes = made.read(file);
        let object = object::File::parse(&*bytes).unwrap();
        let sections = object.sections().map(|section| (section.address(), section.data().unwrap().to_vec()));
        Loaded { machine, base, sections: sections.collect() }
    }
}

impl ReadMemory for Loaded {
    fn read(&self, address: u64, into: &mut [u8]) -> usize {
        let offset = address.wrapping_sub(self.base);
        let found = self.sections.iter().find_map(|(start, bytes)| {
            bytes.get(usize::try_from(offset.checked_sub(*start)?).ok()?..).filter(|rest| !rest.is_empty())
        });
        let size = found.map_or(0, |rest| rest.len().min(into.len()));
        into[..size].copy_from_slice(&found.unwrap_or_default()[..size]);
        size
    }

    fn machine(&self) -> Machine {
        self.machine
    }

    fn byte_order(&self) -> ByteOrder {
        ByteOrder::Little
    }

    fn pointer_width(&self) -> u8 {
        8
    }
}

#[test]
fn values_of_a_dylib_are_read_by_the_types_in_its_dsym() {
    let Some(made) = made_for_macos() else { return };
    if !all_here(&["dsymutil"]) {
        return;
    }
    for (name, machine) in [("x86_64", Machine::Amd64), ("arm64", Machine::Arm64)] {
        let library = format!("{name}.dylib");
        made.run("dsymutil", &[&library, "-o", &format!("{library}.dSYM")]);
        let memory = Loaded::of(&made, &library, machine, BASE);
        let id = macho::read(&made.open(&library), machine, None).unwrap().identity.unwrap();
        let other = id.to_string().replace(|digit: char| digit.is_ascii_hexdigit(), "0");
        // The library itself need not be here.
        std::fs::rename(made.path(&library), made.path("moved")).unwrap();
        let module =
            |id: String| Module::new(BASE, 0x10_0000, format!("/opt/own/{library}")).with_id(Some(id));
        let found = symbols(&made, machine, module(id.to_string()));
        let no_thread = |_, _| Err("no thread is selected".to_owned());
        for (path, value) in [
            ("ns::counter", "42"),
            ("ns::hidden", "7"),
            ("ns::point", "{x = 1, y = 2}"),
            ("ns::point.y", "2"),
            ("counter_of_c", "1"),
        ] {
            let typed = found.typed(path, &memory).unwrap_or_else(|error| panic!("{name} {path}: {error}"));
            let value_there = printed(&typed, &found.names(&no_thread), &memory, PrintLimits::default());
            assert_eq!(value_there.unwrap().text(), value, "{name} {path}");
        }
        let error = found.typed("ns::per_thread", &memory).err().unwrap().to_string();
        assert_eq!(error, "ns::per_thread is thread-local: no thread is selected");
        let error = symbols(&made, machine, module(other)).typed("ns::counter", &memory).err().unwrap();
        assert!(error.to_string().contains("different build"), "{error}");
    }
}
