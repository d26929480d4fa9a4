//! What was opened and found for typed paths.

use std::collections::HashMap;
use std::sync::{Arc, Mutex};

use crate::error::SymbolError;
use crate::typed::FoundName;
use crate::types::TypeReader;

/// What was opened and found.
#[derive(Default)]
pub(crate) struct TypedNames {
    /// The readers of modules that have debug information, and `None` of those that have none.
    pub(crate) readers: Mutex<HashMap<usize, Option<Arc<dyn TypeReader>>>>,
    pub(crate) found: Mutex<HashMap<Asked, Result<FoundName, SymbolError>>>,
}

/// A name that was asked for: the module where only one was meant, the unit, and the name.
pub(crate) type Asked = (Option<usize>, Option<String>, String);
