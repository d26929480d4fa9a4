//! Inputs and outputs: streams, compressed files, edited copies, receipts, and paths that lead elsewhere.

mod bounds;
mod compressed;
mod few_threads;
mod links;
mod outputs;
#[cfg(unix)]
mod permissions;
mod receipts;
mod signals;
mod streams;
mod terminals;

use std::fs;
use std::io::Write;
use std::path::Path;
use std::process::{Command, Stdio};

use crate::support::bytes::counting;
use crate::support::elf_builder::{ElfBuilder, prstatus};
use crate::support::subject::Subject;

/// 64 captured bytes at 0x1000 and their file offset.
fn core() -> (Vec<u8>, usize) {
    let mut core = ElfBuilder::x86_64();
    core.notes(&[prstatus(7, 11, 0x40_1000, 0x1000)]);
    let offset = core.load(0x1000, &counting(0, 64));
    (core.finish(), offset as usize)
}

/// The core with bytes at 0x1000.
fn with(bytes: &[u8]) -> Vec<u8> {
    let (mut core, offset) = core();
    core[offset..offset + bytes.len()].copy_from_slice(bytes);
    core
}

fn subject() -> Subject {
    Subject::named("a.core", core().0)
}

fn text(path: &Path) -> &str {
    path.to_str().unwrap()
}

fn names(folder: &Path) -> Vec<String> {
    let mut names: Vec<String> = fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    names.sort();
    names
}

/// Output of a tool for bytes on its standard input.
fn piped_through(tool: &str, arguments: &[&str], input: &[u8]) -> Vec<u8> {
    let run = run_bytes(Command::new(tool).args(arguments), input);
    assert!(run.0, "{tool} {arguments:?}");
    run.1
}

fn run_bytes(command: &mut Command, input: &[u8]) -> (bool, Vec<u8>) {
    let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
    let mut stdin = child.stdin.take().unwrap();
    let output = std::thread::scope(|scope| {
        scope.spawn(move || stdin.write_all(input));
        child.wait_with_output().unwrap()
    });
    (output.status.success(), output.stdout)
}
