//! Dumps with random damage: no panic, no byte written that the layout does not hold, and never another length.

use dumpedit::{Context, Dump, RecordChoice, ThreadIndex};

use crate::support::bytes::{Order, counting};
use crate::support::elf_builder::{ElfBuilder, NT_FPREGSET, NT_X86_XSTATE, machine, nt_file, prstatus};
use crate::support::macho_builder::{ARM64, MachOBuilder, PPC, fat};
use crate::support::minidump_builder::{MinidumpBuilder, amd64, amd64_context, context, x86};
use crate::support::subject::assert_same_bytes;
use crate::triage_dumps;

/// Knuth's MMIX generator: the same damage in every run.
struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        self.0 >> 16
    }

    fn below(&mut self, limit: usize) -> usize {
        (self.next() % limit.max(1) as u64) as usize
    }

    /// A number that descriptors tend to go wrong with.
    fn evil(&mut self, file_size: usize) -> u64 {
        let size = file_size as u64;
        let evils = [
            0,
            1,
            4,
            0xff,
            0xffff,
            0x7fff_ffff,
            0xffff_ffff,
            u64::MAX,
            u64::MAX - 15,
            1 << 63,
            size,
            size - 1,
        ];
        match self.below(4) {
            0 => self.next(),
            1 => self.below(file_size) as u64,
            _ => evils[self.below(evils.len())],
        }
    }
}

fn damage(random: &mut Random, seed: &[u8]) -> Vec<u8> {
    let mut file = seed.to_vec();
    for _ in 0..=random.below(6) {
        let room = if random.below(2) == 0 { file.len().min(320) } else { file.len() };
        let at = random.below(room);
        let size = [1, 2, 4, 8][random.below(4)].min(file.len() - at);
        match random.below(8) {
            0 => file[at] ^= 1 << random.below(8),
            1 => {
                let from = random.below(file.len() - size);
                file.copy_within(from..from + size, at);
            }
            2 => file.truncate((file.len() - random.below(64)).max(40)),
            _ => {
                let value = random.evil(file.len());
                Order::Little.put(&mut file, at, value, size);
            }
        }
    }
    file
}

/// Opens a dump, writes at the edges of its regions and into its threads, and compares the file. Whether anything could be
/// edited.
fn survives(random: &mut Random, file: Vec<u8>) -> bool {
    let Ok(dump) = Dump::from_bytes(file.clone()) else { return false };
    let mut places = Vec::new();
    for region in dump.layout().regions() {
        let end = region.start.wrapping_add(region.captured);
        places.extend([region.start, region.start.wrapping_sub(3), end.wrapping_sub(5), end]);
        if places.len() >= 32 {
            break;
        }
    }
    places.push(random.next() << 16);
    let mut edit = dump.edit();
    let bytes = counting(0xa0, 1 + random.below(24));
    for place in places {
        let size = bytes.len() as u64;
        if let Ok(outcome) = edit.write_bytes(Context::Process, place, &bytes) {
            assert!(outcome.completed <= size && (outcome.completed == size) == outcome.stopped.is_none());
        }
    }
    for (index, _) in (0u32..2).zip(dump.layout().threads()) {
        let _ = dump.registers(Context::Thread(ThreadIndex(index), RecordChoice::Auto));
        for choice in [RecordChoice::Auto, RecordChoice::Thread] {
            let thread = Context::Thread(ThreadIndex(index), choice);
            for register in ["pc", "sp", "xmm1", "al", "zf"] {
                let _ = edit.set_register(thread, register, 1u64);
            }
        }
    }
    let mut allowed = vec![false; file.len()];
    let mut allow = |file_offset: u64, size: usize| {
        let first = usize::try_from(file_offset).unwrap();
        allowed[first..first + size].fill(true);
    };
    edit.changes().iter().for_each(|change| allow(change.file_offset, change.new.len()));
    // Setting a register whose XSAVE component was not in use also writes the component's initial values out.
    let records = dump.layout().threads().iter().take(2).flat_map(|thread| &thread.records);
    for block in records.flat_map(|record| &record.blocks) {
        allow(block.file_offset, usize::try_from(block.size).unwrap());
    }
    if edit.commit().is_err() {
        assert_same_bytes(&dump.to_bytes().unwrap(), &file);
        return false;
    }
    let after = dump.to_bytes().unwrap();
    let expected: Vec<u8> =
        (0..file.len()).map(|at| if allowed[at] { after[at] } else { file[at] }).collect();
    assert_same_bytes(&after, &expected);
    // The header is structure whatever the tables say: a write there would change what the file is.
    assert_same_bytes(&after[..16.min(after.len())], &file[..16.min(file.len())]);
    after != file
}

fn rounds(seeds: &[Vec<u8>], count: usize) {
    let mut random = Random(0x0064_756d_7065_6469);
    let mut edited = 0;
    for round in 0..count {
        let file = damage(&mut random, &seeds[round % seeds.len()]);
        edited += usize::from(survives(&mut random, file));
    }
    assert!(edited > count / 4, "only {edited} of {count} damaged dumps could be edited");
}

fn minidumps() -> Vec<Vec<u8>> {
    let record = amd64_context(amd64::FULL, 0x1000, 0x2000);
    let mut both = MinidumpBuilder::amd64();
    let stack = both.place(&counting(1, 64));
    let context_at = both.place(&record);
    both.thread(7, (0x2000, 64, stack), (record.len() as u64, context_at));
    both.exception_with(7, &record, 0x1000);
    both.memory(0x1000, &counting(2, 64));
    both.memory(0x1020, &counting(3, 64));
    both.memory64(0x2000, &counting(4, 64));
    both.memory64(0x3000, &counting(5, 64));
    both.mapped(0x1000, 0x1000);
    both.module(0x1000, 0x1000, "C:\\crash.exe");

    let mut padded = MinidumpBuilder::x86();
    padded.padded();
    let fields = [(x86::EIP, 0x1000, 4), (x86::ESP, 0x2000, 4)];
    padded.thread_with(7, &context(Order::Little, x86::SIZE, (x86::FLAGS, x86::FULL), &fields));
    padded.memory(0xffff_ffff_8000_1000, &counting(2, 64));
    padded.memory(0xffff_fff0, &counting(2, 16));
    vec![both.finish(), padded.finish()]
}

fn cores() -> Vec<Vec<u8>> {
    let mut core = ElfBuilder::x86_64();
    core.notes(&[
        prstatus(7, 11, 0x1000, 0x2000),
        ("CORE", NT_FPREGSET, counting(0, 512)),
        ("LINUX", NT_X86_XSTATE, counting(0, 832)),
        prstatus(8, 0, 0x1000, 0x2000),
        nt_file(&[(0x1000, 0x2000, 0, "/usr/bin/crash")]),
    ]);
    let shared = core.load(0x1000, &counting(1, 64));
    core.load_at(0x1040, shared, 64, 4096);
    core.load(u64::MAX - 63, &counting(2, 64));
    core.load_at(0x9000, 0, 64, 64);

    let mut extended = ElfBuilder::with_room(Order::Little, true, machine::AARCH64, 4).extended();
    extended.notes_aligned(&[("CORE", 1, counting(0, 392))], 0);
    extended.load(0x1000, &counting(1, 64));

    let mut narrow = ElfBuilder::i386();
    narrow.notes(&[("CORE", 1, counting(0, 144))]);
    narrow.load(0xffff_ffc0, &counting(1, 64));
    vec![core.finish(), extended.finish(), narrow.finish()]
}

fn macho_cores() -> Vec<Vec<u8>> {
    let mut core = MachOBuilder::amd64();
    core.segment(0x1000, &counting(1, 64));
    core.segment(0x1020, &counting(2, 64));
    let wrapped = core.state(4, &counting(0, 168));
    core.thread(&[(4, counting(0, 168)), (5, counting(1, 524)), (6, counting(2, 16))]);
    core.thread(&[(7, wrapped)]);
    core.note(b"process metadata", b"{\"threads\":[{\"thread_id\":7},{\"thread_id\":8}]}\0");
    let entry = core.place(&[0; 48]);
    core.note(b"all image infos", &Order::Little.fields(&[(1, 4), (1, 4), (entry, 8), (48, 4), (0, 4)]));

    let mut big = MachOBuilder::new(Order::Big, false, PPC);
    big.segment(0xffff_ffc0, &counting(1, 64));
    big.thread(&[(1, counting(0, 160))]);

    let mut inner = MachOBuilder::new(Order::Little, true, ARM64);
    inner.segment(u64::MAX - 63, &counting(1, 64));
    inner.thread(&[(6, counting(0, 272)), (17, counting(1, 528)), (7, counting(2, 16))]);
    vec![core.finish(), big.finish(), fat(ARM64, &inner.finish()).0]
}

#[test]
fn damaged_minidumps_are_survived() {
    rounds(&minidumps(), 1_000);
}

#[test]
fn damaged_cores_are_survived() {
    rounds(&cores(), 1_000);
}

#[test]
fn damaged_macho_cores_are_survived() {
    rounds(&macho_cores(), 1_000);
}

#[test]
fn damaged_triage_dumps_are_survived() {
    rounds(&[triage_dumps::of_arm64()], 1_000);
}

#[test]
#[ignore = "takes minutes without --release"]
fn a_hundred_thousand_damaged_triage_dumps_are_survived() {
    rounds(&[triage_dumps::of_arm64()], 100_000);
}

#[test]
#[ignore = "takes minutes without --release"]
fn a_hundred_thousand_damaged_macho_cores_are_survived() {
    rounds(&macho_cores(), 100_000);
}

#[test]
#[ignore = "takes minutes without --release"]
fn a_hundred_thousand_damaged_minidumps_are_survived() {
    rounds(&minidumps(), 100_000);
}

#[test]
#[ignore = "takes minutes without --release"]
fn a_hundred_thousand_damaged_cores_are_survived() {
    rounds(&cores(), 100_000);
}
