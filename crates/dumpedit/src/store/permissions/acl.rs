//! POSIX access control lists: the bytes of Linux's attribute, and the attribute of a file.

use std::fs::File;
use std::io;
use std::path::Path;

use super::rights::{Bits, Rights};

const VERSION: u32 = 2;

/// Id in entries that name no user or group.
const NOBODY: u32 = u32::MAX;

const OWNER: u16 = 0x01;
const USER: u16 = 0x02;
const OWNING_GROUP: u16 = 0x04;
const GROUP: u16 = 0x08;
const MASK: u16 = 0x10;
const OTHERS: u16 = 0x20;

/// The rights that a list gives to a file of known owner and group; `None` for an unknown form of list.
pub(super) fn decode(list: &[u8], file: &Rights) -> Option<Rights> {
    let (version, mut rest) = list.split_first_chunk()?;
    if u32::from_le_bytes(*version) != VERSION {
        return None;
    }
    let mut rights = Rights { owner: 0, group: 0, others: 0, ..file.clone() };
    let mut mask = 7;
    while let Some((tag, behind)) = rest.split_first_chunk() {
        let (bits, behind) = behind.split_first_chunk()?;
        let (id, behind) = behind.split_first_chunk()?;
        rest = behind;
        let bits = Bits::try_from(u16::from_le_bytes(*bits)).ok()?;
        let id = u32::from_le_bytes(*id);
        match u16::from_le_bytes(*tag) {
            OWNER => rights.owner = bits,
            USER => drop(rights.users.insert(id, bits)),
            OWNING_GROUP => rights.group = bits,
            GROUP => drop(rights.groups.insert(id, bits)),
            MASK => mask = bits,
            OTHERS => rights.others = bits,
            _ => return None,
        }
    }
    let masked = rights.users.values_mut().chain(rights.groups.values_mut());
    masked.chain([&mut rights.group]).for_each(|bits| *bits &= mask);
    rest.is_empty().then_some(rights)
}

/// The list of these rights, with a mask that hides none of them.
pub(super) fn encode(rights: &Rights) -> Vec<u8> {
    let named = |tag| move |(&id, &bits): (&u32, &Bits)| (tag, bits, id);
    let mask = rights.users.values().chain(rights.groups.values()).fold(rights.group, |all, bits| all | bits);
    let entries = [(OWNER, rights.owner, NOBODY)]
        .into_iter()
        .chain(rights.users.iter().map(named(USER)))
        .chain([(OWNING_GROUP, rights.group, NOBODY)])
        .chain(rights.groups.iter().map(named(GROUP)))
        .chain([(MASK, mask, NOBODY), (OTHERS, rights.others, NOBODY)]);
    let mut list = VERSION.to_le_bytes().to_vec();
    for (tag, bits, id) in entries {
        list.extend(tag.to_le_bytes());
        list.extend(u16::from(bits).to_le_bytes());
        list.extend(id.to_le_bytes());
    }
    list
}

#[cfg(target_os = "linux")]
const ATTRIBUTE: &str = "system.posix_acl_access";

/// Maximum size of an attribute, in bytes.
#[cfg(target_os = "linux")]
const LONGEST: usize = 1 << 16;

/// `None` for the system's errors about files without a list, and file systems without lists.
#[cfg(target_os = "linux")]
fn unless_absent<T>(answer: rustix::io::Result<T>) -> io::Result<Option<T>> {
    use rustix::io::Errno;
    match answer {
        Ok(value) => Ok(Some(value)),
        Err(Errno::NODATA | Errno::NOTSUP | Errno::NOSYS) => Ok(None),
        Err(error) => Err(error.into()),
    }
}

/// The list of an open file, where it has one.
#[cfg(target_os = "linux")]
pub(super) fn of_file(file: &File) -> io::Result<Option<Vec<u8>>> {
    let mut list = vec![0; LONGEST];
    let read = unless_absent(rustix::fs::fgetxattr(file, ATTRIBUTE, &mut list[..]))?;
    Ok(read.map(|len| {
        list.truncate(len);
        list
    }))
}

/// The list of the file at a path, where it has one.
#[cfg(target_os = "linux")]
pub(super) fn of_path(path: &Path) -> io::Result<Option<Vec<u8>>> {
    let mut list = vec![0; LONGEST];
    let read = unless_absent(rustix::fs::getxattr(path, ATTRIBUTE, &mut list[..]))?;
    Ok(read.map(|len| {
        list.truncate(len);
        list
    }))
}

/// Sets a file's list. `false` on file systems without lists.
#[cfg(target_os = "linux")]
pub(super) fn write(file: &File, list: &[u8]) -> io::Result<bool> {
    let flags = rustix::fs::XattrFlags::empty();
    Ok(unless_absent(rustix::fs::fsetxattr(file, ATTRIBUTE, list, flags))?.is_some())
}

/// Removes a file's list, so that the mode applies.
#[cfg(target_os = "linux")]
pub(super) fn remove(file: &File) -> io::Result<()> {
    unless_absent(rustix::fs::fremovexattr(file, ATTRIBUTE)).map(|_| ())
}

/// Lists are not supported here: the mode applies.
#[cfg(not(target_os = "linux"))]
pub(super) fn of_file(_: &File) -> io::Result<Option<Vec<u8>>> {
    Ok(None)
}

/// Lists are not supported here: the mode applies.
#[cfg(not(target_os = "linux"))]
pub(super) fn of_path(_: &Path) -> io::Result<Option<Vec<u8>>> {
    Ok(None)
}

/// Lists are not supported here: the mode applies.
#[cfg(not(target_os = "linux"))]
pub(super) fn write(_: &File, _: &[u8]) -> io::Result<bool> {
    Ok(false)
}

/// Lists are not supported here: the mode applies.
#[cfg(not(target_os = "linux"))]
pub(super) fn remove(_: &File) -> io::Result<()> {
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_list_gives_the_rights_that_it_was_made_from() {
        let mut rights = Rights::of_mode(1, 1, 0o604);
        rights.users.insert(7, 6);
        rights.groups.insert(8, 4);
        assert_eq!(decode(&encode(&rights), &Rights::of_mode(1, 1, 0)), Some(rights));
    }

    #[test]
    fn the_mask_takes_from_groups_and_named_users_only() {
        let mut list = VERSION.to_le_bytes().to_vec();
        for (tag, bits, id) in [
            (OWNER, 7u16, NOBODY),
            (USER, 7, 5),
            (OWNING_GROUP, 6, NOBODY),
            (MASK, 4, NOBODY),
            (OTHERS, 7, NOBODY),
        ] {
            list.extend(tag.to_le_bytes());
            list.extend(bits.to_le_bytes());
            list.extend(id.to_le_bytes());
        }
        let rights = decode(&list, &Rights::of_mode(1, 1, 0)).unwrap();
        assert_eq!((rights.mode(), rights.users.get(&5)), (0o747, Some(&4)));
        for len in 0..list.len() {
            assert!(len % 8 == 4 || decode(&list[..len], &rights).is_none(), "{len}");
        }
        list[0] = 3;
        assert_eq!(decode(&list, &rights), None);
    }
}
