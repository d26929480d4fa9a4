//! Entries of the auxiliary vector by number (`elf.h`, `linux/auxvec.h`), and a process's vector.

use dumpedit_layout::ByteOrder;

macro_rules! entries {
    ($($name:ident = $number:literal $entry:literal $(: $doc:literal)?,)+) => {
        $(#[doc = concat!($entry, $(": ", $doc,)? ".")] pub const $name: u64 = $number;)+

        /// Names of entries, by number.
        pub(super) static ENTRIES: &[(u64, &str)] = &[$(($name, $entry),)+];
    };
}

entries! {
    IGNORE = 1 "AT_IGNORE",
    EXECFD = 2 "AT_EXECFD",
    PHDR = 3 "AT_PHDR": "the address of the program headers",
    PHENT = 4 "AT_PHENT": "the size of one of them, in bytes",
    PHNUM = 5 "AT_PHNUM": "how many there are",
    PAGESZ = 6 "AT_PAGESZ": "the size of a page, in bytes",
    BASE = 7 "AT_BASE",
    FLAGS = 8 "AT_FLAGS",
    ENTRY = 9 "AT_ENTRY": "where the program begins",
    NOTELF = 10 "AT_NOTELF",
    UID = 11 "AT_UID",
    EUID = 12 "AT_EUID",
    GID = 13 "AT_GID",
    EGID = 14 "AT_EGID",
    PLATFORM = 15 "AT_PLATFORM": "the address of a text",
    HWCAP = 16 "AT_HWCAP",
    CLKTCK = 17 "AT_CLKTCK",
    FPUCW = 18 "AT_FPUCW",
    DCACHEBSIZE = 19 "AT_DCACHEBSIZE",
    ICACHEBSIZE = 20 "AT_ICACHEBSIZE",
    UCACHEBSIZE = 21 "AT_UCACHEBSIZE",
    IGNOREPPC = 22 "AT_IGNOREPPC",
    SECURE = 23 "AT_SECURE",
    BASE_PLATFORM = 24 "AT_BASE_PLATFORM": "the address of a text",
    RANDOM = 25 "AT_RANDOM": "the address of 16 bytes",
    HWCAP2 = 26 "AT_HWCAP2",
    RSEQ_FEATURE_SIZE = 27 "AT_RSEQ_FEATURE_SIZE",
    RSEQ_ALIGN = 28 "AT_RSEQ_ALIGN",
    HWCAP3 = 29 "AT_HWCAP3",
    HWCAP4 = 30 "AT_HWCAP4",
    EXECFN = 31 "AT_EXECFN": "the address of the program's path",
    SYSINFO = 32 "AT_SYSINFO",
    SYSINFO_EHDR = 33 "AT_SYSINFO_EHDR": "where the kernel's own module (the vDSO) is",
    L1I_CACHESHAPE = 34 "AT_L1I_CACHESHAPE",
    L1D_CACHESHAPE = 35 "AT_L1D_CACHESHAPE",
    L2_CACHESHAPE = 36 "AT_L2_CACHESHAPE",
    L3_CACHESHAPE = 37 "AT_L3_CACHESHAPE",
    MINSIGSTKSZ = 51 "AT_MINSIGSTKSZ",
}

/// Entries whose values are addresses of strings.
pub const TEXTS: [u64; 3] = [PLATFORM, BASE_PLATFORM, EXECFN];

/// An auxiliary vector: the contents of a core's NT_AUXV or a minidump's LinuxAuxv.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Vector(Vec<(u64, u64)>);

impl Vector {
    /// Reads the entries up to `AT_NULL`, each two words of `word_size` bytes.
    pub fn read(bytes: &[u8], order: ByteOrder, word_size: u8) -> Vector {
        let word = usize::from(word_size.max(1));
        let pairs = bytes.chunks_exact(word.saturating_mul(2)).filter_map(|pair| pair.split_at_checked(word));
        let entries = pairs.map(|(key, value)| (order.number(key), order.number(value)));
        Vector(entries.take_while(|(key, _)| *key != 0).collect())
    }

    /// The value of the first entry with a number, such as [`EXECFN`].
    pub fn value(&self, number: u64) -> Option<u64> {
        self.0.iter().find(|(known, _)| *known == number).map(|(_, value)| *value)
    }
}
