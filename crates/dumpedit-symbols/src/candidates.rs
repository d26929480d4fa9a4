//! The candidates for an ambiguous name, each with a path that names only that candidate.

use std::fmt;

use crate::demangled::{Decoration, Wanted};
use crate::function_copies;
use crate::path::Path;
use crate::source_files::file_names;

/// One of several symbols that have the same name.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Candidate {
    /// A path that names this candidate and no other. It is the full name after the module. The source file or the
    /// linker's name is used if that is needed to tell the candidates apart. If that is not enough, the path is the
    /// address, with the type if it is known.
    pub path: String,
    /// The base name of its module.
    pub module: String,
    /// Its address; `None` for a thread-local variable, which has one in each thread.
    pub address: Option<u64>,
    /// The name of its source file, if known.
    pub unit: Option<String>,
}

impl fmt::Display for Candidate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.address {
            Some(address) if self.path.ends_with(&address_path(address)) => {
                write!(f, "{} in {}", self.path, self.module)
            }
            Some(address) => write!(f, "{} at {address:#x}", self.path),
            None => write!(f, "{} of each thread", self.path),
        }
    }
}

/// The facts about something that a name may mean.
#[derive(Clone, Debug)]
pub(crate) struct Known {
    /// The index and the base name of its module.
    pub(crate) module: (usize, String),
    /// The path of its module.
    pub(crate) module_path: String,
    pub(crate) address: Option<u64>,
    /// Its source file, with its folders; empty if not known.
    pub(crate) unit: String,
    /// Its full name.
    pub(crate) name: String,
    /// The linker's names for it, if any. The plainest is first.
    pub(crate) symbols: Vec<String>,
    /// The name of its type, if known.
    pub(crate) type_name: Option<String>,
}

/// The candidates that these are, each with its path.
pub(crate) fn candidates(all: &[Known]) -> Vec<Candidate> {
    let one = |(at, known): (usize, &Known)| {
        let others = all.iter().enumerate().filter(|(other, _)| *other != at).map(|(_, other)| other);
        Candidate {
            path: path(known, &others.collect::<Vec<_>>()),
            module: known.module.1.clone(),
            address: known.address,
            unit: file_names(&known.unit).next().map(str::to_owned),
        }
    };
    all.iter().enumerate().map(one).collect()
}

/// A path that names one of them and none of the others.
fn path(known: &Known, others: &[&Known]) -> String {
    let (index, module) = &known.module;
    let fallback = || {
        let Some(address) = known.address else { return format!("{}!{}", known.module_path, known.name) };
        // The address stands alone if the type has no name or a name that a path cannot have.
        let named = known.type_name.as_ref().filter(|of| !of.contains('{'));
        let typed = named.map(|of| format!("{{{of}}}{}", address_path(address)));
        typed.filter(|path| Path::parse(path).is_ok()).unwrap_or_else(|| address_path(address))
    };
    if others.iter().any(|other| other.module.1 == *module && other.module.0 != *index) {
        return fallback();
    }
    let wanted = Wanted::new(&known.name);
    let is_same = |name: &str| wanted.matches(name, Decoration::None);
    let alike = others.iter().filter(|other| other.module.0 == *index);
    let alike =
        alike.filter(|other| is_same(&other.name) || other.symbols.iter().any(|symbol| is_same(symbol)));
    let alike: Vec<&&Known> = alike.collect();
    if alike.is_empty() {
        return format!("{module}!{}", known.name);
    }
    let tells = |file: &&str| !alike.iter().any(|other| file_names(&other.unit).any(|name| name == *file));
    if let Some(file) = file_names(&known.unit).find(tells) {
        // In a path with a source file, a dot after a name begins a member.
        let (name, _) = function_copies::split(&known.name);
        return format!("{module}!'{file}'::{name}");
    }
    let is_own = |symbol: &&String| !others.iter().any(|other| other.symbols.contains(symbol));
    known.symbols.iter().find(is_own).map_or_else(fallback, |symbol| format!("{module}!{symbol}"))
}

fn address_path(address: u64) -> String {
    format!("{address:#x}")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn known(name: &str, unit: &str, symbol: Option<&str>, address: u64) -> Known {
        let symbols = symbol.map(str::to_owned).into_iter().collect();
        let (name, unit) = (name.to_owned(), unit.to_owned());
        Known {
            module: (0, "app".into()),
            module_path: "/bin/app".into(),
            address: Some(address),
            unit,
            name,
            symbols,
            type_name: None,
        }
    }

    #[test]
    fn each_of_several_has_a_text_of_its_own() {
        let paths = |all: &[Known]| -> Vec<String> {
            candidates(all).into_iter().map(|candidate| candidate.path).collect()
        };
        let of_functions = [known("f(int)::x", "a.cc", None, 1), known("f(char)::x", "a.cc", None, 2)];
        assert_eq!(paths(&of_functions), ["app!f(int)::x", "app!f(char)::x"]);
        let of_files =
            [known("x", "/s/a.c", None, 1), known("x", "/s/b.c", None, 2), known("y", "", None, 3)];
        assert_eq!(paths(&of_files), ["app!'a.c'::x", "app!'b.c'::x", "app!y"]);
        let of_folders = [known("x", "s/a.c", None, 1), known("x", "t/a.c", None, 2)];
        assert_eq!(paths(&of_folders), ["app!'s/a.c'::x", "app!'t/a.c'::x"]);
        let of_copies = [known("f.part.0", "a.c", None, 1), known("f.part.0", "b.c", None, 2)];
        assert_eq!(paths(&of_copies), ["app!'a.c'::f", "app!'b.c'::f"]);
        let of_blocks = [known("f::x", "a.c", Some("x.0"), 1), known("f::x", "a.c", Some("x.1"), 2)];
        assert_eq!(paths(&of_blocks), ["app!x.0", "app!x.1"]);
        assert_eq!(paths(&[known("x", "", None, 1), known("x", "", None, 2)]), ["0x1", "0x2"]);
        let typed = |type_name: &str, address| Known {
            type_name: Some(type_name.to_owned()),
            ..known("x", "", None, address)
        };
        assert_eq!(paths(&[typed("int *", 1), typed("struct {...}", 2)]), ["{int *}0x1", "0x2"]);
        let mut other = known("x", "", None, 2);
        other.module = (1, "app".into());
        assert_eq!(paths(&[known("x", "", None, 1), other.clone()]), ["0x1", "0x2"]);
        let of_threads = [
            Known { address: None, ..known("x", "", None, 1) },
            Known { address: None, module_path: "/opt/app".into(), ..other.clone() },
        ];
        assert_eq!(paths(&of_threads), ["/bin/app!x", "/opt/app!x"]);
        other.module.1 = "lib".into();
        assert_eq!(paths(&[known("x", "", None, 1), other]), ["app!x", "lib!x"]);
    }
}
