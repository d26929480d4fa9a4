//! Imports of the crates' files: no file imports itself through others, no two public types have the same name, and the library names no
//! options of the command line.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

use proc_macro2::{Delimiter, TokenStream, TokenTree};

/// A path of names as written: `["crate", "edit", "Edit"]`.
type Names = Vec<String>;

/// Declarations of a source file, and the names that it uses.
#[derive(Debug, Default)]
struct File {
    path: PathBuf,
    /// Its modules in files of their own.
    children: BTreeSet<String>,
    /// Names that it defines.
    defined: BTreeSet<String>,
    /// Names that it imports, with their paths.
    bound: BTreeMap<String, Names>,
    /// Imported names that it re-exports, unless they are in `used`.
    handed_on: BTreeSet<String>,
    /// Modules of which it imports all names.
    globs: Vec<Names>,
    /// Its types, with traits and aliases.
    types: BTreeSet<String>,
    /// Its public types, modules and imports.
    public: BTreeSet<String>,
    /// Paths in the code, without imports.
    used: BTreeSet<Names>,
    /// Its literals as written.
    literals: Vec<String>,
}

/// The files of crates by module, whose first name is the crate's. Files of tests are left out.
#[derive(Default)]
struct Sources {
    files: BTreeMap<Names, File>,
}

/// The target of a path: a module, or an item of a module's file.
enum Meaning {
    Module(Names),
    Member(Names, String),
}

impl Sources {
    /// Reads crates, each by its name and the folder of its sources.
    fn read<'c>(crates: impl IntoIterator<Item = (&'c str, PathBuf)>) -> Sources {
        let mut read = Sources::default();
        for (name, source) in crates {
            let root =
                ["lib.rs", "main.rs"].map(|name| source.join(name)).into_iter().find(|root| root.exists());
            read.add(vec![name.replace('-', "_")], &root.unwrap(), &source);
        }
        read
    }

    fn add(&mut self, module: Names, path: &Path, folder: &Path) {
        let text = fs::read_to_string(path).unwrap();
        let mut file = File { path: path.to_owned(), ..File::default() };
        file.take(text.parse().unwrap(), 0, true);
        for child in &file.children {
            let alone = folder.join(format!("{child}.rs"));
            let below = folder.join(child);
            let path = if alone.exists() { alone } else { below.join("mod.rs") };
            self.add([module.as_slice(), std::slice::from_ref(child)].concat(), &path, &below);
        }
        self.files.insert(module, file);
    }

    /// The module whose file defines the target of a path in a module; `None` for a crate that is not read, and for a path that ends at a
    /// module.
    fn defining(&self, from: &[String], path: &[String]) -> Option<Names> {
        match self.followed(from, path, 0)? {
            Meaning::Member(module, _) => Some(module),
            Meaning::Module(_) => None,
        }
    }

    fn followed(&self, from: &[String], path: &[String], depth: usize) -> Option<Meaning> {
        // Names that lead to themselves belong to other crates with a module's name.
        if depth > 20 {
            return None;
        }
        let (first, rest) = path.split_first()?;
        let mut at = from.to_vec();
        match first.as_str() {
            "crate" => at.truncate(1),
            "self" => {}
            "super" => _ = at.pop()?,
            _ => return self.member(&at, path, depth),
        }
        if rest.first().is_some_and(|next| next == "super") {
            return self.followed(&at, rest, depth);
        }
        self.member(&at, rest, depth)
    }

    /// As `followed`, for a path that begins with a member of a module or with a crate.
    fn member(&self, module: &[String], path: &[String], depth: usize) -> Option<Meaning> {
        let file = self.files.get(module)?;
        let Some((first, rest)) = path.split_first() else { return Some(Meaning::Module(module.to_vec())) };
        if file.children.contains(first) {
            return self.member(&[module, std::slice::from_ref(first)].concat(), rest, depth);
        }
        if file.defined.contains(first) {
            return Some(Meaning::Member(module.to_vec(), first.clone()));
        }
        if let Some(origin) = file.bound.get(first) {
            return self.followed(module, &[origin.as_slice(), rest].concat(), depth + 1);
        }
        if self.files.contains_key(std::slice::from_ref(first)) {
            return self.member(std::slice::from_ref(first), rest, depth);
        }
        let mut globs = file.globs.iter();
        globs.find_map(|glob| self.followed(module, &[glob.as_slice(), path].concat(), depth + 1))
    }

    /// The types that are reachable from a module by everyone, by name: the modules that define each.
    fn public_types(&self, module: &Names, types: &mut BTreeMap<String, BTreeSet<Names>>) {
        for name in &self.files[module].public {
            match self.member(module, std::slice::from_ref(name), 0) {
                Some(Meaning::Member(definer, defined)) if self.files[&definer].types.contains(&defined) => {
                    let place = [definer, vec![defined]].concat();
                    types.entry(name.clone()).or_default().insert(place);
                }
                Some(Meaning::Module(inner)) => self.public_types(&inner, types),
                _ => {}
            }
        }
    }

    /// The modules whose files a file imports.
    fn imports(&self, module: &Names) -> BTreeSet<Names> {
        let file = &self.files[module];
        let taken = file.bound.iter().filter(|(name, _)| !file.handed_on.contains(*name));
        let paths = taken.map(|(_, origin)| origin).chain(&file.used);
        let mut imports: BTreeSet<Names> = paths.filter_map(|path| self.defining(module, path)).collect();
        imports.remove(module);
        imports
    }

    /// Every import on a cycle, as `FILE imports FILE`.
    fn circles(&self) -> Vec<String> {
        let imports: BTreeMap<&Names, BTreeSet<Names>> =
            self.files.keys().map(|module| (module, self.imports(module))).collect();
        let reached = |from: &Names| {
            let (mut reached, mut open) = (BTreeSet::new(), vec![from.clone()]);
            while let Some(module) = open.pop() {
                open.extend(imports[&module].iter().filter(|next| reached.insert((*next).clone())).cloned());
            }
            reached
        };
        let shown = |module: &Names| self.files[module].path.display().to_string();
        let mut circles = Vec::new();
        for (from, to) in imports.iter().flat_map(|(from, to)| to.iter().map(move |to| (*from, to))) {
            if reached(to).contains(from) {
                circles.push(format!("{} imports {}", shown(from), shown(to)));
            }
        }
        circles
    }
}

impl File {
    /// Adds code in `inline` modules of the file; `top` is set where its definitions are members of the file.
    fn take(&mut self, code: TokenStream, inline: usize, top: bool) {
        let tokens: Vec<TokenTree> = code.into_iter().collect();
        let mut at = 0;
        while let Some(token) = tokens.get(at) {
            let next = tokens.get(at + 1);
            match token {
                TokenTree::Punct(mark) if mark.as_char() == '#' => {
                    at += 1;
                    if next.is_some_and(is_of_tests) {
                        at = end_of_item(&tokens, at);
                    } else if matches!(next, Some(TokenTree::Group(_))) {
                        at += 1;
                    }
                }
                TokenTree::Literal(literal) => {
                    self.literals.push(literal.to_string());
                    at += 1;
                }
                TokenTree::Group(group) => {
                    self.take(group.stream(), inline, false);
                    at += 1;
                }
                TokenTree::Ident(word) if word == "use" => {
                    let end = end_of_item(&tokens, at);
                    let is_public = before(&tokens, at, 1) == "pub";
                    let handed_on = is_public || before(&tokens, at, 2) == "pub";
                    let own = std::mem::take(&mut self.bound);
                    self.bind(&tokens[at + 1..end - 1], &[], inline, handed_on);
                    if is_public {
                        self.public.extend(self.bound.keys().cloned());
                    }
                    self.bound.extend(own);
                    at = end;
                }
                TokenTree::Ident(word) if word == "mod" => {
                    let name = next.unwrap().to_string();
                    match tokens.get(at + 2) {
                        Some(TokenTree::Group(body)) => {
                            self.defined.insert(name);
                            self.take(body.stream(), inline + 1, false);
                        }
                        _ => {
                            if before(&tokens, at, 1) == "pub" {
                                self.public.insert(name.clone());
                            }
                            self.children.insert(name);
                        }
                    }
                    at += 3;
                }
                TokenTree::Ident(word) => {
                    const OF_TYPES: [&str; 5] = ["struct", "enum", "union", "trait", "type"];
                    const DEFINING: [&str; 3] = ["fn", "const", "static"];
                    let keyword = word.to_string();
                    let is_type = OF_TYPES.contains(&keyword.as_str());
                    if top && (is_type || DEFINING.contains(&keyword.as_str())) {
                        let name = next.map(ToString::to_string);
                        if is_type {
                            self.types.extend(name.clone());
                        }
                        if before(&tokens, at, 1) == "pub" {
                            self.public.extend(name.clone());
                        }
                        self.defined.extend(name);
                    }
                    let (path, end) = path_at(&tokens, at);
                    if before(&tokens, at, 1) != "." {
                        self.used.insert(from_file(path, inline));
                    }
                    at = end;
                }
                _ => at += 1,
            }
        }
    }

    /// Binds the names of an import tree, `tokens`, behind a path.
    fn bind(&mut self, tokens: &[TokenTree], behind: &[String], inline: usize, handed_on: bool) {
        let (names, end) = path_at(tokens, 0);
        let path = [behind, &names].concat();
        match tokens.get(end..) {
            Some([TokenTree::Group(tree), ..]) => {
                let tree: Vec<TokenTree> = tree.stream().into_iter().collect();
                for branch in tree.split(|token| token.to_string() == ",") {
                    if !branch.is_empty() {
                        self.bind(branch, &path, inline, handed_on);
                    }
                }
            }
            Some([TokenTree::Punct(mark), ..]) if mark.as_char() == '*' => {
                self.globs.push(from_file(path, inline));
            }
            rest => {
                let mut path = path;
                if path.len() > 1 && path.last().is_some_and(|last| last == "self") {
                    path.pop();
                }
                let Some(name) = rest.and_then(<[_]>::last).map(ToString::to_string).or(path.last().cloned())
                else {
                    return;
                };
                if handed_on {
                    self.handed_on.insert(name.clone());
                }
                self.bound.insert(name, from_file(path, inline));
            }
        }
    }
}

/// The path at a token, and its end: behind a last `::` where a tree or an asterisk follows.
fn path_at(tokens: &[TokenTree], mut at: usize) -> (Names, usize) {
    let mut path = Vec::new();
    while let Some(TokenTree::Ident(word)) = tokens.get(at) {
        path.push(word.to_string());
        at += 1;
        let colon =
            |at: usize| matches!(tokens.get(at), Some(TokenTree::Punct(mark)) if mark.as_char() == ':');
        if !(colon(at) && colon(at + 1)) {
            break;
        }
        at += 2;
    }
    (path, at)
}

/// A path in a module inside of a file, as written in the file itself.
fn from_file(path: Names, inline: usize) -> Names {
    let supers = path.iter().take(inline).take_while(|name| *name == "super").count();
    path.into_iter().skip(supers).collect()
}

fn before(tokens: &[TokenTree], at: usize, count: usize) -> String {
    at.checked_sub(count).map_or_else(String::new, |at| tokens[at].to_string())
}

/// Whether an attribute restricts an item to tests.
fn is_of_tests(attribute: &TokenTree) -> bool {
    let words: Vec<String> =
        attribute.to_string().split(|c: char| !c.is_alphanumeric()).map(str::to_owned).collect();
    let has = |word: &str| words.iter().any(|other| other == word);
    has("cfg") && has("test") && !has("not")
}

/// The end of the item at a token.
fn end_of_item(tokens: &[TokenTree], at: usize) -> usize {
    let ends = |token: &TokenTree| match token {
        TokenTree::Punct(mark) => mark.as_char() == ';',
        TokenTree::Group(group) => group.delimiter() == Delimiter::Brace,
        _ => false,
    };
    let is_import = tokens.get(at).is_some_and(|token| token.to_string() == "use");
    let ends = |token: &TokenTree| if is_import { token.to_string() == ";" } else { ends(token) };
    tokens[at..].iter().position(ends).map_or(tokens.len(), |behind| at + behind + 1)
}

/// The crates that are checked beside the command line.
const CRATES: &[&str] = &[
    "dumpedit",
    "dumpedit-fixtures",
    "dumpedit-formats",
    "dumpedit-layout",
    "dumpedit-scrub",
    "dumpedit-symbols",
];

/// The crates that others use by name.
const FOR_OTHERS: &[&str] = &["dumpedit", "dumpedit_fixtures", "dumpedit_scrub"];

fn sources() -> Sources {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let crates = CRATES.iter().map(|name| (*name, root.join("crates").join(name).join("src")));
    Sources::read(crates.chain([("cli", root.join("cli"))]))
}

#[test]
fn no_file_of_a_crate_imports_itself_by_way_of_others() {
    let circles = sources().circles();
    assert!(circles.is_empty(), "{}", circles.join("\n"));
}

#[test]
fn no_two_public_types_have_one_name() {
    let sources = sources();
    let mut types = BTreeMap::new();
    for name in FOR_OTHERS {
        sources.public_types(&vec![(*name).to_owned()], &mut types);
    }
    // A type of the crate itself, one of an inner crate, and one of a re-exported module.
    for name in ["Edit", "Layout", "ThreadEntry"] {
        assert_eq!(types[name].len(), 1, "{name}");
    }
    let shared = types.iter().filter(|(_, places)| places.len() > 1);
    let shared: Vec<String> = shared.map(|(name, places)| format!("{name}: {places:?}")).collect();
    assert!(shared.is_empty(), "{}", shared.join("\n"));
}

#[test]
fn circles_are_found_through_re_exports_and_paths_and_none_where_a_file_only_declares_others() {
    let folder = tempfile::tempdir().unwrap();
    let circles = |files: &[(&str, &str)]| {
        for (name, text) in files {
            fs::write(folder.path().join(name), text).unwrap();
        }
        Sources::read([("root", folder.path().to_owned())]).circles().len()
    };
    let root = "mod one; mod two; pub use two::Two; pub struct Root;";
    let one = "use crate::Two; pub struct One(Two); #[cfg(test)] mod tests { use crate::Root; }";
    assert_eq!(circles(&[("lib.rs", root), ("one.rs", one), ("two.rs", "pub struct Two;")]), 0);
    assert_eq!(circles(&[("two.rs", "pub struct Two; fn two(_: crate::Root) {}")]), 0);
    assert_eq!(circles(&[("two.rs", "use super::one::One; pub struct Two(Box<One>);")]), 2);
    assert_eq!(circles(&[("two.rs", "pub struct Two; use crate::one; fn two() { let _: one::One; }")]), 2);
    assert_eq!(circles(&[("two.rs", "pub struct Two; #[cfg(test)] use crate::one::One;")]), 0);
    assert_eq!(
        circles(&[("lib.rs", "mod one; mod two; pub use two::Two; fn root(_: Two, _: one::One) {}")]),
        0
    );
}

#[test]
fn only_the_grammar_of_lines_has_options() {
    // Modules about lines of scripts.
    let lines = |module: &Names| module.get(1).is_some_and(|first| first == "notation");
    let is_option = |text: &str| text.starts_with(|first: char| first.is_ascii_lowercase()) && text.len() > 1;
    let mut found = Vec::new();
    let mut of_grammar = 0;
    let libraries = sources().files.into_iter().filter(|(module, _)| module[0] != "cli");
    for (module, file) in libraries {
        for literal in &file.literals {
            let mut words = literal.split(|c: char| !(c.is_ascii_alphanumeric() || c == '-'));
            if !words.any(|word| word.strip_prefix("--").is_some_and(is_option)) {
                continue;
            }
            match lines(&module) {
                true => of_grammar += 1,
                false => found.push(format!("{}: {literal}", file.path.display())),
            }
        }
    }
    assert!(found.is_empty(), "{}", found.join("\n"));
    assert!(of_grammar > 20, "literals are not read any more: {of_grammar}");
}
