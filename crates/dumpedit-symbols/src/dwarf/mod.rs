//! A reader of types and variables in DWARF 4 and 5, in the program's own file or a separate one, in ELF, PE and
//! Mach-O.
//!
//! No section is read whole. Units are walked through windows of some KiB, and strings are read through a small cache.
//! A unit is searched only if its bytes can contain the name that is asked for.

mod aliases;
mod convert;
mod elsewhere;
mod expressions;
mod index;
mod members;
mod name;
mod object_file;
mod places;
mod ranges;
mod reading;
mod scopes;
mod search;
mod section;
mod sizes;
mod templates;
mod types;
mod unit;
mod variables;
mod walk;

use std::path::PathBuf;
use std::sync::Arc;

use dumpedit_layout::ByteOrder;

use crate::SymbolFile;
use crate::types::{Language, TypeError, TypeReader, TypeRef, ValueType, Variable};
use object_file::ObjectFile;
use reading::Reading;

/// The DWARF of one module.
#[derive(Debug)]
pub struct Dwarf {
    reading: Reading,
}

impl Dwarf {
    /// Reads the tables of an ELF, PE or Mach-O file. `None` if the file is of another kind or has no DWARF.
    ///
    /// Files that the debug information refers to (.dwo, .dwp, those of dwz) are looked for at the path that it gives,
    /// beside the file, and in these directories.
    ///
    /// # Errors
    /// Fails if the system cannot read the file, or if the file's tables are damaged.
    pub fn open(file: Arc<SymbolFile>, directories: Vec<PathBuf>) -> Result<Option<Dwarf>, TypeError> {
        let object = ObjectFile::open(file)?.filter(|object| object.section("debug_info").is_some());
        Ok(object.map(|object| Dwarf { reading: Reading::new(Arc::new(object), directories) }))
    }

    /// The byte order of numbers in the module.
    pub fn byte_order(&self) -> ByteOrder {
        self.reading.main.byte_order
    }
}

impl TypeReader for Dwarf {
    fn read(&self, type_: &TypeRef) -> Result<Arc<ValueType>, TypeError> {
        match type_ {
            TypeRef::Void => Ok(ValueType::void()),
            TypeRef::Known(known) => Ok(Arc::clone(known)),
            TypeRef::Key(key) => self.reading.read_type(*key),
        }
    }

    fn definition(&self, declared: &ValueType) -> Result<Option<Arc<ValueType>>, TypeError> {
        self.reading.definition_of(declared)
    }

    fn variables(&self, name: &str) -> Result<Vec<Variable>, TypeError> {
        self.reading.through_aliases(name, |name| self.reading.variables_of(name))
    }

    fn functions(&self, name: &str) -> Result<Vec<Variable>, TypeError> {
        self.reading.through_aliases(name, |name| self.reading.functions_of(name))
    }

    fn variables_ending(&self, last: &str) -> Result<Vec<Variable>, TypeError> {
        self.reading.variables_ending(last)
    }

    fn variables_linked(&self, symbol: &str) -> Result<Vec<Variable>, TypeError> {
        self.reading.variables_linked(symbol)
    }

    fn completing(&self, entry: u64) -> Result<Vec<Variable>, TypeError> {
        self.reading.completing(entry)
    }

    fn types(&self, name: &str) -> Result<Vec<TypeRef>, TypeError> {
        self.reading.through_aliases(name, |name| self.reading.types_of(name))
    }

    fn language(&self, type_: &TypeRef) -> Result<Option<Language>, TypeError> {
        match type_ {
            TypeRef::Key(key) => Ok(Some(self.reading.place(*key)?.unit.language)),
            _ => Ok(None),
        }
    }

    fn types_in(&self, name: &str, file: &str) -> Result<Vec<TypeRef>, TypeError> {
        self.reading.through_aliases(name, |name| self.reading.types_in(name, file))
    }

    fn unit_of(&self, type_: &TypeRef) -> Result<String, TypeError> {
        match type_ {
            TypeRef::Key(key) => Ok(self.reading.place(*key)?.unit.addresses.name.clone()),
            TypeRef::Void | TypeRef::Known(_) => Ok(String::new()),
        }
    }

    fn near(&self, name: &str) -> Result<Vec<String>, TypeError> {
        self.reading.near_names(name)
    }
}
