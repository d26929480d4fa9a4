//! 32-bit ARM, with the names of Arm's manual and of GDB.

use crate::register::{Group, Rows, parts, whole};

const QUADS: &[&str] =
    &["q0", "q1", "q2", "q3", "q4", "q5", "q6", "q7", "q8", "q9", "q10", "q11", "q12", "q13", "q14", "q15"];
const LOW_QUADS: &[&str] = &["q0", "q1", "q2", "q3", "q4", "q5", "q6", "q7"];

pub(crate) static ROWS: Rows = Rows::new(
    &[
        whole(
            &["r0", "r1", "r2", "r3", "r4", "r5", "r6", "r7", "r8", "r9", "r10", "r11", "r12"],
            32,
            Group::General,
        ),
        whole(&["sp", "lr", "pc", "cpsr"], 32, Group::General),
        whole(&["orig_r0", "tpidruro"], 32, Group::System),
        whole(&["exception", "fsr", "far"], 32, Group::System),
        whole(&["fpscr"], 32, Group::Float),
        whole(QUADS, 128, Group::Vector),
        whole(
            &["fpextra0", "fpextra1", "fpextra2", "fpextra3", "fpextra4", "fpextra5", "fpextra6", "fpextra7"],
            32,
            Group::Float,
        ),
        whole(&["bvr0", "bvr1", "bvr2", "bvr3", "bvr4", "bvr5", "bvr6", "bvr7"], 32, Group::Debug),
        whole(&["bcr0", "bcr1", "bcr2", "bcr3", "bcr4", "bcr5", "bcr6", "bcr7"], 32, Group::Debug),
        whole(&["wvr0", "wcr0"], 32, Group::Debug),
        parts(
            &[
                "d0", "d2", "d4", "d6", "d8", "d10", "d12", "d14", "d16", "d18", "d20", "d22", "d24", "d26",
                "d28", "d30",
            ],
            QUADS,
            0,
            64,
        ),
        parts(
            &[
                "d1", "d3", "d5", "d7", "d9", "d11", "d13", "d15", "d17", "d19", "d21", "d23", "d25", "d27",
                "d29", "d31",
            ],
            QUADS,
            64,
            64,
        ),
        parts(&["s0", "s4", "s8", "s12", "s16", "s20", "s24", "s28"], LOW_QUADS, 0, 32),
        parts(&["s1", "s5", "s9", "s13", "s17", "s21", "s25", "s29"], LOW_QUADS, 32, 32),
        parts(&["s2", "s6", "s10", "s14", "s18", "s22", "s26", "s30"], LOW_QUADS, 64, 32),
        parts(&["s3", "s7", "s11", "s15", "s19", "s23", "s27", "s31"], LOW_QUADS, 96, 32),
        parts(&["nf"], &["cpsr"], 31, 1),
        parts(&["zf"], &["cpsr"], 30, 1),
        parts(&["cf"], &["cpsr"], 29, 1),
        parts(&["vf"], &["cpsr"], 28, 1),
        parts(&["qf"], &["cpsr"], 27, 1),
        parts(&["thumb"], &["cpsr"], 5, 1),
    ],
    &[
        ("fp", "r11"),
        ("flags", "cpsr"),
        ("sl", "r10"),
        ("ip", "r12"),
        ("r13", "sp"),
        ("r14", "lr"),
        ("r15", "pc"),
    ],
);
