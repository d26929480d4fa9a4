//! The system of a process.

use super::content::ContentSpec;

/// The system of a process: a minidump's SystemInfo, or the BSD of a core. Defaults are behind semicolons.
#[derive(Clone, Debug, Default, PartialEq)]
#[non_exhaustive]
pub struct System {
    /// Whether the stream is left out.
    pub left_out: bool,
    /// The system's name (`windows`, `linux`, `macos`, …) or its platform id.
    pub os: Option<String>,
    /// Version: up to three numbers with dots.
    pub version: Option<String>,
    /// Whether there is no text of the service pack (`CSDVersionRva` is 0), which some readers cannot read.
    pub no_service_pack: bool,
    /// The service pack, or the text of the build; an empty text.
    pub service_pack: Option<String>,
    /// The number of processors; 1.
    pub processors: Option<u64>,
    /// `ProcessorArchitecture`; the machine's.
    pub architecture: Option<u64>,
    /// `ProcessorLevel`; 0.
    pub level: Option<u64>,
    /// `ProcessorRevision`; 0.
    pub revision: Option<u64>,
    /// `ProductType`; 0.
    pub product_type: Option<u64>,
    /// `SuiteMask`; 0.
    pub suite_mask: Option<u64>,
    /// The two bytes behind SuiteMask; 0.
    pub reserved: Option<u64>,
    /// `Cpu`, 24 bytes; zeros.
    pub cpu: ContentSpec,
}
