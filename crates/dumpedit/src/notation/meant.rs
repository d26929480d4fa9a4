//! Guesses what a text in another debugger's notation means that names nothing in a dump.

use std::iter;

use crate::error::Meant;
use crate::notation::scope::Scope;
use crate::notation::{hex_digits, similar, terms};

impl Scope<'_> {
    /// Whether symbols are on.
    fn knows_symbols(&self) -> bool {
        #[cfg(feature = "symbols")]
        return self.dump().named_symbols().is_some();
        #[cfg(not(feature = "symbols"))]
        false
    }

    /// The probable meaning, in another debugger's notation, of a text that names no module.
    pub(super) fn meant(&self, text: &str) -> Option<Meant> {
        let pointed = text.strip_prefix('*').or_else(|| text.strip_prefix("poi(")?.strip_suffix(')'));
        if let Some(inside) = pointed {
            let meant = self.meant(inside).map_or(inside.to_owned(), |meant| meant.instead);
            let instead = format!("[{meant}]");
            let hint = format!("for the pointer that is stored there, write {instead}");
            return Some(Meant { text: text.to_owned(), instead, hint });
        }
        let registers = self.layout().machine_of(self.context()).registers();
        for (name, _) in terms::splits(text) {
            let register = name.trim_start_matches(['$', '%']);
            if registers.part(register).is_some() {
                let terms = text.get(name.len()..)?;
                let instead = format!("@{register}{terms}");
                let hint = format!("for the address that the register holds, write {instead}");
                return Some(Meant { text: text.to_owned(), instead, hint });
            }
        }
        let named = |name: &str| self.module(name).is_ok() || self.layout().mapping_named(name).is_some();
        if let Some((module, offset)) = text.rsplit_once(['!', '+']) {
            let digits = offset.strip_prefix("0x").unwrap_or(offset);
            if hex_digits(digits).is_some() && named(module) {
                let instead = format!("{module}+0x{digits}");
                let hint = format!("offsets are decimal, or hex after 0x: {instead}");
                return Some(Meant { text: text.to_owned(), instead, hint });
            }
        }
        if let Some((module, _)) =
            text.split_once('!').filter(|(module, _)| !self.knows_symbols() && named(module))
        {
            let hint = format!("names inside a module are unknown without symbols: write {module}+0xOFFSET");
            return Some(Meant { text: text.to_owned(), instead: text.to_owned(), hint });
        }
        let (base, _) = terms::splits(text).last().filter(|(base, _)| !base.starts_with(['0', '@']))?;
        let terms = text.get(base.len()..)?;
        let bracketed = format!("[{base}]");
        let instead = if named(&bracketed) {
            bracketed
        } else if hex_digits(base).is_some() && base.len() > 3 {
            format!("0x{base}")
        } else {
            let modules = self.layout().modules();
            let names =
                modules.iter().flat_map(|module| iter::once(module.base_name()).chain(module.stems()));
            let names: Vec<&str> = names.collect();
            let register = similar::register(self.layout().machine_of(self.context()), base);
            #[cfg(feature = "symbols")]
            let symbol = || self.similar_symbol(base).or_else(|| self.similar_path(base));
            #[cfg(not(feature = "symbols"))]
            let symbol = || None;
            match similar::word(base, &names).map(str::to_owned).or_else(symbol) {
                Some(name) => name,
                None => format!("@{}", register.filter(|_| base.len() > 2)?),
            }
        };
        let instead = format!("{instead}{terms}");
        Some(Meant { text: text.to_owned(), hint: format!("did you mean {instead}?"), instead })
    }
}
