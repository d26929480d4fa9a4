//! Access control lists of Windows: their bytes, the intersection of two, and the list of a file.

use std::collections::BTreeMap;
#[cfg(windows)]
use std::fs::File;
#[cfg(windows)]
use std::io;

/// An account, as the bytes of its security identifier.
type Account = Vec<u8>;

/// `FILE_ALL_ACCESS` of `winnt.h`.
const ALL: u32 = 0x1f_01ff;

/// `S-1-1-0`: the group of all users.
const EVERYBODY: [u8; 12] = [1, 1, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0];

/// Kinds of entries: `ACCESS_ALLOWED_ACE_TYPE` and `ACCESS_DENIED_ACE_TYPE` of `winnt.h`.
const ALLOWED: u8 = 0;
const DENIED: u8 = 1;

/// `INHERIT_ONLY_ACE` of `winnt.h`: an entry for the contents of a folder, and not for the folder.
const FOR_OTHERS: u8 = 8;

/// `SE_DACL_PRESENT` of `winnt.h`, without which all users have all rights.
const HAS_LIST: u16 = 4;

/// `ACL_REVISION` of `winnt.h`.
const REVISION: u8 = 2;

/// Size of the header of a list, in bytes: revision, size, number of entries.
const HEADER: usize = 8;

/// Size of the header of an entry, in bytes: kind, flags, size, rights.
const ENTRY: usize = 8;

/// The rights that each account is given, and those that it is denied even if given. Other accounts have none.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct List {
    allowed: BTreeMap<Account, u32>,
    denied: BTreeMap<Account, u32>,
}

/// The owner of a file, and its list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Security {
    owner: Account,
    /// `None` where it is not understood.
    list: Option<List>,
}

fn u16_at(bytes: &[u8], at: usize) -> Option<u16> {
    bytes.get(at..)?.first_chunk().map(|bytes| u16::from_le_bytes(*bytes))
}

fn u32_at(bytes: &[u8], at: usize) -> Option<u32> {
    bytes.get(at..)?.first_chunk().map(|bytes| u32::from_le_bytes(*bytes))
}

/// The account at the start of some bytes.
fn account(bytes: &[u8]) -> Option<Account> {
    let authorities = usize::from(*bytes.get(1)?);
    bytes.get(..authorities.checked_mul(4)?.checked_add(8)?).map(<[u8]>::to_vec)
}

impl Security {
    /// Reads a self-relative security descriptor. `None` where it names no owner, as all files do on file systems with lists.
    fn decode(descriptor: &[u8]) -> Option<Security> {
        let part = |at| match u32_at(descriptor, at)? {
            0 => None,
            offset => descriptor.get(usize::try_from(offset).ok()?..),
        };
        let owner = account(part(4)?)?;
        let has_list = u16_at(descriptor, 2)? & HAS_LIST != 0 && u32_at(descriptor, 16)? != 0;
        let list = if has_list { part(16).and_then(List::decode) } else { Some(List::of_everybody()) };
        Some(Security { owner, list })
    }

    /// The rights that are certainly given: none for a list that is not understood.
    pub(super) fn list(self) -> List {
        self.list.unwrap_or_default()
    }
}

impl List {
    /// All rights for all users.
    fn of_everybody() -> List {
        List { allowed: BTreeMap::from([(EVERYBODY.to_vec(), ALL)]), denied: BTreeMap::new() }
    }

    fn decode(bytes: &[u8]) -> Option<List> {
        let size = usize::from(u16_at(bytes, 2)?);
        let count = u16_at(bytes, 4)?;
        let mut rest = bytes.get(..size)?.get(HEADER..)?;
        let mut list = List::default();
        for _ in 0..count {
            let [kind, flags, ..] = *rest else { return None };
            let (entry, behind) = rest.split_at_checked(usize::from(u16_at(rest, 2)?))?;
            rest = behind;
            if flags & FOR_OTHERS != 0 {
                continue;
            }
            let rights = u32_at(entry, 4)?;
            let account = account(entry.get(ENTRY..)?)?;
            // The order of entries does not matter here: all denials apply.
            match kind {
                ALLOWED => *list.allowed.entry(account).or_default() |= rights,
                DENIED => *list.denied.entry(account).or_default() |= rights,
                _ => return None,
            }
        }
        Some(list)
    }

    /// The rights that both give, as far as they are known without the members of groups.
    pub(super) fn and(mut self, other: &List) -> List {
        if self == *other {
            return self;
        }
        let common = |(account, rights): (Account, u32)| {
            let rights = rights & other.allowed.get(&account)?;
            (rights != 0).then_some((account, rights))
        };
        self.allowed = self.allowed.into_iter().filter_map(common).collect();
        for (account, rights) in &other.denied {
            *self.denied.entry(account.clone()).or_default() |= rights;
        }
        self
    }

    /// The same, with all rights for an owner, who can take them in any case.
    #[cfg(windows)]
    fn of_owner(mut self, owner: &Account) -> List {
        self.allowed.insert(owner.clone(), ALL);
        self
    }

    /// The bytes of the list. The owner comes first, so that no denial for a group locks the owner out. `None` where it is longer than a
    /// list can be.
    fn encode(&self, owner: &Account) -> Option<Vec<u8>> {
        let all = |rights: &u32| *rights == ALL;
        let first = self.allowed.get_key_value(owner).filter(|(_, rights)| all(rights));
        let others = self.allowed.iter().filter(|(account, rights)| *account != owner || !all(rights));
        let refused = self.denied.iter().map(|entry| (DENIED, entry));
        let allowed = |entry| (ALLOWED, entry);
        let entries = first.into_iter().map(allowed).chain(refused).chain(others.map(allowed));
        let mut list = vec![0; HEADER];
        let mut count = 0u16;
        for (kind, (account, rights)) in entries {
            let size = u16::try_from(ENTRY.checked_add(account.len())?).ok()?;
            list.extend([kind, 0]);
            list.extend(size.to_le_bytes());
            list.extend(rights.to_le_bytes());
            list.extend(account);
            count = count.checked_add(1)?;
        }
        let size = u16::try_from(list.len()).ok()?;
        let header = [REVISION.into(), size, count, 0].map(u16::to_le_bytes);
        list.first_chunk_mut::<HEADER>()?.copy_from_slice(header.as_flattened());
        Some(list)
    }
}

/// The owner and the list of an open file; `None` where its file system has no lists.
#[cfg(windows)]
pub(super) fn of_file(file: &File) -> io::Result<Option<Security>> {
    /// `ERROR_INVALID_FUNCTION` and `ERROR_NOT_SUPPORTED` of `winerror.h`.
    const HAS_NONE: [i32; 2] = [1, 50];
    match crate::map::windows::security_descriptor(file) {
        Ok(descriptor) => Ok(Security::decode(&descriptor)),
        Err(error) if error.raw_os_error().is_some_and(|code| HAS_NONE.contains(&code)) => Ok(None),
        Err(error) => Err(error),
    }
}

/// Sets a file's list, where it has another one, and gives its owner all rights.
///
/// # Errors
/// Errors of the system, where the list cannot be set.
#[cfg(windows)]
pub(super) fn give(file: &File, list: &List) -> io::Result<()> {
    let Some(now) = of_file(file)? else { return Ok(()) };
    let wanted = list.clone().of_owner(&now.owner);
    if now.list.is_some_and(|now| now == *list || now == wanted) {
        return Ok(());
    }
    let longest = || List::default().of_owner(&now.owner).encode(&now.owner);
    let Some(bytes) = wanted.encode(&now.owner).or_else(longest) else { return Ok(()) };
    crate::map::windows::set_access_list(file, &bytes).map_err(|error| {
        let reason = format!("cannot set the access control list that denies others access: {error}");
        io::Error::new(error.kind(), reason)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const READ: u32 = 0x12_0089;
    const WRITE: u32 = 0x12_0116;

    /// `S-1-5-21-` and a number.
    fn someone(number: u8) -> Account {
        vec![1, 2, 0, 0, 0, 0, 0, 5, 21, 0, 0, 0, number, 0, 0, 0]
    }

    fn list(allowed: &[(u8, u32)], denied: &[(u8, u32)]) -> List {
        let accounts =
            |entries: &[(u8, u32)]| entries.iter().map(|(one, rights)| (someone(*one), *rights)).collect();
        List { allowed: accounts(allowed), denied: accounts(denied) }
    }

    /// A descriptor of a file that the first account owns.
    fn descriptor(list: &[u8]) -> Vec<u8> {
        let mut bytes = vec![1, 0, 4, 0x80, 20, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 36, 0, 0, 0];
        bytes.extend(someone(1));
        bytes.extend(list);
        bytes
    }

    #[test]
    fn a_list_gives_the_rights_that_it_was_made_from() {
        let list = list(&[(1, ALL), (2, READ)], &[(3, WRITE)]);
        let bytes = descriptor(&list.encode(&someone(1)).unwrap());
        assert_eq!(Security::decode(&bytes), Some(Security { owner: someone(1), list: Some(list) }));
        for len in 0..bytes.len() {
            let cut = Security::decode(&bytes[..len]);
            assert!(cut.is_none_or(|security| security.list.is_none()), "{len}");
        }
    }

    #[test]
    fn the_owner_comes_before_what_others_are_refused() {
        let bytes = list(&[(0, READ), (1, ALL)], &[(2, ALL)]).encode(&someone(1)).unwrap();
        let kinds: Vec<u8> = bytes[HEADER..].chunks(ENTRY + 16).map(|entry| entry[0]).collect();
        assert_eq!(kinds, [ALLOWED, DENIED, ALLOWED]);
        assert_eq!(bytes[HEADER + ENTRY..][..16], someone(1));
    }

    #[test]
    fn entries_for_what_is_in_a_folder_and_entries_of_unknown_kinds_give_nothing() {
        let mut bytes = list(&[(2, READ), (3, READ)], &[]).encode(&someone(1)).unwrap();
        bytes[HEADER + 1] = FOR_OTHERS;
        assert_eq!(Security::decode(&descriptor(&bytes)).unwrap().list(), list(&[(3, READ)], &[]));
        bytes[HEADER] = 9;
        assert_eq!(Security::decode(&descriptor(&bytes)).unwrap().list(), list(&[(3, READ)], &[]));
        bytes[HEADER + 1] = 0;
        assert_eq!(Security::decode(&descriptor(&bytes)).unwrap().list, None);
    }

    #[test]
    fn without_a_list_everybody_can_do_everything() {
        let mut bytes = descriptor(&[]);
        bytes[16] = 0;
        assert_eq!(Security::decode(&bytes).unwrap().list(), List::of_everybody());
        bytes[16] = 36;
        bytes[2] = 0;
        assert_eq!(Security::decode(&bytes).unwrap().list(), List::of_everybody());
    }

    /// For small lists, and every set of accounts that a user may be in.
    #[test]
    fn nobody_can_do_more_than_with_each_of_the_lists() {
        let can = |list: &List, groups: &[Account]| {
            let of = |entries: &BTreeMap<Account, u32>| {
                groups.iter().filter_map(|group| entries.get(group)).fold(0, |all, rights| all | rights)
            };
            of(&list.allowed) & !of(&list.denied)
        };
        let entries: [&[(u8, u32)]; 6] =
            [&[], &[(2, READ)], &[(2, ALL)], &[(3, WRITE)], &[(2, READ), (3, ALL)], &[(4, READ), (3, READ)]];
        let lists: Vec<List> =
            entries.iter().flat_map(|allowed| entries.map(|denied| list(allowed, denied))).collect();
        for first in &lists {
            for second in &lists {
                let both = first.clone().and(second);
                for members in 0..8u8 {
                    let groups: Vec<Account> =
                        (2..5).filter(|one| members >> (one - 2) & 1 != 0).map(someone).collect();
                    let most = can(first, &groups) & can(second, &groups);
                    assert_eq!(can(&both, &groups) & !most, 0, "{groups:?}: {first:?}, {second:?}");
                }
            }
        }
        assert_eq!(lists[14].clone().and(&lists[14]), lists[14]);
    }
}
