//! Finds the end of a table of a dump by the bytes that its entries describe: no entry is inside of bytes that another one describes.

use dumpedit_layout::Place;

/// The bytes that an entry claims.
pub(crate) struct Claim {
    /// The bytes that it describes; of size 0 where there are none.
    pub(crate) place: Place,
    /// Whether its type and numbers are usual for such entries.
    pub(crate) is_usual: bool,
}

/// An entry inside of bytes that an earlier one describes.
#[derive(Clone, Copy)]
pub(crate) struct Meeting {
    /// Number of entries in front of it.
    pub(crate) count: u64,
    /// Index of the entry that describes the bytes.
    pub(crate) owner: u64,
}

/// A table of equally spaced entries. `claim` reads the entry with an index, where it is in the file.
pub(crate) struct DescribingTable<C> {
    /// File offset of the first entry.
    pub(crate) first: u64,
    /// Distance between entries, in bytes.
    pub(crate) entry_size: u64,
    /// The file's header, which no entry describes.
    pub(crate) header: Place,
    /// Size of the file, in bytes.
    pub(crate) file_size: u64,
    /// Maximum number of bytes between the last entry and the first bytes that any entry describes; fewer than an entry has.
    pub(crate) padding: u64,
    pub(crate) claim: C,
}

/// Number of entries that are checked from the first one inside of another's bytes on: some of that many entries of a good table are usual.
const LOOKED_AT: u64 = 32;

impl<C: Fn(u64) -> Option<Claim>> DescribingTable<C> {
    fn entry(&self, index: u64) -> Place {
        let file_offset = self.first.saturating_add(index.saturating_mul(self.entry_size));
        Place { file_offset, size: self.entry_size }
    }

    /// The first of `declared` entries that is inside of bytes that an earlier one describes.
    pub(crate) fn meeting(&self, declared: u64) -> Option<Meeting> {
        let mut nearest: Option<(u64, u64)> = None;
        for index in 0..declared {
            let end = self.entry(index).end();
            if let Some((_, owner)) = nearest.filter(|(start, _)| *start < end) {
                return Some(Meeting { count: index, owner });
            }
            let place = (self.claim)(index)?.place;
            if place.size > 0
                && place.file_offset >= end
                && nearest.is_none_or(|(start, _)| place.file_offset < start)
            {
                nearest = Some((place.file_offset, index));
            }
        }
        None
    }

    /// Whether the table ends there: no entry from there on looks like one. Otherwise the owner is wrong.
    pub(crate) fn ends_at(&self, meeting: Meeting, declared: u64) -> bool {
        let taken = self.taken((0..meeting.count).filter(|index| *index != meeting.owner), meeting.count);
        let last = meeting.count.saturating_add(LOOKED_AT).min(declared);
        let mut behind = (meeting.count..last).map_while(|index| (self.claim)(index));
        !behind.any(|claim| self.is_good(&claim, &taken))
    }

    /// The number of entries, where entries behind the `counted` ones fill the bytes up to the first that any entry describes, else up to
    /// the end of the file.
    pub(crate) fn with_uncounted(&self, counted: u64) -> Option<u64> {
        let end = self.entry(counted).file_offset;
        let described =
            |place: Place, end: u64| Some(place.file_offset).filter(|start| place.size > 0 && *start >= end);
        let claims = (0..counted).map_while(|index| (self.claim)(index));
        let mut nearest =
            claims.filter_map(|claim| described(claim.place, end)).min().unwrap_or(self.file_size);
        let taken = self.taken(0..counted, counted);
        let mut count = counted;
        loop {
            let entry = self.entry(count);
            let padding = nearest.checked_sub(entry.file_offset);
            if padding.is_some_and(|padding| padding <= self.padding) {
                return (count > counted && self.is_disjoint(counted, count)).then_some(count);
            }
            let claim = (self.claim)(count).filter(|claim| self.is_good(claim, &taken))?;
            if nearest < entry.end() {
                return None;
            }
            nearest = described(claim.place, entry.end()).unwrap_or(u64::MAX).min(nearest);
            count = count.checked_add(1)?;
        }
    }

    /// Whether the entries from `counted` to `count` describe no byte of the table, and none twice.
    fn is_disjoint(&self, counted: u64, count: u64) -> bool {
        let table = Place { file_offset: self.first, size: self.entry_size.saturating_mul(count) };
        let claims = (counted..count).map_while(|index| (self.claim)(index)).map(|claim| claim.place);
        let mut places: Vec<Place> = claims.chain([table]).filter(|place| place.size > 0).collect();
        places.sort_unstable_by_key(|place| place.file_offset);
        places.is_sorted_by(|one, other| one.end() <= other.file_offset)
    }

    fn is_good(&self, claim: &Claim, taken: &Taken) -> bool {
        let Claim { place, is_usual } = *claim;
        is_usual && (place.size == 0 || (place.end() <= self.file_size && !taken.meet(place)))
    }

    /// The bytes of the header and of `count` entries, and those that the entries with these indices describe.
    fn taken(&self, indices: impl Iterator<Item = u64>, count: u64) -> Taken {
        let table = Place { file_offset: self.first, size: self.entry_size.saturating_mul(count) };
        let claims = indices.map_while(|index| (self.claim)(index)).map(|claim| claim.place);
        let mut places: Vec<Place> =
            [self.header, table].into_iter().chain(claims).filter(|place| place.size > 0).collect();
        places.sort_unstable_by_key(|place| place.file_offset);
        let mut ranges: Vec<(u64, u64)> = Vec::new();
        for place in places {
            match ranges.last_mut().filter(|(_, end)| place.file_offset <= *end) {
                Some((_, end)) => *end = place.end().max(*end),
                None => ranges.push((place.file_offset, place.end())),
            }
        }
        Taken { ranges }
    }
}

/// Bytes of the file: starts and ends, in order and disjoint.
struct Taken {
    ranges: Vec<(u64, u64)>,
}

impl Taken {
    fn meet(&self, place: Place) -> bool {
        let behind = self.ranges.partition_point(|(_, end)| *end <= place.file_offset);
        self.ranges.get(behind).is_some_and(|(start, _)| *start < place.end())
    }
}
