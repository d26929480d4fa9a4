//! Flags of a register as text: `eflags 0x246 [ PF ZF IF ]`.

use dumpedit::{RegisterPart, RegisterValue, Registers, flags};

/// A value, followed by its set flags if the register has flags.
pub(crate) fn behind(registers: &Registers, part: RegisterPart, value: &RegisterValue) -> String {
    in_words(registers, part, value).map_or(value.to_string(), |flags| format!("{value} {flags}"))
}

/// The set flags, as debuggers show them after a value: `[ PF ZF IF ]`.
pub(crate) fn in_words(registers: &Registers, part: RegisterPart, value: &RegisterValue) -> Option<String> {
    let set: String = flags(registers, part, value)?.iter().map(|flag| format!("{flag} ")).collect();
    Some(format!("[ {}]", set.to_uppercase()))
}
