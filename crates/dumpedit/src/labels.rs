//! What stands at an address, in the words of the symbols at hand.

use crate::dump::Dump;

impl Dump {
    /// The symbol that an address is in, as a place of the [notation](crate::notation): `app!main+0x4`. `None` where the dump
    /// has no symbols, or none at hand that surely are the module's.
    pub fn label(&self, address: u64) -> Option<String> {
        #[cfg(feature = "symbols")]
        {
            let found = self.named_symbols()?.label(address)?;
            let offset = if found.offset > 0 { format!("+{:#x}", found.offset) } else { String::new() };
            Some(format!("{}!{}{offset}", found.module.base_name(), found.name))
        }
        #[cfg(not(feature = "symbols"))]
        {
            let _ = address;
            None
        }
    }
}
