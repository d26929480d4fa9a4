//! ARC of the second version, with the names of GDB.

use super::numbered::{R, first, from};
use crate::register::{Group, Rows, whole};

/// r0 to r25; gp, fp and sp follow.
const INTEGERS: &[&str] = first(R, 26);

pub(crate) static ROWS: Rows = Rows::new(
    &[
        whole(INTEGERS, 32, Group::General),
        whole(&["gp", "fp", "sp", "blink", "pc"], 32, Group::General),
        whole(&["status32", "lp_start", "lp_end", "lp_count", "bta"], 32, Group::General),
        whole(&["efa", "stop_pc"], 32, Group::System),
        whole(from(first(R, 31), 30), 32, Group::General),
        whole(&["r58", "r59"], 32, Group::General),
    ],
    &[
        ("lr", "blink"),
        ("flags", "status32"),
        ("ret", "pc"),
        ("r26", "gp"),
        ("r27", "fp"),
        ("r28", "sp"),
        ("r31", "blink"),
    ],
);
