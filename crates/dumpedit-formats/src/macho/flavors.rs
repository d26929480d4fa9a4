//! Flavors of thread states that no crate has: those of `mach/i386/thread_status.h` and `mach/arm/thread_status.h`.

pub(crate) const X86_THREAD_STATE32: u32 = 1;
pub(crate) const X86_FLOAT_STATE32: u32 = 2;
pub(crate) const X86_EXCEPTION_STATE32: u32 = 3;
pub(crate) const X86_THREAD_STATE64: u32 = 4;
pub(crate) const X86_FLOAT_STATE64: u32 = 5;
pub(crate) const X86_EXCEPTION_STATE64: u32 = 6;
pub(crate) const X86_THREAD_STATE: u32 = 7;
pub(crate) const X86_FLOAT_STATE: u32 = 8;
pub(crate) const X86_EXCEPTION_STATE: u32 = 9;
pub(crate) const X86_DEBUG_STATE32: u32 = 10;
pub(crate) const X86_DEBUG_STATE64: u32 = 11;
pub(crate) const X86_DEBUG_STATE: u32 = 12;

/// Registers on 32-bit ARM; a flavor, a count and the state of that flavor on 64-bit ARM.
pub(crate) const ARM_THREAD_STATE: u32 = 1;
pub(crate) const ARM_VFP_STATE: u32 = 2;
pub(crate) const ARM_EXCEPTION_STATE: u32 = 3;
pub(crate) const ARM_THREAD_STATE64: u32 = 6;
pub(crate) const ARM_EXCEPTION_STATE64: u32 = 7;
pub(crate) const ARM_DEBUG_STATE64: u32 = 15;
pub(crate) const ARM_NEON_STATE64: u32 = 17;

pub(crate) const PPC_THREAD_STATE: u32 = 1;
