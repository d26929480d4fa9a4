//! Finds the threads' stacks and control blocks.

use dumpedit::mapped::Reading;
use dumpedit::{Context, Dump, Machine, RecordKind, Span, ThreadIndex, joined};

/// Bytes below the stack pointer that belong to the running function (System V ABI of amd64; others have fewer).
const RED_ZONE: u64 = 128;

/// By machine, the bytes in front of the thread pointer and behind it that belong to a thread's control block. `struct pthread` of glibc
/// has less than 2,432 bytes, and musl's less than 512.
const BLOCKS: &[(Machine, u64, u64)] = &[
    (Machine::Amd64, 0, 0x980),
    (Machine::X32, 0, 0x980),
    (Machine::Arm64, 0x980, 0x10),
    (Machine::Riscv64, 0x980, 0),
    (Machine::LoongArch64, 0x980, 0),
];

/// Most stacks that are followed, and most bytes of each.
const MOST_STACKS: usize = 1 << 12;
const MOST_BYTES: u64 = 1 << 23;

/// Bytes of Windows' thread environment block that are kept: `NT_TIB`, the ids and the pointers behind them.
const ENVIRONMENT: u64 = 0x100;

/// Values of a register in every record of every thread.
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

/// The stacks, from a little below the stack pointer to the end of their mapping, or from its start to the stack pointer where they grow
/// upwards, and further stacks that they lead to: a signal handler may run on a stack of its own, which holds the context that it returns
/// to.
pub(super) fn stacks(dump: &Dump) -> Vec<Span> {
    let mut found = Stacks { dump, reading: dump.reading(), code: code(dump), spans: Vec::new() };
    for sp in registers(dump, "sp") {
        found.add(sp);
    }
    let mut next = 0;
    while let Some(span) = found.spans.get(next).copied().filter(|_| next < MOST_STACKS) {
        found.follow(span);
        next += 1;
    }
    found.spans
}

/// Memory that may hold code: executable mappings, or modules in dumps that do not list mappings.
fn code(dump: &Dump) -> Vec<Span> {
    let layout = dump.layout();
    let executable = |region: dumpedit::Region| {
        let rest = u64::try_from(region.size.checked_sub(1)?).ok()?;
        let span = Span { first: region.start, last: region.start.saturating_add(rest) };
        region.protection.is_some_and(|protection| protection.execute).then_some(span)
    };
    let modules = layout.modules().iter().filter_map(|module| Span::of(module.base, module.size));
    joined(layout.regions().filter_map(executable).chain(modules))
}

struct Stacks<'d> {
    dump: &'d Dump,
    reading: Reading<'d>,
    code: Vec<Span>,
    spans: Vec<Span>,
}

impl Stacks<'_> {
    fn add(&mut self, sp: u64) {
        if let Some(stack) = self.dump.layout().stack(sp, u64::MAX) {
            let (first, last) = stack.into_inner();
            self.spans
                .push(Span { first: if first == sp { sp.saturating_sub(RED_ZONE) } else { first }, last });
        }
    }

    /// Finds saved contexts: a stack pointer beside the address of code, or three words behind one (`ucontext_t` of i386).
    fn follow(&mut self, span: Span) {
        let layout = self.dump.layout();
        let width = u64::from(layout.pointer_width());
        let mut before = [0; 3];
        for word in self.reading.words_at(span.first, span.size().min(MOST_BYTES)) {
            let [third, second, previous] = before;
            for (stack, instruction) in [(previous, word), (word, previous), (word, third)] {
                let is_known = |span: &Span| span.contains(stack);
                if self.is_code(instruction)
                    && stack.is_multiple_of(width)
                    && !self.is_code(stack)
                    && !self.spans.iter().any(is_known)
                    && self.spans.len() < MOST_STACKS
                    && layout.captured_from(stack).is_some()
                {
                    self.add(stack);
                }
            }
            before = [second, previous, word];
        }
    }

    fn is_code(&self, address: u64) -> bool {
        let from = self.code.partition_point(|span| span.last < address);
        self.code.get(from).is_some_and(|span| span.first <= address)
    }
}

/// Memory of the threads' control blocks.
pub(super) fn blocks(dump: &Dump) -> Vec<Span> {
    let machine = dump.layout().machine();
    let mut spans = Vec::new();
    for (_, before, behind) in BLOCKS.iter().filter(|(of, ..)| *of == machine) {
        let pointers = machine.thread_pointer().map(|register| registers(dump, register));
        for at in pointers.into_iter().flatten().filter(|at| *at != 0) {
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
