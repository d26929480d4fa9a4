//! The flags that a register is made of, as people read them: `eflags 0x246 [ PF ZF IF ]`.

use dumpedit::{RegisterPart, RegisterValue, Registers, flags};

/// A value with the flags that are set in it behind it, where the register is made of such.
pub(crate) fn behind(registers: &Registers, part: RegisterPart, value: &RegisterValue) -> String {
    in_words(registers, part, value).map_or(value.to_string(), |flags| format!("{value} {flags}"))
}

/// The flags that are set, as debuggers show them behind a value: `[ PF ZF IF ]`.
pub(crate) fn in_words(registers: &Registers, part: RegisterPart, value: &RegisterValue) -> Option<String> {
    let set: String = flags(registers, part, value)?.iter().map(|flag| format!("{flag} ")).collect();
    Some(format!("[ {}]", set.to_uppercase()))
}
