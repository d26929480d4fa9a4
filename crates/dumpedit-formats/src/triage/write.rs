//! Writes models as triage dumps: both headers, the parts that they lead to, drivers and their names, data blocks, and memory.

use super::schema::*;
use crate::model::{Content, Crash, List, Memory, Model, ModuleEntry, Stack, Triage};
use crate::write::{
    About, MemoryPlaces, Part, Parts, Piece, Plan, Sheet, WriteError, WriteProblem, fits, wide,
};

/// Plans the places of a dump's bytes, at most `limit` of them.
pub(crate) fn plan(model: &Model, limit: u64) -> Result<Plan, WriteError> {
    let triage = model.triage().ok_or(WriteError::new(WriteProblem::Container, About::Dump))?;
    let sheet = Sheet::new(model.target.byte_order, limit);
    Writer { model, triage, sheet, parts: Parts::default() }.write(limit)
}

struct Writer<'m> {
    model: &'m Model,
    triage: &'m Triage,
    sheet: Sheet,
    parts: Parts,
}

impl Writer<'_> {
    fn write(mut self, limit: u64) -> Result<Plan, WriteError> {
        let headers = self.sheet.reserve(HEADERS_SIZE, About::Dump)?;
        self.sheet.put_content(headers, &self.triage.headers);
        self.context()?;
        self.exception()?;
        self.put(0, u64::from_le_bytes([b'P', b'A', b'G', b'E', b'D', b'U', b'6', b'4']), 8);
        self.put(MACHINE, self.triage.machine.value.into(), 4);
        self.put(DUMP_TYPE, TRIAGE.into(), 4);
        self.put(BUG_CHECK, self.triage.bug_check.value.into(), 4);
        for (index, parameter) in (0u64..).zip(&self.triage.parameters) {
            self.put(BUG_CHECK_PARAMETERS.saturating_add(index.saturating_mul(8)), parameter.value, 8);
        }
        self.known_parts()?;
        self.drivers()?;
        let memory = self.memory()?;
        let tables = self.sheet.end();
        let mut pieces = memory.pieces(&self.model.memory);
        let end = self.finish(memory.end.max(tables), &mut pieces)?;
        if end > limit {
            return Err(WriteError::new(WriteProblem::TooLarge { size: end, limit }, About::Dump));
        }
        let (mut all, patches) = self.sheet.finish();
        all.extend(pieces);
        let memory = memory.stored(&self.model.memory);
        Ok(Plan { pieces: all, patches, size: end, tables, memory, parts: self.parts })
    }

    /// Puts a field into the headers.
    fn put(&mut self, at: u64, value: u64, size: usize) {
        self.sheet.put_over(at, value, size);
    }

    /// Places a record for a field of the headers: in the first header, where it has room for the record.
    fn place(&mut self, field: u64, usual: u64, record: &Content) -> Result<u64, WriteError> {
        let fits = usual.checked_add(record.size()).is_some_and(|end| end <= HEADER_SIZE);
        let at = if fits { usual } else { self.sheet.content(record, About::Thread(0))? };
        if fits {
            self.sheet.put_content(at, record);
        }
        self.put(field, offset(at, About::Thread(0))?, 4);
        Ok(at)
    }

    fn context(&mut self) -> Result<(), WriteError> {
        let record = self.model.threads.first().and_then(|thread| thread.record.as_ref());
        if let Some(record) = record {
            let at = self.place(CONTEXT, USUAL_CONTEXT, record)?;
            self.parts.add(Part::Thread(0), at, record.size());
        }
        match self.model.threads.len() {
            0 | 1 => Ok(()),
            _ => Err(WriteError::new(
                WriteProblem::List("a triage dump has one thread, that of the processor that stopped"),
                About::Thread(1),
            )),
        }
    }

    fn exception(&mut self) -> Result<(), WriteError> {
        let Some(crash) = self.model.crashes.first() else { return Ok(()) };
        if self.model.crashes.len() > 1 {
            return Err(WriteError::new(
                WriteProblem::List("a triage dump has one exception"),
                About::Crash(1),
            ));
        }
        let mut skipped = 0;
        for (value, size) in exception_record(crash)? {
            if skipped != EXCEPTION_PADDING {
                self.put(USUAL_EXCEPTION.saturating_add(skipped), value, size);
            }
            skipped = skipped.saturating_add(wide(size));
        }
        self.put(EXCEPTION, USUAL_EXCEPTION, 4);
        Ok(())
    }

    fn known_parts(&mut self) -> Result<(), WriteError> {
        for (field, _) in PARTS {
            let part = self.triage.parts.iter().find(|part| u64::from(part.field) == *field);
            let mut at = 0;
            if *field == UNLOADED && !self.triage.unloaded.is_empty() {
                at = self.unloaded()?;
            } else if let Some(part) = part {
                self.sheet.align(8);
                at = offset(self.sheet.content(&part.content, About::Dump)?, About::Dump)?;
            }
            self.put(*field, at, 4);
            if *field == DEBUGGER_DATA {
                let size = part.map_or(0, |part| part.content.size());
                self.put(field.saturating_add(4), size, 4);
            }
        }
        Ok(())
    }

    /// Adds the number of unloaded drivers and their entries, and returns the file offset.
    fn unloaded(&mut self) -> Result<u64, WriteError> {
        let drivers = &self.triage.unloaded;
        self.sheet.align(8);
        let header = self.sheet.number(count(drivers.len(), About::Dump)?, narrow(UNLOADED_HEADER));
        let list = self.sheet.content(&header.into(), About::Dump)?;
        for driver in drivers {
            let (base, size, name) = (driver.base.value, driver.size.value, &driver.name.value);
            let letters: Vec<u16> = name.encode_utf16().collect();
            if letters.len() > UNLOADED_LETTERS {
                let text = "the name of an unloaded driver has at most 12 letters";
                return Err(WriteError::new(WriteProblem::List(text), About::Dump));
            }
            let at = self.sheet.reserve(UNLOADED_SIZE, About::Dump)?;
            let made = Content::from(unloaded_entry(base, size, name));
            let is_whole = driver.reserved.size() == UNLOADED_SIZE;
            self.sheet.put_content(at, if is_whole { &driver.reserved } else { &made });
            self.over(at, wide(letters.len()).saturating_mul(2), 2);
            for (letter, into) in letters.into_iter().zip((at.saturating_add(UNLOADED_NAME)..).step_by(2)) {
                self.over(into, letter.into(), 2);
            }
            self.over(at.saturating_add(UNLOADED_BASE), base, 8);
            self.over(at.saturating_add(UNLOADED_END), base.wrapping_add(size), 8);
        }
        offset(list, About::Dump)
    }

    /// Adds the drivers, and their names behind them.
    fn drivers(&mut self) -> Result<(), WriteError> {
        self.sheet.align(8);
        let modules = &self.model.modules;
        let table = self.sheet.end();
        for (index, module) in modules.iter().enumerate() {
            let at = self.sheet.reserve(DRIVER_SIZE, About::Module(index))?;
            if module.reserved.size() == DRIVER_REST {
                self.sheet.put_content(at.saturating_add(4), &module.reserved);
            }
        }
        let pool = self.sheet.end();
        for ((index, module), entry) in modules.iter().enumerate().zip((table..).step_by(narrow(DRIVER_SIZE)))
        {
            let name = self.text(&module.name.value, About::Module(index))?;
            self.driver(module, entry, name, About::Module(index))?;
        }
        let broken = match &self.triage.broken_driver {
            Some(name) => self.text(name, About::Dump)?,
            None => 0,
        };
        let size = self.sheet.end().saturating_sub(pool);
        self.put(DRIVERS, offset(table, About::Dump)?, 4);
        self.put(DRIVERS.saturating_add(4), count(modules.len(), About::Dump)?, 4);
        self.put(STRINGS, offset(pool, About::Dump)?, 4);
        self.put(STRINGS.saturating_add(4), size, 4);
        self.put(BROKEN_DRIVER, broken, 4);
        Ok(())
    }

    fn driver(&mut self, module: &ModuleEntry, at: u64, name: u64, about: About) -> Result<(), WriteError> {
        let size = fits(module.size.value, "a driver's size", 32, about)?;
        self.over(at, name, 4);
        self.over(at.saturating_add(DRIVER_BASE), module.base.value, 8);
        self.over(at.saturating_add(DRIVER_IMAGE_SIZE), size, 4);
        self.over(at.saturating_add(DRIVER_TIMESTAMP), module.timestamp.value.into(), 4);
        Ok(())
    }

    /// Overwrites bytes, which may be in the old file, with a value.
    fn over(&mut self, at: u64, value: u64, size: usize) {
        self.sheet.patch(at, value, size);
    }

    /// Adds a text to the string pool, its length in UTF-16 code units and UTF-16 with a NUL, and returns its file offset.
    fn text(&mut self, text: &str, about: About) -> Result<u64, WriteError> {
        let letters: Vec<u16> = text.encode_utf16().collect();
        let mut bytes = self.sheet.number(count(letters.len(), about)?, 4);
        bytes.extend(letters.iter().chain(&[0]).flat_map(|letter| letter.to_le_bytes()));
        let at = self.sheet.content(&bytes.into(), about)?;
        self.sheet.align(8);
        offset(at, about)
    }

    /// Adds the table of data blocks, and returns the places of the memory behind it.
    fn memory(&mut self) -> Result<MemoryPlaces, WriteError> {
        let memory = &self.model.memory;
        let is_stack = |index: usize| {
            let of = self.model.threads.first().map(|thread| thread.stack);
            of == Some(Stack::Memory(index))
                && memory.get(index).is_some_and(|entry| entry.list == List::Outside)
        };
        let stack = (0..memory.len()).find(|index| is_stack(*index));
        if let Some(other) = (0..memory.len())
            .find(|index| Some(*index) != stack && memory.get(*index).is_some_and(is_outside))
        {
            let text = "this region is in no data block and is not the thread's stack: nothing in the dump would \
                        point to it";
            return Err(WriteError::new(WriteProblem::List(text), About::Memory(other)));
        }
        self.sheet.align(8);
        let blocks = memory.len().saturating_sub(usize::from(stack.is_some()));
        let table = self.sheet.reserve(wide(blocks).saturating_mul(DATA_BLOCK_SIZE), About::Dump)?;
        let order: Vec<usize> = (0..memory.len()).collect();
        let mut places = MemoryPlaces::of(memory, self.sheet.end(), &order, 1)?;
        places.follow(memory);
        let mut at = table;
        for (index, entry) in memory.iter().enumerate() {
            let about = About::Memory(index);
            let (file_offset, size) = (offset(places.offset(index), about)?, size(entry, about)?);
            if Some(index) == stack {
                self.put(TOP_OF_STACK, entry.address, 8);
                self.put(CALL_STACK, file_offset, 4);
                self.put(CALL_STACK.saturating_add(4), size, 4);
                continue;
            }
            let block = self.sheet.fields(&[(entry.address, 8), (file_offset, 4), (size, 4)]);
            self.sheet.put(at, &block);
            at = at.saturating_add(DATA_BLOCK_SIZE);
        }
        if stack.is_none() {
            self.put(CALL_STACK, 0, 8);
        }
        // The page is a data block like the others.
        self.put(DATA_PAGE, 0, 8);
        self.put(DATA_PAGE.saturating_add(8), 0, 8);
        self.put(DATA_BLOCKS, offset(table, About::Dump)?, 4);
        self.put(DATA_BLOCKS.saturating_add(4), count(blocks, About::Dump)?, 4);
        Ok(places)
    }

    /// Adds the signature of a finished dump and the bytes behind it, and returns the end of all.
    fn finish(&mut self, end: u64, pieces: &mut Vec<Piece>) -> Result<u64, WriteError> {
        let mut end = end;
        let cut = |entry: &Memory| {
            entry.stored.size() < entry.captured && matches!(entry.stored, crate::model::Stored::Own(_))
        };
        if self.triage.is_finished && !self.model.memory.iter().any(cut) {
            let at = end.checked_next_multiple_of(4).unwrap_or(end);
            pieces.push(Piece { file_offset: at, content: SIGNATURE.to_le_bytes().to_vec().into() });
            self.put(VALID, offset(at, About::Dump)?, 4);
            end = at.saturating_add(4);
        }
        self.put(SIZE_OF_DUMP, offset(end, About::Dump)?, 4);
        let secondary = self.triage.parts.iter().find(|part| u64::from(part.field) == SIZE_OF_DUMP);
        if let Some(part) = secondary.filter(|part| !part.content.is_empty()) {
            pieces.push(Piece { file_offset: end, content: part.content.clone() });
            end = end.saturating_add(part.content.size());
        }
        Ok(end)
    }
}

fn is_outside(entry: &Memory) -> bool {
    entry.list == List::Outside
}

/// The fields of `EXCEPTION_RECORD64`.
fn exception_record(crash: &Crash) -> Result<Vec<(u64, usize)>, WriteError> {
    /// `EXCEPTION_MAXIMUM_PARAMETERS`.
    const MOST_PARAMETERS: usize = 15;
    if crash.parameters.len() > MOST_PARAMETERS {
        return Err(WriteError::new(WriteProblem::Parameters, About::Crash(0)));
    }
    let mut fields = vec![
        (crash.code.value.into(), 4),
        (crash.flags.value.into(), 4),
        (crash.nested.value, 8),
        (crash.address.map_or(0, |address| address.value), 8),
        (crash.parameter_count.value.into(), 4),
        (0, 4),
    ];
    let given = crash.parameters.iter().map(|parameter| (parameter.value, 8));
    fields.extend(given.chain(std::iter::repeat((0, 8))).take(MOST_PARAMETERS));
    Ok(fields)
}

/// A file offset, which has 32 bits.
fn offset(at: u64, about: About) -> Result<u64, WriteError> {
    fits(at, "a file offset of a triage dump", 32, about)
}

/// The size of a data block, which has 32 bits.
fn size(entry: &Memory, about: About) -> Result<u64, WriteError> {
    fits(entry.captured, "the size of a data block", 32, about)
}

fn count(number: usize, about: About) -> Result<u64, WriteError> {
    fits(wide(number), "a number of a triage dump", 32, about)
}

fn narrow(size: u64) -> usize {
    usize::try_from(size).unwrap_or(usize::MAX)
}
