//! `describe`: writes a dump as a spec.

use std::ops::RangeInclusive;
use std::path::Path;

use dumpedit::notation::{LocationRange, PathText, RangeText};
use dumpedit::{Access, Context, Dump, Location};
use dumpedit_fixtures::spec::Packing;
use dumpedit_fixtures::{DescribeOptions, DescribedMemory, Description, describe};
use serde_json::json;

use crate::args::{DescribeArguments, ThreadArguments};
use crate::commands::destination::check_copy;
use crate::commands::open::{hold_whole, notices_with, open_input};
use crate::commands::spec_file::{self, Written};
use crate::commands::thread_argument::reading;
use crate::done::Done;
use crate::failure::Failure;
use crate::input::is_standard;
use crate::interrupt::Careful;
use crate::output::{Output, text};

pub(super) fn run(arguments: &DescribeArguments, output: &mut Output) -> Result<Done, Failure> {
    let file = arguments.output.as_deref().filter(|path| !is_standard(path));
    check_copy(file, &arguments.dump)?;
    let hold = hold_whole(&arguments.dump, &arguments.wait)?;
    let input = open_input(&arguments.dump, Some(&hold), output)?;
    let dump = &input.dump;
    let mut options = DescribeOptions::default().memory(memory(dump, &arguments.memory, output)?);
    options.max_size = arguments.max_size.as_deref().map(dumpedit::notation::length).transpose()?;
    let Description { spec, notices, .. } = describe(dump, &options)?;
    output.notices(&notices_with(dump, &notices));
    let _careful;
    let written = match (file, &arguments.folder) {
        (Some(path), _) => {
            _careful = Careful::new();
            spec_file::to_file(&spec, path, arguments.overwrite, input.file.as_ref(), &hold)?
        }
        (None, Some(folder)) => {
            _careful = Careful::new();
            spec_file::to_folder(&spec, folder, input.file.as_ref(), &hold)?
        }
        (None, None) if output.is_json() => {
            let json = spec.to_json().map_err(|error| unreadable(&arguments.dump, &error))?;
            hold.check()?;
            // A spec has no key for notices.
            output.bare_document(&json)?;
            return Ok(Done::All);
        }
        (None, None) => {
            output.stream(|out, _| spec.write_yaml(out, Packing::Inline))?;
            hold.check()?;
            return Ok(Done::All);
        }
    };
    output.notices(&written.notice);
    let told = tell(&written, output);
    output.done(told);
    Ok(Done::All)
}

fn tell(Written { path, beside, .. }: &Written, output: &mut Output) -> Result<(), Failure> {
    let name = |path: &Path| PathText(path).to_string();
    if output.is_json() {
        let folder = beside.as_ref().map(|(folder, _)| name(folder));
        return output.document(&json!({ "output": name(path), "folder": folder }));
    }
    let beside = beside.as_ref().map_or(String::new(), |(folder, count)| {
        format!(", and {} in {}", text::counted(*count, "file"), text::shown(&name(folder)))
    });
    output.report(format!("wrote {}{beside}\n", text::shown(&name(path))).as_bytes())
}

fn unreadable(dump: &Path, error: &std::io::Error) -> Failure {
    Failure::file("open", "read", dump, error)
}

/// Parses the memory to describe: one of three keywords, or ranges.
fn memory(dump: &Dump, words: &[String], output: &Output) -> Result<DescribedMemory, Failure> {
    match words {
        [word] if word == "all" => Ok(DescribedMemory::All),
        [word] if word == "none" => Ok(DescribedMemory::None),
        [word] if word == "stacks" => Ok(DescribedMemory::Stacks),
        ranges => Ok(DescribedMemory::Ranges(
            ranges.iter().map(|text| range(dump, text, output)).collect::<Result<Vec<_>, Failure>>()?,
        )),
    }
}

/// Parses a range of addresses. The first address must be captured.
pub(super) fn range(dump: &Dump, text: &str, output: &Output) -> Result<RangeInclusive<u64>, Failure> {
    let range: RangeText = text.parse()?;
    let whichever = ThreadArguments::default();
    let LocationRange { start: location, len: size, .. } =
        reading(dump, &whichever, output, |thread| Ok(dump.scope(thread).range(&range)?))?;
    let (Location::Virtual(first), Some(rest)) = (location, size.checked_sub(1)) else {
        let problem = format!("'{text}' is not a range of memory");
        return Err(Failure::misses(&problem, "write 0xADDRESS..+LENGTH or AT..AT"));
    };
    // A range without captured bytes would be omitted silently.
    dump.layout().resolve(Context::Process, location, size, Access::Read)?;
    Ok(first..=first.saturating_add(rest))
}
