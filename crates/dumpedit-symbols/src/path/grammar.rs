//! The grammar of typed paths: `app!g_config.limits[2]`, `*head->next`, `&nodes[3]`.
//!
//! ```text
//! path    = ("*" | "&")* postfix
//! postfix = primary ("." member | "->" member | "[" index "]")*
//! primary = [module "!"] ["'" file "'" ("::" | "!")] name | [module "!"] "'" name "'" | "(" path ")"
//!         | "{" type "}" address | "{" type "}" path | "(" type "*" ")" (address | path)
//! type    = [module "!"] ["'" file "'" "::"] name "*"*
//! name    = ["::"] part ("::" part)*
//! part    = ["r#"] identifier ("[abi:" … "]")* ["<" … ">"] ["(" … ")"], or "operator" (sign | " " type) "(" … ")", or "(anonymous namespace)", or "{" … "}" as Rust has it
//! index   = ["-"] (decimal | "0x" hexadecimal)
//! ```
//!
//! `.` and `->` are the same, as in gdb: each follows a pointer if there is one. A `+n` or `-n` after a path is not a
//! part of it. The caller adds these bytes, as everywhere in dumpedit, and [`Path::prefix`] says where the path ends.

use crate::spelling::without_raw_marks;

use super::steps::{NamedType, Path, PathError, PathRoot, PathStep, Prefix};

/// The deepest nesting of parentheses and operators.
const DEPTH: usize = 128;

impl Path {
    /// Parses a path that is the whole text.
    ///
    /// # Errors
    /// Fails if the text is not a path, or if more follows the path.
    pub fn parse(text: &str) -> Result<Path, PathError> {
        let Prefix { path, size } = Path::prefix(text)?;
        let rest = text.get(size..).unwrap_or_default();
        if rest.trim().is_empty() { Ok(path) } else { Err(error(text, size, "expected the end of the path")) }
    }

    /// Parses the path at the beginning of a text, and returns its size in bytes.
    ///
    /// # Errors
    /// Fails if the text does not begin with a path.
    pub fn prefix(text: &str) -> Result<Prefix, PathError> {
        let mut parser = Parser { text, at: 0 };
        let path = parser.path(0)?;
        Ok(Prefix { path, size: parser.at })
    }
}

fn error(text: &str, at: usize, what: impl Into<String>) -> PathError {
    let at = text.get(..at).unwrap_or(text).chars().count();
    PathError { text: text.to_owned(), at, what: what.into() }
}

/// A type's name without the keywords before it.
fn without_keywords(name: &str) -> &str {
    let keywords = ["const ", "volatile ", "struct ", "union ", "class ", "enum "];
    keywords.iter().fold(name.trim(), |name, keyword| name.strip_prefix(keyword).unwrap_or(name).trim_start())
}

struct Parser<'a> {
    text: &'a str,
    /// The offset of the next character in bytes.
    at: usize,
}

impl<'a> Parser<'a> {
    fn rest(&self) -> &'a str {
        self.text.get(self.at..).unwrap_or_default()
    }

    fn spaces(&mut self) {
        self.at += self.rest().len() - self.rest().trim_start().len();
    }

    fn take(&mut self, token: &str) -> bool {
        let taken = self.rest().starts_with(token);
        if taken {
            self.at += token.len();
        }
        taken
    }

    /// Takes a token and the spaces before it. If the token is missing, nothing is taken.
    fn take_spaced(&mut self, token: &str) -> bool {
        let before = self.at;
        self.spaces();
        let taken = self.take(token);
        if !taken {
            self.at = before;
        }
        taken
    }

    fn error(&self, what: impl Into<String>) -> PathError {
        error(self.text, self.at, what)
    }

    fn path(&mut self, depth: usize) -> Result<Path, PathError> {
        if depth > DEPTH {
            return Err(self.error("operators are nested too deeply"));
        }
        self.spaces();
        for (token, step) in [("*", PathStep::Follow), ("&", PathStep::AddressOf)] {
            if self.take(token) {
                let mut path = self.path(depth + 1)?;
                path.steps.push(step);
                return Ok(path);
            }
        }
        let mut path = self.primary(depth)?;
        loop {
            if self.take_spaced("->") || self.take_spaced(".") {
                self.spaces();
                path.steps.push(PathStep::Member(self.member()?));
            } else if self.take_spaced("[") {
                path.steps.push(PathStep::Index(self.index()?));
                self.spaces();
                if !self.take("]") {
                    return Err(self.error("expected ] after the index"));
                }
            } else {
                return Ok(path);
            }
        }
    }

    /// Takes `(type *)path` as in C, which is the address of `{type}path`. Nothing is taken if the text is not a cast.
    fn cast(&mut self, depth: usize) -> Result<Option<Path>, PathError> {
        let Some(rest) = self.rest().strip_prefix('(') else { return Ok(None) };
        let Some(end) = closing(rest, '(', ')') else { return Ok(None) };
        let (inside, behind) = rest.split_at_checked(end).unwrap_or_default();
        let Some(of) = inside.trim_end().strip_suffix('*').filter(|of| !of.trim().is_empty()) else {
            return Ok(None);
        };
        let is_type = of.chars().all(|letter| letter.is_alphanumeric() || "_:<>, *&!.$'/-".contains(letter));
        let behind = behind.get(1..).unwrap_or_default();
        let goes_on = |first: char| first.is_alphanumeric() || "_&*('{".contains(first);
        if !is_type || !behind.trim_start().starts_with(goes_on) {
            return Ok(None);
        }
        let of = self.named_type(of)?;
        self.at += end + 2;
        self.spaces();
        let mut path = self.of_type_at(of, depth)?;
        if let PathRoot::Cast { converts, .. } = &mut path.root {
            *converts = true;
        }
        path.steps.push(PathStep::AddressOf);
        Ok(Some(path))
    }

    fn primary(&mut self, depth: usize) -> Result<Path, PathError> {
        if let Some(path) = self.cast(depth)? {
            return Ok(path);
        }
        if self.rest().starts_with('(') && !self.rest().starts_with("(anonymous ") {
            self.at += 1;
            let path = self.path(depth + 1)?;
            self.spaces();
            return if self.take(")") { Ok(path) } else { Err(self.error("expected ) here")) };
        }
        if let Some(path) = self.of_type(depth)? {
            return Ok(path);
        }
        let module = self.module();
        let mut unit = None;
        if self.take("'") {
            let Some(end) = self.rest().find('\'') else {
                return Err(self.error("expected a second ' after this name"));
            };
            let quoted = self.rest().get(..end).unwrap_or_default().to_owned();
            self.at += end + 1;
            if self.take("::") || self.take("!") {
                unit = Some(quoted);
            } else {
                return Ok(Path {
                    root: PathRoot::Name { module, unit: None, name: quoted },
                    steps: Vec::new(),
                });
            }
        }
        let name = self.name()?;
        Ok(Path { root: PathRoot::Name { module, unit, name }, steps: Vec::new() })
    }

    /// Takes a module and the `!` after it.
    fn module(&mut self) -> Option<String> {
        let is_part = |character: char| character.is_alphanumeric() || "_.+-@~$".contains(character);
        let end = self.rest().find(|character| !is_part(character))?;
        let module = self.rest().get(..end).filter(|module| !module.is_empty())?;
        if !self.rest().get(end..)?.starts_with('!') {
            return None;
        }
        self.at += end + 1;
        Some(module.to_owned())
    }

    /// Takes `{type}address` or `{type}path`.
    fn of_type(&mut self, depth: usize) -> Result<Option<Path>, PathError> {
        let start = self.at;
        if !self.take("{") {
            return Ok(None);
        }
        let Some(end) = closing(self.rest(), '{', '}') else {
            return Err(self.error("expected } after the type's name"));
        };
        let inside = self.rest().get(..end).unwrap_or_default();
        let behind = self.rest().get(end + 1..).unwrap_or_default().trim_start();
        let is_address = behind.starts_with(|first: char| first.is_ascii_digit());
        let is_path = behind.starts_with(|first: char| first.is_alphabetic() || "_&*('".contains(first));
        if !is_address && !is_path {
            self.at = start;
            return Ok(None);
        }
        let of = self.named_type(inside)?;
        self.at += end + 1;
        self.spaces();
        self.of_type_at(of, depth).map(Some)
    }

    /// Takes the address after a type, or the path to one.
    fn of_type_at(&mut self, of: NamedType, depth: usize) -> Result<Path, PathError> {
        if !self.rest().starts_with(|first: char| first.is_ascii_digit()) {
            let to = Box::new(self.path(depth + 1)?);
            return Ok(Path { root: PathRoot::Cast { of, to, converts: false }, steps: Vec::new() });
        }
        let number = self.number()?;
        let address = u64::try_from(number).map_err(|_| self.error("this address has more than 64 bits"))?;
        Ok(Path { root: PathRoot::At { of, address }, steps: Vec::new() })
    }

    /// A type as it is written in braces or in a cast, with its module and its stars.
    fn named_type(&self, text: &str) -> Result<NamedType, PathError> {
        let in_module = text.split_once('!').filter(|(module, _)| !module.contains('\''));
        let (module, type_name) = match in_module {
            Some((module, name)) => (Some(module.trim().to_owned()), name),
            None => (None, text),
        };
        let base = type_name.trim_end_matches(['*', ' ']);
        let stars = type_name.get(base.len()..).unwrap_or_default().matches('*').count();
        let pointers = u32::try_from(stars).unwrap_or(u32::MAX);
        let base = without_keywords(base);
        let quoted = base.strip_prefix('\'').and_then(|rest| rest.split_once('\''));
        let in_unit = quoted.and_then(|(unit, rest)| {
            let name = rest.strip_prefix("::").or_else(|| rest.strip_prefix('!'))?;
            Some((unit.to_owned(), name))
        });
        let (unit, name) = in_unit.map_or((None, base), |(unit, name)| (Some(unit), name));
        match without_keywords(name) {
            "" => Err(self.error("expected the name of a type")),
            name => Ok(NamedType { module, unit, name: name.to_owned(), pointers }),
        }
    }

    fn name(&mut self) -> Result<String, PathError> {
        let start = self.at;
        self.take("::");
        loop {
            self.part()?;
            if !self.take("::") {
                break;
            }
        }
        let name = self.text.get(start..self.at).unwrap_or_default();
        Ok(without_raw_marks(name.strip_prefix("::").unwrap_or(name)).into_owned())
    }

    /// Takes one part of a name between `::`.
    fn part(&mut self) -> Result<(), PathError> {
        if self.take("(anonymous namespace)") {
            return Ok(());
        }
        if self.rest().starts_with('{') {
            self.at += 1;
            return self.close('{', '}');
        }
        // Rust: `<Type as Trait>::name`.
        if self.take("<") {
            return self.close('<', '>');
        }
        if self.identifier("expected a name")? == "operator" {
            self.sign();
            self.converted();
        }
        while self.take("[abi:") {
            self.close('[', ']')?;
        }
        if self.take("<") {
            self.close('<', '>')?;
        }
        // The arguments of a function. The path means the function itself or a variable in it.
        if self.rest().starts_with('(') {
            let before = self.at;
            self.at += 1;
            self.close('(', ')')?;
            let behind = self.rest().strip_prefix(" const").unwrap_or(self.rest());
            if behind.is_empty() || behind.starts_with("::") || behind.starts_with(['+', '-']) {
                self.take(" const");
            } else {
                self.at = before;
            }
        }
        Ok(())
    }

    /// Takes the sign of a C++ operator, if the arguments of its function follow.
    fn sign(&mut self) {
        let signs = ["()", "[]"].into_iter().find(|sign| self.rest().starts_with(sign));
        let is_sign = |letter: char| "+-*/%^&|~!=<>,".contains(letter);
        let end = self.rest().find(|letter| !is_sign(letter)).unwrap_or(self.rest().len());
        let size = signs.map_or(end, str::len);
        if self.rest().get(size..).is_some_and(|behind| behind.starts_with('(')) {
            self.at += size;
        }
    }

    /// Takes the type of a C++ conversion operator, if the arguments of its function follow.
    fn converted(&mut self) {
        let Some(type_) = self.rest().strip_prefix(' ') else { return };
        let is_type = |letter: char| letter.is_alphanumeric() || "_:<>, *&[]".contains(letter);
        let end = type_.find(|letter| !is_type(letter));
        if let Some(end) = end.filter(|end| type_.get(*end..).is_some_and(|behind| behind.starts_with("()")))
        {
            self.at += end + 1;
        }
    }

    /// Takes the text up to the bracket that closes the one just taken, and that bracket.
    fn close(&mut self, open: char, close: char) -> Result<(), PathError> {
        match closing(self.rest(), open, close) {
            Some(end) => {
                self.at += end + close.len_utf8();
                Ok(())
            }
            None => Err(self.error(format!("expected {close} for the {open} before"))),
        }
    }

    /// Takes an identifier. Rust's `r#type` is returned without its `r#`.
    fn identifier(&mut self, expected: &str) -> Result<String, PathError> {
        if let Some(rest) = self.rest().strip_prefix("r#")
            && rest.starts_with(|first: char| first.is_alphabetic() || first == '_')
        {
            self.at += 2;
        }
        let is_part = |character: char| character.is_alphanumeric() || "_$".contains(character);
        let rest = self.rest();
        let end = rest.find(|character| !is_part(character)).unwrap_or(rest.len());
        let name = rest.get(..end).unwrap_or_default();
        if name.is_empty() {
            return Err(self.error(expected));
        }
        self.at += end;
        Ok(name.to_owned())
    }

    /// Takes the name of a member: an identifier, the number of a field of a tuple, or the name of a static member or
    /// base class with its scope.
    fn member(&mut self) -> Result<String, PathError> {
        let start = self.at;
        self.identifier("expected the name of a member")?;
        loop {
            if self.take("<") {
                self.close('<', '>')?;
            } else if self.rest().starts_with("::") {
                self.at += 2;
                self.identifier("expected the name of a member")?;
            } else {
                let name = self.text.get(start..self.at).unwrap_or_default();
                return Ok(without_raw_marks(name).into_owned());
            }
        }
    }

    fn index(&mut self) -> Result<i128, PathError> {
        self.spaces();
        let negative = self.take("-");
        let number = self.number()?;
        Ok(if negative { -number } else { number })
    }

    fn number(&mut self) -> Result<i128, PathError> {
        let start = self.at;
        let hexadecimal = self.take("0x") || self.take("0X");
        let radix = if hexadecimal { 16 } else { 10 };
        let rest = self.rest();
        let end = rest.find(|character: char| !character.is_alphanumeric()).unwrap_or(rest.len());
        let digits = rest.get(..end).unwrap_or_default();
        // Debuggers read a number with a zero before it as octal.
        let bare = digits.trim_start_matches('0');
        if !hexadecimal && bare.len() < digits.len() && bare.starts_with(|first: char| first.is_ascii_digit())
        {
            return Err(error(self.text, start, format!("expected a number without leading zeros: {bare}")));
        }
        let number = u64::from_str_radix(digits, radix).ok().filter(|_| !digits.starts_with('+'));
        match number {
            Some(number) => {
                self.at += end;
                Ok(number.into())
            }
            None => Err(error(self.text, start, "expected a number, such as 12 or 0xc")),
        }
    }
}

/// The offset of the bracket that closes one before the text.
fn closing(text: &str, open: char, close: char) -> Option<usize> {
    let mut depth = 0_u32;
    let mut before = ' ';
    for (at, character) in text.char_indices() {
        if character == close && !(close == '>' && before == '-') {
            if depth == 0 {
                return Some(at);
            }
            depth -= 1;
        } else if character == open {
            depth += 1;
        }
        before = character;
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(text: &str) -> String {
        Path::parse(text).map_or_else(|error| error.to_string(), |path| path.to_string())
    }

    #[test]
    fn every_form_of_a_path_is_read() {
        for text in [
            "counter",
            "libc.so.6!environ",
            "ns::name",
            "Box<int>::count",
            "Box<a::B<(C)1>, int>::count",
            "a.b.c",
            "a[2][-1]",
            "*a.b",
            "(*a).b",
            "&a[1]",
            "(&a)[1]",
            "'file.c'::counter",
            "app!'file.c'::counter",
            "(anonymous namespace)::x",
            "a::(anonymous namespace)::x",
            "f(int, char const*)::calls",
            "app::overload(int)",
            "app::Op::get(int) const",
            "app::Op::operator()(int)::called",
            "app::Op::operator<<(int)::called",
            "main::{lambda(int)#1}::operator()(int) const::n",
            "app::Op::operator int() const::n",
            "app::Op::operator std::vector<int>*()",
            "app::made[abi:cxx11](int)::n",
            "app::{impl#0}::NAME",
            "<app::T as app::U>::NAME",
            "{node}0x1000.next",
            "{app!node**}0x1000",
            "{int}&counter",
            "{node*}&list[2]",
            "{app!node}head.next",
            "{app!'b.c'::node*}&x",
            "pair.__0",
        ] {
            assert_eq!(shown(text), text);
        }
        assert_eq!(shown("operator->next"), "operator.next");
        assert_eq!(shown("a -> b [ 0x10 ] . c"), "a.b[16].c");
        assert_eq!(shown("{struct node *}4096->next"), "{node*}0x1000.next");
        for (text, expected) in [
            ("(node *)head", "(node*)head"),
            ("(struct node**)head->next", "(node**)head.next"),
            ("((const node*)list[1].data)->next", "((node*)list[1].data).next"),
            ("*(app!node *) 0x1000", "*&{app!node}0x1000"),
            ("(*head).next", "(*head).next"),
            ("(a)[1]", "a[1]"),
        ] {
            assert_eq!(shown(text), expected, "{text}");
        }
        assert_eq!(shown("::x"), "x");
        assert_eq!(shown("'file.c'!counter"), "'file.c'::counter");
        assert_eq!(shown("'a b'"), "a b");
        assert_eq!(shown("((a))"), "a");
    }

    #[test]
    fn a_path_ends_where_an_offset_begins() {
        for (text, size) in
            [("a+4", 1), ("a.b-0x10", 3), ("a->b + 4", 4), ("f(int)+4", 6), ("a b", 1), ("a=9", 1)]
        {
            assert_eq!(Path::prefix(text).unwrap().size, size, "{text}");
        }
        assert_eq!(shown("a+4"), "expected the end of the path, at character 2 of \"a+4\"");
    }

    #[test]
    fn what_is_no_path_says_where() {
        for (text, at) in [
            ("", 0),
            ("a.", 2),
            ("a[", 2),
            ("a[x]", 2),
            ("a[1", 3),
            ("(a", 2),
            ("a<b", 2),
            ("é.[", 2),
            ("1x[99999999999999999999]", 3),
        ] {
            assert_eq!(Path::parse(text).unwrap_err().at, at, "{text}");
        }
        assert!(Path::parse(&"*".repeat(100_000)).is_err());
        assert!(Path::parse(&"(".repeat(100_000)).is_err());
    }
}
