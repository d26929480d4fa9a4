//! Tables of registers, one file for each record: the block and the offset of each register.
//!
//! A table of [`Run`](dumpedit_layout::Run)s is all that reading, setting, describing and synthesising need of a record.

#![allow(clippy::arithmetic_side_effects, reason = "the compiler computes the offsets of these tables")]

use dumpedit_layout::{BlockKind, Run};

pub(crate) mod context_amd64;
pub(crate) mod context_arm;
pub(crate) mod context_arm64;
pub(crate) mod context_arm64_old;
pub(crate) mod context_kind;
pub(crate) mod context_mips;
pub(crate) mod context_ppc;
pub(crate) mod context_riscv;
pub(crate) mod context_sparc;
pub(crate) mod context_x86;
pub(crate) mod contexts;
pub(crate) mod evidence;
pub(crate) mod float_x86;
pub(crate) mod freebsd;
pub(crate) mod netbsd;
pub(crate) mod note;
pub(crate) mod openbsd;
#[cfg(test)]
mod placed;
pub(crate) mod prstatus_aarch64;
pub(crate) mod prstatus_alpha;
pub(crate) mod prstatus_arc;
pub(crate) mod prstatus_arm;
pub(crate) mod prstatus_csky;
pub(crate) mod prstatus_hppa;
pub(crate) mod prstatus_i386;
pub(crate) mod prstatus_loongarch64;
pub(crate) mod prstatus_m68k;
pub(crate) mod prstatus_microblaze;
pub(crate) mod prstatus_mips;
pub(crate) mod prstatus_ppc;
pub(crate) mod prstatus_riscv;
pub(crate) mod prstatus_s390;
pub(crate) mod prstatus_sh;
pub(crate) mod prstatus_sparc;
pub(crate) mod prstatus_x86_64;
pub(crate) mod prstatus_xtensa;
pub(crate) mod thread_state_arm;
pub(crate) mod thread_state_arm64;
pub(crate) mod thread_state_i386;
pub(crate) mod thread_state_ppc;
pub(crate) mod thread_state_x86_64;

/// The runs of two tables, one behind the other; `N` is their number.
const fn joined<const N: usize>(first: &[Run], rest: &[Run]) -> [Run; N] {
    assert!(first.len() + rest.len() == N, "N is the number of runs");
    let mut all = [Run::new("", 0, BlockKind::General, 0); N];
    let (done, behind) = all.split_at_mut(first.len());
    done.copy_from_slice(first);
    behind.copy_from_slice(rest);
    all
}

/// Offset of the `index`-th word, in bytes, where words have `word` bytes and the first is at `first`.
const fn nth(first: u32, word: u32, index: u32) -> u32 {
    first.saturating_add(word.saturating_mul(index))
}
