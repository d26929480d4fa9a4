//! Values for making a Mach-O core: of the header, states of threads, and owners of notes (LLDB's `ObjectFileMachO`).

use dumpedit_layout::{ByteOrder, Machine};
use object::macho;
use serde_json::{Value, json};

use super::cpus;

/// Owner of the note with the threads' ids.
pub const PROCESS_METADATA: &[u8] = b"process metadata";
/// Owner of the note with the number of address bits of a pointer.
pub const ADDRESSABLE_BITS: &[u8] = b"addrable bits";
pub(crate) const ALL_IMAGE_INFOS: &[u8] = b"all image infos";
pub(crate) const LOAD_BINARY: &[u8] = b"load binary";
pub(crate) const MAIN_BIN_SPEC: &[u8] = b"main bin spec";

/// Owners of notes that are read.
pub(crate) const READ: &[&[u8]] =
    &[ADDRESSABLE_BITS, PROCESS_METADATA, ALL_IMAGE_INFOS, LOAD_BINARY, MAIN_BIN_SPEC];

/// The values of a core's header for its machine.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Cpu {
    /// `cputype`.
    pub number: u32,
    /// `cpusubtype`.
    pub subtype: u32,
    /// Whether header and segments are the 64-bit ones.
    pub wide: bool,
    /// Byte order.
    pub byte_order: ByteOrder,
}

/// The header's values for a machine's cores: with this `cputype`, or with the usual one where none is given.
pub fn cpu(machine: Machine, number: Option<u32>) -> Option<Cpu> {
    let cpu = cpus::of_machine(machine, number)?;
    Some(Cpu { number: cpu.number.0, subtype: cpu.subtype.0, wide: cpu.wide, byte_order: cpu.order })
}

/// The flavor with a name in the headers.
pub fn flavor(name: &str) -> Option<u32> {
    cpus::states().find(|state| state.name == name).map(|state| state.flavor)
}

/// The name of a machine's flavor.
pub fn flavor_name(machine: Machine, flavor: u32) -> Option<&'static str> {
    cpus::of_machine(machine, None)?.state(flavor).map(|state| state.name)
}

/// Size of a machine's state, in bytes; `None` where another state in it has its size.
pub fn state_size(machine: Machine, flavor: u32) -> Option<u64> {
    let words = cpus::of_machine(machine, None)?.state(flavor)?.words;
    Some(u64::from(words).saturating_mul(4)).filter(|size| *size > 0)
}

/// The flavors that every thread of a machine has.
pub fn usual_flavors(machine: Machine) -> impl Iterator<Item = u32> {
    let states = cpus::of_machine(machine, None).map_or(&[][..], |cpu| cpu.states);
    states.iter().filter(|state| state.is_usual).map(|state| state.flavor)
}

/// The number of a load command by its name.
pub fn load_command(name: &str) -> Option<u32> {
    (0..=LAST_COMMAND)
        .flat_map(|kind| [kind, kind | macho::LC_REQ_DYLD])
        .find(|kind| load_command_name(*kind) == Some(name))
}

/// The name of a load command.
pub fn load_command_name(kind: u32) -> Option<&'static str> {
    macho::LoadCommandType(kind).name()
}

/// Highest number of a named load command, without the flag for the dynamic linker.
const LAST_COMMAND: u32 = 0xff;

/// The threads' ids in a `process metadata` note, in order: JSON of the form `{"threads":[{"thread_id":1}]}`.
pub fn thread_ids(metadata: &[u8]) -> Vec<Option<u64>> {
    let document = document(metadata);
    let threads = document.as_ref().and_then(|document| document.get("threads")?.as_array());
    let id = |thread: &Value| thread.get("thread_id").and_then(Value::as_u64);
    threads.into_iter().flatten().map(id).collect()
}

/// A `process metadata` note with these ids of threads.
pub fn metadata(ids: &[u64]) -> Vec<u8> {
    let threads: Vec<Value> = ids.iter().map(|id| json!({ "thread_id": id })).collect();
    let mut text = json!({ "threads": threads }).to_string().into_bytes();
    text.push(0);
    text
}

/// The note with only the threads that `kept` marks.
pub(crate) fn metadata_of(metadata: &[u8], kept: &[bool]) -> Option<Vec<u8>> {
    let mut document = document(metadata)?;
    let mut kept = kept.iter();
    document.get_mut("threads")?.as_array_mut()?.retain(|_| kept.next().copied().unwrap_or(true));
    let mut text = document.to_string().into_bytes();
    text.push(0);
    Some(text)
}

fn document(metadata: &[u8]) -> Option<Value> {
    serde_json::from_slice(metadata.split(|byte| *byte == 0).next()?).ok()
}
