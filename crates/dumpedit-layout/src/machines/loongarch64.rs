//! 64-bit LoongArch, with the names of its manual and of GDB. f0 to f31 and vr0 to vr31 are the low parts of the vectors xr0 to xr31.

use super::numbered::{F, R, from};
use crate::register::{Group, Rows, parts, whole, zero};

const XR: &[&str] = &[
    "xr0", "xr1", "xr2", "xr3", "xr4", "xr5", "xr6", "xr7", "xr8", "xr9", "xr10", "xr11", "xr12", "xr13",
    "xr14", "xr15", "xr16", "xr17", "xr18", "xr19", "xr20", "xr21", "xr22", "xr23", "xr24", "xr25", "xr26",
    "xr27", "xr28", "xr29", "xr30", "xr31",
];
const VR: &[&str] = &[
    "vr0", "vr1", "vr2", "vr3", "vr4", "vr5", "vr6", "vr7", "vr8", "vr9", "vr10", "vr11", "vr12", "vr13",
    "vr14", "vr15", "vr16", "vr17", "vr18", "vr19", "vr20", "vr21", "vr22", "vr23", "vr24", "vr25", "vr26",
    "vr27", "vr28", "vr29", "vr30", "vr31",
];
const FCC: &str = "fcc";

pub(crate) static ROWS: Rows = Rows::new(
    &[
        zero(&["r0"], 64),
        whole(from(R, 1), 64, Group::General),
        whole(&["pc"], 64, Group::General),
        whole(&["orig_a0", "badv"], 64, Group::System),
        whole(&["scr0", "scr1", "scr2", "scr3"], 64, Group::System),
        whole(&["eflags", "ftop"], 32, Group::System),
        whole(XR, 256, Group::Vector),
        whole(&["fcc"], 64, Group::Float),
        whole(&["fcsr"], 32, Group::Float),
        parts(VR, XR, 0, 128),
        parts(F, XR, 0, 64),
        parts(&["fcc0"], &[FCC], 0, 8),
        parts(&["fcc1"], &[FCC], 8, 8),
        parts(&["fcc2"], &[FCC], 16, 8),
        parts(&["fcc3"], &[FCC], 24, 8),
        parts(&["fcc4"], &[FCC], 32, 8),
        parts(&["fcc5"], &[FCC], 40, 8),
        parts(&["fcc6"], &[FCC], 48, 8),
        parts(&["fcc7"], &[FCC], 56, 8),
    ],
    &[
        ("sp", "r3"),
        ("fp", "r22"),
        ("lr", "r1"),
        ("zero", "r0"),
        ("era", "pc"),
        ("ra", "r1"),
        ("tp", "r2"),
        ("a0", "r4"),
        ("a1", "r5"),
        ("a2", "r6"),
        ("a3", "r7"),
        ("a4", "r8"),
        ("a5", "r9"),
        ("a6", "r10"),
        ("a7", "r11"),
        ("t0", "r12"),
        ("t1", "r13"),
        ("t2", "r14"),
        ("t3", "r15"),
        ("t4", "r16"),
        ("t5", "r17"),
        ("t6", "r18"),
        ("t7", "r19"),
        ("t8", "r20"),
        ("s0", "r23"),
        ("s1", "r24"),
        ("s2", "r25"),
        ("s3", "r26"),
        ("s4", "r27"),
        ("s5", "r28"),
        ("s6", "r29"),
        ("s7", "r30"),
        ("s8", "r31"),
    ],
);
