//! Arguments and environment of a process, from its stack.

use dumpedit_formats::elf::schema::auxiliary;
use dumpedit_formats::mapped;

use super::source::Source;
use crate::encode::narrow;

/// Strings of a process's start, each with a NUL behind it.
pub(super) struct Startup {
    pub(super) arguments: Vec<u8>,
    pub(super) environment: Vec<u8>,
}

/// Reads the strings of a process's start from memory.
pub(super) fn startup(source: &Source<'_>) -> Option<Startup> {
    let layout = source.dump.layout();
    let program = source.auxiliary(auxiliary::EXECFN)?;
    let first = mapped::Startup::stack(layout, program)?;
    let mut stack = vec![0; narrow(program.saturating_sub(first))];
    let outcome = source.dump.read_bytes(dumpedit::Context::Process, first, &mut stack).ok()?;
    stack.truncate(narrow(outcome.completed));
    let vector = source.bytes(source.auxiliary_vector()?)?;
    let found = mapped::Startup::find(&stack, &vector, layout.byte_order(), layout.pointer_width())?;
    // The strings that some pointers point to, each with its NUL.
    let words = |pointers: &[u64]| -> Option<Vec<u8>> {
        let mut words = Vec::new();
        for pointer in pointers {
            let rest = stack.get(narrow(pointer.checked_sub(first)?)..)?;
            let length = rest.iter().position(|byte| *byte == 0)?.checked_add(1)?;
            words.extend_from_slice(rest.get(..length)?);
        }
        Some(words)
    };
    Some(Startup { arguments: words(&found.arguments)?, environment: words(&found.variables)? })
}
