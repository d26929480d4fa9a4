//! File offsets in the bytes of streams and notes, and the data they point to.

use dumpedit_formats::model::{Blob, Link, Pointer};

use super::drawing::Drawing;
use crate::error::{FixtureError, Within};
use crate::spec;

impl Drawing<'_, '_> {
    /// Links in `room` bytes.
    pub(super) fn links(&mut self, links: &[spec::LinkSpec], room: u64) -> Result<Vec<Link>, FixtureError> {
        let mut made = Vec::with_capacity(links.len());
        for (index, link) in links.iter().enumerate() {
            let measured = self.bytes.measure(&link.content).within("content").within(index)?;
            let size = link.size.unwrap_or(measured);
            let content = self.contents.of(self.bytes, &link.content, size);
            let content = content.within("content").within(index)?;
            let width = if link.pointer == spec::PointerSpec::Rva { 4 } else { 8 };
            if link.at.checked_add(width).is_none_or(|end| end > room) {
                let text = format!("this is outside the {room} bytes that contain it");
                return Err(FixtureError::contradiction(text).within("at").within(index));
            }
            let pointer = match link.pointer {
                spec::PointerSpec::Rva => Pointer::Rva,
                spec::PointerSpec::Rva64 => Pointer::Rva64,
                spec::PointerSpec::Location => Pointer::Location,
            };
            let links = self.links(&link.links, size).within("links").within(index)?;
            made.push(Link::new(link.at, pointer, Blob::new(content).with_links(links)));
        }
        Ok(made)
    }
}
