//! The names a0 to a15 of Xtensa, which are some of ar0 to ar63: which, `windowbase` says.

use dumpedit_layout::{NamedHere, Registers};

use crate::encoding::Encoding;

/// Where NT_PRSTATUS has `windowbase` (`struct user_pt_regs` of the kernel's `asm/ptrace.h`), in bytes.
const WINDOWBASE_AT: usize = 72 + 7 * 4;

/// How many registers `windowbase` counts by, and how many there are.
const UNIT: u32 = 4;
const ALL: u32 = 64;

const NAMES: [&str; 16] =
    ["a0", "a1", "a2", "a3", "a4", "a5", "a6", "a7", "a8", "a9", "a10", "a11", "a12", "a13", "a14", "a15"];

/// The names that the registers of the window have, the generic ones included.
pub(super) fn names(encoding: Encoding, status: &[u8], registers: &Registers) -> Vec<NamedHere> {
    let Some(base) = encoding.u32(status, WINDOWBASE_AT) else { return Vec::new() };
    let at = |index: u32| {
        let number = base.checked_mul(UNIT)?.checked_add(index)?.checked_rem(ALL)?;
        registers.find(&format!("ar{number}"))
    };
    let generic = [("sp", 1), ("lr", 0)];
    let all = NAMES.into_iter().zip(0u32..).chain(generic);
    all.filter_map(|(name, index)| Some(NamedHere { name, id: at(index)? })).collect()
}
