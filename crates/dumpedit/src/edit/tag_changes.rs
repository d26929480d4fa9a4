//! Memory tags that a change of file bytes changes; two tags share a byte.

use dumpedit_layout::{Access, Context, Location};

use crate::dump::Dump;

/// A memory tag that changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct TagChange {
    /// Address of the tagged memory.
    pub address: u64,
    /// Tag before.
    pub old: u8,
    /// Tag after.
    pub new: u8,
}

impl Dump {
    /// The tags that changed in file bytes from the one of a location on, by their old and new values; empty for a location other than a
    /// tag.
    pub fn tag_changes(&self, location: Location, old: &[u8], new: &[u8]) -> Vec<TagChange> {
        let Location::Tag(address) = location else { return Vec::new() };
        let one = self.layout().resolve(Context::Process, location, 1, Access::Read).ok();
        let Some(shift) = one.and_then(|one| Some(one.pieces.first()?.shift)) else { return Vec::new() };
        let tags = |byte: u8| [byte & 0xf, byte >> 4];
        let both = old.iter().zip(new).flat_map(|(old, new)| tags(*old).into_iter().zip(tags(*new)));
        // Where the location is an upper tag, the first byte's lower one belongs to the granule in front.
        let first = if shift == 0 { address } else { address.wrapping_sub(16) };
        let numbered = (0u64..).zip(both).filter(|(_, (old, new))| old != new);
        let of = |(index, (old, new)): (u64, (u8, u8))| TagChange {
            address: first.wrapping_add(index.wrapping_mul(16)),
            old,
            new,
        };
        numbered.map(of).collect()
    }
}
