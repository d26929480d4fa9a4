//! `synth`: makes a dump from a spec.

use std::fs::File;
use std::io::{self, IsTerminal, Write};
use std::path::Path;

use dumpedit::compressed::Compressor;
use dumpedit::notation::PathText;
use dumpedit::{OutputFile, OutputOptions, Progress};
use dumpedit_fixtures::{Image, Spec, SynthOptions, synth};
use serde_json::json;

use crate::args::SynthArguments;
use crate::done::Done;
use crate::failure::Failure;
use crate::input::{is_standard, is_standard_output, leads_to, regular_file, standard_input};
use crate::interrupt::{self, Careful, Interruptible};
use crate::output::progress::Bar;
use crate::output::{Output, text};
use crate::text_input::Text;

pub(super) fn run(arguments: &SynthArguments, output: &mut Output) -> Result<Done, Failure> {
    if arguments.schema {
        output.data(format!("{:#}\n", Spec::schema()).as_bytes())?;
        return Ok(Done::All);
    }
    let (Some(path), Some(target)) = (arguments.spec.as_deref(), arguments.output.as_deref()) else {
        return Err(Failure::misses("a spec and -o OUT are needed", "dumpedit synth SPEC.yaml -o OUT"));
    };
    let Text { name, text } = Text::read(path, "open")?;
    let in_spec = |error| Failure::spec(error, &name, &text);
    let mut options = SynthOptions::default()
        .allow_outside(arguments.allow_outside)
        .max_size(dumpedit::notation::length(&arguments.max_size)?);
    options.folder = folder(path);
    let spec = Spec::from_yaml(&text).map_err(in_spec)?;
    let image = synth(&spec, &options).map_err(in_spec)?;
    output.notices(image.notices());
    if spec_is(target, path) {
        return Err(Failure::name_in_use("OUT is the spec"));
    }
    let sink = Sink::take(target, arguments.overwrite, None, output)?;
    let _careful = Careful::new();
    sink.fill(&image, output)?;
    let told = report(&image, target, output);
    output.done(told);
    Ok(Done::All)
}

/// Whether OUT is the spec, under any name.
fn spec_is(target: &Path, spec: &Path) -> bool {
    let file = if is_standard(spec) { standard_input() } else { regular_file(spec) };
    file.is_some_and(
        |file| {
            if is_standard(target) { is_standard_output(&file) } else { leads_to(target, &file) }
        },
    )
}

/// The base folder for paths of side files; for standard input, the current folder.
fn folder(spec: &Path) -> Option<std::path::PathBuf> {
    if is_standard(spec) {
        return Some(".".into());
    }
    let folder = spec.parent().filter(|folder| !folder.as_os_str().is_empty());
    Some(folder.unwrap_or(Path::new(".")).to_owned())
}

/// Destination of a new dump: standard output, or a file, which is complete or absent.
pub(super) enum Sink<'a> {
    File(&'a Path, OutputOptions, Option<&'a File>),
    StandardOutput,
}

impl<'a> Sink<'a> {
    /// Opens the destination, so its errors come before the dump is made. A dump made from `input` never replaces `input`.
    pub(super) fn take(
        path: &'a Path,
        overwrite: bool,
        input: Option<&'a File>,
        output: &mut Output,
    ) -> Result<Self, Failure> {
        if is_standard(path) {
            output.leave_standard_output();
            if io::stdout().is_terminal() {
                return Err(Failure::terminal("standard output", "... -o - > crash.dmp"));
            }
            return Ok(Sink::StandardOutput);
        }
        let options = OutputOptions::default().overwrite(overwrite);
        let _careful = Careful::new();
        drop(OutputFile::create(path, options, input)?);
        Ok(Sink::File(path, options, input))
    }

    /// Writes the dump: compressed, or with holes for zeros. The caller holds a [`Careful`].
    pub(super) fn fill(self, image: &Image, output: &Output) -> Result<(), Failure> {
        let Sink::File(path, options, input) = self else {
            return match image.write_to(&mut io::stdout().lock()) {
                Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(()),
                written => written.map_err(|error| Failure::output(&error)),
            };
        };
        let mut file = OutputFile::create(path, options, input)?;
        let written = match Compressor::of_name(path) {
            Some(compressor) => {
                let mut bar = Bar::new("packing");
                let mut watch = |progress: Progress| bar.advance(progress.done, image.size());
                let mut packed = Interruptible(&mut file);
                compressor.pack(&mut packed, &mut watch, |stream| image.write_to(stream)).flatten()
            }
            None => {
                let mut buffered = io::BufWriter::with_capacity(1 << 16, Interruptible(&mut file));
                image.write_sparse(&mut buffered).and_then(|()| buffered.flush())
            }
        };
        match written {
            Ok(()) => output.notices(&file.finish()?),
            Err(_) if interrupt::is_requested() => return Err(file.cancel().into()),
            Err(error) => return Err(file.abandon(error).into()),
        }
        Ok(())
    }
}

fn report(image: &Image, path: &Path, output: &mut Output) -> Result<(), Failure> {
    if output.is_json() {
        return output.document(&json!({ "output": PathText(path).to_string(), "size": image.size() }));
    }
    let text = format!("wrote {}, {} bytes\n", text::shown(&PathText(path).to_string()), image.size());
    if is_standard(path) { Ok(()) } else { output.report(text.as_bytes()) }
}
