//! Delta debugging: a minimal subset of pieces that serves.

/// A subset of some pieces that serves, and of which no single piece can be left out (`ddmin` of Zeller and Hildebrandt, "Simplifying and
/// Isolating Failure-Inducing Input"). All the pieces together are taken to serve; `serves` is called for subsets only.
///
/// # Errors
/// Errors of `serves`.
pub(super) fn ddmin<T: Clone, E>(
    pieces: Vec<T>,
    mut serves: impl FnMut(&[T]) -> Result<bool, E>,
) -> Result<Vec<T>, E> {
    if pieces.is_empty() || serves(&[])? {
        return Ok(Vec::new());
    }
    let mut kept = pieces;
    let mut chunk = kept.len().div_ceil(2);
    while kept.len() > 1 {
        let before = kept.len();
        let mut at = 0usize;
        while at < kept.len() {
            let end = at.saturating_add(chunk).min(kept.len());
            let (head, tail) = (kept.get(..at).unwrap_or_default(), kept.get(end..).unwrap_or_default());
            let rest = [head, tail].concat();
            // The empty subset was tried first.
            if !rest.is_empty() && serves(&rest)? {
                kept = rest;
            } else {
                at = end;
            }
        }
        if chunk == 1 && kept.len() == before {
            break;
        }
        chunk = chunk.div_ceil(2).min(kept.len().div_ceil(2));
    }
    Ok(kept)
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    /// The subset that is left of some pieces where these are needed, and the number of calls.
    fn left(count: u32, needed: &[u32]) -> (Vec<u32>, u32) {
        let mut asked = 0;
        let kept = ddmin((0..count).collect(), |part: &[u32]| {
            asked += 1;
            Ok::<_, ()>(needed.iter().all(|piece| part.contains(piece)))
        });
        (kept.unwrap(), asked)
    }

    #[test]
    fn only_what_is_needed_is_left() {
        for count in [1, 2, 3, 7, 64, 1000] {
            for needed in [&[][..], &[0], &[count - 1], &[0, count / 2, count - 1]] {
                let mut needed = needed.to_vec();
                needed.dedup();
                assert_eq!(left(count, &needed).0, needed, "of {count}");
            }
        }
    }

    #[test]
    fn one_piece_of_a_thousand_is_found_in_few_runs() {
        assert_eq!(left(1000, &[]).1, 1);
        assert!(left(1000, &[617]).1 < 40, "{}", left(1000, &[617]).1);
    }

    #[test]
    fn none_of_what_is_left_can_be_left_out_alone() {
        // One of two pieces is enough, so that the needed pieces depend on those that are left.
        let serves =
            |part: &[u32]| Ok::<_, ()>(part.contains(&5) || (part.contains(&2) && part.contains(&9)));
        let kept = ddmin((0..12).collect(), serves).unwrap();
        for index in 0..kept.len() {
            let mut without = kept.clone();
            without.remove(index);
            assert!(!serves(&without).unwrap(), "{kept:?}");
        }
    }

    #[test]
    fn an_error_ends_it() {
        assert_eq!(ddmin(vec![1, 2], |_| Err::<bool, _>("no")), Err("no"));
    }
}
