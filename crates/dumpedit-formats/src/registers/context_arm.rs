//! Contexts of 32-bit ARM: `CONTEXT` of `winnt.h`, 416 bytes; `MDRawContextARM` of Breakpad's `minidump_cpu_arm.h`, 368 bytes; and
//! Crashpad's `MinidumpContextARM` where 64-bit numbers are aligned to 4 bytes, 364 bytes. The flags of the latter two have no CONTROL
//! group.

use dumpedit_layout::{BlockKind, Machine, RecordFormat, Run};

use super::context_kind::{ContextKind, ContextName, Fit};
use super::evidence::Evidence;

const CONTROL: u32 = 0x1;
const INTEGER: u32 = 0x2;
const FLOATING_POINT: u32 = 0x4;
const DEBUG_REGISTERS: u32 = 0x8;

pub(crate) static WINDOWS: ContextKind = ContextKind {
    name: Some(ContextName::Windows),
    format: &WINDOWS_FORMAT,
    size: 416,
    flags_at: 0,
    wide_flags: false,
    version: None,
    cpu: 0x20_0000,
    groups: CONTROL | INTEGER | FLOATING_POINT | DEBUG_REGISTERS,
    all_flags: 0x20_0000 | 0xf,
    architecture: 5,
    extends: false,
    evidence: Evidence::Header,
    fit: Fit::Room,
};

pub(crate) static BREAKPAD: ContextKind = ContextKind {
    name: Some(ContextName::Breakpad),
    format: &BREAKPAD_FORMAT,
    size: 368,
    flags_at: 0,
    wide_flags: false,
    version: None,
    cpu: 0x4000_0000,
    groups: INTEGER | FLOATING_POINT,
    all_flags: 0x4000_0000 | 6,
    architecture: 5,
    extends: false,
    evidence: Evidence::Reader,
    fit: Fit::Room,
};

pub(crate) static CRASHPAD_UNALIGNED: ContextKind = ContextKind {
    name: Some(ContextName::Crashpad),
    format: &CRASHPAD_UNALIGNED_FORMAT,
    size: 364,
    flags_at: 0,
    wide_flags: false,
    version: None,
    cpu: 0x4000_0000,
    groups: INTEGER | FLOATING_POINT,
    all_flags: 0x4000_0000 | 6,
    architecture: 5,
    extends: false,
    evidence: Evidence::Header,
    fit: Fit::Room,
};

const fn run(first: &'static str, count: u16, byte: u32, stride: u32, needs: u32) -> Run {
    Run::new(first, count, BlockKind::General, byte).stride(stride).needs(needs)
}

static WINDOWS_FORMAT: RecordFormat = RecordFormat::new(
    "CONTEXT_ARM_WINDOWS",
    Machine::Arm,
    &[
        run("r0", 13, 0x04, 4, INTEGER),
        run("sp", 4, 0x38, 4, CONTROL),
        run("fpscr", 1, 0x48, 0, FLOATING_POINT),
        run("q0", 16, 0x50, 16, FLOATING_POINT).part(0, 64),
        run("q0", 16, 0x58, 16, FLOATING_POINT).part(64, 64),
        run("bvr0", 8, 0x150, 4, DEBUG_REGISTERS),
        run("bcr0", 8, 0x170, 4, DEBUG_REGISTERS),
        run("wvr0", 2, 0x190, 4, DEBUG_REGISTERS),
    ],
);

static BREAKPAD_FORMAT: RecordFormat = RecordFormat::new(
    "CONTEXT_ARM",
    Machine::Arm,
    &[
        run("r0", 13, 0x04, 4, INTEGER),
        run("sp", 4, 0x38, 4, INTEGER),
        run("fpscr", 1, 0x48, 0, FLOATING_POINT),
        run("q0", 16, 0x50, 16, FLOATING_POINT).part(0, 64),
        run("q0", 16, 0x58, 16, FLOATING_POINT).part(64, 64),
        run("fpextra0", 8, 0x150, 4, FLOATING_POINT),
    ],
);

static CRASHPAD_UNALIGNED_FORMAT: RecordFormat = RecordFormat::new(
    "CONTEXT_ARM",
    Machine::Arm,
    &[
        run("r0", 13, 0x04, 4, INTEGER),
        run("sp", 4, 0x38, 4, INTEGER),
        run("fpscr", 1, 0x48, 0, FLOATING_POINT),
        run("q0", 16, 0x4c, 16, FLOATING_POINT).part(0, 64),
        run("q0", 16, 0x54, 16, FLOATING_POINT).part(64, 64),
        run("fpextra0", 8, 0x14c, 4, FLOATING_POINT),
    ],
);

#[cfg(test)]
mod tests {
    use minidump_common::format::CONTEXT_ARM;

    use super::*;
    use crate::registers::placed::{Check, slot_offsets};

    const INTEGERS: [&str; 17] = [
        "r0", "r1", "r2", "r3", "r4", "r5", "r6", "r7", "r8", "r9", "r10", "r11", "r12", "sp", "lr", "pc",
        "cpsr",
    ];

    #[test]
    fn each_register_stands_where_the_header_has_its_field() {
        let mut check = Check::<CONTEXT_ARM>::of(&BREAKPAD);
        for (index, name) in INTEGERS.iter().take(16).enumerate() {
            check.field(name, |context, value| context.iregs[index] = value as _);
        }
        check.field("cpsr", |context, value| context.cpsr = value as _);
        check.field("fpscr", |context, value| context.float_save.fpscr = (value as u32).into());
        for index in 0..32 {
            check.field(&format!("d{index}"), |context, value| context.float_save.regs[index] = value as _);
        }
        for index in 0..8 {
            check.field(&format!("fpextra{index}"), |context, value| {
                context.float_save.extra[index] = value as _;
            });
        }
        check.finish();
    }

    /// Offsets of a C structure's fields by name, from the fields with their sizes, in order.
    fn offsets(fields: &[(String, u64)]) -> Vec<(String, u64)> {
        let before = |index: usize| fields.iter().take(index).map(|(_, size)| size).sum();
        fields.iter().enumerate().map(|(index, (name, _))| (name.clone(), before(index))).collect()
    }

    fn numbered(prefix: &str, count: usize, size: u64) -> Vec<(String, u64)> {
        (0..count).map(|index| (format!("{prefix}{index}"), size)).collect()
    }

    #[test]
    fn the_context_of_windows_and_the_unaligned_one_follow_their_headers_field_by_field() {
        let integers: Vec<(String, u64)> = INTEGERS.iter().map(|name| ((*name).to_owned(), 4)).collect();
        let skip = |size| vec![(String::new(), size)];
        let windows = [
            skip(4),
            integers.clone(),
            numbered("fpscr", 1, 4),
            skip(4),
            numbered("d", 32, 8),
            numbered("bvr", 8, 4),
            numbered("bcr", 8, 4),
            numbered("wvr", 1, 4),
            numbered("wcr", 1, 4),
            skip(8),
        ]
        .concat();
        let unaligned =
            [skip(4), integers, numbered("fpscr", 1, 4), numbered("d", 32, 8), numbered("fpextra", 8, 4)]
                .concat();
        for (kind, fields) in [(&WINDOWS, windows), (&CRASHPAD_UNALIGNED, unaligned)] {
            assert_eq!(fields.iter().map(|(_, size)| size).sum::<u64>(), kind.size);
            for (name, at) in offsets(&fields).iter().filter(|(name, _)| !name.is_empty()) {
                let name = if name == "fpscr0" { "fpscr" } else { name };
                assert_eq!(slot_offsets(kind, name), [*at], "{name}");
            }
        }
    }
}
