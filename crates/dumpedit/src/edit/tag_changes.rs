//! Which memory tags a changed byte of the file has, two of which share it.

use dumpedit_layout::{Access, Context, Location};

use crate::dump::Dump;

/// A memory tag that changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct TagChange {
    /// The address of the memory that it is of.
    pub address: u64,
    /// The tag before.
    pub old: u8,
    /// The tag after.
    pub new: u8,
}

impl Dump {
    /// The tags that changed in file bytes that begin with the one of a location, from what the bytes were and are; of a location
    /// other than a tag none.
    pub fn tag_changes(&self, location: Location, old: &[u8], new: &[u8]) -> Vec<TagChange> {
        let Location::Tag(address) = location else { return Vec::new() };
        let one = self.layout().resolve(Context::Process, location, 1, Access::Read).ok();
        let Some(shift) = one.and_then(|one| Some(one.pieces.first()?.shift)) else { return Vec::new() };
        let tags = |byte: u8| [byte & 0xf, byte >> 4];
        let both = old.iter().zip(new).flat_map(|(old, new)| tags(*old).into_iter().zip(tags(*new)));
        // The first byte's lower tag is of the granule in front where the location is that of its upper one.
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
