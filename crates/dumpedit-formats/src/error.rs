//! Errors for bytes that are no dump that can be edited, with what the bytes are.

/// The reason why bytes cannot be read as a dump.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum FormatError {
    /// The file is empty.
    #[error("the file is empty")]
    Empty,
    /// A dump of a kernel, not of a process.
    #[error(
        "this is a {kind}, which is not supported; supported kernel dumps are triage dumps and ELF cores"
    )]
    KernelDump {
        /// The kind of dump.
        kind: &'static str,
    },
    /// An ELF or a Mach-O file of another type.
    #[error("this is {kind}, not a core file")]
    NotACore {
        /// The type, with its article.
        kind: &'static str,
    },
    /// A compressed file.
    #[error("this file is compressed with {with}; unpack it first: {command}")]
    Compressed {
        /// The compressor.
        with: &'static str,
        /// The command that unpacks it, with placeholders for the names.
        command: &'static str,
    },
    /// None of the known formats.
    #[error("this is neither a minidump nor a core file (it begins with {first})")]
    Unknown {
        /// The first bytes, in hex.
        first: String,
    },
    /// A header or a table that cannot be read.
    #[error("{structure} at file offset {file_offset:#x} {problem}")]
    Broken {
        /// The structure, by the name its format gives it.
        structure: &'static str,
        /// File offset of the structure, in bytes.
        file_offset: u64,
        /// The fault.
        problem: String,
    },
}

/// Starts of other files: offset, magic bytes, and the error.
const STRANGERS: &[(usize, &[u8], FormatError)] = &[
    (0, b"PAGEDUMP", FormatError::KernelDump { kind: "32-bit Windows kernel dump" }),
    (0, b"KDUMP   ", FormatError::KernelDump { kind: "Linux kernel dump (kdump-compressed)" }),
    (0, b"DISKDUMP", FormatError::KernelDump { kind: "Linux kernel dump (diskdump)" }),
    (0, b"makedumpfile", FormatError::KernelDump { kind: "Linux kernel dump (makedumpfile, flattened)" }),
    (0, &[0x28, 0xb5, 0x2f, 0xfd], FormatError::Compressed { with: "zstd", command: "zstd -d FILE -o DUMP" }),
    (0, &[0x1f, 0x8b], FormatError::Compressed { with: "gzip", command: "gzip -dc FILE > DUMP" }),
    (
        0,
        &[0xfd, b'7', b'z', b'X', b'Z', 0],
        FormatError::Compressed { with: "xz", command: "xz -dc FILE > DUMP" },
    ),
    (0, &[0x04, 0x22, 0x4d, 0x18], FormatError::Compressed { with: "lz4", command: "lz4 -d FILE DUMP" }),
    (0, b"BZh", FormatError::Compressed { with: "bzip2", command: "bzip2 -dc FILE > DUMP" }),
    (0, b"PK\x03\x04", FormatError::Compressed { with: "zip", command: "unzip FILE" }),
];

/// The error for bytes that no format recognizes.
pub(crate) fn name_the_stranger(bytes: &[u8]) -> FormatError {
    if bytes.is_empty() {
        return FormatError::Empty;
    }
    let known = STRANGERS
        .iter()
        .find(|(offset, magic, _)| bytes.get(*offset..).is_some_and(|rest| rest.starts_with(magic)));
    match known {
        Some((_, _, error)) => error.clone(),
        None => FormatError::Unknown {
            first: bytes.iter().take(8).map(|byte| format!("{byte:02x}")).collect::<Vec<_>>().join(" "),
        },
    }
}
