//! HP PA-RISC, with the names of GDB. pc is the head of the queue of instruction addresses, whose lowest two bits are a privilege level;
//! the tail is the instruction behind it.

use crate::register::{BesidePc, Group, Rows, parts, parts_above, whole, zero};

/// gr1 to gr31.
const INTEGERS: &[&str] = &[
    "r1", "rp", "r3", "r4", "r5", "r6", "r7", "r8", "r9", "r10", "r11", "r12", "r13", "r14", "r15", "r16",
    "r17", "r18", "r19", "r20", "r21", "r22", "r23", "r24", "r25", "r26", "dp", "ret0", "ret1", "sp", "r31",
];
const DOUBLES: &[&str] = &[
    "fr0", "fr1", "fr2", "fr3", "fr4", "fr5", "fr6", "fr7", "fr8", "fr9", "fr10", "fr11", "fr12", "fr13",
    "fr14", "fr15", "fr16", "fr17", "fr18", "fr19", "fr20", "fr21", "fr22", "fr23", "fr24", "fr25", "fr26",
    "fr27", "fr28", "fr29", "fr30", "fr31",
];

pub(crate) static ROWS: Rows = Rows::with_beside_pc(
    &[
        zero(&["r0"], 32),
        whole(&["flags"], 32, Group::General),
        whole(INTEGERS, 32, Group::General),
        whole(&["sr0", "sr1", "sr2", "sr3", "sr4", "sr5", "sr6", "sr7"], 32, Group::Segment),
        whole(&["pcoqh", "pcoqt", "pcsqh", "pcsqt", "sar"], 32, Group::General),
        whole(&["iir", "isr", "ior", "ipsw", "cr0"], 32, Group::System),
        whole(&["cr24", "cr25", "cr26", "cr27", "cr28", "cr29", "cr30", "cr31"], 32, Group::System),
        whole(&["cr8", "cr9", "cr12", "cr13", "ccr", "eiem"], 32, Group::System),
        whole(DOUBLES, 64, Group::Float),
        parts_above(&["pc"], &["pcoqh"], 2, 32),
        parts(&["fpsr"], &["fr0"], 32, 32),
    ],
    &[
        ("fp", "r3"),
        ("lr", "rp"),
        ("psw", "flags"),
        ("r2", "rp"),
        ("r27", "dp"),
        ("r28", "ret0"),
        ("r29", "ret1"),
        ("r30", "sp"),
        ("cr10", "ccr"),
        ("cr11", "sar"),
        ("cr15", "eiem"),
        ("cr22", "ipsw"),
    ],
    &[BesidePc { name: "pcoqt", called: "pcoqt", may_be_none: false }],
);
