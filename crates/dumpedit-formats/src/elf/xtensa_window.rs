//! The names a0 to a15 of Xtensa for some of ar0 to ar63, chosen by `windowbase`.

use dumpedit_layout::{NamedHere, Registers};

use crate::encoding::Encoding;

/// Offset of `windowbase` in NT_PRSTATUS (`struct user_pt_regs` of the kernel's `asm/ptrace.h`), in bytes.
const WINDOWBASE_AT: usize = 72 + 7 * 4;

/// Number of registers in a unit of `windowbase`, and in all.
const UNIT: u16 = 4;
const ALL: u16 = 64;

const NAMES: [&str; 16] =
    ["a0", "a1", "a2", "a3", "a4", "a5", "a6", "a7", "a8", "a9", "a10", "a11", "a12", "a13", "a14", "a15"];

/// Names of the registers in the window, with the generic names.
pub(super) fn names(encoding: Encoding, status: &[u8], registers: &Registers) -> Vec<NamedHere> {
    let begin = encoding.u32(status, WINDOWBASE_AT).map(u64::from);
    let Some(((begin, first), base)) = begin.zip(registers.find("ar0")).zip(registers.find("windowbase"))
    else {
        return Vec::new();
    };
    let generic = [("sp", 1), ("lr", 0)];
    let all = NAMES.into_iter().zip(0u16..).chain(generic);
    NamedHere::of_window(all, (first, ALL), (base, UNIT), begin)
}
