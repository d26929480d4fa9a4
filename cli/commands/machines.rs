//! `machines`: lists the machines with register tables, and the source that each table was checked against.

use dumpedit::{Evidence, SupportedRecord, supported};
use serde_json::{Value, json};

use crate::done::Done;
use crate::failure::Failure;
use crate::output::Output;
use crate::output::text::Table;

pub(super) fn run(output: &mut Output) -> Result<Done, Failure> {
    let all: Vec<_> = supported().collect();
    if output.is_json() {
        let rows = all.iter().map(|row| {
            let record =
                |SupportedRecord { name, evidence, .. }: &SupportedRecord| json!({ "name": name, "evidence": evidence.name() });
            json!({
                "container": row.format.name(),
                "machine": row.machine.name(),
                "system": row.system,
                "table": row.table,
                "records": row.records.iter().map(record).collect::<Vec<_>>(),
            })
        });
        output.bare_document(&rows.collect::<Value>())?;
        return Ok(Done::All);
    }
    let mut table =
        Table::new(&["container", "machine", "system", "table", "checked against", "records"], &[]);
    for row in &all {
        let mut line = |evidence: &str, records: String| {
            let name = row.table.unwrap_or("-");
            let cells = [row.format.name(), row.machine.name(), row.system, name, evidence];
            table.row(cells.map(str::to_owned).into_iter().chain([records]).collect());
        };
        if row.records.is_empty() {
            line("-", "memory and threads alone".to_owned());
        }
        for evidence in Evidence::ALL {
            let records = row
                .records
                .iter()
                .filter(|record| record.evidence == *evidence)
                .map(|record| record.name.as_str());
            let records: Vec<&str> = records.collect();
            if !records.is_empty() {
                line(evidence.name(), records.join(", "));
            }
        }
    }
    let text = table.render(output.style);
    output.data(text.as_bytes())?;
    Ok(Done::All)
}
