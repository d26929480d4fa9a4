//! `convert`: writes a dump in another container.

use std::path::Path;

use dumpedit::compressed::Compressor;
use dumpedit::notation::PathText;
use dumpedit::{Dump, Format};
use dumpedit_fixtures::{Conversion, ConvertOptions, Loss, Made, Told, ToldKind, convert};
use serde_json::{Value, json};

use crate::args::{ConvertArguments, ConvertedTo};
use crate::commands::destination::check_copy;
use crate::commands::open::{hold_whole, notices_with, open_input};
use crate::commands::synth::Sink;
use crate::done::Done;
use crate::failure::Failure;
use crate::input::is_standard;
use crate::interrupt::Careful;
use crate::output::Output;
use crate::output::text;

pub(super) fn run(arguments: &ConvertArguments, output: &mut Output) -> Result<Done, Failure> {
    let target = arguments.output.as_path();
    check_copy(Some(target), &arguments.dump)?;
    let to = match arguments.to {
        Some(to) => to.format(),
        None => by_name(target).ok_or_else(|| Failure::no_container(target))?,
    };
    let hold = hold_whole(&arguments.dump, &arguments.wait)?;
    let input = open_input(&arguments.dump, Some(&hold), output)?;
    let dump = &input.dump;
    let options = ConvertOptions::default().strict(arguments.strict);
    let Conversion { image, losses, made, .. } = convert(dump, to, &options)?;
    let sink = Sink::take(target, arguments.overwrite, input.file.as_ref(), output)?;
    output.notices(&notices_with(dump, image.notices()));
    hold.check()?;
    let _careful = Careful::new();
    sink.fill(&image, output)?;
    let report = Report { target, dump, to, size: image.size(), losses: &losses, made: &made };
    let told = report.tell(output);
    output.done(told);
    Ok(Done::All)
}

/// The container of a file name's extension.
fn by_name(path: &Path) -> Option<Format> {
    let packed = Compressor::of_name(path).and_then(|_| path.file_stem()).map(Path::new);
    let extension = packed.unwrap_or(path).extension()?.to_str()?;
    match extension {
        "core" => Some(Format::ElfCore),
        "dmp" | "mdmp" => Some(Format::Minidump),
        _ => None,
    }
}

impl ConvertedTo {
    fn format(self) -> Format {
        match self {
            ConvertedTo::ElfCore => Format::ElfCore,
            ConvertedTo::Minidump => Format::Minidump,
        }
    }
}

struct Report<'a> {
    target: &'a Path,
    dump: &'a Dump,
    to: Format,
    size: u64,
    losses: &'a [Loss],
    made: &'a [Made],
}

/// Losses or additions as JSON.
fn told<K: ToldKind>(list: &[Told<K>]) -> Vec<Value> {
    let one = |told: &Told<K>| {
        json!({
            "kind": told.kind.name(),
            "names": told.names,
            "count": told.count,
            "message": told.to_string(),
        })
    };
    list.iter().map(one).collect()
}

impl Report<'_> {
    fn tell(&self, output: &mut Output) -> Result<(), Failure> {
        if output.is_json() {
            return output.document(&self.json());
        }
        output.report(self.text().as_bytes())
    }

    fn json(&self) -> Value {
        json!({
            "output": PathText(self.target).to_string(),
            "size": self.size,
            "from": self.dump.layout().format().to_string(),
            "to": self.to.to_string(),
            "losses": told(self.losses),
            "made": told(self.made),
        })
    }

    fn text(&self) -> String {
        let path = text::shown(&PathText(self.target).to_string());
        let mut said = match is_standard(self.target) {
            true => String::new(),
            false => format!("wrote {path}, {} bytes\n", self.size),
        };
        if !self.losses.is_empty() {
            said.push_str(&format!("not kept, because {} has no place for it:\n", self.to));
        }
        for loss in self.losses {
            said.push_str(&format!("  {}\n", text::shown(&loss.to_string())));
        }
        if !self.made.is_empty() {
            said.push_str("added for readers:\n");
        }
        for made in self.made {
            said.push_str(&format!("  {}\n", text::shown(&made.to_string())));
        }
        said
    }
}
