//! A progress bar for what takes over a second, on a terminal only.

use std::io::IsTerminal;
use std::ops::ControlFlow;
use std::time::{Duration, Instant};

use dumpedit::Progress;
use indicatif::{ProgressBar, ProgressStyle};

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
        if self.bar.is_none() && self.since.elapsed() >= PATIENCE && std::io::stderr().is_terminal() {
            let style =
                ProgressStyle::with_template("{msg} {wide_bar} {bytes}/{total_bytes} {bytes_per_sec} {eta}");
            let bar = ProgressBar::new(progress.total).with_message(self.what);
            self.bar = Some(match style {
                Ok(style) => bar.with_style(style),
                Err(_) => bar,
            });
        }
        if let Some(bar) = &self.bar {
            bar.set_position(progress.done);
        }
        ControlFlow::Continue(())
    }
}

impl Drop for Bar {
    fn drop(&mut self) {
        if let Some(bar) = &self.bar {
            bar.finish_and_clear();
        }
    }
}
