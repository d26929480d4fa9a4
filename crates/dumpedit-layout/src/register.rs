//! Names of a machine's registers, as data.

use std::collections::HashMap;
use std::sync::OnceLock;

/// Index of a register among its machine's names, so that records of different formats compare.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct RegisterId(pub u16);

/// Purpose of a register, by which listings group them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Group {
    /// Program counter, stack pointer, flags and integers.
    General,
    /// Segments and their bases.
    Segment,
    /// Floating point and its control words.
    Float,
    /// Vectors and their control words.
    Vector,
    /// Hardware breakpoints.
    Debug,
    /// Registers that the kernel or the debugger adds.
    System,
}

impl Group {
    /// Name of the group, for people.
    pub fn name(self) -> &'static str {
        match self {
            Group::General => "general",
            Group::Segment => "segment",
            Group::Float => "float",
            Group::Vector => "vector",
            Group::Debug => "debug",
            Group::System => "system",
        }
    }
}

/// Bits of another register that a sub-register stands for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct View {
    /// The whole register.
    pub parent: RegisterId,
    /// Lowest bit of the sub-register in the parent.
    pub at_bit: u32,
}

/// One register of a machine.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct RegisterName {
    /// Its id.
    pub id: RegisterId,
    /// Its name, as the vendor and the debuggers write it, in lower case.
    pub name: &'static str,
    /// Width in bits; of a scalable register the greatest.
    pub bits: u32,
    /// Purpose.
    pub group: Group,
    /// For a sub-register, its place in the parent.
    pub view: Option<View>,
    /// Whether records give its width.
    pub scalable: bool,
    /// Whether it is zero in every record, whatever is stored there.
    pub zero: bool,
    /// Number of a sub-register's lowest bits that are not its own: they read as zero and are kept when it is set.
    pub kept: u32,
}

/// A row of a machine's table: registers of one width, in the machine's own order.
pub(crate) enum Row {
    /// Whole registers.
    Whole { names: &'static [&'static str], bits: u32, group: Group, scalable: bool, zero: bool },
    /// Parts of whole registers: the n-th name is a part of the n-th parent.
    Parts { names: &'static [&'static str], of: &'static [&'static str], at_bit: u32, bits: u32, kept: u32 },
}

/// A register that goes with pc and is kept when pc is set.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BesidePc {
    /// Its name.
    pub name: &'static str,
    /// Name in messages.
    pub called: &'static str,
    /// Whether 0 means that there is none.
    pub may_be_none: bool,
}

/// A machine's whole table.
pub(crate) struct Rows {
    pub(crate) rows: &'static [Row],
    /// Aliases: the generic ones first (`pc`, `sp`, `fp`, `lr`, `flags`).
    pub(crate) aliases: &'static [(&'static str, &'static str)],
    /// Registers that go with pc and are kept when it is set.
    beside_pc: &'static [BesidePc],
    /// The registers of the rows, built at first use.
    registers: OnceLock<Registers>,
}

impl Rows {
    pub(crate) const fn new(rows: &'static [Row], aliases: &'static [(&'static str, &'static str)]) -> Rows {
        Rows::with_beside_pc(rows, aliases, &[])
    }

    /// Rows of a machine whose pc goes with other registers.
    pub(crate) const fn with_beside_pc(
        rows: &'static [Row],
        aliases: &'static [(&'static str, &'static str)],
        beside_pc: &'static [BesidePc],
    ) -> Rows {
        Rows { rows, aliases, beside_pc, registers: OnceLock::new() }
    }

    /// The machine's registers.
    pub(crate) fn registers(&'static self) -> &'static Registers {
        self.registers.get_or_init(|| Registers::build(self))
    }
}

pub(crate) const fn whole(names: &'static [&'static str], bits: u32, group: Group) -> Row {
    Row::Whole { names, bits, group, scalable: false, zero: false }
}

/// General registers that are always zero.
pub(crate) const fn zero(names: &'static [&'static str], bits: u32) -> Row {
    Row::Whole { names, bits, group: Group::General, scalable: false, zero: true }
}

/// Registers of at most `bits` bits, whose width records give.
pub(crate) const fn scalable(names: &'static [&'static str], bits: u32, group: Group) -> Row {
    Row::Whole { names, bits, group, scalable: true, zero: false }
}

pub(crate) const fn parts(
    names: &'static [&'static str],
    of: &'static [&'static str],
    at_bit: u32,
    bits: u32,
) -> Row {
    Row::Parts { names, of, at_bit, bits, kept: 0 }
}

/// The lowest `bits` bits of registers; the lowest `kept` of them are not their own.
pub(crate) const fn parts_above(
    names: &'static [&'static str],
    of: &'static [&'static str],
    kept: u32,
    bits: u32,
) -> Row {
    Row::Parts { names, of, at_bit: 0, bits, kept }
}

/// Registers of a machine, by name and by id.
#[derive(Debug)]
pub struct Registers {
    names: Vec<RegisterName>,
    by_name: HashMap<&'static str, RegisterId>,
    beside_pc: &'static [BesidePc],
}

impl Registers {
    fn build(rows: &Rows) -> Registers {
        let mut built = Registers { names: Vec::new(), by_name: HashMap::new(), beside_pc: rows.beside_pc };
        for row in rows.rows {
            match *row {
                Row::Whole { names, bits, group, scalable, zero } => {
                    names.iter().for_each(|name| {
                        built.push(|id| RegisterName {
                            id,
                            name,
                            bits,
                            group,
                            view: None,
                            scalable,
                            zero,
                            kept: 0,
                        });
                    });
                }
                Row::Parts { names, of, at_bit, bits, kept } => {
                    for (name, parent) in names.iter().zip(of) {
                        if let Some((parent, group)) =
                            built.find(parent).and_then(|id| Some((id, built.get(id)?.group)))
                        {
                            let view = Some(View { parent, at_bit });
                            let (scalable, zero) = (false, false);
                            built.push(|id| RegisterName {
                                id,
                                name,
                                bits,
                                group,
                                view,
                                scalable,
                                zero,
                                kept,
                            });
                        }
                    }
                }
            }
        }
        for (alias, name) in rows.aliases {
            if let Some(id) = built.find(name) {
                built.by_name.insert(alias, id);
            }
        }
        built
    }

    fn push(&mut self, register: impl FnOnce(RegisterId) -> RegisterName) {
        let Ok(id) = u16::try_from(self.names.len()) else { return };
        let register = register(RegisterId(id));
        self.by_name.insert(register.name, register.id);
        self.names.push(register);
    }

    /// Whether the machine has no table.
    pub fn is_empty(&self) -> bool {
        self.names.is_empty()
    }

    /// The register with that name or alias, without regard to case.
    pub fn find(&self, name: &str) -> Option<RegisterId> {
        self.by_name.get(name).or_else(|| self.by_name.get(name.to_ascii_lowercase().as_str())).copied()
    }

    /// The register with that id.
    pub fn get(&self, id: RegisterId) -> Option<&RegisterName> {
        self.names.get(usize::from(id.0))
    }

    /// The register's name, or `?` for an id of another machine.
    pub fn name(&self, id: RegisterId) -> &'static str {
        self.get(id).map_or("?", |register| register.name)
    }

    /// Every register in the machine's order, sub-registers last.
    pub fn iter(&self) -> impl Iterator<Item = &RegisterName> {
        self.names.iter()
    }

    /// Parses a register, a lane, or one of the copies that a record holds: `rip`, `al`, `xmm0.u32.2`, `mxcsr@2`.
    pub fn part(&self, text: &str) -> Option<RegisterPart> {
        if let Some((name, copy)) = text.split_once('@') {
            let copy = Some(copy).filter(|copy| copy.bytes().all(|digit| digit.is_ascii_digit()))?;
            let copy = copy.parse().ok().filter(|copy| *copy > 0)?;
            return Some(self.part(name).filter(|part| part.copy.is_none())?.copy(copy));
        }
        if let Some(id) = self.find(text) {
            return Some(RegisterPart::new(id, self.get(id)?.bits));
        }
        let (rest, lane) = text.rsplit_once('.')?;
        let (name, kind) = rest.rsplit_once('.')?;
        let bits = match kind.to_ascii_lowercase().as_str() {
            "u8" | "i8" => 8,
            "u16" | "i16" => 16,
            "u32" | "i32" | "f32" => 32,
            "u64" | "i64" | "f64" => 64,
            "u128" | "i128" => 128,
            _ => return None,
        };
        if lane.is_empty() || !lane.bytes().all(|digit| digit.is_ascii_digit()) {
            return None;
        }
        let id = self.find(name)?;
        let width = self.get(id)?.bits;
        let at_bit = lane.parse::<u32>().ok()?.checked_mul(bits)?;
        (at_bit.checked_add(bits)? <= width).then_some(RegisterPart { at_bit, ..RegisterPart::new(id, bits) })
    }

    /// The text of a register, a lane or a copy: the inverse of [`Registers::part`]. For a part of a scalable register see
    /// [`ContextRecord::name`](crate::ContextRecord::name).
    pub fn display(&self, part: RegisterPart) -> String {
        let is_whole = self.get(part.id).is_none_or(|name| part.at_bit == 0 && part.bits == name.bits);
        self.written(part, is_whole)
    }

    /// The text of a whole register or of a lane.
    pub(crate) fn written(&self, part: RegisterPart, is_whole: bool) -> String {
        let mut text = self.name(part.id).to_owned();
        if !is_whole {
            let lane = part.at_bit.checked_div(part.bits).unwrap_or(0);
            text.push_str(&format!(".u{}.{lane}", part.bits));
        }
        if let Some(copy) = part.copy {
            text.push_str(&format!("@{copy}"));
        }
        text
    }

    /// Names of some bits of a register: the register, the sub-register of exactly these bits, or else lanes of the narrowest sub-register
    /// that holds them.
    pub fn parts_of(&self, id: RegisterId, at_bit: u32, bits: u32) -> Vec<RegisterPart> {
        const LANES: [u32; 5] = [128, 64, 32, 16, 8];
        if at_bit == 0 && self.get(id).is_some_and(|name| name.bits == bits) {
            return vec![RegisterPart::new(id, bits)];
        }
        let is_it = |name: &RegisterName| name.view == Some(View { parent: id, at_bit }) && name.bits == bits;
        if let Some(RegisterName { id: view, .. }) = self.iter().find(|name| is_it(name)) {
            let view = *view;
            return vec![RegisterPart::new(view, bits)];
        }
        let fits = |lane: &u32| at_bit.is_multiple_of(*lane) && bits.is_multiple_of(*lane);
        let Some(lane) = LANES.into_iter().find(fits) else { return Vec::new() };
        let end = at_bit.saturating_add(bits);
        let holds = |name: &RegisterName| {
            name.view == Some(View { parent: id, at_bit: 0 }) && end <= name.bits && lane < name.bits
        };
        let narrowest = self.iter().filter(|name| holds(name)).min_by_key(|name| name.bits);
        let of = narrowest.map_or(id, |view| view.id);
        let lanes = (0..bits.checked_div(lane).unwrap_or(0)).filter_map(|index| {
            let at_bit = at_bit.checked_add(index.checked_mul(lane)?)?;
            Some(RegisterPart { at_bit, ..RegisterPart::new(of, lane) })
        });
        lanes.collect()
    }

    /// Number of a part's lowest bits that are not its own.
    pub fn kept(&self, part: RegisterPart) -> u32 {
        self.get(part.id).map_or(0, |name| name.kept.saturating_sub(part.at_bit).min(part.bits))
    }

    /// Size of a part in bytes; `None` for one that is not made of whole bytes of its own.
    pub fn bytes(&self, part: RegisterPart) -> Option<u32> {
        part.bytes().filter(|_| self.kept(part) == 0)
    }

    /// Registers that are zero in every record.
    pub(crate) fn zeros(&self) -> impl Iterator<Item = RegisterId> + '_ {
        self.iter().filter(|name| name.zero).map(|name| name.id)
    }

    /// Registers that go with pc and are kept when it is set.
    pub fn beside_pc(&self) -> &'static [BesidePc] {
        self.beside_pc
    }

    /// Whether a register is the low 32 bits of one of 64, like `eip` of `rip`.
    pub fn is_low_half(&self, id: RegisterId) -> bool {
        let Some(RegisterName { bits: 32, view: Some(view), .. }) = self.get(id) else { return false };
        view.at_bit == 0 && self.get(view.parent).is_some_and(|parent| parent.bits == 64)
    }

    /// The whole register of a part, and the part's lowest bit in it.
    pub fn root(&self, part: RegisterPart) -> Option<View> {
        self.whole(part).map(|(parent, at_bit, _)| View { parent, at_bit })
    }

    /// The whole register of a part, and the bits of it that the part covers (lowest bit, width).
    pub(crate) fn whole(&self, part: RegisterPart) -> Option<(RegisterId, u32, u32)> {
        let register = self.get(part.id)?;
        match register.view {
            None => Some((part.id, part.at_bit, part.bits)),
            Some(view) => Some((view.parent, view.at_bit.checked_add(part.at_bit)?, part.bits)),
        }
    }
}

/// A register or a lane: bits `at_bit..at_bit + bits` of the register `id`, in all copies that a record holds or in one of them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct RegisterPart {
    /// The register.
    pub id: RegisterId,
    /// Lowest bit.
    pub at_bit: u32,
    /// Number of bits.
    pub bits: u32,
    /// The copy, from 1 in the order in which reads prefer them; `None` for all copies.
    pub copy: Option<u8>,
}

impl RegisterPart {
    /// The lowest `bits` bits of a register.
    pub const fn new(id: RegisterId, bits: u32) -> Self {
        RegisterPart { id, at_bit: 0, bits, copy: None }
    }

    /// The same bits in one copy only.
    pub const fn copy(self, copy: u8) -> Self {
        RegisterPart { copy: Some(copy), ..self }
    }

    /// Size of a value in bytes, rounded up.
    pub fn size(self) -> usize {
        usize::try_from(self.bits.div_ceil(8)).unwrap_or(usize::MAX)
    }

    /// Size in whole bytes; `None` for flags and other parts that are not made of bytes.
    pub fn bytes(self) -> Option<u32> {
        (self.bits.is_multiple_of(8) && self.at_bit.is_multiple_of(8)).then_some(self.bits / 8)
    }
}

#[cfg(test)]
mod tests {
    use crate::Machine;
    use crate::register::Row;

    #[test]
    fn every_name_of_every_machine_is_found_and_every_part_lies_inside_its_parent() {
        for machine in Machine::ALL {
            let registers = machine.registers();
            for register in registers.iter() {
                let id = register.id;
                assert_eq!(registers.find(register.name), Some(id), "{machine} {}", register.name);
                if let Some(view) = register.view {
                    let parent = registers.get(view.parent).unwrap();
                    assert!(parent.view.is_none(), "{machine} {}: views are one deep", register.name);
                    assert!(view.at_bit + register.bits <= parent.bits, "{machine} {}", register.name);
                }
            }
        }
    }

    #[test]
    fn every_row_of_parts_names_parents_that_exist() {
        for rows in Machine::ALL.iter().map(|machine| machine.rows()) {
            for row in rows.rows {
                if let Row::Parts { names, of, .. } = row {
                    assert_eq!(names.len(), of.len());
                }
            }
            let registers = rows.registers();
            let named: usize = rows
                .rows
                .iter()
                .map(|row| match row {
                    Row::Whole { names, .. } | Row::Parts { names, .. } => names.len(),
                })
                .sum();
            assert_eq!(registers.iter().count(), named);
            for (alias, name) in rows.aliases {
                assert_eq!(registers.find(alias), registers.find(name), "{alias}");
                assert!(registers.find(name).is_some(), "{alias}");
            }
        }
    }

    #[test]
    fn a_lane_is_named_by_its_type_and_index_and_must_lie_inside_the_register() {
        let registers = Machine::Amd64.registers();
        let lane = registers.part("xmm0.u32.2").unwrap();
        assert_eq!((lane.at_bit, lane.bits), (64, 32));
        assert_eq!(registers.display(lane), "xmm0.u32.2");
        assert!(registers.part("xmm0.u32.4").is_none() || registers.part("ymm0").is_some());
        assert!(registers.part("xmm0.u24.0").is_none());
        assert!(registers.part("xmm0.u32.-1").is_none());
        assert!(registers.part("xmm0.u32.+1").is_none());
        assert!(registers.part("rax.u32.2").is_none());
    }

    #[test]
    fn names_are_found_in_any_letter_case() {
        let registers = Machine::Amd64.registers();
        assert_eq!(registers.find("RIP"), registers.find("rip"));
        assert_eq!(registers.find("pc"), registers.find("rip"));
        assert_eq!(registers.find("nope"), None);
    }
}
