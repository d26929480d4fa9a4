//! Makes the records of an added thread: its registers are set by name in a dump of this thread only.

use dumpedit_formats::model::{Content, Model, ThreadEntry};
use dumpedit_formats::write::{Part, Piece, Plan};
use dumpedit_layout::{Context, FileBytes, RecordChoice, ThreadIndex};

use super::StructureError;
use super::threads::NewRegister;
use crate::dump::Dump;
use crate::edit::Edit;
use crate::error::Error;

/// Maximum size of that dump, in bytes.
const MOST: u64 = 64 << 20;

impl Edit {
    /// A thread with the bytes of the records of `like`, all registers zero where `blank` is set, and some registers set. Returns its stack
    /// pointer as well.
    pub(super) fn with_registers(
        &self,
        model: &Model,
        like: ThreadEntry,
        blank: bool,
        registers: &[NewRegister],
    ) -> Result<(ThreadEntry, Option<u64>), Error> {
        let mut thread = like;
        let container = model.container.alone().ok_or(StructureError::NoThread)?;
        let mut alone = Model::new(model.target, container);
        alone.threads.push(thread.clone());
        let in_place = |cause| StructureError::InPlace { cause };
        let plan = dumpedit_formats::plan(&alone, MOST).map_err(in_place)?;
        let no_dump = |_| Error::from(StructureError::NoThread);
        let dump = Dump::from_bytes(self.planned_bytes(&plan)?).map_err(no_dump)?;
        let context = Context::Thread(ThreadIndex(0), RecordChoice::Thread);
        let mut edit = dump.edit();
        if blank {
            for held in dump.registers(context)? {
                let name = dump.layout().register_name(context, held.part);
                // Registers that follow from the record's form stay.
                let _ = edit.set_register(context, &name, 0u64);
            }
        }
        for NewRegister { name, value } in registers {
            edit.set_register(context, name, value.clone())?;
        }
        let sp = edit.read_register(context, "sp").ok().and_then(|value| value.to_u64().ok());
        edit.commit().map_err(|error| Error::Kept { cause: std::io::Error::other(error.to_string()) })?;
        let bytes = |part: Part| -> Result<Option<Content>, Error> {
            let Some(place) = plan.parts.get(part) else { return Ok(None) };
            let mut bytes = vec![0; usize::try_from(place.size).unwrap_or(0)];
            dump.read_file(place.file_offset, &mut bytes)?;
            Ok(Some(Content::from(bytes)))
        };
        thread.record = bytes(Part::Thread(0))?.or(thread.record);
        for (index, note) in thread.notes.iter_mut().enumerate() {
            if let Some(content) = bytes(Part::Note(0, index))? {
                note.body = dumpedit_formats::model::NoteBody::Bytes(content);
            }
        }
        Ok((thread, sp))
    }

    /// The bytes of a planned file, of which those from the dump are with the edit.
    fn planned_bytes(&self, plan: &Plan) -> Result<Vec<u8>, Error> {
        let mut bytes = vec![0; usize::try_from(plan.size).unwrap_or(0)];
        let mut put = |at: u64, new: &[u8]| {
            let start = usize::try_from(at).unwrap_or(usize::MAX);
            let room = bytes.get_mut(start..).unwrap_or_default();
            room.iter_mut().zip(new).for_each(|(into, byte)| *into = *byte);
        };
        for Piece { file_offset, content, .. } in &plan.pieces {
            put(*file_offset, &self.content_bytes(content)?);
        }
        for FileBytes { file_offset, bytes } in &plan.patches {
            put(*file_offset, bytes);
        }
        Ok(bytes)
    }
}
