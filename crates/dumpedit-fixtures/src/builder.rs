//! Builders of dumps in a few lines of Rust, on top of a [`Spec`].

use dumpedit::notation::At;
use dumpedit::{Format, Machine, Protection};

use crate::error::FixtureError;
use crate::spec::{
    ContentSpec, CrashContext, CrashSpec, ModuleSpec, Record, RegionSpec, Register, Spec, ThreadSpec,
};
use crate::synth::{SynthOptions, synth};

macro_rules! builders {
    ($($(#[$doc:meta])* $name:ident, $format:ident;)*) => {$(
        $(#[$doc])*
        #[derive(Clone, Debug)]
        #[must_use = "nothing is made before build() is called"]
        pub struct $name {
            spec: Spec,
        }

        impl $name {
            /// An empty dump.
            pub fn new(machine: Machine) -> Self {
                Self { spec: Spec::new(Format::$format, machine) }
            }

            /// Adds captured memory, readable and writable.
            pub fn memory(mut self, at: u64, bytes: impl Into<Vec<u8>>) -> Self {
                let content = ContentSpec::from(bytes.into());
                self.spec.memory.push(RegionSpec { size: None, content, ..RegionSpec::new(at, 0) });
                self
            }

            /// Changes the spec itself, for keys without a method here.
            pub fn with(mut self, change: impl FnOnce(&mut Spec)) -> Self {
                change(&mut self.spec);
                self
            }

            /// The spec built so far.
            pub fn spec(&self) -> &Spec {
                &self.spec
            }

            /// The dump's bytes.
            ///
            /// # Errors
            /// [`FixtureError`] where a register is not the machine's, or parts exclude each other.
            pub fn build(&self) -> Result<Vec<u8>, FixtureError> {
                Ok(synth(&self.spec, &SynthOptions::default())?.to_bytes()?)
            }
        }
    )*};
}

builders! {
    /// Builder of a minidump.
    ///
    /// ```
    /// use dumpedit::{Dump, Machine};
    /// use dumpedit_fixtures::Minidump;
    ///
    /// let bytes = Minidump::new(Machine::Amd64)
    ///     .thread(4711, [("rip", 0x40_1000), ("rsp", 0x7ffe_0f00)])
    ///     .memory(0x7ffe_0000, [0; 0x1000])
    ///     .build()?;
    /// let dump = Dump::from_bytes(bytes)?;
    /// assert_eq!(dump.read_register(dump.thread(4711)?, "rip")?.to_u64()?, 0x40_1000);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    Minidump, Minidump;
    /// Builder of an ELF core.
    ///
    /// ```
    /// use dumpedit::{Dump, Machine};
    /// use dumpedit_fixtures::ElfCore;
    ///
    /// let bytes = ElfCore::new(Machine::Arm64)
    ///     .thread(1, [("pc", 0x40_1000), ("sp", 0xffff_0f00)])
    ///     .crash(1, 11, 0)
    ///     .build()?;
    /// assert_eq!(Dump::from_bytes(bytes)?.layout().fault().map(|fault| fault.code), Some(11));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ElfCore, ElfCore;
    /// Builder of a Mach-O core. Its crash follows from the registers of a thread's exception state, and its modules from its
    /// memory.
    ///
    /// ```
    /// use dumpedit::{Dump, Machine};
    /// use dumpedit_fixtures::MachOCore;
    ///
    /// let bytes = MachOCore::new(Machine::Arm64)
    ///     .thread(71, [("pc", 0x1_0000_0f50), ("far", 0xdead), ("esr", 0x9200_0046)])
    ///     .build()?;
    /// let dump = Dump::from_bytes(bytes)?;
    /// assert_eq!(dump.layout().fault().and_then(|fault| fault.address.as_ref()).map(|at| at.address), Some(0xdead));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    MachOCore, MachOCore;
    /// Builder of a triage dump of a Windows kernel. Its one thread has no id.
    ///
    /// ```
    /// use dumpedit::{Dump, Machine};
    /// use dumpedit_fixtures::TriageDump;
    ///
    /// let bytes = TriageDump::new(Machine::Amd64)
    ///     .thread([("rip", 0xffff_f804_8b58_334c)])
    ///     .module(0xffff_f804_8b58_0000, 0x6000, "hal")
    ///     .with(|spec| spec.header.bug_check = Some(0xd1))
    ///     .build()?;
    /// let dump = Dump::from_bytes(bytes)?;
    /// assert_eq!(dump.layout().fault().and_then(|fault| fault.name.as_deref()), Some("DRIVER_IRQL_NOT_LESS_OR_EQUAL"));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    TriageDump, Triage;
}

/// Methods of dumps of processes.
macro_rules! of_processes {
    ($($name:ident),*) => {$(
        impl $name {
            /// Adds a thread with these registers; all others are zero.
            pub fn thread(mut self, tid: u64, registers: impl IntoIterator<Item = impl Into<Register>>) -> Self {
                let record = record(registers);
                self.spec.threads.push(ThreadSpec { tid: Some(tid), record, ..ThreadSpec::default() });
                self
            }

            /// Adds captured code, readable and executable.
            pub fn code(mut self, at: u64, bytes: impl Into<Vec<u8>>) -> Self {
                self = self.memory(at, bytes);
                if let Some(region) = self.spec.memory.last_mut() {
                    let protection = Protection { read: true, write: false, execute: true, guard: false };
                    region.protection = Some(protection);
                }
                self
            }
        }
    )*};
}

macro_rules! with_modules {
    ($($name:ident),*) => {$(
        impl $name {
            /// Adds a module.
            pub fn module(mut self, base: u64, size: u64, name: &str) -> Self {
                self.spec.modules.push(ModuleSpec::new(base, size, name));
                self
            }
        }
    )*};
}

macro_rules! with_crashes {
    ($($name:ident),*) => {$(
        impl $name {
            /// Adds a crash of the thread with an id: an exception code or signal, and an address.
            pub fn crash(mut self, tid: u64, code: u64, address: u64) -> Self {
                self.spec.crashes.push(CrashSpec { thread: Some(tid), ..crash(code, address) });
                self
            }
        }
    )*};
}

of_processes!(Minidump, ElfCore, MachOCore);
with_modules!(Minidump, ElfCore, TriageDump);
with_crashes!(Minidump, ElfCore);

impl TriageDump {
    /// Adds the thread, with these registers; all others are zero.
    pub fn thread(mut self, registers: impl IntoIterator<Item = impl Into<Register>>) -> Self {
        self.spec.threads.push(ThreadSpec { record: record(registers), ..ThreadSpec::default() });
        self
    }

    /// Adds the exception that stopped the thread: its code, and its address.
    pub fn crash(mut self, code: u64, address: u64) -> Self {
        self.spec.crashes.push(crash(code, address));
        self
    }
}

impl Minidump {
    /// Gives the last crash a context of its own, with these registers; without this it shares its thread's.
    pub fn crash_registers(mut self, registers: impl IntoIterator<Item = impl Into<Register>>) -> Self {
        if let Some(crash) = self.spec.crashes.last_mut() {
            crash.context = CrashContext::Own(record(registers));
        }
        self
    }
}

fn record(registers: impl IntoIterator<Item = impl Into<Register>>) -> Record {
    Record { registers: registers.into_iter().map(Into::into).collect(), ..Record::default() }
}

fn crash(code: u64, address: u64) -> CrashSpec {
    CrashSpec { code: Some(code), address: Some(At::Address(address)), ..CrashSpec::default() }
}
