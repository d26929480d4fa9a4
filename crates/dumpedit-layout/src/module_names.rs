//! Short names of modules, and the modules that a name refers to.

use crate::process::Module;

impl Module {
    /// Path, without the suffix that the kernel adds where the file was removed or replaced.
    pub fn path(&self) -> &str {
        self.name.strip_suffix(" (deleted)").unwrap_or(&self.name)
    }

    /// Part of the path behind the last separator, of either system.
    pub fn base_name(&self) -> &str {
        base_name(self.path())
    }

    /// Short names of its file: without its extension, without `.so` and what follows, without the version before that.
    pub fn stems(&self) -> impl Iterator<Item = &str> {
        stems(self.base_name())
    }
}

/// The modules that a name refers to: by whole path, else by base name, else by stem. `any_case` is for systems whose file names have no
/// case.
pub fn modules_named<'a>(modules: &'a [Module], any_case: bool, name: &str) -> Vec<&'a Module> {
    let same = |a: &str, b: &str| if any_case { a.to_lowercase() == b.to_lowercase() } else { a == b };
    let ways: [&dyn Fn(&Module) -> bool; 5] = [
        &|module| same(&module.name, name),
        &|module| same(module.path(), name),
        &|module| same(base_name(&module.name), name),
        &|module| same(module.base_name(), name),
        &|module| module.stems().any(|stem| same(stem, name)),
    ];
    for way in ways {
        let mut found: Vec<&Module> = modules.iter().filter(|module| way(module)).collect();
        found.dedup_by_key(|module| module.base);
        if !found.is_empty() {
            return found;
        }
    }
    Vec::new()
}

/// Part of a path behind its last separator, of either system.
pub fn base_name(path: &str) -> &str {
    path.rsplit(['/', '\\']).next().unwrap_or(path)
}

/// Short names of a file with that base name, as [`Module::stems`].
pub fn stems(base_name: &str) -> impl Iterator<Item = &str> {
    let extension = base_name.rsplit_once('.').map(|(stem, _)| stem);
    let shared = base_name.find(".so").and_then(|at| base_name.get(..at));
    let version = shared.and_then(|stem| {
        let (name, version) = stem.rsplit_once('-')?;
        version.starts_with(|first: char| first.is_ascii_digit()).then_some(name)
    });
    [extension, shared, version].into_iter().flatten().filter(|stem| !stem.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_library_is_called_by_its_stem_whatever_its_version() {
        let stems = |name| stems(name).collect::<Vec<_>>();
        assert!(stems("libc-2.20.so").contains(&"libc"));
        assert!(stems("libc.so.6").contains(&"libc"));
        assert!(stems("libstdc++.so.6.0.1").contains(&"libstdc++"));
        assert!(stems("kernel32.dll").contains(&"kernel32"));
        assert_eq!(base_name("C:\\Windows\\ntdll.dll"), "ntdll.dll");
    }

    #[test]
    fn the_most_exact_way_to_read_a_name_counts() {
        let modules = [("/a/libx.so.1", 1), ("/b/libx.so.1 (deleted)", 2), ("/b/libx", 3), ("C:\\X.dll", 4)];
        let modules = modules.map(|(name, base)| Module::new(base, 1, name));
        let bases = |any_case, name| -> Vec<u64> {
            modules_named(&modules, any_case, name).iter().map(|module| module.base).collect()
        };
        assert_eq!(bases(false, "/b/libx.so.1"), [2]);
        assert_eq!(bases(false, "libx"), [3]);
        assert_eq!(bases(false, "libx.so.1"), [1]);
        assert_eq!(bases(false, "x.DLL"), [0u64; 0]);
        assert_eq!(bases(true, "x.DLL"), [4]);
    }
}
