//! 64-bit ARM, with the names of Arm's manual and of GDB.

use crate::register::{Group, Rows, parts, scalable, whole};

const INTEGERS: &[&str] = &[
    "x0", "x1", "x2", "x3", "x4", "x5", "x6", "x7", "x8", "x9", "x10", "x11", "x12", "x13", "x14", "x15",
    "x16", "x17", "x18", "x19", "x20", "x21", "x22", "x23", "x24", "x25", "x26", "x27", "x28", "x29", "x30",
];
/// The scalable vectors; without SVE a record has only their lowest 128 bits, as v0 to v31.
const VECTORS: &[&str] = &[
    "z0", "z1", "z2", "z3", "z4", "z5", "z6", "z7", "z8", "z9", "z10", "z11", "z12", "z13", "z14", "z15",
    "z16", "z17", "z18", "z19", "z20", "z21", "z22", "z23", "z24", "z25", "z26", "z27", "z28", "z29", "z30",
    "z31",
];
/// Longest vector of the architecture, in bits.
const LONGEST: u32 = 2048;

pub(crate) static ROWS: Rows = Rows::new(
    &[
        whole(INTEGERS, 64, Group::General),
        whole(&["sp", "pc"], 64, Group::General),
        whole(&["cpsr"], 32, Group::General),
        whole(&["tpidr", "tpidr2"], 64, Group::System),
        whole(&["syscallno"], 32, Group::System),
        whole(&["pauth_dmask", "pauth_cmask"], 64, Group::System),
        whole(&["apiakey", "apibkey", "apdakey", "apdbkey", "apgakey"], 128, Group::System),
        whole(&["pac_enabled_keys", "tag_ctl", "fpmr", "por"], 64, Group::System),
        whole(&["gcs_features_enabled", "gcs_features_locked", "gcspr"], 64, Group::System),
        whole(&["vg", "svg", "svcr"], 64, Group::System),
        whole(&["far"], 64, Group::System),
        whole(&["esr", "exception"], 32, Group::System),
        scalable(VECTORS, LONGEST, Group::Vector),
        scalable(
            &[
                "p0", "p1", "p2", "p3", "p4", "p5", "p6", "p7", "p8", "p9", "p10", "p11", "p12", "p13",
                "p14", "p15", "ffr",
            ],
            LONGEST / 8,
            Group::Vector,
        ),
        scalable(&["za"], LONGEST / 8 * LONGEST, Group::Vector),
        whole(&["zt0"], 512, Group::Vector),
        whole(&["fpsr", "fpcr"], 32, Group::Float),
        whole(
            &[
                "bvr0", "bvr1", "bvr2", "bvr3", "bvr4", "bvr5", "bvr6", "bvr7", "bvr8", "bvr9", "bvr10",
                "bvr11", "bvr12", "bvr13", "bvr14", "bvr15",
            ],
            64,
            Group::Debug,
        ),
        whole(
            &[
                "bcr0", "bcr1", "bcr2", "bcr3", "bcr4", "bcr5", "bcr6", "bcr7", "bcr8", "bcr9", "bcr10",
                "bcr11", "bcr12", "bcr13", "bcr14", "bcr15",
            ],
            32,
            Group::Debug,
        ),
        whole(
            &[
                "wvr0", "wvr1", "wvr2", "wvr3", "wvr4", "wvr5", "wvr6", "wvr7", "wvr8", "wvr9", "wvr10",
                "wvr11", "wvr12", "wvr13", "wvr14", "wvr15",
            ],
            64,
            Group::Debug,
        ),
        whole(
            &[
                "wcr0", "wcr1", "wcr2", "wcr3", "wcr4", "wcr5", "wcr6", "wcr7", "wcr8", "wcr9", "wcr10",
                "wcr11", "wcr12", "wcr13", "wcr14", "wcr15",
            ],
            32,
            Group::Debug,
        ),
        parts(
            &[
                "w0", "w1", "w2", "w3", "w4", "w5", "w6", "w7", "w8", "w9", "w10", "w11", "w12", "w13",
                "w14", "w15", "w16", "w17", "w18", "w19", "w20", "w21", "w22", "w23", "w24", "w25", "w26",
                "w27", "w28", "w29", "w30", "wsp",
            ],
            &[
                "x0", "x1", "x2", "x3", "x4", "x5", "x6", "x7", "x8", "x9", "x10", "x11", "x12", "x13",
                "x14", "x15", "x16", "x17", "x18", "x19", "x20", "x21", "x22", "x23", "x24", "x25", "x26",
                "x27", "x28", "x29", "x30", "sp",
            ],
            0,
            32,
        ),
        parts(
            &[
                "v0", "v1", "v2", "v3", "v4", "v5", "v6", "v7", "v8", "v9", "v10", "v11", "v12", "v13",
                "v14", "v15", "v16", "v17", "v18", "v19", "v20", "v21", "v22", "v23", "v24", "v25", "v26",
                "v27", "v28", "v29", "v30", "v31",
            ],
            VECTORS,
            0,
            128,
        ),
        parts(
            &[
                "q0", "q1", "q2", "q3", "q4", "q5", "q6", "q7", "q8", "q9", "q10", "q11", "q12", "q13",
                "q14", "q15", "q16", "q17", "q18", "q19", "q20", "q21", "q22", "q23", "q24", "q25", "q26",
                "q27", "q28", "q29", "q30", "q31",
            ],
            VECTORS,
            0,
            128,
        ),
        parts(
            &[
                "d0", "d1", "d2", "d3", "d4", "d5", "d6", "d7", "d8", "d9", "d10", "d11", "d12", "d13",
                "d14", "d15", "d16", "d17", "d18", "d19", "d20", "d21", "d22", "d23", "d24", "d25", "d26",
                "d27", "d28", "d29", "d30", "d31",
            ],
            VECTORS,
            0,
            64,
        ),
        parts(
            &[
                "s0", "s1", "s2", "s3", "s4", "s5", "s6", "s7", "s8", "s9", "s10", "s11", "s12", "s13",
                "s14", "s15", "s16", "s17", "s18", "s19", "s20", "s21", "s22", "s23", "s24", "s25", "s26",
                "s27", "s28", "s29", "s30", "s31",
            ],
            VECTORS,
            0,
            32,
        ),
        parts(
            &[
                "h0", "h1", "h2", "h3", "h4", "h5", "h6", "h7", "h8", "h9", "h10", "h11", "h12", "h13",
                "h14", "h15", "h16", "h17", "h18", "h19", "h20", "h21", "h22", "h23", "h24", "h25", "h26",
                "h27", "h28", "h29", "h30", "h31",
            ],
            VECTORS,
            0,
            16,
        ),
        parts(
            &[
                "b0", "b1", "b2", "b3", "b4", "b5", "b6", "b7", "b8", "b9", "b10", "b11", "b12", "b13",
                "b14", "b15", "b16", "b17", "b18", "b19", "b20", "b21", "b22", "b23", "b24", "b25", "b26",
                "b27", "b28", "b29", "b30", "b31",
            ],
            VECTORS,
            0,
            8,
        ),
        parts(&["nf"], &["cpsr"], 31, 1),
        parts(&["zf"], &["cpsr"], 30, 1),
        parts(&["cf"], &["cpsr"], 29, 1),
        parts(&["vf"], &["cpsr"], 28, 1),
    ],
    &[
        ("fp", "x29"),
        ("lr", "x30"),
        ("flags", "cpsr"),
        ("pstate", "cpsr"),
        // LLDB's names.
        ("data_mask", "pauth_dmask"),
        ("code_mask", "pauth_cmask"),
        ("mte_ctrl", "tag_ctl"),
        ("gcspr_el0", "gcspr"),
    ],
);
