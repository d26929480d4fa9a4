//! `find`: where patterns stand in the captured memory.

use std::cell::{Cell, RefCell};
use std::collections::HashMap;
use std::io;
use std::ops::ControlFlow;

use dumpedit::notation::{self, At, Pattern, RangeText, Scope, ThreadText};
use dumpedit::{Access, Context, Dump, Error, Found, Match, Module, Notice, RecordChoice, Search};
use serde_json::{Value, json};

use crate::args::FindArguments;
use crate::commands::{Done, open, thread};
use crate::failure::Failure;
use crate::output::progress::Bar;
use crate::output::text::{self, Style};
use crate::output::{Output, json};

/// The most bytes of a match that the JSON has.
const MOST_BYTES: u64 = 64;

pub(super) fn run(arguments: &FindArguments, output: &mut Output) -> Result<Done, Failure> {
    let patterns: Vec<Pattern> =
        arguments.patterns.iter().map(|text| text.parse()).collect::<Result<_, _>>()?;
    let range: Option<RangeText> = arguments.range.as_deref().map(str::parse).transpose()?;
    let stack_of: Option<ThreadText> = arguments.stack_of.as_deref().map(str::parse).transpose()?;
    let count = |text: &Option<String>| text.as_deref().map(notation::length).transpose();
    let (align, most) = (count(&arguments.align)?, count(&arguments.max)?);

    let dump = open(&arguments.dump, output)?;
    let scope = dump.scope(thread(&dump, &arguments.thread)?);
    let matchers = patterns.iter().map(|pattern| scope.matcher(pattern)).collect::<Result<_, _>>()?;
    let mut search = Search::new(matchers).align(align.unwrap_or(1)).most(most.unwrap_or(u64::MAX));
    if let Some((first, last)) = limits(&dump, &scope, range.as_ref(), stack_of)? {
        search = search.between(first, last);
    }
    let found = if arguments.count {
        counted(&dump, &search, output)?
    } else {
        listed(&dump, &search, &scope, &arguments.patterns, output)?
    };
    if found.complete && found.passed_over > 0 {
        let size = text::size(u128::from(found.passed_over));
        let notice = format!("{size} of mapped memory is not captured in the dump and was not searched");
        output.notices([&Notice(notice)]);
    }
    Ok(if found.matches > 0 { Done::All } else { Done::Part })
}

/// The first and the last address to search; none where that is everywhere.
fn limits(
    dump: &Dump,
    scope: &Scope<'_>,
    range: Option<&RangeText>,
    stack_of: Option<ThreadText>,
) -> Result<Option<(u64, u64)>, Failure> {
    let layout = dump.layout();
    if let Some(stack_of) = stack_of {
        let context = Context::Thread(stack_of.find(layout)?, RecordChoice::Auto);
        let sp = dump.read_register(context, "sp")?.to_u64().map_err(Error::from)?;
        layout.resolve(Context::Process, sp.into(), 1, Access::Read)?;
        let mapped = layout.mapping_at(sp).map(|mapping| mapping.last);
        return Ok(Some((sp, mapped.unwrap_or_else(|| end_of_captured(dump, sp)))));
    }
    let Some(range) = range else { return Ok(None) };
    match scope.range(range)? {
        (_, 0) => Err(Failure::empty_range(&range.to_string())),
        (location, len) => {
            let first = layout.linearize(scope.context(), location)?;
            Ok(Some((first, first.saturating_add(len.saturating_sub(1)))))
        }
    }
}

/// The last address of the captured memory without a gap around an address.
fn end_of_captured(dump: &Dump, address: u64) -> u64 {
    let ranges = dump.layout().captured_ranges(address, u64::MAX);
    let ends = ranges.windows(2).find(|pair| matches!(pair, [one, next] if !one.touches(next)));
    ends.and_then(|pair| pair.first()).or(ranges.last()).map_or(address, |range| range.last)
}

fn counted(dump: &Dump, search: &Search, output: &mut Output) -> Result<Found, Failure> {
    let mut bar = Bar::new("searching");
    let found =
        dump.find(search, &mut |_| ControlFlow::Continue(()), &mut |progress| bar.report(progress))?;
    drop(bar);
    if output.is_json() {
        output.document(&json!({ "count": found.matches }))?;
    } else {
        output.data(format!("{}\n", found.matches).as_bytes())?;
    }
    Ok(found)
}

fn listed(
    dump: &Dump,
    search: &Search,
    scope: &Scope<'_>,
    patterns: &[String],
    output: &mut Output,
) -> Result<Found, Failure> {
    let json = output.is_json();
    let places = Places::new(dump, scope);
    let mut found = Ok(Found::default());
    output.stream(|out, style| {
        let mut listing = Listing { dump, places, patterns, style: *style };
        let out = RefCell::new(out);
        let bar = RefCell::new(Bar::new("searching"));
        let written = Cell::new(Ok(()));
        let keep = |result: io::Result<()>| {
            let flow = if result.is_ok() { ControlFlow::Continue(()) } else { ControlFlow::Break(()) };
            written.set(result);
            flow
        };
        found = dump.find(
            search,
            &mut |one| {
                let line = if json { listing.in_json(&one).to_string() } else { listing.in_words(&one) };
                keep(bar.borrow().beside(|| writeln!(out.borrow_mut(), "{line}")))
            },
            &mut |progress| {
                bar.borrow_mut().report(progress)?;
                // Whoever waits for matches gets them as they are found.
                keep(bar.borrow().beside(|| out.borrow_mut().flush()))
            },
        );
        written.into_inner()
    })?;
    Ok(found?)
}

/// Matches as they are shown.
struct Listing<'a> {
    dump: &'a Dump,
    places: Places<'a>,
    patterns: &'a [String],
    style: Style,
}

impl Listing<'_> {
    /// The bytes from a match on, as many as there are up to a limit.
    fn bytes(&self, one: &Match, most: u64) -> Vec<u8> {
        let mut bytes = vec![0; usize::try_from(most).unwrap_or(0)];
        // A file that cannot be read any more ends the search itself.
        let read = self.dump.read_bytes(Context::Process, one.address, &mut bytes);
        bytes.truncate(read.map_or(0, |outcome| usize::try_from(outcome.completed).unwrap_or(0)));
        bytes
    }

    fn pattern(&self, one: &Match) -> &str {
        self.patterns.get(one.matcher).map_or("", String::as_str)
    }

    fn in_json(&mut self, one: &Match) -> Value {
        json!({
            "address": json::hex(one.address),
            "length": one.length,
            "file_offset": one.file_offset,
            "pattern": self.pattern(one),
            "module": self.places.in_module(one.address),
            "region": self.places.region(one.address).map(|(start, name)| {
                json!({ "start": json::hex(start), "name": name })
            }),
            "bytes": json::bytes(&self.bytes(one, one.length.min(MOST_BYTES))),
        })
    }

    /// Address, place, file offset, and 16 bytes from the match on.
    fn in_words(&mut self, one: &Match) -> String {
        const SHOWN: usize = 16;
        let digits = usize::from(self.dump.layout().pointer_width()).saturating_mul(2);
        let place = self.places.in_module(one.address).or_else(|| {
            let (start, name) = self.places.region(one.address)?;
            let offset = one.address.saturating_sub(start);
            Some(match name {
                Some(name) => format!("{name}+{offset:#x}"),
                None => format!("{start:#x}+{offset:#x}"),
            })
        });
        let bytes = self.bytes(one, SHOWN as u64);
        let hit = usize::try_from(one.length).unwrap_or(SHOWN).min(bytes.len());
        let (hit, rest) = bytes.split_at(hit);
        let hex = |bytes: &[u8]| -> String { bytes.iter().map(|byte| format!("{byte:02x} ")).collect() };
        let gap = " ".repeat(3usize.saturating_mul(SHOWN.saturating_sub(bytes.len())));
        let more = if one.length > SHOWN as u64 { "…" } else { "" };
        let pattern =
            if self.patterns.len() > 1 { format!("  {}", self.pattern(one)) } else { String::new() };
        format!(
            "0x{:0digits$x}  {:24}  {}  {}{}{gap} |{}{}|{more}{}",
            one.address,
            place.unwrap_or_default(),
            self.style.faint(&format!("{:#010x}", one.file_offset)),
            self.style.hit(&hex(hit)),
            hex(rest),
            self.style.hit(&text::printable(hit)),
            text::printable(rest),
            self.style.faint(&pattern),
        )
    }
}

/// What the dump says of an address.
struct Places<'a> {
    dump: &'a Dump,
    scope: &'a Scope<'a>,
    /// By base.
    modules: Vec<&'a Module>,
    /// How each module that was asked for is called, by base.
    names: HashMap<u64, String>,
}

impl<'a> Places<'a> {
    fn new(dump: &'a Dump, scope: &'a Scope<'a>) -> Self {
        let mut modules: Vec<&Module> = dump.layout().modules().iter().collect();
        modules.sort_by_key(|module| module.base);
        Places { dump, scope, modules, names: HashMap::new() }
    }

    /// The place in a module, as an AT where the module's name is the only such.
    fn in_module(&mut self, address: u64) -> Option<String> {
        let before = self.modules.partition_point(|module| module.base <= address);
        let module = *before.checked_sub(1).and_then(|at| self.modules.get(at))?;
        let offset = address.saturating_sub(module.base);
        if offset >= module.size {
            return None;
        }
        let scope = self.scope;
        let name = self.names.entry(module.base).or_insert_with(|| {
            let base_name = module.name.rsplit(['/', '\\']).next().unwrap_or(&module.name);
            let leads_here = |name: &&str| {
                scope.address(&At::Module((*name).to_owned())).is_ok_and(|address| address == module.base)
            };
            [base_name, &module.name].into_iter().find(leads_here).unwrap_or(base_name).to_owned()
        });
        Some(format!("{name}+{offset:#x}"))
    }

    /// Where the mapping around an address begins, or the captured memory where the dump lists no mapping; and its name.
    fn region(&self, address: u64) -> Option<(u64, Option<&'a str>)> {
        let layout = self.dump.layout();
        match layout.mapping_at(address) {
            Some(mapping) => Some((mapping.first, mapping.name.as_deref())),
            None => layout.nearest_captured(address).map(|(first, _)| (first, None)),
        }
    }
}
