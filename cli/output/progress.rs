//! A progress bar for what takes over a second, on a terminal only. A signal that asks to stop ends its call.

use std::io::{self, IsTerminal};
use std::ops::ControlFlow;
use std::time::{Duration, Instant};

use dumpedit::Progress;
use indicatif::{ProgressBar, ProgressStyle};

use crate::interrupt;

/// How long a call may take before a bar is shown.
const PATIENCE: Duration = Duration::from_secs(1);

/// A bar that appears when it is worth it.
pub(crate) struct Bar {
    what: &'static str,
    since: Instant,
    bar: Option<ProgressBar>,
}

impl Bar {
    pub(crate) fn new(what: &'static str) -> Self {
        Bar { what, since: Instant::now(), bar: None }
    }

    /// Takes a report of progress.
    pub(crate) fn report(&mut self, progress: Progress) -> ControlFlow<()> {
        self.advance(progress.done, progress.total)
    }

    /// Shows a text instead of a share, for what has no total.
    pub(crate) fn tell(&mut self, text: impl FnOnce() -> String) -> ControlFlow<()> {
        if interrupt::is_requested() {
            return ControlFlow::Break(());
        }
        self.appear(ProgressBar::no_length, "{spinner} {msg} ({elapsed})");
        if let Some(bar) = &self.bar {
            bar.set_message(format!("{}: {}", self.what, text()));
            bar.tick();
        }
        ControlFlow::Continue(())
    }

    /// Makes the bar when it is worth it.
    fn appear(&mut self, bar: impl FnOnce() -> ProgressBar, template: &str) {
        if self.bar.is_some() || self.since.elapsed() < PATIENCE || !io::stderr().is_terminal() {
            return;
        }
        let bar = bar().with_message(self.what);
        self.bar = Some(match ProgressStyle::with_template(template) {
            Ok(style) => bar.with_style(style),
            Err(_) => bar,
        });
    }

    /// Shows `done` of `total` bytes; of a total of 0, which is not known, a count.
    pub(crate) fn advance(&mut self, done: u64, total: u64) -> ControlFlow<()> {
        if interrupt::is_requested() {
            return ControlFlow::Break(());
        }
        match total {
            0 => self.appear(ProgressBar::no_length, "{msg} {bytes} {bytes_per_sec}"),
            _ => self.appear(
                || ProgressBar::new(total),
                "{msg} {wide_bar} {bytes}/{total_bytes} {bytes_per_sec} {eta}",
            ),
        }
        if let Some(bar) = &self.bar {
            bar.set_position(done);
        }
        ControlFlow::Continue(())
    }

    /// Writes to the terminal where the bar may be.
    pub(crate) fn beside<T>(&self, write: impl FnOnce() -> T) -> T {
        match &self.bar {
            Some(bar) => bar.suspend(write),
            None => write(),
        }
    }
}

impl Drop for Bar {
    fn drop(&mut self) {
        if let Some(bar) = &self.bar {
            bar.finish_and_clear();
        }
    }
}
