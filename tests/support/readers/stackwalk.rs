//! The `minidump-processor` crate, which walks stacks like `minidump-stackwalk`; without symbols.

use std::collections::BTreeMap;
use std::future::Future;
use std::path::Path;
use std::pin::pin;
use std::task::{Context, Poll, Waker};

use minidump::{
    Minidump, MinidumpAssertion, MinidumpBreakpadInfo, MinidumpCrashpadInfo, MinidumpException,
    MinidumpHandleDataStream, MinidumpMacBootargs, MinidumpMacCrashInfo, MinidumpMemory64List,
    MinidumpMemoryInfoList, MinidumpMemoryList, MinidumpMiscInfo, MinidumpModuleList, MinidumpSystemInfo,
    MinidumpThreadList, MinidumpThreadNames, MinidumpUnloadedModuleList, UnifiedMemoryList,
};
use minidump_unwind::{Symbolizer, simple_symbol_supplier};

/// Result for a dump.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Walked {
    /// Reason, address and thread of the crash.
    pub(crate) crash: String,
    /// By thread id, each frame's address, the way it was found, and its module.
    pub(crate) stacks: BTreeMap<u32, Vec<String>>,
}

/// Walks the stacks of a dump; `None` where it has too few streams.
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

/// The output of `minidump-stackwalk --json`; `None` where the dump has too few streams.
pub(crate) fn document(path: &Path) -> Option<String> {
    let dump = Minidump::read_path(path).unwrap();
    let symbols = Symbolizer::new(simple_symbol_supplier(Vec::new()));
    let state = finished(minidump_processor::process_minidump(&dump, &symbols)).ok()?;
    let mut text = Vec::new();
    state.print_json(&mut text, true).unwrap();
    Some(String::from_utf8(text).unwrap())
}

/// The output of `minidump-stackwalk --dump` for the streams that it knows.
pub(crate) fn dumped(path: &Path) -> String {
    let dump = Minidump::read_path(path).unwrap();
    let mut text = Vec::new();
    let out = &mut text;
    dump.print(out).unwrap();
    let system = dump.get_stream::<MinidumpSystemInfo>().ok();
    let misc = dump.get_stream::<MinidumpMiscInfo>().ok();
    let memory64 = dump.get_stream::<MinidumpMemory64List<'_>>().ok().map(UnifiedMemoryList::Memory64);
    let memory =
        memory64.or_else(|| dump.get_stream::<MinidumpMemoryList<'_>>().ok().map(UnifiedMemoryList::Memory));
    if let Ok(threads) = dump.get_stream::<MinidumpThreadList<'_>>() {
        threads.print(out, memory.as_ref(), system.as_ref(), misc.as_ref(), false).unwrap();
    }
    if let Some(memory) = memory {
        memory.print(out, false).unwrap();
    }
    if let Ok(exception) = dump.get_stream::<MinidumpException<'_>>() {
        exception.print(out, system.as_ref(), misc.as_ref()).unwrap();
    }
    macro_rules! print_streams {
        ($($stream:ty),+) => {
            $(if let Ok(stream) = dump.get_stream::<$stream>() {
                stream.print(out).unwrap();
            })+
        };
    }
    print_streams!(
        MinidumpModuleList,
        MinidumpUnloadedModuleList,
        MinidumpHandleDataStream,
        MinidumpMemoryInfoList<'_>,
        MinidumpAssertion,
        MinidumpSystemInfo,
        MinidumpMiscInfo,
        MinidumpThreadNames,
        MinidumpBreakpadInfo,
        MinidumpCrashpadInfo,
        MinidumpMacCrashInfo,
        MinidumpMacBootargs
    );
    String::from_utf8_lossy(&text).into_owned()
}

/// Functions in the frames of a dump, by Breakpad's symbol files in a folder: the address in each frame, and the function's name and start
/// address.
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

/// Completes a future that never waits, since files are read synchronously.
fn finished<T>(future: impl Future<Output = T>) -> T {
    let mut future = pin!(future);
    loop {
        if let Poll::Ready(value) = future.as_mut().poll(&mut Context::from_waker(Waker::noop())) {
            return value;
        }
    }
}
