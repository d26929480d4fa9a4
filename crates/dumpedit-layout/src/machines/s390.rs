//! z/Architecture in both widths, with the names of GDB. f0 to f15 are the high halves of v0 to v15. In a 31-bit process the highest bit of
//! the address of the program status word is the addressing mode, which is not part of pc.

use super::numbered::{F, R, V, first};
use crate::register::{Group, Row, Rows, parts, whole};

const R16: &[&str] = first(R, 16);
const LOW: &[&str] = &[
    "r0l", "r1l", "r2l", "r3l", "r4l", "r5l", "r6l", "r7l", "r8l", "r9l", "r10l", "r11l", "r12l", "r13l",
    "r14l", "r15l",
];
const HIGH: &[&str] = &[
    "r0h", "r1h", "r2h", "r3h", "r4h", "r5h", "r6h", "r7h", "r8h", "r9h", "r10h", "r11h", "r12h", "r13h",
    "r14h", "r15h",
];
const ACCESS: &[&str] = &[
    "acr0", "acr1", "acr2", "acr3", "acr4", "acr5", "acr6", "acr7", "acr8", "acr9", "acr10", "acr11",
    "acr12", "acr13", "acr14", "acr15",
];
const CONTROL: &[&str] = &[
    "cr0", "cr1", "cr2", "cr3", "cr4", "cr5", "cr6", "cr7", "cr8", "cr9", "cr10", "cr11", "cr12", "cr13",
    "cr14", "cr15",
];
const TRANSACTION: &[&str] = &[
    "tr0", "tr1", "tr2", "tr3", "tr4", "tr5", "tr6", "tr7", "tr8", "tr9", "tr10", "tr11", "tr12", "tr13",
    "tr14", "tr15",
];

/// Rows of both widths, with words of `word` bits.
const fn rows(word: u32) -> [Row; 13] {
    [
        whole(&["pswm", "pswa"], word, Group::General),
        whole(R16, 64, Group::General),
        whole(ACCESS, 32, Group::Segment),
        whole(&["orig_r2", "last_break"], word, Group::System),
        whole(&["system_call", "todpreg", "prefix"], 32, Group::System),
        whole(&["timer", "todcmp"], 64, Group::System),
        whole(CONTROL, word, Group::System),
        whole(&["tdb0", "tac", "tct", "atia"], 64, Group::System),
        whole(TRANSACTION, 64, Group::System),
        whole(&["gsd", "gssm", "gsepla", "bc_gsd", "bc_gssm", "bc_gsepla"], 64, Group::System),
        whole(&["fpc"], 32, Group::Float),
        whole(V, 128, Group::Vector),
        parts(first(F, 16), first(V, 16), 64, 64),
    ]
}

pub(crate) static ROWS: Rows = Rows::new(
    &const { rows(64) },
    &[
        ("pc", "pswa"),
        ("sp", "r15"),
        ("fp", "r11"),
        ("lr", "r14"),
        ("flags", "pswm"),
        ("a0", "acr0"),
        ("a1", "acr1"),
        ("a2", "acr2"),
        ("a3", "acr3"),
        ("a4", "acr4"),
        ("a5", "acr5"),
        ("a6", "acr6"),
        ("a7", "acr7"),
        ("a8", "acr8"),
        ("a9", "acr9"),
        ("a10", "acr10"),
        ("a11", "acr11"),
        ("a12", "acr12"),
        ("a13", "acr13"),
        ("a14", "acr14"),
        ("a15", "acr15"),
    ],
);

pub(crate) static ROWS_31: Rows = Rows::new(
    &const {
        let [a, b, c, d, e, f, g, h, i, j, k, l, m] = rows(32);
        let low = parts(LOW, R16, 0, 32);
        let high = parts(HIGH, R16, 32, 32);
        [a, b, c, d, e, f, g, h, i, j, k, l, m, low, high, parts(&["pc"], &["pswa"], 0, 31)]
    },
    &[
        ("sp", "r15l"),
        ("fp", "r11l"),
        ("lr", "r14l"),
        ("flags", "pswm"),
        ("a0", "acr0"),
        ("a1", "acr1"),
        ("a2", "acr2"),
        ("a3", "acr3"),
        ("a4", "acr4"),
        ("a5", "acr5"),
        ("a6", "acr6"),
        ("a7", "acr7"),
        ("a8", "acr8"),
        ("a9", "acr9"),
        ("a10", "acr10"),
        ("a11", "acr11"),
        ("a12", "acr12"),
        ("a13", "acr13"),
        ("a14", "acr14"),
        ("a15", "acr15"),
    ],
);
