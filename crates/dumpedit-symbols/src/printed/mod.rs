//! Printed values: read by their types, in the target's byte order, and written as gdb writes them.

mod arrays;
mod characters;
mod pointers;
mod scalars;
mod structs;
mod texts;
mod value;

use dumpedit_layout::ByteOrder;

use crate::typed::{Names, PlacedPart, ReadMemory, Typed, TypedError, ValuePlace};
use crate::types::{PointerKind, Shape, resolved};

pub use value::{Form, Label, PrintLimits, PrintedValue, Text};

/// The most bytes of one array that are searched for equal elements.
const LOOKED_THROUGH: u64 = 16 << 20;
/// The most bytes of all arrays together that are searched for equal elements.
const ALL: u64 = 64 << 20;

/// The value that a path leads to, printed.
///
/// # Errors
/// Fails if the type is not known, or if it cannot be read.
pub fn printed(
    typed: &Typed,
    names: &dyn Names,
    memory: &dyn ReadMemory,
    limits: PrintLimits,
) -> Result<PrintedValue, TypedError> {
    let mut printer = Printer {
        names,
        memory,
        limits,
        values: 0,
        left: ALL,
        virtual_bases: Vec::new(),
        statics: Vec::new(),
    };
    if let (Shape::Void, ValuePlace::Memory(address)) = (&typed.type_()?.shape, &typed.place) {
        return Err(TypedError::OfVoid { path: typed.path.clone(), address: *address });
    }
    printer.value(typed, 0)
}

struct Printer<'a> {
    names: &'a dyn Names,
    memory: &'a dyn ReadMemory,
    limits: PrintLimits,
    values: usize,
    /// The number of bytes that may still be searched for equal elements.
    left: u64,
    /// The virtual base classes of the object that have been printed. Each is printed once.
    virtual_bases: Vec<u64>,
    /// The static structs that are being printed.
    statics: Vec<u64>,
}

impl Printer<'_> {
    fn order(&self) -> ByteOrder {
        self.memory.byte_order()
    }

    /// The bytes of a value; `None` if not all are captured.
    fn bytes(&self, typed: &Typed, size: u64) -> Option<Vec<u8>> {
        let size = usize::try_from(size).ok().filter(|size| *size <= 1 << 20)?;
        match &typed.place {
            ValuePlace::Memory(address) => {
                let mut bytes = vec![0; size];
                (self.memory.read(*address, &mut bytes) >= size).then_some(bytes)
            }
            ValuePlace::Value(bytes) => bytes.get(..size).map(<[u8]>::to_vec),
            ValuePlace::Parts(parts) => PlacedPart::read(parts, size, self.memory),
            ValuePlace::Bits(..) | ValuePlace::OptimizedAway => None,
        }
    }

    fn value(&mut self, typed: &Typed, depth: usize) -> Result<PrintedValue, TypedError> {
        self.values += 1;
        if self.values > self.limits.values {
            return Ok(PrintedValue::Deeper);
        }
        let Some((reader, of)) = typed.reader.clone().zip(typed.of.clone()) else {
            return Ok(PrintedValue::OptimizedAway);
        };
        let type_ = resolved(&*reader, &of)?;
        let is_lost = match &typed.place {
            ValuePlace::OptimizedAway => true,
            // A struct or array in parts is shown with the parts that are there.
            ValuePlace::Parts(parts)
                if !matches!(type_.shape, Shape::Struct { .. } | Shape::Array { .. }) =>
            {
                parts.iter().any(|part| part.place == ValuePlace::OptimizedAway)
            }
            _ => false,
        };
        if is_lost {
            return Ok(PrintedValue::OptimizedAway);
        }
        match &type_.shape {
            Shape::Struct { .. } => self.structure(typed, &type_, depth),
            Shape::Array { element, first, count } => self.array(typed, element, *first, *count, depth),
            Shape::Pointer { kind: PointerKind::Reference | PointerKind::RvalueReference, to } => {
                self.reference(typed, &type_, to, depth)
            }
            Shape::Pointer { to, .. } => self.pointer(typed, &type_, to, depth),
            Shape::Void => Ok(PrintedValue::Nothing),
            Shape::Declared(_) => Ok(PrintedValue::Unreadable("incomplete type".into())),
            Shape::Function { .. } => {
                let address = typed.address()?;
                let symbol = self.names.symbol_at(address);
                Ok(PrintedValue::Function { address, type_name: typed.type_name()?, symbol })
            }
            _ => self.scalar(typed, &type_, depth),
        }
    }
}
