//! Copies of an address range in the file, each file byte once, however many descriptors list it.

use dumpedit_layout::Piece;

/// File bytes of bytes `start..start + size` of a range.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Copy {
    pub(super) start: u64,
    pub(super) size: u64,
    pub(super) file_offset: u64,
}

impl Copy {
    pub(super) fn file_last(&self) -> u64 {
        self.file_offset.saturating_add(self.size.saturating_sub(1))
    }
}

/// The pieces without repetitions.
pub(super) fn distinct(pieces: &[Piece]) -> Vec<Copy> {
    // Pieces repeat each other where they have the same distance from the range's start in the file.
    let distance = |copy: &Copy| i128::from(copy.file_offset).saturating_sub(i128::from(copy.start));
    let copy = |piece: &Piece| Copy { start: piece.start, size: piece.size, file_offset: piece.file_offset };
    let mut sorted: Vec<Copy> = pieces.iter().map(copy).collect();
    sorted.sort_by_key(|copy| (distance(copy), copy.start));
    let mut copies: Vec<Copy> = Vec::new();
    for copy in sorted {
        match copies.last_mut() {
            Some(before)
                if distance(before) == distance(&copy)
                    && copy.start <= before.start.saturating_add(before.size) =>
            {
                let end = copy.start.saturating_add(copy.size);
                before.size = before.size.max(end.saturating_sub(before.start));
            }
            _ => copies.push(copy),
        }
    }
    copies
}

/// The parts of a range with the same copies: start and end in the range, and the file offset of the start in each copy.
pub(super) fn stretches(copies: &[Copy]) -> Vec<(u64, u64, Vec<u64>)> {
    let mut ends: Vec<u64> =
        copies.iter().flat_map(|copy| [copy.start, copy.start.saturating_add(copy.size)]).collect();
    ends.sort_unstable();
    ends.dedup();
    let of = |from: u64, to: u64| {
        let here =
            copies.iter().filter(|copy| copy.start <= from && to <= copy.start.saturating_add(copy.size));
        here.map(|copy| copy.file_offset.saturating_add(from - copy.start)).collect::<Vec<u64>>()
    };
    let pairs = ends.iter().zip(ends.iter().skip(1));
    pairs.map(|(&from, &to)| (from, to, of(from, to))).filter(|(.., here)| !here.is_empty()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_copy_that_is_listed_twice_is_one_and_stretches_are_cut_where_copies_change() {
        let piece = Piece::new;
        let pieces = [piece(0, 8, 100), piece(4, 8, 104), piece(6, 2, 300), piece(0, 8, 100)];
        let copies = distinct(&pieces);
        assert_eq!(copies.len(), 2);
        let expected = [(0, 6, vec![100]), (6, 8, vec![106, 300]), (8, 12, vec![108])];
        assert_eq!(stretches(&copies), expected);
    }
}
