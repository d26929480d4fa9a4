//! Blocks of long runs of bytes, so that memory stays at the size of one.

/// The size of a block, in bytes.
pub(crate) const BLOCK: usize = 1 << 20;

/// Minimum size of a range that is worth a query for holes, in bytes: shorter ones are cheaper to read.
pub(crate) const WORTH_ASKING: u64 = 1 << 16;

/// The blocks of `size` bytes: offset and size of each.
pub(crate) fn blocks(size: u64) -> impl Iterator<Item = (u64, usize)> {
    let mut done = 0u64;
    std::iter::from_fn(move || {
        let len = usize::try_from(size.saturating_sub(done)).unwrap_or(BLOCK).min(BLOCK);
        let at = done;
        done = done.saturating_add(len as u64);
        (len > 0).then_some((at, len))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn blocks_follow_one_another_to_the_end() {
        assert_eq!(blocks(0).count(), 0);
        let (mut next, most) = (0, BLOCK as u64 * 2 + 7);
        for (at, len) in blocks(most) {
            assert_eq!(at, next);
            next += len as u64;
        }
        assert_eq!(next, most);
    }
}
