//! Modules that are added and dropped.

use dumpedit_formats::minidump::schema::code_view;
use dumpedit_formats::model::{Content, ModuleEntry};

use super::{DumpPart, StructureError};
use crate::edit::Edit;
use crate::error::Error;

/// A module to be added.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct NewModule {
    /// Its load address.
    pub base: u64,
    /// Its size in memory, in bytes.
    pub size: u64,
    /// Its name; mostly a path.
    pub name: String,
    /// Its id, which only minidumps have: a build id, or the GUID and the age of a PDB file, in hex.
    pub id: Option<String>,
}

impl NewModule {
    /// A module without an id.
    pub fn new(base: u64, size: u64, name: impl Into<String>) -> NewModule {
        NewModule { base, size, name: name.into(), id: None }
    }

    /// The same with an id.
    #[must_use]
    pub fn with_id(self, id: impl Into<String>) -> NewModule {
        NewModule { id: Some(id.into()), ..self }
    }
}

impl Edit {
    /// Adds a module to the dump's list: the ModuleList of a minidump, the mapped files of a core (NT_FILE).
    ///
    /// # Errors
    /// [`StructureError`]: where the list has a module at that address, and where the id is none.
    pub fn add_module(&mut self, new: &NewModule) -> Result<(), Error> {
        let NewModule { base, size, name, id } = new;
        self.restructure(|edit, structure| {
            let layout = edit.dump().layout();
            if structure.new.macho().is_some() {
                return Err(StructureError::Container { format: layout.format() }.into());
            }
            let last = base.checked_add(size.saturating_sub(1)).filter(|last| *last <= layout.last_address());
            if last.is_none() || *size == 0 {
                return Err(StructureError::PastEnd { address: *base, size: *size }.into());
            }
            if let Some(known) = structure.new.modules.iter().find(|module| module.base.value == *base) {
                let name = known.name.value.clone();
                return Err(StructureError::ModuleExists { base: *base, name }.into());
            }
            let mut module = ModuleEntry::new(*base, *size, name.clone());
            if let Some(id) = id {
                if structure.new.minidump().is_none() {
                    return Err(StructureError::NoModuleIds.into());
                }
                let is_elf = !matches!(layout.os(), Some("windows" | "macos" | "ios"));
                let record = code_view(id, name, is_elf, layout.byte_order())
                    .map_err(|problem| StructureError::ModuleId { id: id.clone(), problem })?;
                module.code_view = Some(Content::from(record));
            }
            let mut at = structure.new.modules.len();
            if structure.new.minidump().is_none() {
                // The kernel lists mappings in order, and readers join those of one file that follow one another.
                at = structure.new.modules.partition_point(|module| module.base.value < *base).min(at);
                if structure.new.modules.is_empty() {
                    return Err(StructureError::NoModuleList.into());
                }
            }
            structure.new.modules.insert(at.min(structure.new.modules.len()), module);
            structure.added(DumpPart::Module { base: *base, size: *size, name: name.clone() });
            Ok(())
        })
    }

    /// Takes the module at a load address out of the dump's list; of a core, every mapping of the same file.
    ///
    /// # Errors
    /// [`StructureError::ModuleNotListed`] where the list has none there.
    pub fn drop_module(&mut self, base: u64) -> Result<(), Error> {
        self.restructure(|edit, structure| {
            if structure.changes.iter().any(|change| change.added) {
                return Err(StructureError::DropFirst.into());
            }
            let listed = edit.dump().layout().modules().iter().find(|module| module.base == base);
            let is_core = structure.new.minidump().is_none();
            let modules = &mut structure.new.modules;
            let count = modules.len();
            // What begins in the module's addresses and has its name is a mapping of it.
            let in_module = |module: &ModuleEntry| match listed {
                Some(listed) if is_core => {
                    let within = module.base.value.checked_sub(listed.base);
                    module.name.value == listed.name
                        && within.is_some_and(|within| within < listed.size.max(1))
                }
                _ => module.base.value == base,
            };
            let gone: Vec<ModuleEntry> = modules.extract_if(.., |module| in_module(module)).collect();
            let Some(first) = gone.first().filter(|_| modules.len() < count) else {
                return Err(StructureError::ModuleNotListed { base }.into());
            };
            let (name, size) = (first.name.value.clone(), first.size.value);
            let size = listed.map_or(size, |listed| listed.size);
            structure.dropped(DumpPart::Module { base, size, name });
            Ok(())
        })
    }
}
