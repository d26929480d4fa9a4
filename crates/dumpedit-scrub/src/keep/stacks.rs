//! Where the threads' stacks and control blocks are.

use dumpedit::{Context, Dump, Machine, RecordKind, Span, ThreadIndex};

/// Below the stack pointer so many bytes belong to the function that runs (System V ABI of amd64; others have less).
const RED_ZONE: u64 = 128;

/// Where a machine's threads have their control block: the register that points there, and how many bytes in front of it and
/// behind it belong to it. `struct pthread` of glibc has less than 2,432 bytes, and musl's less than 512.
const BLOCKS: &[(Machine, &str, u64, u64)] = &[
    (Machine::Amd64, "fs_base", 0, 0x980),
    (Machine::X32, "fs_base", 0, 0x980),
    (Machine::Arm64, "tpidr", 0x980, 0x10),
    (Machine::Riscv64, "tp", 0x980, 0),
    (Machine::LoongArch64, "tp", 0x980, 0),
];

/// How much of Windows' environment block of a thread stays: `NT_TIB`, the ids and the pointers behind them.
const ENVIRONMENT: u64 = 0x100;

/// A register of every record of every thread.
pub(super) fn registers(dump: &Dump, name: &str) -> Vec<u64> {
    let mut values = Vec::new();
    for (index, thread) in (0u32..).zip(dump.layout().threads()) {
        for kind in [RecordKind::Thread, RecordKind::Exception, RecordKind::Wow64] {
            if thread.record(kind).is_some() {
                let context = Context::Thread(ThreadIndex(index), kind.choice());
                let value = dump.read_register(context, name).ok();
                values.extend(value.and_then(|value| value.to_u64().ok()));
            }
        }
    }
    values.sort_unstable();
    values.dedup();
    values
}

/// The stacks, from a little below the stack pointer to the end of their mapping.
pub(super) fn stacks(dump: &Dump) -> Vec<Span> {
    let mut spans: Vec<Span> = Vec::new();
    for sp in registers(dump, "sp") {
        if let Some(stack) = dump.layout().stack(sp, u64::MAX) {
            let (first, last) = stack.into_inner();
            spans.push(Span { first: if first == sp { sp.saturating_sub(RED_ZONE) } else { first }, last });
        }
    }
    spans
}

/// The threads' control blocks.
pub(super) fn blocks(dump: &Dump) -> Vec<Span> {
    let machine = dump.layout().machine();
    let mut spans = Vec::new();
    for (_, register, before, behind) in BLOCKS.iter().filter(|(of, ..)| *of == machine) {
        for at in registers(dump, register).into_iter().filter(|at| *at != 0) {
            spans.push(Span {
                first: at.saturating_sub(*before),
                last: at.saturating_add(*behind).saturating_sub(1),
            });
        }
    }
    if let Ok(model) = dump.model() {
        let blocks = model.threads.iter().map(|thread| thread.environment.value).filter(|at| *at != 0);
        spans.extend(blocks.filter_map(|at| Span::of(at, ENVIRONMENT)));
    }
    spans
}
