//! Makes the first page of an ELF file that a process mapped: readers of cores take a module's build id and size from it.

use object::elf;

use super::header::Sizes;
use super::mapped::ProgramHeader;
use crate::model::{Elf, Target};

/// Smallest and largest page sizes of machines, in bytes.
const LEAST_PAGE: u64 = 4 << 10;
const MOST_PAGE: u64 = 64 << 10;

/// Owner of a build id's note, as stored.
const OWNER: &[u8] = b"GNU\0";

/// A page for a core of a target: an ELF header, one PT_LOAD and one PT_NOTE of a file of `size` bytes in memory with a build id in hex
/// (NT_GNU_BUILD_ID of `elf.h`).
///
/// # Errors
/// The reason why the id is wrong.
pub fn image_page(build_id: &str, size: u64, target: Target, core: &Elf) -> Result<Vec<u8>, &'static str> {
    let id = crate::build_id::bytes(build_id)?;
    let number = |value: u64, size: usize| target.byte_order.bytes(value, size);
    let width = if core.wide { 8 } else { 4 };
    let word = usize::from(width);
    let Sizes { header, program, .. } = Sizes::of(core.wide);
    let note_at = program.saturating_mul(2).saturating_add(header);
    let lengths = [OWNER.len(), id.len()].map(|length| number(u64::try_from(length).unwrap_or(0), 4));
    let kind = number(elf::NT_GNU_BUILD_ID.0.into(), 4);
    let note = [&lengths.concat(), &kind, OWNER, &id].concat();
    let note_size = u64::try_from(note.len()).unwrap_or(0);
    let page = core.page_size.value.clamp(LEAST_PAGE, MOST_PAGE);
    let load = ProgramHeader {
        kind: elf::PT_LOAD.0,
        flags: (elf::PF_R | elf::PF_X).0,
        file_size: size,
        memory_size: size,
        align: page,
        ..ProgramHeader::default()
    };
    let noted = ProgramHeader {
        kind: elf::PT_NOTE.0,
        flags: elf::PF_R.0,
        file_offset: note_at,
        address: note_at,
        file_size: note_size,
        memory_size: note_size,
        align: 4,
    };
    let class = if core.wide { elf::ELFCLASS64 } else { elf::ELFCLASS32 };
    let order = match target.byte_order {
        dumpedit_layout::ByteOrder::Little => elf::ELFDATA2LSB,
        dumpedit_layout::ByteOrder::Big => elf::ELFDATA2MSB,
    };
    let mut bytes = elf::ELFMAG.to_vec();
    bytes.extend([class.0, order.0, elf::EV_CURRENT.0, core.os_abi, core.abi_version]);
    bytes.resize(16, 0);
    let fields: [(u64, usize); 13] = [
        (elf::ET_DYN.0.into(), 2),
        (core.machine.into(), 2),
        (elf::EV_CURRENT.0.into(), 4),
        (0, word),
        (header, word),
        (0, word),
        (core.flags.into(), 4),
        (header, 2),
        (program, 2),
        (2, 2),
        (0, 2),
        (0, 2),
        (0, 2),
    ];
    bytes.extend(fields.into_iter().flat_map(|(value, size)| number(value, size)));
    for program in [load, noted] {
        bytes.extend(program.to_bytes(target.byte_order, width));
    }
    bytes.extend(note);
    bytes.resize(usize::try_from(page).unwrap_or(bytes.len()), 0);
    Ok(bytes)
}

#[cfg(test)]
mod tests {
    use dumpedit_layout::{ByteOrder, Format, Machine};

    use super::*;
    use crate::elf::image::image_file;

    #[test]
    fn a_made_page_has_its_id_and_size_in_every_class_and_order() {
        for (machine, order, wide) in [
            (Machine::Amd64, ByteOrder::Little, true),
            (Machine::S390x, ByteOrder::Big, true),
            (Machine::X86, ByteOrder::Little, false),
            (Machine::Ppc, ByteOrder::Big, false),
        ] {
            let core = Elf { flags: 0x12, ..Elf::blank(wide) };
            let target = Target::new(Format::ElfCore, machine, order);
            let page = image_page("00ff8d3c9a0b", 0x3210, target, &core).unwrap();
            assert_eq!(page.len(), 4096);
            let read = image_file(&page).unwrap();
            assert_eq!((read.build_id.as_deref(), read.bias), (Some("00ff8d3c9a0b"), 0));
            assert_eq!((read.byte_order, read.wide, read.machine), (order, wide, core.machine));
            assert_eq!(read.program_count, 2);
        }
    }
}
