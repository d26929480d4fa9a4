//! What is to be known of a process to find its symbols.

use dumpedit_layout::{ByteOrder, Layout, Machine, Module};

/// A process, as its symbols are looked for.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct SymbolTarget {
    /// Its machine.
    pub machine: Machine,
    /// The order of the bytes of its numbers.
    pub byte_order: ByteOrder,
    /// The size of its pointers, in bytes: 4 or 8.
    pub pointer_width: u8,
    /// Whether names of files do not tell small letters from capitals.
    pub any_case: bool,
    /// Its modules.
    pub modules: Vec<Module>,
}

impl SymbolTarget {
    /// A process without modules.
    pub fn new(machine: Machine, byte_order: ByteOrder, pointer_width: u8) -> SymbolTarget {
        SymbolTarget { machine, byte_order, pointer_width, any_case: false, modules: Vec::new() }
    }

    /// The process of a dump.
    pub fn of(layout: &Layout) -> SymbolTarget {
        SymbolTarget {
            any_case: layout.os().is_some_and(|os| os.eq_ignore_ascii_case("windows")),
            modules: layout.modules().to_vec(),
            ..SymbolTarget::new(layout.machine(), layout.byte_order(), layout.pointer_width())
        }
    }
}
