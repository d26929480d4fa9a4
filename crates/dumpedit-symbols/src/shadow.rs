//! What comes before a symbol of its name, and what a symbol comes before.

use std::fmt;

use dumpedit_layout::{Module, Notice, NoticeKind, Subject};

use crate::module_files::ModuleFiles;
use crate::symbols::{Symbols, locked};
use crate::wanted::Wanted;

/// Tables of more bytes are not read only to tell that they have a name, too.
const SMALL: u64 = 1 << 20;
/// Tables of more bytes are not read for that even of the module that was meant.
const MOST: u64 = 64 << 20;

/// What a name means that a symbol has, too.
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub enum Shadow<'a> {
    /// The register of that name.
    Register(&'a str),
    /// A module or a region of memory.
    Memory {
        /// The name.
        name: &'a str,
        /// Where it begins.
        first: u64,
        /// Whether it is a module.
        is_module: bool,
        /// Whether its tables are read to find out.
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

    /// How large the tables of a module may be that are read only for this.
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
                write!(f, "{name} is the {what} at {first:#x}, which {name}+0 means as well")
            }
        }
    }
}

impl Symbols {
    /// Says that something else was meant by a name that a symbol has, too, where that costs next to nothing to tell: in tables
    /// that were read already, in a small one of the program, and in those of the module that was meant where that is searched.
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

    /// Says that a symbol was meant by a name that a register has, too.
    pub fn tell_register(&self, register: &str, address: u64) {
        let message =
            format!("{register} is the symbol of that name, at {address:#x}; the register is @{register}");
        self.push(Notice::new(NoticeKind::RegisterFirst, message).about(Subject::Address(address)));
    }
}
