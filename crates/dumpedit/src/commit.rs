//! The commit: the one place where a dump's file is changed.

use std::fs::{File, OpenOptions};
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{PoisonError, RwLockWriteGuard};

use dumpedit_layout::Notice;

use crate::edit::{Change, Edit};
use crate::error::CommitError;
use crate::output::{self, OutputOptions};
use crate::pending::Extent;
use crate::platform::{self, Identity};
use crate::source::Source;

/// What a commit did.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Receipt {
    /// The bytes that changed, in the order they were asked for.
    pub changes: Vec<Change>,
    /// What the user should know.
    pub notices: Vec<Notice>,
}

/// How a commit is done.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct CommitOptions {
    /// Whether the file is made durable before the commit returns. Default: yes.
    pub sync: bool,
}

impl Default for CommitOptions {
    fn default() -> Self {
        CommitOptions { sync: true }
    }
}

impl CommitOptions {
    /// Whether the file is made durable before the commit returns.
    pub fn sync(self, sync: bool) -> Self {
        CommitOptions { sync }
    }
}

impl Edit {
    /// Writes the edit into the dump, in place. The file's length never changes.
    ///
    /// # Errors
    /// [`CommitError`]; every variant says what the file holds afterwards.
    pub fn commit(self) -> Result<Receipt, CommitError> {
        self.commit_with(CommitOptions::default())
    }

    /// Writes the edit into the dump in place, with other rules than the default ones.
    ///
    /// # Errors
    /// As [`Edit::commit`].
    pub fn commit_with(self, options: CommitOptions) -> Result<Receipt, CommitError> {
        let dump = self.dump().clone();
        let (extents, receipt) = self.into_extents();
        if extents.is_empty() {
            return Ok(receipt);
        }
        let path = dump.path().map(Path::to_owned);
        match dump.source() {
            Source::Memory(bytes) => {
                let mut store = bytes.write().unwrap_or_else(PoisonError::into_inner);
                patch(&mut store, &extents, options, &path)?;
            }
            Source::Unnamed(_) => return Err(CommitError::NoName),
            Source::File { identity, path: name, .. } => {
                let mut store = reopen(name, *identity, dump.layout().file_size())?;
                patch(&mut store, &extents, options, &path)?;
            }
        }
        Ok(receipt)
    }

    /// Leaves the dump alone and writes an edited copy.
    ///
    /// # Errors
    /// [`CommitError::OutputExists`], [`CommitError::OutputIsInput`], or [`CommitError::Output`]: then no file is left
    /// behind.
    pub fn commit_to(self, path: impl AsRef<Path>) -> Result<Receipt, CommitError> {
        self.commit_to_with(path, OutputOptions::default(), &mut |_| std::ops::ControlFlow::Continue(()))
    }

    /// Leaves the dump alone and writes an edited copy, with other rules than the default ones, and tells of the
    /// progress at most once a MiB.
    ///
    /// # Errors
    /// As [`Edit::commit_to`], and [`CommitError::Cancelled`] where `progress` breaks off.
    pub fn commit_to_with(
        self,
        path: impl AsRef<Path>,
        options: OutputOptions,
        progress: &mut crate::ProgressFn<'_>,
    ) -> Result<Receipt, CommitError> {
        let dump = self.dump().clone();
        let (extents, receipt) = self.into_extents();
        output::write(&dump, path.as_ref(), &extents, options, progress)?;
        Ok(receipt)
    }

    pub(crate) fn into_extents(self) -> (Vec<Extent>, Receipt) {
        (self.pending.into_extents().collect(), Receipt { changes: self.changes, notices: self.notices })
    }
}

/// What a commit needs of the thing it changes; tests put one in its place that fails.
pub(crate) trait Store {
    /// Reads exactly the bytes at an offset.
    fn read_at(&self, file_offset: u64, into: &mut [u8]) -> io::Result<()>;
    /// Replaces the bytes at an offset; never makes the file longer.
    fn write_at(&mut self, file_offset: u64, bytes: &[u8]) -> io::Result<()>;
    /// Makes what was written durable.
    fn sync(&mut self) -> io::Result<()>;
}

impl Store for File {
    fn read_at(&self, file_offset: u64, into: &mut [u8]) -> io::Result<()> {
        platform::read_at(self, file_offset, into)
    }
    fn write_at(&mut self, file_offset: u64, bytes: &[u8]) -> io::Result<()> {
        platform::write_at(self, file_offset, bytes)
    }
    fn sync(&mut self) -> io::Result<()> {
        self.sync_data()
    }
}

impl Store for RwLockWriteGuard<'_, Vec<u8>> {
    fn read_at(&self, file_offset: u64, into: &mut [u8]) -> io::Result<()> {
        let range = byte_range(file_offset, into.len()).and_then(|range| self.get(range));
        into.copy_from_slice(range.ok_or(io::ErrorKind::UnexpectedEof)?);
        Ok(())
    }
    fn write_at(&mut self, file_offset: u64, bytes: &[u8]) -> io::Result<()> {
        let range = byte_range(file_offset, bytes.len()).and_then(|range| self.get_mut(range));
        range.ok_or(io::ErrorKind::UnexpectedEof)?.copy_from_slice(bytes);
        Ok(())
    }
    fn sync(&mut self) -> io::Result<()> {
        Ok(())
    }
}

fn byte_range(file_offset: u64, len: usize) -> Option<std::ops::Range<usize>> {
    let start = usize::try_from(file_offset).ok()?;
    Some(start..start.checked_add(len)?)
}

/// Opens the dump's file for writing and makes sure that it is still the one whose tables were read.
fn reopen(path: &Path, identity: Identity, file_size: u64) -> Result<File, CommitError> {
    let unchanged = |reason, source| CommitError::Unchanged { path: Some(path.to_owned()), reason, source };
    let file = OpenOptions::new()
        .read(true)
        .write(true)
        .open(path)
        .map_err(|source| unchanged("cannot open it for writing", source))?;
    let now = Identity::of(&file).map_err(|source| unchanged("cannot ask what it is", source))?;
    if now != identity {
        return Err(CommitError::Replaced { path: Some(path.to_owned()), how: "was replaced by another" });
    }
    let len = file.metadata().map_err(|source| unchanged("cannot ask for its size", source))?.len();
    if len != file_size {
        return Err(CommitError::Replaced { path: Some(path.to_owned()), how: "has changed its size" });
    }
    Ok(file)
}

/// Writes the extents; where one fails, puts the old bytes back.
fn patch(
    store: &mut impl Store,
    extents: &[Extent],
    options: CommitOptions,
    path: &Option<PathBuf>,
) -> Result<(), CommitError> {
    let mut old = Vec::with_capacity(extents.len());
    for extent in extents {
        let mut bytes = vec![0; extent.bytes.len()];
        store.read_at(extent.file_offset, &mut bytes).map_err(|source| CommitError::Unchanged {
            path: path.clone(),
            reason: "cannot read the bytes to be replaced",
            source,
        })?;
        old.push(bytes);
    }
    let written = (|| {
        for (done, (extent, old)) in extents.iter().zip(&old).enumerate() {
            let write = match extent.mask {
                0xff => store.write_at(extent.file_offset, &extent.bytes),
                mask => store.write_at(extent.file_offset, &merged(old, &extent.bytes, mask)),
            };
            write.map_err(|source| (done, source))?;
        }
        if options.sync { store.sync().map_err(|source| (extents.len(), source)) } else { Ok(()) }
    })();
    let Err((done, source)) = written else { return Ok(()) };
    // The extent that failed may be in the file in part: it is put back too.
    let touched = done.saturating_add(1);
    let mut back = extents.iter().zip(&old).take(touched).map(|(extent, old)| (extent.file_offset, old));
    let restored = back.try_for_each(|(file_offset, old)| store.write_at(file_offset, old));
    match restored.and_then(|()| if options.sync { store.sync() } else { Ok(()) }) {
        Ok(()) => Err(CommitError::Unchanged {
            path: path.clone(),
            reason: "a write failed and what was written before it was taken back",
            source,
        }),
        Err(_) => Err(CommitError::Unfinished { path: path.clone(), done, extents: extents.len(), source }),
    }
}

/// The old bytes with the masked bits of the new ones.
pub(crate) fn merged(old: &[u8], new: &[u8], mask: u8) -> Vec<u8> {
    old.iter().zip(new).map(|(old, new)| old & !mask | new & mask).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Bytes whose n-th write or sync fails, and all later ones too where it is broken for good.
    struct Failing {
        bytes: Vec<u8>,
        fails_at: usize,
        for_good: bool,
        calls: usize,
    }

    impl Failing {
        fn call(&mut self) -> io::Result<()> {
            let call = self.calls;
            self.calls += 1;
            let fails = call == self.fails_at || (self.for_good && call > self.fails_at);
            if fails { Err(io::ErrorKind::StorageFull.into()) } else { Ok(()) }
        }
    }

    impl Store for Failing {
        fn read_at(&self, file_offset: u64, into: &mut [u8]) -> io::Result<()> {
            into.copy_from_slice(&self.bytes[file_offset as usize..][..into.len()]);
            Ok(())
        }
        fn write_at(&mut self, file_offset: u64, bytes: &[u8]) -> io::Result<()> {
            let fails = self.call();
            // A failing write leaves half of its bytes behind, as a full disk does.
            let len = if fails.is_err() { bytes.len() / 2 } else { bytes.len() };
            self.bytes[file_offset as usize..][..len].copy_from_slice(&bytes[..len]);
            fails
        }
        fn sync(&mut self) -> io::Result<()> {
            self.call()
        }
    }

    fn extents() -> Vec<Extent> {
        let extent = |file_offset, bytes: &[u8], mask| Extent { file_offset, bytes: bytes.to_vec(), mask };
        vec![extent(2, b"abcd", 0xff), extent(9, &[0xff], 0x0f), extent(12, b"xy", 0xff)]
    }

    #[test]
    fn a_commit_changes_exactly_its_extents() {
        let mut store = Failing { bytes: vec![0; 16], fails_at: usize::MAX, for_good: false, calls: 0 };
        patch(&mut store, &extents(), CommitOptions::default(), &None).unwrap();
        assert_eq!(store.bytes, *b"\0\0abcd\0\0\0\x0f\0\0xy\0\0");
    }

    #[test]
    fn a_commit_that_fails_at_any_step_leaves_the_old_bytes() {
        for fails_at in 0..4 {
            let mut store = Failing { bytes: vec![0; 16], fails_at, for_good: false, calls: 0 };
            let error = patch(&mut store, &extents(), CommitOptions::default(), &None).unwrap_err();
            assert!(matches!(error, CommitError::Unchanged { .. }), "{error}");
            assert_eq!(store.bytes, [0; 16], "step {fails_at}");
        }
    }

    #[test]
    fn a_commit_that_cannot_be_taken_back_says_so() {
        let mut store = Failing { bytes: vec![0; 16], fails_at: 1, for_good: true, calls: 0 };
        let error = patch(&mut store, &extents(), CommitOptions::default(), &None).unwrap_err();
        assert!(matches!(error, CommitError::Unfinished { done: 1, extents: 3, .. }), "{error}");
    }
}
