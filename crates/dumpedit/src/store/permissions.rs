//! Permissions of files: a new file inherits them from the files that it is made from, and never gets wider ones than any of these,
//! whatever access control lists they or its folder have.

#[cfg(unix)]
mod acl;
#[cfg(any(windows, test))]
mod dacl;
#[cfg(unix)]
mod rights;

use std::fs::{File, OpenOptions};
use std::io;
use std::path::Path;

use tempfile::NamedTempFile;

#[cfg(unix)]
pub(crate) use self::rights::Rights;

#[cfg(unix)]
impl Rights {
    /// The rights to an open file.
    pub(crate) fn of(file: &File) -> io::Result<Rights> {
        Ok(Rights::read(&file.metadata()?, acl::of_file(file)?))
    }

    /// The rights to the file at a path, which need not be readable.
    pub(crate) fn of_path(path: &Path) -> io::Result<Rights> {
        Ok(Rights::read(&path.metadata()?, acl::of_path(path)?))
    }

    fn read(metadata: &std::fs::Metadata, list: Option<Vec<u8>>) -> Rights {
        use std::os::unix::fs::MetadataExt;
        let rights = Rights::of_mode(metadata.uid(), metadata.gid(), metadata.mode());
        match list {
            None => rights,
            // With an unknown list, the group bits of the mode are a mask.
            Some(list) => acl::decode(&list, &rights).unwrap_or_else(|| rights.of_owner_only()),
        }
    }

    /// Gives these rights to a file of this user and group.
    fn give(self, file: &File) -> io::Result<()> {
        use std::os::unix::fs::PermissionsExt;
        if !self.names_nobody() && acl::write(file, &acl::encode(&self))? {
            return Ok(());
        }
        // A list from the folder is removed first: its mask would follow the mode.
        acl::remove(file)?;
        let mode = if self.names_nobody() { self } else { self.without_names() }.mode();
        file.set_permissions(std::fs::Permissions::from_mode(mode))
    }
}

/// Gives a new file, which only its owner can open, the rights that all of its source files give; without any, leaves it unchanged. Where
/// these have one owner and one group, the new file gets them if the system allows it. It never gets the setuid, setgid and sticky bits.
///
/// # Errors
/// Errors of the system, where the rights cannot be read or set.
#[cfg(unix)]
fn take_over(new: &File, from: &[Rights]) -> io::Result<()> {
    use std::os::unix::fs::{MetadataExt, fchown};
    let Some((first, rest)) = from.split_first() else { return Ok(()) };
    let now = new.metadata()?;
    let uid = Some(first.uid).filter(|uid| *uid != now.uid() && rest.iter().all(|other| other.uid == *uid));
    let gid = Some(first.gid).filter(|gid| *gid != now.gid() && rest.iter().all(|other| other.gid == *gid));
    // Only the superuser gives a file away; other users choose among their own groups.
    let given = uid.is_some() && fchown(new, uid, gid).is_ok();
    if !given && gid.is_some() {
        let _ = fchown(new, None, gid);
    }
    let now = new.metadata()?;
    let belonging = |rights: &Rights| rights.clone().belonging_to(now.uid(), now.gid());
    rest.iter().fold(belonging(first), |all, rights| all.and(&belonging(rights))).give(new)
}

/// Removes the rights from an existing file that another file does not give. Owner and group stay.
///
/// # Errors
/// Errors of the system, where the rights cannot be read or set.
#[cfg(unix)]
pub(crate) fn narrow(found: &File, to: Rights) -> io::Result<()> {
    use std::os::unix::fs::MetadataExt;
    let now = Rights::of(found)?;
    let narrowed = now.and(&to.belonging_to(now.uid, now.gid));
    let special = found.metadata()?.mode() & 0o7000;
    if narrowed == now && special == 0 { Ok(()) } else { narrowed.give(found) }
}

/// Creates a file for reading and writing, with the rights of [`take_over`]. No other user can open it before it has them.
///
/// # Errors
/// Errors of the system; there is then no new file.
pub(crate) fn create_new(path: &Path, from: &[Rights]) -> io::Result<File> {
    let mut options = OpenOptions::new();
    options.read(true).write(true);
    let mut first = options.clone();
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut first, 0o600);
    /// `FILE_SHARE_DELETE` of `winnt.h`.
    #[cfg(windows)]
    const NO_READERS: u32 = 4;
    #[cfg(windows)]
    std::os::windows::fs::OpenOptionsExt::share_mode(&mut first, NO_READERS);
    let new = first.create_new(true).open(path)?;
    let taken = take_over(&new, from);
    #[cfg(windows)]
    let taken = taken.and_then(|()| {
        drop(new);
        let new = options.open(path)?;
        set_read_only(&new, from)?;
        Ok(new)
    });
    #[cfg(not(windows))]
    let taken = taken.map(|()| new);
    taken.inspect_err(|_| drop(std::fs::remove_file(path)))
}

/// Creates a file with a temporary name in a folder, with the rights of [`create_new`].
pub(crate) fn create_temporary(folder: &Path, from: &[Rights]) -> io::Result<NamedTempFile> {
    tempfile::Builder::new().prefix(".dumpedit-").make_in(folder, |path| create_new(path, from))
}

/// The rights to a file: whether it is writable, and the access control list, where its file system has them.
#[cfg(windows)]
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Rights {
    read_only: bool,
    list: Option<dacl::List>,
}

#[cfg(windows)]
impl Rights {
    /// The rights to an open file.
    pub(crate) fn of(file: &File) -> io::Result<Rights> {
        let list = dacl::of_file(file)?.map(dacl::Security::list);
        Ok(Rights { read_only: file.metadata()?.permissions().readonly(), list })
    }

    /// The rights to the file at a path, which need not be readable.
    pub(crate) fn of_path(path: &Path) -> io::Result<Rights> {
        use std::os::windows::fs::OpenOptionsExt;
        /// `READ_CONTROL` and `FILE_READ_ATTRIBUTES` of `winnt.h`.
        const TO_ASK: u32 = 0x2_0000 | 0x80;
        Rights::of(&File::options().access_mode(TO_ASK).open(path)?)
    }

    /// The same for the owner, and none for other users.
    pub(crate) fn of_owner_only(self) -> Rights {
        Rights { list: self.list.map(|_| dacl::List::default()), ..self }
    }
}

/// Gives a new file the access control list that all of its source files give; without any, leaves it unchanged.
#[cfg(windows)]
fn take_over(new: &File, from: &[Rights]) -> io::Result<()> {
    let lists = from.iter().filter_map(|rights| rights.list.clone());
    match lists.reduce(|all, list| all.and(&list)) {
        Some(list) => dacl::give(new, &list),
        None => Ok(()),
    }
}

/// Makes a new file read-only where one of its source files is.
#[cfg(windows)]
fn set_read_only(new: &File, from: &[Rights]) -> io::Result<()> {
    if !from.iter().any(|rights| rights.read_only) {
        return Ok(());
    }
    let mut permissions = new.metadata()?.permissions();
    permissions.set_readonly(true);
    new.set_permissions(permissions)
}

/// Removes the rights from an existing file that another file's access control list does not give. The owner stays.
///
/// # Errors
/// Errors of the system, where the lists cannot be read or set.
#[cfg(windows)]
pub(crate) fn narrow(found: &File, to: Rights) -> io::Result<()> {
    match (dacl::of_file(found)?, to.list) {
        (Some(now), Some(list)) => dacl::give(found, &now.list().and(&list)),
        _ => Ok(()),
    }
}

/// Removes the read-only attribute from a file, and returns its former permissions where it had that.
#[cfg(windows)]
pub(crate) fn without_read_only(path: &Path) -> Option<std::fs::Permissions> {
    let before = path.metadata().ok()?.permissions();
    let mut after = before.clone();
    #[expect(clippy::permissions_set_readonly_false, reason = "Windows has an attribute and no modes")]
    after.set_readonly(false);
    (before.readonly() && std::fs::set_permissions(path, after).is_ok()).then_some(before)
}

/// The rights to a file: not known on this system.
#[cfg(not(any(unix, windows)))]
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Rights;

#[cfg(not(any(unix, windows)))]
impl Rights {
    /// The rights to an open file.
    pub(crate) fn of(_: &File) -> io::Result<Rights> {
        Ok(Rights)
    }

    /// The rights to the file at a path.
    pub(crate) fn of_path(_: &Path) -> io::Result<Rights> {
        Ok(Rights)
    }

    /// The same for the owner, and none for other users.
    pub(crate) fn of_owner_only(self) -> Rights {
        self
    }
}

/// Leaves a new file unchanged.
#[cfg(not(any(unix, windows)))]
fn take_over(_: &File, _: &[Rights]) -> io::Result<()> {
    Ok(())
}

/// Leaves an existing file unchanged.
#[cfg(not(any(unix, windows)))]
pub(crate) fn narrow(_: &File, _: Rights) -> io::Result<()> {
    Ok(())
}

#[cfg(all(test, unix))]
mod tests {
    use super::rights::Bits;
    use super::*;

    fn rights(mode: u32) -> Rights {
        Rights::of_mode(1, 1, mode)
    }

    fn named(mode: u32, users: &[(u32, Bits)], groups: &[(u32, Bits)]) -> Rights {
        let (users, groups) = (users.iter().copied().collect(), groups.iter().copied().collect());
        Rights { users, groups, ..rights(mode) }
    }

    /// The rights of a user in these groups.
    fn allowed(rights: &Rights, uid: u32, gids: &[u32]) -> Bits {
        if uid == rights.uid {
            return rights.owner;
        }
        if let Some(bits) = rights.users.get(&uid) {
            return *bits;
        }
        let own = gids.iter().filter(|gid| **gid == rights.gid).map(|_| rights.group);
        let matching = own.chain(gids.iter().filter_map(|gid| rights.groups.get(gid).copied()));
        matching.reduce(|all, bits| all | bits).unwrap_or(rights.others)
    }

    #[test]
    fn a_file_with_the_owner_and_the_group_of_another_gets_the_same_rights() {
        let list = named(0o640, &[(7, 6)], &[(8, 4)]);
        assert_eq!(list.clone().belonging_to(1, 1), list);
    }

    #[test]
    fn a_group_that_is_not_taken_over_can_do_what_everybody_can() {
        for (mode, now) in [(0o640, 0o600), (0o664, 0o644), (0o646, 0o644), (0o604, 0o600)] {
            assert_eq!(rights(mode).belonging_to(1, 2).mode(), now, "{mode:o}");
        }
    }

    /// For all small lists, and every user in every group: a user of both files gets the rights that both give.
    #[test]
    fn nobody_but_the_owner_can_do_more_than_with_each_of_the_files() {
        let lists: Vec<Rights> = [0o644, 0o604, 0o640, 0o466, 0o000, 0o077, 0o751]
            .into_iter()
            .flat_map(|mode| {
                let users: [&[(u32, Bits)]; 3] = [&[], &[(2, 4)], &[(3, 0), (4, 7)]];
                let groups: [&[(u32, Bits)]; 3] = [&[], &[(2, 6)], &[(3, 0)]];
                let each = users.into_iter().flat_map(move |users| groups.map(|groups| (users, groups)));
                each.map(move |(users, groups)| named(mode, users, groups))
            })
            .flat_map(|list| {
                [(1, 1), (2, 1), (1, 3), (4, 2)].map(|(uid, gid)| Rights { uid, gid, ..list.clone() })
            })
            .collect();
        let groups: [&[u32]; 6] = [&[], &[1], &[2], &[3], &[1, 2], &[2, 3]];
        for first in &lists {
            for second in lists.iter().step_by(5) {
                let (first_now, second_now) =
                    (first.clone().belonging_to(9, 1), second.clone().belonging_to(9, 1));
                let both = first_now.and(&second_now);
                for made in [both.clone(), both.without_names()] {
                    for uid in 1..6 {
                        for gids in groups {
                            let most = allowed(first, uid, gids) & allowed(second, uid, gids);
                            let now = allowed(&made, uid, gids);
                            assert_eq!(
                                now & !most,
                                0,
                                "{uid} in {gids:?}: {first:?} and {second:?} gave {made:?}"
                            );
                        }
                    }
                }
            }
        }
    }
}

#[cfg(all(test, windows))]
mod windows_tests {
    use super::*;

    #[test]
    fn a_copy_and_what_is_found_beside_a_dump_are_no_more_open_than_the_dump() {
        let folder = tempfile::tempdir().unwrap();
        let named = |name: &str| folder.path().join(name);
        let list = |file: &File| Rights::of(file).unwrap().list.unwrap();
        let found = File::create_new(named("found")).unwrap();
        let dump = create_new(&named("dump"), &[Rights::of(&found).unwrap().of_owner_only()]).unwrap();
        assert_ne!(list(&dump), list(&found), "the folder gives rights to others than the owner");
        narrow(&found, Rights::of(&dump).unwrap()).unwrap();
        let copy = create_new(&named("copy"), &[Rights::of(&dump).unwrap()]).unwrap();
        let temporary = create_temporary(folder.path(), &[Rights::of(&dump).unwrap()]).unwrap();
        for file in [&found, &copy, temporary.as_file()] {
            assert_eq!(list(file), list(&dump));
        }
        let named = create_new(&named("as the folder says"), &[]).unwrap();
        assert_ne!(list(&named), list(&dump));
    }
}
