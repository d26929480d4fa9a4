//! The format of a floating-point type, from its size, the machine, and its name.

use dumpedit_layout::{FloatFormat, Machine};

use crate::types::ValueType;

/// Parts of the names of 16-byte types that have the machine's format for `long double` and not that of IEEE 754.
const LONG_DOUBLES: &[&str] = &["long double", "_Float64x", "kind=10", "__ibm128"];

/// The format of a type with a size in bytes, or of the parts of a complex type. The error is a sentence that says why
/// the format is not known.
pub(crate) fn format_of(
    type_: &ValueType,
    size: usize,
    machine: Machine,
) -> Result<FloatFormat, &'static str> {
    // Clang gives all complex types this name. gdb takes those of this size for `long double` as well.
    let is_bare = || matches!(&*type_.name, "real" | "complex");
    let is_long_double = || is_bare() || LONG_DOUBLES.iter().any(|name| type_.name.contains(name));
    Ok(match (size, machine) {
        (2, _) if type_.name == "__bf16" => FloatFormat::Bfloat16,
        (2, _) => FloatFormat::Binary16,
        (4, _) => FloatFormat::Binary32,
        (8, _) => FloatFormat::Binary64,
        (12, Machine::M68k) => FloatFormat::M68881,
        (10 | 12, _) => FloatFormat::X87,
        (16, Machine::X86 | Machine::Amd64 | Machine::X32) if is_long_double() => FloatFormat::X87,
        (16, Machine::Ppc | Machine::Ppc64) if type_.name.contains("__ibm128") => {
            return Err("it is the sum of two doubles, which is not supported");
        }
        (16, Machine::Ppc | Machine::Ppc64) if is_long_double() => {
            return Err(
                "on PowerPC it is either the sum of two doubles or an IEEE 754 number, and the debug \
                 information does not say which",
            );
        }
        (16, _) => FloatFormat::Binary128,
        _ => return Err("its format is unknown"),
    })
}
