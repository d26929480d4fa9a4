//! The variable in which Rust's `thread_local!` keeps a program's value. It has a longer name than the program's
//! `app::COUNTER`.

/// The names of that variable in the releases of the standard library.
const STORAGE: [&str; 3] = ["::__RUST_STD_INTERNAL_VAL", "::VAL", "::__KEY"];

/// The program's name for a thread-local variable, from the demangled name of the variable that keeps its value. Any
/// other name stays as it is.
///
/// The variable is in a closure of a constant, `COUNTER::{{constant}}::{{closure}}::VAL` or
/// `COUNTER::{constant#0}::{closure#1}::VAL`, and before Rust 1.77 in a function, `COUNTER::__getit::VAL`.
pub(crate) fn without_storage(name: &str) -> &str {
    let Some(inner) = STORAGE.iter().find_map(|storage| name.strip_suffix(storage)) else { return name };
    let outside = |name: &str, kinds: &[&str]| {
        let at = name.rfind("::")?;
        let part = name.get(at..)?.trim_start_matches(':').trim_start_matches('{');
        kinds.iter().any(|kind| part.starts_with(kind)).then_some(at)
    };
    let of_function = inner.strip_suffix("::__getit").map(str::len);
    let of_constant = || {
        let constant = outside(inner, &["closure"])?;
        // Demanglers write a letter for a constant, which has no name.
        outside(inner.get(..constant)?, &["constant", "K#"])
    };
    of_function.or_else(of_constant).and_then(|end| name.get(..end)).unwrap_or(name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_release_keeps_thread_local_variables_under_a_name_of_its_own() {
        for name in [
            "app::COUNTER::{{constant}}::{{closure}}::__RUST_STD_INTERNAL_VAL",
            "app::COUNTER::{constant#0}::{closure#1}::VAL",
            "app::COUNTER::{K#0}::{closure#1}::__RUST_STD_INTERNAL_VAL",
            "app::COUNTER::__getit::VAL",
            "app::COUNTER::__getit::__KEY",
            "app::COUNTER",
        ] {
            assert_eq!(without_storage(name), "app::COUNTER");
        }
        for name in ["app::VAL", "app::{{closure}}::VAL", "VAL", "::VAL"] {
            assert_eq!(without_storage(name), name);
        }
    }
}
