//! Xtensa, with the names of GDB. Each record says which of ar0 to ar63 are a0 to a15, and with them sp and lr: it follows from windowbase.

use crate::register::{Group, Rows, whole};

pub(crate) static ROWS: Rows = Rows::new(
    &[
        whole(&["pc", "ps", "lbeg", "lend", "lcount", "sar"], 32, Group::General),
        whole(&["windowstart", "windowbase", "threadptr"], 32, Group::General),
        whole(&["syscall"], 32, Group::System),
        whole(
            &[
                "ar0", "ar1", "ar2", "ar3", "ar4", "ar5", "ar6", "ar7", "ar8", "ar9", "ar10", "ar11", "ar12",
                "ar13", "ar14", "ar15", "ar16", "ar17", "ar18", "ar19", "ar20", "ar21", "ar22", "ar23",
                "ar24", "ar25", "ar26", "ar27", "ar28", "ar29", "ar30", "ar31", "ar32", "ar33", "ar34",
                "ar35", "ar36", "ar37", "ar38", "ar39", "ar40", "ar41", "ar42", "ar43", "ar44", "ar45",
                "ar46", "ar47", "ar48", "ar49", "ar50", "ar51", "ar52", "ar53", "ar54", "ar55", "ar56",
                "ar57", "ar58", "ar59", "ar60", "ar61", "ar62", "ar63",
            ],
            32,
            Group::General,
        ),
    ],
    &[("flags", "ps")],
);
