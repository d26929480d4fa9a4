//! Helper of the tables' tests: checks that a field of a structure is at the table's offset of its register.

use std::collections::BTreeSet;
use std::fmt::Debug;

use dumpedit_layout::{
    BlockKind, ByteOrder, Context, ContextRecord, Format, Layout, LayoutBuilder, Piece, RecordChoice,
    RecordKind, Thread, ThreadIndex,
};
use scroll::ctx::{SizeWith, TryIntoCtx};
use scroll::{Endian, LE, Pwrite};

use super::context_kind::ContextKind;

/// A different number in each byte, so that no byte is mistaken for another.
const PATTERN: u128 = 0x10_0f_0e_0d_0c_0b_0a_09_08_07_06_05_04_03_02_01;

/// Checks the table of one kind of context against the structure `T` of its header.
pub(super) struct Check<T> {
    kind: &'static ContextKind,
    layout: Layout,
    checked: BTreeSet<u64>,
    blank: fn() -> T,
}

/// A layout whose one thread has the context at file offset 0, all groups present.
fn layout(kind: &ContextKind) -> Layout {
    let machine = kind.format.machine;
    let mut layout = LayoutBuilder::new(Format::Minidump, machine, ByteOrder::Little, 8, kind.size);
    let blocks = layout.block(BlockKind::General, 0, kind.size).into_iter().collect();
    let record = ContextRecord::new(RecordKind::Thread, kind.format, blocks);
    let mut thread = Thread::new(1, None);
    thread.records.push(record);
    layout.thread(thread);
    layout.finish()
}

/// Places of a register's bytes in the table, the copy that reads take first.
fn pieces(layout: &Layout, kind: &ContextKind, name: &str) -> Vec<Piece> {
    let part = kind.format.machine.registers().part(name).unwrap_or_else(|| panic!("no {name}"));
    let context = Context::Thread(ThreadIndex(0), RecordChoice::Thread);
    layout.resolve_part(context, part).map_or_else(|_| Vec::new(), |resolved| resolved.pieces)
}

/// Offsets of a register in a table, in bytes.
pub(super) fn slot_offsets(kind: &ContextKind, name: &str) -> Vec<u64> {
    pieces(&layout(kind), kind, name).iter().map(|piece| piece.file_offset).collect()
}

impl<T> Check<T>
where
    T: TryIntoCtx<Endian, Error = scroll::Error> + SizeWith<Endian> + Debug,
{
    pub(super) fn of(kind: &'static ContextKind) -> Self
    where
        T: Default,
    {
        Check::with(kind, T::default)
    }

    /// Checks a structure that has no default, from one whose fields are zero.
    pub(super) fn with(kind: &'static ContextKind, blank: fn() -> T) -> Self {
        assert_eq!(u64::try_from(T::size_with(&LE)).unwrap(), kind.size, "{}", kind.format.name);
        Check { kind, layout: layout(kind), checked: BTreeSet::new(), blank }
    }

    /// Checks a field that is there once.
    #[track_caller]
    pub(super) fn field(&mut self, name: &str, write: impl FnOnce(&mut T, u128)) {
        assert_eq!(pieces(&self.layout, self.kind, name).len(), 1, "{name} stands once");
        self.copy(name, 0, write);
    }

    /// Checks the field of the `copy`-th place of a register.
    #[track_caller]
    pub(super) fn copy(&mut self, name: &str, copy: usize, write: impl FnOnce(&mut T, u128)) {
        let mut structure = (self.blank)();
        write(&mut structure, PATTERN);
        let mut bytes = vec![0; usize::try_from(self.kind.size).unwrap()];
        bytes.pwrite_with(structure, 0, LE).unwrap();
        let piece = &pieces(&self.layout, self.kind, name)[copy];
        let (at, size) = (piece.file_offset, piece.size);
        let found = &bytes[usize::try_from(at).unwrap()..][..usize::try_from(size).unwrap()];
        assert_eq!(found, &PATTERN.to_le_bytes()[..found.len()], "{name} at {at:#x}");
        self.checked.extend((at..).zip(found).map(|(at, _)| at));
    }

    /// Fails where a register of the table was not checked.
    #[track_caller]
    pub(super) fn finish(self) {
        for register in self.kind.format.machine.registers().iter() {
            for piece in pieces(&self.layout, self.kind, register.name) {
                let end = piece.file_offset.checked_add(piece.size).unwrap();
                let unchecked = (piece.file_offset..end).find(|at| !self.checked.contains(at));
                assert_eq!(unchecked, None, "{} has unchecked bytes", register.name);
            }
        }
    }
}
