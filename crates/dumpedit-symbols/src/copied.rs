//! Copy relocations: variables of libraries of which the linker made a copy in the program. The linker makes the copy
//! for code that has the variable's address built in. All modules use the copy, and nothing uses the variable in the
//! library.

use dumpedit_layout::{Module, Notice, NoticeKind, Subject};

use crate::module_files::ModuleFile;
use crate::row::RowKind;
use crate::sources::CopiedVariable;
use crate::symbols::{Symbol, SymbolPlace, Symbols};

/// The index of the program in the list of modules.
const PROGRAM: usize = 0;

impl Symbols {
    fn copies(&self) -> &[CopiedVariable] {
        self.copies.get_or_init(|| self.image(PROGRAM).map(ModuleFile::copies).unwrap_or_default())
    }

    fn place_of_copy(&self, copy: &CopiedVariable) -> SymbolPlace {
        let base = self.module(PROGRAM).map_or(0, |module| module.base);
        SymbolPlace::Address(self.cut(base.wrapping_add(copy.offset)))
    }

    /// The program's copy of a library's variable. The copy may have another of the variable's names.
    fn copy_of(&self, symbol: &Symbol) -> Option<&CopiedVariable> {
        if symbol.module == PROGRAM || !matches!(symbol.kind, RowKind::Object | RowKind::Other) {
            return None;
        }
        let is_there = |name: &str| {
            let of_name = self.named(&[symbol.module], name);
            of_name.iter().any(|(other, _)| other.place == symbol.place)
        };
        self.copies().iter().find(|copy| copy.name == symbol.name || is_there(&copy.name))
    }

    /// Removes the library's variables that the program has copies of from several symbols of a name, if a copy is
    /// among them.
    pub(crate) fn leave_copied(&self, found: &mut Vec<(Symbol, &ModuleFile)>) {
        let is_copy = |(symbol, _): &(Symbol, &ModuleFile)| {
            symbol.module == PROGRAM
                && self.copies().iter().any(|copy| self.place_of_copy(copy) == symbol.place)
        };
        if found.len() > 1 && found.iter().any(is_copy) {
            found.retain(|(symbol, _)| self.copy_of(symbol).is_none());
        }
    }

    /// Adds a notice that the program uses its own copy of a library's variable.
    pub(crate) fn tell_copied(&self, symbol: &Symbol) {
        let Some(copy) = self.copy_of(symbol) else { return };
        let (SymbolPlace::Address(of_library), SymbolPlace::Address(address)) =
            (symbol.place, self.place_of_copy(copy))
        else {
            return;
        };
        let called = |module: usize| self.module(module).map_or("", Module::base_name);
        let message = format!(
            "{}!{} at {of_library:#x} is not used, because the program has a copy of it, {}!{} at \
             {address:#x}",
            called(symbol.module),
            symbol.name,
            called(PROGRAM),
            copy.name
        );
        self.push(Notice::new(NoticeKind::CopiedVariable, message).about(Subject::Address(address)));
    }
}
