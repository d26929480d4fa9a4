//! C-SKY, with the names of GDB. Its two calling conventions assign sp, fp, lr and the arguments to different registers; the aliases are
//! those of the second, which current processors use.

use super::numbered::R;
use crate::register::{Group, Rows, parts, whole};

const VR: &[&str] = &[
    "vr0", "vr1", "vr2", "vr3", "vr4", "vr5", "vr6", "vr7", "vr8", "vr9", "vr10", "vr11", "vr12", "vr13",
    "vr14", "vr15",
];

pub(crate) static ROWS: Rows = Rows::new(
    &[
        whole(R, 32, Group::General),
        whole(&["pc", "psr"], 32, Group::General),
        whole(VR, 128, Group::Vector),
        whole(
            &[
                "fr16", "fr17", "fr18", "fr19", "fr20", "fr21", "fr22", "fr23", "fr24", "fr25", "fr26",
                "fr27", "fr28", "fr29", "fr30", "fr31",
            ],
            64,
            Group::Float,
        ),
        whole(&["fcr", "fesr", "fid"], 32, Group::Float),
        parts(
            &[
                "fr0", "fr1", "fr2", "fr3", "fr4", "fr5", "fr6", "fr7", "fr8", "fr9", "fr10", "fr11", "fr12",
                "fr13", "fr14", "fr15",
            ],
            VR,
            0,
            64,
        ),
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
