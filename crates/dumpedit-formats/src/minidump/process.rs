//! The process of a minidump: its values in the header, in MiscInfo, in Breakpad's copies of Linux's `/proc`, and in the memory where
//! Windows keeps the command line.

use dumpedit_layout::{Layout, Place, Process};
use minidump_common::format::{MINIDUMP_HEADER, MINIDUMP_MISC_INFO, MINIDUMP_STREAM_TYPE};

use super::in_memory::InMemory;
use super::stream::Dump;

/// `MINIDUMP_MISC1_PROCESS_ID` and `MINIDUMP_MISC1_PROCESS_TIMES`: flags of the valid fields of MiscInfo.
const HAS_ID: u32 = 1;
const HAS_TIMES: u32 = 2;

/// The process by header and streams.
pub(super) fn of_streams(dump: &Dump<'_>, header: &MINIDUMP_HEADER) -> Process {
    let info = dump.of(MINIDUMP_STREAM_TYPE::MiscInfoStream).next();
    let info = info.filter(|stream| stream.place.size >= dump.size_of::<MINIDUMP_MISC_INFO>());
    let info = info.and_then(|stream| dump.read::<MINIDUMP_MISC_INFO>(stream.place.file_offset));
    let field = |has: u32, value: fn(&MINIDUMP_MISC_INFO) -> u32| {
        info.as_ref().filter(|info| info.flags1 & has != 0).map(|info| u64::from(value(info)))
    };
    let not_zero = |number: &u64| *number != 0;
    let mut process = Process::default();
    process.pid = field(HAS_ID, |info| info.process_id).or_else(|| pid_of_status(dump));
    process.command_line = command_line(dump);
    process.started = field(HAS_TIMES, |info| info.process_create_time).filter(not_zero);
    process.dumped = Some(u64::from(header.time_date_stamp)).filter(not_zero);
    process
}

/// The id in `/proc/PID/status`.
fn pid_of_status(dump: &Dump<'_>) -> Option<u64> {
    let status = text(dump, MINIDUMP_STREAM_TYPE::LinuxProcStatus)?;
    status.lines().find_map(|line| line.strip_prefix("Pid:")).and_then(|id| id.trim().parse().ok())
}

/// The words of `/proc/PID/cmdline`, each with a NUL at its end.
fn command_line(dump: &Dump<'_>) -> Option<String> {
    let words = text(dump, MINIDUMP_STREAM_TYPE::LinuxCmdLine)?;
    let line = words.trim_end_matches('\0').replace('\0', " ");
    (!line.is_empty()).then_some(line)
}

fn text(dump: &Dump<'_>, kind: MINIDUMP_STREAM_TYPE) -> Option<String> {
    let place = dump.of(kind).next()?.place;
    let affordable = dump.affords_text(dump.held(place));
    affordable.then(|| String::from_utf8_lossy(dump.slice(place)).into_owned())
}

/// Offsets that lead from an environment block of Windows (TEB) to the process's command line, a UNICODE_STRING, in bytes; one for each
/// size of a pointer.
struct Way {
    pointer: u64,
    /// `ProcessEnvironmentBlock` of TEB.
    process: u64,
    /// `ProcessParameters` of PEB.
    parameters: u64,
    /// `CommandLine` of RTL_USER_PROCESS_PARAMETERS.
    command_line: u64,
}

const WAYS: [Way; 2] = [
    Way { pointer: 4, process: 0x30, parameters: 0x10, command_line: 0x40 },
    Way { pointer: 8, process: 0x60, parameters: 0x20, command_line: 0x70 },
];

/// The command line in Windows's memory, from the environment blocks of the first threads.
pub(super) fn command_line_in_memory(dump: &Dump<'_>, layout: &Layout) -> Option<String> {
    /// Maximum number of threads that are tried: all have the same process.
    const MOST: usize = 16;
    let way = WAYS.iter().find(|way| way.pointer == u64::from(layout.pointer_width()))?;
    let mut memory = InMemory::of(layout);
    let environments = layout.threads().iter().filter_map(|thread| thread.environment);
    environments.take(MOST).find_map(|environment| {
        let mut pointer = |base: u64, skipped: u64| {
            let offset = memory.captured(base.checked_add(skipped)?, way.pointer)?;
            if way.pointer == 4 { dump.read::<u32>(offset).map(u64::from) } else { dump.read::<u64>(offset) }
        };
        let process = pointer(environment, way.process)?;
        let parameters = pointer(process, way.parameters)?;
        let letters = pointer(parameters, way.command_line.checked_add(way.pointer)?)?;
        let length = memory.captured(parameters.checked_add(way.command_line)?, 2)?;
        let size = u64::from(dump.read::<u16>(length)?);
        let place = Place { file_offset: memory.captured(letters, size)?, size };
        Some(dump.utf16(dump.slice(place))).filter(|line| !line.is_empty())
    })
}
