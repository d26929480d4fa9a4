//! The identity of a symbol file, made from the record of a real dump's module, is that of the module's id, and of no other module.

use dumpedit::Dump;
use dumpedit_symbols::{Identity, PdbId};
use minidump::{CodeView, Minidump, MinidumpModuleList, MinidumpSystemInfo, system_info::Os};

use crate::support::corpus::minidumps;

/// The identity in the file of a module with this record, on this system.
fn identity(record: &CodeView, os: Os) -> Option<Identity> {
    match record {
        CodeView::Elf(record) => Some(Identity::BuildId(record.build_id.clone())),
        CodeView::Pdb70(record) => {
            let text = record.signature.data1.to_be_bytes().into_iter();
            let text =
                text.chain(record.signature.data2.to_be_bytes()).chain(record.signature.data3.to_be_bytes());
            let guid: Vec<u8> = text.chain(record.signature.data4).collect();
            let guid: [u8; 16] = guid.try_into().unwrap();
            let [a, b, c, d, e, f, g, h, rest @ ..] = guid;
            Some(match os {
                // Breakpad takes the first bytes of a build id for a GUID in memory.
                Os::Linux => Identity::BuildId([&[d, c, b, a, f, e, h, g], rest.as_slice()].concat()),
                Os::MacOs => Identity::BuildId(guid.to_vec()),
                _ => Identity::Pdb(PdbId { guid, age: record.age }),
            })
        }
        _ => None,
    }
}

#[test]
fn the_ids_of_real_modules_name_the_files_that_their_records_name() {
    let (mut compared, mut by_system) = (0, std::collections::BTreeMap::new());
    let paths = minidumps();
    for path in &paths {
        let (Ok(dump), Ok(theirs)) = (Dump::open(path), Minidump::read_path(path)) else { continue };
        let (Ok(list), Ok(system)) =
            (theirs.get_stream::<MinidumpModuleList>(), theirs.get_stream::<MinidumpSystemInfo>())
        else {
            continue;
        };
        let modules = dump.layout().modules();
        for theirs in list.iter() {
            let Some(record) = &theirs.codeview_info else { continue };
            let Some(identity) = identity(record, system.os) else { continue };
            let ours = modules.iter().find(|module| module.base == theirs.raw.base_of_image).unwrap();
            let id = ours.id.as_deref().unwrap();
            assert!(identity.is(id), "{}: {id} is not {identity:?}", path.display());
            // Dumps list some modules several times.
            let others =
                modules.iter().filter_map(|module| module.id.as_deref()).filter(|other| *other != id);
            assert!(!others.into_iter().any(|other| identity.is(other)), "{}: {id}", path.display());
            if let CodeView::Pdb70(record) = record {
                let name = String::from_utf8_lossy(&record.pdb_file_name);
                assert_eq!(ours.debug_file.as_deref().unwrap_or_default(), name.trim_end_matches('\0'));
            }
            compared += 1;
            *by_system.entry(system.os.to_string()).or_insert(0) += 1;
        }
    }
    assert!(paths.is_empty() || compared > 500 && by_system.len() == 3, "{compared} {by_system:?}");
}
