//! Files of Linux's `/proc` about the process, in notes and streams.

use super::{By, Named, Text};

impl Named<'_> {
    /// `/proc/PID/environ`: a NUL behind each variable.
    pub(super) fn environ(&mut self, text: &Text) {
        for range in text.split(|byte| byte == 0) {
            self.variable(text, range);
        }
    }

    /// `/proc/PID/cmdline`: a NUL behind each argument.
    pub(super) fn cmdline(&mut self, text: &Text) {
        for (index, range) in text.split(|byte| byte == 0).into_iter().enumerate() {
            self.argument(text, range, index == 0);
        }
    }

    /// `/proc/PID/status`, which has the name of the process.
    pub(super) fn status(&mut self, text: &Text) {
        for line in text.split(|byte| byte == b'\n') {
            let skipped = b"Name:\t".len();
            if text.get(&line).starts_with(b"Name:\t") {
                self.name(By::ProcessName, text, line.start + skipped..line.end);
            }
        }
    }
}
