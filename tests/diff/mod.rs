//! `diff`: its output for two dumps, and the scripts that turn one into the other.

// Equal and different parts, in words, as JSON, and by exit code.
mod told;

// Scripts: their lines, what they leave out, and their effect.
mod copies;
mod parts;
mod round_trips;
mod scripts;

use std::ops::ControlFlow;

use dumpedit::Dump;
use dumpedit::diff::{Diff, Scripted};
use dumpedit::notation::{Script, ScriptOptions};

/// The script that turns one dump into another, and the differences that it does not make.
fn script(a: &Dump, b: &Dump) -> (String, Scripted) {
    let mut text = String::new();
    let mut each = |statement: &dumpedit::diff::Statement| {
        text.push_str(&format!("{statement}\n"));
        ControlFlow::Continue(())
    };
    let scripted = Diff::new(a, b).script(&mut each, &mut |_| ControlFlow::Continue(())).unwrap();
    (text, scripted)
}

/// The bytes of a dump after a script.
fn apply(file: &[u8], text: &str, reverse: bool) -> Result<Vec<u8>, String> {
    let dump = Dump::from_bytes(file.to_vec()).unwrap();
    let mut edit = dump.edit();
    let options = ScriptOptions::default().reverse(reverse);
    let scripts = [Script::new("script", text)];
    let applied = edit.apply_scripts(&scripts, &options, &mut |error| panic!("{error}"), &mut |_| {
        ControlFlow::Continue(())
    });
    applied.map_err(|error| error.to_string())?;
    edit.commit().unwrap();
    Ok(dump.to_bytes().unwrap())
}
