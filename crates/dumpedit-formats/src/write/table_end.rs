//! Where a table of a dump ends, by the bytes that its entries describe: no entry stands in bytes that another one describes.

use dumpedit_layout::Place;

/// What an entry says.
pub(crate) struct Claim {
    /// The bytes that it describes; of size 0 where it describes none.
    pub(crate) place: Place,
    /// Whether its type and numbers are those that such entries have.
    pub(crate) is_usual: bool,
}

/// An entry that would stand in the bytes that one before it describes.
#[derive(Clone, Copy)]
pub(crate) struct Meeting {
    /// How many entries there are before it.
    pub(crate) count: u64,
    /// The index of the one that describes the bytes.
    pub(crate) owner: u64,
}

/// A table of entries at equal distances. `claim` reads the entry with an index, where it is in the file.
pub(crate) struct DescribingTable<C> {
    /// File offset of the first entry.
    pub(crate) first: u64,
    /// From one entry to the next, in bytes.
    pub(crate) entry_size: u64,
    /// The file's header, which no entry describes.
    pub(crate) header: Place,
    /// In bytes.
    pub(crate) file_size: u64,
    pub(crate) claim: C,
}

/// How many entries are looked at behind the first one that stands in another's bytes: among so many of a good table some are usual.
const LOOKED_AT: u64 = 32;

impl<C: Fn(u64) -> Option<Claim>> DescribingTable<C> {
    fn entry(&self, index: u64) -> Place {
        let file_offset = self.first.saturating_add(index.saturating_mul(self.entry_size));
        Place { file_offset, size: self.entry_size }
    }

    /// The first of `declared` entries that would stand in bytes that one before it describes.
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

    /// Whether the table ends there: none of the entries from there on looks like one. Otherwise it is the owner that is wrong.
    pub(crate) fn ends_at(&self, meeting: Meeting, declared: u64) -> bool {
        let taken = self.taken((0..meeting.count).filter(|index| *index != meeting.owner), meeting.count);
        let last = meeting.count.saturating_add(LOOKED_AT).min(declared);
        let mut behind = (meeting.count..last).map_while(|index| (self.claim)(index));
        !behind.any(|claim| self.is_good(&claim, &taken))
    }

    /// How many entries there are, where some that are not among the `counted` ones fill exactly the bytes up to the first
    /// ones that any entry describes.
    pub(crate) fn with_uncounted(&self, counted: u64) -> Option<u64> {
        let end = self.entry(counted).file_offset;
        let described =
            |place: Place, end: u64| Some(place.file_offset).filter(|start| place.size > 0 && *start >= end);
        let claims = (0..counted).map_while(|index| (self.claim)(index));
        let mut nearest = claims.filter_map(|claim| described(claim.place, end)).min().unwrap_or(u64::MAX);
        let taken = self.taken(0..counted, counted);
        let mut count = counted;
        loop {
            let entry = self.entry(count);
            if nearest == entry.file_offset {
                return (count > counted).then_some(count);
            }
            let claim = (self.claim)(count).filter(|claim| self.is_good(claim, &taken))?;
            if nearest < entry.end() {
                return None;
            }
            nearest = described(claim.place, entry.end()).unwrap_or(u64::MAX).min(nearest);
            count = count.checked_add(1)?;
        }
    }

    fn is_good(&self, claim: &Claim, taken: &Taken) -> bool {
        let Claim { place, is_usual } = *claim;
        is_usual && (place.size == 0 || (place.end() <= self.file_size && !taken.meet(place)))
    }

    /// The bytes of the header, of `count` entries, and those that the entries with these indices describe.
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

/// Bytes of the file: starts and ends, in order, none meeting another.
struct Taken {
    ranges: Vec<(u64, u64)>,
}

impl Taken {
    fn meet(&self, place: Place) -> bool {
        let behind = self.ranges.partition_point(|(_, end)| *end <= place.file_offset);
        self.ranges.get(behind).is_some_and(|(start, _)| *start < place.end())
    }
}
