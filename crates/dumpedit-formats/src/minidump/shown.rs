//! Streams that are only shown: the system and the modules, read by the `minidump` crate entry by entry, so that a bad entry does not fail
//! the others.

use std::sync::Arc;

use dumpedit_layout::{LayoutBuilder, Machine, Module, NoticeKind, Subject};
use minidump::{MinidumpModule, MinidumpStream, MinidumpSystemInfo, Module as _};
use minidump_common::format::{CvSignature, MINIDUMP_MODULE, MINIDUMP_STREAM_TYPE, MINIDUMP_UNLOADED_MODULE};

use super::schema;
use super::stream::{Dump, place_of};

/// `PROCESSOR_ARCHITECTURE_` numbers of `winnt.h` and Breakpad: the machine, and the size of its pointers, in bytes.
const MACHINES: &[(u16, Machine, u8)] = &[
    (0, Machine::X86, 4),
    (1, Machine::Mips, 4),
    (2, Machine::Alpha, 4),
    (3, Machine::Ppc, 4),
    (4, Machine::Unknown, 4),
    (5, Machine::Arm, 4),
    (7, Machine::Alpha, 8),
    (9, Machine::Amd64, 8),
    (10, Machine::X86, 4),
    (12, Machine::Arm64, 8),
    // 32-bit processes on ARM64.
    (13, Machine::Arm, 4),
    (14, Machine::X86, 4),
    // A 32-bit process with a context of 64-bit registers.
    (0x8001, Machine::Sparc64, 4),
    (0x8002, Machine::Ppc64, 8),
    (0x8003, Machine::Arm64, 8),
    (0x8004, Machine::Mips64, 8),
    (0x8005, Machine::Riscv32, 4),
    (0x8006, Machine::Riscv64, 8),
];

/// The system of a dump.
pub(super) struct System(MinidumpSystemInfo);

impl System {
    /// The first SystemInfo that can be read.
    pub(super) fn read(dump: &Dump<'_>) -> Option<System> {
        dump.of(MINIDUMP_STREAM_TYPE::SystemInfoStream).find_map(|stream| {
            // Without the rest of the file, the crate cannot follow the service pack's string, which could be of any size.
            MinidumpSystemInfo::read(dump.slice(stream.place), &[], dump.endian, None).ok().map(System)
        })
    }

    /// The machine, and the size of its pointers, in bytes.
    pub(super) fn machine(&self) -> (Machine, u8) {
        machine(self.0.raw.processor_architecture).unwrap_or((Machine::Unknown, 8))
    }

    /// The operating system's name, where the platform id is a known one.
    pub(super) fn os(&self) -> Option<&'static str> {
        schema::system(self.0.raw.platform_id)
    }
}

/// The machine and the size of its pointers, in bytes, by `PROCESSOR_ARCHITECTURE`.
fn machine(architecture: u16) -> Option<(Machine, u8)> {
    let known = MACHINES.iter().find(|(number, ..)| *number == architecture);
    known.map(|(_, machine, width)| (*machine, *width))
}

/// The `PROCESSOR_ARCHITECTURE` of a machine.
pub fn architecture(machine: Machine) -> Option<u16> {
    let known = MACHINES.iter().find(|(_, known, _)| *known == machine && machine != Machine::Unknown);
    known.map(|(number, ..)| *number)
}

/// The size of pointers, in bytes, on a machine that only the contexts name.
pub(super) fn pointer_width(machine: Machine) -> u8 {
    let known = MACHINES.iter().find(|(_, known, _)| *known == machine && machine != Machine::Unknown);
    known.map_or(8, |(.., width)| *width)
}

/// Adds the modules, and returns base, size in bytes, and name of each.
pub(super) fn modules(
    dump: &Dump<'_>,
    layout: &mut LayoutBuilder,
    system: Option<&System>,
    width: u8,
) -> Vec<(u64, u64, Arc<str>)> {
    let mut found = Vec::new();
    let kind = MINIDUMP_STREAM_TYPE::ModuleListStream;
    let shape = |stream| dump.counted::<MINIDUMP_MODULE>(stream);
    for list in dump.lists::<MINIDUMP_MODULE>(kind, layout, shape) {
        for raw in dump.entries::<MINIDUMP_MODULE>(list) {
            let module = module(dump, layout, system, narrow(raw.base_of_image, width), raw);
            found.push((module.base, module.size, Arc::from(module.name.as_str())));
            layout.module(module);
        }
    }
    found
}

/// Adds modules that were mapped before.
pub(super) fn unloaded_modules(dump: &Dump<'_>, layout: &mut LayoutBuilder, width: u8) {
    let kind = MINIDUMP_STREAM_TYPE::UnloadedModuleListStream;
    let shape = |stream| dump.self_described(stream);
    for list in dump.lists::<MINIDUMP_UNLOADED_MODULE>(kind, layout, shape) {
        for raw in dump.entries::<MINIDUMP_UNLOADED_MODULE>(list) {
            let name_at = u64::from(raw.module_name_rva);
            let place = dump.string_place(name_at).filter(|place| dump.affords_text(place.size));
            let name = place.and_then(|_| dump.string(name_at)).unwrap_or_default();
            let base = narrow(raw.base_of_image, width);
            layout.unloaded_module(Module::new(base, raw.size_of_image.into(), name));
        }
    }
}

fn module(
    dump: &Dump<'_>,
    layout: &mut LayoutBuilder,
    system: Option<&System>,
    base: u64,
    raw: MINIDUMP_MODULE,
) -> Module {
    let name = dump.string_place(raw.module_name_rva.into());
    let records = [raw.cv_record, raw.misc_record].map(place_of);
    for place in name.iter().chain(&records) {
        layout.structure(place.file_offset, place.size);
    }
    for (place, called) in name.iter().zip(["name"]).chain(records.iter().zip(["CvRecord", "MiscRecord"])) {
        layout.part(place.file_offset, place.size, format!("{called} of a module"));
    }
    let size = u64::from(raw.size_of_image);
    // The bytes that the crate copies out of the dump are counted first.
    let copied = name.map_or(0, |name| name.size).saturating_add(raw.cv_record.data_size.into());
    let read = || {
        if !dump.affords_text(copied) {
            return None;
        }
        MinidumpModule::read(raw.clone(), dump.bytes, dump.endian, system.map(|system| &system.0)).ok()
    };
    match read() {
        Some(module) => Module::new(base, size, module.code_file())
            .with_id(identifier(dump, &module))
            .with_debug_file(debug_file(dump, &module))
            .with_image_id(image_id(system, &module)),
        None => {
            layout.count(NoticeKind::ModuleUnreadable, Subject::Address(base));
            Module::new(base, size, dump.string(raw.module_name_rva.into()).unwrap_or_default())
        }
    }
}

/// The file named by the CodeView record of a PDB.
fn debug_file(dump: &Dump<'_>, module: &MinidumpModule) -> Option<String> {
    let signature = dump.read::<u32>(module.raw.cv_record.rva.into())?;
    let names_pdb = [CvSignature::Pdb70 as u32, CvSignature::Pdb20 as u32].contains(&signature);
    let name = module.debug_file().filter(|_| names_pdb && module.raw.cv_record.data_size > 0)?;
    Some(name.into_owned()).filter(|name| !name.is_empty())
}

/// Time stamp and size in the notation of Windows's symbol stores: `IMAGE_FILE_HEADER` and `IMAGE_OPTIONAL_HEADER`.
fn image_id(system: Option<&System>, module: &MinidumpModule) -> Option<String> {
    let (time, size) = (module.raw.time_date_stamp, module.raw.size_of_image);
    let of_windows = system.and_then(System::os) == Some("windows");
    (of_windows && time != 0).then(|| format!("{time:08X}{size:x}"))
}

/// The build id where the module is an ELF file, else the debug identifier, else the code identifier.
fn identifier(dump: &Dump<'_>, module: &MinidumpModule) -> Option<String> {
    let signature = dump.read::<u32>(module.raw.cv_record.rva.into());
    let code = module.code_identifier().map(|id| id.to_string());
    if module.raw.cv_record.data_size > 0 && signature == Some(CvSignature::Elf as u32) {
        return code;
    }
    module.debug_identifier().map(|id| id.breakpad().to_string()).or(code)
}

/// An address cut to a pointer of `width` bytes: 32-bit dumps of some producers extend the sign.
pub(super) fn narrow(address: u64, width: u8) -> u64 {
    if width == 4 { address & u64::from(u32::MAX) } else { address }
}
