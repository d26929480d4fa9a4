//! Locations and registers of changed file bytes, for reports.

use dumpedit_layout::{ByteOrder, Context, ContextLocation, Location, RegisterId, RegisterPart, View};

use crate::dump::Dump;
use crate::edit::changes::Extent;
use crate::number::RegisterValue;

/// A changed register, or the changed part of one.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct RegisterChange {
    /// Name, as `set` takes it.
    pub name: String,
    /// Value before.
    pub old: RegisterValue,
    /// Value after.
    pub new: RegisterValue,
}

/// Changed file bytes, and their location.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Located<'a> {
    /// Location of the first byte; `None` where it is neither memory, a register nor a field.
    pub of: Option<ContextLocation>,
    /// The bytes.
    pub extent: Extent<'a>,
}

impl<'a> Located<'a> {
    /// Bytes without a known location.
    pub fn unknown(extent: Extent<'a>) -> Self {
        Located { of: None, extent }
    }
}

impl Dump {
    /// The registers that a change at a location changes, with their values: the register or the lane of these bytes, or the flags in it
    /// that differ. Empty for memory, and for bytes that are no whole named part.
    ///
    /// `old` and `new` are the bytes as stored.
    pub fn register_changes(
        &self,
        context: Context,
        location: Location,
        old: &[u8],
        new: &[u8],
    ) -> Vec<RegisterChange> {
        let Location::Register { part, byte } = location else { return Vec::new() };
        let order = self.layout().byte_order();
        let value = |bytes: &[u8], bits| {
            let mut little = bytes.to_vec();
            order.reorder(&mut little);
            RegisterValue::new(little, bits)
        };
        let change = |part: RegisterPart| RegisterChange {
            name: self.layout().register_name(context, part),
            old: value(old, part.bits),
            new: value(new, part.bits),
        };
        if old.is_empty() || old.len() != new.len() {
            return Vec::new();
        }
        if byte == 0 && new.len() == part.size() {
            return vec![change(part)];
        }
        let Some((root, at_bit, bits)) = self.bits_behind(context, part, byte, new.len()) else {
            return Vec::new();
        };
        if let ([old], [new]) = (old, new)
            && let flags = self.flags(context, root, at_bit, (*old, *new))
            && !flags.is_empty()
        {
            return flags;
        }
        let record = self.layout().record_of(context);
        let parts = record.map(|record| record.parts_of(root, at_bit, bits, part.copy)).unwrap_or_default();
        match parts.as_slice() {
            [part] => vec![change(*part)],
            _ => Vec::new(),
        }
    }

    /// The whole register that contains some bytes of a part, the lowest of their bits in it, and the number of bits.
    fn bits_behind(
        &self,
        context: Context,
        part: RegisterPart,
        byte: u32,
        len: usize,
    ) -> Option<(RegisterId, u32, u32)> {
        let len = u32::try_from(len).ok()?;
        let before = match self.layout().byte_order() {
            ByteOrder::Little => byte,
            ByteOrder::Big => part.bytes()?.checked_sub(byte)?.checked_sub(len)?,
        };
        let View { parent, at_bit } = self.layout().machine_of(context).registers().root(part)?;
        Some((parent, at_bit.checked_add(before.checked_mul(8)?)?, len.checked_mul(8)?))
    }

    /// The flags in a byte of a register that differ; empty where another part of it differs as well.
    fn flags(
        &self,
        context: Context,
        root: RegisterId,
        at_bit: u32,
        (old, new): (u8, u8),
    ) -> Vec<RegisterChange> {
        let registers = self.layout().machine_of(context).registers();
        let mut left = old ^ new;
        let mut flags = Vec::new();
        for name in registers.iter() {
            let id = name.id;
            let Some(view) = name.view.filter(|view| view.parent == root && name.bits < 8) else { continue };
            let Some(shift) =
                view.at_bit.checked_sub(at_bit).filter(|shift| shift.saturating_add(name.bits) <= 8)
            else {
                continue;
            };
            let mask = 0xffu8 >> 8u32.saturating_sub(name.bits);
            let bits = |byte: u8| byte.checked_shr(shift).unwrap_or(0) & mask;
            if bits(old) != bits(new) {
                left &= !mask.checked_shl(shift).unwrap_or(0);
                flags.push(RegisterChange {
                    name: self.layout().register_name(context, RegisterPart::new(id, name.bits)),
                    old: RegisterValue::new(vec![bits(old)], name.bits),
                    new: RegisterValue::new(vec![bits(new)], name.bits),
                });
            }
        }
        if left == 0 { flags } else { Vec::new() }
    }

    /// Splits changed file bytes by registers; other bytes stay in one piece.
    pub fn located<'a>(&self, extent: Extent<'a>) -> Vec<Located<'a>> {
        let mut pieces = Vec::new();
        let mut from = 0;
        while from < extent.length {
            let of = extent.file_offset.checked_add(from).and_then(|at| self.location_in_file(at));
            let left = extent.length.saturating_sub(from);
            let length = match of {
                Some(ContextLocation { location: Location::Field { left: of_field, .. }, .. }) => {
                    left.min(of_field)
                }
                Some(of @ ContextLocation { location: Location::Register { .. }, .. }) => {
                    self.bytes_of_register(of, extent.file_offset.saturating_add(from), left)
                }
                _ => left,
            };
            pieces.push(Located { of, extent: extent.part(from, length) });
            from = from.saturating_add(length.max(1));
        }
        pieces
    }

    /// The location of a byte of the file: memory, a register, or a field.
    pub fn location_in_file(&self, file_offset: u64) -> Option<ContextLocation> {
        self.layout().location_of(file_offset).or_else(|| self.field_location(file_offset))
    }

    /// Number of bytes, of `most` from a file offset on, that follow a location in its register.
    fn bytes_of_register(&self, of: ContextLocation, file_offset: u64, most: u64) -> u64 {
        let Location::Register { part, byte } = of.location else { return most };
        let follows = |bytes: u64| {
            let at = file_offset.checked_add(bytes);
            let next = ContextLocation { location: of.location.offset(bytes), ..of };
            at.and_then(|at| self.layout().location_of(at)) == Some(next)
        };
        let rest = (part.size() as u64).saturating_sub(u64::from(byte)).clamp(1, most.max(1));
        if follows(rest.saturating_sub(1)) {
            return rest;
        }
        (1..rest).find(|bytes| !follows(*bytes)).unwrap_or(rest)
    }
}
