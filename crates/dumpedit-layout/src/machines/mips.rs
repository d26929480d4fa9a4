//! MIPS, with the names of its calling conventions and of GDB; o32 names registers 8 to 15 otherwise than n32 and n64. f0 to f31 are the
//! low halves of the vectors of MSA. The low half of a 64-bit register, where records may hold only that, is the name with an `l`.

use super::numbered::F;
use crate::register::{Group, Row, Rows, parts, whole, zero};

const O32: &[&str] = &[
    "at", "v0", "v1", "a0", "a1", "a2", "a3", "t0", "t1", "t2", "t3", "t4", "t5", "t6", "t7", "s0", "s1",
    "s2", "s3", "s4", "s5", "s6", "s7", "t8", "t9", "k0", "k1", "gp", "sp", "s8", "ra",
];
const N64: &[&str] = &[
    "at", "v0", "v1", "a0", "a1", "a2", "a3", "a4", "a5", "a6", "a7", "t0", "t1", "t2", "t3", "s0", "s1",
    "s2", "s3", "s4", "s5", "s6", "s7", "t8", "t9", "k0", "k1", "gp", "sp", "s8", "ra",
];
const W: &[&str] = &[
    "w0", "w1", "w2", "w3", "w4", "w5", "w6", "w7", "w8", "w9", "w10", "w11", "w12", "w13", "w14", "w15",
    "w16", "w17", "w18", "w19", "w20", "w21", "w22", "w23", "w24", "w25", "w26", "w27", "w28", "w29", "w30",
    "w31",
];
const DSP: &[&str] = &["hi1", "lo1", "hi2", "lo2", "hi3", "lo3"];
const HALVED: &[&str] = &["sr", "cause", "hi1", "lo1", "hi2", "lo2", "hi3", "lo3"];
const LOW: &[&str] = &["srl", "causel", "hi1l", "lo1l", "hi2l", "lo2l", "hi3l", "lo3l"];

/// Rows of a process with words of `word` bits, whose registers 1 to 31 have the names `integers`.
const fn rows(integers: &'static [&'static str], word: u32) -> [Row; 11] {
    [
        zero(&["zero"], word),
        whole(integers, word, Group::General),
        whole(&["lo", "hi", "pc", "bad", "sr", "cause"], word, Group::General),
        whole(DSP, word, Group::Vector),
        whole(&["dspctl"], 32, Group::Vector),
        whole(&["fp_mode"], 32, Group::System),
        whole(&["fsr", "fir"], 32, Group::Float),
        whole(W, 128, Group::Vector),
        whole(&["msair", "msacsr"], 32, Group::Vector),
        parts(F, W, 0, 64),
        if word == 64 { parts(LOW, HALVED, 0, 32) } else { parts(&[], &[], 0, 32) },
    ]
}

pub(crate) static ROWS_O32: Rows = Rows::new(&const { rows(O32, 32) }, ALIASES_O32);
pub(crate) static ROWS_64: Rows = Rows::new(&const { rows(N64, 64) }, ALIASES_64);

const ALIASES_O32: &[(&str, &str)] = &[
    ("fp", "s8"),
    ("lr", "ra"),
    ("flags", "sr"),
    ("epc", "pc"),
    ("status", "sr"),
    ("badvaddr", "bad"),
    ("fcsr", "fsr"),
    ("r0", "zero"),
    ("r1", "at"),
    ("r2", "v0"),
    ("r3", "v1"),
    ("r4", "a0"),
    ("r5", "a1"),
    ("r6", "a2"),
    ("r7", "a3"),
    ("r8", "t0"),
    ("r9", "t1"),
    ("r10", "t2"),
    ("r11", "t3"),
    ("r12", "t4"),
    ("r13", "t5"),
    ("r14", "t6"),
    ("r15", "t7"),
    ("r16", "s0"),
    ("r17", "s1"),
    ("r18", "s2"),
    ("r19", "s3"),
    ("r20", "s4"),
    ("r21", "s5"),
    ("r22", "s6"),
    ("r23", "s7"),
    ("r24", "t8"),
    ("r25", "t9"),
    ("r26", "k0"),
    ("r27", "k1"),
    ("r28", "gp"),
    ("r29", "sp"),
    ("r30", "s8"),
    ("r31", "ra"),
];

const ALIASES_64: &[(&str, &str)] = &[
    ("fp", "s8"),
    ("lr", "ra"),
    ("flags", "sr"),
    ("epc", "pc"),
    ("status", "sr"),
    ("badvaddr", "bad"),
    ("fcsr", "fsr"),
    ("r0", "zero"),
    ("r1", "at"),
    ("r2", "v0"),
    ("r3", "v1"),
    ("r4", "a0"),
    ("r5", "a1"),
    ("r6", "a2"),
    ("r7", "a3"),
    ("r8", "a4"),
    ("r9", "a5"),
    ("r10", "a6"),
    ("r11", "a7"),
    ("r12", "t0"),
    ("r13", "t1"),
    ("r14", "t2"),
    ("r15", "t3"),
    ("r16", "s0"),
    ("r17", "s1"),
    ("r18", "s2"),
    ("r19", "s3"),
    ("r20", "s4"),
    ("r21", "s5"),
    ("r22", "s6"),
    ("r23", "s7"),
    ("r24", "t8"),
    ("r25", "t9"),
    ("r26", "k0"),
    ("r27", "k1"),
    ("r28", "gp"),
    ("r29", "sp"),
    ("r30", "s8"),
    ("r31", "ra"),
];
