//! A progress bar on a terminal, for calls that take more than a second. A signal that requests a stop ends the call.

use std::collections::VecDeque;
use std::io::{self, IsTerminal};
use std::ops::ControlFlow;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use dumpedit::Progress;
use indicatif::{ProgressBar, ProgressStyle};

use crate::interrupt::{self, Careful};
use crate::output::text;

/// Time before a bar is shown.
const PATIENCE: Duration = Duration::from_secs(1);

static HIDDEN: AtomicBool = AtomicBool::new(false);

/// Hides bars from now on.
pub(crate) fn hide() {
    HIDDEN.store(true, Ordering::Relaxed);
}

/// Whether this is a trial run, and whether a long call of it was ended.
static TRIED: AtomicBool = AtomicBool::new(false);
static STOPPED: AtomicBool = AtomicBool::new(false);

/// Ends calls that report progress from now on.
pub(crate) fn try_out() {
    TRIED.store(true, Ordering::Relaxed);
    STOPPED.store(false, Ordering::Relaxed);
}

/// Whether a call has been ended since.
pub(crate) fn was_stopped() -> bool {
    STOPPED.load(Ordering::Relaxed)
}

/// Whether a call must end.
fn ends() -> bool {
    if TRIED.load(Ordering::Relaxed) {
        STOPPED.store(true, Ordering::Relaxed);
        return true;
    }
    interrupt::is_requested()
}

/// A bar that is shown after [`PATIENCE`].
pub(crate) struct Bar {
    what: &'static str,
    since: Instant,
    rate: Rate,
    bar: Option<ProgressBar>,
    /// While the bar is shown, a signal ends the call and not the process, so the bar is removed.
    careful: Option<Careful>,
}

impl Bar {
    pub(crate) fn new(what: &'static str) -> Self {
        let since = Instant::now();
        Bar { what, since, rate: Rate::new(since), bar: None, careful: None }
    }

    /// Shows progress of bytes.
    pub(crate) fn report(&mut self, progress: Progress) -> ControlFlow<()> {
        self.advance(progress.done, progress.total)
    }

    /// Shows a text instead of a percentage, for calls without a total.
    pub(crate) fn tell(&mut self, text: impl FnOnce() -> String) -> ControlFlow<()> {
        if ends() {
            return ControlFlow::Break(());
        }
        self.appear(ProgressBar::no_length, "{spinner} {msg} ({elapsed})");
        if let Some(bar) = &self.bar {
            bar.set_message(format!("{}: {}", self.what, text()));
            bar.tick();
        }
        ControlFlow::Continue(())
    }

    /// Shows the bar after [`PATIENCE`].
    fn appear(&mut self, bar: impl FnOnce() -> ProgressBar, template: &str) {
        let is_hidden = HIDDEN.load(Ordering::Relaxed) || !io::stderr().is_terminal();
        if self.bar.is_some() || self.since.elapsed() < PATIENCE || is_hidden {
            return;
        }
        self.careful = Some(Careful::new());
        let bar = bar().with_message(self.what);
        self.bar = Some(match ProgressStyle::with_template(template) {
            Ok(style) => bar.with_style(style),
            Err(_) => bar,
        });
    }

    /// Shows `done` of `total` bytes, or only `done` if the total is 0, that is, unknown.
    pub(crate) fn advance(&mut self, done: u64, total: u64) -> ControlFlow<()> {
        if ends() {
            return ControlFlow::Break(());
        }
        let now = Instant::now();
        self.rate.note(now, done);
        match total {
            0 => self.appear(ProgressBar::no_length, "{msg} {bytes} {prefix}"),
            _ => {
                self.appear(|| ProgressBar::new(total), "{msg} {wide_bar} {bytes}/{total_bytes} {prefix}");
            }
        }
        if let Some(bar) = &self.bar {
            bar.set_prefix(self.rate.in_words(now, total));
            bar.set_position(done);
        }
        ControlFlow::Continue(())
    }

    /// Writes to the terminal without the bar.
    pub(crate) fn beside<T>(&self, write: impl FnOnce() -> T) -> T {
        match &self.bar {
            Some(bar) => bar.suspend(write),
            None => write(),
        }
    }
}

/// Recent speed.
struct Rate {
    /// Times and the bytes done until then, within the last [`WINDOW`].
    noted: VecDeque<(Instant, u64)>,
}

/// Maximum age of progress that counts.
const WINDOW: Duration = Duration::from_secs(5);

/// Minimum distance of two times.
const STEP: Duration = Duration::from_millis(50);

impl Rate {
    fn new(since: Instant) -> Self {
        Rate { noted: [(since, 0)].into() }
    }

    /// Records the bytes done so far.
    fn note(&mut self, now: Instant, done: u64) {
        let is_old = |noted: &(Instant, u64)| now.saturating_duration_since(noted.0) > WINDOW;
        while self.noted.len() > 1 && self.noted.get(1).is_some_and(is_old) {
            self.noted.pop_front();
        }
        if self.noted.back().is_none_or(|(last, _)| now.saturating_duration_since(*last) >= STEP) {
            self.noted.push_back((now, done));
        }
    }

    /// Bytes per second.
    fn bytes_per_second(&self, now: Instant) -> Option<f64> {
        let ((from, before), (_, done)) = (self.noted.front()?, self.noted.back()?);
        let seconds = now.saturating_duration_since(*from).as_secs_f64();
        let rate = done.saturating_sub(*before) as f64 / seconds;
        (rate.is_finite() && rate > 0.0).then_some(rate)
    }

    /// `3.0 MiB/s, 12 s left`; without a total only the speed.
    fn in_words(&self, now: Instant, total: u64) -> String {
        let Some(rate) = self.bytes_per_second(now) else { return String::new() };
        let speed = format!("{}/s", text::size(rate as u128));
        let left = total.checked_sub(self.noted.back().map_or(0, |(_, done)| *done)).filter(|_| total > 0);
        match left.map(|left| (left as f64 / rate).ceil() as u64) {
            None => speed,
            Some(seconds @ ..60) => format!("{speed}, {seconds} s left"),
            Some(seconds @ ..3600) => format!("{speed}, {} min left", seconds.div_ceil(60)),
            Some(seconds) => format!("{speed}, {} h left", seconds.div_ceil(3600)),
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

#[cfg(test)]
mod tests {
    use super::*;

    const MIB: u64 = 1 << 20;

    #[test]
    fn the_speed_is_that_of_the_last_seconds_whatever_was_done_at_once_before() {
        let start = Instant::now();
        let mut rate = Rate::new(start);
        let at = |tenths: u64| start + Duration::from_millis(tenths * 100);
        assert_eq!(rate.in_words(at(10), 1000 * MIB), "");
        // A hole of one GiB is skipped at once, and then one MiB takes a tenth of a second.
        rate.note(at(1), 1024 * MIB);
        for tenth in 2..=100 {
            rate.note(at(tenth), (1024 + tenth) * MIB);
        }
        assert_eq!(rate.in_words(at(100), (1124 + 100) * MIB), "10.0 MiB/s, 10 s left");
        assert_eq!(rate.in_words(at(100), 0), "10.0 MiB/s");
        assert!(rate.noted.len() < 200);
    }

    #[test]
    fn time_left_is_told_in_the_unit_that_fits() {
        let start = Instant::now();
        let mut rate = Rate::new(start);
        let now = start + Duration::from_secs(1);
        rate.note(now, MIB);
        for (total, words) in [
            (MIB, "0 s"),
            (60 * MIB, "59 s"),
            (61 * MIB, "1 min"),
            (3601 * MIB, "1 h"),
            (10_801 * MIB, "3 h"),
        ] {
            assert_eq!(rate.in_words(now, total), format!("1.0 MiB/s, {words} left"));
        }
    }
}
