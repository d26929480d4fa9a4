//! What finds secrets where no pattern does.

use crate::class::Class;

/// What is not told by a pattern: its name in reports, and its class. The order is that of [`By`].
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

/// What found a secret where no pattern did, by its index in [`RULES`].
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
