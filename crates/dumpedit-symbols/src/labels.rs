//! Labels of addresses. A label means its address and no other, wherever a name may be written.

use dumpedit_layout::Module;

use crate::function_copies;
use crate::path::{Path, PathRoot};
use crate::row::RowKind;
use crate::source_files::file_names;
use crate::symbols::{Labelled, Symbol, SymbolPlace, Symbols, locked};
use crate::typed::FoundName;
use crate::types::{PointerKind, Shape, VariableLocation, unaliased};

/// The most symbols whose labels are remembered.
const MOST_REMEMBERED: usize = 1 << 16;

impl Symbols {
    /// The label of an address for which [`Symbols::label`] finds a symbol: `app!main+0x4`. If other symbols of the
    /// module have the same name, the label has what distinguishes it: its version, its source file
    /// (`app!'b.c'::helper+0x4`), or the linker's name. If no name is unique, the label is an offset from the module's
    /// base: `app+0x1234`. `None` if the name of the module is not unique either.
    pub fn called(&self, address: u64) -> Option<String> {
        let label = self.label(address)?;
        let index = self.module_before(address)?;
        let begins = address.wrapping_sub(label.offset);
        let known = locked(&self.called).get(&begins).cloned();
        let name = known.unwrap_or_else(|| {
            let name = self.own_name(index, &label, begins);
            let mut remembered = locked(&self.called);
            if remembered.len() < MOST_REMEMBERED {
                remembered.insert(begins, name.clone());
            }
            name
        });
        let (place, offset) = match name {
            Some(name) => (name, label.offset),
            None => (self.own_module_name(index)?.to_owned(), address.wrapping_sub(self.base(index))),
        };
        Some(if offset > 0 { format!("{place}+{offset:#x}") } else { place })
    }

    /// The name of a module, if no other module has it.
    fn own_module_name(&self, index: usize) -> Option<&str> {
        let module: &Module = self.module(index)?;
        [module.base_name(), &module.name].into_iter().find(|name| self.module_called(name) == Ok(index))
    }

    /// A name that only this symbol has, after that of its module.
    fn own_name(&self, index: usize, label: &Labelled<'_>, begins: u64) -> Option<String> {
        let module = self.own_module_name(index)?;
        let versioned = label.version.iter().map(|version| format!("{}@{version}", label.stored_name));
        let files = label.unit.iter().flat_map(|unit| file_names(unit));
        let (bare, _) = function_copies::split(&label.name);
        let in_file = files.map(|file| format!("'{file}'::{bare}"));
        let plain = std::iter::once(label.name.clone()).chain(versioned);
        let is_alone = |name: &String| self.only_of_name(index, name, begins);
        let mut names =
            plain.filter(is_alone).chain(in_file.filter(|name| self.only_of_file(index, name, begins)));
        let mut linked = std::iter::once(label.stored_name.clone()).filter(is_alone);
        let name = names.next().or_else(|| linked.next())?;
        Some(format!("{module}!{name}"))
    }

    /// Whether a name in a module means what begins at an address, and nothing else.
    fn only_of_name(&self, index: usize, name: &str, begins: u64) -> bool {
        match self.named(&[index], name).as_slice() {
            [(only, _)] => only.place == SymbolPlace::Address(begins) && !self.is_elsewhere(only, name),
            _ => false,
        }
    }

    /// The same for a name with its source file.
    fn only_of_file(&self, index: usize, text: &str, begins: u64) -> bool {
        let path = Path::parse(text).ok().filter(Path::is_name);
        let Some(PathRoot::Name { module: None, unit: Some(unit), name }) = path.map(|path| path.root) else {
            return false;
        };
        match self.of_file(&self.named(&[index], &name), &unit, &name).as_slice() {
            [(only, _)] => only.place == SymbolPlace::Address(begins) && !self.is_elsewhere(only, &name),
            _ => false,
        }
    }

    /// Whether the value that a symbol's name means is not at the symbol's address. This is so for a C++ reference, and
    /// for a value that the compiler keeps in another form. Debug information is read only for a symbol that may be one
    /// of these: one of a pointer's size, or of one byte.
    fn is_elsewhere(&self, symbol: &Symbol, name: &str) -> bool {
        let is_kept =
            symbol.size.is_none_or(|size| size == u64::from(self.target().pointer_width) || size == 1);
        if symbol.kind == RowKind::Function || !is_kept {
            return false;
        }
        let Ok(FoundName::Variable { reader, variable, .. }) = self.of_symbol(symbol, name) else {
            return false;
        };
        let is_reference = |shape: &Shape| {
            matches!(
                shape,
                Shape::Pointer { kind: PointerKind::Reference | PointerKind::RvalueReference, .. }
            )
        };
        !matches!(variable.location, VariableLocation::Offset(_))
            || unaliased(&*reader, &variable.of).is_ok_and(|of| is_reference(&of.shape))
    }
}
