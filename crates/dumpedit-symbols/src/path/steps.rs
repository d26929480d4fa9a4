//! The parts of a path, and its shortest text.

use std::fmt;

use thiserror::Error;

/// A path.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Path {
    /// The start of the path.
    pub root: PathRoot,
    /// The steps from there, in order.
    pub steps: Vec<PathStep>,
}

impl Path {
    /// Whether this is only a name, which a symbol without a type may have as well.
    pub fn is_name(&self) -> bool {
        self.steps.is_empty() && matches!(self.root, PathRoot::Name { .. })
    }
}

/// The start of a path.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum PathRoot {
    /// A variable or symbol.
    Name {
        /// The module given before a `!`.
        module: Option<String>,
        /// The source file or unit given in quotes before `::`.
        unit: Option<String>,
        /// Its name with its namespaces.
        name: String,
    },
    /// `{type}address`: a value of a named type at an address.
    At {
        /// The type.
        of: NamedType,
        /// The address.
        address: u64,
    },
    /// `{type}path`: a value of a named type. It is where the path's pointer points to, or where the path's array,
    /// function or symbol without a type is.
    Cast {
        /// The type.
        of: NamedType,
        /// The path.
        to: Box<Path>,
        /// Whether the pointer is converted as C++ does it, to or from a base class: `*(type *)path`.
        converts: bool,
    },
}

impl PathRoot {
    /// The module that is given in it.
    pub fn module_mut(&mut self) -> &mut Option<String> {
        match self {
            PathRoot::Name { module, .. } => module,
            PathRoot::At { of, .. } | PathRoot::Cast { of, .. } => &mut of.module,
        }
    }
}

/// A type in braces or in a cast.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct NamedType {
    /// The module given before a `!`.
    pub module: Option<String>,
    /// The source file or unit given in quotes before `::`.
    pub unit: Option<String>,
    /// The type's name, without `struct` and other keywords.
    pub name: String,
    /// The number of `*` after the name.
    pub pointers: u32,
}

impl fmt::Display for NamedType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(module) = &self.module {
            write!(f, "{module}!")?;
        }
        if let Some(unit) = &self.unit {
            write!(f, "'{unit}'::")?;
        }
        write!(f, "{}{}", self.name, "*".repeat(self.pointers as usize))
    }
}

/// One step of a path.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum PathStep {
    /// `.name` or `->name`
    Member(String),
    /// `[index]`
    Index(i128),
    /// `*`
    Follow,
    /// `&`
    AddressOf,
}

/// An error in a path.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[error("{what}, at character {} of \"{text}\"", at + 1)]
#[non_exhaustive]
pub struct PathError {
    /// The whole text.
    pub text: String,
    /// The position of the error, in characters from the beginning of the text.
    pub at: usize,
    /// What is wrong, or what is expected there.
    pub what: String,
}

/// A path at the beginning of a text.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct Prefix {
    /// The path.
    pub path: Path,
    /// The size of the path in the text, in bytes.
    pub size: usize,
}

impl fmt::Display for PathRoot {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let module = |f: &mut fmt::Formatter<'_>, module: &Option<String>| match module {
            Some(module) => write!(f, "{module}!"),
            None => Ok(()),
        };
        match self {
            PathRoot::Name { module: of, unit, name } => {
                module(f, of)?;
                match unit {
                    Some(unit) => write!(f, "'{unit}'::{name}"),
                    None => f.write_str(name),
                }
            }
            PathRoot::At { of, address } => write!(f, "{{{of}}}{address:#x}"),
            PathRoot::Cast { of, to, converts: false } => write!(f, "{{{of}}}{to}"),
            PathRoot::Cast { of, to, converts: true } => write!(f, "*({of}*){to}"),
        }
    }
}

impl fmt::Display for Path {
    /// Writes the path in its shortest form, with `.` for every member.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut text = self.root.to_string();
        let mut is_prefixed = matches!(self.root, PathRoot::Cast { .. });
        let mut steps = self.steps.as_slice();
        // The address of what a converted pointer points to is the pointer itself.
        if let (PathRoot::Cast { converts: true, .. }, [PathStep::AddressOf, rest @ ..]) = (&self.root, steps)
        {
            text.remove(0);
            steps = rest;
        }
        for step in steps {
            let postfix = match step {
                PathStep::Follow => {
                    text.insert(0, '*');
                    is_prefixed = true;
                    continue;
                }
                PathStep::AddressOf => {
                    text.insert(0, '&');
                    is_prefixed = true;
                    continue;
                }
                PathStep::Member(name) => format!(".{name}"),
                PathStep::Index(index) => format!("[{index}]"),
            };
            if is_prefixed {
                text = format!("({text})");
                is_prefixed = false;
            }
            text.push_str(&postfix);
        }
        f.write_str(&text)
    }
}
