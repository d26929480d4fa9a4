//! The arguments and the environment of a process, where Linux puts them: on the stack of its first thread, behind the pointers to
//! them and the auxiliary vector (`create_elf_tables` in the kernel's `fs/binfmt_elf.c`).

use dumpedit_formats::elf::schema::auxiliary;

use super::source::Source;
use crate::encode::narrow;

/// The words of a process's start, each with a NUL behind it.
pub(super) struct Startup {
    pub(super) arguments: Vec<u8>,
    pub(super) environment: Vec<u8>,
}

/// How far below the program's path the vector is looked for: the kernel takes no more than 6 MiB of words.
const MOST: u64 = 8 << 20;

/// The stack's captured bytes up to the program's path.
struct Stack {
    first: u64,
    bytes: Vec<u8>,
    word: usize,
}

impl Stack {
    fn of(source: &Source<'_>, program: u64) -> Option<Stack> {
        let layout = source.dump.layout();
        let ranges = layout.captured_ranges(program.saturating_sub(MOST), program);
        let mut first = ranges.last().filter(|range| range.last == program)?.first;
        // Ranges that touch are one stack.
        for before in ranges.iter().rev().skip(1) {
            if before.last.checked_add(1) == Some(first) {
                first = before.first;
            }
        }
        let mut bytes = vec![0; narrow(program.saturating_sub(first))];
        let outcome = source.dump.read_bytes(dumpedit::Context::Process, first, &mut bytes).ok()?;
        bytes.truncate(narrow(outcome.completed));
        Some(Stack { first, bytes, word: usize::from(layout.pointer_width()) })
    }

    /// The words that some pointers lead to, each with its NUL.
    fn words(&self, pointers: &[u64]) -> Option<Vec<u8>> {
        let mut words = Vec::new();
        for pointer in pointers {
            let rest = self.bytes.get(narrow(pointer.checked_sub(self.first)?)..)?;
            let length = rest.iter().position(|byte| *byte == 0)?.checked_add(1)?;
            words.extend_from_slice(rest.get(..length)?);
        }
        Some(words)
    }
}

/// What memory has of a process's start.
pub(super) fn startup(source: &Source<'_>) -> Option<Startup> {
    let order = source.dump.layout().byte_order();
    let stack = Stack::of(source, source.auxiliary(auxiliary::EXECFN)?)?;
    let vector = source.bytes(source.auxiliary_vector()?)?;
    // What begins alike is the vector itself.
    let start = vector.get(..stack.word.checked_mul(4)?)?;
    let at = stack.bytes.windows(start.len()).rposition(|window| window == start)?;
    let mut down = stack.bytes.get(..at)?.rchunks_exact(stack.word).map(|word| order.number(word));
    if down.next() != Some(0) {
        return None;
    }
    let mut variables: Vec<u64> = down.by_ref().take_while(|word| *word != 0).collect();
    let mut arguments: Vec<u64> = Vec::new();
    // Below the first argument's pointer stands how many there are.
    loop {
        let word = down.next()?;
        if u64::try_from(arguments.len()) == Ok(word) {
            break;
        }
        arguments.push(word);
    }
    variables.reverse();
    arguments.reverse();
    Some(Startup { arguments: stack.words(&arguments)?, environment: stack.words(&variables)? })
}
