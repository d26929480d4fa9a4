//! `where`: lists every file byte of a location.

use std::io::{self, Write};

use dumpedit::notation::{self, At};
use dumpedit::{Access, Aliases, Context, Dump, Location, Notice, NoticeKind, Region, Resolved, Span};
use serde_json::json;

use crate::args::WhereArguments;
use crate::commands::open::open;
use crate::commands::thread_argument::reading;
use crate::done::Done;
use crate::failure::Failure;
use crate::output::{Output, json, text};

/// Maximum number of named aliases of a piece.
const MOST_ALIASES: usize = 16;

/// Maximum number of copies whose aliases are looked up; nested regions of a hostile dump may have millions.
const MOST_LOOKED_UP: usize = 1000;

pub(super) fn run(arguments: &WhereArguments, output: &mut Output) -> Result<Done, Failure> {
    let at: At = arguments.at.parse()?;
    let len = arguments.len.as_deref().map(notation::length).transpose()?;
    if len == Some(0) && !arguments.empty.allow_empty {
        return Err(Failure::empty("a range of 0 bytes"));
    }
    let dump = open(&arguments.dump, output)?;
    let edit = dump.edit();
    let (location, context) = reading(&dump, &arguments.thread, output, |thread| {
        let scope = dump.scope(thread);
        let location = scope.locate(&at)?;
        let in_register = matches!(at, At::InRegister { .. });
        let context = if in_register { edit.records_for(scope.context_of(&at))? } else { scope.context() };
        Ok((location, context))
    })?;
    let resolved = match (location, len) {
        (Location::Register { part, byte: 0 }, None) => dump.layout().resolve_part(context, part)?,
        (Location::Register { part, byte }, None) => {
            let rest = u64::from(part.bytes().unwrap_or(1).saturating_sub(byte)).max(1);
            dump.layout().resolve(context, location, rest, Access::Read)?
        }
        (Location::Field { left, .. }, None) => {
            dump.layout().resolve(context, location, left, Access::Read)?
        }
        (_, len) => dump.layout().resolve(context, location, len.unwrap_or(1), Access::Read)?,
    };
    if let Some(notice) = dump.differing_copies(&resolved)? {
        output.notices([&notice]);
    }
    output.notices(&dump.field_elsewhere(location));
    let listing = Listing { dump: &dump, context, location, resolved: &resolved };
    let json = output.is_json();
    let mut all_looked_up = true;
    let notices = if json { output.take_notices() } else { Vec::new() };
    output.stream(|out, _| {
        all_looked_up = if json { listing.in_json(notices, out) } else { listing.in_words(out) }?;
        Ok(())
    })?;
    if !json && !all_looked_up {
        output.notices([&not_all_looked_up()]);
    }
    let outcome = &resolved.outcome;
    if let Some(stop) = outcome.stopped.filter(|_| !json) {
        output.say(&format!("found {} of {} bytes, {stop}", outcome.completed, outcome.requested));
    }
    Ok(if outcome.is_full() { Done::All } else { Done::Part })
}

fn not_all_looked_up() -> Notice {
    let message = format!("aliases were looked up for the first {MOST_LOOKED_UP} copies only");
    Notice::new(NoticeKind::AliasesNotLookedUp, message)
}

/// A resolved range. It is listed piece by piece, since it may have as many pieces as the dump has descriptors.
struct Listing<'a> {
    dump: &'a Dump,
    context: Context,
    location: Location,
    resolved: &'a Resolved,
}

/// Bytes that are consecutive in every copy.
struct Found {
    at: Location,
    length: u64,
    file_offsets: Vec<u64>,
    /// `None` if they were not looked up.
    aliases: Option<Aliases>,
}

impl Listing<'_> {
    /// Calls `each` with every piece. Returns whether the aliases of all pieces were looked up.
    fn pieces(&self, mut each: impl FnMut(Found) -> io::Result<()>) -> io::Result<bool> {
        let completed = self.resolved.outcome.completed;
        let written = match self.location {
            Location::Virtual(address) => Span::of(address, completed),
            _ => None,
        };
        let mut left = MOST_LOOKED_UP;
        let mut all_looked_up = true;
        let mut written_out = Ok(());
        self.resolved.stretches(|start, length, copies| {
            if written_out.is_err() {
                return;
            }
            let mut file_offsets: Vec<u64> = Vec::new();
            for piece in copies.iter().take(Region::MOST_OFFSETS) {
                let offset = piece.file_offset.saturating_add(start.saturating_sub(piece.start));
                if !file_offsets.contains(&offset) {
                    file_offsets.push(offset);
                }
            }
            let mut aliases = None;
            if left >= file_offsets.len() {
                left = left.saturating_sub(file_offsets.len());
                aliases = Some(self.aliases(&file_offsets, length, written));
            } else {
                all_looked_up = false;
            }
            written_out = each(Found { at: self.location.offset(start), length, file_offsets, aliases });
        });
        written_out.map(|()| all_looked_up)
    }

    fn aliases(&self, file_offsets: &[u64], length: u64, written: Option<Span>) -> Aliases {
        let mut bytes: Vec<Span> =
            file_offsets.iter().filter_map(|offset| Span::of(*offset, length)).collect();
        bytes.sort_unstable();
        let mut aliases = self.dump.layout().aliases(&bytes, written, MOST_ALIASES);
        aliases.addresses.sort_unstable();
        aliases.addresses.dedup();
        aliases
    }

    fn in_json(&self, mut notices: Vec<Notice>, out: &mut dyn Write) -> io::Result<bool> {
        let outcome = &self.resolved.outcome;
        let stopped = json::stop(self.dump, self.context, outcome.stopped.as_ref());
        let (requested, completed) = (outcome.requested, outcome.completed);
        write!(out, r#"{{"requested":{requested},"completed":{completed},"stopped":{stopped},"pieces":["#)?;
        let name = match self.location {
            Location::Virtual(_) => "address",
            Location::Tag(_) => "tag",
            Location::Field { .. } => "field",
            Location::Offset(_) => "offset",
            _ => "register",
        };
        let mut separator = "";
        let all_looked_up = self.pieces(|piece| {
            let at = self.dump.display(self.context, piece.at);
            let bare = |at: &str| {
                let prefix = ["reg:", "tag:", "offset:"].into_iter().find(|prefix| at.starts_with(prefix));
                at.get(prefix.map_or(0, str::len)..).unwrap_or_default().to_owned()
            };
            let named =
                |named: &Vec<u64>| named.iter().map(|address| json::hex(*address)).collect::<Vec<_>>();
            let mut view = json!({
                name: bare(&at),
                "length": piece.length,
                "file_offsets": piece.file_offsets,
                "aliases": piece.aliases.as_ref().map(|aliases| named(&aliases.addresses)),
                "alias_count": piece.aliases.as_ref().map(|aliases| aliases.count),
            });
            if let Location::Virtual(address) = piece.at {
                json::add_symbol(&mut view, self.dump, address);
            }
            write!(out, "{separator}{view}")?;
            separator = ",";
            Ok(())
        })?;
        if !all_looked_up {
            notices.push(not_all_looked_up());
        }
        writeln!(out, "],\"notices\":{}}}", json::notices(&notices))?;
        Ok(all_looked_up)
    }

    fn in_words(&self, out: &mut dyn Write) -> io::Result<bool> {
        self.pieces(|piece| {
            let at = self.dump.display(self.context, piece.at);
            let offsets: Vec<String> =
                piece.file_offsets.iter().map(|offset| format!("{offset:#x}")).collect();
            let bytes = text::counted(usize::try_from(piece.length).unwrap_or(usize::MAX), "byte");
            let symbol = match piece.at {
                Location::Virtual(address) => self.dump.label(address),
                _ => None,
            };
            let symbol = symbol.map_or(String::new(), |label| format!("  {}", text::shown(&label)));
            writeln!(out, "{at}{symbol}  {bytes}  file offset {}", offsets.join(", "))?;
            let Some(aliases) = piece.aliases.filter(|aliases| aliases.count > 0) else { return Ok(()) };
            let more = aliases.count.saturating_sub(aliases.addresses.len());
            let more = if more > 0 { format!(" and {more} more") } else { String::new() };
            let named: Vec<String> =
                aliases.addresses.iter().map(|address| format!("{address:#x}")).collect();
            writeln!(out, "  the same bytes: {}{more}", named.join(", "))
        })
    }
}
