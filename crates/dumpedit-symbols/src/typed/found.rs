//! The place of the variable or the symbol that a name stands for.

use super::{FoundName, Names, PlacedPart, ReadMemory, Typed, TypedError, ValuePlace};
use crate::number::{bytes, unsigned};
use crate::types::{Language, TypeRef, VariableLocation, calculated, size_of};

impl Typed {
    /// The value that a name stands for.
    pub(super) fn found(
        path: String,
        found: FoundName,
        names: &dyn Names,
        memory: &dyn ReadMemory,
    ) -> Result<Typed, TypedError> {
        let (module, base, reader, variable) = match found {
            FoundName::Variable { module, base, reader, variable } => (module, base, reader, variable),
            FoundName::Symbol { module, address, refused, .. } => {
                let place = ValuePlace::Memory(address);
                return Ok(Typed {
                    path,
                    module: Some(module),
                    place,
                    of: None,
                    language: Language::C,
                    reader: None,
                    refused: refused.into(),
                });
            }
        };
        let size = match variable.location {
            VariableLocation::Parts(_) | VariableLocation::Calculated(_) => size_of(&*reader, &variable.of)?,
            _ => None,
        };
        let found = Found { path: &path, module, base, names, memory };
        let place = found.place(variable.location, size)?;
        let language = variable.language;
        // In units with little debug information, variables have no type.
        let of = Some(variable.of).filter(|of| *of != TypeRef::Void);
        let (reader, refused) = (Some(reader), [].into());
        Ok(Typed { path, module: Some(module), place, of, language, reader, refused })
    }
}

/// A variable that has been found, and what its place is computed from.
struct Found<'a> {
    path: &'a str,
    module: usize,
    base: u64,
    names: &'a dyn Names,
    memory: &'a dyn ReadMemory,
}

impl Found<'_> {
    /// The place of a variable of `size` bytes, or of one of its parts.
    fn place(&self, location: VariableLocation, size: Option<u64>) -> Result<ValuePlace, TypedError> {
        let path = self.path.to_owned();
        Ok(match location {
            VariableLocation::Offset(offset) => ValuePlace::Memory(self.base.wrapping_add(offset)),
            VariableLocation::ThreadLocal(offset) => match self.names.thread_local(self.module, offset) {
                Ok(address) => ValuePlace::Memory(address),
                Err(why) => return Err(TypedError::ThreadLocal { path, why }),
            },
            VariableLocation::Value(bytes) => ValuePlace::Value(bytes),
            VariableLocation::Parts(parts) => {
                let placed = parts.into_iter().map(|(size, location)| {
                    let place = match location {
                        VariableLocation::Computed => ValuePlace::OptimizedAway,
                        location => self.place(location, Some(size))?,
                    };
                    Ok(PlacedPart::new(size, place))
                });
                ValuePlace::of_parts(placed.collect::<Result<_, TypedError>>()?, size)
            }
            VariableLocation::Calculated(steps) => {
                let Some(size @ 1..=8) = size else { return Err(TypedError::Computed { path }) };
                let (width, order) = (usize::try_from(size).unwrap_or(8), self.memory.byte_order());
                let read = |address: u64, size: u8| {
                    let mut bytes = vec![0; size.into()];
                    let is_read = self.memory.read(address, &mut bytes) == bytes.len();
                    is_read.then(|| u64::try_from(unsigned(&bytes, order)).ok())?
                };
                match calculated(&steps, self.base, read) {
                    Ok(number) => ValuePlace::Value(bytes(number.into(), width, order)),
                    Err(Some(address)) => return Err(TypedError::NotCaptured { path, address }),
                    Err(None) => return Err(TypedError::Computed { path }),
                }
            }
            VariableLocation::OptimizedAway => ValuePlace::OptimizedAway,
            VariableLocation::Declared(_) => {
                let module = self.names.module_name(self.module).unwrap_or_default();
                return Err(TypedError::OnlyDeclared { what: path, module });
            }
            VariableLocation::Computed => return Err(TypedError::Computed { path }),
        })
    }
}
