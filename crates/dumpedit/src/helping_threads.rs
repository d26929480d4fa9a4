//! Threads that help the calling one, as many as the system lets start; it may be none.

use std::thread::{Builder, Scope};

/// Starts up to `most` threads, and says how many there are now. What each does is made just before.
pub(crate) fn start<'scope, F>(
    scope: &'scope Scope<'scope, '_>,
    most: usize,
    mut make: impl FnMut() -> F,
) -> usize
where
    F: FnOnce() + Send + 'scope,
{
    (0..most).take_while(|_| Builder::new().spawn_scoped(scope, make()).is_ok()).count()
}
