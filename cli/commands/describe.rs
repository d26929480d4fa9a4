//! `describe`: a dump as a spec.

use std::fs::File;
use std::io::{BufWriter, Write};
use std::ops::RangeInclusive;
use std::path::{Path, PathBuf};

use dumpedit::notation::{PathText, RangeText};
use dumpedit::{Access, Context, Dump, Hold, Location};
use dumpedit_fixtures::spec::Packing;
use dumpedit_fixtures::{DescribeOptions, Description, Memory, Spec, describe};
use serde_json::json;

use crate::args::{DescribeArguments, ThreadArguments};
use crate::commands::{Done, hold_whole, notices_with, open_input, reading};
use crate::failure::Failure;
use crate::interrupt::{self, Careful, Interruptible};
use crate::output::{Output, json, text};

/// What a spec is called in a folder of its own.
const NAME: &str = "dump.yaml";

pub(super) fn run(arguments: &DescribeArguments, output: &mut Output) -> Result<Done, Failure> {
    let hold = hold_whole(&arguments.dump, &arguments.wait)?;
    let input = open_input(&arguments.dump, output)?;
    let dump = &input.dump;
    let mut options = DescribeOptions::default().memory(memory(dump, &arguments.memory, output)?);
    options.max_size = arguments.max_size.as_deref().map(dumpedit::notation::length).transpose()?;
    let Description { spec, notices } = describe(dump, &options)?;
    let notices = notices_with(dump, &notices);
    // A spec has no place for them.
    if arguments.output.is_none() || !output.is_json() {
        output.notices(&notices);
    }
    match &arguments.output {
        Some(folder) => {
            let _careful = Careful::new();
            let path = in_folder(&spec, folder, input.file.as_ref(), &hold)?;
            let told = if output.is_json() {
                let output_path = PathText(&path).to_string();
                output.document(&json!({ "output": output_path, "notices": json::notices(&notices) }))
            } else {
                output.report(format!("wrote {}\n", text::shown(&PathText(&path).to_string())).as_bytes())
            };
            output.done(told);
        }
        None if output.is_json() => {
            let json = spec.to_json().map_err(|error| unreadable(&arguments.dump, &error))?;
            hold.check()?;
            output.document(&json)?;
        }
        None => {
            output.stream(|out, _| spec.write_yaml(out, Packing::Inline))?;
            hold.check()?;
        }
    }
    Ok(Done::All)
}

fn unreadable(dump: &Path, error: &std::io::Error) -> Failure {
    Failure::file("open", "read", dump, error)
}

/// The memory that the words mean: one of three, or ranges.
fn memory(dump: &Dump, words: &[String], output: &Output) -> Result<Memory, Failure> {
    match words {
        [word] if word == "all" => Ok(Memory::All),
        [word] if word == "none" => Ok(Memory::None),
        [word] if word == "stacks" => Ok(Memory::Stacks),
        ranges => Ok(Memory::Ranges(
            ranges.iter().map(|text| range(dump, text, output)).collect::<Result<Vec<_>, Failure>>()?,
        )),
    }
}

/// The addresses of a range, whose first must be captured.
pub(super) fn range(dump: &Dump, text: &str, output: &Output) -> Result<RangeInclusive<u64>, Failure> {
    let range: RangeText = text.parse()?;
    let whichever = ThreadArguments::default();
    let (location, size) =
        reading(dump, &whichever, output, |thread| Ok(dump.scope(thread).range(&range)?))?;
    let (Location::Virtual(first), Some(rest)) = (location, size.checked_sub(1)) else {
        let problem = format!("'{text}' is no range of memory");
        return Err(Failure::misses(&problem, "write 0xADDRESS..+LENGTH or AT..AT"));
    };
    // A range of which nothing is captured would be left out without a word.
    dump.layout().resolve(Context::Process, location, size, Access::Read)?;
    Ok(first..=first.saturating_add(rest))
}

/// Writes the spec and the files that it needs into a folder, which must be new or empty; its path. Nobody can open them
/// who cannot open the dump. A folder that cannot be filled is emptied again.
fn in_folder(spec: &Spec, folder: &Path, dump: Option<&File>, hold: &Hold) -> Result<PathBuf, Failure> {
    let failed = |error: std::io::Error| Failure::file("commit", "write", folder, &error);
    let is_new = match std::fs::create_dir(folder) {
        Ok(()) => true,
        Err(error) if error.kind() == std::io::ErrorKind::AlreadyExists => {
            if std::fs::read_dir(folder).map_err(failed)?.next().is_some() {
                let problem = format!("{} is not empty; nothing was written", PathText(folder));
                return Err(Failure::misses(&problem, "give the name of a new folder"));
            }
            false
        }
        Err(error) => return Err(failed(error)),
    };
    let path = folder.join(NAME);
    let write = || {
        let create = |name: &str| match interrupt::is_requested() {
            true => Err(std::io::Error::other("stopped on request")),
            false => dumpedit::new_file(folder.join(name), dump),
        };
        let mut file = BufWriter::new(Interruptible(create(NAME)?));
        spec.write_yaml(&mut file, Packing::Files(&create))?;
        file.flush()?;
        hold.check().map_err(std::io::Error::other)
    };
    if let Err(error) = write() {
        let all: Vec<_> = std::fs::read_dir(folder).into_iter().flatten().flatten().collect();
        let emptied = all.iter().all(|entry| std::fs::remove_file(entry.path()).is_ok());
        if emptied && is_new {
            let _ = std::fs::remove_dir(folder);
        }
        let left = if emptied { "no spec was left behind" } else { "a part of the spec is left behind" };
        return Err(Failure::file("commit", "write", folder, &format!("{error}; {left}")));
    }
    Ok(path)
}
