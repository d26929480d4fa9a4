//! Types by name. Several modules and source files may define a type with the same name.

use std::sync::Arc;

use crate::candidates::{Known, candidates};
use crate::symbols::Symbols;
use crate::typed::TypedError;
use crate::types::{
    Base, Language, Shape, TypeError, TypeLayout, TypeReader, TypeRef, layout, resolved, size_of, spellings,
    type_name,
};

/// A named type of a module.
struct NamedIn {
    module: usize,
    reader: Arc<dyn TypeReader>,
    of: TypeRef,
    content: Content,
}

/// The content that distinguishes a type from others with the same name.
#[derive(PartialEq)]
struct Content {
    size: Option<u64>,
    inside: TypeLayout,
    kind: Kind,
}

/// The kind of a type, without its members and values.
#[derive(PartialEq)]
enum Kind {
    Members,
    Number(Base),
    /// A pointer, an array or a function, in the language's notation.
    Written(String),
}

impl Symbols {
    /// The type with a name, in one source file if that is given. Several modules and files may define it, if their
    /// definitions are equal.
    pub(crate) fn named_type(
        &self,
        modules: &[usize],
        unit: Option<&str>,
        name: &str,
    ) -> Result<(Arc<dyn TypeReader>, TypeRef, Language), TypedError> {
        let language = if name.contains("::") { Language::Cpp } else { Language::C };
        let mut different: Vec<NamedIn> = Vec::new();
        let mut trouble = None;
        let spellings = spellings(name);
        for &module in modules {
            let found = self.type_reader(module).and_then(|reader| {
                let Some(reader) = reader else { return Ok(None) };
                for name in &spellings {
                    let types =
                        unit.map_or_else(|| reader.types(name), |file| reader.types_in(name, file))?;
                    if !types.is_empty() {
                        return Ok(Some((types, reader)));
                    }
                }
                Ok(None)
            });
            let (types, reader) = match found {
                Ok(Some(found)) => found,
                Ok(None) => continue,
                Err(error) => {
                    trouble = trouble.or(Some(error));
                    continue;
                }
            };
            for of in types {
                let content = self.content(&*reader, &of, language)?;
                if different.iter().all(|known| known.content != content) {
                    different.push(NamedIn { module, reader: Arc::clone(&reader), of, content });
                }
            }
        }
        if different.len() > 1 {
            let mut types = self.paths_of(name, &different);
            types.dedup();
            return Err(TypedError::SeveralTypes { name: name.to_owned(), types });
        }
        match (different.pop(), trouble) {
            (Some(NamedIn { reader, of, .. }), _) => {
                let language = reader.language(&of)?.unwrap_or(language);
                Ok((reader, of, language))
            }
            (None, Some(trouble)) => Err(trouble.into()),
            (None, None) => Err(TypedError::Name(match unit {
                Some(file) => format!("'{file}' has no type named '{name}'"),
                None => format!("no type is named '{name}'"),
            })),
        }
    }

    /// A path for each of several types, which names only that type.
    fn paths_of(&self, name: &str, types: &[NamedIn]) -> Vec<String> {
        let known = |NamedIn { module, reader, of, .. }: &NamedIn| Known {
            module: self.numbered(*module),
            module_path: self.path_of(*module),
            address: None,
            unit: reader.unit_of(of).unwrap_or_default(),
            name: name.to_owned(),
            symbols: Vec::new(),
            type_name: None,
        };
        let candidates = candidates(&types.iter().map(known).collect::<Vec<Known>>());
        candidates.into_iter().map(|candidate| candidate.path).collect()
    }

    fn content(
        &self,
        reader: &dyn TypeReader,
        of: &TypeRef,
        language: Language,
    ) -> Result<Content, TypeError> {
        let type_ = resolved(reader, of)?;
        let kind = match &type_.shape {
            Shape::Base(base) | Shape::Enum { base, .. } => Kind::Number(*base),
            Shape::Struct { .. } => Kind::Members,
            _ => Kind::Written(type_name(reader, &TypeRef::Known(Arc::clone(&type_)), language)?),
        };
        let inside = layout(reader, of, language, self.target().byte_order)?;
        // `class` and `struct` may declare the same type.
        Ok(Content {
            size: size_of(reader, of)?,
            inside: TypeLayout { type_name: String::new(), ..inside },
            kind,
        })
    }
}
