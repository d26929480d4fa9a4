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

/// How many bytes tell whether a dump begins so.
pub const START: usize = 512;

/// A container: what tells that a dump is one, and its reader and writer.
struct Codec {
    format: Format,
    /// Whether bytes begin so.
    recognizes: fn(&[u8]) -> bool,
    /// Whether what begins so can be a dump, by its first [`START`] bytes.
    check_start: fn(&[u8]) -> Result<(), FormatError>,
    parse: fn(&[u8], Ahead) -> Result<Layout, FormatError>,
    read: fn(&[u8]) -> Result<Model, FormatError>,
    plan: fn(&Model, u64) -> Result<Plan, WriteError>,
    grow: Grow,
    /// Has a model of these bytes say a value of another size, where it has that value.
    resize: fn(&[u8], &mut Model, &Resized) -> bool,
    repairs: fn(&[u8]) -> Result<Contradictions, FormatError>,
    fields: fn(&[u8], &Layout) -> Result<Fields, FormatError>,
    /// The file bytes that say where everything else is.
    tables: fn(&[u8], &Model) -> Vec<Span>,
    /// The number that stands for a crash of a name, in dumps of a system.
    crash_code: fn(&str, Option<&str>) -> Option<u32>,
    /// Whether parts can be added to what it says, and dropped.
    takes_parts: bool,
    /// Whether its own texts are UTF-16.
    has_wide_texts: bool,
    supported: fn() -> Vec<Supported>,
}

/// What a file gets so that it says what a changed model does, and values of another size.
type Grow = fn(&[u8], &Model, &Model, &[Resized]) -> Result<Growth, WriteError>;

/// Why a Mach-O core does not grow in place.
const MACHO_HAS_NO_ROOM: &str =
    "a Mach-O core keeps all its load commands in front of its memory, which leaves no room for others";

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

/// Reads the tables of a dump. `ahead` is told of memory that is about to be filled with what they say.
///
/// # Errors
/// [`FormatError`] says what the bytes are where they are not a dump, or which structure cannot be read.
pub fn parse(bytes: &[u8], ahead: Ahead) -> Result<Layout, FormatError> {
    (codec(bytes)?.parse)(bytes, ahead)
}

/// Every table of registers, container by container.
pub fn supported() -> impl Iterator<Item = Supported> {
    CODECS.iter().flat_map(|codec| (codec.supported)())
}

/// Looks at the first bytes of a dump, [`START`] of them where there are so many.
///
/// # Errors
/// [`FormatError`] says what they are where no dump begins so, however it goes on.
pub fn check_start(start: &[u8]) -> Result<(), FormatError> {
    (codec(start)?.check_start)(start)
}

/// Reads what a dump says.
///
/// # Errors
/// [`FormatError`] says what the bytes are where they are not a dump, or which structure cannot be read.
pub fn read(bytes: &[u8]) -> Result<Model, FormatError> {
    (codec(bytes)?.read)(bytes)
}

/// Has a model tell what of its dump's file, which has `size` bytes, nothing leads to. `layout` is what [`parse`] made of it, and `read`
/// copies bytes out of it at an offset.
///
/// # Errors
/// Those of `read`.
pub fn tell_unread<E>(
    model: &mut Model,
    layout: &Layout,
    size: u64,
    read: impl FnMut(u64, &mut [u8]) -> Result<(), E>,
) -> Result<(), E> {
    let plan = plan(model, u64::MAX).ok();
    unread::tell(size, read, layout, plan.as_ref(), model)
}

/// Names the values of a dump that are neither memory nor registers. `layout` is what [`parse`] made of the bytes.
///
/// # Errors
/// [`FormatError`] as [`parse`].
pub fn fields(bytes: &[u8], layout: &Layout) -> Result<Fields, FormatError> {
    (codec(bytes)?.fields)(bytes, layout)
}

/// Where every byte of the dump that a model says goes, in a file of at most `limit` bytes.
///
/// # Errors
/// [`WriteError`] says which part of the model its container has no room for.
pub fn plan(model: &Model, limit: u64) -> Result<Plan, WriteError> {
    let Some(codec) = codec_of(model.target.format) else {
        return Err(WriteError::new(WriteProblem::Container, About::Dump));
    };
    (codec.plan)(model, limit)
}

/// What the file of a dump gets, behind its end and in its header, to say what a changed model does and `resized` values.
/// `bytes` are the file's, `old` is what they say, and `new` has the values as they were.
///
/// # Errors
/// [`WriteError`] says which part of the model has no place in a file that grows.
pub fn grow(bytes: &[u8], old: &Model, new: &Model, resized: &[Resized]) -> Result<Growth, WriteError> {
    let known = codec_of(new.target.format).filter(|codec| (codec.recognizes)(bytes));
    let Some(codec) = known else { return Err(WriteError::new(WriteProblem::Container, About::Dump)) };
    (codec.grow)(bytes, old, new, resized)
}

/// Has a model say values of another size. `bytes` are the file's that it was read from.
///
/// # Errors
/// [`WriteError`] where the model does not hold one of them.
pub fn resize(bytes: &[u8], model: &mut Model, resized: &[Resized]) -> Result<(), WriteError> {
    let container = || WriteError::new(WriteProblem::Container, About::Dump);
    let codec = codec_of(model.target.format).ok_or_else(container)?;
    let is_said = |value: &Resized| (codec.resize)(bytes, model, value);
    match resized.iter().all(is_said) {
        true => Ok(()),
        false => {
            Err(WriteError::new(WriteProblem::NotWhole("what holds a value of another size"), About::Dump))
        }
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

/// Whether the texts of a container's own are UTF-16.
pub fn has_wide_texts(format: Format) -> bool {
    codec_of(format).is_some_and(|codec| codec.has_wide_texts)
}

/// The file bytes that say where everything else is, in order and disjoint: headers, and the numbers of lists. What memory has as
/// well is not among them. `layout` and `model` are what the bytes say.
pub fn tables(bytes: &[u8], layout: &Layout, model: &Model) -> Vec<Span> {
    let Some(codec) = codec_of(model.target.format) else { return Vec::new() };
    common(&joined((codec.tables)(bytes, model)), &layout.outside_memory())
}

/// The name of a signal by its number: on most machines of Linux, or on the BSDs and macOS.
pub fn signal_name(number: u32, is_linux: bool) -> Option<String> {
    let numbers = if is_linux { crash_names::Signals::Linux } else { crash_names::Signals::Bsd };
    crash_names::signal(number, numbers)
}

/// What of a dump's tables contradicts its file: counts, sizes and descriptors that reach behind its end, and sizes of the directory
/// that have no room for their lists. Nothing in a dump that is whole.
///
/// # Errors
/// [`FormatError`] says what the bytes are where they are no dump, or which structure cannot be read.
pub fn repairs(bytes: &[u8]) -> Result<Contradictions, FormatError> {
    (codec(bytes)?.repairs)(bytes)
}
