//! An opened dump: its layout, and reads through it.

use std::io::Read;
use std::path::Path;
use std::sync::{Arc, OnceLock, PoisonError, RwLock};

use dumpedit_formats::FormatError;
use dumpedit_formats::fields::Fields;
use dumpedit_formats::model::Model;
use dumpedit_layout::{
    AccessError, Context, Layout, Location, Notice, Outcome, RecordChoice, RegisterPart, Resolved,
    ThreadIndex,
};

use crate::commit::lock::Hold;
use crate::edit::{Edit, EditOptions};
use crate::error::{Error, OpenError};
use crate::map::{self, Map};
use crate::number::RegisterValue;
use crate::store::copy::{self, ProgressFn, SpoolError};
use crate::store::source::Source;
use crate::view::View;

/// A dump as the address space and the threads of the process that died.
///
/// Opening costs the dump's headers and tables, never its size. Clones are cheap and share the file.
#[derive(Clone, Debug)]
pub struct Dump {
    inner: Arc<Inner>,
    /// What names of symbols mean in it.
    #[cfg(feature = "symbols")]
    pub(crate) symbols: Option<Arc<dumpedit_symbols::Symbols>>,
}

#[derive(Debug)]
struct Inner {
    source: Source,
    layout: Layout,
    /// Made when they are asked for.
    fields: OnceLock<Fields>,
}

impl Inner {
    fn new(source: Source, layout: Layout) -> Arc<Inner> {
        Arc::new(Inner { source, layout, fields: OnceLock::new() })
    }
}

fn parse(bytes: &[u8]) -> Result<Layout, FormatError> {
    dumpedit_formats::parse(bytes, map::prefer_large_pages)
}

/// Pointers that were read.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Pointers {
    /// The whole ones, zero-extended.
    pub values: Vec<u64>,
    /// How many of their bytes there are.
    pub outcome: Outcome,
}

/// A register that a record holds, and its value.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct HeldRegister {
    /// The register.
    pub part: RegisterPart,
    /// Its value.
    pub value: RegisterValue,
}

impl Dump {
    /// Opens a minidump or a core file. The file is mapped, not read, and never written before an edit is committed.
    ///
    /// # Errors
    /// [`OpenError`] where it cannot be opened, or is not a dump of a process that can be read; it says what it is instead.
    pub fn open(path: impl AsRef<Path>) -> Result<Dump, OpenError> {
        let path = path.as_ref();
        let source = Source::open(path)?;
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

    /// Keeps others away from the dump's file as long as the dump is open, by a [hold](Hold::to_edit) that was taken before it
    /// was opened: what is read of it is then what an edit finds. A dump that has no file lets the hold go.
    pub fn keep(&self, hold: Hold) {
        self.inner.source.keep(hold);
    }

    /// Opens a dump that is in memory. Edits change these bytes; [`Dump::to_bytes`] gives them back.
    ///
    /// # Errors
    /// [`OpenError::Bytes`] where the bytes are not a dump of a process that can be read.
    pub fn from_bytes(bytes: Vec<u8>) -> Result<Dump, OpenError> {
        let layout = parse(&bytes)?;
        Ok(Dump::of(Source::Memory(RwLock::new(bytes)), layout))
    }

    /// Opens a dump that comes down a stream. It is kept in a temporary file without a name, not in memory; an edit of it
    /// is taken by [`Edit::commit_to`] or [`Edit::write_to`]. What is not a dump by its first bytes is read no further.
    ///
    /// # Errors
    /// [`OpenError::Stream`] or [`OpenError::Spool`] where it cannot be read or kept to its end, [`OpenError::Bytes`]
    /// where it is not a dump of a process that can be read, and [`OpenError::Cancelled`] where `progress` breaks off.
    pub fn from_reader(stream: &mut dyn Read, progress: &mut ProgressFn<'_>) -> Result<Dump, OpenError> {
        let mut start = Vec::new();
        let most = dumpedit_formats::START as u64;
        (&mut *stream).take(most).read_to_end(&mut start).map_err(|cause| OpenError::Stream { cause })?;
        dumpedit_formats::check_start(&start)?;
        let file = copy::spool(&mut start.chain(stream), progress).map_err(|error| match error {
            SpoolError::Stream(cause) => OpenError::Stream { cause },
            SpoolError::File(cause) => OpenError::Spool { cause },
            SpoolError::Cancelled => OpenError::Cancelled,
        })?;
        let source = Source::Unnamed(Map::new(file).map_err(|cause| OpenError::Spool { cause })?);
        let layout = source.walk(parse)?;
        Ok(Dump::of(source, layout))
    }

    /// What is where in the dump.
    pub fn layout(&self) -> &Layout {
        &self.inner.layout
    }

    /// What the dump says, as its container lists it: threads, crashes, modules, memory, streams and notes, each value with its
    /// place. Read anew at each call.
    ///
    /// # Errors
    /// [`Error::Format`] where the file is not a dump any more that can be read.
    pub fn model(&self) -> Result<Model, Error> {
        Ok(self.inner.source.walk(dumpedit_formats::read)?)
    }

    /// The named values of the dump that are neither memory nor registers, each with its places: of headers, threads, crashes,
    /// modules, segments, notes and streams. Read when they are first asked for.
    ///
    /// # Errors
    /// [`Error::Format`] where the file is no dump any more that can be read.
    pub fn fields(&self) -> Result<&Fields, Error> {
        if let Some(known) = self.inner.fields.get() {
            return Ok(known);
        }
        let read = self.inner.source.walk(|bytes| dumpedit_formats::fields(bytes, &self.inner.layout))?;
        Ok(self.inner.fields.get_or_init(|| read))
    }

    /// The file's name, as it was opened; `None` for bytes in memory and for a stream.
    pub fn path(&self) -> Option<&Path> {
        self.inner.source.path()
    }

    /// A copy of all the dump's bytes.
    ///
    /// # Errors
    /// [`Error::Io`] where the file cannot be read any more.
    pub fn to_bytes(&self) -> Result<Vec<u8>, Error> {
        if let Source::Memory(bytes) = &self.inner.source {
            return Ok(bytes.read().unwrap_or_else(PoisonError::into_inner).clone());
        }
        let len = self.layout().file_size();
        let mut bytes = vec![0; usize::try_from(len).unwrap_or(usize::MAX)];
        self.view().file_bytes(0, &mut bytes)?;
        Ok(bytes)
    }

    /// Reads bytes of the file itself, whatever they stand for.
    ///
    /// # Errors
    /// [`Error::Io`] where the file does not have all of them.
    pub fn read_file(&self, file_offset: u64, into: &mut [u8]) -> Result<(), Error> {
        self.view().file_bytes(file_offset, into)
    }

    /// Fails where any read of the file has failed since the dump was opened, though the file has the bytes: for whoever
    /// takes what cannot be read for what is not there, and has to know the difference in the end.
    ///
    /// # Errors
    /// [`Error::Io`] of the first such read.
    pub fn check_reads(&self) -> Result<(), Error> {
        self.source().failed().map_or(Ok(()), |failed| {
            Err(Error::Io { file_offset: failed.file_offset, len: failed.len, cause: failed.error() })
        })
    }

    pub(crate) fn source(&self) -> &Source {
        &self.inner.source
    }

    pub(crate) fn view(&self) -> View<'_> {
        View::new(self, None)
    }

    /// The crashed thread, else the only one, with its effective record.
    ///
    /// # Errors
    /// [`AccessError::NoDefaultThread`] where the dump does not say and there are several threads or none.
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
    /// [`AccessError::NoSuchThread`] where there are not so many.
    pub fn thread_at(&self, index: u32) -> Result<Context, Error> {
        let context = Context::Thread(ThreadIndex(index), RecordChoice::Auto);
        self.layout().thread(context)?;
        Ok(context)
    }

    /// Reads bytes from an address or a register into a buffer. Where the outcome is partial, the rest of the buffer is
    /// left as it was.
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

    /// Reads a register, a sub-register or a lane (`rip`, `eax`, `zf`, `xmm0.u32.2`) by its name.
    ///
    /// # Errors
    /// [`AccessError::NoSuchRegister`], [`AccessError::NotPresent`], and those of a bad context.
    pub fn read_register(&self, context: Context, name: &str) -> Result<RegisterValue, Error> {
        self.view().read_register(context, name)
    }

    /// The register, sub-register or lane of that name: what a [`Location`] in a register is made of, in the record of
    /// [`Layout::context_of_name`].
    ///
    /// # Errors
    /// [`AccessError::NoSuchRegister`], and those of a bad context.
    pub fn register(&self, context: Context, name: &str) -> Result<RegisterPart, Error> {
        Ok(self.view().named(context, name)?.1)
    }

    /// Every register that the context's record holds: the whole ones, and vectors at every width.
    ///
    /// # Errors
    /// [`AccessError::NoRecord`] where the thread has no such record.
    pub fn registers(&self, context: Context) -> Result<Vec<HeldRegister>, Error> {
        self.view().registers(context)
    }

    /// Says whether the copies of a resolved range hold different bytes; of very long ranges it is not asked.
    ///
    /// # Errors
    /// [`Error::Io`] where the file cannot be read.
    pub fn differing_copies(&self, resolved: &Resolved) -> Result<Option<Notice>, Error> {
        self.view().differing_copies(resolved)
    }

    /// The linear address of a location.
    ///
    /// # Errors
    /// [`AccessError::NotLinear`] for a register.
    pub fn linearize(&self, context: Context, at: impl Into<Location>) -> Result<u64, AccessError> {
        self.layout().linearize(context, at.into())
    }

    /// The location as the target writes it: on a 32-bit target, a sign-extended address becomes a zero-extended one.
    pub fn canonicalize(&self, at: impl Into<Location>) -> Location {
        self.layout().canonicalize(at.into())
    }

    /// The location as text that dumpedit reads back: `0x7ffe1000`, `reg:rip+4`, `note.psargs+0x4`.
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

    /// Begins an edit. Nothing is written before it is committed.
    pub fn edit(&self) -> Edit {
        self.edit_with(EditOptions::default())
    }

    /// Begins an edit with other rules than the default ones.
    pub fn edit_with(&self, options: EditOptions) -> Edit {
        Edit::new(self.clone(), options)
    }
}
