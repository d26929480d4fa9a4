//! The process whose symbols are looked for.

use dumpedit_layout::{ByteOrder, Layout, Machine, Module};

/// A process, as the search for its symbols sees it.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct SymbolTarget {
    /// The machine.
    pub machine: Machine,
    /// The byte order of numbers.
    pub byte_order: ByteOrder,
    /// The size of pointers in bytes: 4 or 8.
    pub pointer_width: u8,
    /// Whether the case of letters in file names is ignored.
    pub any_case: bool,
    /// The modules.
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
