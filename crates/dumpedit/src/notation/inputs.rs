//! Inputs of values outside of a line, and the receiver of their progress.

use std::fs::{File, Metadata};
use std::io::{self, Read};
use std::ops::ControlFlow;

use crate::edit::payload::Gathering;
use crate::error::Error;
use crate::progress::{Progress, ProgressFn};
use crate::store::special::SpecialFile;

/// Sources of `file:` and `-` values, and the receiver of their progress.
pub struct Inputs<'a> {
    standard_input: Option<&'a mut dyn Read>,
    progress: Option<&'a mut ProgressFn<'a>>,
}

impl<'a> Inputs<'a> {
    /// Reads files from the file system, and `-` from `standard_input`, once.
    pub fn new(standard_input: &'a mut dyn Read) -> Self {
        Inputs { standard_input: Some(standard_input), progress: None }
    }

    /// Files only: standard input is in use.
    pub fn files() -> Self {
        Inputs { standard_input: None, progress: None }
    }

    /// Reports the progress of reading long ranges, at most once a MiB; breaking off ends the operation.
    pub fn watched(self, progress: &'a mut ProgressFn<'a>) -> Self {
        Inputs { progress: Some(progress), ..self }
    }

    pub(crate) fn tell(&mut self, done: u64, total: u64) -> Result<(), Error> {
        match self.progress.as_mut().map(|progress| progress(Progress { done, total })) {
            Some(ControlFlow::Break(())) => Err(Error::Cancelled),
            _ => Ok(()),
        }
    }

    pub(crate) fn file(&mut self, path: &str, into: &mut Gathering) -> Result<(), Error> {
        let read = regular_file(path).and_then(|file| into.push_file(file));
        read.map_err(|cause| Error::Input { name: path.to_owned(), cause })
    }

    pub(crate) fn standard_input(&mut self, into: &mut Gathering) -> Result<(), Error> {
        let read = match self.standard_input.take() {
            Some(input) => into.push_stream(input),
            None => Err(io::Error::other("this command has read it already")),
        };
        read.map_err(|cause| Error::Input { name: "standard input".to_owned(), cause })
    }
}

/// Opens a file of a known size. Opening a pipe would wait, and a device may have no end.
fn regular_file(path: &str) -> io::Result<File> {
    let check = |metadata: Metadata| match SpecialFile::of(&metadata) {
        Some(kind) => Err(io::Error::other(format!("it is a {kind}, not a file; only - reads a stream"))),
        None => Ok(()),
    };
    check(std::fs::metadata(path)?)?;
    let file = File::open(path)?;
    check(file.metadata()?)?;
    Ok(file)
}
