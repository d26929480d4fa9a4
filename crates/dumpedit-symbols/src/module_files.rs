//! The symbol files of one module: found, checked to be of the module's build, and opened.

use std::io::{self, Read};
use std::path::{Path, PathBuf};
use std::sync::{Arc, OnceLock};

use dumpedit_layout::Module;

use crate::demangled::Decoration;
use crate::error::{Absent, Refusal, Refused};
use crate::file::{Stream, SymbolFile};
use crate::given_folders::GivenFolders;
use crate::identity::{Identity, PdbId};
use crate::options::SymbolOptions;
use crate::search::{self, Candidate};
use crate::sources::{self, Asked, CopiedVariable, DebugLink, Source, StoredWord, ThreadLocalBlock};
use crate::table::Table;
use crate::target::SymbolTarget;

/// The files of a module that were accepted, and those that were refused.
#[derive(Debug)]
pub(crate) struct ModuleFiles {
    files: Vec<ModuleFile>,
    refused: Vec<Refused>,
}

/// A symbol file of a module.
#[derive(Debug)]
pub(crate) struct ModuleFile {
    file: Arc<SymbolFile>,
    source: Box<dyn Source>,
    checked: Checked,
    table: OnceLock<Result<Table, String>>,
}

/// How a file was checked against its module.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Checked {
    /// The file has the module's id.
    Same,
    /// The dump has no id of the module.
    NoModuleId,
    /// The file is of another build, and the user wants it used all the same.
    Trusted {
        /// The file's id, if it has one.
        file: Option<String>,
        /// The module's id.
        module: String,
    },
}

/// The places where files are looked for.
#[derive(Clone, Copy)]
pub(crate) struct Places<'a> {
    pub(crate) options: &'a SymbolOptions,
    pub(crate) given: &'a GivenFolders,
}

/// A check of a file with an identity.
type Check<'a> = dyn Fn(&SymbolFile, Option<&Identity>) -> Result<Checked, Refusal> + 'a;

impl ModuleFile {
    pub(crate) fn path(&self) -> &Path {
        self.file.path()
    }

    pub(crate) fn file(&self) -> Arc<SymbolFile> {
        Arc::clone(&self.file)
    }

    pub(crate) fn checked(&self) -> &Checked {
        &self.checked
    }

    /// Whether it is certain that the file is the module's.
    pub(crate) fn is_certain(&self) -> bool {
        self.checked == Checked::Same
    }

    pub(crate) fn cost(&self) -> u64 {
        self.source.cost()
    }

    pub(crate) fn is_image(&self) -> bool {
        self.source.is_image()
    }

    pub(crate) fn memory_size(&self) -> Option<u64> {
        self.source.memory_size()
    }

    /// Whether the module may have bytes after its end in the dump. This is so in Mach-O, where data need not follow
    /// the code.
    pub(crate) fn has_loose_end(&self) -> bool {
        self.table().is_some_and(|table| table.decoration() == Decoration::Underscore)
    }

    pub(crate) fn has_debug_info(&self) -> bool {
        self.source.has_debug_info()
    }

    pub(crate) fn read_loaded(&self, offset: u64, into: &mut [u8]) -> usize {
        self.source.read_loaded(offset, into)
    }

    pub(crate) fn thread_local(&self) -> Option<ThreadLocalBlock> {
        self.source.thread_local()
    }

    pub(crate) fn thread_local_words(&self) -> Vec<StoredWord> {
        self.source.thread_local_words().unwrap_or_default()
    }

    pub(crate) fn windows_pointers(&self) -> Option<u8> {
        self.source.windows_pointers()
    }

    pub(crate) fn copies(&self) -> Vec<CopiedVariable> {
        self.source.copies().unwrap_or_default()
    }

    /// The symbols of the file, if they can be read.
    pub(crate) fn table(&self) -> Option<&Table> {
        self.read_table().as_ref().ok()
    }

    /// The same, if they were read already.
    pub(crate) fn known_table(&self) -> Option<&Table> {
        self.table.get()?.as_ref().ok()
    }

    fn read_table(&self) -> &Result<Table, String> {
        self.table.get_or_init(|| self.source.table().map_err(|error| error.to_string()))
    }
}

impl ModuleFiles {
    /// The files of a module, up to the first that has all its names.
    pub(crate) fn with_names(module: &Module, target: &SymbolTarget, places: Places<'_>) -> ModuleFiles {
        ModuleFiles::until(module, target, places, &|source| source.is_complete())
    }

    /// The files of a module, up to the first that has debug information.
    pub(crate) fn with_debug_information(
        module: &Module,
        target: &SymbolTarget,
        places: Places<'_>,
    ) -> ModuleFiles {
        ModuleFiles::until(module, target, places, &|source| source.has_debug_info())
    }

    /// The files of a module, up to the first that was loaded itself and was not split off from the loaded file.
    pub(crate) fn with_image(module: &Module, target: &SymbolTarget, places: Places<'_>) -> ModuleFiles {
        ModuleFiles::until(module, target, places, &|source| source.is_image())
    }

    /// The files up to the first that is enough. A file that is certain to be of the module's build is preferred to
    /// files that are only trusted.
    fn until(
        module: &Module,
        target: &SymbolTarget,
        places: Places<'_>,
        is_enough: &dyn Fn(&dyn Source) -> bool,
    ) -> ModuleFiles {
        if places.options.trust {
            let untrusting = SymbolOptions { trust: false, ..places.options.clone() };
            let untrusting = Places { options: &untrusting, ..places };
            let found = ModuleFiles::searched(module, target, untrusting, is_enough);
            if found.files.iter().any(|file| is_enough(&*file.source)) {
                return found;
            }
        }
        ModuleFiles::searched(module, target, places, is_enough)
    }

    fn searched(
        module: &Module,
        target: &SymbolTarget,
        Places { options, given }: Places<'_>,
        is_enough: &dyn Fn(&dyn Source) -> bool,
    ) -> ModuleFiles {
        let mut found = ModuleFiles { files: Vec::new(), refused: Vec::new() };
        let mut debug_links: Vec<(PathBuf, Option<Identity>, Option<DebugLink>)> = Vec::new();
        let is_program = target.modules.first() == Some(module);
        let candidates = search::of_module(module, options);
        let named_pdb = pdb_of_image(module, &candidates, target);
        for Candidate { path, is_named } in candidates {
            // A file that the user gives may be of any module. It is reported as refused only for a module that it may
            // be meant for.
            let is_meant = is_named || is_program;
            let trust = options.trust && is_meant;
            let check = |_: &SymbolFile, identity: Option<&Identity>| {
                check(module, identity, named_pdb, trust).and_then(|checked| {
                    match is_meant || checked == Checked::Same {
                        true => Ok(checked),
                        false => Err(Refusal::NoSymbolFile),
                    }
                })
            };
            if !found.take(&path, Asked { target, id: module.id.as_deref() }, &check) {
                found.refused.retain(|refused| is_meant || refused.path != path);
                continue;
            }
            let Some(file) = found.files.last() else { continue };
            if is_enough(&*file.source) {
                return found;
            }
            debug_links.push((path, file.source.identity(), file.source.debug_link().cloned()));
        }
        for (path, identity, link) in debug_links {
            let id = match &identity {
                Some(Identity::BuildId(_)) => identity.as_ref().map(Identity::to_string),
                _ => None,
            };
            let before = found.files.iter().find(|file| file.path() == path);
            let checked = before.map_or(Checked::NoModuleId, |file| file.checked.clone());
            for path in search::of_debug_information(&path, id.as_deref(), link.as_ref(), options) {
                let check = |file: &SymbolFile, own: Option<&Identity>| {
                    belongs(file, own, identity.as_ref(), link.as_ref(), options.trust)
                        .map(|belongs| belongs.unwrap_or_else(|| checked.clone()))
                };
                if found.take(&path, Asked { target, id: module.id.as_deref() }, &check)
                    && found.files.last().is_some_and(|file| is_enough(&*file.source))
                {
                    return found;
                }
            }
        }
        for path in module.id.iter().flat_map(|id| given.of_id(id, target, options)) {
            let check =
                |_: &SymbolFile, identity: Option<&Identity>| check(module, identity, named_pdb, false);
            if found.take(&path, Asked { target, id: module.id.as_deref() }, &check)
                && found.files.last().is_some_and(|file| is_enough(&*file.source))
            {
                break;
            }
        }
        found
    }

    /// Opens a file if it exists, and adds it if it is the module's. Returns whether it was added.
    fn take(&mut self, path: &Path, asked: Asked<'_>, check: &Check<'_>) -> bool {
        if self.files.iter().any(|file| file.path() == path) || !path.is_file() {
            return false;
        }
        // A file that was refused by its name alone may be the one that a debug link names.
        let opened = open(path, asked, check);
        self.refused.retain(|refused| refused.path != path);
        match opened {
            Ok(file) => {
                self.files.push(file);
                true
            }
            Err(why) => {
                // Several paths may lead to one file.
                let is_told = |refused: &Refused| is_same_file(&refused.path, path);
                if !self.refused.iter().any(is_told) {
                    self.refused.push(Refused { path: path.to_owned(), why });
                }
                false
            }
        }
    }

    pub(crate) fn files(&self) -> &[ModuleFile] {
        &self.files
    }

    /// The files that were refused.
    pub(crate) fn refused(&self) -> &[Refused] {
        &self.refused
    }

    /// Why not all symbols of the module are at hand; `None` if they are.
    pub(crate) fn absent(&self) -> Option<Absent> {
        let broken = self.files.iter().filter_map(|file| {
            let why = file.read_table().as_ref().err()?;
            Some(Refused { path: file.path().to_owned(), why: Refusal::Unreadable(why.clone()) })
        });
        let broken: Vec<Refused> = broken.collect();
        if self.files.iter().any(|file| file.source.is_complete()) && broken.is_empty() {
            return None;
        }
        let refused: Vec<Refused> = broken.into_iter().chain(self.refused.iter().cloned()).collect();
        Some(match (refused.is_empty(), self.files.first()) {
            (false, _) => Absent::Refused(refused),
            (true, None) => Absent::NoFile,
            (true, Some(file)) => {
                match self.files.iter().any(|file| file.table().is_some_and(|it| it.len() > 0)) {
                    true => Absent::OnlyExports(file.path().to_owned()),
                    false => Absent::NoSymbols(file.path().to_owned()),
                }
            }
        })
    }
}

fn is_same_file(one: &Path, other: &Path) -> bool {
    matches!((one.canonicalize(), other.canonicalize()), (Ok(one), Ok(other)) if one == other)
}

fn open(path: &Path, asked: Asked<'_>, check: &Check<'_>) -> Result<ModuleFile, Refusal> {
    let unreadable = |error: &dyn ToString| Refusal::Unreadable(error.to_string());
    let file = Arc::new(SymbolFile::open(path).map_err(|error| unreadable(&error))?);
    let source = sources::open(&file, asked).map_err(|error| unreadable(&error))?;
    let source = source.ok_or(Refusal::NoSymbolFile)?;
    if !source.fits(asked.target) {
        return Err(Refusal::OtherMachine);
    }
    let checked = check(&file, source.identity().as_ref())?;
    Ok(ModuleFile { file, source, checked, table: OnceLock::new() })
}

/// Checks whether a file with an identity is a module's.
fn check(
    module: &Module,
    identity: Option<&Identity>,
    named_pdb: Option<PdbId>,
    trust: bool,
) -> Result<Checked, Refusal> {
    let Some(id) = module.id.as_deref() else { return Ok(Checked::NoModuleId) };
    if identity.is_some_and(|identity| identity.is(id)) {
        return Ok(Checked::Same);
    }
    match (identity, named_pdb) {
        (Some(Identity::Pdb(pdb)), Some(named)) if *pdb == named => return Ok(Checked::Same),
        // A time stamp and a size do not distinguish PDBs.
        (Some(Identity::Pdb(_)), None) if is_time_and_size(module) => return Ok(Checked::NoModuleId),
        _ => {}
    }
    let named = named_pdb.filter(|_| matches!(identity, Some(Identity::Pdb(_))));
    let module = named.map_or_else(|| id.to_owned(), |pdb| pdb.to_string());
    let file = identity.map(Identity::to_string);
    if trust { Ok(Checked::Trusted { file, module }) } else { Err(Refusal::OtherBuild { file, module }) }
}

/// Whether a dump identifies a module only by the time stamp and the size of its image, as it does without a CodeView
/// record.
fn is_time_and_size(module: &Module) -> bool {
    let ids = module.id.as_deref().zip(module.image_id.as_deref());
    ids.is_some_and(|(id, image_id)| id.eq_ignore_ascii_case(image_id))
}

/// The PDB that the image of a module names, if the dump does not name it and the image is among the candidates.
fn pdb_of_image(module: &Module, candidates: &[Candidate], target: &SymbolTarget) -> Option<PdbId> {
    let id = module.id.as_deref().filter(|_| is_time_and_size(module))?;
    candidates.iter().filter(|candidate| candidate.path.is_file()).find_map(|Candidate { path, .. }| {
        let file = Arc::new(SymbolFile::open(path).ok()?);
        let identity = sources::open(&file, Asked { target, id: Some(id) }).ok()??.identity()?;
        match identity {
            Identity::Image { pdb, .. } if identity.is(id) => pdb,
            _ => None,
        }
    })
}

/// Checks whether a file was split off from another file: by its id, or by the CRC of all its bytes if one of the two
/// has no id. The time stamp and the size of a PE file are no id here, since tools write other ones into the files that
/// they split off. `None` means that the file belongs to the other one and is as certain.
fn belongs(
    file: &SymbolFile,
    own: Option<&Identity>,
    wanted: Option<&Identity>,
    link: Option<&DebugLink>,
    trust: bool,
) -> Result<Option<Checked>, Refusal> {
    let is_id = |identity: &&Identity| !matches!(identity, Identity::Image { .. });
    let refusal = match (own.filter(is_id), wanted.filter(is_id), link) {
        (Some(own), Some(wanted), _) if own == wanted => return Ok(None),
        (own, Some(wanted), _) if own.is_some() || link.is_none() => {
            Refusal::OtherBuild { file: own.map(Identity::to_string), module: wanted.to_string() }
        }
        (_, _, Some(link)) => {
            let crc = crc(file).map_err(|error| Refusal::Unreadable(error.to_string()))?;
            if crc == link.crc {
                return Ok(None);
            }
            Refusal::OtherBytes { file: crc, link: link.crc }
        }
        // Only an id or a link can lead to such a file.
        _ => Refusal::NoSymbolFile,
    };
    match refusal {
        Refusal::OtherBuild { file, module } if trust => Ok(Some(Checked::Trusted { file, module })),
        Refusal::OtherBytes { file, link } if trust => {
            let crc = |crc: u32| format!("CRC {crc:08x}");
            Ok(Some(Checked::Trusted { file: Some(crc(file)), module: crc(link) }))
        }
        refusal => Err(refusal),
    }
}

/// The CRC-32 of all bytes of a file.
fn crc(file: &SymbolFile) -> io::Result<u32> {
    let mut stream = Stream::of(file);
    let mut hasher = crc32fast::Hasher::new();
    let mut block = vec![0; 1 << 18];
    loop {
        let count = stream.read(&mut block)?;
        if count == 0 {
            return Ok(hasher.finalize());
        }
        hasher.update(block.get(..count).unwrap_or_default());
    }
}
