//! Classes of secrets, by which a person chooses among them.

use std::fmt;
use std::str::FromStr;

use serde::Serialize;

macro_rules! classes {
    ($($(#[$doc:meta])* $class:ident $name:literal,)*) => {
        /// A class of secrets.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
        #[non_exhaustive]
        pub enum Class {
            $($(#[$doc])* #[serde(rename = $name)] $class,)*
        }

        impl Class {
            /// All classes.
            pub const ALL: &'static [Class] = &[$(Class::$class,)*];

            /// Name of the class, which parses back.
            pub fn name(self) -> &'static str {
                match self { $(Class::$class => $name,)* }
            }
        }
    };
}

classes! {
    /// Values of environment variables.
    Environment "env",
    /// Arguments of the process.
    Arguments "argv",
    /// Folders of paths: of modules, of their symbol files, of mapped files.
    Paths "paths",
    /// Names of threads and of the process.
    Names "names",
    /// Comments.
    Comments "comments",
    /// Annotations that a program gave its crash reporter.
    Annotations "annotations",
    /// Names of handles.
    Handles "handles",
    /// Names of users and of their machines.
    Users "users",
    /// Mail addresses.
    Mail "mail",
    /// Tokens and keys of services.
    Tokens "tokens",
    /// Private keys.
    Keys "keys",
    /// Numbers of payment cards.
    Cards "cards",
    /// IP addresses.
    Addresses "ip",
    /// Matches of the rules of a file.
    Rules "rules",
}

impl fmt::Display for Class {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// A name that is no class.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{name}` is not one of {known}", known = Class::ALL.iter().map(|class| class.name()).collect::<Vec<_>>().join(", "))]
pub struct UnknownClass {
    /// The name.
    pub name: String,
}

impl FromStr for Class {
    type Err = UnknownClass;

    fn from_str(name: &str) -> Result<Self, UnknownClass> {
        let known = Class::ALL.iter().find(|class| class.name() == name);
        known.copied().ok_or_else(|| UnknownClass { name: name.to_owned() })
    }
}
