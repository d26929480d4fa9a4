//! Motorola 68000, with the names of its manual and of GDB.

use crate::register::{Group, Rows, whole};

pub(crate) static ROWS: Rows = Rows::new(
    &[
        whole(&["d0", "d1", "d2", "d3", "d4", "d5", "d6", "d7"], 32, Group::General),
        whole(&["a0", "a1", "a2", "a3", "a4", "a5", "a6", "a7"], 32, Group::General),
        whole(&["sr"], 16, Group::General),
        whole(&["pc"], 32, Group::General),
        whole(&["orig_d0"], 32, Group::System),
        whole(&["fp0", "fp1", "fp2", "fp3", "fp4", "fp5", "fp6", "fp7"], 96, Group::Float),
        whole(&["fpcr", "fpsr", "fpiaddr"], 32, Group::Float),
    ],
    &[("sp", "a7"), ("fp", "a6"), ("flags", "sr"), ("ps", "sr"), ("fpcontrol", "fpcr"), ("fpstatus", "fpsr")],
);
