//! 32-bit Intel, by the names of the Intel manual and of GDB.

use crate::register::{Group, Rows, parts, whole};

const INTEGERS: &[&str] = &["eax", "ecx", "edx", "ebx", "esp", "ebp", "esi", "edi"];
const ZMM: &[&str] = &["zmm0", "zmm1", "zmm2", "zmm3", "zmm4", "zmm5", "zmm6", "zmm7"];

pub(crate) static ROWS: Rows = Rows {
    rows: &[
        whole(INTEGERS, 32, Group::General),
        whole(&["eip", "eflags"], 32, Group::General),
        whole(&["cs", "ds", "es", "fs", "gs", "ss"], 32, Group::Segment),
        whole(&["orig_eax"], 32, Group::System),
        whole(&["dr0", "dr1", "dr2", "dr3", "dr6", "dr7"], 32, Group::Debug),
        whole(&["fctrl", "fstat", "ftag"], 16, Group::Float),
        whole(&["ftw"], 8, Group::Float),
        whole(&["fop"], 16, Group::Float),
        whole(&["fioff"], 32, Group::Float),
        whole(&["fiseg"], 16, Group::Float),
        whole(&["fooff"], 32, Group::Float),
        whole(&["foseg"], 16, Group::Float),
        whole(&["mxcsr", "mxcsr_mask"], 32, Group::Vector),
        whole(&["st0", "st1", "st2", "st3", "st4", "st5", "st6", "st7"], 80, Group::Float),
        whole(ZMM, 512, Group::Vector),
        parts(&["ymm0", "ymm1", "ymm2", "ymm3", "ymm4", "ymm5", "ymm6", "ymm7"], ZMM, 0, 256),
        parts(&["xmm0", "xmm1", "xmm2", "xmm3", "xmm4", "xmm5", "xmm6", "xmm7"], ZMM, 0, 128),
        parts(
            &["mm0", "mm1", "mm2", "mm3", "mm4", "mm5", "mm6", "mm7"],
            &["st0", "st1", "st2", "st3", "st4", "st5", "st6", "st7"],
            0,
            64,
        ),
        parts(&["ax", "cx", "dx", "bx", "spw", "bp", "si", "di"], INTEGERS, 0, 16),
        parts(&["al", "cl", "dl", "bl"], &["eax", "ecx", "edx", "ebx"], 0, 8),
        parts(&["ah", "ch", "dh", "bh"], &["eax", "ecx", "edx", "ebx"], 8, 8),
        parts(&["cf"], &["eflags"], 0, 1),
        parts(&["pf"], &["eflags"], 2, 1),
        parts(&["af"], &["eflags"], 4, 1),
        parts(&["zf"], &["eflags"], 6, 1),
        parts(&["sf"], &["eflags"], 7, 1),
        parts(&["tf"], &["eflags"], 8, 1),
        parts(&["if"], &["eflags"], 9, 1),
        parts(&["df"], &["eflags"], 10, 1),
        parts(&["of"], &["eflags"], 11, 1),
        parts(&["iopl"], &["eflags"], 12, 2),
        parts(&["nt"], &["eflags"], 14, 1),
        parts(&["rf"], &["eflags"], 16, 1),
        parts(&["vm"], &["eflags"], 17, 1),
        parts(&["ac"], &["eflags"], 18, 1),
        parts(&["vif"], &["eflags"], 19, 1),
        parts(&["vip"], &["eflags"], 20, 1),
        parts(&["id"], &["eflags"], 21, 1),
    ],
    aliases: &[("pc", "eip"), ("sp", "esp"), ("fp", "ebp"), ("flags", "eflags")],
};
