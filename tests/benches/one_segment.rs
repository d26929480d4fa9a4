//! An ELF core whose memory is one segment.

/// The bytes in front of the segment's: `Elf64_Ehdr` and one `Elf64_Phdr`.
pub(crate) fn header(size: u64) -> Vec<u8> {
    let mut header = b"\x7fELF\x02\x01\x01".to_vec();
    header.resize(16, 0);
    let fields = [(4, 2), (62, 2), (1, 4), (0, 8), (64, 8), (0, 8), (0, 4), (64, 2), (56, 2), (1, 2), (0, 6)];
    let segment = [(1, 4), (6, 4), (120, 8), (0x10_0000, 8), (0, 8), (size, 8), (size, 8), (1, 8)];
    for (value, width) in fields.into_iter().chain(segment) {
        header.extend(u64::to_le_bytes(value).split_at(width).0);
    }
    header
}
