//! `threads`: lists the threads of a dump.

use dumpedit::notation::ThreadText;
use dumpedit::{Context, Dump, Place, RecordChoice, RegisterValue, ThreadIndex};
use serde_json::{Value, json};

use crate::args::ThreadsArguments;
use crate::commands::open::open;
use crate::commands::thread_argument::ALL_THREADS;
use crate::done::Done;
use crate::failure::Failure;
use crate::output::text::Table;
use crate::output::{Output, json};

pub(super) fn run(arguments: &ThreadsArguments, output: &mut Output) -> Result<Done, Failure> {
    let dump = open(&arguments.dump, output)?;
    let layout = dump.layout();
    output.notices(layout.notices());
    let named = arguments.thread.as_deref().filter(|text| *text != ALL_THREADS);
    let named = named.map(|text| Ok::<_, Failure>(text.parse::<ThreadText>()?.find(layout)?)).transpose()?;
    let threads = (0u32..).map(ThreadIndex).zip(layout.threads());
    let threads = threads.filter(|(index, _)| named.is_none_or(|named| named == *index));
    if output.is_json() {
        let threads = threads.map(|(index, thread)| {
            let records = thread.records.iter().map(|record| {
                let Place { file_offset, size } = record.place();
                json!({ "kind": record.kind.name(), "file_offset": file_offset, "size": size, "format": record.format.name })
            });
            let mut view = json!({
                "index": index.0,
                "tid": thread.tid,
                "name": thread.name,
                "crashed": layout.crashed() == Some(index),
                "pc": register(&dump, index, "pc"),
                "sp": register(&dump, index, "sp"),
                "records": records.collect::<Vec<_>>(),
            });
            if let Some(pc) = address(&dump, index) {
                json::add_symbol(&mut view, &dump, pc);
            }
            view
        });
        output.bare_document(&threads.collect::<Value>())?;
        return Ok(Done::All);
    }
    let mut rows: Vec<Vec<String>> = Vec::new();
    let shown = |value: Value| value.as_str().unwrap_or("-").to_owned();
    for (index, thread) in threads {
        let records: Vec<&str> = thread.records.iter().map(|record| record.kind.name()).collect();
        rows.push(vec![
            if layout.crashed() == Some(index) { "*" } else { "" }.to_owned(),
            index.0.to_string(),
            thread.tid.to_string(),
            shown(register(&dump, index, "pc")),
            shown(register(&dump, index, "sp")),
            records.join(" "),
            thread.name.clone().unwrap_or_default(),
            address(&dump, index).and_then(|pc| dump.label(pc)).unwrap_or_default(),
        ]);
    }
    // The column of symbols is omitted if there are none.
    let has_symbols = rows.iter().any(|row| row.last().is_some_and(|symbol| !symbol.is_empty()));
    let headings = ["", "index", "tid", "pc", "sp", "records", "name", "symbol of pc"];
    let columns = headings.len().saturating_sub(usize::from(!has_symbols));
    let mut table = Table::new(headings.get(..columns).unwrap_or(&headings), &[1, 2, 3, 4]);
    for mut row in rows {
        row.truncate(columns);
        table.row(row);
    }
    let text = table.render(output.style);
    output.data(text.as_bytes())?;
    Ok(Done::All)
}

/// A register of the record that debuggers show first (the 32-bit record if there is one, else the effective one), or null.
fn register(dump: &Dump, index: ThreadIndex, name: &str) -> Value {
    value(dump, index, name).map_or(Value::Null, |value| Value::String(value.to_string()))
}

fn value(dump: &Dump, index: ThreadIndex, name: &str) -> Option<RegisterValue> {
    let context = Context::Thread(index, RecordChoice::Wow64);
    let wow64 = dump.layout().record_of(context).map(|_| context);
    dump.read_register(wow64.unwrap_or(context.with_record(RecordChoice::Auto)), name).ok()
}

/// The program counter of a thread.
fn address(dump: &Dump, index: ThreadIndex) -> Option<u64> {
    value(dump, index, "pc")?.to_u64().ok()
}
