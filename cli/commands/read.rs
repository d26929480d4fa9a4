//! `read`: shows memory or a register as a hexdump, raw, as numbers, or its strings.

use dumpedit::notation::{self, At, LocationRange, NumberType, RangeEnd, RangeText};
use dumpedit::{Access, Location};
use serde_json::{Value, json};

use crate::args::ReadArguments;
use crate::commands::open::open;
use crate::commands::reading::Reading;
use crate::commands::strings;
use crate::commands::thread_argument::{reading, thread};
use crate::done::Done;
use crate::failure::Failure;
use crate::input::is_standard;
use crate::output::remarks::Remarks;
use crate::output::text::Remark;
use crate::output::{Output, json, text};

pub(super) fn run(arguments: &ReadArguments, output: &mut Output) -> Result<Done, Failure> {
    let type_: Option<NumberType> = arguments.type_.as_deref().map(str::parse).transpose()?;
    let count = arguments.count.as_deref().map(notation::length).transpose()?;
    let least = arguments.min.as_deref().map(notation::length).transpose()?;
    let range = range(&arguments.range, type_, count)?;
    let dump = open(&arguments.dump, output)?;
    let (context, location, resolved) = reading(&dump, &arguments.thread, output, |thread| {
        let scope = dump.scope(thread);
        let context = scope.context_of(match &range {
            Wanted::Range(range) => &range.start,
            Wanted::Numbers { at, .. } | Wanted::Place(at) => at,
        });
        let (location, requested) = match &range {
            Wanted::Range(range) => {
                let LocationRange { start, len, .. } = scope.range(range)?;
                (start, len)
            }
            Wanted::Place(at) => match scope.locate(at)? {
                // A field has a length.
                start @ Location::Field { left, .. } => (start, left),
                start => (start, scope.left_in_symbol(at).unwrap_or(USUAL)),
            },
            Wanted::Numbers { at, type_, count } => {
                let size = type_.size(dump.layout().pointer_width_of(context));
                (scope.locate(at)?, count.saturating_mul(u64::from(size)))
            }
        };
        Ok((context, location, dump.layout().resolve(context, location, requested, Access::Read)?))
    })?;
    let notice = dump.differing_copies(&resolved)?;
    let outcome = resolved.outcome;
    if outcome.requested == 0 && !arguments.empty.allow_empty {
        return Err(Failure::empty(&format!("the range '{}'", arguments.range)));
    }
    output.notices(&notice);
    output.notices(&dump.field_elsewhere(location));
    let reading = Reading { dump: &dump, context, location, outcome: &outcome };
    if arguments.strings {
        strings::of_reading(&reading, usize::try_from(least.unwrap_or(4)).unwrap_or(usize::MAX), output)?;
    } else if output.is_json() {
        reading.in_json(type_, output)?;
    } else if arguments.raw {
        reading.blocks(|_, block| output.raw(block))?;
    } else {
        let mut remarks = None;
        if let (Location::Virtual(address), true) = (location, output.remarks()) {
            let thread = thread(&dump, &arguments.thread)?.ok();
            let found = Remarks::new(&dump, thread, output.columns(), output.style);
            remarks = Some(match is_standard(&arguments.dump) {
                true => found,
                false => found.with_edits(address, &resolved.pieces),
            });
        }
        reading.in_words(type_, remarks, output)?;
    }
    if let Some(stop) = outcome.stopped.filter(|_| !output.is_json()) {
        output.say(&format!("read {} of {} bytes, {stop}", outcome.completed, outcome.requested));
    }
    Ok(if outcome.is_full() { Done::All } else { Done::Part })
}

/// Range to read.
enum Wanted {
    /// A number of bytes.
    Range(RangeText),
    /// All bytes from a place to the end of its symbol, variable or field, else [`USUAL`] bytes.
    Place(At),
    /// A number of typed values.
    Numbers { at: At, type_: NumberType, count: u64 },
}

/// Number of bytes read from a place without a length.
const USUAL: u64 = 64;

/// Parses a range or a place; with a type, a place and a number of values.
fn range(text: &str, type_: Option<NumberType>, count: Option<u64>) -> Result<Wanted, Failure> {
    let range = text.parse::<RangeText>();
    // A place without an end may have a length.
    let is_place = matches!(range, Ok(RangeText { end: RangeEnd::Whole, .. })) || !text.contains("..");
    match (range, type_) {
        (Ok(RangeText { end: RangeEnd::Length(_), .. }), _) if count.is_some() => {
            Err(Failure::two_lengths(text))
        }
        (Ok(range), _) if count.is_none() && !is_place => Ok(Wanted::Range(range)),
        (_, Some(type_)) if count.is_some() || is_place => {
            Ok(Wanted::Numbers { at: text.parse()?, type_, count: count.unwrap_or(1) })
        }
        (range, None) if count.is_none() && is_place => match text.parse()? {
            At::InRegister { .. } => Ok(Wanted::Range(range?)),
            place => Ok(Wanted::Place(place)),
        },
        (range, _) => Ok(Wanted::Range(range?)),
    }
}

impl Reading<'_> {
    fn in_json(&self, type_: Option<NumberType>, output: &mut Output) -> Result<(), Failure> {
        let mut all = Vec::new();
        self.blocks(|_, block| {
            all.extend_from_slice(block);
            Ok(())
        })?;
        let mut document = json!({
            "requested": self.outcome.requested,
            "completed": self.outcome.completed,
            "stopped": json::stop(self.dump, self.context, self.outcome.stopped.as_ref()),
            "bytes": json::bytes(&all),
        });
        if let Location::Virtual(address) = self.location {
            json::add_symbol(&mut document, self.dump, address);
        }
        if let (Some(type_), Some(object)) = (type_, document.as_object_mut()) {
            let values = self.numbers(type_, &all).map(Value::String).collect();
            object.insert("values".to_owned(), Value::Array(values));
        }
        output.document(&document)
    }

    fn in_words(
        &self,
        type_: Option<NumberType>,
        mut remarks: Option<Remarks<'_>>,
        output: &mut Output,
    ) -> Result<(), Failure> {
        let digits = usize::from(self.dump.layout().pointer_width()).saturating_mul(2);
        let (first, digits) = match self.location {
            Location::Virtual(address) => (address, digits),
            _ => (0, 2),
        };
        let style = output.style;
        self.blocks(|done, block| {
            let at = first.saturating_add(done);
            let Some(type_) = type_ else {
                let remark = |at, line: &[u8], width| {
                    remarks.as_mut().map_or_else(Remark::default, |remarks| remarks.on_line(at, line, width))
                };
                let lines = text::remarked_hexdump(at, block, digits, style, remark);
                return output.data(lines.as_bytes());
            };
            let size = usize::from(self.size(type_)).max(1);
            let values = self.numbers(type_, block).zip(block.chunks_exact(size));
            let lines = values.zip((at..).step_by(size)).map(|((number, bytes), at)| {
                let width = digits.saturating_add(number.len()).saturating_add("0x  ".len());
                let address = style.faint(&format!("0x{at:0digits$x}"));
                let Some(remarks) = &mut remarks else { return format!("{address}  {number}\n") };
                let (kind, words) = remarks.on_number(at, bytes, type_ == NumberType::Pointer, width);
                let number = kind.map_or_else(|| number.clone(), |kind| style.kind(kind, &number));
                format!("{address}  {number}{words}\n")
            });
            output.data(lines.collect::<String>().as_bytes())
        })
    }

    fn size(&self, type_: NumberType) -> u8 {
        type_.size(self.dump.layout().pointer_width_of(self.context))
    }

    /// The complete numbers in a slice of bytes.
    fn numbers<'a>(&self, type_: NumberType, bytes: &'a [u8]) -> impl Iterator<Item = String> + use<'a> {
        let order = self.dump.layout().byte_order();
        bytes.chunks_exact(usize::from(self.size(type_)).max(1)).map(move |bytes| type_.show(bytes, order))
    }
}
