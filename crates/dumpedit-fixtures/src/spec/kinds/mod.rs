//! Kinds of values of a spec's keys: how each is read and written. Here are those of one number or text, and mappings and lists of
//! mappings.

mod contents;
mod names;
mod records;

use std::marker::PhantomData;

use dumpedit::notation::{At, NotationError};
use dumpedit::{Format, Machine};

use super::System;
use super::mapping::{Described, Mapped, Read, Value, ValueKind, check, expected, read, table, write};
use super::out::Out;
use super::yaml::{Node, NodeKind as Of};
use crate::error::{FixtureError, Within};

pub(super) use contents::Bytes;
pub(super) use names::{
    CommandType, Flavor, Letters, ListOf, Lists, MachineName, MemoryState, MemoryType, Named, NoteOwner,
    NoteType, Order, Pages, PartType, SectionType, StreamType, WordOf, Words,
};
pub(super) use records::{Area, Context, CrashRegisters, Crashes, OfCrash, Registers, StackOrLabel};

/// Kinds of values: the kind in the schema, how a value is read and written, and the parts that a container refuses.
macro_rules! kinds {
    ($(
        $(#[$doc:meta])*
        $kind:ident: $of:ty = $value:expr, |$node:ident| $read:expr, |$one:ident $(, $machine:ident)?| $write:expr
            $(, $check:path)?;
    )*) => {$(
        $(#[$doc])*
        pub(in crate::spec) struct $kind;

        impl Described for $kind {
            fn value() -> Value {
                $value
            }
        }

        impl ValueKind<$of> for $kind {
            fn read($node: &Node) -> Read<$of> {
                $read
            }

            fn write($one: &$of, _machine: Machine) -> Out<'_> {
                $(let $machine = _machine;)?
                $write
            }

            $(fn check(of: &$of, format: Format) -> Read<()> {
                $check(of, format)
            })?
        }
    )*};
}

/// Sets the kinds in the schema.
macro_rules! described {
    ($($(#[$doc:meta])* $kind:ident = $value:expr;)*) => {$(
        $(#[$doc])*
        pub(in crate::spec) struct $kind;

        impl Described for $kind {
            fn value() -> Value {
                $value
            }
        }
    )*};
}

use {described, kinds};

kinds! {
    /// Any text.
    Text: String = Value::Scalar,
        |node| text(node).map(str::to_owned),
        |of| Out::Text(of.clone());
    /// A number, written in decimal.
    Number: u64 = Value::Number,
        |node| number(node),
        |of| Out::Text(of.to_string());
    /// A number, written in hex.
    Hex: u64 = Value::Number,
        |node| number(node),
        |of| Out::Text(format!("{of:#x}"));
    /// A number that may be less than zero, as its 32 bits.
    Signed: u64 = Value::Number,
        |node| text(node)?.parse::<i32>().map_or_else(|_| number(node), |value| Ok(value.cast_unsigned().into())),
        |of, machine| Hex::write(of, machine);
    /// An address: a number in hex, or a label with an offset.
    Address: At = Value::Scalar,
        |node| text(node).or_else(|_| expected("an address, or a label", node))?.parse().map_err(wrong(node)),
        |of| Out::Text(of.to_string());
    /// A file offset: a number, or a label with an offset.
    FileOffset: At = Value::Scalar,
        |node| number(node).map(At::Address).or_else(|_| Address::read(node)),
        |of, machine| Address::write(of, machine);
    /// A list of numbers or addresses.
    Addresses: Vec<At> = Value::Scalars,
        |node| list(node)?.iter().map(FileOffset::read).collect(),
        |of| Out::Texts(of.iter().map(At::to_string).collect());
    /// `true` or `false`.
    Flag: bool = Value::Flag,
        |node| match text(node)? {
            "true" => Ok(true),
            "false" => Ok(false),
            _ => expected("true or false", node),
        },
        |of| Out::Flag(*of);
    /// A system, or `none`.
    SystemOrNone: System = Value::OneOr(vec!["none"], table::<System>),
        |node| match &node.kind {
            Of::Text(text) if text == "none" => Ok(System { left_out: true, ..System::default() }),
            _ => read(node),
        },
        |of, machine| if of.left_out { Out::Text("none".to_owned()) } else { write(of, machine) },
        check;
}

fn text(node: &Node) -> Read<&str> {
    match &node.kind {
        Of::Text(text) => Ok(text),
        _ => expected("a text", node),
    }
}

/// The notation's error about a value.
fn wrong(node: &Node) -> impl FnOnce(NotationError) -> FixtureError + use<> {
    let place = node.place;
    move |error| FixtureError::in_text(error, place)
}

fn number(node: &Node) -> Read<u64> {
    match &node.kind {
        Of::Text(text) if let Ok(number) = dumpedit::notation::length(text) => Ok(number),
        _ => expected("a number: decimal, or hex after 0x", node),
    }
}

fn list(node: &Node) -> Read<&[Node]> {
    match &node.kind {
        Of::List(items) => Ok(items),
        _ => expected("a list: each entry on a line that begins with '-'", node),
    }
}

/// Refuses parts of a list's entries that a container has no place for.
fn check_all<T: Mapped>(of: &[T], format: Format) -> Read<()> {
    of.iter().enumerate().try_for_each(|(index, one)| check(one, format).within(index))
}

/// A list of mappings.
pub(in crate::spec) struct Many<T>(PhantomData<T>);

impl<T: Mapped> Described for Many<T> {
    fn value() -> Value {
        Value::Many(table::<T>)
    }
}

impl<T: Mapped> ValueKind<Vec<T>> for Many<T> {
    fn read(node: &Node) -> Read<Vec<T>> {
        list(node)?.iter().map(read).collect()
    }

    fn write(of: &Vec<T>, machine: Machine) -> Out<'_> {
        if of.is_empty() {
            return Out::Texts(Vec::new());
        }
        Out::List(of.iter().map(|one| write(one, machine)).collect())
    }

    fn check(of: &Vec<T>, format: Format) -> Read<()> {
        check_all(of, format)
    }

    fn nothing() -> Option<Vec<T>> {
        Some(Vec::new())
    }
}

/// A mapping.
pub(in crate::spec) struct One<T>(PhantomData<T>);

impl<T: Mapped> Described for One<T> {
    fn value() -> Value {
        Value::One(table::<T>)
    }
}

impl<T: Mapped> ValueKind<T> for One<T> {
    fn read(node: &Node) -> Read<T> {
        read(node)
    }

    fn write(of: &T, machine: Machine) -> Out<'_> {
        write(of, machine)
    }

    fn check(of: &T, format: Format) -> Read<()> {
        check(of, format)
    }
}
