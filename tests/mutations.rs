//! Dumps with random damage: no panic, no write outside of the layout's bytes, and never another length.

use std::path::Path;

use dumpedit::{Access, Context, Dump, RecordChoice, Resolved, ThreadIndex};

use crate::library::every_record;
use crate::support::bytes::{Order, counting};
use crate::support::corpus;
use crate::support::elf_builder::{ElfBuilder, NT_FPREGSET, NT_X86_XSTATE, machine, nt_file, prstatus};
use crate::support::macho_builder::{ARM64, MachOBuilder, PPC, X86_64, fat};
use crate::support::minidump_builder::{MinidumpBuilder, amd64, amd64_context, context, processor, x86};
use crate::support::subject::assert_same_bytes;
use crate::support::triage_builder::{self, triage};

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

    /// A number that breaks descriptors.
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
            2 => {
                let most = if random.below(8) == 0 { file.len() } else { 64 };
                file.truncate(file.len().saturating_sub(random.below(most)).max(40));
            }
            _ => {
                let value = random.evil(file.len());
                Order::Little.put(&mut file, at, value, size);
            }
        }
    }
    file
}

/// Opens a dump, writes at the edges of its regions and to its threads, and compares the file. Returns whether anything could be edited.
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
    let mut allowed = vec![false; file.len()];
    let mut allow = |file_offset: u64, size: u64| {
        let first = usize::try_from(file_offset).unwrap();
        allowed[first..first + usize::try_from(size).unwrap()].fill(true);
    };
    let allow_pieces = |resolved: &Resolved, allow: &mut dyn FnMut(u64, u64)| {
        resolved.pieces.iter().for_each(|piece| allow(piece.file_offset, piece.size));
    };
    for place in places {
        let size = bytes.len() as u64;
        if let Ok(resolved) = dump.layout().resolve(Context::Process, place.into(), size, Access::Write) {
            allow_pieces(&resolved, &mut allow);
        }
        if let Ok(outcome) = edit.write_bytes(Context::Process, place, &bytes) {
            assert!(outcome.completed <= size && (outcome.completed == size) == outcome.stopped.is_none());
        }
    }
    for (index, _) in (0u32..2).zip(dump.layout().threads()) {
        let _ = dump.registers(Context::Thread(ThreadIndex(index), RecordChoice::Auto));
        for choice in [RecordChoice::Auto, RecordChoice::Thread] {
            let thread = Context::Thread(ThreadIndex(index), choice);
            for register in ["pc", "sp", "xmm1", "al", "zf", "v1", "f1", "vr1", "r3", "ymm2"] {
                let Ok(part) = dump.register(thread, register) else { continue };
                let Ok(resolved) = dump.layout().resolve_part(thread, part) else { continue };
                allow_pieces(&resolved, &mut allow);
                // Setting a register whose XSAVE component was not in use also writes the component's initial values.
                for gate in resolved.pieces.iter().filter_map(|piece| piece.gate.as_ref()) {
                    let record = &dump.layout().threads()[index as usize].records[gate.record];
                    record.blocks.iter().for_each(|block| allow(block.file_offset, block.size));
                }
                let _ = edit.set_register(thread, register, 1u64);
            }
        }
    }
    if edit.commit().is_err() {
        assert_same_bytes(&dump.to_bytes().unwrap(), &file);
        return false;
    }
    let after = dump.to_bytes().unwrap();
    let expected: Vec<u8> =
        (0..file.len()).map(|at| if allowed[at] { after[at] } else { file[at] }).collect();
    assert_same_bytes(&after, &expected);
    // The header is structure whatever the tables are: a write there would change the type of the file.
    assert_same_bytes(&after[..16.min(after.len())], &file[..16.min(file.len())]);
    after != file
}

/// Peak memory of this process, in MiB, where the system has it.
fn peak() -> Option<u64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"))?;
    line.split_whitespace().next()?.parse::<u64>().ok().map(|kib| kib >> 10)
}

fn rounds(seeds: &[Vec<u8>], count: usize) {
    let mut random = Random(0x0064_756d_7065_6469);
    let mut edited = 0;
    for round in 0..count {
        let file = damage(&mut random, &seeds[round % seeds.len()]);
        edited += usize::from(survives(&mut random, file));
    }
    eprintln!("{edited} of {count} damaged dumps were edited; at most {:?} MiB of memory", peak());
    assert!(edited > count / 4, "only {edited} of {count} damaged dumps could be edited");
    // The largest seed has 1.4 MB, and other tests may run beside these.
    assert!(peak().is_none_or(|peak| peak < 1024), "{:?} MiB of memory", peak());
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
    [vec![both.finish(), padded.finish()], contexts_of_breakpad()].concat()
}

/// Minidumps with contexts of machines that Windows does not run on.
fn contexts_of_breakpad() -> Vec<Vec<u8>> {
    let contexts = [
        (Order::Big, processor::PPC64, 1160, (4, 0x100_0029)),
        (Order::Big, processor::PPC, 1004, (0, 0x2000_0029)),
        (Order::Big, processor::SPARC, 584, (0, 0x1000_000f)),
        (Order::Little, processor::MIPS, 600, (0, 0x4_000e)),
        (Order::Little, processor::MIPS64, 640, (0, 0x8_000e)),
        (Order::Little, processor::RISCV32, 268, (0, 0x80_0003)),
        (Order::Little, processor::RISCV64, 528, (0, 0x800_0003)),
    ];
    let made = contexts.map(|(order, processor, size, flags)| {
        let mut dump = MinidumpBuilder::new(order, processor);
        dump.thread_with(7, &context(order, size, flags, &[]));
        dump.memory(0x1000, &counting(2, 64));
        dump.memory(0x1020, &counting(3, 64));
        dump.finish()
    });
    made.into()
}

/// A core of two threads with these states, each a flavor and a size in bytes, two segments and five notes.
fn mach_o_core(order: Order, wide: bool, cpu: u64, states: &[(u64, usize)]) -> Vec<u8> {
    let mut core = MachOBuilder::new(order, wide, cpu);
    core.segment(0x1000_0000, &counting(0x31, 0x200));
    core.segment(0x7fff_5000, &counting(0x32, 0x200));
    for thread in 0..2 {
        let state = |&(flavor, size): &(u64, usize)| (flavor, counting(thread, size));
        core.thread(&states.iter().map(state).collect::<Vec<_>>());
    }
    core.note(b"process metadata", b"{\"threads\":[{\"thread_id\":71},{\"thread_id\":72}]}\0");
    core.note(b"addrable bits", &order.fields(&[(3, 4), (47, 4), (0, 8)]));
    core.note(b"main bin spec", &order.fields(&[(1, 4), (2, 4), (0x1000_0000, 8), (0, 8), (0, 8), (12, 4)]));
    let binary = [(1, 4), (0, 8), (0, 8), (0x1000_0000, 8), (u64::MAX, 8), (0x61, 2)];
    core.note(b"load binary", &order.fields(&binary));
    let path = core.place(b"a\0");
    let segments = core.place(&[0; 32]);
    let image = [(path, 8), (0, 8), (0, 8), (0x1000_0000, 8), (segments, 8), (1, 4), (0, 4)];
    let images = core.place(&order.fields(&image));
    core.note(b"all image infos", &order.fields(&[(1, 4), (1, 4), (images, 8), (48, 4), (0, 4)]));
    core.finish()
}

fn mach_o_cores() -> Vec<Vec<u8>> {
    const I386: u64 = 7;
    const ARM: u64 = 12;
    let x86_64 = mach_o_core(Order::Little, true, X86_64, &[(4, 168), (5, 524), (6, 16), (11, 64)]);
    let fat = fat(X86_64, &x86_64).0;
    let mut wrapped = MachOBuilder::amd64();
    wrapped.segment(u64::MAX - 63, &counting(1, 64));
    let state = wrapped.state(4, &counting(0, 168));
    wrapped.thread(&[(7, state)]);
    vec![
        x86_64,
        fat,
        wrapped.finish(),
        mach_o_core(Order::Little, true, ARM64, &[(6, 272), (17, 528), (7, 16)]),
        mach_o_core(Order::Little, false, I386, &[(1, 64), (2, 524), (3, 12)]),
        mach_o_core(Order::Little, false, ARM, &[(1, 68), (2, 260), (3, 12)]),
        mach_o_core(Order::Big, false, PPC, &[(1, 160)]),
    ]
}

fn triage_dumps() -> Vec<Vec<u8>> {
    vec![triage(triage_builder::machine::AMD64), triage(triage_builder::machine::ARM64)]
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

/// Cores of machines other than Intel's and ARM's.
fn other_cores() -> Vec<Vec<u8>> {
    every_record::plain_cores().into_iter().map(|(_, file)| file).collect()
}

#[test]
fn damaged_cores_of_other_machines_are_survived() {
    rounds(&other_cores(), 1_000);
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
fn damaged_mach_o_cores_are_survived() {
    rounds(&mach_o_cores(), 1_000);
}

#[test]
fn damaged_triage_dumps_are_survived() {
    rounds(&triage_dumps(), 500);
    let real: Vec<Vec<u8>> =
        corpus::dumps("kernel").iter().map(|path| std::fs::read(path).unwrap()).collect();
    if !real.is_empty() {
        rounds(&real, 20);
    }
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
    rounds(&other_cores(), 100_000);
}

#[test]
#[ignore = "takes minutes without --release"]
fn a_hundred_thousand_damaged_mach_o_cores_are_survived() {
    rounds(&mach_o_cores(), 100_000);
}

#[test]
#[ignore = "takes minutes without --release"]
fn a_hundred_thousand_damaged_triage_dumps_are_survived() {
    rounds(&triage_dumps(), 100_000);
}

#[test]
#[ignore = "writes files, for the fuzz targets"]
fn seeds_for_fuzzing() {
    let folder =
        std::env::var_os("DUMPEDIT_SEEDS").expect("DUMPEDIT_SEEDS names the folder to write them to");
    let machines =
        [every_record::minidumps(), every_record::arm_cores(), every_record::plain_cores()].concat();
    let machines = machines.into_iter().map(|(_, file)| file);
    // Real dumps of kinds that nothing here builds, such as ESP-IDF's cores; larger ones are slow.
    let real = [corpus::cores(), corpus::minidumps()].concat();
    let real =
        real.into_iter().map(|path| std::fs::read(path).unwrap()).filter(|file| file.len() <= 16 << 10);
    let seeds = machines.chain(real).chain([minidumps(), cores(), mach_o_cores(), triage_dumps()].concat());
    for (index, file) in seeds.enumerate() {
        std::fs::write(Path::new(&folder).join(format!("{index}.dump")), file).unwrap();
    }
}
