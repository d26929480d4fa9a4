//! The names of types as languages write them, and types without typedefs and qualifiers.

use std::sync::Arc;

use super::{Keyword, Language, PointerKind, Qualifier, Shape, TypeError, TypeReader, TypeRef, ValueType};

/// The most typedefs, qualifiers or nested arrays that are followed.
const DEPTH: u32 = 64;
/// The most types in one name.
const PARTS: u32 = 256;

/// A type without typedefs and qualifiers. If its own unit only declares it, the definition of another unit is
/// returned.
///
/// # Errors
/// The errors of [`TypeReader::read`].
pub fn resolved(reader: &dyn TypeReader, type_: &TypeRef) -> Result<Arc<ValueType>, TypeError> {
    let mut read = unaliased(reader, type_)?;
    if let Shape::Declared(_) = read.shape
        && let Some(defined) = reader.definition(&read)?
    {
        read = defined;
    }
    Ok(read)
}

/// A type without typedefs and qualifiers, as its own unit has it.
///
/// # Errors
/// The errors of [`TypeReader::read`].
pub fn unaliased(reader: &dyn TypeReader, type_: &TypeRef) -> Result<Arc<ValueType>, TypeError> {
    let mut read = reader.read(type_)?;
    for _ in 0..DEPTH {
        match &read.shape {
            Shape::Typedef(of) | Shape::Qualified { of, .. } => read = reader.read(of)?,
            _ => break,
        }
    }
    Ok(read)
}

/// The size of a value of a type in bytes; `None` if it is not known.
///
/// # Errors
/// The errors of [`TypeReader::read`].
pub fn size_of(reader: &dyn TypeReader, type_: &TypeRef) -> Result<Option<u64>, TypeError> {
    size(reader, type_, 0)
}

fn size(reader: &dyn TypeReader, type_: &TypeRef, depth: u32) -> Result<Option<u64>, TypeError> {
    let read = resolved(reader, type_)?;
    match (&read.shape, read.size) {
        (_, Some(size)) => Ok(Some(size)),
        // An array whose elements are only declared in its unit.
        (Shape::Array { element, count: Some(count), .. }, None) if depth < DEPTH => {
            Ok(size(reader, element, depth + 1)?.and_then(|size| size.checked_mul(*count)))
        }
        _ => Ok(None),
    }
}

/// A type's name as debuggers write it: `int`, `struct node *`, `char (*)[3]`, `void (*)(int)`.
///
/// # Errors
/// The errors of [`TypeReader::read`].
pub fn type_name(reader: &dyn TypeReader, type_: &TypeRef, language: Language) -> Result<String, TypeError> {
    written(reader, type_, language, String::new(), &mut { PARTS })
}

/// The declaration of a name with a type, as a language writes it: `int (*names)[3]`.
///
/// # Errors
/// The errors of [`TypeReader::read`].
pub fn declaration(
    reader: &dyn TypeReader,
    type_: &TypeRef,
    language: Language,
    name: &str,
) -> Result<String, TypeError> {
    match language {
        Language::Rust => Ok(format!("{name}: {}", type_name(reader, type_, language)?)),
        _ => written(reader, type_, language, name.to_owned(), &mut { PARTS }),
    }
}

/// A type's name, written around the name that it declares.
fn written(
    reader: &dyn TypeReader,
    type_: &TypeRef,
    language: Language,
    mut declared: String,
    left: &mut u32,
) -> Result<String, TypeError> {
    if *left == 0 {
        return Ok("...".into());
    }
    *left -= 1;
    let read = reader.read(type_)?;
    let mut prefix = String::new();
    let mut base = read.name.clone();
    let next = match &read.shape {
        _ if !read.name.is_empty()
            && !matches!(read.shape, Shape::Struct { .. } | Shape::Declared(_) | Shape::Enum { .. }) =>
        {
            None
        }
        // Only pointers that are made here have no name; those of Rust programs have one.
        Shape::Pointer { to, .. } if language == Language::Rust => {
            return Ok(format!("*mut {}", written(reader, to, language, String::new(), left)?));
        }
        Shape::Pointer { to, kind } => {
            let sign = match kind {
                PointerKind::Pointer => "*",
                PointerKind::Reference => "&",
                PointerKind::RvalueReference => "&&",
            };
            declared.insert_str(0, sign);
            Some((to.clone(), true))
        }
        Shape::MemberPointer { class, to } => {
            let class = written(reader, class, Language::Cpp, String::new(), left)?;
            declared = format!("{class}::*{declared}");
            Some((to.clone(), true))
        }
        Shape::Array { element, count, .. } => {
            match count {
                Some(count) => declared.push_str(&format!("[{count}]")),
                None => declared.push_str("[]"),
            }
            Some((element.clone(), false))
        }
        Shape::Function { returns, parameters, variadic } => {
            let mut names = Vec::new();
            for parameter in parameters.iter().take(64) {
                names.push(written(reader, parameter, language, String::new(), left)?);
            }
            match (names.is_empty(), variadic) {
                (true, false) => names.push("void".into()),
                (false, true) => names.push("...".into()),
                _ => {}
            }
            declared = format!("{declared}({})", names.join(", "));
            Some((returns.clone(), false))
        }
        Shape::Qualified { of, qualifier } => {
            // Several qualifiers are written in one order, whatever their order in the source.
            let mut qualifiers = vec![*qualifier];
            let mut of = of.clone();
            while let Shape::Qualified { of: next, qualifier } = &reader.read(&of)?.shape
                && qualifiers.len() < 8
            {
                qualifiers.push(*qualifier);
                of = next.clone();
            }
            if let Shape::Array { element, first, count } = reader.read(&of)?.shape.clone() {
                // The qualifiers of an array are those of its elements.
                let known = |shape| TypeRef::Known(Arc::new(ValueType::new("", None, shape)));
                let qualified =
                    |of, qualifier: &Qualifier| known(Shape::Qualified { of, qualifier: *qualifier });
                let element = qualifiers.iter().fold(element, qualified);
                let array = known(Shape::Array { element, first, count });
                return written(reader, &array, language, declared, left);
            }
            let order = [Qualifier::Const, Qualifier::Volatile, Qualifier::Restrict, Qualifier::Atomic];
            let words: Vec<&str> =
                order.iter().filter(|one| qualifiers.contains(one)).map(|one| qualifier_word(*one)).collect();
            let words = words.join(" ");
            let is_pointer = matches!(
                without_qualifiers(reader, &of)?.shape,
                Shape::Pointer { .. } | Shape::MemberPointer { .. }
            );
            if is_pointer {
                let space = if declared.is_empty() || declared.starts_with('[') { "" } else { " " };
                declared = format!(" {words}{space}{declared}");
            } else {
                prefix = format!("{words} ");
            }
            Some((of, false))
        }
        Shape::Struct { keyword, .. } | Shape::Declared(keyword) => {
            base = keyworded(*keyword, &read.name, language);
            None
        }
        Shape::Enum { .. } => {
            base = keyworded(Keyword::Enum, &read.name, language);
            None
        }
        Shape::Void | Shape::Base(_) | Shape::Typedef(_) => None,
    };
    match next {
        Some((to, is_pointer)) => {
            // The `*` of a pointer binds less than the brackets after it.
            if is_pointer
                && matches!(
                    without_qualifiers(reader, &to)?.shape,
                    Shape::Array { .. } | Shape::Function { .. }
                )
                && without_qualifiers(reader, &to)?.name.is_empty()
            {
                declared = format!("({declared})");
            }
            Ok(prefix + &written(reader, &to, language, declared, left)?)
        }
        None if declared.is_empty() => Ok(base),
        None => Ok(format!("{base} {declared}")),
    }
}

fn qualifier_word(qualifier: Qualifier) -> &'static str {
    match qualifier {
        Qualifier::Const => "const",
        Qualifier::Volatile => "volatile",
        Qualifier::Restrict => "restrict",
        Qualifier::Atomic => "_Atomic",
    }
}

fn without_qualifiers(reader: &dyn TypeReader, type_: &TypeRef) -> Result<Arc<ValueType>, TypeError> {
    let mut read = reader.read(type_)?;
    for _ in 0..DEPTH {
        match &read.shape {
            Shape::Qualified { of, .. } => read = reader.read(of)?,
            _ => break,
        }
    }
    Ok(read)
}

fn keyworded(keyword: Keyword, name: &str, language: Language) -> String {
    let word = match keyword {
        Keyword::Struct => "struct",
        Keyword::Class => "class",
        Keyword::Union => "union",
        Keyword::Enum => "enum",
    };
    match (name.is_empty(), language) {
        (true, _) => format!("{word} {{...}}"),
        (false, Language::C) => format!("{word} {name}"),
        (false, _) => name.to_owned(),
    }
}
