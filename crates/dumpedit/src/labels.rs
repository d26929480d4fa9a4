//! What stands at an address, in the words of the symbols at hand.

use crate::dump::Dump;

impl Dump {
    /// The symbol that an address is in, as a place of the [notation](crate::notation) that means this address alone: `app!main+0x4`,
    /// `app!'b.c'::helper+0x4` where other source files have that name, too, and `app+0x1234` where no name means it alone. `None`
    /// where the dump has no symbols, or none at hand that surely are the module's.
    pub fn label(&self, address: u64) -> Option<String> {
        #[cfg(feature = "symbols")]
        {
            self.named_symbols()?.called(address)
        }
        #[cfg(not(feature = "symbols"))]
        {
            let _ = address;
            None
        }
    }
}
