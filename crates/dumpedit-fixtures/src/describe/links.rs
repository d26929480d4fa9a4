//! File offsets in the bytes of streams and notes, and the data they point to.

use dumpedit_formats::model::{Blob, Link, Pointer};

use super::describing::{Describing, unless};
use super::typed;
use crate::encode::narrow;
use crate::spec::{ContentSpec, LinkSpec, PointerSpec};

impl Describing<'_> {
    /// The bytes of a blob, with zeros for its file offsets, which differ from file to file.
    pub(super) fn linked(&self, blob: &Blob) -> ContentSpec {
        /// Largest blob whose file offsets are zeroed, in bytes.
        const MOST: u64 = 1 << 20;
        let size = blob.content.size();
        let is_small = !blob.links.is_empty() && size <= MOST;
        let Some(mut bytes) = Some(&blob.content).filter(|_| is_small).and_then(|content| self.held(content))
        else {
            return self.content(&blob.content);
        };
        for link in &blob.links {
            let at = narrow(link.at);
            let width = narrow(link.pointer.size());
            bytes.get_mut(at..).unwrap_or_default().iter_mut().take(width).for_each(|byte| *byte = 0);
        }
        self.raw.tell(size);
        ContentSpec::from(bytes)
    }

    pub(super) fn links(&self, blob: &Blob) -> Vec<LinkSpec> {
        let link = |link: &Link| {
            let content = &link.to.content;
            let text = self.held(content).and_then(|bytes| typed::counted_text(&bytes, self.raw.order));
            LinkSpec {
                at: link.at,
                pointer: match link.pointer {
                    Pointer::Rva => PointerSpec::Rva,
                    Pointer::Rva64 => PointerSpec::Rva64,
                    Pointer::Location => PointerSpec::Location,
                },
                size: unless(content.size(), 0).filter(|_| text.is_none()),
                content: text.unwrap_or_else(|| self.linked(&link.to)),
                links: self.links(&link.to),
            }
        };
        blob.links.iter().map(link).collect()
    }
}
