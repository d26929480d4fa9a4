//! Floating point and vector registers of Intel's processors as stored by the instructions FSAVE, FXSAVE and XSAVE (the Intel manual,
//! volume 1, sections 8.1.10, 10.5 and 13.4), in any system's notes.
//!
//! Bytes of an XSAVE area are valid where its header marks their component as in use.

use dumpedit_layout::BlockKind::{self, Xstate, XstateHeader, XstateLegacy};
use dumpedit_layout::{RecordFormat, Run};

use super::evidence::Evidence;
use crate::elf::xstate::{
    APX, AVX, BNDCSR, BNDREGS, HI16_ZMM, MXCSR, MXCSR_INITIAL, OPMASK, PKRU, SSE, X87, X87_CONTROL_INITIAL,
    XTILECFG, XTILEDATA, ZMM_HI256,
};
use crate::supported::SupportedRecord;
use crate::xsave;

/// The components of an XSAVE area that were checked against Intel's manual only, where a table has their registers.
pub(crate) fn newest(format: &RecordFormat, area: &str) -> Option<SupportedRecord> {
    let has_apx = format.runs.iter().any(|run| run.block == Xstate(xsave::APX));
    has_apx.then(|| SupportedRecord { name: format!("{area} (AMX, APX)"), evidence: Evidence::Header })
}

/// An XSAVE area of a 64-bit process.
pub(crate) const XSAVE_64: [Run; 21] = [
    Run::new("fctrl", 1, XstateLegacy, 0).gate(X87, X87_CONTROL_INITIAL),
    Run::new("fstat", 1, XstateLegacy, 2).gate(X87, 0),
    Run::new("ftw", 1, XstateLegacy, 4).gate(X87, 0),
    Run::new("fop", 1, XstateLegacy, 6).gate(X87, 0),
    Run::new("fip", 1, XstateLegacy, 8).gate(X87, 0),
    Run::new("fdp", 1, XstateLegacy, 16).gate(X87, 0),
    Run::new("mxcsr", 1, XstateLegacy, 24).gate(MXCSR, MXCSR_INITIAL),
    Run::new("mxcsr_mask", 1, XstateLegacy, 28),
    Run::new("st0", 8, XstateLegacy, 32).stride(16).gate(X87, 0),
    Run::new("zmm0", 16, XstateLegacy, 160).stride(16).part(0, 128).gate(SSE, 0),
    Run::new("zmm0", 16, Xstate(2), 0).stride(16).part(128, 128).gate(AVX, 0),
    Run::new("bnd0", 4, Xstate(3), 0).stride(16).gate(BNDREGS, 0),
    Run::new("bndcfgu", 2, Xstate(4), 0).stride(8).gate(BNDCSR, 0),
    Run::new("k0", 8, Xstate(5), 0).stride(8).gate(OPMASK, 0),
    Run::new("zmm0", 16, Xstate(6), 0).stride(32).part(256, 256).gate(ZMM_HI256, 0),
    Run::new("zmm16", 16, Xstate(7), 0).stride(64).gate(HI16_ZMM, 0),
    Run::new("pkru", 1, Xstate(9), 0).gate(PKRU, 0),
    Run::new("tilecfg", 1, Xstate(17), 0).gate(XTILECFG, 0),
    Run::new("tmm0", 8, Xstate(18), 0).stride(1024).gate(XTILEDATA, 0),
    Run::new("r16", 16, Xstate(19), 0).stride(8).gate(APX, 0),
    Run::new("xstate_bv", 1, XstateHeader, 0),
];

/// An XSAVE area of a 32-bit process.
pub(crate) const XSAVE_32: [Run; 19] = [
    Run::new("fctrl", 1, XstateLegacy, 0).gate(X87, X87_CONTROL_INITIAL),
    Run::new("fstat", 1, XstateLegacy, 2).gate(X87, 0),
    Run::new("ftw", 1, XstateLegacy, 4).gate(X87, 0),
    Run::new("fop", 1, XstateLegacy, 6).gate(X87, 0),
    Run::new("fioff", 1, XstateLegacy, 8).gate(X87, 0),
    Run::new("fiseg", 1, XstateLegacy, 12).gate(X87, 0),
    Run::new("fooff", 1, XstateLegacy, 16).gate(X87, 0),
    Run::new("foseg", 1, XstateLegacy, 20).gate(X87, 0),
    Run::new("mxcsr", 1, XstateLegacy, 24).gate(MXCSR, MXCSR_INITIAL),
    Run::new("mxcsr_mask", 1, XstateLegacy, 28),
    Run::new("st0", 8, XstateLegacy, 32).stride(16).gate(X87, 0),
    Run::new("zmm0", 8, XstateLegacy, 160).stride(16).part(0, 128).gate(SSE, 0),
    Run::new("zmm0", 8, Xstate(2), 0).stride(16).part(128, 128).gate(AVX, 0),
    Run::new("bnd0", 4, Xstate(3), 0).stride(16).gate(BNDREGS, 0),
    Run::new("bndcfgu", 2, Xstate(4), 0).stride(8).gate(BNDCSR, 0),
    Run::new("k0", 8, Xstate(5), 0).stride(8).gate(OPMASK, 0),
    Run::new("zmm0", 8, Xstate(6), 0).stride(32).part(256, 256).gate(ZMM_HI256, 0),
    Run::new("pkru", 1, Xstate(9), 0).gate(PKRU, 0),
    Run::new("xstate_bv", 1, XstateHeader, 0),
];

/// FXSAVE's registers of a 64-bit process.
pub(crate) const fn fxsave_64(block: BlockKind) -> [Run; 10] {
    [
        Run::new("fctrl", 1, block, 0),
        Run::new("fstat", 1, block, 2),
        Run::new("ftw", 1, block, 4),
        Run::new("fop", 1, block, 6),
        Run::new("fip", 1, block, 8),
        Run::new("fdp", 1, block, 16),
        Run::new("mxcsr", 1, block, 24),
        Run::new("mxcsr_mask", 1, block, 28),
        Run::new("st0", 8, block, 32).stride(16),
        Run::new("zmm0", 16, block, 160).stride(16).part(0, 128),
    ]
}

/// FXSAVE's registers of a 32-bit process.
pub(crate) const fn fxsave_32(block: BlockKind) -> [Run; 12] {
    [
        Run::new("fctrl", 1, block, 0),
        Run::new("fstat", 1, block, 2),
        Run::new("ftw", 1, block, 4),
        Run::new("fop", 1, block, 6),
        Run::new("fioff", 1, block, 8),
        Run::new("fiseg", 1, block, 12),
        Run::new("fooff", 1, block, 16),
        Run::new("foseg", 1, block, 20),
        Run::new("mxcsr", 1, block, 24),
        Run::new("mxcsr_mask", 1, block, 28),
        Run::new("st0", 8, block, 32).stride(16),
        Run::new("zmm0", 8, block, 160).stride(16).part(0, 128),
    ]
}

/// FSAVE's registers of a 32-bit process.
pub(crate) const fn fsave(block: BlockKind) -> [Run; 9] {
    [
        Run::new("fctrl", 1, block, 0),
        Run::new("fstat", 1, block, 4),
        Run::new("ftag", 1, block, 8),
        Run::new("fioff", 1, block, 12),
        Run::new("fiseg", 1, block, 16),
        Run::new("fop", 1, block, 18),
        Run::new("fooff", 1, block, 20),
        Run::new("foseg", 1, block, 24),
        Run::new("st0", 8, block, 28).stride(10),
    ]
}
