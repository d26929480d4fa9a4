//! Power losses: the writes and syncs of an edit are recorded, and replayed up to each of them to files that lost, tore or reordered bytes
//! that were not yet durable. A recovery mends all of these.
#![cfg(target_os = "linux")]

use std::collections::{BTreeMap, HashMap};
use std::fs;
use std::path::{Path, PathBuf};

use super::scenario::{Scenario, scenarios};
use crate::library::random::Random;
use crate::support::traced::can_trace;

/// Number of bytes that are written atomically.
const SECTOR: u64 = 512;

/// A call that changed a file of the folder.
#[derive(Clone, Debug)]
enum Operation {
    Create { name: String },
    Write { name: String, offset: u64, bytes: Vec<u8> },
    SetSize { name: String, size: u64 },
    Sync { name: String },
    Rename { from: String, to: String },
    Remove { name: String },
    SyncFolder,
}

/// Bytes in the tracer's notation: `\\x2f`.
fn bytes_of(hex: &str) -> Vec<u8> {
    hex.split("\\x").skip(1).map(|byte| u8::from_str_radix(&byte[..2], 16).unwrap()).collect()
}

/// The texts between quotes, and those between angle brackets.
fn texts(call: &str, open: char, close: char) -> Vec<Vec<u8>> {
    let mut found = Vec::new();
    let mut rest = call;
    while let Some((_, behind)) = rest.split_once(open) {
        let Some((text, after)) = behind.split_once(close) else { break };
        found.push(bytes_of(text));
        rest = after;
    }
    found
}

/// Changes by a traced command to the files of a folder.
fn operations(calls: &str, folder: &Path) -> Vec<Operation> {
    let folder = folder.canonicalize().unwrap();
    let name_in = |path: &[u8]| {
        let path: PathBuf = PathBuf::from(std::str::from_utf8(path).unwrap()).components().collect();
        let is_inside = path.parent() == Some(folder.as_path());
        is_inside.then(|| path.file_name().unwrap().to_str().unwrap().to_owned())
    };
    let mut operations = Vec::new();
    // Offset of the next `write` to each file.
    let mut ends: HashMap<String, u64> = HashMap::new();
    for line in calls.lines() {
        let Some((call, result)) = line.rsplit_once(" = ") else { continue };
        let Some((kind, arguments)) =
            call.split_once(' ').and_then(|(_, call)| call.trim_start().split_once('('))
        else {
            continue;
        };
        if result.starts_with(['-', '?']) {
            continue;
        }
        let opened = texts(arguments, '<', '>').into_iter().next().unwrap_or_default();
        let quoted = texts(arguments, '"', '"');
        let last_number = || -> u64 {
            arguments
                .trim_end_matches(')')
                .rsplit_once(", ")
                .unwrap()
                .1
                .trim_end_matches(')')
                .parse()
                .unwrap()
        };
        let named = name_in(&opened);
        match (kind, named) {
            ("openat", _) if arguments.contains("O_CREAT") => {
                let path = texts(result, '<', '>').remove(0);
                if let Some(name) = name_in(&path) {
                    operations.push(Operation::Create { name });
                }
            }
            ("pwrite64", Some(name)) => {
                operations.push(Operation::Write { name, offset: last_number(), bytes: quoted[0].clone() });
            }
            ("write", Some(name)) => {
                let end = ends.entry(name.clone()).or_default();
                let bytes = quoted[0].clone();
                let offset = *end;
                *end += bytes.len() as u64;
                operations.push(Operation::Write { name, offset, bytes });
            }
            ("lseek", Some(name)) => drop(ends.insert(name, result.parse().unwrap())),
            ("ftruncate", Some(name)) => operations.push(Operation::SetSize { name, size: last_number() }),
            ("fsync" | "fdatasync", Some(name)) => operations.push(Operation::Sync { name }),
            ("fsync" | "fdatasync", None) if opened == folder.as_os_str().as_encoded_bytes() => {
                operations.push(Operation::SyncFolder);
            }
            ("rename" | "renameat" | "renameat2", _) => {
                let paths: Vec<_> = quoted.iter().filter_map(|path| name_in(path)).collect();
                let [from, to] = &paths[..] else { panic!("{line}") };
                operations.push(Operation::Rename { from: from.clone(), to: to.clone() });
            }
            ("unlink" | "unlinkat", _) => {
                operations.extend(name_in(&quoted[0]).map(|name| Operation::Remove { name }));
            }
            ("copy_file_range" | "fallocate" | "link" | "linkat", Some(_)) => panic!("not replayed: {line}"),
            _ => {}
        }
    }
    operations
}

/// A file: its durable bytes, and the changes since.
#[derive(Clone, Debug, Default)]
struct Stored {
    durable: Vec<u8>,
    since: Vec<Change>,
}

#[derive(Clone, Debug)]
enum Change {
    Write(u64, Vec<u8>),
    Size(u64),
}

fn put(bytes: &mut Vec<u8>, offset: u64, new: &[u8]) {
    let offset = offset as usize;
    if bytes.len() < offset + new.len() {
        bytes.resize(offset + new.len(), 0);
    }
    bytes[offset..offset + new.len()].copy_from_slice(new);
}

impl Stored {
    fn apply(bytes: &mut Vec<u8>, change: &Change) {
        match change {
            Change::Write(offset, new) => put(bytes, *offset, new),
            Change::Size(size) => bytes.resize(*size as usize, 0),
        }
    }

    fn sync(&mut self) {
        let Stored { durable, since } = self;
        since.drain(..).for_each(|change| Stored::apply(durable, &change));
    }

    /// A possible state after a power loss: with none, all, or some of the changes that are not durable, sector by sector and in any order.
    fn after_loss(&self, random: &mut Random) -> Vec<u8> {
        let mut bytes = self.durable.clone();
        let kept = random.next() % 4;
        for change in &self.since {
            match (kept, change) {
                (0, _) => {}
                (1, _) => Stored::apply(&mut bytes, change),
                (_, Change::Size(_)) if random.next().is_multiple_of(2) => Stored::apply(&mut bytes, change),
                (_, Change::Size(_)) => {}
                (_, Change::Write(offset, new)) => {
                    let (mut at, end) = (*offset, offset + new.len() as u64);
                    while at < end {
                        let next = (at / SECTOR * SECTOR + SECTOR).min(end);
                        let sector = &new[(at - offset) as usize..(next - offset) as usize];
                        match random.next() % 4 {
                            // The file got its size, but not the bytes.
                            0 if bytes.len() < next as usize => bytes.resize(next as usize, 0),
                            0 | 1 => {}
                            _ => put(&mut bytes, at, sector),
                        }
                        at = next;
                    }
                }
            }
        }
        bytes
    }
}

/// The files of a folder on a disk.
#[derive(Clone, Debug, Default)]
struct Disk {
    files: Vec<Stored>,
    /// The names now, and at some moments since the folder was last made durable, that one first.
    names: BTreeMap<String, usize>,
    moments: Vec<BTreeMap<String, usize>>,
}

impl Disk {
    fn of(folder: &Path) -> Disk {
        let mut disk = Disk::default();
        for file in fs::read_dir(folder).unwrap() {
            let file = file.unwrap();
            disk.names.insert(file.file_name().into_string().unwrap(), disk.files.len());
            disk.files.push(Stored { durable: fs::read(file.path()).unwrap(), since: Vec::new() });
        }
        disk.moments = vec![disk.names.clone()];
        disk
    }

    fn perform(&mut self, operation: &Operation) {
        let Disk { files, names, moments } = self;
        match operation {
            Operation::Write { name, offset, bytes } => {
                files[names[name]].since.push(Change::Write(*offset, bytes.clone()));
            }
            Operation::SetSize { name, size } => files[names[name]].since.push(Change::Size(*size)),
            Operation::Sync { name } => files[names[name]].sync(),
            Operation::SyncFolder => moments.clear(),
            Operation::Create { name } => {
                if !names.contains_key(name) {
                    names.insert(name.clone(), files.len());
                    files.push(Stored::default());
                }
            }
            Operation::Rename { from, to } => {
                let file = names.remove(from).unwrap();
                names.insert(to.clone(), file);
            }
            Operation::Remove { name } => drop(names.remove(name)),
        }
        if moments.last() != Some(names) {
            moments.push(names.clone());
        }
    }

    /// Writes the files after a power loss to a folder.
    fn lose(&self, folder: &Path, random: &mut Random) {
        let _ = fs::remove_dir_all(folder);
        fs::create_dir(folder).unwrap();
        let names = &self.moments[random.next() as usize % self.moments.len()];
        for (name, file) in names {
            fs::write(folder.join(name), self.files[*file].after_loss(random)).unwrap();
        }
    }
}

/// Replays a command up to each of its operations, and loses power there `times` times.
fn loses_power(scenario: &Scenario, times: usize, random: &mut Random) {
    let work = scenario.work();
    let mut disk = Disk::of(&work);
    let calls = "trace=openat,pwrite64,write,lseek,ftruncate,fallocate,fsync,fdatasync,rename,renameat,renameat2,unlink,\
                 unlinkat,link,linkat,copy_file_range";
    let traced = scenario.run(&["-y", "-xx", "-s", "100000000", "-e", calls], &work);
    assert!(traced.output.status.success());
    let operations = operations(&traced.calls, &work);
    let (mut old, mut new) = (0, 0);
    for (at, operation) in operations.iter().enumerate() {
        disk.perform(operation);
        for _ in 0..times {
            disk.lose(&work, random);
            let counted =
                if scenario.mends(&work, &format!("{}: {at}", scenario.name)) { &mut new } else { &mut old };
            *counted += 1;
        }
    }
    // With all writes on the disk, the files are those that the command made.
    disk.files.iter_mut().for_each(Stored::sync);
    disk.moments = vec![disk.names.clone()];
    disk.lose(&work, random);
    assert!(scenario.mends(&work, scenario.name), "{}", scenario.name);
    println!(
        "{}: {} losses behind {} operations, {old} ended old, {new} new",
        scenario.name,
        old + new,
        operations.len()
    );
}

fn lose_power(times: usize, seed: u64) {
    let mut random = Random(seed);
    for scenario in scenarios() {
        loses_power(&scenario, times, &mut random);
    }
}

#[test]
fn a_dump_is_old_or_new_after_a_power_loss() {
    if can_trace() {
        lose_power(2, 1);
    }
}

#[test]
#[ignore = "replays some thousands of power losses, which takes minutes; DUMPEDIT_LOSSES says how many at each operation"]
fn a_dump_is_old_or_new_after_thousands_of_power_losses() {
    let times = std::env::var("DUMPEDIT_LOSSES").ok().and_then(|times| times.parse().ok()).unwrap_or(50);
    assert!(can_trace());
    lose_power(times, 2);
}
