//! SPARC in both widths, with the names of its assembler and of GDB. On SPARC V9 f0 to f31 are the halves of the double registers d0 to
//! d30, the even one the high half.

use super::numbered::{F, first};
use crate::register::{BesidePc, Group, Rows, parts, whole, zero};

/// g1 to i7.
const INTEGERS: &[&str] = &[
    "g1", "g2", "g3", "g4", "g5", "g6", "g7", "o0", "o1", "o2", "o3", "o4", "o5", "o6", "o7", "l0", "l1",
    "l2", "l3", "l4", "l5", "l6", "l7", "i0", "i1", "i2", "i3", "i4", "i5", "i6", "i7",
];
const DOUBLES: &[&str] = &[
    "d0", "d2", "d4", "d6", "d8", "d10", "d12", "d14", "d16", "d18", "d20", "d22", "d24", "d26", "d28",
    "d30", "d32", "d34", "d36", "d38", "d40", "d42", "d44", "d46", "d48", "d50", "d52", "d54", "d56", "d58",
    "d60", "d62",
];
const EVEN: &[&str] = &[
    "f0", "f2", "f4", "f6", "f8", "f10", "f12", "f14", "f16", "f18", "f20", "f22", "f24", "f26", "f28", "f30",
];
const ODD: &[&str] = &[
    "f1", "f3", "f5", "f7", "f9", "f11", "f13", "f15", "f17", "f19", "f21", "f23", "f25", "f27", "f29", "f31",
];
const NPC: &[BesidePc] = &[BesidePc { name: "npc", called: "npc", may_be_none: false }];

pub(crate) static ROWS_32: Rows = Rows::with_beside_pc(
    &[
        zero(&["g0"], 32),
        whole(INTEGERS, 32, Group::General),
        whole(&["psr", "pc", "npc", "y"], 32, Group::General),
        whole(&["wim", "tbr"], 32, Group::System),
        whole(F, 32, Group::Float),
        whole(&["fsr"], 32, Group::Float),
    ],
    &[("sp", "o6"), ("fp", "i6"), ("lr", "o7"), ("flags", "psr")],
    NPC,
);

pub(crate) static ROWS_64: Rows = Rows::with_beside_pc(
    &[
        zero(&["g0"], 64),
        whole(INTEGERS, 64, Group::General),
        whole(&["tstate", "pc", "npc"], 64, Group::General),
        whole(&["y"], 32, Group::General),
        whole(&["ccr", "asi"], 64, Group::System),
        whole(DOUBLES, 64, Group::Float),
        whole(&["fsr", "gsr", "fprs"], 64, Group::Float),
        parts(EVEN, first(DOUBLES, 16), 32, 32),
        parts(ODD, first(DOUBLES, 16), 0, 32),
    ],
    &[
        ("sp", "o6"),
        ("fp", "i6"),
        ("lr", "o7"),
        ("flags", "tstate"),
        ("state", "tstate"),
        ("tpc", "pc"),
        ("tnpc", "npc"),
        ("f32", "d32"),
        ("f34", "d34"),
        ("f36", "d36"),
        ("f38", "d38"),
        ("f40", "d40"),
        ("f42", "d42"),
        ("f44", "d44"),
        ("f46", "d46"),
        ("f48", "d48"),
        ("f50", "d50"),
        ("f52", "d52"),
        ("f54", "d54"),
        ("f56", "d56"),
        ("f58", "d58"),
        ("f60", "d60"),
        ("f62", "d62"),
    ],
    NPC,
);
