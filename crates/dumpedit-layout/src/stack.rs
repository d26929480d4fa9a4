//! Finds the stack of a stack pointer.

use std::ops::RangeInclusive;

use crate::layout::Layout;

/// Most bytes from a stack pointer in a guard page to the stack above it.
const GUARD: u64 = 1 << 16;

/// Most mappings that are guard pages of one stack.
const MOST_GUARDS: usize = 16;

impl Layout {
    /// The captured addresses of a stack from its stack pointer on, as far as they are in one piece and in one mapping, and at most `bytes`
    /// of them. A stack pointer in a guard page, captured or not, has its stack above. `None` where nothing of the stack is captured. Where
    /// stacks grow upwards, the addresses are those below the stack pointer.
    pub fn stack(&self, stack_pointer: u64, bytes: u64) -> Option<RangeInclusive<u64>> {
        if self.machine().stack_grows_up() {
            return self.stack_below(stack_pointer, bytes);
        }
        let first = self.stack_start(stack_pointer)?;
        let most = first.saturating_add(bytes.checked_sub(1)?);
        let end = self.mapping_at(first).map_or(most, |mapping| mapping.last.min(most));
        let mut last = None;
        for range in self.captured_ranges(first, end) {
            match last {
                None if range.first == first => last = Some(range.last),
                Some(before) if range.first.checked_sub(1) == Some(before) => last = Some(range.last),
                _ => break,
            }
        }
        Some(first..=last?)
    }

    fn stack_below(&self, stack_pointer: u64, bytes: u64) -> Option<RangeInclusive<u64>> {
        let last = stack_pointer.checked_sub(1)?;
        let most = last.saturating_sub(bytes.checked_sub(1)?);
        let start = self.mapping_at(last).map_or(most, |mapping| mapping.first.max(most));
        let mut first = None;
        for range in self.captured_ranges(start, last).rev() {
            match first {
                None if range.last == last => first = Some(range.first),
                Some(above) if range.last.checked_add(1) == Some(above) => first = Some(range.first),
                _ => break,
            }
        }
        Some(first?..=last)
    }

    /// The stack pointer, or the first address above the guard page that it is in.
    fn stack_start(&self, stack_pointer: u64) -> Option<u64> {
        let highest = stack_pointer.saturating_add(GUARD);
        let captured_from = |address: u64| {
            let mut first = None;
            self.captures.meeting(address, highest, |capture| {
                first = Some(capture.first.max(address));
                false
            });
            first
        };
        let mut at = Some(stack_pointer);
        for _ in 0..MOST_GUARDS {
            let Some(guard) = at.and_then(|at| self.mapping_at(at)).filter(|mapping| mapping.is_guard())
            else {
                break;
            };
            at = guard.last.checked_add(1).filter(|above| *above <= highest);
        }
        let can_be_stack = |address: &u64| {
            let protection = self.mapping_at(*address).and_then(|mapping| mapping.protection);
            protection.is_none_or(|protection| protection.write && !protection.guard)
        };
        let above = at.and_then(captured_from).filter(can_be_stack);
        above.or_else(|| captured_from(stack_pointer).filter(|at| *at == stack_pointer))
    }
}

#[cfg(test)]
mod tests {
    use crate::{ByteOrder, Format, Layout, LayoutBuilder, Machine, Protection};

    const GUARD: Protection = Protection { read: true, write: true, execute: false, guard: true };
    const NONE: Protection = Protection { read: false, write: false, execute: false, guard: false };
    const READ: Protection = Protection { read: true, write: false, execute: false, guard: false };
    const WRITE: Protection = Protection { read: true, write: true, execute: false, guard: false };
    const CODE: Protection = Protection { read: true, write: false, execute: true, guard: false };

    /// Two captured pages at 0x1000 and 0x2000 with a protection each.
    fn layout(lower: Option<Protection>, upper: Protection) -> Layout {
        let mut builder = LayoutBuilder::new(Format::Minidump, Machine::Amd64, ByteOrder::Little, 8, 0x10000);
        for (first, protection) in [(0x1000, lower), (0x2000, Some(upper))] {
            if protection.is_some() {
                builder.mapping(first, 0x1000, protection, None);
            }
            builder.capture(first, 0x1000, first);
        }
        builder.finish()
    }

    #[test]
    fn a_stack_goes_on_to_the_end_of_its_mapping_or_of_what_is_wanted() {
        let layout = layout(Some(WRITE), WRITE);
        assert_eq!(layout.stack(0x1800, u64::MAX), Some(0x1800..=0x1fff));
        assert_eq!(layout.stack(0x1800, 0x10), Some(0x1800..=0x180f));
        assert_eq!(layout.stack(0x1800, 0), None);
        assert_eq!(layout.stack(0x5000, u64::MAX), None);
    }

    #[test]
    fn a_stack_that_grows_upwards_is_below_its_stack_pointer() {
        let mut builder = LayoutBuilder::new(Format::ElfCore, Machine::Hppa, ByteOrder::Big, 4, 0x10000);
        builder.mapping(0x2000, 0x2000, Some(WRITE), None);
        for page in [0x1000, 0x2000, 0x3000] {
            builder.capture(page, 0x1000, page);
        }
        let layout = builder.finish();
        assert_eq!(layout.stack(0x3800, u64::MAX), Some(0x2000..=0x37ff));
        assert_eq!(layout.stack(0x3800, 0x10), Some(0x37f0..=0x37ff));
        assert_eq!(layout.stack(0x4000, u64::MAX), Some(0x2000..=0x3fff));
        for (sp, bytes) in [(0x3800, 0), (0x1000, u64::MAX), (0x4001, u64::MAX), (0, 1)] {
            assert_eq!(layout.stack(sp, bytes), None, "{sp:#x}");
        }
    }

    #[test]
    fn of_a_stack_pointer_in_a_guard_page_the_stack_is_above() {
        for guard in [GUARD, NONE, READ] {
            assert_eq!(layout(Some(guard), WRITE).stack(0x1ff8, u64::MAX), Some(0x2000..=0x2fff));
        }
        assert_eq!(layout(Some(CODE), WRITE).stack(0x1ff8, u64::MAX), Some(0x1ff8..=0x1fff));
        assert_eq!(layout(Some(NONE), CODE).stack(0x1ff8, u64::MAX), Some(0x1ff8..=0x1fff));
        assert_eq!(layout(None, WRITE).stack(0xff8, u64::MAX), Some(0x1000..=0x2fff));
    }
}
