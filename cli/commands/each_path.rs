//! What becomes of each of several paths, of which some may lead nowhere.

use serde_json::{Value, json};

use crate::failure::Failure;

/// What becomes of each path. Where it fails for all, that is the command's failure.
pub(super) fn each<T>(
    paths: &[String],
    one: impl Fn(&String) -> Result<T, Failure>,
) -> Result<Vec<Result<T, Failure>>, Failure> {
    let mut all: Vec<Result<T, Failure>> = paths.iter().map(one).collect();
    // A thread that was not chosen is chosen for all paths.
    let of_thread = all.iter().position(|one| one.as_ref().is_err_and(|failure| failure.kind == "thread"));
    let failed = of_thread.or_else(|| all.iter().all(Result::is_err).then_some(0));
    match failed.filter(|at| *at < all.len()).map(|at| all.swap_remove(at)) {
        Some(Err(failure)) => Err(failure),
        _ => Ok(all),
    }
}

/// A path that leads nowhere, among others that do.
pub(super) fn failed(path: &str, failure: &Failure) -> Value {
    json!({ "path": path, "error": { "kind": failure.kind, "message": failure.message, "hint": failure.hint } })
}
