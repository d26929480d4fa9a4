//! Results of several paths, some of which may fail.

use serde_json::{Value, json};

use crate::failure::Failure;

/// The result of each path. If all fail, the command fails.
pub(super) fn each<T>(
    paths: &[String],
    one: impl Fn(&String) -> Result<T, Failure>,
) -> Result<Vec<Result<T, Failure>>, Failure> {
    let mut all: Vec<Result<T, Failure>> = paths.iter().map(one).collect();
    // A missing `--thread` is an error for all paths.
    let of_thread = all.iter().position(|one| one.as_ref().is_err_and(|failure| failure.kind == "thread"));
    let failed = of_thread.or_else(|| all.iter().all(Result::is_err).then_some(0));
    match failed.filter(|at| *at < all.len()).map(|at| all.swap_remove(at)) {
        Some(Err(failure)) => Err(failure),
        _ => Ok(all),
    }
}

/// The JSON of a path that failed while others did not.
pub(super) fn failed(path: &str, failure: &Failure) -> Value {
    json!({ "path": path, "error": { "kind": failure.kind, "message": failure.message, "hint": failure.hint } })
}
