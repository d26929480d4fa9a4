//! The identity of a build of a module, and the forms in which dumps have it.

use std::borrow::Cow;
use std::fmt;

/// The GUID and age that a PDB and its image share.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct PdbId {
    /// The bytes of the GUID, in the order of its text form.
    pub guid: [u8; 16],
    /// The age.
    pub age: u32,
}

impl fmt::Display for PdbId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.guid.iter().try_for_each(|byte| write!(f, "{byte:02X}"))?;
        write!(f, "{:x}", self.age)
    }
}

/// The identity of the build that a symbol file is of.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Identity {
    /// The note NT_GNU_BUILD_ID of an ELF file, or the uuid of a Mach-O file.
    BuildId(Vec<u8>),
    /// The GUID and age of a PDB, or Breakpad's debug identifier. Breakpad makes it from them or from a build id.
    Pdb(PdbId),
    /// A PE file.
    Image {
        /// `TimeDateStamp` of its file header.
        timestamp: u32,
        /// `SizeOfImage` of its optional header, in bytes.
        size: u32,
        /// The PDB that it names.
        pdb: Option<PdbId>,
    },
}

impl Identity {
    /// Whether this is the build whose id a dump has as text: `dumpedit_layout::Module::id`.
    ///
    /// Dumps have a build id as hexadecimal digits, a PDB as its GUID followed by the age (Breakpad's debug
    /// identifier), and an image without either as its time stamp followed by its size. Breakpad also writes a build id
    /// like a PDB: the first 16 bytes as a GUID, and the age 0. It does the same with the uuid of Mach-O, whose bytes
    /// stay in their order.
    pub fn is(&self, id: &str) -> bool {
        let id = &*without_dashes(id);
        match self {
            Identity::BuildId(build_id) => {
                let same = |other: PdbId| other.age == 0 && is_made_of(other.guid, build_id);
                // A core that was made from such a minidump has only the first 16 bytes.
                let is_same =
                    |other: Vec<u8>| other == *build_id || other.len() == 16 && build_id.starts_with(&other);
                bytes(id).is_some_and(is_same) || debug_id(id).is_some_and(same)
            }
            Identity::Pdb(pdb) => pdb_matches(pdb, id),
            Identity::Image { timestamp, size, pdb } => {
                let code_id = format!("{timestamp:08x}{size:x}");
                id.eq_ignore_ascii_case(&code_id) || pdb.is_some_and(|pdb| pdb_matches(&pdb, id))
            }
        }
    }
}

fn pdb_matches(pdb: &PdbId, id: &str) -> bool {
    let build_id = || bytes(id).is_some_and(|bytes| pdb.age == 0 && is_made_of(pdb.guid, &bytes));
    debug_id(id).is_some_and(|other| other == *pdb) || build_id()
}

/// Whether a GUID is the one that Breakpad makes from a build id or a uuid.
fn is_made_of(guid: [u8; 16], build_id: &[u8]) -> bool {
    let mut first = [0; 16];
    first.iter_mut().zip(build_id).for_each(|(to, from)| *to = *from);
    !build_id.is_empty() && (guid == as_text(first) || guid.as_slice() == build_id)
}

/// The bytes of a GUID in memory (`struct GUID` of `guiddef.h`, little-endian), in the order of its text form.
pub(crate) fn as_text(memory: [u8; 16]) -> [u8; 16] {
    let [a, b, c, d, e, f, g, h, rest @ ..] = memory;
    let [i, j, k, l, m, n, o, p] = rest;
    [d, c, b, a, f, e, h, g, i, j, k, l, m, n, o, p]
}

/// The bytes that a text of hexadecimal digits has.
pub(crate) fn bytes(digits: &str) -> Option<Vec<u8>> {
    let pairs = digits.as_bytes().chunks(2);
    pairs
        .map(|pair| u8::from_str_radix(std::str::from_utf8(pair).ok()?, 16).ok().filter(|_| pair.len() == 2))
        .collect()
}

/// Parses Breakpad's debug identifier: the 32 digits of a GUID, then those of the age.
pub(crate) fn debug_id(text: &str) -> Option<PdbId> {
    let (guid, age) = text.split_at_checked(32)?;
    let age = u32::from_str_radix(age, 16).ok()?;
    Some(PdbId { guid: bytes(guid)?.try_into().ok()?, age })
}

/// The names of a module's folders in symbol stores, from the id in a dump. Microsoft's and Breakpad's tools write
/// capital letters. The keys of SSQP (Simple Symbol Query Protocol) have small letters.
pub(crate) fn store_identifiers(id: &str) -> Vec<String> {
    let plain = without_dashes(id);
    let mut found = vec![plain.to_ascii_uppercase(), plain.clone().into_owned()];
    // Breakpad's tools make a GUID from a build id.
    if let Some(build_id) = bytes(&plain).filter(|bytes| !bytes.is_empty()) {
        let mut guid = [0; 16];
        guid.iter_mut().zip(build_id).for_each(|(to, from)| *to = from);
        found.extend([guid, as_text(guid)].map(|guid| PdbId { guid, age: 0 }.to_string()));
    }
    let small: Vec<String> = found.iter().map(|id| id.to_ascii_lowercase()).collect();
    found.extend(small);
    found
}

/// An id without the dashes with which people write GUIDs.
fn without_dashes(id: &str) -> Cow<'_, str> {
    if id.contains('-') { Cow::Owned(id.replace('-', "")) } else { Cow::Borrowed(id) }
}

impl fmt::Display for Identity {
    /// Writes the identity as dumps have it.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Identity::BuildId(bytes) => bytes.iter().try_for_each(|byte| write!(f, "{byte:02x}")),
            Identity::Pdb(pdb) | Identity::Image { pdb: Some(pdb), .. } => write!(f, "{pdb}"),
            Identity::Image { timestamp, size, pdb: None } => write!(f, "{timestamp:08x}{size:x}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const BUILD_ID: &str = "dd558717af8c6507454517f01b557da2e8017034";

    fn build_id(digits: &str) -> Identity {
        Identity::BuildId(bytes(digits).unwrap())
    }

    #[test]
    fn a_build_id_is_known_in_full_and_as_breakpad_cuts_and_swaps_it() {
        assert!(build_id(BUILD_ID).is(BUILD_ID));
        assert!(build_id(BUILD_ID).is(&BUILD_ID.to_uppercase()));
        assert!(build_id(BUILD_ID).is("178755DD8CAF0765454517F01B557DA20"));
        assert!(!build_id(BUILD_ID).is("178755DD8CAF0765454517F01B557DA21"), "an age");
        assert!(!build_id(BUILD_ID).is("178755DD8CAF0765454517F01B557DA30"));
        assert!(!build_id(BUILD_ID).is(&BUILD_ID[..38]));
        assert!(build_id(BUILD_ID).is(&BUILD_ID[..32]), "a core made of Breakpad's");
        // A build id of 8 bytes, which Breakpad fills up with zeros.
        assert!(build_id("10faa6bbaab83db3").is("10faa6bbaab83db3"));
        assert!(build_id("10faa6bbaab83db3").is("BBA6FA10B8AAB33D00000000000000000"));
        assert!(!build_id("").is("000000000000000000000000000000000"));
    }

    #[test]
    fn a_uuid_of_mach_o_keeps_its_order() {
        let uuid = build_id("509c0610949836f7b70bd88bcf03e540");
        assert!(uuid.is("509C0610949836F7B70BD88BCF03E5400"), "a minidump's");
        assert!(uuid.is("509c0610949836f7b70bd88bcf03e540"), "a core's");
        assert!(!uuid.is("509C0610949836F7B70BD88BCF03E5410"));
    }

    #[test]
    fn a_pdb_is_known_by_guid_and_age() {
        let pdb = Identity::Pdb(debug_id("0F45B7919A9646F9BF8F2D6076EA421A11").unwrap());
        assert_eq!(pdb.to_string(), "0F45B7919A9646F9BF8F2D6076EA421A11");
        assert!(pdb.is("0F45B7919A9646F9BF8F2D6076EA421A11"));
        assert!(pdb.is("0f45b7919a9646f9bf8f2d6076ea421a11"));
        assert!(pdb.is("0F45B791-9A96-46F9-BF8F-2D6076EA421A11"));
        for other in ["0F45B7919A9646F9BF8F2D6076EA421A1", "0F45B7919A9646F9BF8F2D6076EA421A", "", "é", "11"]
        {
            assert!(!pdb.is(other), "{other}");
        }
    }

    #[test]
    fn symbols_of_breakpad_are_known_by_the_build_id_that_they_were_made_of() {
        let of_elf = Identity::Pdb(debug_id("178755DD8CAF0765454517F01B557DA20").unwrap());
        assert!(of_elf.is(BUILD_ID));
        let of_mach_o = Identity::Pdb(debug_id("509C0610949836F7B70BD88BCF03E5400").unwrap());
        assert!(of_mach_o.is("509c0610949836f7b70bd88bcf03e540"));
    }

    #[test]
    fn an_image_is_known_by_its_pdb_or_by_time_and_size() {
        let pdb = debug_id("5A9832E5287241C1838ED98914E9B7FF1").unwrap();
        let image = Identity::Image { timestamp: 0x5f5f_2c88, size: 0x17000, pdb: Some(pdb) };
        assert!(image.is("5f5f2c8817000"));
        assert!(image.is("5F5F2C8817000"), "a triage dump's");
        assert!(image.is("5A9832E5287241C1838ED98914E9B7FF1"));
        assert!(!image.is("5f5f2c8818000"));
        assert!(!image.is("5A9832E5287241C1838ED98914E9B7FF2"));
        assert!(Identity::Image { timestamp: 0x5f2c88, size: 0x17000, pdb: None }.is("005F2C8817000"));
    }
}
