//! Unix rights to a file: of each class of users, and those that a copy of the file may have.

use std::collections::{BTreeMap, BTreeSet};

/// Read, write and execute, as the three low bits.
pub(super) type Bits = u8;

/// The rights to a file: its owner, its group, and the rights of each class of users, with the list's mask applied.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Rights {
    pub(super) uid: u32,
    pub(super) gid: u32,
    pub(super) owner: Bits,
    pub(super) group: Bits,
    pub(super) others: Bits,
    /// Users that the access control list names.
    pub(super) users: BTreeMap<u32, Bits>,
    /// Groups that the access control list names.
    pub(super) groups: BTreeMap<u32, Bits>,
}

impl Rights {
    pub(super) fn of_mode(uid: u32, gid: u32, mode: u32) -> Rights {
        let bits = |shift: u32| Bits::try_from(mode >> shift & 7).unwrap_or(0);
        let (users, groups) = (BTreeMap::new(), BTreeMap::new());
        Rights { uid, gid, owner: bits(6), group: bits(3), others: bits(0), users, groups }
    }

    /// The mode with the same rights, where the list names no user or group.
    pub(super) fn mode(&self) -> u32 {
        u32::from(self.owner) << 6 | u32::from(self.group) << 3 | u32::from(self.others)
    }

    /// The same for the owner, and none for other users.
    pub(crate) fn of_owner_only(self) -> Rights {
        Rights { group: 0, others: 0, users: BTreeMap::new(), groups: BTreeMap::new(), ..self }
    }

    /// The rights of every user except for the owner and the named ones, in any groups.
    pub(super) fn least(&self) -> Bits {
        self.groups.values().fold(self.group & self.others, |least, bits| least & bits)
    }

    pub(super) fn of_user(&self, uid: u32) -> Bits {
        self.users.get(&uid).copied().unwrap_or_else(|| self.least())
    }

    pub(super) fn of_group(&self, gid: u32) -> Bits {
        self.groups.get(&gid).copied().unwrap_or_else(|| self.least())
    }

    /// The rights to a copy of another owner or group, so that no one except for its owner gets more. The former owner and group are among
    /// the others then.
    pub(super) fn belonging_to(mut self, uid: u32, gid: u32) -> Rights {
        if uid != self.uid {
            let classes = [&mut self.group, &mut self.others];
            let named = self.users.values_mut().chain(self.groups.values_mut());
            classes.into_iter().chain(named).for_each(|bits| *bits &= self.owner);
        }
        if gid != self.gid {
            let least = self.least();
            self.others &= self.group;
            self.group = least;
        }
        Rights { uid, gid, ..self }
    }

    /// The rights that both give, for files of the same owner and group.
    pub(super) fn and(&self, other: &Rights) -> Rights {
        let users: BTreeSet<u32> = self.users.keys().chain(other.users.keys()).copied().collect();
        let groups: BTreeSet<u32> = self.groups.keys().chain(other.groups.keys()).copied().collect();
        Rights {
            owner: self.owner & other.owner,
            group: self.group & other.group,
            others: self.others & other.others,
            users: users.into_iter().map(|uid| (uid, self.of_user(uid) & other.of_user(uid))).collect(),
            groups: groups.into_iter().map(|gid| (gid, self.of_group(gid) & other.of_group(gid))).collect(),
            ..*self
        }
    }

    /// The rights without a list. Named users and groups are then in the group, or among the others.
    pub(super) fn without_names(mut self) -> Rights {
        let least = self.users.values().chain(self.groups.values()).fold(7, |least, bits| least & bits);
        self.group &= least;
        self.others &= least;
        Rights { users: BTreeMap::new(), groups: BTreeMap::new(), ..self }
    }

    pub(super) fn names_nobody(&self) -> bool {
        self.users.is_empty() && self.groups.is_empty()
    }
}
