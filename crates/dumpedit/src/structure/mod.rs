//! Parts of a dump that are added and dropped: memory, threads, modules and crashes. An edit changes the dump's model, which is turned into
//! bytes behind the file's end and a header that refers to them before the edit is written.

mod crashes;
mod error;
mod images;
pub(crate) mod lost;
mod memory;
mod module_image;
mod modules;
pub(crate) mod parts;
mod records;
mod repair;
mod taken_back;
mod threads;

use dumpedit_formats::fields::Room;
use dumpedit_formats::model::{Content, Model};
use dumpedit_formats::write::{Growth, Piece, Resized, WriteError};
use dumpedit_layout::{FileBytes, Notice, NoticeKind, Subject};

use crate::edit::Edit;
use crate::edit::pending::Adopted;
use crate::error::Error;
use crate::store::blocks::blocks;

pub use crashes::NewCrash;
pub use error::{ImagesLeft, StructureError};
pub use modules::NewModule;
use parts::Structure;
pub use parts::{DumpPart, PartChange};
pub use repair::Repaired;
pub use threads::{NewRegister, NewThread};

impl Edit {
    /// The parts that the edit adds and drops, in its order.
    pub fn part_changes(&self) -> &[PartChange] {
        self.structure.as_ref().map_or(&[], |structure| &structure.changes)
    }

    /// Size of the dump's file after the edit, in bytes.
    pub fn size_after(&self) -> u64 {
        self.pending.size_after(self.dump().layout().file_size())
    }

    /// Turns the added and dropped parts and the resized fields into bytes of the edit, which every way to write it does first: their
    /// effect on the file is then known, and the edit accepts no more of them. Writes to places that this copies must come before.
    ///
    /// # Errors
    /// [`StructureError::InPlace`] where the file cannot grow in this way, and [`StructureError::Lost`] where a value that the edit sets is in
    /// a part that it drops or rewrites.
    pub fn settle(&mut self) -> Result<(), Error> {
        if self.structure.is_none() && !self.resized.all().is_empty() {
            self.structure = Some(Structure::of(self.dump().model()?));
        }
        let Some(mut structure) = self.structure.take() else { return Ok(()) };
        let settled = if structure.settled { Ok(()) } else { self.settle_structure(&structure) };
        structure.settled |= settled.is_ok();
        self.structure = Some(structure);
        settled
    }

    fn settle_structure(&mut self, structure: &Structure) -> Result<(), Error> {
        let new = &structure.new;
        let growth = self.growth(structure)?.map_err(|cause| match self.lost_by(&cause) {
            Some(lost) => lost.error(),
            None => StructureError::InPlace { cause }.into(),
        })?;
        if let Some(lost) = self.lost_in(structure, &growth) {
            return Err(lost.error());
        }
        let Growth { pieces, repointed, patches, header, size, elsewhere, .. } = growth;
        let old_size = self.dump().layout().file_size();
        if size == old_size && header.bytes.is_empty() {
            return Ok(());
        }
        if let Some(before) = self.taken_back(structure, &header) {
            self.pending = before;
            self.set_structure();
            let kind = NoticeKind::TakenBack;
            self.tell(Notice::new(kind, kind.phrase()));
            return Ok(());
        }
        let header = self.with_writes(header)?;
        for FileBytes { file_offset, bytes } in &repointed {
            self.pending.put(*file_offset, bytes).map_err(|cause| Error::Kept { cause })?;
        }
        for Piece { file_offset, content, .. } in &pieces {
            self.put_content(*file_offset, content, &structure.given)?;
        }
        let kept = |cause| Error::Kept { cause };
        for FileBytes { file_offset, bytes } in patches.iter().chain([&header]) {
            self.pending.put(*file_offset, bytes).map_err(kept)?;
        }
        self.pending.divide(old_size);
        self.pending.resize(size);
        self.set_structure();
        for entry in elsewhere.iter().filter_map(|index| new.memory.get(*index)) {
            let message = format!(
                "the Memory64List cannot grow in place, so {:#x} is in a MemoryList: LLDB reads both \
                 lists, rust-minidump reads only the Memory64List",
                entry.address
            );
            let notice = Notice::new(NoticeKind::ListedApart, message);
            self.tell(notice.about(Subject::Address(entry.address)));
        }
        let dropped = |change: &PartChange| !change.added;
        if structure.changes.iter().any(dropped) {
            let kind = NoticeKind::BytesStay;
            self.tell(Notice::new(kind, kind.phrase()));
        }
        Ok(())
    }

    /// The bytes that turn the old model into the new one.
    fn growth(&self, structure: &Structure) -> Result<Result<Growth, WriteError>, Error> {
        let Structure { old, new, .. } = structure;
        let resized = self.resized_values()?;
        Ok(self.dump().source().walk(|bytes| dumpedit_formats::grow(bytes, old, new, &resized)))
    }

    /// New bytes of the header, with the edit's writes to those that stay.
    fn with_writes(&self, mut header: FileBytes) -> Result<FileBytes, Error> {
        let (mut old, mut now) = (header.bytes.clone(), header.bytes.clone());
        self.dump().read_file(header.file_offset, &mut old)?;
        self.view().file_bytes(header.file_offset, &mut now)?;
        let bytes = header.bytes.iter_mut().zip(old.iter().zip(&now));
        bytes.filter(|(new, (old, _))| *new == *old).for_each(|(new, (_, now))| *new = *now);
        Ok(header)
    }

    /// The resized fields in stored form.
    fn resized_values(&self) -> Result<Vec<Resized>, Error> {
        let places = self.resized.places();
        if places.iter().any(|(stored, _)| stored.room == Room::InOrder) {
            self.check_moved(Room::InOrder)?;
        }
        let places = places.into_iter();
        places.map(|(stored, value)| Ok(Resized::new(stored, self.view().led_to(stored, value)?))).collect()
    }

    /// Checks that the edit writes no field whose old value moves with one that has this room: its new value would be lost.
    fn check_moved(&self, room: Room) -> Result<(), Error> {
        for field in self.dump().fields()?.iter().filter(|field| room.moves(&field.path)) {
            if self.view().field_value(&field)? != self.dump().field_value(&field)? {
                return Err(StructureError::SignalsMove { field: field.path }.into());
            }
        }
        Ok(())
    }

    /// Adds a content to the edit, with the edit's writes so far.
    fn put_content(&mut self, file_offset: u64, content: &Content, given: &[Adopted]) -> Result<(), Error> {
        let kept = |cause| Error::Kept { cause };
        match content {
            Content::Zero(_) => {}
            Content::Bytes(bytes) => self.pending.put(file_offset, bytes).map_err(kept)?,
            Content::Given { number, size } => {
                if let Some(adopted) = given.get(*number) {
                    self.pending.place(file_offset, *adopted, 0, *size);
                }
            }
            Content::File(place) | Content::Cut { file: place, .. } => {
                let mut block = Vec::new();
                for (done, len) in blocks(place.size) {
                    block.resize(len, 0);
                    self.view().file_bytes(place.file_offset.saturating_add(done), &mut block)?;
                    self.pending.put(file_offset.saturating_add(done), &block).map_err(kept)?;
                }
            }
            _ => {}
        }
        Ok(())
    }

    /// The model of the edited dump, with its added, dropped and resized parts; `None` where there are none. The bytes of added memory are
    /// in it, but other changes of the edit are not. For rewriting a dump as a whole.
    ///
    /// # Errors
    /// [`Error::Kept`] where the bytes cannot be read any more, and [`StructureError::InPlace`] where the model does not have the field.
    pub fn changed_model(&self) -> Result<Option<Model>, Error> {
        let mut model = match &self.structure {
            Some(structure) => structure.new.clone(),
            None if self.resized.all().is_empty() => return Ok(None),
            None => self.dump().model()?,
        };
        let given = self.structure.as_ref().map_or(&[][..], |structure| &structure.given);
        let resized = self.resized_values()?;
        let source = self.dump().source();
        let said = source.walk(|bytes| dumpedit_formats::resize(bytes, &mut model, &resized));
        said.map_err(|cause| StructureError::InPlace { cause })?;
        for entry in &mut model.memory {
            let dumpedit_formats::model::Stored::Own(content) = &mut entry.stored else { continue };
            if let Content::Given { number, size } = *content
                && let Some(adopted) = given.get(number)
            {
                let mut bytes = vec![0; usize::try_from(size).unwrap_or(0)];
                self.pending.read_adopted(*adopted, &mut bytes).map_err(|cause| Error::Kept { cause })?;
                *content = Content::from(bytes);
            }
        }
        Ok(Some(model))
    }

    /// Changes the dump's model; an error leaves it unchanged.
    fn restructure<T>(
        &mut self,
        change: impl FnOnce(&mut Edit, &mut Structure) -> Result<T, Error>,
    ) -> Result<T, Error> {
        let format = self.dump().layout().format();
        if !dumpedit_formats::takes_parts(format) {
            return Err(StructureError::Container { format }.into());
        }
        let structure = match self.structure.take() {
            Some(structure) => structure,
            None => Structure::of(self.dump().model()?),
        };
        if structure.settled {
            self.structure = Some(structure);
            return Err(StructureError::Settled.into());
        }
        let before = (structure.new.clone(), structure.changes.len());
        let mut structure = structure;
        let done = change(self, &mut structure);
        if done.is_err() {
            structure.new = before.0;
            structure.changes.truncate(before.1);
        }
        self.structure = Some(structure).filter(|structure| !structure.changes.is_empty());
        done
    }
}
