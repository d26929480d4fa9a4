//! PowerPC, with the names of GDB. The registers vs32 to vs63 of VSX are vr0 to vr31, and f0 to f31 the high halves of vs0 to vs31.
//! Registers that transactional memory has saved (`c` in front of the name) are registers of their own.

use super::numbered::{F, R};
use crate::register::{Group, Row, Rows, parts, whole};

const VS: &[&str] = &[
    "vs0", "vs1", "vs2", "vs3", "vs4", "vs5", "vs6", "vs7", "vs8", "vs9", "vs10", "vs11", "vs12", "vs13",
    "vs14", "vs15", "vs16", "vs17", "vs18", "vs19", "vs20", "vs21", "vs22", "vs23", "vs24", "vs25", "vs26",
    "vs27", "vs28", "vs29", "vs30", "vs31",
];
const VR: &[&str] = &[
    "vr0", "vr1", "vr2", "vr3", "vr4", "vr5", "vr6", "vr7", "vr8", "vr9", "vr10", "vr11", "vr12", "vr13",
    "vr14", "vr15", "vr16", "vr17", "vr18", "vr19", "vr20", "vr21", "vr22", "vr23", "vr24", "vr25", "vr26",
    "vr27", "vr28", "vr29", "vr30", "vr31",
];
const CR: &[&str] = &[
    "cr0", "cr1", "cr2", "cr3", "cr4", "cr5", "cr6", "cr7", "cr8", "cr9", "cr10", "cr11", "cr12", "cr13",
    "cr14", "cr15", "cr16", "cr17", "cr18", "cr19", "cr20", "cr21", "cr22", "cr23", "cr24", "cr25", "cr26",
    "cr27", "cr28", "cr29", "cr30", "cr31",
];
const CF: &[&str] = &[
    "cf0", "cf1", "cf2", "cf3", "cf4", "cf5", "cf6", "cf7", "cf8", "cf9", "cf10", "cf11", "cf12", "cf13",
    "cf14", "cf15", "cf16", "cf17", "cf18", "cf19", "cf20", "cf21", "cf22", "cf23", "cf24", "cf25", "cf26",
    "cf27", "cf28", "cf29", "cf30", "cf31",
];
const CVS: &[&str] = &[
    "cvs0", "cvs1", "cvs2", "cvs3", "cvs4", "cvs5", "cvs6", "cvs7", "cvs8", "cvs9", "cvs10", "cvs11",
    "cvs12", "cvs13", "cvs14", "cvs15", "cvs16", "cvs17", "cvs18", "cvs19", "cvs20", "cvs21", "cvs22",
    "cvs23", "cvs24", "cvs25", "cvs26", "cvs27", "cvs28", "cvs29", "cvs30", "cvs31",
];
const CVR: &[&str] = &[
    "cvr0", "cvr1", "cvr2", "cvr3", "cvr4", "cvr5", "cvr6", "cvr7", "cvr8", "cvr9", "cvr10", "cvr11",
    "cvr12", "cvr13", "cvr14", "cvr15", "cvr16", "cvr17", "cvr18", "cvr19", "cvr20", "cvr21", "cvr22",
    "cvr23", "cvr24", "cvr25", "cvr26", "cvr27", "cvr28", "cvr29", "cvr30", "cvr31",
];

/// Rows of a process with words of `word` bits.
const fn rows(word: u32) -> [Row; 21] {
    [
        whole(R, word, Group::General),
        whole(&["pc", "lr", "ctr"], word, Group::General),
        whole(&["cr", "xer"], 32, Group::General),
        whole(&["msr", "orig_r3", "trap", "dar", "result"], word, Group::System),
        whole(&["dsisr"], 32, Group::System),
        whole(&["tar", "ppr", "dscr", "ebbrr", "ebbhr", "bescr"], 64, Group::System),
        whole(&["siar", "sdar", "sier", "mmcr2", "mmcr0", "amr", "iamr", "uamor"], 64, Group::System),
        whole(&["fpscr"], 64, Group::Float),
        whole(VS, 128, Group::Vector),
        whole(VR, 128, Group::Vector),
        whole(&["vscr", "vrsave", "vrvalid"], 32, Group::Vector),
        whole(CR, word, Group::System),
        whole(&["clr", "cctr"], word, Group::System),
        whole(&["ccr", "cxer"], 32, Group::System),
        whole(&["tfhar", "texasr", "tfiar", "ctar", "cppr", "cdscr", "cfpscr"], 64, Group::System),
        whole(CVS, 128, Group::System),
        whole(CVR, 128, Group::System),
        whole(&["cvscr", "cvrsave"], 32, Group::System),
        parts(F, VS, 64, 64),
        parts(CF, CVS, 64, 64),
        // Only 64-bit PowerPC has the kernel's interrupt mask, only 32-bit PowerPC MQ of the 601.
        if word == 64 { whole(&["softe"], 64, Group::System) } else { whole(&["mq"], 32, Group::System) },
    ]
}

const ALIASES: &[(&str, &str)] = &[
    ("sp", "r1"),
    ("fp", "r31"),
    ("flags", "cr"),
    ("nip", "pc"),
    ("orig_gpr3", "orig_r3"),
    ("vs32", "vr0"),
    ("vs33", "vr1"),
    ("vs34", "vr2"),
    ("vs35", "vr3"),
    ("vs36", "vr4"),
    ("vs37", "vr5"),
    ("vs38", "vr6"),
    ("vs39", "vr7"),
    ("vs40", "vr8"),
    ("vs41", "vr9"),
    ("vs42", "vr10"),
    ("vs43", "vr11"),
    ("vs44", "vr12"),
    ("vs45", "vr13"),
    ("vs46", "vr14"),
    ("vs47", "vr15"),
    ("vs48", "vr16"),
    ("vs49", "vr17"),
    ("vs50", "vr18"),
    ("vs51", "vr19"),
    ("vs52", "vr20"),
    ("vs53", "vr21"),
    ("vs54", "vr22"),
    ("vs55", "vr23"),
    ("vs56", "vr24"),
    ("vs57", "vr25"),
    ("vs58", "vr26"),
    ("vs59", "vr27"),
    ("vs60", "vr28"),
    ("vs61", "vr29"),
    ("vs62", "vr30"),
    ("vs63", "vr31"),
];

pub(crate) static ROWS_32: Rows = Rows::new(&const { rows(32) }, ALIASES);
pub(crate) static ROWS_64: Rows = Rows::new(&const { rows(64) }, ALIASES);
