//! A register that a line of the script sets, and the notation of its values.

use crate::diff::registers::Compared;
use crate::notation::NumberText;
use crate::number::{Number, RegisterValue};

/// A register that is compared, and the notation of its values.
pub(super) struct Setting {
    pub(super) compared: Compared,
    /// Whether A's value is written as the initial one.
    pub(super) from_initial: bool,
    /// Whether B's value is written as the initial one, which puts the register back.
    pub(super) to_initial: bool,
    /// Whether the register is set even where both values are equal, for the effect on its component.
    pub(super) always: bool,
}

impl Setting {
    pub(super) fn plain(compared: Compared) -> Setting {
        Setting { compared, from_initial: false, to_initial: false, always: false }
    }

    pub(super) fn texts(self) -> (NumberText, NumberText) {
        let text = |value: RegisterValue, initial| match initial {
            true => NumberText::Initial,
            false => NumberText::Number(Number::from(value)),
        };
        (text(self.compared.old, self.from_initial), text(self.compared.new, self.to_initial))
    }
}
