//! What the files of modules say of thread-local variables, and the symbols of glibc by which debuggers find them.

use dumpedit_layout::Module;

use crate::error::Absent;
use crate::module_files::ModuleFile;
use crate::sources::{StoredWord, ThreadLocalBlock, ThreadLocalWord, WindowsThreadLocals};
use crate::symbols::{Symbol, SymbolPlace, Symbols, is_of_kernel};

/// How the base names of glibc's dynamic linker, of its C library and of its library of threads begin.
const GLIBC: [&str; 6] = ["ld-", "ld.so", "ld64.so", "libc.so", "libc-", "libpthread"];

impl Symbols {
    /// The block of thread-local variables of a module, if its file is available and has one.
    pub fn thread_local(&self, module: usize) -> Option<ThreadLocalBlock> {
        self.image(module)?.thread_local()
    }

    /// The words in a module's memory by which its thread-local variables are found, with their addresses.
    pub fn thread_local_words(&self, module: usize) -> Vec<ThreadLocalWord> {
        let Some((found, image)) = self.module(module).zip(self.image(module)) else { return Vec::new() };
        // If another module has the name as well, the word may have been resolved to that module.
        let is_own = |stored: &StoredWord| match &stored.symbol {
            None => true,
            Some(name) => self.is_in_no_other(module, name),
        };
        let words = image.thread_local_words().into_iter().filter(is_own);
        let words = words.map(|stored| ThreadLocalWord {
            stored_at: self.cut(found.base.wrapping_add(stored.word.stored_at)),
            ..stored.word
        });
        words.collect()
    }

    /// Whether the files of all other modules are available and have no symbol of a name.
    fn is_in_no_other(&self, module: usize, name: &str) -> bool {
        let others = self.target().modules.iter().enumerate();
        let mut others = others.filter(|(index, other)| *index != module && !is_of_kernel(other));
        others.all(|(index, _)| {
            let absent = self.files(index).and_then(|files| files.absent());
            !matches!(absent, Some(Absent::NoFile | Absent::Refused(_)))
                && self.named(&[index], name).is_empty()
        })
    }

    /// The address of a symbol that glibc has for debuggers; `None` where it is not available, or in several modules.
    pub fn glibc_symbol(&self, name: &str) -> Option<u64> {
        let is_glibc = |module: &Module| GLIBC.iter().any(|start| module.base_name().starts_with(start));
        let modules = self.target().modules.iter().enumerate().filter(|(_, module)| is_glibc(module));
        let modules: Vec<usize> = modules.map(|(index, _)| index).collect();
        match self.named(&modules, name).as_slice() {
            [(Symbol { module, place: SymbolPlace::Address(address), .. }, file)] => {
                self.tell(*module, file);
                Some(*address)
            }
            _ => None,
        }
    }

    /// The thread-local variables of a module, from its files, if it is a module of Windows.
    pub fn windows_thread_locals(&self, module: usize) -> Option<WindowsThreadLocals> {
        /// The name that compilers give the module's number.
        const NUMBER: &str = "_tls_index";
        let pointer_width = self.files(module)?.files().iter().find_map(ModuleFile::windows_pointers)?;
        let number_at = match self.named(&[module], NUMBER).as_slice() {
            [(Symbol { place: SymbolPlace::Address(address), .. }, _)] => Some(*address),
            _ => None,
        };
        Some(WindowsThreadLocals { pointer_width, number_at })
    }
}
