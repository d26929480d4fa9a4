//! AMD64, with the names of the Intel and AMD manuals and of GDB.

use crate::register::{BesidePc, Group, Rows, parts, whole};

const INTEGERS: &[&str] = &[
    "rax", "rcx", "rdx", "rbx", "rsp", "rbp", "rsi", "rdi", "r8", "r9", "r10", "r11", "r12", "r13", "r14",
    "r15",
];
const ZMM: &[&str] = &[
    "zmm0", "zmm1", "zmm2", "zmm3", "zmm4", "zmm5", "zmm6", "zmm7", "zmm8", "zmm9", "zmm10", "zmm11",
    "zmm12", "zmm13", "zmm14", "zmm15", "zmm16", "zmm17", "zmm18", "zmm19", "zmm20", "zmm21", "zmm22",
    "zmm23", "zmm24", "zmm25", "zmm26", "zmm27", "zmm28", "zmm29", "zmm30", "zmm31",
];

/// Registers that APX adds.
const EXTENDED: &[&str] = &[
    "r16", "r17", "r18", "r19", "r20", "r21", "r22", "r23", "r24", "r25", "r26", "r27", "r28", "r29", "r30",
    "r31",
];

pub(crate) static ROWS: Rows = Rows::with_beside_pc(
    &[
        whole(INTEGERS, 64, Group::General),
        whole(&["rip"], 64, Group::General),
        whole(&["eflags"], 32, Group::General),
        whole(EXTENDED, 64, Group::General),
        whole(&["cs", "ds", "es", "fs", "gs", "ss"], 16, Group::Segment),
        whole(&["fs_base", "gs_base"], 64, Group::Segment),
        whole(&["orig_rax"], 64, Group::System),
        whole(&["dr0", "dr1", "dr2", "dr3", "dr6", "dr7"], 64, Group::Debug),
        whole(&["debugctl", "last_branch_to", "last_branch_from"], 64, Group::Debug),
        whole(&["last_exception_to", "last_exception_from"], 64, Group::Debug),
        whole(&["fctrl", "fstat"], 16, Group::Float),
        whole(&["ftw"], 8, Group::Float),
        whole(&["fop"], 16, Group::Float),
        whole(&["fip", "fdp"], 64, Group::Float),
        whole(&["mxcsr", "mxcsr_mask"], 32, Group::Vector),
        whole(&["st0", "st1", "st2", "st3", "st4", "st5", "st6", "st7"], 80, Group::Float),
        whole(ZMM, 512, Group::Vector),
        // A tile is one register, sixteen rows of 64 bytes: tilecfg says how much of it counts, so that rows of other shapes are lanes
        // (`tmm0.u32.16` begins the second row) and not registers.
        whole(&["tilecfg"], 512, Group::Vector),
        whole(&["tmm0", "tmm1", "tmm2", "tmm3", "tmm4", "tmm5", "tmm6", "tmm7"], 8192, Group::Vector),
        whole(&["k0", "k1", "k2", "k3", "k4", "k5", "k6", "k7"], 64, Group::Vector),
        whole(&["bnd0", "bnd1", "bnd2", "bnd3"], 128, Group::System),
        whole(&["bndcfgu", "bndstatus"], 64, Group::System),
        whole(&["pkru"], 32, Group::System),
        whole(&["xstate_bv"], 64, Group::System),
        whole(&["u_cet", "pl3_ssp", "pl0_ssp", "pl1_ssp", "pl2_ssp"], 64, Group::System),
        whole(&["trapno"], 16, Group::System),
        whole(&["err"], 32, Group::System),
        whole(&["faultvaddr"], 64, Group::System),
        parts(
            &[
                "ymm0", "ymm1", "ymm2", "ymm3", "ymm4", "ymm5", "ymm6", "ymm7", "ymm8", "ymm9", "ymm10",
                "ymm11", "ymm12", "ymm13", "ymm14", "ymm15", "ymm16", "ymm17", "ymm18", "ymm19", "ymm20",
                "ymm21", "ymm22", "ymm23", "ymm24", "ymm25", "ymm26", "ymm27", "ymm28", "ymm29", "ymm30",
                "ymm31",
            ],
            ZMM,
            0,
            256,
        ),
        parts(
            &[
                "xmm0", "xmm1", "xmm2", "xmm3", "xmm4", "xmm5", "xmm6", "xmm7", "xmm8", "xmm9", "xmm10",
                "xmm11", "xmm12", "xmm13", "xmm14", "xmm15", "xmm16", "xmm17", "xmm18", "xmm19", "xmm20",
                "xmm21", "xmm22", "xmm23", "xmm24", "xmm25", "xmm26", "xmm27", "xmm28", "xmm29", "xmm30",
                "xmm31",
            ],
            ZMM,
            0,
            128,
        ),
        parts(
            &["mm0", "mm1", "mm2", "mm3", "mm4", "mm5", "mm6", "mm7"],
            &["st0", "st1", "st2", "st3", "st4", "st5", "st6", "st7"],
            0,
            64,
        ),
        parts(
            &[
                "eax", "ecx", "edx", "ebx", "esp", "ebp", "esi", "edi", "r8d", "r9d", "r10d", "r11d", "r12d",
                "r13d", "r14d", "r15d",
            ],
            INTEGERS,
            0,
            32,
        ),
        parts(
            &[
                "ax", "cx", "dx", "bx", "spw", "bp", "si", "di", "r8w", "r9w", "r10w", "r11w", "r12w",
                "r13w", "r14w", "r15w",
            ],
            INTEGERS,
            0,
            16,
        ),
        parts(
            &[
                "al", "cl", "dl", "bl", "spl", "bpl", "sil", "dil", "r8b", "r9b", "r10b", "r11b", "r12b",
                "r13b", "r14b", "r15b",
            ],
            INTEGERS,
            0,
            8,
        ),
        parts(
            &[
                "r16d", "r17d", "r18d", "r19d", "r20d", "r21d", "r22d", "r23d", "r24d", "r25d", "r26d",
                "r27d", "r28d", "r29d", "r30d", "r31d",
            ],
            EXTENDED,
            0,
            32,
        ),
        parts(
            &[
                "r16w", "r17w", "r18w", "r19w", "r20w", "r21w", "r22w", "r23w", "r24w", "r25w", "r26w",
                "r27w", "r28w", "r29w", "r30w", "r31w",
            ],
            EXTENDED,
            0,
            16,
        ),
        parts(
            &[
                "r16b", "r17b", "r18b", "r19b", "r20b", "r21b", "r22b", "r23b", "r24b", "r25b", "r26b",
                "r27b", "r28b", "r29b", "r30b", "r31b",
            ],
            EXTENDED,
            0,
            8,
        ),
        parts(&["ah", "ch", "dh", "bh"], &["rax", "rcx", "rdx", "rbx"], 8, 8),
        parts(&["eip"], &["rip"], 0, 32),
        parts(&["fioff", "fooff"], &["fip", "fdp"], 0, 32),
        parts(&["fiseg", "foseg"], &["fip", "fdp"], 32, 16),
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
    &[
        ("pc", "rip"),
        ("sp", "rsp"),
        ("fp", "rbp"),
        ("flags", "eflags"),
        ("efl", "eflags"),
        ("rflags", "eflags"),
        ("ssp", "pl3_ssp"),
    ],
    &[BesidePc { name: "ssp", called: "the shadow stack pointer", may_be_none: true }],
);
