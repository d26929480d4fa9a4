//! What tells one build of a module from another.

use std::fmt;

/// What a symbol file says which build it belongs to, in the words that dumps use.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Identity {
    /// The note NT_GNU_BUILD_ID of ELF, or the uuid of Mach-O.
    BuildId(Vec<u8>),
    /// The GUID and age of a PDB.
    Pdb {
        /// The GUID's bytes in the order in which it is written as text.
        guid: [u8; 16],
        /// The age.
        age: u32,
    },
}

impl fmt::Display for Identity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let hex = |f: &mut fmt::Formatter<'_>, bytes: &[u8]| {
            bytes.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
        };
        match self {
            Identity::BuildId(bytes) => hex(f, bytes),
            Identity::Pdb { guid, age } => {
                hex(f, guid)?;
                write!(f, "-{age:x}")
            }
        }
    }
}
