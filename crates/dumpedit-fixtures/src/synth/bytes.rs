//! Evaluates the contents of a spec: values in dumpedit's notation, side files, packed bytes.

use std::path::{Component, Path, PathBuf};

use dumpedit::notation::{Inputs, Value};
use dumpedit::{AccessError, Context, Dump, RecordChoice};

use super::options::SynthOptions;
use crate::encode::wide;
use crate::error::{FixtureError, Problem, Within};
use crate::image::Source;
use crate::labels::Labels;
use crate::spec::{ContentSpec, Data, NoteSpec, Step};

/// Evaluates contents of one spec.
pub(crate) struct Bytes<'s> {
    pub(crate) options: &'s SynthOptions,
    pub(crate) labels: Labels,
    /// Size of a pointer, in bytes.
    pub(crate) width: u8,
    /// An empty dump of the same machine; once the registers are set, the dump with them.
    dump: Dump,
    with_registers: bool,
}

/// A piece of a content: its offset, its source, and its index in the content.
pub(crate) struct Evaluated {
    pub(crate) offset: u64,
    pub(crate) source: Source,
    pub(crate) piece: Step,
}

/// A piece of a content: offset, size in bytes, and data.
type Measured<'c> = (u64, u64, &'c Data);

/// A value that is evaluated later, and its offset.
type Deferred = (u64, Value);

impl<'s> Bytes<'s> {
    pub(crate) fn new(
        options: &'s SynthOptions,
        labels: Labels,
        blank: Vec<u8>,
    ) -> Result<Self, FixtureError> {
        let dump = Dump::from_bytes(blank).map_err(|error| FixtureError::contradiction(error.to_string()))?;
        let width = dump.layout().pointer_width();
        Ok(Bytes { options, labels, width, dump, with_registers: false })
    }

    /// Allows values to name registers and modules from now on.
    pub(crate) fn registers_are_set(&mut self, dump: Dump) {
        self.dump = dump;
        self.with_registers = true;
    }

    /// The bytes of a value.
    pub(crate) fn value(&self, value: &Value) -> Result<Vec<u8>, FixtureError> {
        let thread = match self.dump.layout().default_thread() {
            Ok(index) if self.with_registers => Ok(Context::Thread(index, RecordChoice::Auto)),
            Err(error) if self.with_registers => Err(error),
            _ => Err(AccessError::NeedsThread),
        };
        let scope = self.dump.scope(thread);
        Ok(scope.bytes(&self.labels.in_value(value), &mut Inputs::files())?)
    }

    /// Size of a piece, in bytes.
    fn size(&self, data: &Data) -> Result<u64, FixtureError> {
        Ok(match data {
            Data::Zeros(size) | Data::Packed { size, .. } => *size,
            Data::Dump(bytes) => bytes.size,
            Data::Value(Value::Pointer(_)) => self.width.into(),
            Data::Value(Value::Number { of, .. }) => of.size(self.width).into(),
            Data::Value(Value::Bytes(bytes)) => wide(bytes.len()),
            Data::Value(Value::Text { text, wide: false, terminated }) => {
                wide(text.len()).saturating_add(u64::from(*terminated))
            }
            Data::Value(Value::File(name)) => self.side_file(name)?.1,
            Data::Value(value) => wide(self.value(value)?.len()),
        })
    }

    /// The offset and size of every piece.
    fn placed<'c>(&self, content: &'c ContentSpec) -> Result<Vec<Measured<'c>>, FixtureError> {
        let mut next = 0u64;
        let mut placed = Vec::with_capacity(content.pieces.len());
        for (index, piece) in content.pieces.iter().enumerate() {
            let offset = piece.offset.unwrap_or(next);
            let size = self.size(&piece.data).within(Step::Piece(index))?;
            next = offset.checked_add(size).ok_or_else(|| {
                FixtureError::contradiction("this extends past the last address").within(Step::Piece(index))
            })?;
            placed.push((offset, size, &piece.data));
        }
        Ok(placed)
    }

    /// Size of a content, in bytes.
    pub(crate) fn measure(&self, content: &ContentSpec) -> Result<u64, FixtureError> {
        let placed = self.placed(content)?;
        Ok(placed.iter().map(|(offset, size, _)| offset.saturating_add(*size)).max().unwrap_or(0))
    }

    /// The pieces of a content that are known before the registers are set, and the other values.
    pub(crate) fn early(
        &self,
        content: &ContentSpec,
        room: Option<u64>,
    ) -> Result<(Vec<Evaluated>, Vec<Deferred>), FixtureError> {
        let mut ready = Vec::new();
        let mut deferred = Vec::new();
        for (index, (offset, size, data)) in self.placed(content)?.into_iter().enumerate() {
            let piece = Step::Piece(index);
            match self.source(data) {
                Ok(source) => ready.extend(source.map(|source| Evaluated { offset, source, piece })),
                Err(error) => match data {
                    Data::Value(value @ Value::Pointer(_)) if !self.with_registers => {
                        if room.is_some_and(|room| offset.saturating_add(size) > room) {
                            let text = "this extends past the end of its bytes";
                            return Err(FixtureError::contradiction(text).within(piece));
                        }
                        deferred.push((offset, value.clone()));
                    }
                    _ => return Err(error.within(piece)),
                },
            }
        }
        Ok((ready, deferred))
    }

    /// The pieces of a content after the registers are set.
    pub(crate) fn late(
        &self,
        content: &ContentSpec,
        room: Option<u64>,
    ) -> Result<Vec<Evaluated>, FixtureError> {
        Ok(self.early(content, room)?.0)
    }

    fn source(&self, data: &Data) -> Result<Option<Source>, FixtureError> {
        Ok(Some(match data {
            Data::Zeros(_) => return Ok(None),
            Data::Packed { frame, size } => Source::Packed { frame: frame.clone(), size: *size },
            Data::Dump(bytes) => Source::Dump(bytes.clone()),
            Data::Value(Value::File(name)) => {
                let (path, size) = self.side_file(name)?;
                Source::File { path, size }
            }
            Data::Value(Value::StandardInput) => {
                return Err(FixtureError::contradiction("a spec has no standard input"));
            }
            Data::Value(value) => Source::Bytes(self.value(value)?),
        }))
    }

    /// Path and size of a side file, which must be in the spec's folder.
    fn side_file(&self, name: &str) -> Result<(PathBuf, u64), FixtureError> {
        let outside = || FixtureError::from(Problem::Outside { path: name.into() });
        let named = Path::new(name);
        let failed = |path: &Path, cause| FixtureError::from(Problem::SideFile { path: path.into(), cause });
        let allowed = self.options.allow_outside;
        let plain = named.components().all(|part| matches!(part, Component::Normal(_) | Component::CurDir));
        if !plain && !allowed {
            return Err(outside());
        }
        let path = match &self.options.folder {
            Some(folder) => folder.join(named),
            None if allowed => named.to_owned(),
            None => return Err(outside()),
        };
        let metadata = path.metadata().map_err(|source| failed(named, source))?;
        if !metadata.is_file() {
            return Err(failed(named, std::io::Error::other("it is not a file")));
        }
        // A symbolic link may lead out of the folder.
        if !allowed && let Some(folder) = &self.options.folder {
            let real = |path: &Path| path.canonicalize().map_err(|source| failed(named, source));
            let folder = if folder.as_os_str().is_empty() { Path::new(".") } else { folder };
            if !real(&path)?.starts_with(real(folder)?) {
                return Err(outside());
            }
        }
        Ok((path, metadata.len()))
    }
}

/// Size of a note where neither the spec nor its content gives one.
pub(crate) fn note_size(note: &NoteSpec, usual: Option<u64>, measured: u64) -> u64 {
    note.size.or(usual).unwrap_or(measured)
}
