//! What tells one build of a module from another.

use std::fmt;

/// What a symbol file says which build it belongs to, in the words that dumps use.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Identity {
    /// The note NT_GNU_BUILD_ID of ELF, or the uuid of Mach-O.
    BuildId(Vec<u8>),
    /// The GUID and age of a PDB.
    Pdb {
        /// The GUID's bytes in the order in which it is written as text.
        guid: [u8; 16],
        /// The age.
        age: u32,
    },
}

impl Identity {
    /// Whether a dump that gives a module's id as such a text means this build.
    pub fn is(&self, id: &str) -> bool {
        let id: String = id.chars().filter(|letter| *letter != '-').collect::<String>().to_ascii_lowercase();
        match self {
            Identity::BuildId(bytes) => id == hex(bytes) || debug_identifiers(bytes).contains(&id),
            Identity::Pdb { guid, age } => id == format!("{}{age:x}", hex(guid)),
        }
    }
}

/// What Breakpad makes of a build id or a uuid: its first 16 bytes as a GUID, and the age 0. Of a build id the numbers in
/// the GUID are taken in the order of the machine, of a uuid as it is written.
fn debug_identifiers(bytes: &[u8]) -> [String; 2] {
    let mut guid = [0; 16];
    guid.iter_mut().zip(bytes).for_each(|(to, from)| *to = *from);
    let written = format!("{}0", hex(&guid));
    let [a, b, c, d, e, f, g, h, rest @ ..] = guid;
    let swapped = format!("{}{}0", hex(&[d, c, b, a, f, e, h, g]), hex(&rest));
    [written, swapped]
}

/// What folders of symbol stores are called for a module whose id a dump gives as such a text.
pub(crate) fn store_identifiers(id: &str) -> Vec<String> {
    let plain: String = id.chars().filter(|letter| *letter != '-').collect();
    let mut found = vec![plain.to_ascii_uppercase(), plain.clone()];
    // Of a build id, Breakpad's tools make a GUID.
    let digits: Vec<u8> = plain.chars().filter_map(|digit| u8::try_from(digit.to_digit(16)?).ok()).collect();
    if digits.len().is_multiple_of(2) {
        let bytes: Vec<u8> =
            digits.chunks_exact(2).map(|pair| pair.iter().fold(0, |sum, digit| sum << 4 | digit)).collect();
        found.extend(debug_identifiers(&bytes).map(|id| id.to_ascii_uppercase()));
    }
    found.dedup();
    found
}

pub(crate) fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

impl fmt::Display for Identity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Identity::BuildId(bytes) => f.write_str(&hex(bytes)),
            Identity::Pdb { guid, age } => write!(f, "{}-{age:x}", hex(guid)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_is_recognised_in_every_form_that_dumps_have() {
        let bytes: Vec<u8> = (1..=20).collect();
        let build_id = Identity::BuildId(bytes);
        assert!(build_id.is("0102030405060708090a0b0c0d0e0f1011121314"));
        // What Breakpad writes for an ELF file, and for a Mach-O file.
        assert!(build_id.is("0403020106050807090A0B0C0D0E0F100"));
        assert!(build_id.is("0102030405060708090A0B0C0D0E0F100"));
        assert!(!build_id.is("0102030405060708090a0b0c0d0e0f1011121315") && !build_id.is(""));
        let guid = [0xab; 16];
        let pdb = Identity::Pdb { guid, age: 26 };
        assert!(pdb.is("ABABABABABABABABABABABABABABABAB1A") && !pdb.is("abababababababababababababababab1"));
        assert!(pdb.is("ABABABAB-ABAB-ABAB-ABAB-ABABABABABAB1a"));
    }
}
