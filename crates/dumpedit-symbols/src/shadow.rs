//! Notices about names that a symbol has and that a register, a module or a region has as well.

use std::fmt;

use dumpedit_layout::{Module, Notice, NoticeKind, Subject};

use crate::module_files::ModuleFiles;
use crate::symbols::{Symbols, locked};
use crate::wanted::Wanted;

/// The largest table of the program that is read only to find such a name, in bytes.
const SMALL: u64 = 1 << 20;
/// The largest table of the module with the name that is read for this, in bytes.
const MOST: u64 = 64 << 20;

/// Another meaning of a symbol's name.
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub enum Shadow<'a> {
    /// The register with the name.
    Register(&'a str),
    /// A module or a region of memory.
    Memory {
        /// The name.
        name: &'a str,
        /// The address of its first byte.
        first: u64,
        /// Whether it is a module.
        is_module: bool,
        /// Whether the module's symbol tables are read to find the name.
        is_searched: bool,
    },
}

impl Shadow<'_> {
    fn name(&self) -> &str {
        match self {
            Shadow::Register(name) | Shadow::Memory { name, .. } => name,
        }
    }

    fn kind(&self) -> NoticeKind {
        match self {
            Shadow::Register(_) => NoticeKind::RegisterFirst,
            Shadow::Memory { .. } => NoticeKind::ModuleFirst,
        }
    }

    /// The largest table of a module that is read only for this, in bytes.
    fn most_read(&self, index: usize, module: &Module) -> u64 {
        match self {
            Shadow::Memory { first, is_searched: true, .. } if module.base == *first => MOST,
            _ if index == 0 => SMALL,
            _ => 0,
        }
    }
}

impl fmt::Display for Shadow<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Shadow::Register(name) => write!(f, "{name} is the register"),
            Shadow::Memory { name, first, is_module, .. } => {
                let what = if *is_module { "module" } else { "region" };
                write!(f, "{name} is the {what} at {first:#x}, as is {name}+0")
            }
        }
    }
}

impl Symbols {
    /// Adds a notice that a name means something else than the symbol with the name. Only these tables are searched:
    /// those that are already read, a small one of the program, and those of the module that the name means, if it is
    /// to be searched.
    pub fn tell_shadowed(&self, by: &Shadow<'_>) {
        let name = by.name();
        if !locked(&self.shadowed).insert(name.to_owned()) {
            return;
        }
        let wanted = Wanted::new(name);
        for (index, module) in self.target().modules.iter().enumerate() {
            let most = by.most_read(index, module);
            let files = if most > 0 { self.files(index) } else { self.opened_files(index) };
            let files = files.into_iter().flat_map(ModuleFiles::files);
            let tables = files.filter_map(|file| match file.cost() <= most {
                true => file.table(),
                false => file.known_table(),
            });
            let Some(row) = tables.flat_map(|table| table.named(&wanted)).next() else { continue };
            let address = self.cut(module.base.wrapping_add(row.offset));
            let symbol = format!("{}!{name}", module.base_name());
            let message = format!("{by}; the symbol of that name is {symbol}, at {address:#x}");
            self.push(Notice::new(by.kind(), message).about(Subject::Address(address)));
            return;
        }
    }

    /// Adds a notice that a name means a symbol, and not the register with the name.
    pub fn tell_register(&self, register: &str, address: u64) {
        let message =
            format!("{register} is the symbol of that name, at {address:#x}; the register is @{register}");
        self.push(Notice::new(NoticeKind::RegisterFirst, message).about(Subject::Address(address)));
    }
}
