//! `where`: every file byte behind a location.

use dumpedit::notation::{self, At};
use dumpedit::{Access, Context, Dump, Location, Piece, Resolved};
use serde_json::{Value, json};

use crate::args::WhereArguments;
use crate::commands::{Done, open, thread};
use crate::failure::Failure;
use crate::output::{Output, json};

/// How many aliases of a piece are named.
const MOST_ALIASES: usize = 16;

/// For how many copies aliases are looked up; behind a hostile dump's nested regions there may be millions.
const MOST_LOOKED_UP: usize = 1000;

pub(super) fn run(arguments: &WhereArguments, output: &mut Output) -> Result<Done, Failure> {
    let at: At = arguments.at.parse()?;
    let len = arguments.len.as_deref().map(notation::length).transpose()?;
    let dump = open(&arguments.dump, output)?;
    let edit = dump.edit();
    let scope = dump.scope(thread(&dump, &arguments.thread)?);
    let location = scope.locate(&at)?;
    let context = if matches!(at, At::InRegister { .. }) {
        edit.records_for(scope.thread()?)?
    } else {
        scope.context()
    };
    let resolved = match (location, len) {
        (Location::Register { part, byte: 0 }, None) => dump.layout().resolve_part(context, part)?,
        (Location::Register { part, byte }, None) => {
            let rest = u64::from(part.bytes().unwrap_or(1).saturating_sub(byte)).max(1);
            dump.layout().resolve(context, location, rest, Access::Read)?
        }
        (_, len) => dump.layout().resolve(context, location, len.unwrap_or(1), Access::Read)?,
    };
    let (pieces, all_looked_up) = pieces(&dump, location, &resolved);
    if !all_looked_up {
        output.say(&format!("notice: aliases are shown for the first {MOST_LOOKED_UP} copies only"));
    }
    let outcome = &resolved.outcome;
    if output.is_json() {
        let listed = pieces.iter().map(|piece| {
            let name = if matches!(location, Location::Virtual(_)) { "address" } else { "register" };
            let at = dump.display(context, piece.at);
            let at = at.strip_prefix("reg:").unwrap_or(&at);
            json!({
                name: at,
                "length": piece.length,
                "file_offsets": piece.file_offsets,
                "aliases": piece.aliases.iter().map(|address| json::hex(*address)).collect::<Vec<_>>(),
                "alias_count": piece.alias_count,
            })
        });
        output.document(&json!({
            "requested": outcome.requested,
            "completed": outcome.completed,
            "stopped": json::stop(&dump, context, outcome.stopped.as_ref()),
            "pieces": listed.collect::<Value>(),
        }))?;
    } else {
        let text: String = pieces.iter().map(|piece| piece.in_words(&dump, context)).collect();
        output.data(text.as_bytes())?;
        if let Some(stop) = outcome.stopped {
            output.say(&format!("found {} of {} bytes, {stop}", outcome.completed, outcome.requested));
        }
    }
    Ok(if outcome.is_full() { Done::All } else { Done::Part })
}

/// Bytes that stand together in every copy.
struct Found {
    at: Location,
    length: u64,
    file_offsets: Vec<u64>,
    /// Other addresses of the same file bytes, a few of them.
    aliases: Vec<u64>,
    alias_count: usize,
}

/// The pieces, and whether the aliases of all of them were looked up.
fn pieces(dump: &Dump, location: Location, resolved: &Resolved) -> (Vec<Found>, bool) {
    let written = match location {
        Location::Virtual(address) => {
            resolved.outcome.completed.checked_sub(1).map(|rest| (address, address.saturating_add(rest)))
        }
        _ => None,
    };
    let mut found = Vec::new();
    let mut looked_up = 0usize;
    resolved.stretches(|start, length, copies| {
        let offset = |piece: &Piece| piece.file_offset.saturating_add(start.saturating_sub(piece.start));
        let mut file_offsets: Vec<u64> =
            copies.iter().take(dumpedit::Region::MOST_OFFSETS).map(offset).collect();
        let mut seen = std::collections::HashSet::new();
        file_offsets.retain(|offset| seen.insert(*offset));
        let (mut aliases, mut alias_count) = (Vec::new(), 0usize);
        for file_offset in &file_offsets {
            if looked_up == MOST_LOOKED_UP {
                break;
            }
            looked_up = looked_up.saturating_add(1);
            let wanted = MOST_ALIASES.saturating_sub(aliases.len());
            let bytes = (*file_offset, file_offset.saturating_add(length.saturating_sub(1)));
            let (count, named) = dump.layout().aliases(&[bytes], written, wanted);
            alias_count = alias_count.saturating_add(count);
            aliases.extend(named);
        }
        found.push(Found { at: location.offset(start), length, file_offsets, aliases, alias_count });
    });
    (found, looked_up < MOST_LOOKED_UP)
}

impl Found {
    fn in_words(&self, dump: &Dump, context: Context) -> String {
        let at = dump.display(context, self.at);
        let offsets: Vec<String> = self.file_offsets.iter().map(|offset| format!("{offset:#x}")).collect();
        let mut text = format!("{at}  {} bytes  file offset {}\n", self.length, offsets.join(", "));
        if self.alias_count > 0 {
            let named: Vec<String> = self.aliases.iter().map(|address| format!("{address:#x}")).collect();
            let more = self.alias_count.saturating_sub(named.len());
            let more = if more > 0 { format!(" and {more} more") } else { String::new() };
            text.push_str(&format!("  the same bytes: {}{more}\n", named.join(", ")));
        }
        text
    }
}
