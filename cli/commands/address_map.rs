//! `regions --map`: draws the address space to scale, in rows of cells of equal size. Large holes are folded.

use std::fmt::Write as _;

use dumpedit::Dump;

use crate::output::places::{Stack, base_name, stacks};
use crate::output::text::{Kind, Style, shown, size};

/// Approximate maximum number of rows of the picture.
const MOST_ROWS: usize = 24;

/// Number of the largest holes; each is shown on a separate line.
const MOST_BREAKS: usize = 15;

/// Maximum size of a hole drawn to scale, in cells; larger holes are folded into one cell.
const MOST_HOLE: u128 = 4;

/// A range of mapped memory; `end` is exclusive.
#[derive(Clone, Copy, Debug)]
struct Mapped {
    start: u128,
    end: u128,
    /// Number of captured bytes at its start.
    captured: u128,
    kind: Kind,
}

/// Name of the memory at an address.
struct Label {
    at: u128,
    text: String,
}

/// A cell of the picture.
#[derive(Clone, Copy, Debug, Default)]
struct Cell {
    start: u128,
    mapped: u128,
    captured: u128,
    kind: Kind,
}

/// A run of cells without a folded hole, and the size of the hole before it, in bytes.
#[derive(Debug)]
struct CellRun {
    start: u128,
    end: u128,
    hole: u128,
}

/// Draws the picture within a number of columns.
pub(super) fn picture(dump: &Dump, columns: usize, style: Style) -> String {
    let stacks = stacks(dump);
    let mapped = mapped(dump, &stacks);
    let digits = usize::from(dump.layout().pointer_width()).saturating_mul(2);
    // A bar follows the address, and the names in it follow the bar.
    let bar =
        columns.saturating_sub(digits.saturating_add(4)).saturating_mul(3).checked_div(5).unwrap_or(0).max(8);
    let words = columns.saturating_sub(digits.saturating_add(4)).saturating_sub(bar).saturating_sub(1);
    let runs = runs(&mapped);
    let scale = scale(&runs, bar);
    let segments = segments(&runs, scale);
    let cells = cells(&segments, &mapped, scale);
    let labels = labels(dump, &stacks);
    let mut text = legend(scale, style);
    let rows = rows(&segments, &cells, scale, bar);
    for row in &rows {
        match row {
            Row::Hole(bytes) => {
                let hole =
                    format!("{:width$} {} not mapped", "", size(*bytes), width = digits.saturating_add(2));
                let _ = writeln!(text, "{}", style.faint(&hole));
            }
            Row::Cells(row) => {
                let Some(first) = row.iter().flatten().next() else { continue };
                let end =
                    row.iter().flatten().last().map_or(first.start, |last| last.start.saturating_add(scale));
                let drawn: String = row.iter().map(|cell| drawn(cell.as_ref(), scale, style)).collect();
                let gap = bar.saturating_sub(row.len());
                let here = labels.iter().filter(|label| (first.start..end).contains(&label.at));
                let named = fitted(here.map(|label| label.text.as_str()), words);
                let address = style.faint(&format!("0x{:0digits$x}", first.start));
                let line = format!("{address} {drawn}{:gap$} {named}", "");
                let _ = writeln!(text, "{}", line.trim_end());
            }
        }
    }
    text
}

fn legend(scale: u128, style: Style) -> String {
    let marks = "█ captured, ▓ in part, ░ mapped only, · unmapped, ⋯ a hole";
    let scale = size(scale);
    let mut legend = style.faint(&format!("a cell is {scale}: {marks}"));
    legend.push('\n');
    if style.is_coloured() {
        let kinds = [(Kind::Stack, "stacks"), (Kind::Module, "modules"), (Kind::Other, "other memory")];
        let named = kinds.map(|(kind, name)| style.kind(kind, name));
        let _ = writeln!(legend, "{}", named.join(", "));
    }
    legend
}

/// A cell or a folded hole as one letter.
fn drawn(cell: Option<&Cell>, scale: u128, style: Style) -> String {
    match cell {
        None => style.faint("⋯"),
        Some(Cell { mapped: 0, .. }) => style.faint("·"),
        Some(Cell { captured: 0, kind, .. }) => style.kind(*kind, "░"),
        Some(Cell { captured, kind, .. }) if *captured < scale => style.kind(*kind, "▓"),
        Some(Cell { kind, .. }) => style.kind(*kind, "█"),
    }
}

/// Mapped memory by address: the regions, split at the bounds of modules and stacks, and the modules around them.
fn mapped(dump: &Dump, stacks: &[Stack]) -> Vec<Mapped> {
    let wide = |first: u64, last: u64, kind| (u128::from(first), u128::from(last).saturating_add(1), kind);
    let modules = dump.layout().modules().iter().filter(|module| module.size > 0);
    let modules = modules.map(|module| {
        let last = module.base.saturating_add(module.size.saturating_sub(1));
        wide(module.base, last, Kind::Module)
    });
    let marked: Vec<(u128, u128, Kind)> =
        modules.chain(stacks.iter().map(|stack| wide(stack.first, stack.last, Kind::Stack))).collect();
    let mut mapped = Vec::new();
    for region in dump.layout().regions() {
        let start = u128::from(region.start);
        let end = start.saturating_add(region.size);
        mapped.push(Mapped { start, end, captured: region.captured.into(), kind: Kind::Other });
    }
    // A module is drawn even if it is not mapped. A stack determines the kind of its mapping.
    mapped.extend(marked.into_iter().map(|(start, end, kind)| Mapped { start, end, captured: 0, kind }));
    mapped.sort_by_key(|span| span.start);
    mapped
}

/// Joins ranges without a hole between them.
fn runs(mapped: &[Mapped]) -> Vec<(u128, u128)> {
    let mut runs: Vec<(u128, u128)> = Vec::new();
    for span in mapped {
        match runs.last_mut() {
            Some((_, end)) if span.start <= *end => *end = span.end.max(*end),
            _ => runs.push((span.start, span.end)),
        }
    }
    runs
}

/// Size of a cell in bytes: the smallest power of two for which the rows suffice.
fn scale(runs: &[(u128, u128)], bar: usize) -> u128 {
    const LEAST: u128 = 16;
    let most = bar.saturating_mul(MOST_ROWS);
    let mut scale = LEAST;
    // A cell the size of the address space always suffices.
    while scale < 1 << 64 {
        let mut cells = 0u128;
        for segment in segments(runs, scale) {
            let needed = segment.end.saturating_sub(segment.start).div_ceil(scale);
            // A folded hole takes a cell, too.
            cells = cells.saturating_add(needed).saturating_add(1);
        }
        if cells <= most as u128 {
            break;
        }
        scale = scale.saturating_mul(2);
    }
    scale
}

/// Groups runs whose holes are drawn to scale.
fn segments(runs: &[(u128, u128)], scale: u128) -> Vec<CellRun> {
    let mut segments: Vec<CellRun> = Vec::new();
    for (start, end) in runs {
        match segments.last_mut() {
            Some(last) if start.saturating_sub(last.end) <= scale.saturating_mul(MOST_HOLE) => {
                last.end = *end
            }
            last => {
                let hole = last.map_or(0, |last| start.saturating_sub(last.end));
                let start = start.checked_div(scale).unwrap_or(0).saturating_mul(scale);
                segments.push(CellRun { start, end: *end, hole });
            }
        }
    }
    segments
}

/// The cells of all segments, in order, with their contents.
fn cells(segments: &[CellRun], mapped: &[Mapped], scale: u128) -> Vec<Cell> {
    let mut cells = Vec::new();
    for CellRun { start, end, .. } in segments {
        let mut at = *start;
        while at < *end {
            cells.push(Cell { start: at, ..Cell::default() });
            at = at.saturating_add(scale);
        }
    }
    for span in mapped {
        let first = cells.partition_point(|cell: &Cell| cell.start.saturating_add(scale) <= span.start);
        for cell in cells.iter_mut().skip(first).take_while(|cell| cell.start < span.end) {
            let end = cell.start.saturating_add(scale);
            let within = |from: u128, to: u128| to.min(end).saturating_sub(from.max(cell.start));
            let captured_end = span.start.saturating_add(span.captured);
            if span.kind == Kind::Other || cell.mapped == 0 {
                cell.mapped = cell.mapped.saturating_add(within(span.start, span.end)).min(scale);
            }
            cell.captured = cell.captured.saturating_add(within(span.start, captured_end));
            cell.kind = cell.kind.max(span.kind);
        }
    }
    cells
}

/// A line of the picture.
enum Row {
    /// Cells, and folded holes.
    Cells(Vec<Option<Cell>>),
    /// A large hole, in bytes.
    Hole(u128),
}

fn rows(segments: &[CellRun], cells: &[Cell], scale: u128, bar: usize) -> Vec<Row> {
    let mut holes: Vec<u128> = segments.iter().map(|segment| segment.hole).collect();
    holes.sort_unstable_by(|a, b| b.cmp(a));
    let least = holes.get(MOST_BREAKS).copied().unwrap_or(0);
    let mut rows = Vec::new();
    let mut row = Vec::new();
    let mut rest = cells.iter();
    for CellRun { start, end, hole } in segments {
        if *hole > least {
            rows.push(Row::Cells(std::mem::take(&mut row)));
            rows.push(Row::Hole(*hole));
        } else if *hole > 0 && !row.is_empty() {
            row.push(None);
        }
        let count = end.saturating_sub(*start).div_ceil(scale);
        for cell in rest.by_ref().take(usize::try_from(count).unwrap_or(usize::MAX)) {
            if row.len() >= bar {
                rows.push(Row::Cells(std::mem::take(&mut row)));
            }
            row.push(Some(*cell));
        }
    }
    rows.push(Row::Cells(row));
    rows
}

/// Modules, stacks and named mappings, by address.
fn labels(dump: &Dump, stacks: &[Stack]) -> Vec<Label> {
    let mut labels: Vec<Label> = Vec::new();
    for Stack { first, tid, .. } in stacks {
        labels.push(Label { at: (*first).into(), text: format!("stack of {tid}") });
    }
    for module in dump.layout().modules() {
        labels.push(Label { at: module.base.into(), text: shown(base_name(&module.name)) });
    }
    for region in dump.layout().regions() {
        if let Some(name) = region.name.as_deref().filter(|name| name.starts_with('[')) {
            labels.push(Label { at: region.start.into(), text: shown(name) });
        }
    }
    labels.sort_by_key(|label| label.at);
    labels.dedup_by(|a, b| a.text == b.text);
    labels
}

/// The names that fit, and the number of remaining names.
fn fitted<'a>(names: impl Iterator<Item = &'a str>, room: usize) -> String {
    let names: Vec<&str> = names.collect();
    let mut text = String::new();
    for (index, name) in names.iter().enumerate() {
        let rest = names.len().saturating_sub(index).saturating_sub(1);
        let more = if rest == 0 { String::new() } else { format!(" +{rest}") };
        let gap = if index == 0 { "" } else { ", " };
        let needed = [gap, name, &more].map(|part| part.chars().count()).iter().sum::<usize>();
        if text.chars().count().saturating_add(needed) > room {
            let rest = rest.saturating_add(1);
            let more = if index == 0 { String::new() } else { format!(" +{rest}") };
            if index == 0 {
                text = name.chars().take(room.saturating_sub(1)).collect();
                text.push('…');
            }
            return text + &more;
        }
        text.push_str(gap);
        text.push_str(name);
    }
    text
}
