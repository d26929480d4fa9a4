//! Arguments and environment of a process on Linux: at the top of the stack of its first thread, behind the pointers to them and the
//! auxiliary vector (`create_elf_tables` in the kernel's `fs/binfmt_elf.c`).

use dumpedit_layout::{ByteOrder, Layout};

/// Maximum distance of the vector below the program's path, in bytes: the kernel takes no more than 6 MiB of arguments and environment.
const MOST: u64 = 8 << 20;

/// Addresses of the texts that a process was started with.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Startup {
    /// The addresses of the arguments, in order.
    pub arguments: Vec<u64>,
    /// The addresses of the variables of the environment, in order.
    pub variables: Vec<u64>,
}

impl Startup {
    /// The lowest address from which a stack is captured without a gap up to the program's path, whose address is `AT_EXECFN`.
    pub fn stack(layout: &Layout, program: u64) -> Option<u64> {
        let mut ranges = layout.captured_ranges(program.saturating_sub(MOST), program).rev();
        let mut first = ranges.next().filter(|range| range.last == program)?.first;
        // Ranges that touch are one stack.
        for before in ranges {
            if before.last.checked_add(1) == Some(first) {
                first = before.first;
            }
        }
        Some(first)
    }

    /// Follows the pointers below the auxiliary vector. `stack` has the bytes up to the program's path, and `vector` is the vector in a
    /// note or a stream.
    pub fn find(stack: &[u8], vector: &[u8], order: ByteOrder, word_size: u8) -> Option<Startup> {
        let word = usize::from(word_size.max(1));
        // The bytes that begin like the vector are the vector itself.
        let start = vector.get(..word.checked_mul(4)?)?;
        let at = stack.windows(start.len()).rposition(|window| window == start)?;
        let mut down = stack.get(..at)?.rchunks_exact(word).map(|word| order.number(word));
        if down.next() != Some(0) {
            return None;
        }
        let mut variables: Vec<u64> = down.by_ref().take_while(|word| *word != 0).collect();
        let mut arguments: Vec<u64> = Vec::new();
        // The number of arguments is below the first argument's pointer.
        loop {
            let word = down.next()?;
            if u64::try_from(arguments.len()) == Ok(word) {
                break;
            }
            arguments.push(word);
        }
        variables.reverse();
        arguments.reverse();
        Some(Startup { arguments, variables })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pointers_below_the_vector_are_arguments_and_variables() {
        for order in [ByteOrder::Little, ByteOrder::Big] {
            let bytes =
                |words: &[u64]| words.iter().flat_map(|word| order.bytes(*word, 4)).collect::<Vec<u8>>();
            let vector = bytes(&[6, 4096, 31, 0x9000, 0, 0]);
            let stack = [bytes(&[7, 2, 0x8000, 0x8004, 0, 0x8008, 0]), vector.clone(), vec![0; 3]].concat();
            let found = Startup::find(&stack, &vector, order, 4).unwrap();
            assert_eq!((found.arguments, found.variables), (vec![0x8000, 0x8004], vec![0x8008]));
            let uncounted = [bytes(&[7, 3, 0x8000, 0x8004, 0, 0x8008, 0]), vector.clone()].concat();
            assert_eq!(Startup::find(&uncounted, &vector, order, 4), None);
        }
    }
}
