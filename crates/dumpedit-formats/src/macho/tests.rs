//! Tests of the walk over Mach-O cores, built byte by byte.

use dumpedit_layout::{Access, Context, Layout, Machine, RecordChoice, ThreadIndex};
use object::endian::{Endian, Endianness};

use super::flavors::*;
use super::schema::*;
use super::*;
use crate::encoding::Encoding;
use crate::model::Content;

const LITTLE_64: Encoding = Encoding { order: Endianness::Little, wide: true };
const LITTLE_32: Encoding = Encoding { order: Endianness::Little, wide: false };
const BIG_32: Encoding = Encoding { order: Endianness::Big, wide: false };

const X86_64: u32 = 0x0100_0007;
const ARM64: u32 = 0x0100_000c;
const PPC: u32 = 18;

/// A core under construction: each load command, and the bytes behind all of them at a page's start.
struct Core {
    encoding: Encoding,
    cpu: u32,
    file_type: u32,
    segments: Vec<(u64, Vec<u8>)>,
    threads: Vec<Vec<(u32, Vec<u8>)>>,
    notes: Vec<(&'static [u8], Vec<u8>)>,
}

/// File offset of the first segment's bytes.
const MEMORY: usize = 0x1000;

impl Core {
    fn new(encoding: Encoding, cpu: u32) -> Core {
        Core { encoding, cpu, file_type: 4, segments: Vec::new(), threads: Vec::new(), notes: Vec::new() }
    }

    fn ints(&self, values: &[u32]) -> Vec<u8> {
        values.iter().flat_map(|value| self.encoding.order.write_u32(*value)).collect()
    }

    fn longs(&self, values: &[u64]) -> Vec<u8> {
        values.iter().flat_map(|value| self.encoding.order.write_u64(*value)).collect()
    }

    fn words(&self, values: &[u64]) -> Vec<u8> {
        if self.encoding.wide {
            self.longs(values)
        } else {
            self.ints(&values.iter().map(|value| u32::try_from(*value).unwrap()).collect::<Vec<_>>())
        }
    }

    /// A state: flavor, count, bytes.
    fn state(&self, flavor: u32, bytes: &[u8]) -> Vec<u8> {
        [self.ints(&[flavor, u32::try_from(bytes.len() / 4).unwrap()]), bytes.to_vec()].concat()
    }

    fn bytes(&self) -> Vec<u8> {
        let mut behind: Vec<u8> = Vec::new();
        let mut commands = Vec::new();
        for (address, bytes) in &self.segments {
            let (kind, size) = if self.encoding.wide { (0x19, 72) } else { (1, 56) };
            let offset = (MEMORY + behind.len()) as u64;
            let size_of = bytes.len() as u64;
            commands.extend(self.ints(&[kind, size]));
            commands.extend([0; 16]);
            commands.extend(self.words(&[*address, size_of, offset, size_of]));
            commands.extend(self.ints(&[7, 5, 0, 0]));
            behind.extend(bytes);
        }
        for states in &self.threads {
            let states: Vec<u8> =
                states.iter().flat_map(|(flavor, bytes)| self.state(*flavor, bytes)).collect();
            commands.extend(self.ints(&[4, u32::try_from(8 + states.len()).unwrap()]));
            commands.extend(states);
        }
        for (owner, bytes) in &self.notes {
            let mut name = owner.to_vec();
            name.resize(16, 0);
            commands.extend(self.ints(&[0x31, 40]));
            commands.extend(name);
            commands.extend(self.longs(&[(MEMORY + behind.len()) as u64, bytes.len() as u64]));
            behind.extend(bytes);
        }
        let count = self.segments.len() + self.threads.len() + self.notes.len();
        let magic = if self.encoding.wide { 0xfeed_facf } else { 0xfeed_face };
        let sizes = [u32::try_from(count).unwrap(), u32::try_from(commands.len()).unwrap(), 0];
        let mut file = self.ints(&[magic, self.cpu, 3, self.file_type]);
        file.extend(self.ints(&sizes));
        file.resize(if self.encoding.wide { 32 } else { 28 }, 0);
        file.extend(commands);
        assert!(file.len() <= MEMORY);
        file.resize(MEMORY, 0);
        file.extend(behind);
        file
    }
}

fn parse(bytes: &[u8]) -> Layout {
    super::parse(bytes, |_| ()).unwrap()
}

/// Places of a thread's register.
fn place(layout: &Layout, thread: u32, name: &str) -> Vec<(u64, u64)> {
    let part = layout.machine().registers().part(name).unwrap();
    let context = Context::Thread(ThreadIndex(thread), RecordChoice::Thread);
    let resolved = layout.resolve_part(context, part).map(|resolved| resolved.pieces).unwrap_or_default();
    resolved.iter().map(|piece| (piece.file_offset, piece.size)).collect()
}

fn amd64() -> Core {
    let mut core = Core::new(LITTLE_64, X86_64);
    core.segments = vec![(0x1000_0000, vec![0x11; 0x1000]), (0x7fff_5000, vec![0x22; 0x800])];
    let general = core.longs(&(0..21).collect::<Vec<_>>());
    core.threads = vec![vec![(X86_THREAD_STATE64, general), (X86_FLOAT_STATE64, vec![0; 524])]];
    core
}

#[test]
fn segments_are_captured_where_they_say_and_states_hold_the_registers() {
    let core = amd64().bytes();
    let layout = parse(&core);
    assert_eq!(
        (layout.format(), layout.machine(), layout.pointer_width()),
        (Format::MachOCore, Machine::Amd64, 8)
    );
    let resolved = layout.resolve(Context::Process, 0x7fff_5010.into(), 16, Access::Read).unwrap();
    assert_eq!(resolved.pieces.first().unwrap().file_offset, 0x2010);
    // Header, two segments, LC_THREAD, flavor and count.
    let general = 32 + 2 * 72 + 8 + 8;
    assert_eq!(place(&layout, 0, "rip"), [(general + 128, 8)]);
    assert_eq!(place(&layout, 0, "xmm1"), [(general + 168 + 8 + 184, 16)]);
    assert_eq!(place(&layout, 0, "trapno"), []);
}

#[test]
fn a_state_that_wraps_another_stands_for_it() {
    let mut core = amd64();
    let inner = core.state(X86_THREAD_STATE64, &core.longs(&[7; 21]));
    core.threads = vec![vec![(X86_THREAD_STATE, inner)]];
    let layout = parse(&core.bytes());
    assert_eq!(place(&layout, 0, "rax"), [(32 + 2 * 72 + 8 + 16, 8)]);
}

#[test]
fn metadata_gives_the_threads_their_ids() {
    let mut core = amd64();
    core.threads.push(core.threads[0].clone());
    core.notes =
        vec![(PROCESS_METADATA, b"{\"threads\":[{\"thread_id\":71},{\"thread_id\":72}]}\0".to_vec())];
    let layout = parse(&core.bytes());
    assert_eq!(layout.threads().iter().map(|thread| thread.tid).collect::<Vec<_>>(), [71, 72]);
    core.notes = vec![(PROCESS_METADATA, b"{\"threads\":[{\"thread_id\":".to_vec())];
    let layout = parse(&core.bytes());
    assert_eq!(layout.threads().iter().map(|thread| thread.tid).collect::<Vec<_>>(), [0, 1]);
}

#[test]
fn an_abort_in_the_exception_state_is_the_crash_and_a_system_call_is_none() {
    let mut core = Core::new(LITTLE_64, ARM64);
    let general = [core.longs(&[1; 33]), core.ints(&[0, 0])].concat();
    let state = |esr: u32| [core.longs(&[0xdead]), core.ints(&[esr, 0])].concat();
    let (call, abort) = (state(0x5600_0000), state(0x9200_0046));
    core.threads = vec![
        vec![(ARM_THREAD_STATE64, general.clone()), (ARM_EXCEPTION_STATE64, call)],
        vec![(ARM_THREAD_STATE64, general), (ARM_EXCEPTION_STATE64, abort)],
    ];
    let layout = parse(&core.bytes());
    let fault = layout.fault().unwrap();
    assert_eq!((fault.thread, fault.address.unwrap().address), (ThreadIndex(1), 0xdead));
    assert_eq!(fault.name.as_deref(), Some("EXC_BAD_ACCESS"));
}

#[test]
fn an_exception_state_of_x86_that_is_zero_tells_of_no_crash() {
    let mut core = amd64();
    let state = |trap: u32, error: u32| [core.ints(&[trap, error]), core.longs(&[0])].concat();
    let (blank, division, of_another_processor) = (state(0, 0), state(0, 1), state(0x1_0000, 0));
    for (state, crashes) in [(blank, false), (division, true), (of_another_processor, true)] {
        core.threads[0].truncate(2);
        core.threads[0].push((X86_EXCEPTION_STATE64, state));
        assert_eq!(parse(&core.bytes()).fault().is_some(), crashes);
    }
}

#[test]
fn a_core_in_a_fat_file_counts_from_its_own_header() {
    let core = amd64().bytes();
    let mut fat = Vec::new();
    for value in [0xcafe_babe_u32, 1, X86_64, 3, 0x4000, u32::try_from(core.len()).unwrap(), 14] {
        fat.extend(value.to_be_bytes());
    }
    fat.resize(0x4000, 0);
    fat.extend(&core);
    let layout = parse(&fat);
    let resolved = layout.resolve(Context::Process, 0x1000_0000.into(), 4, Access::Write).unwrap();
    assert_eq!(resolved.pieces.first().unwrap().file_offset, 0x4000 + 0x1000);
    assert_eq!(place(&layout, 0, "rax"), [(0x4000 + 32 + 2 * 72 + 16, 8)]);
}

#[test]
fn a_big_endian_core_of_powerpc_has_its_memory() {
    let mut core = Core::new(BIG_32, PPC);
    core.segments = vec![(0x1000, vec![1, 2, 3, 4])];
    let layout = parse(&core.bytes());
    assert_eq!((layout.machine(), layout.pointer_width()), (Machine::Ppc, 4));
    assert_eq!(
        layout.resolve(Context::Process, 0x1002.into(), 2, Access::Read).unwrap().outcome.completed,
        2
    );
}

#[test]
fn what_is_no_core_is_named() {
    for (file_type, kind) in [(2, "a Mach-O executable"), (6, "a Mach-O shared library")] {
        let file = Core { file_type, ..amd64() }.bytes();
        let error = super::parse(&file, |_| ()).unwrap_err();
        assert_eq!(error, FormatError::NotACore { kind });
        assert!(check_start(&file[..512]).is_err());
    }
    // A Java class has the magic number of a fat file, followed by its version.
    assert!(!recognizes(&[0xca, 0xfe, 0xba, 0xbe, 0, 0, 0, 0x34]));
}

#[test]
fn images_are_listed_by_notes_else_found_where_segments_begin() {
    let mut core = Core::new(LITTLE_32, 7);
    let image = Core { file_type: 6, segments: vec![], threads: vec![], ..Core::new(LITTLE_32, 7) };
    let mut header = image.bytes();
    header.truncate(28);
    let name = b"/usr/lib/libz.dylib\0";
    let mut commands = core.ints(&[0x1b, 24]);
    commands.extend([0xab; 16]);
    commands.extend(core.ints(&[0xd, 24 + 20, 24, 0, 0, 0]));
    commands.extend(name);
    header[16..20].copy_from_slice(&2u32.to_le_bytes());
    header[20..24].copy_from_slice(&u32::try_from(commands.len()).unwrap().to_le_bytes());
    header.extend(commands);
    header.resize(0x200, 0);
    core.segments = vec![(0x4000, header)];
    let layout = parse(&core.bytes());
    let [module] = layout.modules() else { panic!("{:?}", layout.modules()) };
    assert_eq!((module.base, module.name.as_str()), (0x4000, "/usr/lib/libz.dylib"));
    assert_eq!(module.id.as_deref(), Some("ab".repeat(16).as_str()));

    let mut note = core.ints(&[1]);
    note.extend([0xcd; 16]);
    note.extend(core.longs(&[0x4000, u64::MAX]));
    note.extend(b"zlib\0");
    core.notes = vec![(LOAD_BINARY, note)];
    let layout = parse(&core.bytes());
    let [module] = layout.modules() else { panic!("{:?}", layout.modules()) };
    assert_eq!((module.name.as_str(), module.id.as_deref()), ("zlib", Some("cd".repeat(16).as_str())));
}

/// The file written from the model of another one.
fn rewritten(bytes: &[u8]) -> Vec<u8> {
    let model = read(bytes).unwrap();
    let plan = plan(&model, u64::MAX).unwrap();
    let mut file = vec![0; usize::try_from(plan.size).unwrap()];
    let mut put =
        |at: u64, bytes: &[u8]| file[usize::try_from(at).unwrap()..][..bytes.len()].copy_from_slice(bytes);
    for piece in &plan.pieces {
        match &piece.content {
            Content::File(place) => {
                let start = usize::try_from(place.file_offset).unwrap();
                put(piece.file_offset, &bytes[start..][..usize::try_from(place.size).unwrap()]);
            }
            Content::Bytes(bytes) => put(piece.file_offset, bytes),
            Content::Zero(_) => {}
            other => panic!("{other:?}"),
        }
    }
    plan.patches.iter().for_each(|patch| put(patch.file_offset, &patch.bytes));
    file
}

/// A core with a note, and behind it the note's entries, path and segments' addresses.
fn with_images() -> Core {
    let mut core = amd64();
    let note_at = (MEMORY + 0x1800) as u64;
    let mut note = core.ints(&[1, 1]);
    note.extend(core.longs(&[note_at + 24]));
    note.extend(core.ints(&[48, 0]));
    note.extend(core.longs(&[note_at + 72]));
    note.extend([0xee; 16]);
    note.extend(core.longs(&[0x1000_0000, note_at + 80]));
    note.extend(core.ints(&[1, 0]));
    note.extend(b"/bin/ls\0");
    note.extend(b"__TEXT\0\0\0\0\0\0\0\0\0\0");
    note.extend(core.longs(&[0x1000_0000, 0]));
    core.notes = vec![(ALL_IMAGE_INFOS, note)];
    core
}

#[test]
fn a_core_that_is_written_from_its_model_says_the_same_as_before() {
    let bytes = with_images().bytes();
    let mut other = rewritten(&bytes);
    let (before, after) = (parse(&bytes), parse(&other));
    assert_eq!(before.modules(), after.modules());
    assert_eq!(before.modules()[0].name, "/bin/ls");
    for name in ["rax", "gs", "fctrl", "xmm15"] {
        let read = |layout: &Layout, file: &[u8]| {
            let place = place(layout, 0, name)[0];
            file[usize::try_from(place.0).unwrap()..][..usize::try_from(place.1).unwrap()].to_vec()
        };
        assert_eq!(read(&before, &bytes), read(&after, &other), "{name}");
    }
    // Writing it again gives the same bytes.
    assert_eq!(rewritten(&other), other);
    other.truncate(0x1100);
    assert!(read(&other).is_ok());
}

#[test]
fn notes_that_are_the_same_bytes_over_and_over_are_not_held_each() {
    let mut core = amd64();
    core.notes = vec![(PROCESS_METADATA, vec![b' '; 0x1000]); 20];
    let mut bytes = core.bytes();
    let first = (MEMORY as u64 + 0x1800).to_le_bytes();
    let all = (0x1000u64 * 20).to_le_bytes();
    let notes = 32 + 2 * 72 + (8 + 8 + 168 + 8 + 524);
    for at in (0..20).map(|index| notes + 40 * index) {
        bytes[at + 24..at + 32].copy_from_slice(&first);
        bytes[at + 32..at + 40].copy_from_slice(&all);
    }
    let model = read(&bytes).unwrap();
    let held = model.macho().unwrap().notes.iter();
    let held = held.filter(|note| matches!(note.blob.content, Content::Bytes(_))).count();
    assert_eq!(held, 2);
}

#[test]
fn damaged_cores_are_read_as_far_as_they_go() {
    let bytes = with_images().bytes();
    for cut in 0..bytes.len().min(0x900) {
        if let Ok(layout) = super::parse(&bytes[..cut], |_| ()) {
            assert!(layout.captured_bytes() == 0);
        }
        let _ = read(&bytes[..cut]);
    }
    for at in (0..0x500).chain(0x2800..bytes.len()) {
        for value in [0, 0x7f, 0xff] {
            let mut damaged = bytes.clone();
            damaged[at] = value;
            let _ = super::parse(&damaged, |_| ());
            if let Ok(model) = read(&damaged) {
                let _ = plan(&model, 1 << 20);
            }
        }
    }
}
