//! Signals that end the command: at once, or after the cleanup if a file is being written or a dump changed.

use std::io::{self, Write};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, OnceLock};

use signal_hook::consts;
use signal_hook::flag;

/// Signals that end a command, by source: terminals, process managers and limits.
#[cfg(unix)]
const SIGNALS: &[i32] = &[
    consts::SIGINT,
    consts::SIGQUIT,
    consts::SIGHUP,
    consts::SIGTERM,
    consts::SIGALRM,
    consts::SIGUSR1,
    consts::SIGUSR2,
    consts::SIGXCPU,
];

#[cfg(not(unix))]
const SIGNALS: &[i32] = &[consts::SIGINT, consts::SIGTERM];

/// State shared by the signal handlers and the command.
struct Handlers {
    /// Whether the next signal ends the process at once.
    at_once: Arc<AtomicBool>,
    /// The signal that requested a stop; 0 for none.
    signal: Arc<AtomicUsize>,
    /// Number of files being written.
    careful: AtomicUsize,
}

static HANDLERS: OnceLock<Handlers> = OnceLock::new();

fn handlers() -> &'static Handlers {
    HANDLERS.get_or_init(|| Handlers {
        at_once: Arc::new(AtomicBool::new(true)),
        signal: Arc::default(),
        careful: AtomicUsize::new(0),
    })
}

/// Installs the handlers. If one cannot be installed, its signal still ends the process.
pub(crate) fn prepare() {
    let Handlers { at_once, signal, .. } = handlers();
    let ignored = ignored();
    for &number in SIGNALS.iter().filter(|number| !ignored.contains(number)) {
        let _ = flag::register_conditional_shutdown(number, exit_code(number), Arc::clone(at_once))
            .and_then(|_| {
                flag::register_usize(number, Arc::clone(signal), usize::try_from(number).unwrap_or(0))
            })
            .and_then(|_| flag::register(number, Arc::clone(at_once)));
    }
    // A write past the file size limit is then an error, like a write to a closed pipe.
    #[cfg(unix)]
    let _ = flag::register(consts::SIGXFSZ, Arc::default());
}

/// Exit code of a process ended by a signal, as shells report it.
fn exit_code(signal: i32) -> i32 {
    signal.saturating_add(128)
}

/// Signals that the parent process has set to ignored, as `nohup` does.
fn ignored() -> Vec<i32> {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let mask = status.lines().find_map(|line| line.strip_prefix("SigIgn:"));
    let mask = mask.and_then(|mask| u64::from_str_radix(mask.trim(), 16).ok()).unwrap_or(0);
    (1..)
        .zip(0..u64::BITS)
        .filter(|(_, bit)| mask.checked_shr(*bit).unwrap_or(0) & 1 == 1)
        .map(|(signal, _)| signal)
        .collect()
}

/// While one of these exists, the first signal only requests a stop, and the second ends the process.
#[derive(Debug)]
pub(crate) struct Careful(());

impl Careful {
    pub(crate) fn new() -> Careful {
        let handlers = handlers();
        if handlers.careful.fetch_add(1, Ordering::SeqCst) == 0 {
            handlers.at_once.store(false, Ordering::SeqCst);
        }
        Careful(())
    }
}

impl Drop for Careful {
    fn drop(&mut self) {
        let handlers = handlers();
        if handlers.careful.fetch_sub(1, Ordering::SeqCst) == 1 {
            handlers.at_once.store(true, Ordering::SeqCst);
        }
    }
}

/// Whether a signal requested a stop.
pub(crate) fn is_requested() -> bool {
    handlers().signal.load(Ordering::SeqCst) != 0
}

/// The exit code of a command stopped by a signal.
pub(crate) fn code() -> Option<u8> {
    let signal =
        i32::try_from(handlers().signal.load(Ordering::SeqCst)).ok().filter(|signal| *signal != 0)?;
    u8::try_from(exit_code(signal)).ok()
}

/// Clears the stop request after its effect.
pub(crate) fn go_on() {
    let handlers = handlers();
    handlers.signal.store(0, Ordering::SeqCst);
    handlers.at_once.store(handlers.careful.load(Ordering::SeqCst) == 0, Ordering::SeqCst);
}

/// A stream that fails after a signal requested a stop.
pub(crate) struct Interruptible<W>(pub(crate) W);

impl<W: Write> Write for Interruptible<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        // An interrupted write is not repeated.
        if is_requested() { Err(io::Error::other("stopped on request")) } else { self.0.write(bytes) }
    }

    fn flush(&mut self) -> io::Result<()> {
        self.0.flush()
    }
}

impl<W: io::Seek> io::Seek for Interruptible<W> {
    fn seek(&mut self, position: io::SeekFrom) -> io::Result<u64> {
        self.0.seek(position)
    }
}
