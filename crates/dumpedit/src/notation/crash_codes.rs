//! Help for a text that is neither the code of a crash nor a name of one.

use crate::notation::{NotationError, similar};

/// Well-known names; those of other systems are not valid in a dump.
const EXAMPLES: [&str; 4] =
    ["EXCEPTION_ACCESS_VIOLATION", "SIGSEGV", "EXC_BAD_ACCESS", "SYSTEM_SERVICE_EXCEPTION"];

/// Adds the one of some names that the text probably means to its error, else the name of an example. `is_name` knows the names that are
/// valid.
pub(super) fn with_names(
    error: NotationError,
    text: &str,
    names: &[String],
    is_name: impl Fn(&str) -> bool,
) -> NotationError {
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    // A name is looked up among all codes, which takes long for each of thousands.
    if let Some(near) = similar::word(&text.to_ascii_uppercase(), &names).filter(|near| is_name(near)) {
        return error.with_hint(format!("did you mean {near}?")).with_instead(near);
    }
    match EXAMPLES.into_iter().find(|name| is_name(name)) {
        Some(example) if error.hint().is_none() => {
            error.with_hint(format!("write a number, or its name on the dump's system: {example}"))
        }
        _ => error,
    }
}
