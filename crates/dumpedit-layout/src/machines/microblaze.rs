//! MicroBlaze, with the names of its manual.

use super::numbered::{R, from};
use crate::register::{Group, Rows, whole, zero};

pub(crate) static ROWS: Rows = Rows::new(
    &[
        zero(&["r0"], 32),
        whole(from(R, 1), 32, Group::General),
        whole(&["pc", "msr"], 32, Group::General),
        whole(&["ear", "esr", "fsr", "pt_mode"], 32, Group::System),
    ],
    &[
        ("sp", "r1"),
        ("fp", "r19"),
        ("lr", "r15"),
        ("flags", "msr"),
        ("rpc", "pc"),
        ("rmsr", "msr"),
        ("rear", "ear"),
        ("resr", "esr"),
        ("rfsr", "fsr"),
    ],
);
