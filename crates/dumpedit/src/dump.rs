//! An opened dump: its bytes, its layout, and the views that are made on demand.

use std::fs::File;
use std::io::Read;
use std::path::Path;
use std::sync::{Arc, OnceLock, RwLock};

use dumpedit_formats::fields::Fields;
use dumpedit_formats::model::Model;
use dumpedit_formats::{FormatError, Unread};
use dumpedit_layout::{AccessError, Context, Layout, Location, Place, RecordChoice, Span, ThreadIndex};

use crate::commit::lock::Hold;
use crate::error::{Error, OpenError};
use crate::map::{self, Map};
use crate::progress::ProgressFn;
use crate::store::source::Source;
use crate::store::spool::{self, SpoolError};

/// A dump as the address space and the threads of the process that died.
///
/// Opening costs the dump's headers and tables, never its size. Clones are cheap and share the file.
#[derive(Clone, Debug)]
pub struct Dump {
    inner: Arc<Inner>,
    /// Symbols by which names are resolved.
    #[cfg(feature = "symbols")]
    pub(crate) symbols: Option<Arc<dumpedit_symbols::Symbols>>,
}

#[derive(Debug)]
struct Inner {
    source: Source,
    layout: Layout,
    /// Hold that keeps others away from the dump's file.
    hold: OnceLock<Hold>,
    /// Made on demand.
    fields: OnceLock<Fields>,
}

impl Inner {
    fn new(source: Source, layout: Layout) -> Arc<Inner> {
        Arc::new(Inner { source, layout, hold: OnceLock::new(), fields: OnceLock::new() })
    }
}

/// Bytes of a dump that are read from the file, since mapped pages stay in memory.
struct UnreadBytes<'d>(&'d Dump);

impl Unread for UnreadBytes<'_> {
    type Error = Error;

    fn data(&mut self, file_offset: u64, size: u64) -> Result<Vec<Place>, Error> {
        self.0.data(file_offset, size).collect()
    }

    fn read(&mut self, file_offset: u64, into: &mut [u8]) -> Result<(), Error> {
        let len = into.len() as u64;
        let read = self.0.source().read_at(file_offset, into);
        read.map_err(|cause| Error::Io { file_offset, len, cause })
    }
}

fn parse(bytes: &[u8]) -> Result<Layout, FormatError> {
    dumpedit_formats::parse(bytes, map::prefer_large_pages)
}

impl Dump {
    /// Opens a minidump or a core file. The file is mapped, not read, and never written before an edit is committed.
    ///
    /// # Errors
    /// [`OpenError`] where it cannot be opened, or is not a dump of a process that can be read, with what it is instead.
    pub fn open(path: impl AsRef<Path>) -> Result<Dump, OpenError> {
        let path = path.as_ref();
        Dump::of_named(path, Source::open(path)?)
    }

    /// Opens the dump in a regular file that was opened at a path.
    pub(crate) fn of_file(path: &Path, file: File) -> Result<Dump, OpenError> {
        Dump::of_named(path, Source::of_file(path, file)?)
    }

    fn of_named(path: &Path, source: Source) -> Result<Dump, OpenError> {
        let layout =
            source.walk(parse).map_err(|cause| OpenError::Format { path: path.to_owned(), cause })?;
        Ok(Dump::of(source, layout))
    }

    fn of(source: Source, layout: Layout) -> Dump {
        Dump {
            inner: Inner::new(source, layout),
            #[cfg(feature = "symbols")]
            symbols: None,
        }
    }

    /// Keeps others away from the dump's file as long as the dump is open, by a [hold](Hold::to_edit) that was taken before it was opened:
    /// an edit then finds the bytes that were read.
    pub fn keep(&self, hold: Hold) {
        let _ = self.inner.hold.set(hold);
    }

    /// The hold that keeps others away from the dump's file.
    pub(crate) fn hold(&self) -> Option<&Hold> {
        self.inner.hold.get()
    }

    /// Opens a dump in memory. Edits change these bytes; [`Dump::to_bytes`] returns them.
    ///
    /// # Errors
    /// [`OpenError::Bytes`] where the bytes are not a dump of a process that can be read.
    pub fn from_bytes(bytes: Vec<u8>) -> Result<Dump, OpenError> {
        let layout = parse(&bytes)?;
        Ok(Dump::of(Source::Memory(RwLock::new(bytes)), layout))
    }

    /// Opens a dump from a stream. It is kept in a temporary file without a name, not in memory; edits are written by
    /// [`Edit::write_out`](crate::Edit::write_out). A stream that is no dump by its first bytes is read no further.
    ///
    /// # Errors
    /// [`OpenError::Stream`] or [`OpenError::Spool`] where it cannot be read or kept completely, [`OpenError::Bytes`] where it is not a
    /// dump of a process that can be read, and [`OpenError::Cancelled`] where `progress` breaks off.
    pub fn from_reader(stream: &mut dyn Read, progress: &mut ProgressFn<'_>) -> Result<Dump, OpenError> {
        let mut start = Vec::new();
        let most = dumpedit_formats::START as u64;
        (&mut *stream).take(most).read_to_end(&mut start).map_err(|cause| OpenError::Stream { cause })?;
        dumpedit_formats::check_start(&start)?;
        let file = spool::spool(&mut start.chain(stream), progress).map_err(|error| match error {
            SpoolError::Stream(cause) => OpenError::Stream { cause },
            SpoolError::File(cause) => OpenError::Spool { cause },
            SpoolError::Cancelled => OpenError::Cancelled,
        })?;
        let source = Source::Unnamed(Map::new(file).map_err(|cause| OpenError::Spool { cause })?);
        let layout = source.walk(parse)?;
        Ok(Dump::of(source, layout))
    }

    /// The layout of the dump: its threads, memory and other parts, and their places in the file.
    pub fn layout(&self) -> &Layout {
        &self.inner.layout
    }

    /// The contents of the dump, as its container lists them: threads, crashes, modules, memory, streams and notes, each value with its
    /// place. Read anew at each call.
    ///
    /// # Errors
    /// [`Error::Format`] where the file is no longer a readable dump, and [`Error::Io`].
    pub fn model(&self) -> Result<Model, Error> {
        let Inner { layout, source, .. } = &*self.inner;
        let mut model = source.walk(dumpedit_formats::read)?;
        dumpedit_formats::tell_unread(&mut model, layout, layout.file_size(), UnreadBytes(self))?;
        Ok(model)
    }

    /// The named values of the dump that are neither memory nor registers, each with its places: of headers, threads, crashes, modules,
    /// segments, notes and streams. Read at the first call.
    ///
    /// # Errors
    /// [`Error::Format`] where the file is no longer a readable dump.
    pub fn fields(&self) -> Result<&Fields, Error> {
        if let Some(known) = self.inner.fields.get() {
            return Ok(known);
        }
        let read = self.inner.source.walk(|bytes| dumpedit_formats::fields(bytes, &self.inner.layout))?;
        Ok(self.inner.fields.get_or_init(|| read))
    }

    /// File ranges that locate everything else, in order and disjoint: headers, and the numbers of lists, without those that are in memory
    /// as well. `model` is from [`Dump::model`].
    ///
    /// # Errors
    /// [`Error::Format`] where the file is no longer a readable dump.
    pub fn tables(&self, model: &Model) -> Result<Vec<Span>, Error> {
        let layout = &self.inner.layout;
        Ok(self
            .inner
            .source
            .walk(|bytes| Ok::<_, FormatError>(dumpedit_formats::tables(bytes, layout, model)))?)
    }

    /// The path at which the file was opened; `None` for bytes in memory and for a stream.
    pub fn path(&self) -> Option<&Path> {
        self.inner.source.path()
    }

    /// The file that was opened, for reading.
    pub fn file(&self) -> Option<&File> {
        self.path().and(self.inner.source.file())
    }

    /// Fails where any read of the file has failed since the dump was opened, though the file has the bytes: for callers that treat
    /// unreadable bytes as missing, to tell the two apart in the end.
    ///
    /// # Errors
    /// [`Error::Io`] of the first failed read.
    pub fn check_reads(&self) -> Result<(), Error> {
        self.source().failed().map_or(Ok(()), |failed| {
            Err(Error::Io { file_offset: failed.file_offset, len: failed.len, cause: failed.error() })
        })
    }

    pub(crate) fn source(&self) -> &Source {
        &self.inner.source
    }

    /// The crashed thread, or the only one, with its effective record.
    ///
    /// # Errors
    /// [`AccessError::NoDefaultThread`] where the dump names no crashed thread and there are several threads or none.
    pub fn crashed_thread(&self) -> Result<Context, Error> {
        Ok(Context::Thread(self.layout().default_thread()?, RecordChoice::Auto))
    }

    /// The thread with an id, with its effective record.
    ///
    /// # Errors
    /// [`AccessError::NoSuchThreadId`], or [`AccessError::AmbiguousThreadId`] where several threads have it.
    pub fn thread(&self, tid: u64) -> Result<Context, Error> {
        Ok(Context::Thread(self.layout().thread_by_id(tid)?, RecordChoice::Auto))
    }

    /// The thread at an index in the dump's list, with its effective record.
    ///
    /// # Errors
    /// [`AccessError::NoSuchThread`] where the list is shorter.
    pub fn thread_at(&self, index: u32) -> Result<Context, Error> {
        let context = Context::Thread(ThreadIndex(index), RecordChoice::Auto);
        self.layout().thread(context)?;
        Ok(context)
    }

    /// The linear address of a location.
    ///
    /// # Errors
    /// [`AccessError::NotLinear`] for a register.
    pub fn linearize(&self, context: Context, at: impl Into<Location>) -> Result<u64, AccessError> {
        self.layout().linearize(context, at.into())
    }

    /// The location with the target's form of its address: a sign-extended address of a 32-bit target becomes a zero-extended one.
    pub fn canonicalize(&self, at: impl Into<Location>) -> Location {
        self.layout().canonicalize(at.into())
    }

    /// The location as text that dumpedit parses: `0x7ffe1000`, `reg:rip+4`, `note.psargs+0x4`.
    pub fn display(&self, context: Context, at: impl Into<Location>) -> String {
        let at = at.into();
        match at {
            Location::Field { file_offset, .. } => self.field_text(file_offset).or_else(|| {
                let of = self.layout().location_of(file_offset)?;
                Some(self.layout().display(of.context, of.location))
            }),
            _ => None,
        }
        .unwrap_or_else(|| self.layout().display(context, at))
    }
}
