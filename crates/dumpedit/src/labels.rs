//! Labels of addresses, by the symbols of the dump.

use crate::dump::Dump;

impl Dump {
    /// The symbol that contains an address, as a place of the [notation](crate::notation) that means this address only: `app!main+0x4`,
    /// `app!'b.c'::helper+0x4` where other source files have that name as well, and `app+0x1234` where no name is unique. `None` where the
    /// dump has no symbols that certainly belong to the module.
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
