//! Names and addresses of processes whose modules have such files.

use dumpedit_layout::{ByteOrder, Machine, Module};
use dumpedit_symbols::sources::pe;
use dumpedit_symbols::{SymbolError, SymbolOptions, SymbolPlace, SymbolTarget, Symbols};

use crate::pdb::{AMD64, X86};
use crate::programs::{Made, folder, windows};

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
        let other = symbols(&made, machine, module(&id.replace(id.get(..1).unwrap(), "0")));
        let error = other.find("counter").unwrap_err().to_string();
        assert!(error.contains("another build") && error.contains(&id), "{error}");
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
