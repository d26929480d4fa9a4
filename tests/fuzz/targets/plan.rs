//! Plan of a run of the `edit` target: it is read from the last bytes of the input, and its steps fit any dump.

use dumpedit::{CommitOptions, Context, Dump, EditOptions, Location, RecordChoice, ThreadIndex};
use libfuzzer_sys::arbitrary::{self, Arbitrary, Unstructured};

/// Number of bytes of the plan, at the input's end. They are bytes of the dump as well, so that any dump is an input.
pub const PLAN: usize = 192;

/// An edit, and the options of its commit.
#[derive(Arbitrary, Debug)]
pub struct Plan {
    all_or_nothing: bool,
    allow_structure: bool,
    sync: bool,
    /// Whether the journal keeps the edit.
    pub undo: bool,
    /// Writes, in order.
    pub steps: [Step; 6],
}

impl Plan {
    /// The plan at the end of an input.
    pub fn read(input: &[u8]) -> Plan {
        let tail = &input[input.len().saturating_sub(PLAN)..];
        Plan::arbitrary(&mut Unstructured::new(tail)).expect("a plan is read from any bytes")
    }

    /// Options of the edit.
    pub fn options(&self) -> EditOptions {
        EditOptions::default().all_or_nothing(self.all_or_nothing).allow_structure(self.allow_structure)
    }

    /// Options of its commit.
    pub fn commit_options(&self) -> CommitOptions<'static> {
        CommitOptions::default().sync(self.sync).undo(self.undo).command("fuzz")
    }
}

/// One write, in terms that fit any dump.
#[derive(Arbitrary, Debug)]
pub enum Step {
    /// Near the start or the end of a captured range.
    Region { region: u16, from_end: bool, skip: u8, bytes: Bytes },
    /// Anywhere.
    Address { address: u64, bytes: Bytes },
    /// Bytes into a register.
    Register { register: Register, byte: u8, bytes: Bytes },
    /// A number into a register.
    Set { register: Register, value: u64 },
}

/// Bytes that count up, or are all the same.
#[derive(Arbitrary, Debug)]
pub struct Bytes {
    len: u16,
    first: u8,
    step: u8,
}

impl Bytes {
    fn some(&self, most: u16) -> Vec<u8> {
        (0..self.len % most).map(|at| self.first.wrapping_add(self.step.wrapping_mul(at as u8))).collect()
    }
}

/// A register or a lane of one, in a record of a thread.
#[derive(Arbitrary, Debug)]
pub struct Register {
    thread: u8,
    choice: u8,
    register: u16,
    lane: Option<(u8, u8)>,
}

impl Register {
    fn find(&self, dump: &Dump) -> Option<(Context, String)> {
        const CHOICES: [RecordChoice; 8] = [
            RecordChoice::Auto,
            RecordChoice::Thread,
            RecordChoice::Auto,
            RecordChoice::Exception,
            RecordChoice::Auto,
            RecordChoice::Both,
            RecordChoice::Auto,
            RecordChoice::Wow64,
        ];
        let index = usize::from(self.thread).checked_rem(dump.layout().threads().len())?;
        let choice = CHOICES[usize::from(self.choice) % CHOICES.len()];
        let context = Context::Thread(ThreadIndex(index as u32), choice);
        let registers = dump.layout().machine_of(context).registers();
        let nth = usize::from(self.register).checked_rem(registers.iter().count())?;
        let mut from = registers.iter().skip(nth);
        // Usually one that the record holds.
        let first = from.next()?;
        let held = from.take(16).find(|register| dump.read_register(context, register.name).is_ok());
        let register = held.unwrap_or(first);
        let lane = self.lane.map(|(size, lane)| (8 << (size % 5), u32::from(lane % 16)));
        Some(match lane {
            Some((bits, lane)) if bits * (lane + 1) <= register.bits => {
                (context, format!("{}.u{bits}.{lane}", register.name))
            }
            _ => (context, register.name.to_owned()),
        })
    }
}

/// A write that fits the dump.
#[derive(Clone, Debug)]
pub struct Write {
    /// Context of the memory or the register.
    pub context: Context,
    /// Target.
    pub to: To,
}

/// Target of a write, with the new value.
#[derive(Clone, Debug)]
pub enum To {
    /// Bytes at a location.
    Location(Location, Vec<u8>),
    /// A number into a register.
    Register(String, u64),
}

impl Step {
    /// The step in a dump; `None` where the dump has no such place.
    pub fn in_dump(&self, dump: &Dump) -> Option<Write> {
        let memory = |address: u64, bytes: &Bytes| Write {
            context: Context::Process,
            to: To::Location(address.into(), bytes.some(600)),
        };
        match self {
            Step::Region { region, from_end, skip, bytes } => {
                let mut edges = Vec::new();
                for found in dump.layout().regions() {
                    if found.captured > 0 {
                        let captured = if *from_end { found.captured } else { 0 };
                        edges.push(found.start.wrapping_add(captured));
                    }
                    if edges.len() >= 1000 {
                        break;
                    }
                }
                let edge = *edges.get(usize::from(*region).checked_rem(edges.len())?)?;
                let skip = u64::from(*skip);
                let address =
                    if *from_end { edge.wrapping_sub(skip) } else { edge.wrapping_add(skip).wrapping_sub(2) };
                Some(memory(address, bytes))
            }
            Step::Address { address, bytes } => Some(memory(*address, bytes)),
            Step::Register { register, byte, bytes } => {
                let (context, name) = register.find(dump)?;
                let part = dump.register(context, &name).ok()?;
                let at = Location::Register { part, byte: u32::from(byte % 20) };
                Some(Write { context, to: To::Location(at, bytes.some(40)) })
            }
            Step::Set { register, value } => {
                let (context, name) = register.find(dump)?;
                // Every register accepts 0 and 1, even a flag.
                let value = if value % 4 == 0 { *value } else { value % 2 };
                Some(Write { context, to: To::Register(name, value) })
            }
        }
    }
}
