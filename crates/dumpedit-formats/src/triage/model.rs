//! Reads triage dumps as models: data blocks become memory, the stack apart from them becomes that of the only thread, and drivers become
//! modules.

use dumpedit_layout::{Format, Machine, Notice, NoticeKind, Notices, Subject};

use super::fields::Fields;
use super::schema::*;
use super::targets::{self, Target};
use super::{ByteOrder, check};
use crate::FormatError;
use crate::exception_record;
use crate::model::{
    Container, Content, Crash, CrashRecord, List, Memory, Model, ModuleEntry, Place, Placed, Stack, Stored,
    Target as Of, ThreadEntry, Triage, TriagePart,
};
use crate::stored::StoredBytes;
use crate::write::wide;

/// Reads a triage dump.
pub(crate) fn read(bytes: &[u8]) -> Result<Model, FormatError> {
    let fields = Fields(bytes);
    let blocks = check(fields)?;
    let number = fields.u32(MACHINE).unwrap_or(0);
    let known = targets::numbered(number);
    let machine = known.map_or(Machine::Unknown, |target| target.machine);
    let target = Of { format: Format::Triage, machine, byte_order: ByteOrder::Little };
    let mut reader = Reader { fields, stored: StoredBytes::new(wide(bytes.len())), lost: Notices::default() };
    let (memory, stack, offsets) = reader.memory(blocks);
    let context = reader.context(known);
    let mut thread =
        ThreadEntry { stack: stack.map_or(Stack::None, Stack::Memory), ..ThreadEntry::default() };
    let mut headers: Vec<u8> = bytes.iter().copied().take(narrow(HEADERS_SIZE)).collect();
    let crash = reader.exception(context.is_some());
    let exception = fields.offset(EXCEPTION).filter(|_| crash.is_some());
    let in_front = exception.map(|file_offset| Place { file_offset, size: EXCEPTION_PADDING });
    let behind = exception.map(|at| {
        let skipped = EXCEPTION_PADDING.saturating_add(4);
        Place { file_offset: at.saturating_add(skipped), size: EXCEPTION_SIZE.saturating_sub(skipped) }
    });
    for place in context.iter().chain(&in_front).chain(&behind) {
        let range = narrow(place.file_offset)..narrow(place.file_offset.saturating_add(place.size));
        headers.get_mut(range).into_iter().for_each(|room| room.fill(0));
    }
    thread.record = context.map(Content::File);
    let parameter = |index: u64| {
        let at = BUG_CHECK_PARAMETERS.saturating_add(index.saturating_mul(8));
        Placed::at(fields.u64(at).unwrap_or(0), at, 8)
    };
    let part = |(field, _, place): (u64, &str, Place)| {
        Some(TriagePart { field: u32::try_from(field).ok()?, content: Content::File(place) })
    };
    let mut parts = fields.parts(offsets);
    let mut unloaded = Vec::new();
    // A list with other bytes behind it stays bytes.
    parts.retain(|(field, _, place)| {
        let is_list = *field == UNLOADED && fields.unloaded_size(*place) == Some(place.size);
        if is_list {
            unloaded = reader.unloaded();
        }
        unloaded.is_empty() || *field != UNLOADED
    });
    let triage = Triage {
        machine: Placed::at(number, MACHINE, 4),
        bug_check: Placed::at(fields.u32(BUG_CHECK).unwrap_or(0), BUG_CHECK, 4),
        parameters: [parameter(0), parameter(1), parameter(2), parameter(3)],
        broken_driver: fields.offset(BROKEN_DRIVER).and_then(|at| fields.text(at)),
        is_finished: fields.is_finished(),
        unloaded,
        parts: parts.into_iter().filter_map(part).collect(),
        ..Triage::new(headers.into(), number)
    };
    let modules = reader.drivers();
    let lost = reader.lost.finish();
    let container = Container::Triage(triage);
    Ok(Model {
        threads: vec![thread],
        crashes: crash.into_iter().collect(),
        modules,
        memory,
        lost,
        ..Model::new(target, container)
    })
}

struct Reader<'a> {
    fields: Fields<'a>,
    stored: StoredBytes,
    lost: Notices,
}

impl Reader<'_> {
    /// The data blocks and the stack, the index of the stack, which comes last, and the file offsets of the blocks.
    fn memory(&mut self, blocks: u32) -> (Vec<Memory>, Option<usize>, Vec<u64>) {
        let (mut memory, mut offsets) = (Vec::new(), Vec::new());
        let table = self.fields.offset(DATA_BLOCKS).unwrap_or(0);
        for index in 0..u64::from(blocks) {
            let at = table.saturating_add(index.saturating_mul(DATA_BLOCK_SIZE));
            let Some(block) = self.fields.block(at) else {
                let kind = NoticeKind::DataBlocksCutOff;
                self.lost.tell(Notice::new(kind, kind.phrase()).about(Subject::FileOffset(table)));
                break;
            };
            offsets.push(block.1);
            memory.push(self.entry(memory.len(), block, List::Memory));
        }
        if let Some(page) = self.fields.page() {
            offsets.push(page.1);
            memory.push(self.entry(memory.len(), page, List::Memory));
        }
        let stack = self.fields.stack().map(|stack| self.entry(memory.len(), stack, List::Outside));
        let index = stack.is_some().then_some(memory.len());
        memory.extend(stack);
        (memory, index, offsets)
    }

    fn entry(&mut self, index: usize, (address, file_offset, size): (u64, u64, u64), list: List) -> Memory {
        let stored: Stored = self.stored.of(index, size, file_offset, true);
        Memory { size, captured: size, stored, list, ..Memory::new(address, Content::default()) }
    }

    /// The place of the context, where it is one of the machine's and the file has all of it.
    fn context(&self, known: Option<&Target>) -> Option<Place> {
        let kind = known?.context;
        let at = self.fields.offset(CONTEXT)?;
        let flags = self.fields.u32(at.saturating_add(kind.flags_at))?;
        let is_whole = at.checked_add(kind.size).is_some_and(|end| end <= wide(self.fields.0.len()));
        (is_whole && flags & kind.cpu != 0).then_some(Place { file_offset: at, size: kind.size })
    }

    fn exception(&self, has_context: bool) -> Option<Crash> {
        let (at, record) = self.fields.told_exception()?;
        let field = |skipped: u64| at.saturating_add(skipped);
        let used = exception_record::parameter_count(&record);
        let parameters = (0u64..).zip(record.exception_information).take(used);
        Some(Crash {
            code: Placed::at(record.exception_code, field(0), 4),
            flags: Placed::at(record.exception_flags, field(4), 4),
            nested: Placed::at(record.exception_record, field(8), 8),
            address: Some(Placed::at(record.exception_address, field(16), 8)),
            parameter_count: Placed::at(record.number_parameters, field(24), 4),
            parameters: parameters
                .map(|(index, value)| Placed::at(value, field(index.saturating_mul(8).saturating_add(32)), 8))
                .collect(),
            record: if has_context { CrashRecord::Thread(0) } else { CrashRecord::None },
            ..Crash::default()
        })
    }

    fn drivers(&mut self) -> Vec<ModuleEntry> {
        let mut drivers = Vec::new();
        let Some(table) = self.fields.offset(DRIVERS) else { return drivers };
        for index in 0..u64::from(self.fields.u32(DRIVERS.saturating_add(4)).unwrap_or(0)) {
            let at = index.saturating_mul(DRIVER_SIZE).saturating_add(table);
            let Some((base, size, timestamp)) = self.fields.driver(at) else {
                let kind = NoticeKind::DriversCutOff;
                self.lost.tell(Notice::new(kind, kind.phrase()).about(Subject::FileOffset(table)));
                break;
            };
            let field = |skipped: u64| at.saturating_add(skipped);
            let name = self.fields.offset(at).and_then(|at| self.fields.text(at)).unwrap_or_default();
            self.lost_letters(&name, at);
            drivers.push(ModuleEntry {
                base: Placed::at(base, field(DRIVER_BASE), 8),
                size: Placed::at(size.into(), field(DRIVER_IMAGE_SIZE), 4),
                timestamp: Placed::at(timestamp, field(DRIVER_TIMESTAMP), 4),
                reserved: Content::File(Place { file_offset: field(4), size: DRIVER_REST }),
                ..ModuleEntry::new(base, size.into(), name)
            });
        }
        drivers
    }

    fn unloaded(&mut self) -> Vec<ModuleEntry> {
        let Some((count, first)) = self.fields.unloaded() else { return Vec::new() };
        let mut drivers = Vec::new();
        for index in 0..count {
            let at = index.saturating_mul(UNLOADED_SIZE).saturating_add(first);
            let Some((name, base, end)) = self.fields.unloaded_driver(at) else { break };
            self.lost_letters(&name, at);
            let mut driver = ModuleEntry::new(base, end.wrapping_sub(base), name.clone());
            driver.base = Placed::at(base, at.saturating_add(UNLOADED_BASE), 8);
            driver.name = Placed::at(name, at, UNLOADED_TEXT);
            driver.reserved = Content::File(Place { file_offset: at, size: UNLOADED_SIZE });
            drivers.push(driver);
        }
        drivers
    }

    fn lost_letters(&mut self, name: &str, at: u64) {
        if name.contains(char::REPLACEMENT_CHARACTER) {
            self.lost.count(NoticeKind::LostNameLetters, Subject::FileOffset(at));
        }
    }
}

/// A file offset in the headers as an index of bytes in memory.
fn narrow(offset: u64) -> usize {
    usize::try_from(offset).unwrap_or(usize::MAX)
}
