//! Environment and arguments at the top of the first thread's stack, where the kernel puts them.

use std::ops::Range;

use dumpedit::{Context, Place, RecordChoice, Span, ThreadIndex};
use dumpedit_formats::elf::schema::auxiliary::{self, Vector};
use dumpedit_formats::mapped::Startup;

use super::{By, Named, Text};
use crate::finding::Stored;
use crate::letters::Letters;

/// Largest auxiliary vector that is read, in bytes.
const MOST_VECTOR: u64 = 1 << 14;

/// Bytes at the end of a stack that are searched where no vector leads there.
const MOST_TOP: u64 = 1 << 20;

/// Most threads whose stacks are searched for that.
const MOST_STACKS: u32 = 64;

impl Named<'_> {
    /// Visits environment and arguments of the process.
    pub(super) fn stack(&mut self) {
        if !self.by_vector() {
            self.by_look();
        }
    }

    /// Finds both by the auxiliary vector on the stack: the pointers to variables and arguments are below it. Returns whether it is there.
    fn by_vector(&mut self) -> bool {
        self.strings_below_vector().is_some()
    }

    fn strings_below_vector(&mut self) -> Option<()> {
        let place = self.auxiliary_vector()?;
        let vector =
            Stored::of_file(self.dump, Place { size: place.size.min(MOST_VECTOR), ..place }, MOST_VECTOR);
        let layout = self.dump.layout();
        let entries = Vector::read(&vector.bytes, layout.byte_order(), layout.pointer_width());
        let program = entries.value(auxiliary::EXECFN)?;
        let low = Startup::stack(layout, program)?;
        let (order, width) = (layout.byte_order(), layout.pointer_width());
        let below = program.saturating_sub(low);
        // Where the stack grows upwards, as on PA-RISC, the words are behind the texts.
        let (stack, startup) = [below, below.saturating_add(MOST_TOP)].into_iter().find_map(|size| {
            let stack = Stored::of_memory(self.dump, low, size);
            let startup = Startup::find(&stack.bytes, &vector.bytes, order, width)?;
            Some((stack, startup))
        })?;
        let text = Text::new(stack, Letters::Bytes);
        let string = |pointer: &u64| -> Option<Range<usize>> {
            let start = usize::try_from(pointer.checked_sub(low)?).ok()?;
            let length = memchr::memchr(0, text.narrow.get(start..)?)?;
            Some(start..start + length)
        };
        let of = |pointers: &[u64]| -> Vec<_> { pointers.iter().filter_map(string).collect() };
        let (arguments, variables) = (of(&startup.arguments), of(&startup.variables));
        let all = arguments.iter().chain(&variables);
        let (from, to) = (all.clone().map(|one| one.start).min()?, all.map(|one| one.end).max()?);
        // Programs overwrite their arguments and variables, and may use the room of both.
        let told: std::collections::HashSet<usize> =
            arguments.iter().chain(&variables).map(|one| one.start).collect();
        for (index, range) in arguments.into_iter().enumerate() {
            self.argument(&text, range, index == 0);
        }
        for range in variables {
            self.variable(&text, range);
        }
        self.strings.extend(Span::of(low.saturating_add(from as u64), to.saturating_sub(from) as u64));
        let area = text.narrow.get(from..to).unwrap_or_default();
        let mut start = from;
        for part in area.split(|byte| *byte == 0) {
            if !part.is_empty() && !told.contains(&start) {
                self.take(By::Arguments, &text, start..start + part.len());
            }
            start += part.len() + 1;
        }
        let path = self.in_memory(program, 4096, Letters::Bytes);
        let path_range = super::until_nul(&path, path.all());
        self.take_folders(By::Path, &path, path_range);
        Some(())
    }

    /// Searches the beginnings of stacks for consecutive variables.
    fn by_look(&mut self) {
        let layout = self.dump.layout();
        let mut tops: Vec<(u64, u64)> = Vec::new();
        let count = u32::try_from(layout.threads().len()).unwrap_or(u32::MAX).min(MOST_STACKS);
        for index in 0..count {
            let context = Context::Thread(ThreadIndex(index), RecordChoice::Auto);
            let sp = self.dump.read_register(context, "sp").ok().and_then(|sp| sp.to_u64().ok());
            let Some(stack) = sp.and_then(|sp| layout.stack(sp, u64::MAX)) else { continue };
            let (first, last) = stack.into_inner();
            let top = if layout.machine().stack_grows_up() {
                (first, last.min(first.saturating_add(MOST_TOP)))
            } else {
                (first.max(last.saturating_sub(MOST_TOP)), last)
            };
            if !tops.iter().any(|(known_first, known_last)| *known_first == top.0 || *known_last == top.1) {
                tops.push(top);
            }
        }
        for (first, last) in tops {
            let size = last.saturating_sub(first).saturating_add(1);
            let text = self.in_memory(first, size, Letters::Bytes);
            self.variables_among(&text, first);
        }
    }

    fn variables_among(&mut self, text: &Text, address: u64) {
        let strings = text.split(|byte| byte == 0);
        let is_variable = |range: &Range<usize>| {
            let bytes = text.get(range);
            let name = bytes.split(|byte| *byte == b'=').next().unwrap_or_default();
            let is_name = name.first().is_some_and(|first| first.is_ascii_alphabetic() || *first == b'_')
                && name.iter().all(|byte| byte.is_ascii_alphanumeric() || *byte == b'_');
            is_name
                && name.len() < bytes.len()
                && bytes.iter().all(|byte| *byte >= 0x20 || byte.is_ascii_whitespace())
        };
        let mut at = 0;
        while let Some(first) = strings.get(at) {
            let follow = |pair: &[Range<usize>]| matches!(pair, [one, next] if one.end + 1 == next.start);
            let rest = strings.get(at..).unwrap_or_default();
            let mut count = 0;
            while rest.get(count).is_some_and(is_variable)
                && (count == 0 || rest.get(count - 1..=count).is_some_and(follow))
            {
                count += 1;
            }
            if count >= 2 {
                let arguments = strings.get(..at).unwrap_or_default();
                let mut next = first.start;
                let touching = arguments.iter().rev().take_while(|range| {
                    let touches = range.end + 1 == next
                        && text.get(range).iter().all(|byte| (0x20..0x7f).contains(byte) || *byte >= 0xc2);
                    next = range.start;
                    touches
                });
                let mut touching: Vec<_> = touching.cloned().collect();
                touching.reverse();
                let last = rest.get(count.saturating_sub(1)).unwrap_or(first);
                let start = touching.first().unwrap_or(first).start;
                let size = last.end.saturating_sub(start) as u64;
                self.strings.extend(Span::of(address.saturating_add(start as u64), size));
                for (index, range) in touching.into_iter().enumerate() {
                    self.argument(text, range, index == 0);
                }
                for range in rest.get(..count).unwrap_or_default() {
                    self.variable(text, range.clone());
                }
            }
            at += count.max(1);
        }
    }
}
