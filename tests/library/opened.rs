//! A dump opened through the library, whose bytes before and after an edit are compared.

use std::fmt::Debug;

use dumpedit::{
    AccessError, Dump, Edit, Error, Notice, NoticeKind, Outcome, StopAt, StopReason, Subject as About,
};

use crate::support::process::{Dumped, dumped};
use crate::support::subject::{Subject, assert_same_bytes};

/// An opened dump, and its bytes at that time.
pub(super) struct Opened {
    pub(super) dump: Dump,
    pub(super) before: Vec<u8>,
    /// The file, where it is not in memory.
    pub(super) file: Option<Subject>,
}

impl Opened {
    pub(super) fn in_memory(bytes: Vec<u8>) -> Opened {
        Opened { dump: Dump::from_bytes(bytes.clone()).unwrap(), before: bytes, file: None }
    }

    pub(super) fn from_file(bytes: Vec<u8>) -> Opened {
        let file = Subject::new(bytes.clone());
        Opened { dump: Dump::open(file.path()).unwrap(), before: bytes, file: Some(file) }
    }

    /// The bytes now: the file's own, not the dump's reads of them.
    pub(super) fn now(&self) -> Vec<u8> {
        match &self.file {
            Some(file) => file.now(),
            None => self.dump.to_bytes().unwrap(),
        }
    }

    /// Commits an edit and checks that these bytes at these file offsets changed and no other.
    #[track_caller]
    pub(super) fn commits(&self, edit: Edit, patches: &[(u64, &[u8])]) {
        edit.commit().unwrap();
        self.changed_only(patches);
    }

    #[track_caller]
    pub(super) fn changed_only(&self, patches: &[(u64, &[u8])]) {
        assert_same_bytes(&self.now(), &patched(&self.before, patches));
        assert_same_bytes(&self.dump.to_bytes().unwrap(), &self.now());
    }

    #[track_caller]
    pub(super) fn unchanged(&self) {
        self.changed_only(&[]);
    }
}

/// The bytes with patches.
pub(super) fn patched(bytes: &[u8], patches: &[(u64, &[u8])]) -> Vec<u8> {
    let mut bytes = bytes.to_vec();
    for (offset, patch) in patches {
        let offset = usize::try_from(*offset).unwrap();
        bytes[offset..offset + patch.len()].copy_from_slice(patch);
    }
    bytes
}

/// The same dump as a file and in memory.
pub(super) fn both_ways(bytes: Vec<u8>) -> [Opened; 2] {
    [Opened::from_file(bytes.clone()), Opened::in_memory(bytes)]
}

/// Captured regions in every container, as a file and in memory, and the file offset of each region.
pub(super) fn everywhere(regions: &[(u64, &[u8])]) -> Vec<(Opened, Vec<u64>)> {
    let both = |Dumped { subject, offsets }: Dumped| {
        both_ways(subject.before().to_vec()).map(|opened| (opened, offsets.clone()))
    };
    dumped(regions).into_iter().flat_map(both).collect()
}

/// The error of a refused access.
#[track_caller]
pub(super) fn refused<T: Debug>(result: Result<T, Error>) -> AccessError {
    match result {
        Err(Error::Access(error)) => error,
        other => panic!("an access that should be refused gave {other:?}"),
    }
}

/// Checks a full outcome.
#[track_caller]
pub(super) fn is_full(outcome: Result<Outcome, Error>, bytes: u64) {
    assert_eq!(outcome.unwrap(), Outcome::full(bytes));
}

/// Checks an outcome that stopped at an address.
#[track_caller]
pub(super) fn stopped(outcome: &Outcome, requested: u64, completed: u64, at: u128, reason: StopReason) {
    assert_eq!((outcome.requested, outcome.completed), (requested, completed), "{outcome:?}");
    let stop = outcome.stopped.unwrap();
    assert_eq!((stop.at, stop.reason), (StopAt::Address(at), reason), "{outcome:?}");
    assert!(!outcome.is_full());
    let partial = outcome.complete().unwrap_err();
    assert_eq!((partial.requested, partial.completed, partial.stop), (requested, completed, stop));
}

/// The notice of a kind.
#[track_caller]
pub(super) fn told(notices: &[Notice], kind: NoticeKind) -> &Notice {
    let told = notices.iter().find(|notice| notice.kind == kind);
    told.unwrap_or_else(|| panic!("no notice is {kind:?}: {notices:#?}"))
}

/// Checks that a notice of a kind is about a register.
#[track_caller]
pub(super) fn tells_of_register(notices: &[Notice], kind: NoticeKind, name: &str) {
    let notice = told(notices, kind);
    assert!(notice.about.contains(&About::Register(name.to_owned())), "{notice:?}");
}
