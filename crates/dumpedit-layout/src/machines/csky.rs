//! C-SKY, by the names of GDB. Its two calling conventions give sp, fp, lr and the arguments different registers; the aliases are
//! those of the second, which the processors of today have.

use super::numbered::R;
use crate::register::{Group, Rows, whole};

pub(crate) static ROWS: Rows = Rows::new(
    &[
        whole(R, 32, Group::General),
        whole(&["pc", "psr", "hi", "lo"], 32, Group::General),
        whole(&["dcsr", "orig_a0"], 32, Group::System),
    ],
    &[
        ("sp", "r14"),
        ("fp", "r8"),
        ("lr", "r15"),
        ("flags", "psr"),
        ("a0", "r0"),
        ("a1", "r1"),
        ("a2", "r2"),
        ("a3", "r3"),
        ("tls", "r31"),
        ("sr", "psr"),
        ("epc", "pc"),
        ("epsr", "psr"),
    ],
);
