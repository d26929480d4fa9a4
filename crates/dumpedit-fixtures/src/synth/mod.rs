//! Makes a dump of a spec: a model with zeroed records; then the registers, set by name in the dump of this model; then the model again,
//! with values that follow from them.
//!
//! Knows nothing of the places of registers in records, nor of a dump's layout.

mod bytes;
mod class;
mod contents;
mod drawing;
pub(crate) mod elf;
mod links;
pub(crate) mod macho;
mod memory;
pub(crate) mod minidump;
mod misplaced;
mod numbers;
mod options;
mod registers;
mod rewritten;
mod sketch;
mod threads;
pub(crate) mod triage;

use std::collections::BTreeSet;

use dumpedit::{FileBytes, Notice, NoticeKind, Subject};

use crate::containers::container;
use crate::error::{FixtureError, Problem, Within};
use crate::image::Image;
use crate::spec::Spec;
use bytes::Evaluated;
use contents::stretches;
use sketch::Sketch;
use threads::tid;

pub(crate) use drawing::Drawing;
pub use options::SynthOptions;
pub(crate) use registers::context as context_of;
pub use rewritten::rewritten;
pub(crate) use rewritten::{image, planned};
pub(crate) use sketch::lay_out;

/// Makes the dump that a spec describes, with the same bytes every time.
///
/// # Errors
/// [`FixtureError`] with the wrong piece of the spec.
pub fn synth(spec: &Spec, options: &SynthOptions) -> Result<Image, FixtureError> {
    misplaced::refuse(spec)?;
    let completed = (container(spec.format)?.complete)(spec)?;
    let spec = completed.as_ref().unwrap_or(spec);
    let Sketch { plan, contents, bytes } = lay_out(spec, options)?;
    let mut patches = plan.patches.clone();
    for Evaluated { offset, source, .. } in bytes.late(&spec.patches, None).within("patches")? {
        patches.push(FileBytes { file_offset: offset, bytes: source.bytes()? });
    }
    let mut size = plan.size;
    if let Some(truncate) = spec.truncate {
        if truncate > size {
            let text = format!("the dump has {size} bytes and cannot be cut to {truncate}");
            return Err(FixtureError::contradiction(text).within("truncate"));
        }
        size = truncate;
    }
    if size > options.max_size {
        return Err(Problem::TooLarge { size, limit: options.max_size }.into());
    }
    let image = Image::new(stretches(&plan.pieces, &contents, None), patches, size);
    Ok(image.with_notices(repeated_ids(spec)?.into_iter().collect()))
}

/// A notice of ids that several threads have: a dump may have such threads, but a spec rarely means them.
fn repeated_ids(spec: &Spec) -> Result<Option<Notice>, FixtureError> {
    const MOST: usize = 16;
    let (mut seen, mut repeated) = (BTreeSet::new(), BTreeSet::new());
    for index in 0..spec.threads.len() {
        let tid = tid(spec, index)?;
        if !seen.insert(tid) {
            repeated.insert(tid);
        }
    }
    let named: Vec<String> = repeated.iter().take(MOST).map(u64::to_string).collect();
    let more = match repeated.len().saturating_sub(MOST) {
        0 => String::new(),
        more => format!(" and {more} more"),
    };
    let notice = format!("several threads have the same id: {}{more}", named.join(", "));
    let notice = Notice::new(NoticeKind::RepeatedThreadId, notice);
    let notice = repeated.iter().take(MOST).fold(notice, |notice, tid| notice.about(Subject::Thread(*tid)));
    Ok((!repeated.is_empty()).then_some(notice))
}
