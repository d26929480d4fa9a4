//! Types by their names, which modules may each define.

use std::sync::Arc;

use dumpedit_layout::Module;

use crate::symbols::Symbols;
use crate::typed::TypedError;
use crate::types::{Language, TypeError, TypeLayout, TypeReader, TypeRef, layout, size_of, spellings};

impl Symbols {
    /// The type of a name. Modules may each define it, as long as they define it alike.
    pub(crate) fn named_type(
        &self,
        modules: &[usize],
        name: &str,
    ) -> Result<(Arc<dyn TypeReader>, TypeRef, Language), TypedError> {
        let language = if name.contains("::") { Language::Cpp } else { Language::C };
        let mut first: Option<(Arc<dyn TypeReader>, TypeRef, usize)> = None;
        let mut trouble = None;
        let spellings = spellings(name);
        for &module in modules {
            let found = self.type_reader(module).and_then(|reader| {
                let Some(reader) = reader else { return Ok(None) };
                for name in &spellings {
                    let types = reader.types(name)?;
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
                let Some((known_reader, known, known_in)) = &first else {
                    first = Some((Arc::clone(&reader), of, module));
                    continue;
                };
                if self.shape(&*reader, &of, language)? != self.shape(&**known_reader, known, language)? {
                    let mut modules = vec![*known_in, module];
                    modules.dedup();
                    let called = |index: usize| self.module(index).map_or("", Module::base_name).to_owned();
                    let modules = modules.into_iter().map(called).collect();
                    return Err(TypedError::SeveralTypes { name: name.to_owned(), modules });
                }
            }
        }
        match (first, trouble) {
            (Some((reader, of, _)), _) => {
                let language = reader.language(&of)?.unwrap_or(language);
                Ok((reader, of, language))
            }
            (None, Some(trouble)) => Err(trouble.into()),
            (None, None) => Err(TypedError::Name(format!("no type is named '{name}'"))),
        }
    }

    fn shape(
        &self,
        reader: &dyn TypeReader,
        of: &TypeRef,
        language: Language,
    ) -> Result<(Option<u64>, TypeLayout), TypeError> {
        let inside = layout(reader, of, language, self.target().byte_order)?;
        // A class may be declared as a struct.
        Ok((size_of(reader, of)?, TypeLayout { type_name: String::new(), ..inside }))
    }
}
