//! File offsets where parts of a dump begin, and the room in front of them.

/// File offsets where parts begin by the tables.
pub(crate) struct Starts {
    /// File offsets in order.
    starts: Vec<u64>,
    file_size: u64,
}

impl Starts {
    pub(crate) fn of(starts: impl IntoIterator<Item = u64>, file_size: u64) -> Starts {
        let mut starts: Vec<u64> = starts.into_iter().collect();
        starts.sort_unstable();
        Starts { starts, file_size }
    }

    /// Number of bytes from a file offset up to the next start, or to the end of the file.
    pub(crate) fn room(&self, file_offset: u64) -> u64 {
        let behind = self.starts.partition_point(|start| *start <= file_offset);
        let next = self.starts.get(behind).map_or(self.file_size, |next| self.file_size.min(*next));
        next.saturating_sub(file_offset)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn room_ends_where_something_begins_or_the_file_ends() {
        let starts = Starts::of([0x40, 0x10, 0x200], 0x100);
        let rooms = [0, 0x10, 0x20, 0x40, 0x100, 0x180].map(|at| starts.room(at));
        assert_eq!(rooms, [0x10, 0x30, 0x20, 0xc0, 0, 0]);
    }
}
