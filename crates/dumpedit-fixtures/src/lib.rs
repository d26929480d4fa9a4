#![doc = include_str!("../README.md")]
#![forbid(unsafe_code)]
#![cfg_attr(not(test), deny(clippy::arithmetic_side_effects))]

mod builder;
mod containers;
mod convert;
mod describe;
mod encode;
mod error;
mod facts;
mod holders;
mod image;
mod labels;
mod reduce;
pub mod spec;
mod synth;

pub use builder::{ElfCore, MachOCore, Minidump, TriageDump};
pub use convert::{
    Conversion, ConvertError, ConvertOptions, Loss, LossKind, Made, MadeKind, Told, ToldKind, convert,
};
pub use describe::{DescribeOptions, DescribedMemory, Description, describe, stack_range};
pub use error::{FixtureError, Problem};
pub use image::Image;
pub use reduce::{
    Answer, DumpSize, Kept, Oracle, OracleError, Ranges, ReduceOptions, Reduced, Reduction, ShellCommand,
    Step, minimise, plan,
};
pub use spec::Spec;
pub use synth::{SynthOptions, rewritten, synth};
