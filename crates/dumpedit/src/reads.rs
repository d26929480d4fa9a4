//! Reads of a dump: its file, its memory and its registers.

use std::sync::PoisonError;

use dumpedit_formats::mapped::{ProcessMemory, Reading};
use dumpedit_layout::{Context, Location, Notice, Outcome, RegisterPart, Resolved};

use crate::dump::Dump;
use crate::error::Error;
use crate::number::RegisterValue;
use crate::store::source::Source;
use crate::view::{HeldRegister, Pointers};

impl ProcessMemory for Dump {
    fn read_memory(&self, address: u64, into: &mut [u8]) -> usize {
        let outcome = self.read_bytes(Context::Process, address, into);
        outcome.map_or(0, |outcome| usize::try_from(outcome.completed).unwrap_or(0))
    }
}

impl Dump {
    /// Reads memory through addresses in it, up to a budget of bytes.
    pub fn reading(&self) -> Reading<'_> {
        Reading::new(self, self.layout())
    }

    /// A copy of all the dump's bytes.
    ///
    /// # Errors
    /// [`Error::Io`] where the file cannot be read any more.
    pub fn to_bytes(&self) -> Result<Vec<u8>, Error> {
        if let Source::Memory(bytes) = self.source() {
            return Ok(bytes.read().unwrap_or_else(PoisonError::into_inner).clone());
        }
        let len = self.layout().file_size();
        let mut bytes = vec![0; usize::try_from(len).unwrap_or(usize::MAX)];
        self.view().file_bytes(0, &mut bytes)?;
        Ok(bytes)
    }

    /// Reads bytes of the file itself, whatever they are part of.
    ///
    /// # Errors
    /// [`Error::Io`] where the file is shorter.
    pub fn read_file(&self, file_offset: u64, into: &mut [u8]) -> Result<(), Error> {
        self.view().file_bytes(file_offset, into)
    }

    /// Reads bytes from an address or a register into a buffer. Where the outcome is partial, the rest of the buffer is unchanged.
    ///
    /// # Errors
    /// [`Error::Access`] where not even the first byte is in the dump.
    pub fn read_bytes(
        &self,
        context: Context,
        at: impl Into<Location>,
        into: &mut [u8],
    ) -> Result<Outcome, Error> {
        self.view().read_bytes(context, at.into(), into)
    }

    /// Reads pointers of the target's width, zero-extended. The outcome counts bytes; only whole pointers are returned.
    ///
    /// # Errors
    /// As [`Dump::read_bytes`].
    pub fn read_pointers(
        &self,
        context: Context,
        at: impl Into<Location>,
        count: usize,
    ) -> Result<Pointers, Error> {
        self.view().read_pointers(context, at.into(), count)
    }

    /// Reads a register, a sub-register or a lane (`rip`, `eax`, `zf`, `xmm0.u32.2`) by name, in the record of
    /// [`Layout::context_of_name`](crate::Layout::context_of_name).
    ///
    /// # Errors
    /// [`AccessError::NoSuchRegister`](crate::AccessError::NoSuchRegister),
    /// [`AccessError::NotPresent`](crate::AccessError::NotPresent), and those of a bad context.
    pub fn read_register(&self, context: Context, name: &str) -> Result<RegisterValue, Error> {
        self.view().read_register(context, name)
    }

    /// The register, sub-register or lane with a name, to make a [`Location`] in a register of, in the record of
    /// [`Layout::context_of_name`](crate::Layout::context_of_name).
    ///
    /// # Errors
    /// [`AccessError::NoSuchRegister`](crate::AccessError::NoSuchRegister), and those of a bad context.
    pub fn register(&self, context: Context, name: &str) -> Result<RegisterPart, Error> {
        Ok(self.view().named(context, name)?.1)
    }

    /// Every register in the context's record: the whole ones, and vectors at every width.
    ///
    /// # Errors
    /// [`AccessError::NoRecord`](crate::AccessError::NoRecord) where the thread has no such record.
    pub fn registers(&self, context: Context) -> Result<Vec<HeldRegister>, Error> {
        self.view().registers(context)
    }

    /// A notice of copies of a resolved range that differ; very long ranges are not compared.
    ///
    /// # Errors
    /// [`Error::Io`] where the file cannot be read.
    pub fn differing_copies(&self, resolved: &Resolved) -> Result<Option<Notice>, Error> {
        self.view().differing_copies(resolved)
    }
}
