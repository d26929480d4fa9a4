//! The paths at which the files of a module may be.

use std::path::{Component, Path, PathBuf};

use dumpedit_layout::Module;

use crate::identity::store_identifiers;
use crate::options::SymbolOptions;
use crate::sources::DebugLink;

/// The folder in which distributions keep separate debug information.
const DEBUG: &str = "usr/lib/debug";

/// A file that may have the symbols of a module.
pub(crate) struct Candidate {
    pub(crate) path: PathBuf,
    /// Whether its name or its folder shows that it is the module's.
    pub(crate) is_named: bool,
}

/// The files that may be a module's or may have its symbols, the likeliest first.
pub(crate) fn of_module(module: &Module, options: &SymbolOptions) -> Vec<Candidate> {
    let given = options.folders.iter().filter(|path| path.is_file());
    let given = given.map(|path| Candidate { path: path.clone(), is_named: is_called_after(path, module) });
    let found = by_name_or_id(module, options).into_iter();
    given.chain(found.map(|path| Candidate { path, is_named: true })).collect()
}

/// Whether a file has the name of a module, with another extension or none.
fn is_called_after(path: &Path, module: &Module) -> bool {
    let debug_file = module.debug_file.as_deref().unwrap_or_default();
    let debug_name = debug_file.rsplit(['/', '\\']).next().unwrap_or_default();
    let name = path.file_name().and_then(|name| name.to_str()).unwrap_or_default();
    let of_module = |known: &str| {
        !known.is_empty() && (name == known || stem(name) == known || stem(name) == stem(known))
    };
    of_module(module.base_name()) || of_module(debug_name)
}

fn by_name_or_id(module: &Module, options: &SymbolOptions) -> Vec<PathBuf> {
    let mut found = Vec::new();
    let base_name = Some(module.base_name()).filter(|name| is_plain(name));
    let id = module.id.as_deref().filter(|id| is_id(id));
    let debug_file = module.debug_file.as_deref().unwrap_or_default();
    let debug_name = debug_file.rsplit(['/', '\\']).next().filter(|name| is_plain(name));
    let image_id = module.image_id.as_deref().filter(|id| is_id(id));
    for folder in &options.folders {
        if let Some(id) = id {
            by_id(folder, id, &mut found);
            if let Some(name) = base_name {
                in_store(folder, name, id, &mut found);
            }
            if let Some(name) = debug_name {
                in_store(folder, name, id, &mut found);
            }
        }
        if let Some((name, id)) = base_name.zip(image_id) {
            found.push(folder.join(name).join(id).join(name));
            let [name, id] = [name, id].map(str::to_ascii_lowercase);
            found.push(folder.join(&name).join(id).join(name));
        }
        found.extend(debug_name.map(|name| folder.join(name)));
        if let Some(name) = base_name {
            let stem = stem(name);
            found.push(folder.join(name));
            let of_name = [format!("{name}.debug"), format!("{name}.sym")];
            let of_stem = [format!("{stem}.pdb"), format!("{stem}.sym"), format!("{stem}.debug")];
            found.extend(of_name.into_iter().chain(of_stem).map(|name| folder.join(name)));
            found.push(folder.join(format!("{name}.dSYM/Contents/Resources/DWARF/{name}")));
            // The folder is the bundle itself.
            found.push(folder.join(format!("Contents/Resources/DWARF/{name}")));
        }
        found.extend(within(folder, module.path()));
    }
    match &options.sysroot {
        Some(root) => {
            found.extend(within(root, module.path()));
            found.extend(base_name.into_iter().map(|name| root.join(name)));
        }
        None => {
            found.extend(here(debug_file));
            found.extend(here(module.path()));
            // On macOS, a bundle is beside its file.
            let bundle =
                base_name.map(|name| format!("{}.dSYM/Contents/Resources/DWARF/{name}", module.path()));
            found.extend(bundle.and_then(|path| here(&path)));
        }
    }
    if let Some(id) = id {
        by_build_id(&root(options).join(DEBUG).join(".build-id"), id, &mut found);
    }
    once(found)
}

/// The files that may have the debug information that was split off from a module's file. They are found by that file's
/// build id in hexadecimal and by its debug link.
pub(crate) fn of_debug_information(
    module_file: &Path,
    build_id: Option<&str>,
    link: Option<&DebugLink>,
    options: &SymbolOptions,
) -> Vec<PathBuf> {
    let mut found = Vec::new();
    let root = root(options).join(DEBUG);
    if let Some(id) = build_id {
        options.folders.iter().for_each(|folder| by_id(folder, id, &mut found));
        by_build_id(&root.join(".build-id"), id, &mut found);
    }
    if let Some(link) = link {
        found.extend(options.folders.iter().map(|folder| folder.join(&link.name)));
        if let Some(folder) = module_file.parent() {
            found.push(folder.join(&link.name));
            found.push(folder.join(".debug").join(&link.name));
            let of_root = options.sysroot.as_ref().and_then(|sysroot| folder.strip_prefix(sysroot).ok());
            let folder = of_root.unwrap_or(folder);
            found.push(root.join(without_root(folder)).join(&link.name));
        }
    }
    let mut found = once(found);
    found.retain(|path| path != module_file);
    found
}

fn root(options: &SymbolOptions) -> PathBuf {
    options.sysroot.clone().unwrap_or_else(|| PathBuf::from("/"))
}

/// Folders named after build ids: those of gdb and the distributions, those of a debuginfod client's cache, and those
/// of a debuginfod server.
fn by_id(folder: &Path, id: &str, found: &mut Vec<PathBuf>) {
    by_build_id(&folder.join(".build-id"), id, found);
    by_build_id(folder, id, found);
    let id = id.to_ascii_lowercase();
    for of_id in [folder.join(&id), folder.join("buildid").join(&id)] {
        found.extend(["executable", "debuginfo"].map(|name| of_id.join(name)));
    }
}

/// `ab/cdef.debug`, and `ab/cdef`, which is the program or library itself.
fn by_build_id(folder: &Path, id: &str, found: &mut Vec<PathBuf>) {
    let id = id.to_ascii_lowercase();
    let Some((first, rest)) = id.split_at_checked(2).filter(|(_, rest)| !rest.is_empty()) else { return };
    let folder = folder.join(first);
    found.push(folder.join(format!("{rest}.debug")));
    found.push(folder.join(rest));
}

/// Symbol stores: `app.pdb/ID/app.pdb` of Microsoft's tools, with the PDB's own name, and `app.pdb/ID/app.sym` and
/// `libc.so/ID/libc.so.sym` of Breakpad's. A store that was filled from an SSQP server has all names in small letters.
fn in_store(folder: &Path, name: &str, id: &str, found: &mut Vec<PathBuf>) {
    for name in [name, &name.to_ascii_lowercase()] {
        of_name(folder, name, id, found);
    }
}

fn of_name(folder: &Path, name: &str, id: &str, found: &mut Vec<PathBuf>) {
    let stem = stem(name);
    let pdb = format!("{stem}.pdb");
    for id in store_identifiers(id) {
        let mut add = |called: &str, file: &str| found.push(folder.join(called).join(&id).join(file));
        add(&pdb, &pdb);
        add(&pdb, &format!("{stem}.sym"));
        add(name, name);
        add(name, &format!("{name}.sym"));
        add(name, &format!("{stem}.sym"));
        add(stem, &format!("{stem}.sym"));
    }
    let id = id.to_ascii_lowercase();
    found.push(folder.join(name).join(format!("elf-buildid-{id}")).join(name));
    found.push(folder.join("_.debug").join(format!("elf-buildid-sym-{id}")).join("_.debug"));
}

/// The same path under another root; `None` if it is not an absolute path of this system, or if it may lead out of the
/// root.
fn within(root: &Path, path: &str) -> Option<PathBuf> {
    let path = Path::new(path);
    let has_root = path.has_root() && path.components().all(|part| part != Component::ParentDir);
    has_root.then(|| root.join(without_root(path)))
}

/// The path itself, if it is an absolute path of this system. A path on another machine is never opened, since the dump
/// would then choose the machine that is contacted.
fn here(path: &str) -> Option<PathBuf> {
    let is_remote = path.starts_with("//") || path.starts_with(r"\\");
    let path = Path::new(path);
    (path.is_absolute() && !is_remote).then(|| path.to_owned())
}

fn without_root(path: &Path) -> PathBuf {
    path.components().filter(|part| matches!(part, Component::Normal(_))).collect()
}

/// The name of a file without its extension.
fn stem(name: &str) -> &str {
    name.rsplit_once('.').map(|(stem, _)| stem).filter(|stem| !stem.is_empty()).unwrap_or(name)
}

/// Whether a name from a dump is a plain file name without folders.
fn is_plain(name: &str) -> bool {
    let mut parts = Path::new(name).components();
    matches!((parts.next(), parts.next()), (Some(Component::Normal(_)), None)) && !name.contains('\0')
}

fn is_id(id: &str) -> bool {
    id.bytes().all(|letter| letter.is_ascii_hexdigit() || letter == b'-')
}

/// The paths without duplicates.
fn once(paths: Vec<PathBuf>) -> Vec<PathBuf> {
    let mut seen = std::collections::HashSet::new();
    paths.into_iter().filter(|path| seen.insert(path.clone())).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn texts(paths: Vec<PathBuf>) -> Vec<String> {
        paths.into_iter().map(|path| path.to_string_lossy().replace('\\', "/")).collect()
    }

    #[test]
    fn folders_come_first_then_the_path_under_the_sysroot() {
        let id = Some("0123456789abcdef0123456789abcdef01234567".to_owned());
        let module = Module::new(0, 0, "/usr/bin/app").with_id(id);
        let options = SymbolOptions::default().folder("/s").sysroot(Some("/root".into()));
        let found = texts(by_name_or_id(&module, &options));
        let place =
            |path: &str| found.iter().position(|found| found == path).unwrap_or_else(|| panic!("{path}"));
        let rest = "23456789abcdef0123456789abcdef01234567";
        let expected = [
            format!("/s/.build-id/01/{rest}.debug"),
            format!("/s/buildid/01{rest}/debuginfo"),
            "/s/app.pdb/67452301AB89EFCD0123456789ABCDEF0/app.sym".to_owned(),
            "/s/app".to_owned(),
            "/s/usr/bin/app".to_owned(),
            "/root/usr/bin/app".to_owned(),
            format!("/root/usr/lib/debug/.build-id/01/{rest}.debug"),
        ];
        let places: Vec<usize> = expected.iter().map(|path| place(path)).collect();
        assert!(places.is_sorted(), "{places:?}");
        assert!(!found.contains(&"/usr/bin/app".to_owned()));
    }

    #[test]
    fn stores_have_a_pdb_under_its_own_name_and_an_image_under_its_time_and_size() {
        let id = Some("5A9832E5287241C1838ED98914E9B7FF1".to_owned());
        let module = Module::new(0, 0, r"C:\build\app.exe").with_id(id);
        let module = module.with_debug_file(Some(r"D:\b\app_x64.pdb".to_owned()));
        let module = module.with_image_id(Some("5F5F2C8817000".to_owned()));
        let found = texts(by_name_or_id(&module, &SymbolOptions::default().folder("/s")));
        for path in [
            "/s/app_x64.pdb/5A9832E5287241C1838ED98914E9B7FF1/app_x64.pdb",
            "/s/app_x64.pdb/5A9832E5287241C1838ED98914E9B7FF1/app_x64.sym",
            "/s/app.exe/5F5F2C8817000/app.exe",
            "/s/app_x64.pdb/5a9832e5287241c1838ed98914e9b7ff1/app_x64.pdb",
            "/s/app.exe/5f5f2c8817000/app.exe",
            "/s/app_x64.pdb",
            "/s/app.pdb",
        ] {
            assert!(found.contains(&path.to_owned()), "{path} in {found:?}");
        }
        let module = Module::new(0, 0, "/bin/app").with_debug_file(Some("../../x".to_owned()));
        let found = texts(by_name_or_id(&module, &SymbolOptions::default().folder("/s")));
        assert!(found.contains(&"/s/x".to_owned()) && !found.iter().any(|path| path.contains("..")));
        assert!(found.contains(&"/bin/app.dSYM/Contents/Resources/DWARF/app".to_owned()));
    }

    #[test]
    fn a_dump_does_not_choose_what_is_opened_elsewhere() {
        let of =
            |name| texts(by_name_or_id(&Module::new(0, 0, name), &SymbolOptions::default().folder("/s")));
        for name in ["..", "", "app", "//server/share/x", r"\\server\share\x", "C:\\x.dll"] {
            let outside = of(name).into_iter().filter(|path| !path.starts_with("/s/"));
            assert_eq!(outside.collect::<Vec<_>>(), [""; 0], "{name}");
        }
        assert!(of("/a/../../etc/x").contains(&"/a/../../etc/x".to_owned()));
        assert!(!of("/a/../../etc/x").iter().any(|path| path.starts_with("/s/a")));
        let module = Module::new(0, 0, "/x").with_id(Some("../../x".into()));
        let found = texts(by_name_or_id(&module, &SymbolOptions::default().folder("/s")));
        assert!(found.iter().all(|path| !path.contains("..")), "{found:?}");
    }

    #[test]
    fn debug_information_is_beside_the_file_and_where_distributions_put_it() {
        let link = DebugLink { name: "app.debug".into(), crc: 0 };
        let options = SymbolOptions::default();
        let found =
            texts(of_debug_information(Path::new("/opt/app/bin"), Some("abcd"), Some(&link), &options));
        let expected = [
            "/usr/lib/debug/.build-id/ab/cd.debug",
            "/usr/lib/debug/.build-id/ab/cd",
            "/opt/app/app.debug",
            "/opt/app/.debug/app.debug",
            "/usr/lib/debug/opt/app/app.debug",
        ];
        assert_eq!(found, expected);
    }
}
