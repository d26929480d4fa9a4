//! Modules that are added and dropped.

use dumpedit_formats::minidump::schema::code_view;
use dumpedit_formats::model::{Content, ModuleEntry};

use super::module_image::drop_module_list;
use super::threads::is_of_linux;
use super::{DumpPart, Structure, StructureError};
use crate::edit::Edit;
use crate::error::Error;

/// A module to add.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct NewModule {
    /// Load address.
    pub base: u64,
    /// Size in memory, in bytes.
    pub size: u64,
    /// Name; mostly a path.
    pub name: String,
    /// Id in hex: a build id, or the GUID and the age of a PDB file. A core has it in the module's memory.
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
    /// Adds a module to the dump's list: the ModuleList of a minidump, or the mapped files of a core (NT_FILE), which are made where there
    /// are none. A core has a module's id in its memory: the page of its header is made where it is not captured.
    ///
    /// # Errors
    /// [`StructureError`]: where the list has a module at that address, where the id is invalid, where the name is empty in a core, and where
    /// the memory of a core has another id.
    pub fn add_module(&mut self, new: &NewModule) -> Result<(), Error> {
        let NewModule { base, size, name, id } = new;
        let dump = self.dump().clone();
        let layout = dump.layout();
        self.restructure(|edit, structure| {
            if structure.new.macho().is_some() {
                return Err(StructureError::Container { format: layout.format() }.into());
            }
            if *size == 0 {
                return Err(StructureError::NoSize { base: *base }.into());
            }
            let last = base.checked_add(size.saturating_sub(1)).filter(|last| *last <= layout.last_address());
            if last.is_none() {
                return Err(StructureError::PastEnd { address: *base, size: *size }.into());
            }
            if structure.new.elf().is_some() {
                edit.add_to_core(structure, new)
            } else {
                let is_elf = !matches!(layout.os(), Some("windows" | "macos" | "ios"));
                let record = |id| code_view(id, name, is_elf, layout.byte_order());
                let code_view = id.as_deref().map(record).transpose();
                let of_id =
                    |problem| StructureError::ModuleId { id: id.clone().unwrap_or_default(), problem };
                let mut module = ModuleEntry::new(*base, *size, name.clone());
                module.code_view = code_view.map_err(of_id)?.map(Content::from);
                let end = structure.new.modules.len();
                Ok(insert(structure, end, module)?)
            }
        })
    }

    fn add_to_core(&mut self, structure: &mut Structure, new: &NewModule) -> Result<(), Error> {
        if !structure.new.threads.iter().all(is_of_linux) {
            return Err(StructureError::OtherSystem.into());
        }
        if new.name.is_empty() {
            return Err(StructureError::NoName { base: new.base }.into());
        }
        self.make_module_list(structure)?;
        let module = ModuleEntry::new(new.base, new.size, new.name.clone());
        // The kernel lists mappings in order, and readers join consecutive ones of one file.
        let at = structure.new.modules.partition_point(|module| module.base.value < new.base);
        insert(structure, at, module.clone())?;
        if let Some(id) = &new.id {
            self.with_build_id(structure, &module, id)?;
        }
        self.map_module(structure, &module);
        Ok(())
    }

    /// Drops the module at a load address from the dump's list; from a core, every mapping of the same file, and the page that
    /// [`Edit::add_module`] made of its id.
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
            // Entries of its name inside of the module's addresses are its mappings.
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
            if structure.new.modules.is_empty() {
                drop_module_list(&mut structure.new);
            }
            structure.dropped(DumpPart::Module { base, size, name });
            edit.drop_made_header(structure, first)?;
            Ok(())
        })
    }
}

/// Puts a module into the list.
fn insert(structure: &mut Structure, at: usize, module: ModuleEntry) -> Result<(), StructureError> {
    let (base, size) = (module.base.value, module.size.value);
    if let Some(known) = structure.new.modules.iter().find(|known| known.base.value == base) {
        return Err(StructureError::ModuleExists { base, name: known.name.value.clone() });
    }
    structure.added(DumpPart::Module { base, size, name: module.name.value.clone() });
    structure.new.modules.insert(at.min(structure.new.modules.len()), module);
    Ok(())
}
