//! Bounded reads of a dump's own bytes.

use std::cell::Cell;
use std::rc::Rc;

use dumpedit::{ByteOrder, Dump};

use super::options::DescribeOptions;
use crate::encode::narrow;
use crate::error::{FixtureError, Problem};
use crate::spec::{ContentSpec, Data, DumpBytes};

/// Default limit of a spec's size, in bytes, for a file size in bytes.
fn usual_limit(file_size: u64) -> u64 {
    file_size.saturating_mul(4).saturating_add(16 << 20)
}

/// A dump's file.
#[derive(Clone)]
pub(crate) struct Raw {
    pub(super) dump: Dump,
    pub(super) order: ByteOrder,
    /// Size of the file, in bytes.
    pub(super) size: u64,
    /// Size of all contents together, in bytes.
    told: Rc<Cell<u64>>,
}

impl Raw {
    pub(crate) fn of(dump: &Dump) -> Raw {
        let layout = dump.layout();
        let told = Rc::default();
        Raw { dump: dump.clone(), order: layout.byte_order(), size: layout.file_size(), told }
    }

    /// Counts bytes that the spec will hold.
    pub(super) fn tell(&self, size: u64) {
        self.told.set(self.told.get().saturating_add(size));
    }

    /// Refuses a spec that holds the same bytes over and over, because many structures overlap.
    pub(super) fn check_size(&self, options: &DescribeOptions) -> Result<(), FixtureError> {
        let limit = options.max_size.unwrap_or_else(|| usual_limit(self.size));
        match self.told.get() {
            size if size > limit => Err(Problem::SpecTooLarge { size, limit }.into()),
            _ => Ok(()),
        }
    }

    /// The number of `size` bytes at an offset that are in the file.
    pub(super) fn held(&self, offset: u64, size: u64) -> u64 {
        self.size.saturating_sub(offset).min(size)
    }

    /// Bytes of the file, where all of them are in it.
    pub(crate) fn bytes(&self, offset: u64, size: u64) -> Option<Vec<u8>> {
        if self.held(offset, size) < size {
            return None;
        }
        let mut bytes = vec![0; narrow(size)];
        self.dump.read_file(offset, &mut bytes).ok()?;
        Some(bytes)
    }

    /// Bytes of the file as a content that stays there, as far as they are in it.
    pub(super) fn content(&self, offset: u64, size: u64) -> ContentSpec {
        let mut content = ContentSpec::default();
        let size = self.held(offset, size);
        if size > 0 {
            self.tell(size);
            content
                .push(Some(0), Data::Dump(DumpBytes { dump: self.dump.clone(), file_offset: offset, size }));
        }
        content
    }

    /// The same for small structures; empty where all of it is zero.
    pub(super) fn unless_zero(&self, offset: u64, size: u64) -> ContentSpec {
        match self.bytes(offset, size) {
            Some(bytes) if bytes.iter().all(|byte| *byte == 0) => ContentSpec::default(),
            _ => self.content(offset, size),
        }
    }
}
