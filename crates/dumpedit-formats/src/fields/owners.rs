//! Owners of fields that are there several times: threads by their ids, modules by their names.

use std::collections::HashMap;
use std::hash::Hash;

use dumpedit_layout::base_name;

use super::Owner;
use super::table::Key;

/// Owners for threads with these ids: by id, or where several share it, by index.
pub(crate) fn threads(ids: &[u64]) -> Vec<Owner> {
    let counts = counted(ids.iter().copied());
    let owner = |(index, id): (u64, &u64)| {
        let key = if counts.get(id) == Some(&1) { Key::Number(*id) } else { Key::Index(index) };
        Owner { root: "thread", key }
    };
    (0..).zip(ids).map(owner).collect()
}

/// Owners for parts with these paths: by the last component where only one has it, by the whole path where only one has that, else by
/// index.
pub(crate) fn by_path(root: &'static str, paths: &[&str]) -> Vec<Owner> {
    let bases = counted(paths.iter().map(|path| base_name(path)));
    let wholes = counted(paths.iter().copied());
    let owner = |(index, path): (u64, &&str)| {
        let base = base_name(path);
        if bases.get(base) == Some(&1) {
            Owner::called(root, base, index)
        } else if wholes.get(*path) == Some(&1) && !bases.contains_key(*path) {
            Owner::called(root, path, index)
        } else {
            Owner { root, key: Key::Index(index) }
        }
    };
    (0..).zip(paths).map(owner).collect()
}

fn counted<T: Eq + Hash>(all: impl Iterator<Item = T>) -> HashMap<T, usize> {
    let mut counts: HashMap<T, usize> = HashMap::new();
    for one in all {
        let count = counts.entry(one).or_default();
        *count = count.saturating_add(1);
    }
    counts
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_has_no_name_of_its_own_goes_by_its_index() {
        let threads: Vec<String> = threads(&[5, 7, 5]).iter().map(Owner::to_string).collect();
        assert_eq!(threads, ["thread[index:0]", "thread[7]", "thread[index:2]"]);
        let paths = ["/lib/libc.so.6", "/bin/a", "/opt/bin/a", "C:\\b.dll", "/x/]", "/d/e", "/d/e"];
        let modules: Vec<String> = by_path("module", &paths).iter().map(Owner::to_string).collect();
        let expected = ["libc.so.6", "/bin/a", "/opt/bin/a", "b.dll", "index:4", "index:5", "index:6"];
        assert_eq!(modules, expected.map(|key| format!("module[{key}]")));
    }
}
