//! The interfaces through which a path is followed: the memory of a process, and its names.

use std::sync::Arc;

use dumpedit_layout::{ByteOrder, Machine};

use super::TypedError;
use crate::error::Refused;
use crate::types::{Language, StaticMember, TypeReader, TypeRef, Variable};

/// The memory of a process.
pub trait ReadMemory {
    /// Reads what is captured at an address, and returns the number of bytes read from the first one on.
    fn read(&self, address: u64, into: &mut [u8]) -> usize;

    /// The same for bytes that no process changes, such as the virtual tables of C++ classes. What is not captured may
    /// be read from the file that was loaded there.
    fn read_constant(&self, address: u64, into: &mut [u8]) -> usize {
        self.read(address, into)
    }

    /// The machine that the process ran on.
    fn machine(&self) -> Machine;

    /// The byte order of numbers.
    fn byte_order(&self) -> ByteOrder;

    /// The size of an address in bytes.
    fn pointer_width(&self) -> u8;
}

/// The modules in which a name is looked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Within<'a> {
    /// In all modules.
    All,
    /// The modules with the name that a path gives.
    Called(&'a str),
    /// The module with an index, in which an earlier name was found.
    Module(usize),
}

/// The meaning of a name in a path.
#[derive(Clone)]
#[non_exhaustive]
pub enum FoundName {
    /// A variable with a type.
    Variable {
        /// The index of its module, as the implementation of [`Names`] numbers it.
        module: usize,
        /// The base address of the module.
        base: u64,
        /// The reader of its type.
        reader: Arc<dyn TypeReader>,
        /// The variable. If it is only declared, its definition has already been looked for.
        variable: Variable,
    },
    /// A symbol with an address but no type.
    Symbol {
        /// The index of its module.
        module: usize,
        /// Its name.
        name: String,
        /// Its address.
        address: u64,
        /// The files that should have its type and were refused.
        refused: Vec<Refused>,
    },
}

/// The names in the modules of a process.
pub trait Names {
    /// The meaning of a name, in all units or in a source file.
    ///
    /// # Errors
    /// Fails if nothing has the name, or if several things have it.
    fn find(&self, within: Within<'_>, unit: Option<&str>, name: &str) -> Result<FoundName, TypedError>;

    /// The variable of a static member of a class that `reader` has read, of a value in a module.
    ///
    /// # Errors
    /// As [`Names::find`].
    fn find_static(
        &self,
        module: Option<usize>,
        _reader: &Arc<dyn TypeReader>,
        member: &StaticMember,
    ) -> Result<FoundName, TypedError> {
        self.find(module.map_or(Within::All, Within::Module), None, &member.name)
    }

    /// The type with a name, in all units or in a source file, and its reader.
    ///
    /// # Errors
    /// Fails if no type has the name, or if several different types have it.
    fn find_type(
        &self,
        within: Within<'_>,
        unit: Option<&str>,
        name: &str,
    ) -> Result<(Arc<dyn TypeReader>, TypeRef, Language), TypedError>;

    /// The address of a module's thread-local variable in the chosen thread.
    ///
    /// # Errors
    /// A sentence that says why the address is not known.
    fn thread_local(&self, module: usize, offset: u64) -> Result<u64, String>;

    /// The name of a module; `None` if it has none.
    fn module_name(&self, _module: usize) -> Option<String> {
        None
    }

    /// The symbol at an address, and the offset in bytes in it.
    fn symbol_at(&self, address: u64) -> Option<(String, u64)>;
}
