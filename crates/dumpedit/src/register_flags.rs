//! Flags in registers.

use dumpedit_layout::{RegisterPart, Registers};

use crate::number::RegisterValue;

/// The flags that are set in a register of flags, by the names that `set` takes; flags of several bits with their value. `None` for any
/// other register.
pub fn flags(registers: &Registers, part: RegisterPart, value: &RegisterValue) -> Option<Vec<String>> {
    let number = value.to_u64().ok().filter(|_| part.at_bit == 0)?;
    let views = registers.iter().filter_map(|name| Some((name, name.view?)));
    let of_this = views.filter(|(name, view)| view.parent == part.id && name.bits < 8);
    let mut names = of_this.peekable();
    names.peek()?;
    let set = names.filter_map(|(name, view)| {
        let mask = u64::MAX.checked_shr(64u32.saturating_sub(name.bits)).unwrap_or(0);
        match number.checked_shr(view.at_bit).unwrap_or(0) & mask {
            0 => None,
            _ if name.bits == 1 => Some(name.name.to_owned()),
            number => Some(format!("{}={number}", name.name)),
        }
    });
    Some(set.collect())
}
