//! DEC Alpha, with the names of its calling convention. No record holds r31, which is always zero.

use super::numbered::{F, first};
use crate::register::{Group, Rows, whole, zero};

/// r0 to r30.
const INTEGERS: &[&str] = &[
    "v0", "t0", "t1", "t2", "t3", "t4", "t5", "t6", "t7", "s0", "s1", "s2", "s3", "s4", "s5", "fp", "a0",
    "a1", "a2", "a3", "a4", "a5", "t8", "t9", "t10", "t11", "ra", "t12", "at", "gp", "sp",
];

pub(crate) static ROWS: Rows = Rows::new(
    &[
        whole(INTEGERS, 64, Group::General),
        zero(&["zero"], 64),
        whole(&["pc"], 64, Group::General),
        whole(&["unique"], 64, Group::System),
        whole(first(F, 31), 64, Group::Float),
        whole(&["fpcr"], 64, Group::Float),
    ],
    &[
        ("lr", "ra"),
        ("s6", "fp"),
        ("r0", "v0"),
        ("r1", "t0"),
        ("r2", "t1"),
        ("r3", "t2"),
        ("r4", "t3"),
        ("r5", "t4"),
        ("r6", "t5"),
        ("r7", "t6"),
        ("r8", "t7"),
        ("r9", "s0"),
        ("r10", "s1"),
        ("r11", "s2"),
        ("r12", "s3"),
        ("r13", "s4"),
        ("r14", "s5"),
        ("r15", "fp"),
        ("r16", "a0"),
        ("r17", "a1"),
        ("r18", "a2"),
        ("r19", "a3"),
        ("r20", "a4"),
        ("r21", "a5"),
        ("r22", "t8"),
        ("r23", "t9"),
        ("r24", "t10"),
        ("r25", "t11"),
        ("r26", "ra"),
        ("r27", "t12"),
        ("r28", "at"),
        ("r29", "gp"),
        ("r30", "sp"),
        ("r31", "zero"),
    ],
);
