//! What a path is followed through: the memory of a process and the names in it.

use std::sync::Arc;

use dumpedit_layout::{ByteOrder, Machine};

use super::TypedError;
use crate::error::Refused;
use crate::types::{Language, TypeReader, TypeRef, Variable};

/// The memory of a process.
pub trait ReadMemory {
    /// Reads what is captured at an address, and says how many bytes, from the first one, that was.
    fn read(&self, address: u64, into: &mut [u8]) -> usize;

    /// The same of what no process changes, as the tables of C++ classes: what is not captured may be read in the file that was
    /// loaded there.
    fn read_constant(&self, address: u64, into: &mut [u8]) -> usize {
        self.read(address, into)
    }

    /// The machine that the process ran on.
    fn machine(&self) -> Machine;

    /// The order of the bytes of numbers.
    fn byte_order(&self) -> ByteOrder;

    /// How many bytes an address has.
    fn pointer_width(&self) -> u8;
}

/// Where a name is looked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Within<'a> {
    /// In all modules.
    All,
    /// In the modules that are called so, as a path names them.
    Called(&'a str),
    /// In the module of this number, which a name that was found before said.
    Module(usize),
}

/// What a name in a path stands for.
#[derive(Clone)]
#[non_exhaustive]
pub enum FoundName {
    /// A variable with a type.
    Variable {
        /// The number of its module, by which whoever finds names knows it.
        module: usize,
        /// Where the module begins in memory.
        base: u64,
        /// What has its type.
        reader: Arc<dyn TypeReader>,
        /// The variable. Where it is only declared, whoever finds it has looked for the definition.
        variable: Variable,
    },
    /// A symbol of which only the address is known.
    Symbol {
        /// The number of its module.
        module: usize,
        /// Its name.
        name: String,
        /// Its address.
        address: u64,
        /// The files that were to have its type and were not taken.
        refused: Vec<Refused>,
    },
}

/// The names in the modules of a process.
pub trait Names {
    /// What a name stands for, in all units or in the source file of a name.
    ///
    /// # Errors
    /// Where there is nothing of that name, or several things.
    fn find(&self, within: Within<'_>, unit: Option<&str>, name: &str) -> Result<FoundName, TypedError>;

    /// The type of a name, in all units or in the source file of a name, and what reads it.
    ///
    /// # Errors
    /// Where there is none of that name, or several that differ.
    fn find_type(
        &self,
        within: Within<'_>,
        unit: Option<&str>,
        name: &str,
    ) -> Result<(Arc<dyn TypeReader>, TypeRef, Language), TypedError>;

    /// Where a thread-local variable of a module is, of the chosen thread.
    ///
    /// # Errors
    /// A sentence where that cannot be told.
    fn thread_local(&self, module: usize, offset: u64) -> Result<u64, String>;

    /// What a module is called; `None` where it has no name.
    fn module_name(&self, _module: usize) -> Option<String> {
        None
    }

    /// The symbol that an address lies in, and how many bytes behind its beginning.
    fn symbol_at(&self, address: u64) -> Option<(String, u64)>;
}
