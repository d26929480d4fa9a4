//! Lists the results of a search line by line, as they are found, together with the progress bar.

use std::cell::{Cell, RefCell};
use std::fmt::Display;
use std::io;
use std::ops::ControlFlow;

use dumpedit::{Error, Found, NoticeKind, ProgressFn};

use crate::failure::Failure;
use crate::output::Output;
use crate::output::progress::Bar;
use crate::output::text::{self, Style};

/// Takes a line; breaks if the output was closed.
pub(crate) type LineFn<'a> = dyn FnMut(&dyn Display) -> ControlFlow<()> + 'a;

impl Output {
    /// Reports memory that a search could not read.
    pub(crate) fn passed_over(&self, found: &Found) {
        if found.complete && found.passed_over > 0 {
            let size = text::size(u128::from(found.passed_over));
            let message = format!("{size} of mapped memory is not captured and was not searched");
            self.notice(NoticeKind::MemoryNotSearched, message);
        }
    }

    /// Lists the results of a search.
    pub(crate) fn listing<T: Default>(
        &mut self,
        search: impl FnOnce(Style, &mut LineFn<'_>, &mut ProgressFn<'_>) -> Result<T, Error>,
    ) -> Result<T, Failure> {
        let mut found = Ok(T::default());
        self.stream(|out, style| {
            let out = RefCell::new(out);
            let bar = RefCell::new(Bar::new("searching"));
            let written = Cell::new(Ok(()));
            let keep = |result: io::Result<()>| {
                let flow = if result.is_ok() { ControlFlow::Continue(()) } else { ControlFlow::Break(()) };
                written.set(result);
                flow
            };
            found = search(
                *style,
                &mut |line| keep(bar.borrow().beside(|| writeln!(out.borrow_mut(), "{line}"))),
                &mut |progress| {
                    bar.borrow_mut().report(progress)?;
                    // Each line is flushed at once, so a waiting reader gets it.
                    keep(bar.borrow().beside(|| out.borrow_mut().flush()))
                },
            );
            written.into_inner()
        })?;
        Ok(found?)
    }
}
