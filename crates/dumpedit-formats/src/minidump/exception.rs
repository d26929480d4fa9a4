//! Exceptions: the thread that crashed, the reason, and the context that applies to it.

use dumpedit_layout::{LayoutBuilder, Notice, NoticeKind, RecordKind, Subject, ThreadIndex};
use minidump_common::format::{MINIDUMP_EXCEPTION_STREAM, MINIDUMP_STREAM_TYPE};

use crate::exception_record;

use super::context::Contexts;
use super::shown::narrow;
use super::stream::{Dump, place_of};
use super::threads::Threads;

/// Walks the exception streams, of which there may be several; the first is the crash.
pub(super) fn walk(
    dump: &Dump<'_>,
    layout: &mut LayoutBuilder,
    threads: &mut Threads,
    contexts: &mut Contexts<'_>,
    os: Option<&str>,
    width: u8,
) {
    let mut crashes = Vec::new();
    let size = dump.size_of::<MINIDUMP_EXCEPTION_STREAM>();
    for stream in dump.of(MINIDUMP_STREAM_TYPE::ExceptionStream) {
        layout.structure(stream.place.file_offset, stream.place.size.min(size));
        let raw = dump.read::<MINIDUMP_EXCEPTION_STREAM>(stream.place.file_offset);
        let Some(raw) = raw.filter(|_| stream.place.size >= size) else {
            layout.count(NoticeKind::ExceptionUnreadable, Subject::FileOffset(stream.place.file_offset));
            continue;
        };
        let listed = threads.find(raw.thread_id);
        let record = contexts.record(layout, RecordKind::Exception, place_of(raw.thread_context));
        if listed.is_none() {
            layout.count(NoticeKind::ExceptionOfUnlistedThread, Subject::Thread(raw.thread_id.into()));
        }
        if threads.is_shared(raw.thread_id) {
            layout.count(NoticeKind::ExceptionOfSharedThreadId, Subject::Thread(raw.thread_id.into()));
        }
        // A thread that only its exception names is added for its registers.
        let index = match (listed, &record) {
            (Some(index), _) => index,
            (None, Some(_)) => threads.add(layout, raw.thread_id, None),
            (None, None) => continue,
        };
        if let Some(record) = record {
            layout.record(index, record);
        }
        let exception = &raw.exception_record;
        let address = narrow(exception.exception_address, width);
        layout.fault(exception_record::fault(index, exception, os, address));
        crashes.push((index, raw.thread_id));
    }
    notice_several(layout, &crashes);
}

/// Adds a notice of several exceptions, with the one that is the crash.
fn notice_several(layout: &mut LayoutBuilder, crashes: &[(ThreadIndex, u32)]) {
    let [(first, tid), others @ ..] = crashes else { return };
    if others.is_empty() {
        return;
    }
    let of_the_same = others.iter().filter(|(index, _)| index == first).count();
    let meant = if of_the_same > 0 { "; its first exception context is used" } else { "" };
    let count = crashes.len();
    let message =
        format!("the dump has {count} exceptions: thread {tid}, of the first, is used by default{meant}");
    let notice = Notice::new(NoticeKind::SeveralExceptions, message).about(Subject::Thread((*tid).into()));
    layout.notices().tell(notice.counting(u64::try_from(count).unwrap_or(u64::MAX)));
}
