//! Mac OS X on 32-bit PowerPC: `ppc_thread_state_t` of `mach/ppc/_structs.h`.

use dumpedit_layout::BlockKind::General;
use dumpedit_layout::{Machine, RecordFormat, Run};

pub(crate) static THREAD_STATE_PPC: RecordFormat = RecordFormat::new(
    "ppc_thread_state_t",
    Machine::Ppc,
    &[
        // `srr0` and `srr1`, which save these at an interrupt.
        word("pc", 0),
        word("msr", 1),
        Run::new("r0", 32, General, 8).stride(4),
        word("cr", 34),
        word("xer", 35),
        word("lr", 36),
        word("ctr", 37),
        word("mq", 38),
        word("vrsave", 39),
    ],
);

/// A word of `ppc_thread_state_t`.
const fn word(name: &'static str, index: u32) -> Run {
    Run::new(name, 1, General, index.saturating_mul(4))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::elf::machines::tests::places;

    /// `_STRUCT_PPC_THREAD_STATE`.
    #[test]
    fn registers_stand_where_mach_ppc_structs_h_puts_them() {
        for (name, offset) in [("pc", 0), ("msr", 4), ("r0", 8), ("r31", 132), ("cr", 136), ("vrsave", 156)] {
            assert_eq!(places(&THREAD_STATE_PPC, name), [(General, offset)], "{name}");
        }
    }
}
