//! The readers and variables that have been found for typed paths.

use std::collections::HashMap;
use std::sync::{Arc, Mutex};

use crate::error::SymbolError;
use crate::typed::FoundName;
use crate::types::TypeReader;

/// The readers and variables that have been found so far.
#[derive(Default)]
pub(crate) struct TypedNames {
    /// The readers of modules with debug information, and `None` for modules without it.
    pub(crate) readers: Mutex<HashMap<usize, Option<Arc<dyn TypeReader>>>>,
    pub(crate) found: Mutex<HashMap<Asked, Result<FoundName, SymbolError>>>,
}

/// A name that was asked for: the module if only one is meant, the unit, and the name.
pub(crate) type Asked = (Option<usize>, Option<String>, String);
