//! The cost of a search is bounded, since some patterns visit the same bytes again and again.

/// Error for a pattern that takes more steps than its budget.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Costly;

/// Steps that are left, each about as long as visiting a byte takes.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Budget(usize);

impl Budget {
    /// Maximum number of visits for each byte of a text.
    const EACH: usize = 64;

    /// A budget for a text of `bytes` bytes, enough for any pattern that does not visit the same bytes again and again.
    pub(crate) fn for_text(bytes: usize) -> Budget {
        /// Minimum size of a text for the budget, in bytes: a smaller one costs next to nothing with any pattern.
        const SMALL: usize = 1 << 24;
        Budget(bytes.saturating_mul(Budget::EACH).saturating_add(SMALL))
    }

    /// Takes steps from the budget.
    ///
    /// # Errors
    /// [`Costly`] where fewer are left.
    pub(crate) fn spend(&mut self, steps: usize) -> Result<(), Costly> {
        self.0 = self.0.checked_sub(steps).ok_or(Costly)?;
        Ok(())
    }
}
