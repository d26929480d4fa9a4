//! What a search may cost: some patterns look at the same bytes again and again.

/// A pattern takes more steps than it may have.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Costly;

/// Steps that are left, each about as long as a byte takes to be looked at.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Budget(usize);

impl Budget {
    /// How often each byte of a text may be looked at.
    const EACH: usize = 64;

    /// What is enough for any text of so many bytes that no pattern looks at again and again.
    pub(crate) fn for_text(bytes: usize) -> Budget {
        /// A small text costs next to nothing whatever is looked for.
        const SMALL: usize = 1 << 24;
        Budget(bytes.saturating_mul(Budget::EACH).saturating_add(SMALL))
    }

    /// Takes steps from the budget.
    ///
    /// # Errors
    /// [`Costly`] where there are not so many left.
    pub(crate) fn spend(&mut self, steps: usize) -> Result<(), Costly> {
        self.0 = self.0.checked_sub(steps).ok_or(Costly)?;
        Ok(())
    }
}
