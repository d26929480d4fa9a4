//! Adds memory that was mapped from ELF files and not captured, from these files.

use std::fs::File;
use std::io::Read;
use std::path::{Path, PathBuf};

use dumpedit_formats::elf::schema::{ImageFile, image_file};
use dumpedit_layout::{Module, Notice, NoticeKind, Span, Subject};

use super::error::{ImagesLeft, StructureError};
use crate::edit::Edit;
use crate::error::Error;
use crate::notation::PathText;

/// Maximum size of a file, in bytes: processes map no larger images.
const MOST: u64 = 4 << 30;

/// Maximum number of refused files that an error names.
const MOST_TOLD: usize = 4;

/// Minimum page size of all machines, in bytes.
const PAGE: u64 = 4096;

impl Edit {
    /// Adds mapped memory of the dump's modules that is neither writable nor captured, from files in a folder that stands for the root of
    /// the machine, at the modules' paths. A file is used where its build id is the module's; otherwise a notice has both ids. Returns the
    /// number of modules that were completed.
    ///
    /// # Errors
    /// [`StructureError::NoElfModules`] and [`StructureError::NoImages`] where nothing can be added, and those of [`Edit::add_memory`].
    pub fn add_images(&mut self, root: impl AsRef<Path>) -> Result<usize, Error> {
        self.images(root.as_ref(), false)
    }

    /// As [`Edit::add_images`], but also uses files of another build than the module, and files of modules without a build id in the dump,
    /// each with a notice: their contents may differ from the process's.
    ///
    /// # Errors
    /// As [`Edit::add_images`].
    pub fn add_trusted_images(&mut self, root: impl AsRef<Path>) -> Result<usize, Error> {
        self.images(root.as_ref(), true)
    }

    fn images(&mut self, root: &Path, trust: bool) -> Result<usize, Error> {
        let modules: Vec<Module> = self.dump().layout().modules().to_vec();
        if matches!(self.dump().layout().os(), Some("windows" | "macos" | "ios")) {
            return Err(StructureError::NoElfModules.into());
        }
        // Memory that is mapped and not captured is determined before anything is added.
        let absent: Vec<Span> = self.absent();
        let mut completed = 0usize;
        let mut left = ImagesLeft::default();
        for module in &modules {
            let path = path_of(root, &module.name);
            let Ok(bytes) = read(&path) else {
                left.missing = left.missing.saturating_add(1);
                continue;
            };
            if module.id.is_none() && !trust {
                left.unidentified = left.unidentified.saturating_add(1);
                continue;
            }
            let mut refuse = |edit: &mut Edit, why: String| {
                let message = format!("{} is not the module's file: {why}", PathText(&path));
                if left.refused.len() < MOST_TOLD {
                    left.refused.push(message.clone());
                }
                let notice = Notice::new(NoticeKind::ImageRefused, message);
                edit.tell(notice.about(Subject::Address(module.base)));
            };
            let Some(image) = image_file(&bytes) else {
                refuse(self, "it is not an ELF program or library".to_owned());
                continue;
            };
            let differs = match (&image.build_id, &module.id) {
                (Some(found), Some(id)) if found.eq_ignore_ascii_case(id) => None,
                (Some(found), Some(id)) => {
                    Some(format!("its build id is {found}, and that of {} is {id}", module.name))
                }
                (None, Some(id)) => Some(format!("it has no build id, and that of {} is {id}", module.name)),
                (_, None) => Some(format!("the dump has no build id of {}", module.name)),
            };
            if let Some(why) = differs.clone().filter(|_| !trust) {
                refuse(self, why);
                continue;
            }
            if image.byte_order != self.dump().layout().byte_order() {
                refuse(self, "its byte order is different".to_owned());
                continue;
            }
            if !self.add_image(module, &image, &bytes, &absent)? {
                left.whole = left.whole.saturating_add(1);
            } else {
                completed = completed.saturating_add(1);
                if let Some(why) = differs {
                    let message = format!("{} is used, although {why}", PathText(&path));
                    let notice = Notice::new(NoticeKind::ImageTrusted, message);
                    self.tell(notice.about(Subject::Address(module.base)));
                }
            }
        }
        if completed == 0 {
            return Err(StructureError::NoImages { root: root.to_owned(), left }.into());
        }
        for (kind, count) in
            [(NoticeKind::ImageMissing, left.missing), (NoticeKind::ImageUnidentified, left.unidentified)]
        {
            if count > 0 {
                self.tell(Notice::new(kind, format!("{}: {count}", kind.phrase())).counting(count));
            }
        }
        Ok(completed)
    }

    /// The parts of the mapped memory that are not captured.
    fn absent(&self) -> Vec<Span> {
        let layout = self.dump().layout();
        let mut absent = Vec::new();
        for region in layout.regions() {
            let first = region.start.saturating_add(region.captured);
            let size = region.size.saturating_sub(region.captured.into());
            absent.extend(Span::of(first, u64::try_from(size).unwrap_or(u64::MAX)));
        }
        dumpedit_layout::joined(absent)
    }

    fn add_image(
        &mut self,
        module: &Module,
        image: &ImageFile,
        bytes: &[u8],
        absent: &[Span],
    ) -> Result<bool, Error> {
        let mut any = false;
        for load in image.loads.iter().filter(|load| !load.protection.write) {
            // Mappings are of whole pages: the file's bytes around these, and zeros behind its end.
            let first = module.base.wrapping_add(load.skipped);
            let before = first % PAGE;
            let size = load.place.size.saturating_add(before).checked_next_multiple_of(PAGE).unwrap_or(0);
            let start = load.place.file_offset.checked_sub(before);
            let (Some(start), Some(mapped)) = (start, Span::of(first.wrapping_sub(before), size)) else {
                continue;
            };
            let from = absent.partition_point(|span| span.last < mapped.first);
            for part in absent.iter().skip(from).take_while(|span| span.first <= mapped.last) {
                let (first, last) = (part.first.max(mapped.first), part.last.min(mapped.last));
                let start = first.saturating_sub(mapped.first).saturating_add(start);
                let start = usize::try_from(start).unwrap_or(usize::MAX);
                let size =
                    usize::try_from(last.saturating_sub(first).saturating_add(1)).unwrap_or(usize::MAX);
                let rest = bytes.get(start..).unwrap_or_default();
                if rest.is_empty() {
                    continue;
                }
                let mut content = rest.get(..size).unwrap_or(rest).to_vec();
                content.resize(size, 0);
                let told = self
                    .dump()
                    .layout()
                    .mapping_at(first)
                    .is_some_and(|mapping| mapping.protection.is_some());
                self.add_memory(first, &content, (!told).then_some(load.protection))?;
                any = true;
            }
        }
        Ok(any)
    }
}

/// The path of a module's file under a root, without components that lead out of it.
fn path_of(root: &Path, name: &str) -> PathBuf {
    let name = name.strip_suffix(" (deleted)").unwrap_or(name);
    let parts = Path::new(name).components().filter_map(|part| match part {
        std::path::Component::Normal(part) => Some(part),
        _ => None,
    });
    parts.fold(root.to_owned(), |path, part| path.join(part))
}

fn read(path: &Path) -> std::io::Result<Vec<u8>> {
    let file = File::open(path)?;
    if !file.metadata()?.is_file() {
        return Err(std::io::ErrorKind::InvalidInput.into());
    }
    let mut bytes = Vec::new();
    file.take(MOST).read_to_end(&mut bytes)?;
    Ok(bytes)
}
