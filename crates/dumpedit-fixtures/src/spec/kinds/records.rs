//! Registers, the contexts that hold them, and the stacks of threads.

use std::collections::HashSet;

use dumpedit::notation::NumberText;
use dumpedit::{Format, Machine};

use super::names::{WordOf, word, words};
use super::{check_all, described, kinds, number, text, wrong};
use crate::error::{FixtureError, Problem};
use crate::spec::mapping::{
    Described, FieldKind, Read, Value, ValueKind, check, entries, expected, read, read_into, table, write,
};
use crate::spec::out::Out;
use crate::spec::yaml::{Node, NodeKind as Of};
use crate::spec::{
    ContextKind, CrashContext, CrashSpec, Record, Register, StackDescriptor, StackSpec, TextPlace, Xstate,
};

kinds! {
    /// Registers and their values.
    Registers: Vec<Register> = Value::Registers,
        |node| registers(node),
        |of| {
            let entry = |of: &'_ Register| Out::Text(of.value.to_string());
            Out::Map(of.iter().map(|register| (register.name.as_str(), entry(register))).collect())
        };
    /// `none`, a label, or a descriptor.
    StackOrLabel: StackSpec = Value::OneOrScalar(table::<StackDescriptor>),
        |node| {
            Ok(match &node.kind {
                Of::Text(text) if text == "none" => StackSpec::None,
                Of::Text(label) => StackSpec::Region(label.clone()),
                _ => StackSpec::Descriptor(read(node)?),
            })
        },
        |of, machine| match of {
            StackSpec::None => Out::Text("none".to_owned()),
            StackSpec::Region(label) => Out::Text(label.clone()),
            StackSpec::Descriptor(descriptor) => write(descriptor, machine),
        },
        check_stack;
    /// An XSAVE area, or its components.
    Area: Xstate = Value::OneOrScalar(table::<Xstate>),
        |node| match &node.kind {
            Of::Text(_) => Ok(Xstate::new(number(node)?)),
            _ => read(node),
        },
        |of, machine| only("components", write(of, machine)),
        check;
}

described! {
    /// The context of a record, without its registers: a mapping, or its kind.
    Context = Value::OneOr(words::<ContextKind>(), table::<Record>);
    /// The context of a crash.
    OfCrash = Value::OneOr(CRASH_CONTEXTS.to_vec(), table::<Record>);
    /// The registers of a crash's own context.
    CrashRegisters = Value::Registers;
    /// A crash or a list of them.
    Crashes = Value::OneOrMany(table::<CrashSpec>);
}

const CRASH_CONTEXTS: &[&str] = &["shared", "equal", "none", "own"];

fn check_stack(of: &StackSpec, format: Format) -> Read<()> {
    match of {
        StackSpec::Descriptor(descriptor) => check(descriptor, format),
        _ => Ok(()),
    }
}

fn registers(node: &Node) -> Read<Vec<Register>> {
    let Of::Map(entries) = &node.kind else {
        return expected("registers: a mapping of names to values, such as rip: 0x401000", node);
    };
    let mut names = HashSet::new();
    let register = |(name, place, value): &(String, TextPlace, Node)| {
        if !names.insert(name.clone()) {
            return Err(FixtureError::in_text(Problem::RepeatedKey { key: name.clone() }, *place));
        }
        let number: NumberText = text(value)?.parse().map_err(wrong(value))?;
        Ok(Register::new(name, number))
    };
    entries.iter().map(register).collect()
}

/// A mapping with only one key as one value.
fn only<'a>(key: &str, out: Out<'a>) -> Out<'a> {
    match out {
        Out::Map(mut entries) | Out::Flow(mut entries) if entries.len() == 1 => match entries.pop() {
            Some((name, value)) if name == key => value,
            other => Out::Map(other.into_iter().collect()),
        },
        other => other,
    }
}

impl FieldKind<Record> for Context {
    fn read_part(node: &Node, into: &mut Record) -> Read<()> {
        match &node.kind {
            Of::Text(_) => into.kind = Some(WordOf::<ContextKind>::read(node)?),
            _ => read_into(node, into)?,
        }
        Ok(())
    }

    fn is_usual(of: &Record, _: &Record) -> bool {
        entries(of, Machine::Unknown).is_empty()
    }

    fn check_part(of: &Record, format: Format) -> Read<()> {
        check(of, format)
    }

    fn write_part(of: &Record, machine: Machine) -> Out<'_> {
        only("kind", write(of, machine))
    }
}

impl FieldKind<CrashContext> for CrashRegisters {
    fn read_part(node: &Node, into: &mut CrashContext) -> Read<()> {
        let registers = Registers::read(node)?;
        *into = CrashContext::Own(Record { registers, ..Record::default() });
        Ok(())
    }

    fn is_usual(of: &CrashContext, _: &CrashContext) -> bool {
        !matches!(of, CrashContext::Own(record) if !record.registers.is_empty())
    }

    fn write_part(of: &CrashContext, machine: Machine) -> Out<'_> {
        match of {
            CrashContext::Own(record) => Registers::write(&record.registers, machine),
            _ => Out::Map(Vec::new()),
        }
    }
}

/// Read behind the registers, so that a context of its own exists already.
impl FieldKind<CrashContext> for OfCrash {
    fn read_part(node: &Node, into: &mut CrashContext) -> Read<()> {
        let own = match std::mem::take(into) {
            CrashContext::Own(record) => Some(record),
            _ => None,
        };
        if !matches!(node.kind, Of::Text(_)) {
            let mut record = own.unwrap_or_default();
            read_into(node, &mut record)?;
            *into = CrashContext::Own(record);
            return Ok(());
        }
        let word = word(node, &[("shared", 0), ("equal", 1), ("none", 2), ("own", 3)])?;
        *into = match (word, own) {
            (3, own) => CrashContext::Own(own.unwrap_or_default()),
            (0, None) => CrashContext::Shared,
            (1, None) => CrashContext::Equal,
            (_, None) => CrashContext::None,
            (_, Some(_)) => {
                let text = "a context with registers of its own cannot be one of these";
                return Err(FixtureError::in_text(Problem::Contradiction(text.to_owned()), node.place));
            }
        };
        Ok(())
    }

    fn is_usual(of: &CrashContext, _: &CrashContext) -> bool {
        match of {
            CrashContext::Shared => true,
            CrashContext::Own(record) => {
                !record.registers.is_empty() && entries(record, Machine::Unknown).is_empty()
            }
            _ => false,
        }
    }

    fn check_part(of: &CrashContext, format: Format) -> Read<()> {
        match of {
            CrashContext::Own(record) => check(record, format),
            _ => Ok(()),
        }
    }

    fn write_part(of: &CrashContext, machine: Machine) -> Out<'_> {
        let word = |word: &str| Out::Text(word.to_owned());
        match of {
            CrashContext::Shared => word("shared"),
            CrashContext::Equal => word("equal"),
            CrashContext::None => word("none"),
            CrashContext::Own(record) if entries(record, machine).is_empty() => word("own"),
            CrashContext::Own(record) => Context::write_part(record, machine),
        }
    }
}

impl ValueKind<Vec<CrashSpec>> for Crashes {
    fn read(node: &Node) -> Read<Vec<CrashSpec>> {
        match &node.kind {
            Of::List(items) => items.iter().map(read).collect(),
            _ => Ok(vec![read(node)?]),
        }
    }

    fn write(of: &Vec<CrashSpec>, machine: Machine) -> Out<'_> {
        match of.as_slice() {
            [one] => write(one, machine),
            many => Out::List(many.iter().map(|one| write(one, machine)).collect()),
        }
    }

    fn check(of: &Vec<CrashSpec>, format: Format) -> Read<()> {
        check_all(of, format)
    }

    fn nothing() -> Option<Vec<CrashSpec>> {
        Some(vec![CrashSpec::default()])
    }
}
