//! Sources of secrets that no pattern finds.

use crate::class::Class;

/// Names in reports and classes of these sources, in the order of [`By`].
pub(crate) const RULES: &[(&str, Class)] = &[
    ("environment", Class::Environment),
    ("arguments", Class::Arguments),
    ("process-name", Class::Names),
    ("path", Class::Paths),
    ("thread-name", Class::Names),
    ("comment", Class::Comments),
    ("annotation", Class::Annotations),
    ("handle-name", Class::Handles),
    ("user-name", Class::Users),
    ("host-name", Class::Users),
    ("base64", Class::Tokens),
    ("part-in-register", Class::Tokens),
];

/// Source of a secret that no pattern found, as an index into [`RULES`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum By {
    Environment,
    Arguments,
    ProcessName,
    Path,
    ThreadName,
    Comment,
    Annotation,
    HandleName,
    UserName,
    HostName,
    Base64,
    PartInRegister,
}

impl By {
    pub(crate) fn index(self) -> usize {
        self as usize
    }
}
