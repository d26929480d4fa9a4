//! Another program that edits a dump: the dump stays locked until it is dropped.

use std::fs::File;
use std::path::Path;

/// The lock of another program on a dump that it edits.
pub(crate) struct OtherEditor(File);

impl OtherEditor {
    /// Locks the dump as dumpedit does while it edits it.
    pub(crate) fn of(dump: &Path) -> Self {
        #[cfg(unix)]
        let file = {
            let file = File::options().read(true).write(true).open(dump).unwrap();
            file.lock().unwrap();
            file
        };
        /// `FILE_SHARE_READ` of `winnt.h`.
        #[cfg(windows)]
        const READERS: u32 = 1;
        #[cfg(windows)]
        let file = {
            let mut options = File::options();
            std::os::windows::fs::OpenOptionsExt::share_mode(&mut options, READERS);
            options.read(true).write(true).open(dump).unwrap()
        };
        Self(file)
    }

    /// The dump, open for reading and writing.
    #[cfg(unix)]
    pub(crate) fn file(&self) -> &File {
        &self.0
    }
}

impl Drop for OtherEditor {
    fn drop(&mut self) {
        // A process that another test starts at this moment has the file open until it runs its own program.
        let _ = self.0.unlock();
    }
}
