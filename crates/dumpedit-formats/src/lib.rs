#![doc = include_str!("../README.md")]
//!
//! This crate promises no stability of its own; `dumpedit` re-exports what its users need.
#![forbid(unsafe_code)]
#![cfg_attr(not(test), deny(clippy::arithmetic_side_effects))]

mod build_id;
mod crash_names;
pub mod elf;
mod encoding;
mod error;
mod exception_record;
pub mod fields;
pub mod linux_maps;
pub mod macho;
pub mod mapped;
mod memory;
pub mod minidump;
pub mod model;
mod registers;
mod stored;
mod supported;
pub mod triage;
mod unread;
pub mod write;
pub mod xsave;

use dumpedit_layout::{Ahead, Format, Layout, Span, common, joined};

use fields::Fields;
use model::Model;
use write::{About, Contradictions, Growth, Plan, Resized, WriteError, WriteProblem};

pub use error::FormatError;
pub use supported::{Evidence, Supported, SupportedRecord};
pub use unread::Unread;

/// Number of bytes at the start of a file that suffice to recognize a dump.
pub const START: usize = 512;

/// A container: how to recognize, read and write it.
struct Codec {
    format: Format,
    /// Whether bytes begin as this container does.
    recognizes: fn(&[u8]) -> bool,
    /// Checks whether a file with these first [`START`] bytes can be a dump.
    check_start: fn(&[u8]) -> Result<(), FormatError>,
    parse: fn(&[u8], Ahead) -> Result<Layout, FormatError>,
    read: fn(&[u8]) -> Result<Model, FormatError>,
    plan: fn(&Model, u64) -> Result<Plan, WriteError>,
    grow: Grow,
    /// Sets a value of another size in a model of these bytes. Returns whether the model has the value.
    resize: fn(&[u8], &mut Model, &Resized) -> bool,
    repairs: fn(&[u8]) -> Result<Contradictions, FormatError>,
    fields: fn(&[u8], &Layout) -> Result<Fields, FormatError>,
    /// File ranges that locate everything else.
    tables: fn(&[u8], &Model) -> Vec<Span>,
    /// The code of a crash by its name, in dumps of a system.
    crash_code: fn(&str, Option<&str>) -> Option<u32>,
    /// Whether parts can be added to its models, and dropped.
    takes_parts: bool,
    /// Whether its own texts are UTF-16.
    has_wide_texts: bool,
    supported: fn() -> Vec<Supported>,
}

/// The bytes that a file gets so that its model becomes the changed one, with resized values.
type Grow = fn(&[u8], &Model, &Model, &[Resized]) -> Result<Growth, WriteError>;

/// The reason why a Mach-O core does not grow in place.
const MACHO_HAS_NO_ROOM: &str =
    "a Mach-O core stores its load commands before its memory and can only be written whole";

/// Every container.
static CODECS: &[Codec] = &[
    Codec {
        format: Format::Minidump,
        recognizes: minidump::recognizes,
        check_start: |_| Ok(()),
        parse: |bytes, _| minidump::parse(bytes),
        read: minidump::read,
        plan: minidump::plan,
        grow: minidump::grow,
        resize: minidump::resize,
        repairs: minidump::repairs,
        fields: minidump::fields,
        tables: minidump::tables,
        crash_code: crash_names::exception_number,
        takes_parts: true,
        has_wide_texts: true,
        supported: registers::contexts::supported,
    },
    Codec {
        format: Format::ElfCore,
        recognizes: elf::recognizes,
        check_start: elf::check_start,
        parse: elf::parse,
        read: elf::read,
        plan: elf::plan,
        grow: elf::grow,
        resize: |_, model, resized| elf::resize(model, resized),
        repairs: elf::repairs,
        fields: elf::fields,
        tables: elf::tables,
        crash_code: crash_names::signal_number,
        takes_parts: true,
        has_wide_texts: false,
        supported: elf::machines::supported,
    },
    Codec {
        format: Format::MachOCore,
        recognizes: macho::recognizes,
        check_start: macho::check_start,
        parse: macho::parse,
        read: macho::read,
        plan: macho::plan,
        grow: |_, _, _, _| Err(WriteError::new(WriteProblem::NoRoom(MACHO_HAS_NO_ROOM), About::Dump)),
        resize: |_, _, _| false,
        repairs: |_| Ok(Contradictions::default()),
        fields: macho::fields,
        tables: macho::tables,
        crash_code: crash_names::exception_number,
        takes_parts: true,
        has_wide_texts: false,
        supported: macho::supported,
    },
    Codec {
        format: Format::Triage,
        recognizes: triage::recognizes,
        check_start: triage::check_start,
        parse: triage::parse,
        read: triage::read,
        plan: triage::plan,
        grow: |_, _, _, _| Err(WriteError::new(WriteProblem::Container, About::Dump)),
        resize: |_, _, _| false,
        repairs: |_| Ok(Contradictions::default()),
        fields: triage::fields,
        tables: |_, _| Vec::new(),
        crash_code: crash_names::exception_number,
        takes_parts: false,
        has_wide_texts: true,
        supported: triage::supported,
    },
];

fn codec_of(format: Format) -> Option<&'static Codec> {
    CODECS.iter().find(|codec| codec.format == format)
}

fn codec(bytes: &[u8]) -> Result<&'static Codec, FormatError> {
    let known = CODECS.iter().find(|codec| (codec.recognizes)(bytes));
    known.ok_or_else(|| error::name_the_stranger(bytes))
}

/// Reads the tables of a dump. Calls `ahead` before it allocates memory for their contents.
///
/// # Errors
/// [`FormatError`] where the bytes are not a dump, with what they are, or with the structure that cannot be read.
pub fn parse(bytes: &[u8], ahead: Ahead) -> Result<Layout, FormatError> {
    (codec(bytes)?.parse)(bytes, ahead)
}

/// Every table of registers, by container.
pub fn supported() -> impl Iterator<Item = Supported> {
    CODECS.iter().flat_map(|codec| (codec.supported)())
}

/// Checks the first bytes of a dump, [`START`] of them or the whole file.
///
/// # Errors
/// [`FormatError`], with what they are, where no dump begins so.
pub fn check_start(start: &[u8]) -> Result<(), FormatError> {
    (codec(start)?.check_start)(start)
}

/// Reads the model of a dump.
///
/// # Errors
/// [`FormatError`] where the bytes are not a dump, with what they are, or with the structure that cannot be read.
pub fn read(bytes: &[u8]) -> Result<Model, FormatError> {
    (codec(bytes)?.read)(bytes)
}

/// Adds to a model the bytes of its dump's file, of `size` bytes, that nothing refers to. `layout` is from [`parse`].
///
/// # Errors
/// Errors of the file.
pub fn tell_unread<F: Unread>(
    model: &mut Model,
    layout: &Layout,
    size: u64,
    file: F,
) -> Result<(), F::Error> {
    let plan = plan(model, u64::MAX).ok();
    unread::tell(size, file, layout, plan.as_ref(), model)
}

/// The named values of a dump that are neither memory nor registers. `layout` is from [`parse`] of the same bytes.
///
/// # Errors
/// [`FormatError`] as [`parse`].
pub fn fields(bytes: &[u8], layout: &Layout) -> Result<Fields, FormatError> {
    (codec(bytes)?.fields)(bytes, layout)
}

/// Plans the place of every byte of a model's dump, in a file of at most `limit` bytes.
///
/// # Errors
/// [`WriteError`] with the part of the model that its container has no room for.
pub fn plan(model: &Model, limit: u64) -> Result<Plan, WriteError> {
    let Some(codec) = codec_of(model.target.format) else {
        return Err(WriteError::new(WriteProblem::Container, About::Dump));
    };
    (codec.plan)(model, limit)
}

/// The bytes that a dump's file gets behind its end and in its header, so that its model becomes `new`, with `resized` values. `bytes` are
/// the file's, `old` is their model, and `new` has the values at their old sizes.
///
/// # Errors
/// [`WriteError`] with the part of the model that has no place in a file that grows.
pub fn grow(bytes: &[u8], old: &Model, new: &Model, resized: &[Resized]) -> Result<Growth, WriteError> {
    let known = codec_of(new.target.format).filter(|codec| (codec.recognizes)(bytes));
    let Some(codec) = known else { return Err(WriteError::new(WriteProblem::Container, About::Dump)) };
    (codec.grow)(bytes, old, new, resized)
}

/// Sets values of another size in a model. `bytes` are those of the file that it was read from.
///
/// # Errors
/// [`WriteError`] where the model does not have one of them.
pub fn resize(bytes: &[u8], model: &mut Model, resized: &[Resized]) -> Result<(), WriteError> {
    let container = || WriteError::new(WriteProblem::Container, About::Dump);
    let codec = codec_of(model.target.format).ok_or_else(container)?;
    let is_said = |value: &Resized| (codec.resize)(bytes, model, value);
    match resized.iter().all(is_said) {
        true => Ok(()),
        false => Err(WriteError::new(
            WriteProblem::NotWhole("the structure that contains the resized value"),
            About::Dump,
        )),
    }
}

/// The number of a signal or an exception by its name, in dumps of a container and of a system.
pub fn crash_code(name: &str, format: Format, os: Option<&str>) -> Option<u32> {
    (codec_of(format)?.crash_code)(name, os)
}

/// Whether threads, modules and other parts can be added to dumps of a container.
pub fn takes_parts(format: Format) -> bool {
    codec_of(format).is_some_and(|codec| codec.takes_parts)
}

/// Whether a container's own texts are UTF-16.
pub fn has_wide_texts(format: Format) -> bool {
    codec_of(format).is_some_and(|codec| codec.has_wide_texts)
}

/// File ranges that locate everything else, in order and disjoint: headers, and the numbers of lists, without those that are in memory as
/// well. `layout` and `model` are of the same bytes.
pub fn tables(bytes: &[u8], layout: &Layout, model: &Model) -> Vec<Span> {
    let Some(codec) = codec_of(model.target.format) else { return Vec::new() };
    common(&joined((codec.tables)(bytes, model)), &layout.outside_memory())
}

/// The name of a signal by number: on Linux on most machines, or on the BSDs and macOS.
pub fn signal_name(number: u32, is_linux: bool) -> Option<String> {
    let numbers = if is_linux { crash_names::Signals::Linux } else { crash_names::Signals::Bsd };
    crash_names::signal(number, numbers)
}

/// Values of a dump's tables that contradict its file: counts, sizes and descriptors that reach past its end, and sizes in the directory
/// that are too small for their lists. None in a whole dump.
///
/// # Errors
/// [`FormatError`] where the bytes are no dump, with what they are, or with the structure that cannot be read.
pub fn repairs(bytes: &[u8]) -> Result<Contradictions, FormatError> {
    (codec(bytes)?.repairs)(bytes)
}
