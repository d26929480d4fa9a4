//! Words that are kept: small numbers, and addresses of mapped memory.

use dumpedit::{ByteOrder, Context, Dump, Edit, Group, Location, Machine, Span, joined};

use crate::error::ScrubError;
use crate::registers;
use crate::report::Cleared;

/// Size of a block of work, in bytes.
const BLOCK: u64 = 1 << 16;

/// Largest number that is kept.
const SMALL: u64 = 4096;

/// Replaces a word that is not kept: the value that Crashpad writes in the stacks that it sanitizes, an address of nothing, so that a stack
/// walker takes it for none, as before. A zero would end a chain of frames.
const DEFACED: u64 = 0x0def_aced_0def_aced;

/// Address bits of ARM64, whose upper bits may be a signature or a tag.
const ARM64_ADDRESS: u64 = 0x0000_ffff_ffff_ffff;

/// Registers that are kept: debuggers cannot place a thread without them.
const STAYING: [&str; 7] = ["pc", "sp", "flags", "lr", "fp", "cpsr", "pstate"];

/// Mapped memory.
pub(super) struct Pointers {
    mapped: Vec<Span>,
    mask: u64,
    order: ByteOrder,
    width: usize,
}

impl Pointers {
    pub(super) fn of(dump: &Dump) -> Pointers {
        let layout = dump.layout();
        let regions = layout.regions().filter_map(|region| {
            let rest = u64::try_from(region.size.checked_sub(1)?).ok()?;
            Some(Span { first: region.start, last: region.start.saturating_add(rest) })
        });
        let modules = layout.modules().iter().filter_map(|module| Span::of(module.base, module.size));
        let mask = if layout.machine() == Machine::Arm64 { ARM64_ADDRESS } else { u64::MAX };
        Pointers {
            mapped: joined(regions.chain(modules)),
            mask,
            order: layout.byte_order(),
            width: layout.pointer_width().into(),
        }
    }

    /// Whether a word is a small number or an address. The address just behind a mapping counts: a call that never returns may return
    /// there, and arrays end there.
    fn stays(&self, word: u64) -> bool {
        let address = word & self.mask;
        let from = self.mapped.partition_point(|span| span.last < address.saturating_sub(1));
        word <= SMALL || self.mapped.get(from).is_some_and(|span| span.first <= address)
    }

    /// The replacement of a word of `size` bytes.
    fn defaced(&self, size: usize) -> u64 {
        match size {
            8 => DEFACED,
            4 => DEFACED >> 32,
            _ => 0,
        }
    }

    fn deface(&self, word: &mut [u8]) {
        let size = word.len();
        let bytes = self.defaced(size).to_le_bytes();
        word.iter_mut().zip(bytes).for_each(|(into, byte)| *into = byte);
        word.iter_mut().skip(8).for_each(|byte| *byte = 0);
        self.order.reorder(word);
    }

    /// Replaces the words of some bytes that are not kept.
    fn clear(&self, bytes: &mut [u8], width: usize, cleared: &mut Cleared) -> bool {
        let mut changed = false;
        for word in bytes.chunks_mut(width) {
            let value = self.order.number(word);
            // A remainder at the end is no word.
            if word.len() < width {
                changed |= value != 0;
                word.fill(0);
            } else if !self.stays(value) && value != self.defaced(width) {
                cleared.stack_words = cleared.stack_words.saturating_add(1);
                let (low, high) = (value & u64::from(u32::MAX), value >> 32);
                let is_packed = width == 8 && low != 0 && high != 0 && high <= SMALL;
                cleared.packed_words = cleared.packed_words.saturating_add(u64::from(is_packed));
                self.deface(word);
                changed = true;
            }
        }
        changed
    }

    /// Replaces words of memory, which begin at multiples of their size.
    pub(super) fn memory(
        &self,
        edit: &mut Edit,
        span: Span,
        cleared: &mut Cleared,
    ) -> Result<(), ScrubError> {
        let mut at = Some(span.first);
        while let Some(first) = at.filter(|first| *first <= span.last) {
            let block_last = (first | (BLOCK - 1)).min(span.last);
            let mut bytes = vec![0; usize::try_from(block_last - first + 1).unwrap_or(0)];
            edit.read_bytes(Context::Process, first, &mut bytes)?
                .complete()
                .map_err(dumpedit::Error::from)?;
            let odd = usize::try_from(first % self.width as u64).unwrap_or(0);
            let head = if odd == 0 { 0 } else { (self.width - odd).min(bytes.len()) };
            let (head, rest) = bytes.split_at_mut(head);
            let mut changed = head.iter().any(|byte| *byte != 0);
            head.fill(0);
            changed |= self.clear(rest, self.width, cleared);
            if changed {
                let outcome = edit.write_bytes(Context::Process, first, &bytes)?;
                outcome.complete().map_err(dumpedit::Error::from)?;
            }
            at = block_last.checked_add(1);
        }
        Ok(())
    }

    /// Clears vector and floating-point registers, and replaces others whose words are not kept.
    pub(super) fn registers(
        &self,
        dump: &Dump,
        edit: &mut Edit,
        cleared: &mut Cleared,
    ) -> Result<(), ScrubError> {
        let layout = dump.layout();
        registers::each(dump, &mut |held| {
            let Location::Register { part, .. } = held.place.location else { return Ok(()) };
            let table = layout.machine_of(held.place.context).registers();
            let group = table.get(part.id).map(|name| name.group);
            let is_vector = matches!(group, Some(Group::Vector | Group::Float));
            let is_staying = STAYING.iter().any(|name| table.find(name) == Some(part.id));
            let value = self.order.number(&held.bytes);
            let is_word = held.bytes.len() <= 8;
            // Control words configure computations, and hold no data.
            let stays = match group {
                Some(Group::Segment | Group::System) => true,
                _ if is_vector => is_word && held.bytes.len() <= 4 && value <= u64::from(u16::MAX),
                _ => is_staying || (is_word && self.stays(value)),
            };
            if stays || held.bytes.iter().all(|byte| *byte == 0) {
                return Ok(());
            }
            let mut bytes = vec![0; held.bytes.len()];
            if !is_vector {
                self.deface(&mut bytes);
            }
            if bytes != held.bytes
                && edit.write_bytes(held.place.context, held.place.location, &bytes).is_ok()
            {
                cleared.registers = cleared.registers.saturating_add(1);
            }
            Ok(())
        })?;
        Ok(())
    }
}
