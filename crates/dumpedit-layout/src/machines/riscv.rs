//! RISC-V in both widths, with the names of its calling convention and of GDB. No record holds x0, which is always zero. The low half of a
//! floating point register, where records hold only that, is its name with an `l`.

use super::numbered::V;
use crate::register::{Group, Row, Rows, parts, scalable, whole, zero};

/// Longest vector of the architecture, in bits.
const LONGEST: u32 = 65536;

const F: &[&str] = &[
    "ft0", "ft1", "ft2", "ft3", "ft4", "ft5", "ft6", "ft7", "fs0", "fs1", "fa0", "fa1", "fa2", "fa3", "fa4",
    "fa5", "fa6", "fa7", "fs2", "fs3", "fs4", "fs5", "fs6", "fs7", "fs8", "fs9", "fs10", "fs11", "ft8",
    "ft9", "ft10", "ft11",
];
const SINGLE: &[&str] = &[
    "ft0l", "ft1l", "ft2l", "ft3l", "ft4l", "ft5l", "ft6l", "ft7l", "fs0l", "fs1l", "fa0l", "fa1l", "fa2l",
    "fa3l", "fa4l", "fa5l", "fa6l", "fa7l", "fs2l", "fs3l", "fs4l", "fs5l", "fs6l", "fs7l", "fs8l", "fs9l",
    "fs10l", "fs11l", "ft8l", "ft9l", "ft10l", "ft11l",
];

/// Rows of a process with words of `word` bits.
const fn rows(word: u32) -> [Row; 8] {
    [
        zero(&["zero"], word),
        whole(&["pc"], word, Group::General),
        whole(
            &[
                "ra", "sp", "gp", "tp", "t0", "t1", "t2", "s0", "s1", "a0", "a1", "a2", "a3", "a4", "a5",
                "a6", "a7", "s2", "s3", "s4", "s5", "s6", "s7", "s8", "s9", "s10", "s11", "t3", "t4", "t5",
                "t6",
            ],
            word,
            Group::General,
        ),
        whole(F, 64, Group::Float),
        whole(&["fcsr"], 32, Group::Float),
        whole(&["vstart", "vl", "vtype", "vcsr", "vlenb"], word, Group::Vector),
        scalable(V, LONGEST, Group::Vector),
        parts(SINGLE, F, 0, 32),
    ]
}

const ALIASES: &[(&str, &str)] = &[
    ("fp", "s0"),
    ("lr", "ra"),
    ("x0", "zero"),
    ("x1", "ra"),
    ("x2", "sp"),
    ("x3", "gp"),
    ("x4", "tp"),
    ("x5", "t0"),
    ("x6", "t1"),
    ("x7", "t2"),
    ("x8", "s0"),
    ("x9", "s1"),
    ("x10", "a0"),
    ("x11", "a1"),
    ("x12", "a2"),
    ("x13", "a3"),
    ("x14", "a4"),
    ("x15", "a5"),
    ("x16", "a6"),
    ("x17", "a7"),
    ("x18", "s2"),
    ("x19", "s3"),
    ("x20", "s4"),
    ("x21", "s5"),
    ("x22", "s6"),
    ("x23", "s7"),
    ("x24", "s8"),
    ("x25", "s9"),
    ("x26", "s10"),
    ("x27", "s11"),
    ("x28", "t3"),
    ("x29", "t4"),
    ("x30", "t5"),
    ("x31", "t6"),
];

pub(crate) static ROWS_32: Rows = Rows::new(&const { rows(32) }, ALIASES);
pub(crate) static ROWS_64: Rows = Rows::new(&const { rows(64) }, ALIASES);
