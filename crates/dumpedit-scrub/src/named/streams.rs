//! Streams of minidumps with texts.

use dumpedit::Place;
use dumpedit::model::{Blob, Content, Stream, StreamContent};

use super::{By, Named, until_nul};
use crate::letters::Letters;

/// `MINIDUMP_STREAM_TYPE` of `minidumpapiset.h`, and the types of Breakpad and Crashpad.
const COMMENT_A: u32 = 10;
const COMMENT_W: u32 = 11;
const HANDLE_DATA: u32 = 12;
const UNLOADED_MODULES: u32 = 14;
const LINUX_PROC_STATUS: u32 = 0x4767_0004;
const LINUX_CMD_LINE: u32 = 0x4767_0006;
const LINUX_ENVIRON: u32 = 0x4767_0007;
const LINUX_MAPS: u32 = 0x4767_0009;
const LINUX_DSO_DEBUG: u32 = 0x4767_000a;
const CRASHPAD_INFO: u32 = 0x4350_0001;

/// Offset of `ObjectName`, a file offset, in a handle descriptor.
const OBJECT_NAME: u64 = 12;

/// Signatures of CodeView records, and the offsets of their paths.
const CODE_VIEW: [(&[u8], usize); 2] = [(b"RSDS", 24), (b"NB10", 16)];

/// Offset of the path in an `IMAGE_DEBUG_MISC`.
const MISCELLANEOUS: usize = 12;

impl Named<'_> {
    /// Visits the streams of a minidump, and the names that its lists point to.
    pub(super) fn streams(&mut self) {
        let model = self.model;
        let Some(minidump) = model.minidump() else { return };
        for module in &model.modules {
            if let Some(place) = module.name.place {
                self.string(place, |named, text, range| named.take_folders(By::Path, text, range));
            }
            if let Some(record) =
                module.code_view.as_ref().and_then(|record| self.content(record, Letters::Bytes))
            {
                let known = CODE_VIEW.iter().find(|(start, _)| record.narrow.starts_with(start));
                if let Some((_, at)) = known {
                    let path = until_nul(&record, *at..record.narrow.len().max(*at));
                    self.take_folders(By::Path, &record, path);
                }
            }
            let record =
                module.miscellaneous.as_ref().and_then(|record| self.content(record, Letters::Bytes));
            if let Some(record) = record.filter(|record| record.narrow.len() > MISCELLANEOUS) {
                let path = until_nul(&record, MISCELLANEOUS..record.narrow.len());
                self.take_folders(By::Path, &record, path);
            }
        }
        for thread in &model.threads {
            if let Some(place) = thread.name.as_ref().and_then(|name| name.place) {
                self.string(place, |named, text, range| named.name(By::ThreadName, text, range));
            }
        }
        for stream in &minidump.streams {
            self.stream(stream);
        }
    }

    /// Visits the text of a `MINIDUMP_STRING`.
    fn string(&mut self, place: Place, take: impl FnOnce(&mut Self, &super::Text, std::ops::Range<usize>)) {
        let letters = self.wide();
        let place =
            Place { file_offset: place.file_offset.saturating_add(4), size: place.size.saturating_sub(4) };
        let text = self.in_file(place, letters);
        let range = until_nul(&text, text.all());
        take(self, &text, range);
    }

    fn stream(&mut self, stream: &Stream) {
        let StreamContent::Blob(blob) = &stream.content else { return };
        let text = |named: &Self, letters| named.content(&blob.content, letters);
        let narrow = text(self, Letters::Bytes);
        let Some(narrow) = narrow else { return };
        match stream.kind {
            LINUX_ENVIRON => self.environ(&narrow),
            LINUX_CMD_LINE => self.cmdline(&narrow),
            LINUX_PROC_STATUS => self.status(&narrow),
            LINUX_MAPS => self.take_paths(&narrow),
            COMMENT_A => self.take(By::Comment, &narrow, until_nul(&narrow, narrow.all())),
            COMMENT_W => {
                if let Some(wide) = text(self, self.wide()) {
                    self.take(By::Comment, &wide, until_nul(&wide, wide.all()));
                }
            }
            UNLOADED_MODULES => {
                for link in &blob.links {
                    self.link_string(&link.to, |named, text, range| {
                        named.take_folders(By::Path, text, range)
                    });
                }
            }
            LINUX_DSO_DEBUG => {
                for link in blob.links.iter().flat_map(|maps| &maps.to.links) {
                    self.link_string(&link.to, |named, text, range| {
                        named.take_folders(By::Path, text, range)
                    });
                }
            }
            HANDLE_DATA => {
                let number = |at: usize| {
                    let bytes = narrow.narrow.get(at..at + 4)?;
                    Some(self.dump.layout().byte_order().number(bytes))
                };
                let (Some(header), Some(entry)) = (number(0), number(4)) else { return };
                for link in &blob.links {
                    let in_entry = link.at.checked_sub(header).and_then(|at| at.checked_rem(entry));
                    if in_entry == Some(OBJECT_NAME) {
                        self.link_string(&link.to, |named, text, range| {
                            named.take(By::HandleName, text, range)
                        });
                    }
                }
            }
            CRASHPAD_INFO => self.crashpad(blob),
            _ => {}
        }
    }

    fn link_string(
        &mut self,
        blob: &Blob,
        take: impl FnOnce(&mut Self, &super::Text, std::ops::Range<usize>),
    ) {
        if let Some(place) = blob.content.place() {
            self.string(place, take);
        }
    }

    /// Visits the annotations of a `MinidumpCrashpadInfo`: values are replaced, names are kept. Behind a count, entries of a dictionary
    /// have 8 bytes, and those of an annotation list 12.
    fn crashpad(&mut self, info: &Blob) {
        const DICTIONARY: u64 = 36;
        const VALUE: u64 = 4;
        for link in &info.links {
            if link.at == DICTIONARY {
                self.values_of(&link.to, 8, VALUE);
                continue;
            }
            for module in link.to.links.iter().map(|module| &module.to) {
                for list in &module.links {
                    match list.at {
                        // Strings without a name.
                        4 => self.values_of(&list.to, 4, 0),
                        12 => self.values_of(&list.to, 8, VALUE),
                        _ => self.values_of(&list.to, 12, 8),
                    }
                }
            }
        }
    }

    fn values_of(&mut self, list: &Blob, entry: u64, value: u64) {
        for link in &list.links {
            if link.at.saturating_sub(4).checked_rem(entry) != Some(value) {
                continue;
            }
            let skipped = |place: Place| {
                Content::File(Place {
                    file_offset: place.file_offset.saturating_add(4),
                    size: place.size.saturating_sub(4),
                })
            };
            let content = link.to.content.place().map(skipped);
            if let Some(text) = content.and_then(|content| self.content(&content, Letters::Bytes)) {
                self.take(By::Annotation, &text, text.all());
            }
        }
    }
}
