//! Threads that help the calling one, as many as the system can start, or none.

use std::thread::{Builder, Scope};

/// Starts up to `most` threads, and returns their number. The work of each is made just before its start.
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
