//! x.
use crate::FormatError;
use dumpedit_layout::Layout;
pub(crate) fn recognizes(_bytes: &[u8]) -> bool {
    false
}
pub(crate) fn parse(bytes: &[u8]) -> Result<Layout, FormatError> {
    Err(crate::error::name_the_stranger(bytes))
}
