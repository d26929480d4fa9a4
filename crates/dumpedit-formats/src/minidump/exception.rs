//! Exceptions: which thread crashed, why, and the context that counts for it.

use dumpedit_layout::{Fault, LayoutBuilder, RecordKind};
use minidump_common::format::{MINIDUMP_EXCEPTION_STREAM, MINIDUMP_STREAM_TYPE};

use super::context::Contexts;
use super::narrow;
use super::stream::Dump;
use super::threads::Threads;

/// Walks the exception streams, of which there may be several; the first says who crashed.
pub(super) fn walk(
    dump: &Dump<'_>,
    layout: &mut LayoutBuilder,
    threads: &mut Threads,
    contexts: &mut Contexts<'_>,
    width: u8,
) {
    let size = dump.size_of::<MINIDUMP_EXCEPTION_STREAM>();
    for stream in dump.of(MINIDUMP_STREAM_TYPE::ExceptionStream) {
        layout.structure(stream.place.offset, stream.place.size.min(size));
        let raw = dump.read::<MINIDUMP_EXCEPTION_STREAM>(stream.place.offset);
        let Some(raw) = raw.filter(|_| stream.place.size >= size) else {
            layout.count("exception streams that cannot be read", stream.place.offset);
            continue;
        };
        let listed = threads.find(raw.thread_id);
        let record = contexts.record(layout, RecordKind::Exception, raw.thread_context.into());
        if listed.is_none() {
            layout.count("exceptions of a thread that is not listed", raw.thread_id.into());
        }
        if threads.is_shared(raw.thread_id) {
            layout.count(
                "exceptions of a thread id that several threads have, given to the first",
                raw.thread_id.into(),
            );
        }
        // A thread that only its exception knows is worth having for the registers.
        let index = match (listed, &record) {
            (Some(index), _) => index,
            (None, Some(_)) => threads.add(layout, raw.thread_id),
            (None, None) => continue,
        };
        if let Some(record) = record {
            layout.record(index, record);
        }
        layout.crashed(index);
        let address = narrow(raw.exception_record.exception_address, width);
        layout.fault(Fault {
            thread: index,
            code: raw.exception_record.exception_code,
            address: Some(("ExceptionAddress", address)),
        });
    }
}
