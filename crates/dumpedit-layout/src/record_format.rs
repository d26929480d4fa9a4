//! Places of a machine's registers in a record, as data: runs of registers in its blocks.

use std::sync::OnceLock;

use crate::register::RegisterId;

/// The stretch of a record's file bytes that a run counts from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum BlockKind {
    /// The record itself: a CONTEXT structure, or the general registers' note.
    General,
    /// A second note for the floating point registers.
    Float,
    /// A second note for the extended floating point registers (FXSAVE on 32-bit Intel).
    ExtendedFloat,
    /// The first 512 bytes of an XSAVE area, laid out as FXSAVE.
    XstateLegacy,
    /// The XSAVE header, whose first eight bytes say which components are not in their initial state.
    XstateHeader,
    /// A component of an XSAVE area, by its bit in the header.
    Xstate(u8),
    /// Any other note of registers, by its type.
    Note(u32),
    /// A part of such a note whose place depends on the note's other contents, by the note's type and the number of the part.
    Part(u32, u8),
}

/// Registers that follow one another in a block at equal distances.
///
/// A run holds whole registers, or the same part of each; two runs over the same bits of a register are copies of it,
/// and reads take the one listed first.
#[derive(Clone, Copy, Debug)]
pub struct Run {
    /// Name of the first register; the others follow in the machine's order.
    pub first: &'static str,
    /// Number of registers.
    pub count: u16,
    /// The block they are in.
    pub block: BlockKind,
    /// Offset of the first register in the block, in bytes.
    pub byte: u32,
    /// Distance from one register to the next, in bytes.
    pub stride: u32,
    /// Lowest bit of each register that is stored here.
    pub at_bit: u32,
    /// Number of bits of each that are stored here; 0 for the whole register.
    pub bits: u32,
    /// Flags of the record, any of which must be set for these registers to be present; 0 for none.
    pub needs: u32,
    /// XSAVE components, any of which must be in use; 0 where the bytes always count.
    pub gate: u64,
    /// Value of a register whose components are not in use.
    pub initial: u64,
    /// Whether the least significant byte comes first whatever the target's order.
    pub little: bool,
    /// Size of the number that each register is the low end of, in bytes; 0 for one that is not part of another number.
    pub word: u32,
}

impl Run {
    /// `count` whole registers from `first` on, at `byte` of `block`; consecutive only where [`Run::stride`] is given.
    pub const fn new(first: &'static str, count: u16, block: BlockKind, byte: u32) -> Run {
        Run {
            first,
            count,
            block,
            byte,
            stride: 0,
            at_bit: 0,
            bits: 0,
            needs: 0,
            gate: 0,
            initial: 0,
            little: false,
            word: 0,
        }
    }

    /// Sets the distance from one register to the next, in bytes.
    pub const fn stride(self, stride: u32) -> Run {
        Run { stride, ..self }
    }

    /// Restricts the run to bits `at_bit..at_bit + bits` of each register.
    pub const fn part(self, at_bit: u32, bits: u32) -> Run {
        Run { at_bit, bits, ..self }
    }

    /// Sets the flags of the record that make the registers present.
    pub const fn needs(self, needs: u32) -> Run {
        Run { needs, ..self }
    }

    /// Stores the least significant byte first whatever the target's order.
    pub const fn little(self) -> Run {
        Run { little: true, ..self }
    }

    /// Makes each the low end of a number of `word` bytes: its first bytes in a little-endian target, else its last.
    pub const fn within(self, word: u32) -> Run {
        Run { word, ..self }
    }

    /// Sets the XSAVE components that must be in use, and the value of a register while none is.
    pub const fn gate(self, gate: u64, initial: u64) -> Run {
        Run { gate, initial, ..self }
    }
}

/// Table of one kind of record: its registers and their places.
#[derive(Debug)]
pub struct RecordFormat {
    /// Name of the record in its own header, such as `CONTEXT_AMD64`.
    pub name: &'static str,
    /// The machine whose registers it holds.
    pub machine: crate::Machine,
    /// Runs; of two copies the first listed is read.
    pub runs: &'static [Run],
    /// Places of each register, built at first use.
    places: OnceLock<Places>,
}

/// The runs of a table by register.
#[derive(Debug)]
struct Places {
    /// First register of each run.
    first: Vec<Option<RegisterId>>,
    /// For each register of the machine, the runs with it, and its index in each.
    runs: Vec<Vec<(usize, u16)>>,
}

impl RecordFormat {
    /// A table of runs of a machine's registers.
    pub const fn new(name: &'static str, machine: crate::Machine, runs: &'static [Run]) -> Self {
        RecordFormat { name, machine, runs, places: OnceLock::new() }
    }

    fn places(&self) -> &Places {
        self.places.get_or_init(|| {
            let registers = self.machine.registers();
            let first: Vec<_> = self.runs.iter().map(|run| registers.find(run.first)).collect();
            let mut runs = vec![Vec::new(); registers.iter().count()];
            for (at, (run, first)) in self.runs.iter().zip(&first).enumerate() {
                let Some(RegisterId(first)) = first else { continue };
                for index in 0..run.count {
                    let id = first.checked_add(index).map(usize::from);
                    if let Some(of) = id.and_then(|id| runs.get_mut(id)) {
                        of.push((at, index));
                    }
                }
            }
            Places { first, runs }
        })
    }

    /// First register of a run.
    pub(crate) fn first(&self, run: usize) -> Option<RegisterId> {
        self.places().first.get(run).copied().flatten()
    }

    /// The runs with a register: the run's index in the table, the run, and the register's index in it.
    pub(crate) fn runs_of(&self, id: RegisterId) -> impl Iterator<Item = (usize, &'static Run, u16)> + '_ {
        let places = self.places().runs.get(usize::from(id.0)).map_or(&[][..], Vec::as_slice);
        places.iter().filter_map(|(at, index)| Some((*at, self.runs.get(*at)?, *index)))
    }
}
