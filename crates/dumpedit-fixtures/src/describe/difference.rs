//! Differences between bytes as a content.

use dumpedit::notation::Value;

use crate::encode::wide;
use crate::spec::{ContentSpec, Data};

/// The content that changes bytes into others of the same size.
pub(super) fn difference(from: &[u8], to: &[u8]) -> ContentSpec {
    /// Most equal bytes between two differences that are written as one.
    const NEAR: usize = 8;
    let mut content = ContentSpec::default();
    let mut run: Option<(usize, usize)> = None;
    let mut flush = |run: Option<(usize, usize)>| {
        if let Some((start, end)) = run {
            for (index, row) in to.get(start..end).unwrap_or_default().chunks(16).enumerate() {
                let offset = wide(start).saturating_add(wide(index).saturating_mul(16));
                content.push(Some(offset), Data::Value(Value::Bytes(row.to_vec())));
            }
        }
    };
    for (at, (one, other)) in from.iter().zip(to).enumerate() {
        if one == other {
            continue;
        }
        let end = at.saturating_add(1);
        run = match run {
            Some((start, last)) if at.saturating_sub(last) <= NEAR => Some((start, end)),
            earlier => {
                flush(earlier);
                Some((at, end))
            }
        };
    }
    flush(run);
    content
}
