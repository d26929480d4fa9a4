//! `regions`: lists the memory of a dump, captured or not.

use std::io::Write;

use dumpedit::{Dump, Region};
use serde_json::json;

use crate::args::RegionsArguments;
use crate::commands::address_map;
use crate::commands::open::open;
use crate::done::Done;
use crate::failure::Failure;
use crate::output::text::{Style, shown, size};
use crate::output::{Output, json};

/// Columns of the picture without a terminal, and the minimum and maximum on a terminal.
const USUAL: usize = 80;
const FEWEST: usize = 60;
const MOST: usize = 200;

pub(super) fn run(arguments: &RegionsArguments, output: &mut Output) -> Result<Done, Failure> {
    let dump = open(&arguments.dump, output)?;
    output.notices(dump.layout().notices());
    if arguments.map {
        let columns = output.columns().map_or(USUAL, |columns| columns.clamp(FEWEST, MOST));
        output.data(address_map::picture(&dump, columns, output.style).as_bytes())?;
        return Ok(Done::All);
    }
    let json = output.is_json();
    output.stream(|out, style| if json { in_json(&dump, out) } else { in_words(&dump, out, *style) })?;
    Ok(Done::All)
}

/// Writes one region after the other, since there may be a million.
fn each(dump: &Dump, write: impl FnMut(Region) -> std::io::Result<()>) -> std::io::Result<()> {
    dump.layout().regions().try_for_each(write)
}

fn in_json(dump: &Dump, out: &mut dyn Write) -> std::io::Result<()> {
    let mut separator = "[";
    each(dump, |region| {
        let view = json!({
            "start": json::hex(region.start),
            "size": u64::try_from(region.size).unwrap_or(u64::MAX),
            "captured": region.captured,
            "file_offsets": region.file_offsets,
            "copies": region.copies,
            "protection": region.protection.map(|protection| protection.to_string()),
            "name": region.name.as_deref(),
            "memory_tags": dump.layout().memory_tags(&region).map(|tags| json!({
                "start": json::hex(tags.start),
                "count": tags.count,
                "file_offset": tags.file_offset,
            })),
        });
        write!(out, "{separator}{view}")?;
        separator = ",\n";
        Ok(())
    })?;
    writeln!(out, "{}]", if separator == "[" { "[" } else { "" })
}

fn in_words(dump: &Dump, out: &mut dyn Write, style: Style) -> std::io::Result<()> {
    let digits = usize::from(dump.layout().pointer_width()).saturating_mul(2);
    let heading = format!(
        "{:width$} {:width$}  {:>10}  {:>10}  prot  file offset   name",
        "start",
        "end",
        "size",
        "captured",
        width = digits.saturating_add(2)
    );
    writeln!(out, "{}", style.faint(&heading))?;
    each(dump, |region| {
        let end = u128::from(region.start).saturating_add(region.size);
        let captured = match (region.captured, region.cut) {
            (captured, true) => format!("{}, cut", size(u128::from(captured))),
            (0, false) => "-".to_owned(),
            (captured, false) if u128::from(captured) == region.size => "all".to_owned(),
            (captured, false) => size(u128::from(captured)),
        };
        let protection = region.protection.map_or("-".to_owned(), |protection| protection.to_string());
        let offset = match (region.file_offsets.first(), region.copies.saturating_sub(1)) {
            (None, _) => "-".to_owned(),
            (Some(offset), 0) => format!("{offset:#x}"),
            (Some(offset), more) => format!("{offset:#x} +{more}"),
        };
        let name = shown(region.name.as_deref().unwrap_or(""));
        let tags = dump.layout().memory_tags(&region).map_or(String::new(), |tags| {
            let space = if name.is_empty() { "" } else { "  " };
            format!("{space}({} memory tags at file offset {:#x})", tags.count, tags.file_offset)
        });
        let line = format!(
            "{:#0width$x} {end:#0width$x}  {:>10}  {captured:>10}  {protection:4}  {offset:12}  {name}{tags}",
            region.start,
            size(region.size),
            width = digits.saturating_add(2)
        );
        writeln!(out, "{}", line.trim_end())
    })
}
