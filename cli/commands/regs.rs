//! `regs`: shows the registers of one thread or of all threads.

use dumpedit::notation::NumberType;
use dumpedit::{
    AccessError, ByteOrder, Context, Dump, Group, HeldRegister, RecordChoice, RegisterPart, RegisterValue,
    Registers, ThreadIndex,
};
use serde_json::{Value, json};

use crate::args::{RegsArguments, ThreadArguments};
use crate::commands::open::open;
use crate::commands::thread_argument::{ALL_THREADS, reading};
use crate::done::Done;
use crate::failure::Failure;
use crate::output::text::Style;
use crate::output::{Output, flags, text};

pub(super) fn run(arguments: &RegsArguments, output: &mut Output) -> Result<Done, Failure> {
    let dump = open(&arguments.dump, output)?;
    output.notices(dump.layout().notices());
    let names = &arguments.registers;
    if arguments.thread.as_deref() == Some(ALL_THREADS) {
        let choice = RecordChoice::from(arguments.context);
        let indices = (0..).map(ThreadIndex).zip(dump.layout().threads()).map(|(index, _)| index);
        let threads = indices.map(|index| Thread::of(&dump, Context::Thread(index, choice), names));
        let threads = threads.collect::<Result<Vec<_>, _>>()?;
        if output.is_json() {
            output.bare_document(&threads.iter().map(Thread::in_json).collect::<Value>())?;
        } else {
            let texts: Vec<String> = threads.iter().map(|thread| thread.in_words(output.style)).collect();
            output.data(texts.join("\n").as_bytes())?;
        }
        return Ok(Done::All);
    }
    let thread = ThreadArguments { thread: arguments.thread.clone(), context: arguments.context };
    let thread = reading(&dump, &thread, output, |context| Thread::of(&dump, context?, names))?;
    if output.is_json() {
        output.document(&thread.in_json())?;
    } else {
        output.data(thread.in_words(output.style).as_bytes())?;
    }
    Ok(Done::All)
}

/// The shown registers of a thread, by record.
struct Thread {
    index: ThreadIndex,
    tid: u64,
    /// Name of the thread in text output.
    label: String,
    name: Option<String>,
    sets: Vec<Set>,
}

impl Thread {
    /// All registers of the context's record, or those with the given names.
    fn of(dump: &Dump, context: Context, names: &[String]) -> Result<Thread, Failure> {
        let found = dump.layout().thread(context)?;
        let index = context.thread().ok_or(AccessError::NeedsThread)?;
        let sets = if names.is_empty() { whole(dump, context)? } else { named(dump, context, names)? };
        let label = dump.layout().thread_label(index);
        Ok(Thread { index, tid: found.tid, label, name: found.name.clone(), sets })
    }

    fn in_json(&self) -> Value {
        json!({
            "tid": self.tid,
            "index": self.index.0,
            "context": self.sets.first().map(|set| set.record),
            "registers": self.sets.iter().flat_map(Set::listed).collect::<Vec<_>>(),
        })
    }

    fn in_words(&self, style: Style) -> String {
        let name = self.name.as_ref().map_or(String::new(), |name| format!(" ({})", text::shown(name)));
        let sets = self.sets.iter().map(|set| {
            let title = format!("thread {}{name}, {} record", self.label, set.record);
            format!("{}\n{}", style.faint(&title), set.in_words())
        });
        sets.collect::<Vec<_>>().join("\n")
    }
}

/// The records of a context. The 32-bit record of a WOW64 thread comes first, as in debuggers.
fn whole(dump: &Dump, context: Context) -> Result<Vec<Set>, Failure> {
    let wow64 = context.with_record(RecordChoice::Wow64);
    let wow64 = Some(wow64).filter(|_| context == context.with_record(RecordChoice::Auto));
    let wow64 = wow64.filter(|context| dump.layout().record_of(*context).is_some());
    let set = |context| {
        let mut set = Set::of(dump, context, false);
        let named = |HeldRegister { part, value, .. }| Shown {
            name: set.registers.name(part.id).to_owned(),
            part,
            symbol: symbol(dump, context, part, &value),
            value,
            float: None,
        };
        set.values = dump.registers(context)?.into_iter().map(named).collect();
        Ok(set)
    };
    wow64.into_iter().chain([context]).map(set).collect()
}

/// Registers by name, in the given order. A register of another record begins a new set.
fn named(dump: &Dump, context: Context, names: &[String]) -> Result<Vec<Set>, Failure> {
    let mut sets: Vec<(Context, Set)> = Vec::new();
    for name in names {
        let part = dump.register(context, name)?;
        let value = dump.read_register(context, name)?;
        let meant = dump.layout().context_of_name(context, name);
        if sets.last().is_none_or(|(last, _)| *last != meant) {
            sets.push((meant, Set::of(dump, meant, true)));
        }
        if let Some((_, set)) = sets.last_mut() {
            let float = float(name);
            // A lane keeps the requested type.
            let name = match float {
                Some(_) => name.to_ascii_lowercase(),
                None => set.registers.display(part),
            };
            let symbol = symbol(dump, meant, part, &value);
            set.values.push(Shown { name, part, value, float, symbol });
        }
    }
    Ok(sets.into_iter().map(|(_, set)| set).collect())
}

/// Maximum number of digits of a value; of longer ones (the ZA array), both ends are shown.
const MOST_DIGITS: usize = 512;

/// A register to show.
struct Shown {
    name: String,
    part: RegisterPart,
    value: RegisterValue,
    /// Type of a lane that was requested as a float.
    float: Option<NumberType>,
    /// Symbol of an address.
    symbol: Option<String>,
}

/// The symbol of an address in a register.
fn symbol(dump: &Dump, context: Context, part: RegisterPart, value: &RegisterValue) -> Option<String> {
    let width = dump.layout().pointer_width_of(context);
    let is_address = usize::from(width) == part.size();
    is_address.then(|| dump.label(value.to_u64().ok()?)).flatten()
}

/// The type of a lane that holds floats.
fn float(name: &str) -> Option<NumberType> {
    let (_, kind) = name.rsplit_once('.')?.0.rsplit_once('.')?;
    kind.to_ascii_lowercase().parse().ok().filter(|kind| matches!(kind, NumberType::Float(_)))
}

/// Registers of a record.
struct Set {
    record: &'static str,
    registers: &'static Registers,
    values: Vec<Shown>,
    /// Whether the registers were requested by name.
    chosen: bool,
}

impl Set {
    fn of(dump: &Dump, context: Context, chosen: bool) -> Set {
        let record = dump.layout().record_of(context).map_or("thread", |record| record.kind.name());
        Set { record, registers: dump.layout().machine_of(context).registers(), values: Vec::new(), chosen }
    }

    fn listed(&self) -> impl Iterator<Item = Value> + '_ {
        self.values.iter().map(|Shown { name, part, value, float, symbol }| {
            let mut view = json!({
                "name": name, "value": value.to_string(), "size": part.size(), "context": self.record,
            });
            if let Some(object) = view.as_object_mut() {
                if let Some(flags) = dumpedit::flags(self.registers, *part, value) {
                    object.insert("flags".to_owned(), json!(flags));
                }
                if let Some(symbol) = symbol {
                    object.insert("symbol".to_owned(), json!(symbol));
                }
                if let Some(float) = float {
                    object.insert(
                        "float".to_owned(),
                        json!(float.show(value.to_le_bytes(), ByteOrder::Little)),
                    );
                }
            }
            view
        })
    }

    fn in_words(&self) -> String {
        let Set { registers, values, .. } = self;
        let mut text = String::new();
        let mut group = None;
        // Text output shows only the widest view of a vector in the record.
        let is_widest = |part: RegisterPart| !values.iter().any(|other| covers(registers, other.part, part));
        for shown in values.iter().filter(|shown| self.chosen || is_widest(shown.part)) {
            let this = registers.get(shown.part.id).map(|register| register.group);
            if group.is_some() && group != this && !self.chosen {
                text.push('\n');
            }
            group = this;
            text.push_str(&line(registers, shown, this));
        }
        text
    }
}

/// Whether a listed register is a wider view of another one, or has the same bits and comes first.
fn covers(registers: &Registers, other: RegisterPart, part: RegisterPart) -> bool {
    let root = |part: RegisterPart| {
        registers.get(part.id).and_then(|register| register.view).map_or(part.id, |view| view.parent)
    };
    let comes_first = other.bits > part.bits || (other.bits == part.bits && other.id < part.id);
    comes_first && root(other) == root(part)
}

fn line(registers: &Registers, shown: &Shown, group: Option<Group>) -> String {
    let Shown { name, part, value, float, symbol } = shown;
    let digits = usize::try_from(value.bits().div_ceil(4)).unwrap_or(usize::MAX);
    let hex: String = value.to_le_bytes().iter().rev().map(|byte| format!("{byte:02x}")).collect();
    let hex = hex.get(hex.len().saturating_sub(digits)..).unwrap_or(&hex);
    if digits > MOST_DIGITS {
        const ENDS: usize = 16;
        let (first, last) = (hex.get(..ENDS), hex.get(digits.saturating_sub(ENDS)..));
        let (first, last) = (first.unwrap_or_default(), last.unwrap_or_default());
        return format!("{name:<10} 0x{first}…{last}  {} bytes\n", digits / 2);
    }
    let float = float.map(|float| float.show(value.to_le_bytes(), ByteOrder::Little));
    let meaning = match (flags::in_words(registers, *part, value), group, value.to_u64()) {
        _ if float.is_some() => format!("  {}", float.unwrap_or_default()),
        (Some(flags), ..) => format!("  {flags}"),
        _ if symbol.is_some() => format!("  {}", text::shown(symbol.as_deref().unwrap_or_default())),
        (None, Some(Group::General), Ok(number)) if number < 1_000_000 => format!("  {number}"),
        _ => String::new(),
    };
    format!("{name:<10} 0x{hex}{meaning}\n")
}
