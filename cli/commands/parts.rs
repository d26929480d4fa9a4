//! `add` and `drop`: change parts of a dump.

use std::path::Path;

use dumpedit::EditOptions;
use dumpedit::notation::{self, Addition, Assignment, At, NotationError, Operation, Removal, ThreadText};

use crate::args::{AddArguments, AddedPart, DropArguments, DroppedPart, EditArguments, EmptyArgument};
use crate::commands::edit;
use crate::done::Done;
use crate::failure::Failure;
use crate::output::Output;

pub(super) fn add(arguments: &AddArguments, output: &mut Output) -> Result<Done, Failure> {
    let (dump, part) = match &arguments.part {
        AddedPart::Memory(given) => {
            let values =
                given.values.iter().map(|text| text.parse()).collect::<Result<_, NotationError>>()?;
            let protection = given.protection.as_deref().map(notation::protection).transpose()?;
            (&given.dump, Addition::Memory { at: given.at.parse()?, values, protection })
        }
        AddedPart::Thread(given) => {
            let registers = given.registers.iter().map(|text| text.parse());
            let registers = registers.collect::<Result<Vec<Assignment>, NotationError>>()?;
            let like = given.like.as_deref().map(str::parse).transpose()?;
            let (tid, name) = (notation::length(&given.tid)?, given.name.clone());
            (&given.dump, Addition::Thread { tid, like, name, registers })
        }
        AddedPart::Module(given) => {
            let (at, size) = (given.at.parse()?, notation::length(&given.size)?);
            let (name, id) = (given.name.clone(), given.id.clone());
            (&given.dump, Addition::Module { at, size, name, id })
        }
        AddedPart::Images(given) => {
            let sysroot = given.sysroot.as_ref().ok_or_else(|| {
                let hint = "add --sysroot DIR, the folder with the files of the modules: / for this machine";
                Failure::misses("the folder with the files of the modules is not given", hint)
            })?;
            let sysroot = sysroot.to_str().ok_or_else(|| {
                Failure::misses("the name of the folder is not UTF-8", "give it another name")
            })?;
            (&given.dump, Addition::Images { sysroot: sysroot.to_owned(), trust: given.trust })
        }
        AddedPart::Crash(given) => {
            let thread: Option<ThreadText> =
                given.edit.thread.thread.as_deref().map(str::parse).transpose()?;
            // The default is the crashed thread, else the only one, as for every verb.
            let thread = thread.unwrap_or(ThreadText::Crashed);
            let address = given.address.as_deref().map(str::parse::<At>).transpose()?;
            (&given.dump, Addition::Crash { thread, code: given.code.clone(), address })
        }
    };
    perform(dump, arguments.edit(), Operation::Add(Box::new(part)), output)
}

pub(super) fn drop(arguments: &DropArguments, output: &mut Output) -> Result<Done, Failure> {
    let (dump, part) = match &arguments.part {
        DroppedPart::Memory(given) => (&given.dump, Removal::Memory(given.range.parse()?)),
        DroppedPart::Thread(given) => (&given.dump, Removal::Thread(given.tid.parse()?)),
        DroppedPart::Module(given) => (&given.dump, Removal::Module(given.module.parse()?)),
        DroppedPart::Crash(given) => (&given.dump, Removal::Crash(given.tid.parse()?)),
    };
    perform(dump, arguments.edit(), Operation::Drop(part), output)
}

fn perform(
    dump: &Path,
    arguments: &EditArguments,
    operation: Operation,
    output: &mut Output,
) -> Result<Done, Failure> {
    let mut line = arguments.line(operation, EditOptions::default())?;
    if matches!(&line.operation, Operation::Add(part) if matches!(**part, Addition::Crash { .. })) {
        line.thread = None;
    }
    // Parts do not count as written bytes.
    edit::run(dump, arguments, &line, EmptyArgument { allow_empty: true }, output)
}
