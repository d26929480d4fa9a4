//! Arguments about the symbols of a dump's modules.

use std::ffi::OsString;
use std::io;
use std::path::PathBuf;

use clap::{ArgAction, Args};
use dumpedit::symbols::SymbolOptions;

/// Environment variable with further folders of symbols, in the system's form of folder lists; or [`OFF`].
const VARIABLE: &str = "DUMPEDIT_SYMBOLS";
/// Value that turns symbols off.
const OFF: &str = "off";

#[derive(Clone, Debug, Default, Args)]
pub(crate) struct SymbolArguments {
    /// Symbol file, or folder of symbol files, a .build-id tree or a symbol store; repeatable; searched before the folders of
    /// DUMPEDIT_SYMBOLS. Files of a folder are found by name, and the first 1000 of them also by id
    #[arg(long = "symbols", global = true, value_name = "PATH", action = ArgAction::Append)]
    pub(crate) folders: Vec<PathBuf>,

    /// Root of the process's file system: the files of modules are searched only there
    #[arg(long, global = true, value_name = "DIR")]
    pub(crate) sysroot: Option<PathBuf>,

    /// Also use symbol files whose id is not the module's
    #[arg(long, global = true)]
    pub(crate) trust_symbols: bool,

    /// Use no symbols, neither as names nor in output; the same as DUMPEDIT_SYMBOLS=off
    #[arg(long, global = true, conflicts_with_all = ["folders", "sysroot", "trust_symbols"])]
    pub(crate) no_symbols: bool,
}

impl SymbolArguments {
    /// The first given place of symbols that cannot be read, and the error. Those of the variable are told by a notice where symbols are
    /// looked for.
    pub(crate) fn unusable(&self) -> Option<(PathBuf, io::Error)> {
        self.given().unusable().next().map(|(path, error)| (path.to_owned(), error))
    }

    /// Places of symbols on the command line.
    fn given(&self) -> SymbolOptions {
        let options = SymbolOptions::default().sysroot(self.sysroot.clone()).trust(self.trust_symbols);
        self.folders.iter().cloned().fold(options, SymbolOptions::folder)
    }

    /// The arguments among the words of an incomplete command line.
    pub(crate) fn of_words(words: impl Iterator<Item = OsString>) -> SymbolArguments {
        let mut found = SymbolArguments::default();
        let mut words = words.skip_while(|word| word != "--");
        while let Some(word) = words.next() {
            let text = word.to_string_lossy();
            let (option, value) =
                text.split_once('=').map_or((&*text, None), |(option, value)| (option, Some(value)));
            let mut value = || value.map(PathBuf::from).or_else(|| words.next().map(PathBuf::from));
            match option {
                "--symbols" => found.folders.extend(value()),
                "--sysroot" => found.sysroot = value(),
                "--trust-symbols" => found.trust_symbols = true,
                "--no-symbols" => found.no_symbols = true,
                _ => {}
            }
        }
        found
    }

    /// Places of symbols; `None` where symbols are off.
    pub(crate) fn options(&self) -> Option<SymbolOptions> {
        let listed = std::env::var_os(VARIABLE).unwrap_or_default();
        if self.no_symbols || listed == OFF {
            return None;
        }
        let listed = std::env::split_paths(&listed).filter(|folder| !folder.as_os_str().is_empty());
        Some(listed.fold(self.given(), SymbolOptions::folder))
    }
}
