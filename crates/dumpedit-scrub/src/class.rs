//! The kinds of data that are taken out, as a person chooses among them.

use std::fmt;
use std::str::FromStr;

use serde::Serialize;

macro_rules! classes {
    ($($(#[$doc:meta])* $class:ident $name:literal,)*) => {
        /// A kind of data.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
        #[non_exhaustive]
        pub enum Class {
            $($(#[$doc])* #[serde(rename = $name)] $class,)*
        }

        impl Class {
            /// All of them.
            pub const ALL: &'static [Class] = &[$(Class::$class,)*];

            /// Its name, which reads back.
            pub fn name(self) -> &'static str {
                match self { $(Class::$class => $name,)* }
            }
        }
    };
}

classes! {
    /// The values of environment variables.
    Environment "env",
    /// The arguments of the process.
    Arguments "argv",
    /// The folders of paths: of modules, of their symbol files, of files that were mapped.
    Paths "paths",
    /// The names of threads and of the process.
    Names "names",
    /// Comments.
    Comments "comments",
    /// The annotations that a program gave its crash reporter.
    Annotations "annotations",
    /// The names of handles.
    Handles "handles",
    /// The names of users, and of their machines.
    Users "users",
    /// Mail addresses.
    Mail "mail",
    /// Tokens and keys of services.
    Tokens "tokens",
    /// Private keys.
    Keys "keys",
    /// The numbers of payment cards.
    Cards "cards",
    /// IP addresses.
    Addresses "ip",
    /// What the rules of a file find.
    Rules "rules",
}

impl fmt::Display for Class {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// A name that no class has.
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
