//! Values with names: words, constants of the headers, protections.

use std::marker::PhantomData;

use dumpedit::{ByteOrder, Format, Machine, Protection};
use dumpedit_formats::elf::schema as elf;
use dumpedit_formats::macho::schema as macho;
use dumpedit_formats::minidump::schema as minidump;
use dumpedit_formats::triage::schema as triage;

use super::{Flag, Text, described, kinds, list, number, text};
use crate::spec::mapping::{Described, FieldKind, Read, Value, ValueKind, expected};
use crate::spec::out::Out;
use crate::spec::yaml::{Node, NodeKind as Of};
use crate::spec::{ContextKind, MemoryPlace, NoteSpec, PaddedSpec, PointerSpec, Spec};

kinds! {
    /// Three letters such as `r-x`.
    Letters: Protection = Value::Protection,
        |node| letters(node).map_or_else(|| expected("a protection of three letters, such as r-x", node), Ok),
        |of| Out::Text(of.to_string());
    /// The same, or a constant of Windows.
    Pages: u64 = Value::Scalar,
        |node| match letters(node) {
            Some(protection) => Ok(minidump::page_protection(protection).into()),
            None => number(node).or_else(|_| expected("a protection such as r-x, or a number", node)),
        },
        |of| Out::Text(of_pages(*of));
    /// The lists that are padded.
    Lists: PaddedSpec = Value::Words(PADDED),
        |node| padded(node),
        |of| {
            let on = PADDED.iter().zip([of.threads, of.modules, of.memory]).filter(|(_, on)| *on);
            Out::Texts(on.map(|(name, _)| (*name).to_owned()).collect())
        };
}

described! {
    /// The machine of a spec, and with it the byte order.
    MachineName = Value::Scalar;
    /// The byte order of a spec.
    Order = Value::Word(ORDERS.iter().map(|(word, _)| *word).collect());
    /// The owner of a note; not written where it is the usual one of its type.
    NoteOwner = Value::Scalar;
    /// The type of a note.
    NoteType = Value::Scalar;
}

const ORDERS: &[(&str, ByteOrder)] = &[("little", ByteOrder::Little), ("big", ByteOrder::Big)];

const PADDED: &[&str] = &["threads", "modules", "memory"];

/// Values with words.
pub(in crate::spec) trait Words: Copy + PartialEq + 'static {
    const WORDS: &'static [(&'static str, Self)];
}

pub(super) fn words<T: Words>() -> Vec<&'static str> {
    T::WORDS.iter().map(|(word, _)| *word).collect()
}

/// The value of a word in a list.
pub(super) fn word<T: Copy>(node: &Node, words: &[(&str, T)]) -> Read<T> {
    let found = match &node.kind {
        Of::Text(text) => words.iter().find(|(word, _)| word == text),
        _ => None,
    };
    let all = || words.iter().map(|(word, _)| *word).collect::<Vec<_>>().join(", ");
    found.map_or_else(|| expected(format!("one of {}", all()), node), |(_, value)| Ok(*value))
}

/// The word of a value.
fn of_word<T: PartialEq>(of: &T, words: &[(&str, T)]) -> Out<'static> {
    let found = words.iter().find(|(_, value)| value == of);
    Out::Text(found.map_or_else(String::new, |(word, _)| (*word).to_owned()))
}

/// One of the words of a type.
pub(in crate::spec) struct WordOf<T>(PhantomData<T>);

impl<T: Words> Described for WordOf<T> {
    fn value() -> Value {
        Value::Word(words::<T>())
    }
}

impl<T: Words> ValueKind<T> for WordOf<T> {
    fn read(node: &Node) -> Read<T> {
        word(node, T::WORDS)
    }

    fn write(of: &T, _: Machine) -> Out<'_> {
        of_word(of, T::WORDS)
    }
}

macro_rules! words {
    ($($of:ty: $($word:literal $value:ident),*;)*) => {$(
        impl Words for $of {
            const WORDS: &'static [(&'static str, Self)] = &[$(($word, <$of>::$value)),*];
        }
    )*};
}

words! {
    Format: "minidump" Minidump, "elf-core" ElfCore, "macho-core" MachOCore, "triage-dump" Triage;
    MemoryPlace: "memory-list" List, "memory64-list" List64, "none" Outside;
    PointerSpec: "rva" Rva, "rva64" Rva64, "location" Location;
    ContextKind: "none" None, "raw" Raw, "windows" Windows, "short" Short, "breakpad" Breakpad,
        "crashpad" Crashpad;
}

/// A number that may have a name.
pub(in crate::spec) struct Named<N>(PhantomData<N>);

/// The names of some numbers.
pub(in crate::spec) trait Names {
    /// Names, for messages.
    const EXAMPLE: &'static str;

    fn number(name: &str) -> Option<u64>;
    fn name(number: u64, machine: Machine) -> Option<&'static str>;

    /// A number without a name.
    fn plain(number: u64) -> String {
        format!("{number:#x}")
    }

    fn value() -> Value {
        Value::Scalar
    }
}

impl<N: Names> Described for Named<N> {
    fn value() -> Value {
        N::value()
    }
}

impl<N: Names> ValueKind<u64> for Named<N> {
    fn read(node: &Node) -> Read<u64> {
        named(node, N::EXAMPLE, N::number)
    }

    fn write(of: &u64, machine: Machine) -> Out<'_> {
        Out::Text(N::name(*of, machine).map_or_else(|| N::plain(*of), str::to_owned))
    }
}

/// A list of numbers that may have names.
pub(in crate::spec) struct ListOf<N>(PhantomData<N>);

impl<N> Described for ListOf<N> {
    fn value() -> Value {
        Value::Scalars
    }
}

impl<N: Names> ValueKind<Vec<u64>> for ListOf<N> {
    fn read(node: &Node) -> Read<Vec<u64>> {
        list(node)?.iter().map(Named::<N>::read).collect()
    }

    fn write(of: &Vec<u64>, machine: Machine) -> Out<'_> {
        let text = |number: &u64| N::name(*number, machine).map_or_else(|| N::plain(*number), str::to_owned);
        Out::Texts(of.iter().map(text).collect())
    }
}

fn named(node: &Node, example: &str, by_name: impl FnOnce(&str) -> Option<u64>) -> Read<u64> {
    let given = text(node)?;
    match by_name(given).or_else(|| dumpedit::notation::length(given).ok()) {
        Some(number) => Ok(number),
        None => expected(format!("a number or a name such as {example}"), node),
    }
}

/// `State` of a mapping.
pub(in crate::spec) struct MemoryState;

/// `Type` of a mapping.
pub(in crate::spec) struct MemoryType;

/// The type of a minidump's stream.
pub(in crate::spec) struct StreamType;

/// The type of a triage dump's part, by the field that points to it.
pub(in crate::spec) struct PartType;

/// The flavor of a Mach-O core's thread state.
pub(in crate::spec) struct Flavor;

/// The type of a section.
pub(in crate::spec) struct SectionType;

/// The type of a load command.
pub(in crate::spec) struct CommandType;

macro_rules! listed {
    ($($of:ident: $example:literal, [$(($name:literal, $number:literal)),*];)*) => {$(
        impl Names for $of {
            const EXAMPLE: &'static str = $example;

            fn number(name: &str) -> Option<u64> {
                [$(($name, $number)),*].iter().find(|(known, _)| *known == name).map(|(_, number)| *number)
            }

            fn name(number: u64, _: Machine) -> Option<&'static str> {
                [$(($name, $number)),*].iter().find(|(_, known)| *known == number).map(|(name, _)| *name)
            }

            fn value() -> Value {
                Value::NumberOr(vec![$($name),*])
            }
        }
    )*};
}

listed! {
    MemoryState: "commit, reserve, free", [("commit", 0x1000), ("reserve", 0x2000), ("free", 0x1_0000)];
    MemoryType: "private, mapped, image", [("private", 0x2_0000), ("mapped", 0x4_0000), ("image", 0x100_0000)];
}

impl Names for StreamType {
    const EXAMPLE: &'static str = "ThreadListStream";

    fn number(name: &str) -> Option<u64> {
        minidump::stream_kind(name).map(u64::from)
    }

    fn name(number: u64, _: Machine) -> Option<&'static str> {
        u32::try_from(number).ok().and_then(minidump::stream_name)
    }
}

impl Names for PartType {
    const EXAMPLE: &'static str = "'debugger data'";

    fn number(name: &str) -> Option<u64> {
        triage::part_field(name).map(u64::from)
    }

    fn name(number: u64, _: Machine) -> Option<&'static str> {
        u32::try_from(number).ok().and_then(triage::part_name)
    }
}

impl Names for SectionType {
    const EXAMPLE: &'static str = "SHT_STRTAB";

    fn number(name: &str) -> Option<u64> {
        elf::section_type(name).map(u64::from)
    }

    fn name(number: u64, _: Machine) -> Option<&'static str> {
        u32::try_from(number).ok().and_then(elf::section_type_name)
    }
}

impl Names for CommandType {
    const EXAMPLE: &'static str = "LC_UUID";

    fn number(name: &str) -> Option<u64> {
        macho::load_command(name).map(u64::from)
    }

    fn name(number: u64, _: Machine) -> Option<&'static str> {
        u32::try_from(number).ok().and_then(macho::load_command_name)
    }
}

impl Names for Flavor {
    const EXAMPLE: &'static str = "x86_THREAD_STATE64";

    fn number(name: &str) -> Option<u64> {
        macho::flavor(name).map(u64::from)
    }

    fn name(number: u64, machine: Machine) -> Option<&'static str> {
        u32::try_from(number).ok().and_then(|flavor| macho::flavor_name(machine, flavor))
    }

    fn plain(number: u64) -> String {
        number.to_string()
    }
}

impl FieldKind<NoteSpec> for NoteOwner {
    fn read_part(node: &Node, into: &mut NoteSpec) -> Read<()> {
        into.owner = Some(Text::read(node)?);
        Ok(())
    }

    fn is_usual(of: &NoteSpec, _: &NoteSpec) -> bool {
        of.owner.as_deref().is_none_or(|owner| owner == of.usual_owner())
    }

    fn write_part(of: &NoteSpec, _: Machine) -> Out<'_> {
        Out::Text(of.owner().to_owned())
    }
}

impl FieldKind<NoteSpec> for NoteType {
    fn read_part(node: &Node, into: &mut NoteSpec) -> Read<()> {
        let mut owner = None;
        let mut number = |name: &str| {
            elf::number(name).or_else(|| {
                let (of, number) = elf::other_number(name)?;
                owner = Some(of);
                Some(number)
            })
        };
        into.kind = named(node, "NT_AUXV", |name| number(name).map(u64::from))?;
        if let Some(owner) = owner {
            into.owner.get_or_insert_with(|| owner.to_owned());
        }
        Ok(())
    }

    fn is_usual(_: &NoteSpec, _: &NoteSpec) -> bool {
        false
    }

    fn write_part(of: &NoteSpec, _: Machine) -> Out<'_> {
        let kind = u32::try_from(of.kind).unwrap_or(u32::MAX);
        let name = elf::named(kind).filter(|_| ["CORE", "LINUX"].contains(&of.owner()));
        Out::Text(name.map_or_else(|| format!("{kind:#x}"), str::to_owned))
    }
}

impl FieldKind<Spec> for MachineName {
    fn read_part(node: &Node, into: &mut Spec) -> Read<()> {
        let name = text(node)?;
        let Some(machine) = Machine::ALL.iter().find(|machine| machine.name() == name) else {
            let names: Vec<&str> = Machine::ALL.iter().map(|machine| machine.name()).collect();
            return expected(format!("one of {}", names.join(", ")), node);
        };
        (into.machine, into.byte_order) = (*machine, machine.usual_byte_order());
        Ok(())
    }

    fn is_usual(_: &Spec, _: &Spec) -> bool {
        false
    }

    fn write_part(of: &Spec, _: Machine) -> Out<'_> {
        Out::Text(of.machine.to_string())
    }
}

impl FieldKind<Spec> for Order {
    fn read_part(node: &Node, into: &mut Spec) -> Read<()> {
        into.byte_order = word(node, ORDERS)?;
        Ok(())
    }

    fn is_usual(of: &Spec, _: &Spec) -> bool {
        of.byte_order == of.machine.usual_byte_order()
    }

    fn write_part(of: &Spec, _: Machine) -> Out<'_> {
        of_word(&of.byte_order, ORDERS)
    }
}

fn padded(node: &Node) -> Read<PaddedSpec> {
    let mut padded = PaddedSpec::default();
    let Of::List(items) = &node.kind else {
        let all =
            Flag::read(node).or_else(|_| expected("true, or a list of threads, modules, memory", node))?;
        return Ok(PaddedSpec { threads: all, modules: all, memory: all });
    };
    for item in items {
        match word(item, &[("threads", 0), ("modules", 1), ("memory", 2)])? {
            0 => padded.threads = true,
            1 => padded.modules = true,
            _ => padded.memory = true,
        }
    }
    Ok(padded)
}

/// The letters of a page's protection, or its number.
fn of_pages(number: u64) -> String {
    let of_bits = |bits: u8| Protection {
        read: bits & 4 != 0,
        write: bits & 2 != 0,
        execute: bits & 1 != 0,
        guard: false,
    };
    let same = |protection: &Protection| u64::from(minidump::page_protection(*protection)) == number;
    let same = (0..8).map(of_bits).filter(same).max_by_key(|protection| protection.read);
    same.map_or_else(|| format!("{number:#x}"), |protection| protection.to_string())
}

fn letters(node: &Node) -> Option<Protection> {
    let Of::Text(text) = &node.kind else { return None };
    text.parse().ok().filter(|protection: &Protection| !protection.guard)
}
