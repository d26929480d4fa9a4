//! Arbitrary bytes as a dump, and arbitrary text as notation: all queries are made, and the answers agree.

#![no_main]

use std::fmt::{Debug, Display};
use std::str::FromStr;

use dumpedit::notation::{Assignment, At, Inputs, NumberText, NumberType, RangeText, ThreadText, Value};
use dumpedit::{
    Access, AccessError, Context, ContextLocation, Dump, HeldRegister, Layout, Location, RecordChoice,
    RegisterId, Resolved, Span, ThreadIndex,
};
use libfuzzer_sys::fuzz_target;

/// Maximum number of regions, pieces and modules that are checked in detail; all of them are walked.
const MOST: usize = 24;

/// Maximum number of threads whose registers are read, which costs the most.
const MOST_THREADS: usize = 2;

fuzz_target!(|bytes: &[u8]| {
    let text = trailing_text(bytes);
    notation(text);
    let Ok(dump) = Dump::from_bytes(bytes.to_vec()) else { return };
    let mut places = walk_regions(dump.layout());
    let digits = bytes.rchunks_exact(8).take(8).filter_map(|chunk| chunk.try_into().ok());
    places.extend(digits.map(u64::from_le_bytes));
    for place in places {
        for size in [0, 1, 13, 4096, u64::MAX] {
            at_place(&dump, place, size);
        }
    }
    threads(&dump, bytes.last().copied().unwrap_or(0));
    meaning(&dump, text);
});

/// The text at the end of the bytes, up to 200 bytes.
fn trailing_text(bytes: &[u8]) -> &str {
    let tail = &bytes[bytes.len().saturating_sub(200)..];
    let from = tail.iter().rposition(|byte| *byte == 0).map_or(0, |zero| zero + 1);
    str::from_utf8(&tail[from..]).unwrap_or_default()
}

/// Checks that a parsed text, written and parsed again, is the same.
fn notation(text: &str) {
    fn round_trip<T: FromStr + Display + Debug + PartialEq>(text: &str) {
        if let Ok(read) = text.parse::<T>() {
            let written = read.to_string();
            assert_eq!(written.parse::<T>().ok().as_ref(), Some(&read), "{text:?} is written as {written:?}");
        }
    }
    round_trip::<At>(text);
    round_trip::<RangeText>(text);
    round_trip::<NumberText>(text);
    round_trip::<ThreadText>(text);
    round_trip::<NumberType>(text);
    round_trip::<Value>(text);
    let _ = text.parse::<Assignment>();
    let _ = dumpedit::notation::length(text);
}

/// Walks the regions, which are in order, disjoint, and inside of the file and the address space. Returns the edges of some.
fn walk_regions(layout: &Layout) -> Vec<u64> {
    let end_of_space = u128::from(layout.last_address()) + 1;
    let mut edges = Vec::new();
    let (mut count, mut captured, mut next) = (0usize, 0u64, 0u128);
    for region in layout.regions() {
        assert!(region.size > 0 && u128::from(region.captured) <= region.size, "{region:?}");
        assert!(u128::from(region.start) >= next, "{region:?} begins below {next:#x}");
        next = u128::from(region.start) + region.size;
        assert!(next <= end_of_space, "{region:?} leaves the address space");
        assert_eq!(region.captured == 0, region.file_offsets.is_empty(), "{region:?}");
        for file_offset in &region.file_offsets {
            assert!(file_offset.checked_add(region.captured).is_some_and(|end| end <= layout.file_size()));
        }
        count += 1;
        captured += region.captured;
        if count <= MOST {
            let end = region.start.wrapping_add(region.captured);
            edges.extend([region.start.wrapping_sub(5), region.start, end.wrapping_sub(5), end]);
        }
    }
    assert_eq!((count, captured), (layout.region_count(), layout.captured_bytes()));
    edges
}

/// Resolves and reads an address.
fn at_place(dump: &Dump, address: u64, size: u64) {
    let layout = dump.layout();
    let _ = (layout.absence(address), layout.canonicalize(Location::Virtual(address)));
    if let Some(Span { first, last }) = layout.nearest_captured(address) {
        assert!(first <= last && last <= layout.last_address());
    }
    let at = Location::Virtual(address);
    let [read, write, structure] = [Access::Read, Access::Write, Access::WriteStructure]
        .map(|access| layout.resolve(Context::Process, at, size, access).ok());
    for resolved in [&read, &write, &structure].into_iter().flatten() {
        check(layout, resolved);
    }
    let completed =
        |resolved: &Option<Resolved>| resolved.as_ref().map(|resolved| resolved.outcome.completed);
    assert_eq!(completed(&read), completed(&structure));
    assert!(completed(&write) <= completed(&read));
    let Some(resolved) = read else { return };
    for piece in resolved.pieces.iter().take(MOST) {
        let ContextLocation { context, location } =
            layout.location_of(piece.file_offset).expect("a captured byte has an address");
        let behind = layout.resolve(context, location, 1, Access::Read).expect("that address is captured");
        assert!(behind.pieces.iter().any(|other| other.file_offset == piece.file_offset));
    }
    let mut into = vec![0; resolved.outcome.completed.min(8192) as usize];
    let outcome = dump.read_bytes(Context::Process, address, &mut into).expect("what resolves is read");
    assert!(outcome.is_full());
    dump.differing_copies(&resolved).expect("the copies are read");
    let pointers =
        dump.read_pointers(Context::Process, address, into.len()).expect("pointers are read").values;
    assert!(pointers.len() <= into.len());
}

/// Checks that pieces are in the file and in the range, and that reads cover the range's whole prefix once.
fn check(layout: &Layout, resolved: &Resolved) {
    let outcome = &resolved.outcome;
    assert!(outcome.completed <= outcome.requested);
    assert_eq!(outcome.stopped.is_none(), outcome.completed == outcome.requested);
    for piece in &resolved.pieces {
        assert!(piece.size > 0, "{piece:?}");
        assert!(piece.start.checked_add(piece.size).is_some_and(|end| end <= outcome.completed), "{piece:?}");
        let end = piece.file_offset.checked_add(piece.size);
        assert!(end.is_some_and(|end| end <= layout.file_size()), "{piece:?}");
    }
    let mut next = 0;
    for piece in resolved.reads() {
        assert_eq!(piece.start, next, "reads leave a gap or overlap");
        next += piece.size;
    }
    assert_eq!(next, outcome.completed, "reads do not cover what is said to be complete");
}

/// Reads the registers of some threads in the record that `nth` chooses, and checks an eighth of them in detail.
fn threads(dump: &Dump, nth: u8) {
    const CHOICES: [RecordChoice; 5] = [
        RecordChoice::Auto,
        RecordChoice::Thread,
        RecordChoice::Exception,
        RecordChoice::Both,
        RecordChoice::Wow64,
    ];
    let layout = dump.layout();
    let _ = (dump.crashed_thread(), layout.fault(), layout.notices(), layout.untouched());
    for (index, thread) in (0u32..).zip(layout.threads()).take(MOST_THREADS) {
        let _ = dump.thread(thread.tid);
        let context = Context::Thread(ThreadIndex(index), CHOICES[usize::from(nth) % CHOICES.len()]);
        let registers = layout.machine_of(context).registers();
        let eighth = |id: RegisterId| id.0 % 8 == u16::from(nth) % 8;
        for HeldRegister { part, value, .. } in dump.registers(context).unwrap_or_default() {
            assert_eq!(value.bits(), part.bits);
            if !eighth(part.id) {
                continue;
            }
            let named = registers.part(&layout.register_name(context, part));
            assert_eq!(named.map(|named| layout.fitted(context, named)), Some(part));
            match layout.resolve_part(context, part) {
                Ok(resolved) => check(layout, &resolved),
                Err(AccessError::Derived { .. } | AccessError::AlwaysZero { .. }) => {}
                Err(error) => panic!("a register that is listed resolves: {error}"),
            }
        }
        for (_, register) in (0..).zip(registers.iter()).filter(|(index, _)| eighth(RegisterId(*index))) {
            if let Ok(value) = dump.read_register(context, register.name) {
                // A record may hold only a part of a register, and the name may imply the 32-bit record of a WOW64 thread.
                let meant = layout.context_of_name(context, register.name);
                let part = layout
                    .machine_of(meant)
                    .registers()
                    .part(register.name)
                    .expect("what is read has a name");
                assert_eq!(value.bits(), layout.fitted(meant, part).bits, "{}", register.name);
            }
        }
    }
}

/// Resolves a text in the dump, and the dump's modules.
fn meaning(dump: &Dump, text: &str) {
    let scope =
        dump.scope(dump.layout().default_thread().map(|index| Context::Thread(index, RecordChoice::Auto)));
    if let Ok(at) = text.parse::<At>() {
        let _ = (scope.locate(&at), scope.address(&at));
    }
    if let Ok(range) = text.parse() {
        let _ = scope.range(&range);
    }
    match text.parse::<Value>() {
        Ok(Value::File(_)) | Err(_) => {}
        Ok(value) => {
            let _ = scope.bytes(&value, &mut Inputs::new(&mut std::io::empty()));
        }
    }
    if let Ok(Assignment { register, number, .. }) = text.parse() {
        let _ = scope.number(&register, &number);
    }
    for module in dump.layout().modules().iter().take(MOST) {
        let _ = scope.locate(&At::Module(module.name.clone()));
    }
}
