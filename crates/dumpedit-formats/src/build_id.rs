//! Build ids (NT_GNU_BUILD_ID): bytes in dumps, hex digits for users.

/// Maximum length of a build id, in bytes: linkers write 8 to 32, and readers of cores search only the first page.
const MOST: usize = 256;

/// The hex digits of a build id.
pub(crate) fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// The bytes of a build id in hex.
///
/// # Errors
/// The reason why the text is no build id.
pub(crate) fn bytes(text: &str) -> Result<Vec<u8>, &'static str> {
    if !text.bytes().all(|digit| digit.is_ascii_hexdigit()) {
        return Err("it contains characters that are not hex digits");
    }
    let byte = |pair: &[u8]| u8::from_str_radix(std::str::from_utf8(pair).ok()?, 16).ok();
    let (pairs, rest) = text.as_bytes().as_chunks::<2>();
    let bytes: Option<Vec<u8>> = pairs.iter().map(|pair| byte(pair)).collect();
    match bytes.filter(|bytes| !bytes.is_empty() && rest.is_empty()) {
        Some(bytes) if bytes.len() > MOST => Err("a build id has at most 256 bytes"),
        Some(bytes) => Ok(bytes),
        None => Err("a build id is one or more bytes of two hex digits"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_no_build_id_is_told() {
        for (text, problem) in
            [("", "two hex digits"), ("abc", "two hex digits"), ("xy", "hex digits"), ("+1", "hex digits")]
        {
            assert!(bytes(text).unwrap_err().contains(problem), "{text}");
        }
        assert!(bytes(&"a".repeat(514)).is_err());
        assert_eq!(bytes("8D3c").as_deref().map(hex), Ok("8d3c".to_owned()));
    }
}
