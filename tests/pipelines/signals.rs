//! Ends that come from outside: what an interrupted command leaves behind, and its exit code.

use std::process::{Command, Stdio};

use super::{names, text};
use crate::support::command::binary;
use crate::support::elf_builder::ElfBuilder;
use crate::support::subject::Subject;

#[test]
#[cfg(unix)]
fn ctrl_c_during_a_copy_leaves_nothing_behind() {
    let mut core = ElfBuilder::x86_64();
    let mut state = 1u32;
    let noise = (0..48 << 20).map(|_| {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        (state >> 24) as u8
    });
    core.load(0x1000, &noise.collect::<Vec<u8>>());
    let subject = Subject::named("a.core", core.finish());
    let out = subject.folder().join("out.gz");
    let mut command = binary();
    command.arg("write").arg(subject.path()).args(["0x1000", "cc", "-o", text(&out)]);
    let mut child = command.stderr(Stdio::null()).stdout(Stdio::null()).spawn().unwrap();
    while child.try_wait().unwrap().is_none() && names(subject.folder()).len() < 2 {}
    let interrupt = Command::new("kill").args(["-INT", &child.id().to_string()]).status();
    assert!(interrupt.unwrap().success(), "it was over before it could be interrupted");
    assert_eq!(child.wait().unwrap().code(), Some(2));
    assert_eq!(names(subject.folder()), ["a.core"]);
    subject.unchanged();
}
