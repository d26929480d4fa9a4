//! A value of every register of every kind of record is written to the register's own bits, and to no others.

use std::collections::{HashMap, HashSet};

use dumpedit::{ByteOrder, Context, Dump, Group, Number, Piece, RegisterId, RegisterPart, ThreadIndex};

use super::every_record;
use super::random::Random;
use crate::support::corpus;
use crate::support::subject::assert_same_bytes;
use crate::testdata::folder;

/// A record of a dump, which is edited and restored repeatedly.
struct Record<'a> {
    name: &'a str,
    before: &'a [u8],
    dump: Dump,
    context: Context,
    /// Sets of XSAVE components that a write has brought into use so far.
    woken: HashSet<u64>,
}

/// Bits `at..at + count` of a number, least significant byte first.
fn bits(number: &[u8], at: u32, count: u32) -> Vec<u8> {
    let bit = |index: u32| number[index as usize / 8] >> (index % 8) & 1;
    let mut taken = vec![0; count.div_ceil(8) as usize];
    for index in 0..count {
        taken[index as usize / 8] |= bit(at + index) << (index % 8);
    }
    taken
}

fn random_value(random: &mut Random, bits: u32) -> Vec<u8> {
    let mut value = random.bytes(bits.div_ceil(8) as usize);
    if !bits.is_multiple_of(8) {
        *value.last_mut().unwrap() &= (1 << (bits % 8)) - 1;
    }
    value
}

impl Record<'_> {
    fn registers(&self) -> &'static dumpedit::Registers {
        self.dump.layout().machine_of(self.context).registers()
    }

    fn holds(&self, part: RegisterPart) -> bool {
        self.dump.layout().resolve_part(self.context, part).is_ok()
    }

    /// The whole register with a name, and the lowest bit of the name's part in it.
    fn whole(&self, id: RegisterId) -> (RegisterId, u32) {
        self.registers().get(id).unwrap().view.map_or((id, 0), |view| (view.parent, view.at_bit))
    }

    /// All names in the record, and some lanes of the vectors.
    fn names(&self) -> Vec<String> {
        let registers = self.registers();
        let mut names = Vec::new();
        for register in registers.iter() {
            names.push(register.name.to_owned());
            if register.group == Group::Vector && register.bits >= 64 && register.view.is_none() {
                names.extend(
                    ["u8.0", "u16.3", "u32.1", "u64.1", "u128.1", "u64.7"]
                        .map(|lane| format!("{}.{lane}", register.name)),
                );
            }
        }
        names.retain(|name| registers.part(name).is_some_and(|part| self.holds(part)));
        names
    }

    /// The bytes of the file with a value in every piece.
    fn patched(&self, pieces: &[Piece], value: &[u8]) -> Vec<u8> {
        let mut stored = value.to_vec();
        if self.dump.layout().byte_order() == ByteOrder::Big {
            stored.reverse();
        }
        let mut file = self.before.to_vec();
        for piece in pieces {
            let at = usize::try_from(piece.file_offset).unwrap();
            let (start, size) = (piece.start as usize, piece.size as usize);
            match piece.mask {
                0xff => file[at..at + size].copy_from_slice(&stored[start..start + size]),
                mask => file[at] = file[at] & !mask | (stored[start] << piece.shift) & mask,
            }
        }
        file
    }

    /// The XSAVE components whose pieces are not valid by the header; 0 where all are.
    fn closed(&self, pieces: &[Piece]) -> u64 {
        let gates = pieces.iter().filter_map(|piece| piece.gate.as_ref());
        let closed = gates.filter(|gate| {
            let at = usize::try_from(gate.file_offset).unwrap();
            let header = u64::from_le_bytes(self.before[at..at + 8].try_into().unwrap());
            header & gate.mask == 0
        });
        closed.fold(0, |closed, gate| closed | gate.mask)
    }

    /// Checks that no byte of the file belongs to two whole registers.
    fn shares_no_bytes(&self) {
        let mut owners = HashMap::new();
        for register in self.registers().iter().filter(|register| register.bits >= 8) {
            let id = register.id;
            let (whole, _) = self.whole(id);
            let part = RegisterPart::new(id, register.bits);
            let Ok(resolved) = self.dump.layout().resolve_part(self.context, part) else { continue };
            for piece in resolved.pieces {
                for byte in piece.file_offset..piece.file_offset + piece.size {
                    let owner = *owners.entry(byte).or_insert(whole);
                    assert_eq!(owner, whole, "{}: {} and another at {byte:#x}", self.name, register.name);
                }
            }
        }
    }

    fn set(&self, register: &str, value: &[u8]) {
        let mut edit = self.dump.edit();
        let set = edit.set_register(self.context, register, Number::from_le_bytes(value));
        set.unwrap_or_else(|error| panic!("{}: {register}: {error}", self.name));
        let seen = edit.read_register(self.context, register).unwrap();
        assert_eq!(seen.to_le_bytes(), value, "{}: {register} through the edit", self.name);
        edit.commit().unwrap();
        assert_eq!(self.value(register), value, "{}: {register} after the commit", self.name);
    }

    fn value(&self, register: &str) -> Vec<u8> {
        self.dump.read_register(self.context, register).unwrap().to_le_bytes().to_vec()
    }

    /// The values of all other registers, except for the mask of components in use.
    fn others(&self, than: RegisterId) -> Vec<(RegisterPart, Vec<u8>)> {
        let all = self.dump.registers(self.context).unwrap().into_iter();
        all.filter(|held| self.whole(held.part.id).0 != than)
            .filter(|held| self.registers().name(held.part.id) != "xstate_bv")
            .map(|held| (held.part, held.value.to_le_bytes().to_vec()))
            .collect()
    }

    /// Checks that a register has the same bits as its parts and as the whole register.
    fn agrees_with_its_relatives(&self, register: &str, part: RegisterPart, value: &[u8]) {
        let registers = self.registers();
        let (whole, from) = self.whole(part.id);
        let from = from + part.at_bit;
        for relative in registers.iter().filter(|relative| self.whole(relative.id).0 == whole) {
            let id = relative.id;
            let at = self.whole(id).1;
            let own_from = from + registers.kept(part);
            let (low, high) = (own_from.max(at + relative.kept), (from + part.bits).min(at + relative.bits));
            if low < high && self.holds(RegisterPart::new(id, relative.bits)) {
                let theirs = bits(&self.value(relative.name), low - at, high - low);
                let own = bits(value, low - from, high - low);
                assert_eq!(theirs, own, "{}: {register} and {}", self.name, relative.name);
            }
        }
    }

    fn check(&mut self, register: &str, random: &mut Random) {
        let part = self.registers().part(register).unwrap();
        let (whole, _) = self.whole(part.id);
        let resolved = self.dump.layout().resolve_part(self.context, part).unwrap();
        let stored: u32 = resolved.reads().map(|piece| piece.size as u32 * piece.mask.count_ones()).sum();
        let kept = self.registers().kept(part);
        assert_eq!(stored + kept, part.bits, "{}: the bits of {register}", self.name);
        let old = self.value(register);
        // Where no component is woken, the file's bytes show that no other register changed. Otherwise reads show it, which are slow and
        // done once for each set of components.
        let closed = self.closed(&resolved.pieces);
        let others = (closed != 0 && self.woken.insert(closed)).then(|| self.others(whole));

        let mut value = random_value(random, part.bits);
        value[0] &= 0xff << kept;
        self.set(register, &value);
        if let Some(others) = others {
            assert!(others == self.others(whole), "{}: {register} changed another register", self.name);
        }
        self.agrees_with_its_relatives(register, part, &value);
        let now = self.dump.to_bytes().unwrap();
        if closed == 0 {
            assert_same_bytes(&now, &self.patched(&resolved.pieces, &value));
            self.set(register, &old);
            let restored = self.dump.to_bytes().unwrap();
            assert_same_bytes(&restored, &self.patched(&resolved.pieces, &old));
        } else {
            self.woke_no_more_than(register, &resolved.pieces, &now);
        }
        if self.dump.to_bytes().unwrap() != self.before {
            // The copies differed, or a component came into use.
            self.dump = Dump::from_bytes(self.before.to_vec()).unwrap();
        }
    }

    /// Checks that only the register itself, the XSAVE header and the bytes of woken components changed.
    fn woke_no_more_than(&self, register: &str, pieces: &[Piece], now: &[u8]) {
        let mut allowed: HashSet<u64> = HashSet::new();
        let mut woken = 0;
        for gate in pieces.iter().filter_map(|piece| piece.gate.as_ref()) {
            allowed.extend(gate.file_offset..gate.file_offset + 8);
            woken |= gate.mask;
        }
        let mut allow = |pieces: &[Piece]| {
            pieces.iter().for_each(|piece| allowed.extend(piece.file_offset..piece.file_offset + piece.size));
        };
        allow(pieces);
        for name in self.registers().iter().filter(|name| name.bits >= 8) {
            let id = name.id;
            let part = RegisterPart::new(id, name.bits);
            let Ok(resolved) = self.dump.layout().resolve_part(self.context, part) else { continue };
            let is_woken = |piece: &&Piece| piece.gate.as_ref().is_some_and(|gate| gate.mask & woken != 0);
            allow(&resolved.pieces.iter().filter(is_woken).cloned().collect::<Vec<_>>());
        }
        assert_eq!(now.len(), self.before.len());
        for (at, (old, new)) in self.before.iter().zip(now).enumerate() {
            assert!(
                old == new || allowed.contains(&(at as u64)),
                "{}: {register} changed {at:#x}",
                self.name
            );
        }
    }
}

/// Kind of a record: its source, its format, its flags, and its blocks with their sizes.
type Kind = (&'static str, &'static str, u32, String);

/// Checks every `step`-th register of records whose kind is new, and returns their number.
fn check_all(name: &str, before: &[u8], step: usize, seen: &mut HashSet<Kind>) -> usize {
    let mut random = Random(3);
    let dump = Dump::from_bytes(before.to_vec()).unwrap_or_else(|error| panic!("{name}: {error}"));
    let mut checked = 0;
    for (index, thread) in (0u32..).zip(dump.layout().threads()) {
        for record in &thread.records {
            let blocks: Vec<_> = record.blocks.iter().map(|block| (block.kind, block.size)).collect();
            let kind = (record.kind.name(), record.format.name, record.flags, format!("{blocks:?}"));
            let first = thread.record(record.kind).is_some_and(|first| std::ptr::eq(first, record));
            if !first || !seen.insert(kind) {
                continue;
            }
            let context = Context::Thread(ThreadIndex(index), record.kind.choice());
            let name = format!("{name}, thread {index}, {} {}", record.kind.name(), record.format.name);
            let dump = Dump::from_bytes(before.to_vec()).unwrap();
            let mut record = Record { name: &name, before, dump, context, woken: HashSet::new() };
            record.shares_no_bytes();
            let names: Vec<String> = record.names().into_iter().step_by(step).collect();
            assert!(!names.is_empty(), "{name} holds nothing");
            names.iter().for_each(|register| record.check(register, &mut random));
            checked += names.len();
        }
    }
    checked
}

fn check_each(dumps: Vec<every_record::Named>) {
    for (name, file) in dumps {
        assert!(check_all(&name, &file, 1, &mut HashSet::new()) > 40, "{name} holds few registers");
    }
}

#[test]
fn a_value_written_to_a_register_of_a_minidump_changes_its_bits_alone_and_reads_back() {
    check_each(every_record::minidumps());
}

#[test]
fn a_value_written_to_a_register_of_an_intel_core_changes_its_bits_alone_and_reads_back() {
    check_each(every_record::intel_cores());
}

#[test]
fn a_value_written_to_a_register_of_an_arm_core_changes_its_bits_alone_and_reads_back() {
    check_each(every_record::arm_cores());
}

#[test]
fn a_value_written_to_a_register_of_another_core_changes_its_bits_alone_and_reads_back() {
    for (name, file) in every_record::plain_cores() {
        assert!(check_all(&name, &file, 1, &mut HashSet::new()) > 20, "{name} holds few registers");
    }
}

#[test]
fn a_value_written_to_a_register_of_a_kept_dump_changes_its_bits_alone_and_reads_back() {
    let read = |name: &str| (name.to_owned(), std::fs::read(folder().join(name)).unwrap());
    check_each(["crash.dmp", "live.dmp", "crash.core", "crash32.core"].map(read).into());
}

#[test]
fn a_value_written_to_a_register_of_a_real_dump_changes_its_bits_alone_and_reads_back() {
    let mut seen = HashSet::new();
    for path in [corpus::minidumps(), corpus::cores()].concat() {
        check_all(&path.display().to_string(), &std::fs::read(&path).unwrap(), 3, &mut seen);
    }
}
