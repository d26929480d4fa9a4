//! `threads`: the threads of a dump.

use dumpedit::notation::ThreadText;
use dumpedit::{Context, Dump, Place, RecordChoice, ThreadIndex};
use serde_json::{Value, json};

use crate::args::ThreadsArguments;
use crate::commands::{ALL_THREADS, Done, open};
use crate::failure::Failure;
use crate::output::Output;
use crate::output::text::Table;

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
            json!({
                "index": index.0,
                "tid": thread.tid,
                "name": thread.name,
                "crashed": layout.crashed() == Some(index),
                "pc": register(&dump, index, "pc"),
                "sp": register(&dump, index, "sp"),
                "records": records.collect::<Vec<_>>(),
            })
        });
        output.bare_document(&threads.collect::<Value>())?;
        return Ok(Done::All);
    }
    let mut table = Table::new(&["", "index", "tid", "pc", "sp", "records", "name"], &[1, 2, 3, 4]);
    let shown = |value: Value| value.as_str().unwrap_or("-").to_owned();
    for (index, thread) in threads {
        let records: Vec<&str> = thread.records.iter().map(|record| record.kind.name()).collect();
        table.row(vec![
            if layout.crashed() == Some(index) { "*" } else { "" }.to_owned(),
            index.0.to_string(),
            thread.tid.to_string(),
            shown(register(&dump, index, "pc")),
            shown(register(&dump, index, "sp")),
            records.join(" "),
            thread.name.clone().unwrap_or_default(),
        ]);
    }
    let text = table.render(output.style);
    output.data(text.as_bytes())?;
    Ok(Done::All)
}

/// A register of the record that debuggers show first, or null: of the 32-bit one where there is one, else of the
/// effective one.
fn register(dump: &Dump, index: ThreadIndex, name: &str) -> Value {
    let context = Context::Thread(index, RecordChoice::Wow64);
    let wow64 = dump.layout().record_of(context).map(|_| context);
    let value = dump.read_register(wow64.unwrap_or(context.with_record(RecordChoice::Auto)), name);
    value.map_or(Value::Null, |value| Value::String(value.to_string()))
}
