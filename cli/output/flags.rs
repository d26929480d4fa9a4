//! The flags that a register is made of, as people read them: `eflags 0x246 [ PF ZF IF ]`.

use dumpedit::{RegisterPart, RegisterValue, Registers};

/// The flags that are set in a register that is made of such, by the names that `set` takes; those of several bits with
/// their value.
pub(crate) fn set(registers: &Registers, part: RegisterPart, value: &RegisterValue) -> Option<Vec<String>> {
    let number = value.to_u64().ok().filter(|_| part.at_bit == 0)?;
    let views = registers.iter().filter_map(|(_, name)| Some((name, name.view?)));
    let of_this = views.filter(|(name, view)| view.parent == part.id && name.bits < 8);
    let mut flags = of_this.peekable();
    flags.peek()?;
    let set = flags.filter_map(|(name, view)| {
        let mask = u64::MAX.checked_shr(64u32.saturating_sub(name.bits)).unwrap_or(0);
        match number.checked_shr(view.at_bit).unwrap_or(0) & mask {
            0 => None,
            _ if name.bits == 1 => Some(name.name.to_owned()),
            number => Some(format!("{}={number}", name.name)),
        }
    });
    Some(set.collect())
}

/// The same as debuggers show them behind a value: `[ PF ZF IF ]`.
pub(crate) fn in_words(registers: &Registers, part: RegisterPart, value: &RegisterValue) -> Option<String> {
    let set: String = set(registers, part, value)?.iter().map(|flag| format!("{flag} ")).collect();
    Some(format!("[ {}]", set.to_uppercase()))
}
