//! Ids of modules in a core, whose readers take them from headers in memory: pages of headers are made with the ids where memory was not
//! captured. The program's own page is not made where AT_PHDR points into it: gdb compares those headers with the program's file, and
//! relocates nothing where they differ.

use std::collections::{BTreeMap, HashMap};

use dumpedit::Module;
use dumpedit_formats::elf::schema::{auxiliary, image_page};
use dumpedit_formats::model::{Memory, Model, ModuleEntry};

use super::loss::{LossKind, Losses};
use super::made::{MadeKind, Makings};
use super::memory;
use super::source::Source;
use crate::encode::wide;

/// Adds the headers of modules to a core's memory, and counts ids without a place.
pub(super) fn headers(source: &Source<'_>, model: &mut Model, losses: &mut Losses, made: &mut Makings) {
    let with_records = source.model.modules.iter().filter(|listed| listed.code_view.is_some());
    let records: HashMap<u64, &ModuleEntry> =
        with_records.map(|listed| (listed.base.value, listed)).collect();
    let program = source.auxiliary(auxiliary::PHDR);
    let mut pages: BTreeMap<u64, Vec<u8>> = BTreeMap::new();
    for module in source.dump.layout().modules() {
        let record = records.get(&module.base).copied();
        if module.id.is_none() && record.is_none() {
            continue;
        }
        let id = build_id(source, module, record);
        let there = source.image(module.base).and_then(|image| image.build_id);
        if there.is_some() && there.as_ref() == id.as_ref().map(|id| &id.digits) {
            continue;
        }
        let page = id.as_ref().and_then(|id| {
            let page = image_page(&id.digits, module.size.max(1), model.target, model.elf()?).ok()?;
            let end = module.base.checked_add(wide(page.len()))?;
            // In a broken list, two modules may begin in one page.
            let before = pages.range(..end).next_back();
            let reaches = |(at, page): (&u64, &Vec<u8>)| at.saturating_add(wide(page.len())) > module.base;
            let is_free = is_free(&model.memory, module.base, end) && !before.is_some_and(reaches);
            (is_free && !program.is_some_and(|at| (module.base..end).contains(&at))).then_some(page)
        });
        let Some(page) = page else {
            losses.name(LossKind::ModuleId, &module.name);
            continue;
        };
        pages.insert(module.base, page);
        made.name(MadeKind::ModuleHeader, format!("{:#x}", module.base));
        if id.is_some_and(|id| id.is_of_guid) {
            made.name(MadeKind::ModuleGuid, &module.name);
        }
    }
    memory::put_all(&mut model.memory, pages);
}

/// A build id, in hex.
struct BuildId {
    digits: String,
    /// Whether it is only the first 16 bytes, which a GUID has.
    is_of_guid: bool,
}

/// Build id of a module that is an ELF file and whose id the dump has.
fn build_id(source: &Source<'_>, module: &Module, record: Option<&ModuleEntry>) -> Option<BuildId> {
    let id = module.id.as_ref()?;
    if matches!(source.os(), Some("windows" | "macos" | "ios")) {
        return None;
    }
    let record = record.and_then(|record| source.bytes(record.code_view.as_ref()?)).unwrap_or_default();
    let order = source.dump.layout().byte_order();
    let Some(told) = guid_of_build_id(&record, &order.bytes(PDB70, 4)) else {
        let is_build_id = !record.starts_with(&order.bytes(PDB70, 4));
        return is_build_id.then(|| BuildId { digits: id.to_lowercase(), is_of_guid: false });
    };
    // The name beside the id is the file's, which the list has as well.
    let base = module.name.rsplit('/').next().unwrap_or_default();
    let is_known =
        told.name.is_empty() || told.name == base.as_bytes() || told.name == module.name.as_bytes();
    let digits = told.guid.iter().map(|byte| format!("{byte:02x}")).collect();
    is_known.then_some(BuildId { digits, is_of_guid: true })
}

/// `CV_SIGNATURE_RSDS`.
const PDB70: u64 = 0x5344_5352;

/// An ELF file's id in a CodeView record of a PDB file (`CV_INFO_PDB70`).
struct Told<'r> {
    guid: &'r [u8],
    name: &'r [u8],
}

/// The GUID that Breakpad makes of a build id: its first 16 bytes, padded with zeros, and the age 0.
fn guid_of_build_id<'r>(record: &'r [u8], signature: &[u8]) -> Option<Told<'r>> {
    const GUID: usize = 16;
    let rest = record.strip_prefix(signature)?;
    let (guid, rest) = rest.split_at_checked(GUID)?;
    let (age, name) = rest.split_at_checked(4)?;
    let name = name.split(|byte| *byte == 0).next().unwrap_or_default();
    (age == [0; 4] && guid != [0; GUID]).then_some(Told { guid, name })
}

/// Whether no byte of `first..end` is captured.
fn is_free(memory: &[Memory], first: u64, end: u64) -> bool {
    let from = memory.partition_point(|entry| entry.address.saturating_add(entry.captured) <= first);
    let held = memory.get(from..).unwrap_or_default();
    held.iter().take_while(|entry| entry.address < end).all(|entry| entry.captured == 0)
}
