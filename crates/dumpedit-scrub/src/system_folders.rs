//! Folders that every machine of a system has. They identify nobody, and debuggers find libraries by them.

/// Folders that are kept, with all that is in them; in small letters.
const OF_SYSTEM: &[&str] = &[
    "/usr/lib",
    "/usr/lib32",
    "/usr/lib64",
    "/usr/libx32",
    "/usr/libexec",
    "/usr/bin",
    "/usr/sbin",
    "/usr/local/lib",
    "/lib",
    "/lib32",
    "/lib64",
    "/libx32",
    "/bin",
    "/sbin",
    "/system",
    "/library",
    "/apex",
    "/proc",
    "/dev",
    "c:\\windows",
    "c:\\program files\\common files",
];

/// Whether folders are ones that every machine of a system has.
pub(crate) fn is_of_system(folders: &[u8]) -> bool {
    let is_in = |start: &[u8]| {
        let ends = folders.get(start.len()).is_none_or(|next| matches!(next, b'/' | b'\\'));
        ends && folders.get(..start.len()).is_some_and(|folders| folders.eq_ignore_ascii_case(start))
    };
    let goes_up = folders.split(|byte| matches!(byte, b'/' | b'\\')).any(|part| part == b"..");
    !goes_up && OF_SYSTEM.iter().any(|start| is_in(start.as_bytes()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn folders_in_those_of_a_system_are_its_own_and_those_that_begin_alike_are_not() {
        for folders in ["/usr/lib", "/usr/lib/x86_64-linux-gnu", "/LIB64", r"C:\Windows\System32"] {
            assert!(is_of_system(folders.as_bytes()), "{folders}");
        }
        for folders in [
            "",
            "/usr",
            "/usr/library",
            "/librarian",
            "/home/jane/lib",
            "/usr/lib/../../home/jane",
            r"C:\ProgramData2",
        ] {
            assert!(!is_of_system(folders.as_bytes()), "{folders}");
        }
    }
}
