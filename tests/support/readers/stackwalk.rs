//! The `minidump-processor` crate, which walks stacks as `minidump-stackwalk` does; without symbols.

use std::collections::BTreeMap;
use std::future::Future;
use std::path::Path;
use std::pin::pin;
use std::task::{Context, Poll, Waker};

use minidump::Minidump;
use minidump_unwind::{Symbolizer, simple_symbol_supplier};

/// What it makes of a dump.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Walked {
    /// Reason, address and thread of the crash.
    pub(crate) crash: String,
    /// By thread id, each frame's address, how it was found, and its module.
    pub(crate) stacks: BTreeMap<u32, Vec<String>>,
}

/// Walks the stacks of a dump; nothing where it has too little to be walked.
pub(crate) fn walked(path: &Path) -> Option<Walked> {
    let dump = Minidump::read_path(path).unwrap();
    let symbols = Symbolizer::new(simple_symbol_supplier(Vec::new()));
    let state = finished(minidump_processor::process_minidump(&dump, &symbols)).ok()?;
    let thread = state.requesting_thread.and_then(|index| state.threads.get(index));
    let crash = state.exception_info.map(|info| format!("{} at {}", info.reason, info.address));
    let crash = format!("{crash:?} in {:?}", thread.map(|thread| thread.thread_id));
    let stacks = state.threads.iter().map(|thread| {
        let frames = thread.frames.iter().map(|frame| {
            let module = frame.module.as_ref().map(|module| &module.name);
            format!("{:#x} {:?} {module:?}", frame.instruction, frame.trust)
        });
        let last_error = thread.last_error_value.map(|error| format!("last error {error}"));
        (thread.thread_id, frames.chain(last_error).collect())
    });
    Some(Walked { crash, stacks: stacks.collect() })
}

/// The functions that it names in the frames of a dump, by Breakpad's symbol files in a folder: the address in each, and the function's
/// name and beginning.
pub(crate) fn functions(path: &Path, symbols: &Path) -> Vec<(u64, String, u64)> {
    let dump = Minidump::read_path(path).unwrap();
    let symbols = Symbolizer::new(simple_symbol_supplier(vec![symbols.to_owned()]));
    let Ok(state) = finished(minidump_processor::process_minidump(&dump, &symbols)) else {
        return Vec::new();
    };
    let frames = state.threads.into_iter().flat_map(|thread| thread.frames);
    let named =
        frames.filter_map(|frame| Some((frame.instruction, frame.function_name?, frame.function_base?)));
    named.collect()
}

/// Files are read without a wait.
fn finished<T>(future: impl Future<Output = T>) -> T {
    let mut future = pin!(future);
    loop {
        if let Poll::Ready(value) = future.as_mut().poll(&mut Context::from_waker(Waker::noop())) {
            return value;
        }
    }
}
