//! Shell completion of verbs, options, and names in the dump on the command line: registers, threads, modules, regions, symbols.

use std::env;
use std::ffi::{OsStr, OsString};
use std::io;
use std::path::Path;
use std::sync::Arc;

use clap::CommandFactory;
use clap_complete::engine::{ArgValueCompleter, CompletionCandidate};
use clap_complete::env::Shells;
use clap_complete::{CompleteEnv, Shell};
use dumpedit::notation::{NumberType, Value};
use dumpedit::{Context, Dump, RecordChoice};

use crate::args::{Arguments, SymbolArguments};

/// Environment variable with which a shell script requests completions.
const ASKED: &str = "_DUMPEDIT_COMPLETE";

/// Finds the words that start with some letters.
type Words = fn(&str) -> Vec<String>;

/// Prints completions and exits if a shell requests them; otherwise returns.
pub(crate) fn answer() {
    CompleteEnv::with_factory(Arguments::command).var(ASKED).complete();
}

/// The script with which a shell requests completions.
pub(crate) fn script(shell: Shell) -> io::Result<Vec<u8>> {
    let mut script = Vec::new();
    let name = shell.to_string();
    if let Some(completer) = Shells::builtins().completer(&name) {
        completer.write_registration(ASKED, "dumpedit", "dumpedit", "dumpedit", &mut script)?;
    }
    if shell == Shell::Bash {
        script.extend_from_slice(BASH.as_bytes());
    }
    Ok(script)
}

/// For bash: readline splits words at letters such as `@` and `:`, but the shell does not. This script passes whole words to the
/// command, and the part after the last of these letters to readline.
const BASH: &str = r#"
_dumpedit() {
    local line="${COMP_LINE:0:COMP_POINT}" words
    read -ra words <<< "$line"
    [[ $line == *[[:space:]] ]] && words+=("")
    local COMP_CWORD=$(( ${#words[@]} - 1 ))
    local COMP_WORDS=("${words[@]}") word="${words[COMP_CWORD]}"
    _clap_complete_dumpedit "$1" "$word" "${3-}"
    local rest="${word##*[@=:]}"
    COMPREPLY=("${COMPREPLY[@]#"${word%"$rest"}"}")
}
complete -o nospace -o bashdefault -F _dumpedit dumpedit
"#;

/// Completes an argument with words.
fn completer(words: Words) -> ArgValueCompleter {
    ArgValueCompleter::new(move |current: &OsStr| {
        let current = current.to_str().unwrap_or_default();
        let words = words(current).into_iter().filter(|word| word.starts_with(current));
        words.map(CompletionCandidate::new).collect::<Vec<_>>()
    })
}

pub(crate) fn registers() -> ArgValueCompleter {
    completer(|_| names())
}

pub(crate) fn assignments() -> ArgValueCompleter {
    completer(|current| {
        let all = names().into_iter().chain(field_names()).chain(symbols(current));
        all.map(|name| format!("{name}=")).collect()
    })
}

pub(crate) fn variables() -> ArgValueCompleter {
    completer(symbols)
}

pub(crate) fn fields() -> ArgValueCompleter {
    completer(|_| field_names())
}

pub(crate) fn places() -> ArgValueCompleter {
    completer(all_places)
}

/// Completes the end of a range after its start.
pub(crate) fn ranges() -> ArgValueCompleter {
    completer(|current| match current.rsplit_once("..") {
        Some((start, end)) => all_places(end).iter().map(|place| format!("{start}..{place}")).collect(),
        None => all_places(current),
    })
}

pub(crate) fn types() -> ArgValueCompleter {
    completer(|_| NumberType::names().map(str::to_owned).collect())
}

pub(crate) fn values() -> ArgValueCompleter {
    completer(|current| match current.strip_prefix("ptr:") {
        Some(place) => all_places(place).iter().map(|place| format!("ptr:{place}")).collect(),
        None => Value::prefixes().map(|prefix| format!("{prefix}:")).collect(),
    })
}

pub(crate) fn threads() -> ArgValueCompleter {
    completer(|_| thread_texts())
}

/// The dump of the command line: the first file in it.
fn dump() -> Option<Dump> {
    let words: Vec<OsString> = env::args_os().skip_while(|word| word != "--").skip(2).collect();
    words.iter().map(Path::new).filter(|path| path.is_file()).find_map(|path| Dump::open(path).ok())
}

/// Registers of the default thread.
fn names() -> Vec<String> {
    let Some(dump) = dump() else { return Vec::new() };
    let layout = dump.layout();
    let context =
        layout.thread_to_read().ok().map(|thread| Context::Thread(thread.index, RecordChoice::Auto));
    let registers = layout.machine_of(context.unwrap_or(Context::Process)).registers();
    registers.iter().map(|register| register.name.to_owned()).collect()
}

/// Fields of the dump, up to the number that a shell shows.
fn field_names() -> Vec<String> {
    const MOST: usize = 5000;
    let Some(dump) = dump() else { return Vec::new() };
    dump.fields().map(|fields| fields.iter().take(MOST).map(|field| field.path).collect()).unwrap_or_default()
}

/// Places that start with a text.
fn all_places(begun: &str) -> Vec<String> {
    let mut places: Vec<String> = names().iter().map(|name| format!("@{name}")).collect();
    let Some(dump) = dump() else { return places };
    let modules = dump.layout().modules().iter();
    places.extend(modules.filter_map(|module| module.name.rsplit(['/', '\\']).next().map(str::to_owned)));
    places.extend(
        dump.layout().regions().filter_map(|region| {
            region.name.filter(|name| name.starts_with('[')).map(|name| name.to_string())
        }),
    );
    places.push("reg:".to_owned());
    places.extend(field_names());
    places.extend(symbols(begun));
    places
}

/// Symbols and members of variables that start with a text, up to the number that a shell shows.
fn symbols(begun: &str) -> Vec<String> {
    const MOST: usize = 500;
    let Some(options) = SymbolArguments::of_words(env::args_os()).options() else {
        return Vec::new();
    };
    let Some(dump) = dump() else { return Vec::new() };
    let dump = dump.with_symbols(Arc::new(dump.symbols(options)));
    let thread =
        dump.layout().thread_to_read().map(|thread| Context::Thread(thread.index, RecordChoice::Auto));
    dump.scope(thread).begun(begun, MOST)
}

fn thread_texts() -> Vec<String> {
    let mut texts = vec!["crashed".to_owned()];
    let Some(dump) = dump() else { return texts };
    for (index, thread) in dump.layout().threads().iter().enumerate() {
        texts.push(thread.tid.to_string());
        texts.push(format!("index:{index}"));
        texts.extend(thread.name.as_ref().map(|name| format!("name:{name}")));
    }
    texts
}
