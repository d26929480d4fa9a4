//! Hitachi SuperH, with the names of GDB.

use super::numbered::{R, first};
use crate::register::{Group, Rows, whole};

pub(crate) static ROWS: Rows = Rows::new(
    &[
        whole(first(R, 16), 32, Group::General),
        whole(&["pc", "pr", "sr", "gbr", "mach", "macl"], 32, Group::General),
        whole(&["tra"], 32, Group::System),
        whole(
            &[
                "fr0", "fr1", "fr2", "fr3", "fr4", "fr5", "fr6", "fr7", "fr8", "fr9", "fr10", "fr11", "fr12",
                "fr13", "fr14", "fr15",
            ],
            32,
            Group::Float,
        ),
        whole(
            &[
                "xf0", "xf1", "xf2", "xf3", "xf4", "xf5", "xf6", "xf7", "xf8", "xf9", "xf10", "xf11", "xf12",
                "xf13", "xf14", "xf15",
            ],
            32,
            Group::Float,
        ),
        whole(&["fpscr", "fpul"], 32, Group::Float),
    ],
    &[("sp", "r15"), ("fp", "r14"), ("lr", "pr"), ("flags", "sr")],
);
