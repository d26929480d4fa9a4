//! Assignments of `set`: a name and its new value.

use std::fmt;
use std::str::FromStr;

use dumpedit_formats::fields::is_name;

use crate::notation::{NotationError, NumberText, terms};

/// `REGISTER=NUMBER`, `FIELD=VALUE` or `VARIABLE=VALUE` of `set`.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub struct Assignment {
    /// Name of the register or the field, or path to the variable. A register's name always names the register.
    pub register: String,
    /// The value.
    pub number: NumberText,
    /// Value as written: for a variable, the type decides what it means.
    pub written: String,
}

impl FromStr for Assignment {
    type Err = NotationError;

    fn from_str(text: &str) -> Result<Self, NotationError> {
        let Some((name, number)) = assignment(text) else {
            let error = NotationError::usage(text, "is not an assignment")
                .with_hint("write REGISTER=NUMBER or FIELD=VALUE");
            // `rip:0x1000`
            return Err(
                match text.split_once(':').filter(|(name, value)| !name.is_empty() && !value.is_empty()) {
                    Some((name, value)) => error.with_instead(format!("{name}={value}")),
                    None => error,
                },
            );
        };
        let name = name.trim();
        if is_name(name) {
            return Ok(Assignment::new(name, NumberText::OfField(number.to_owned())));
        }
        let written = number.trim();
        if is_path(name) {
            return Ok(Assignment::new(name, NumberText::OfVariable(written.to_owned())));
        }
        let number = written.parse()?;
        Ok(Assignment { register: name.to_owned(), number, written: written.to_owned() })
    }
}

/// Whether a name has a form of paths to variables only, and not of registers.
fn is_path(name: &str) -> bool {
    name.starts_with(['*', '&', '(', '{', '\''])
        || ["[", "->", "!", "::"].iter().any(|mark| name.contains(mark))
}

impl Assignment {
    /// A register, a field or a variable, and its value.
    pub fn new(register: impl Into<String>, number: NumberText) -> Self {
        Assignment { register: register.into(), written: number.to_string(), number }
    }

    /// Whether it sets a field, and not a register.
    pub(crate) fn is_of_field(&self) -> bool {
        matches!(self.number, NumberText::OfField(_))
    }
}

impl fmt::Display for Assignment {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}={}", self.register, self.written)
    }
}

/// `NAME=VALUE` as its two parts; an `=` in brackets belongs to the name.
fn assignment(text: &str) -> Option<(&str, &str)> {
    let in_brackets =
        text.find('[').filter(|at| text.get(..*at).is_some_and(|root| is_name(&format!("{root}["))));
    let skipped = match in_brackets {
        Some(at) => {
            let behind = terms::bracketed(text.get(at..)?).map_or("", |(_, behind)| behind);
            text.len().checked_sub(behind.len()).filter(|_| !behind.is_empty()).unwrap_or(0)
        }
        None => 0,
    };
    let equals = text.get(skipped..)?.find('=')?.checked_add(skipped)?;
    let (name, value) = text.split_at_checked(equals)?;
    Some((name, value.get(1..)?)).filter(|(name, _)| !name.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_equals_sign_in_brackets_belongs_to_the_name() {
        for (text, parts) in [
            ("rip=0x10", Some(("rip", "0x10"))),
            ("crash.code=11", Some(("crash.code", "11"))),
            ("module[a=b].name=c=d", Some(("module[a=b].name", "c=d"))),
            ("module[[x]=].name=", Some(("module[[x]=].name", ""))),
            ("stream[LinuxCmdLine]=hex:00", Some(("stream[LinuxCmdLine]", "hex:00"))),
            ("module[a=b", Some(("module[a", "b"))),
            ("=1", None),
            ("rip", None),
            ("", None),
        ] {
            assert_eq!(assignment(text), parts, "{text}");
        }
    }
}
