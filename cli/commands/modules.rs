//! `modules`: lists the executables and libraries of a dump.

use serde_json::{Value, json};

use crate::args::DumpArgument;
use crate::commands::open::open;
use crate::done::Done;
use crate::failure::Failure;
use crate::output::text::{Table, size};
use crate::output::{Output, json};

pub(super) fn run(arguments: &DumpArgument, output: &mut Output) -> Result<Done, Failure> {
    let dump = open(&arguments.dump, output)?;
    output.notices(dump.layout().notices());
    let layout = dump.layout();
    let loaded = layout.modules().iter().map(|module| (module, false));
    let modules = loaded.chain(layout.unloaded_modules().iter().map(|module| (module, true)));
    if output.is_json() {
        let modules = modules.map(|(module, unloaded)| {
            json!({
                "base": json::hex(module.base),
                "size": module.size,
                "name": module.name,
                "id": module.id,
                "unloaded": unloaded,
            })
        });
        output.bare_document(&modules.collect::<Value>())?;
        return Ok(Done::All);
    }
    let mut table = Table::new(&["base", "size", "id", "name"], &[0, 1]);
    for (module, unloaded) in modules {
        let id = module.id.clone().unwrap_or_else(|| "-".to_owned());
        let mark = if unloaded { " (unloaded)" } else { "" };
        table.row(vec![
            format!("{:#x}", module.base),
            size(u128::from(module.size)),
            id,
            format!("{}{mark}", module.name),
        ]);
    }
    let text = table.render(output.style);
    output.data(text.as_bytes())?;
    Ok(Done::All)
}
