//! A spec out of the tree of a YAML text.

use std::collections::HashSet;

use dumpedit::notation::{At, NumberText};
use dumpedit::{ByteOrder, Format, Machine, Protection};

use super::content::{Content, Data, Piece};
use super::keys::{self, Shape};
use super::yaml::{self, Kind, Node};
use super::{
    Address, Arrangement, ContextKind, Crash, CrashContext, DumpPart, Header, Link, LoadCommand, LoadNote,
    Mapping, MemoryPlace, Module, Note, Number, Padded, Place, Placed, Pointer, Record, Region, Register,
    Spec, Stack, State, Stream, System, Thread, Xstate, default_byte_order,
};
use crate::error::{FixtureError, Problem};
use dumpedit_formats::elf::schema as elf;
use dumpedit_formats::macho::schema as macho;
use dumpedit_formats::minidump::schema as minidump;
use dumpedit_formats::triage::schema as triage;

impl Spec {
    /// Reads a spec from its YAML text. No scalar's type is guessed: `0000` is text.
    ///
    /// # Errors
    /// [`FixtureError`] with the piece of text that is wrong.
    pub fn from_yaml(text: &str) -> Result<Spec, FixtureError> {
        let document = yaml::parse(text)?;
        let document = document.ok_or_else(|| {
            let place = Place { line: 1, column: 1, length: 1 };
            FixtureError::new(Problem::MissingKey { owner: keys::SPEC.name, key: "format" }, Some(place))
        })?;
        spec(&document)
    }
}

type Read<T> = Result<T, FixtureError>;

fn expected<T>(what: impl Into<String>, node: &Node) -> Read<T> {
    Err(FixtureError::new(Problem::Expected { expected: what.into() }, Some(node.place)))
}

/// The entries of a mapping whose keys are known.
struct Fields<'n> {
    shape: &'static Shape,
    place: Place,
    entries: Vec<(&'n str, &'n Node)>,
}

impl<'n> Fields<'n> {
    fn of(node: &'n Node, shape: &'static Shape) -> Read<Fields<'n>> {
        let mut fields = Fields { shape, place: node.place, entries: Vec::new() };
        let entries = match &node.kind {
            Kind::Map(entries) => entries.as_slice(),
            Kind::Nothing => &[],
            _ => {
                return expected(
                    format!("{}: a mapping with keys such as {}", shape.name, some_keys(shape)),
                    node,
                );
            }
        };
        for (key, place, value) in entries {
            if !shape.keys.iter().any(|known| known.name == key) {
                let problem =
                    Problem::UnknownKey { owner: shape.name, key: key.clone(), nearest: nearest(shape, key) };
                return Err(FixtureError::new(problem, Some(*place)));
            }
            if fields.entries.iter().any(|(known, _)| known == key) {
                return Err(FixtureError::new(Problem::RepeatedKey { key: key.clone() }, Some(*place)));
            }
            fields.entries.push((key, value));
        }
        for key in shape.keys.iter().filter(|key| key.required) {
            fields.required(key.name)?;
        }
        Ok(fields)
    }

    /// The value of a key; `None` where it is not there or has none.
    fn get(&self, key: &'static str) -> Option<&'n Node> {
        debug_assert!(self.shape.keys.iter().any(|known| known.name == key), "{key} is in no table");
        let (_, node) = self.entries.iter().find(|(known, _)| *known == key)?;
        (!matches!(node.kind, Kind::Nothing)).then_some(*node)
    }

    /// Whether a key is there, with a value or without.
    fn has(&self, key: &str) -> bool {
        self.entries.iter().any(|(known, _)| *known == key)
    }

    fn required(&self, key: &'static str) -> Read<&'n Node> {
        self.get(key).ok_or_else(|| {
            let problem = Problem::MissingKey { owner: self.shape.name, key };
            FixtureError::new(problem, Some(Place { length: 1, ..self.place }))
        })
    }

    fn read<T>(&self, key: &'static str, read: impl FnOnce(&Node) -> Read<T>) -> Read<Option<T>> {
        self.get(key).map(read).transpose()
    }

    fn number(&self, key: &'static str) -> Read<Option<Number>> {
        self.read(key, number)
    }

    fn address(&self, key: &'static str) -> Read<Option<Address>> {
        self.read(key, address)
    }

    fn text(&self, key: &'static str) -> Read<Option<Placed<String>>> {
        self.read(key, text)
    }

    fn content(&self, key: &'static str) -> Read<Content> {
        Ok(self.read(key, content)?.unwrap_or_default())
    }

    fn many<T>(&self, key: &'static str, read: impl Fn(&Node) -> Read<T>) -> Read<Vec<T>> {
        match self.get(key) {
            None => Ok(Vec::new()),
            Some(Node { kind: Kind::List(items), .. }) => items.iter().map(read).collect(),
            Some(node) => expected("a list: each entry on a line that begins with '-'", node),
        }
    }
}

fn some_keys(shape: &Shape) -> String {
    let names: Vec<&str> = shape.keys.iter().take(3).map(|key| key.name).collect();
    names.join(", ")
}

/// The key that is spelled most like a word, where one is.
fn nearest(shape: &Shape, word: &str) -> Option<&'static str> {
    let far = |key: &str| strsim::levenshtein(key, word);
    let best = shape.keys.iter().map(|key| key.name).min_by_key(|key| far(key))?;
    (far(best) <= (word.chars().count() / 3).max(1)).then_some(best)
}

fn text(node: &Node) -> Read<Placed<String>> {
    match &node.kind {
        Kind::Text(text) => Ok(Placed { value: text.clone(), place: Some(node.place) }),
        _ => expected("a text", node),
    }
}

fn placed<T>(node: &Node, value: T) -> Placed<T> {
    Placed { value, place: Some(node.place) }
}

fn number(node: &Node) -> Read<Number> {
    let text = text(node).or_else(|_| expected("a number: decimal, or hex after 0x", node))?;
    match dumpedit::notation::length(&text.value) {
        Ok(value) => Ok(placed(node, value)),
        Err(_) => expected("a number: decimal, or hex after 0x", node),
    }
}

fn address(node: &Node) -> Read<Address> {
    let text = text(node).or_else(|_| expected("an address, or a label", node))?;
    let at: At = text
        .value
        .parse()
        .map_err(|error: dumpedit::notation::NotationError| FixtureError::new(error, Some(node.place)))?;
    Ok(placed(node, at))
}

/// A number, or what an address may be.
fn parameter(node: &Node) -> Read<Address> {
    match number(node) {
        Ok(number) => Ok(placed(node, At::Address(number.value))),
        Err(_) => address(node),
    }
}

/// A number that may be less than zero, as its 32 bits.
fn signed(node: &Node) -> Read<Number> {
    let given = text(node)?;
    match given.value.parse::<i32>() {
        Ok(value) => Ok(placed(node, u64::from(value.cast_unsigned()))),
        Err(_) => number(node),
    }
}

fn flag(node: &Node) -> Read<bool> {
    match text(node)?.value.as_str() {
        "true" => Ok(true),
        "false" => Ok(false),
        _ => expected("true or false", node),
    }
}

/// The place of a word in a list of them.
fn word(node: &Node, words: &[&str]) -> Read<usize> {
    let found = match &node.kind {
        Kind::Text(text) => words.iter().position(|word| word == text),
        _ => None,
    };
    found.map_or_else(|| expected(format!("one of {}", words.join(", ")), node), Ok)
}

/// A number, or a word for one.
fn named_number(node: &Node, names: &[(&str, u64)]) -> Read<Number> {
    let given = text(node)?;
    if let Some((_, value)) = names.iter().find(|(name, _)| *name == given.value) {
        return Ok(placed(node, *value));
    }
    if let Ok(value) = dumpedit::notation::length(&given.value) {
        return Ok(placed(node, value));
    }
    let some: Vec<&str> = names.iter().take(8).map(|(name, _)| *name).collect();
    expected(format!("a number or a name such as {}", some.join(", ")), node)
}

fn protection(node: &Node) -> Read<Placed<Protection>> {
    match letters(node) {
        Some(protection) => Ok(placed(node, protection)),
        None => expected("a protection of three letters, such as r-x", node),
    }
}

fn letters(node: &Node) -> Option<Protection> {
    let Kind::Text(text) = &node.kind else { return None };
    let mut letters = text.chars();
    let mut one = |on: char| match letters.next() {
        Some(letter) if letter == on => Some(true),
        Some('-') => Some(false),
        _ => None,
    };
    let found = Protection { read: one('r')?, write: one('w')?, execute: one('x')?, guard: false };
    letters.next().is_none().then_some(found)
}

fn pages(node: &Node) -> Read<Number> {
    match letters(node) {
        Some(protection) => Ok(placed(node, minidump::page_protection(protection).into())),
        None => number(node).or_else(|_| expected("a protection such as r-x, or a number", node)),
    }
}

fn content(node: &Node) -> Read<Content> {
    let mut content = Content::default();
    match &node.kind {
        Kind::Nothing => {}
        Kind::Text(_) | Kind::List(_) => values(node, None, &mut content)?,
        Kind::Map(entries) => {
            let mut offsets = HashSet::new();
            for (key, place, value) in entries {
                let Ok(offset) = dumpedit::notation::length(key) else {
                    let expected = "an offset: decimal, or hex after 0x".to_owned();
                    return Err(FixtureError::new(Problem::Expected { expected }, Some(*place)));
                };
                if !offsets.insert(offset) {
                    return Err(FixtureError::new(Problem::RepeatedOffset { offset }, Some(*place)));
                }
                values(value, Some(Placed { value: offset, place: Some(*place) }), &mut content)?;
            }
        }
    }
    Ok(content)
}

/// A value or a list of them; lists may hold lists.
fn values(node: &Node, mut offset: Option<Number>, content: &mut Content) -> Read<()> {
    match &node.kind {
        Kind::Text(text) => {
            let data = data(text).map_err(|error| error.at(Some(node.place)))?;
            content.pieces.push(Piece { offset, data: placed(node, data) });
        }
        Kind::List(items) => {
            for item in items {
                if matches!(item.kind, Kind::Nothing) {
                    return expected("a value: an entry of a list cannot be empty", item);
                }
                values(item, offset.take(), content)?;
            }
        }
        Kind::Nothing => {}
        Kind::Map(_) => return expected("a value, or a list of them", node),
    }
    Ok(())
}

/// The bytes that a text means: what `write` takes, `zero:N`, or `zstd:` and base64.
fn data(text: &str) -> Read<Data> {
    if let Some(count) = text.strip_prefix("zero:") {
        return Ok(Data::Zeros(dumpedit::notation::length(count)?));
    }
    if let Some(packed) = text.strip_prefix("zstd:") {
        return Data::packed(packed).ok_or_else(|| {
            let expected = "a zstd frame that tells its size, in base64".to_owned();
            Problem::Expected { expected }.into()
        });
    }
    Ok(Data::Value(text.parse()?))
}

fn registers(node: &Node) -> Read<Vec<Register>> {
    let Kind::Map(entries) = &node.kind else {
        return expected("registers: a mapping of names to values, such as rip: 0x401000", node);
    };
    let mut registers: Vec<Register> = Vec::new();
    for (name, place, value) in entries {
        if registers.iter().any(|known| known.name.value == *name) {
            return Err(FixtureError::new(Problem::RepeatedKey { key: name.clone() }, Some(*place)));
        }
        let given = text(value)?;
        let number: NumberText =
            given.value.parse().map_err(|error: dumpedit::notation::NotationError| {
                FixtureError::new(error, Some(value.place))
            })?;
        registers.push(Register {
            name: Placed { value: name.clone(), place: Some(*place) },
            value: placed(value, number),
        });
    }
    Ok(registers)
}

fn spec(node: &Node) -> Read<Spec> {
    let fields = Fields::of(node, &keys::SPEC)?;
    let format = match word(fields.required("format")?, keys::FORMATS)? {
        0 => Format::Minidump,
        1 => Format::ElfCore,
        2 => Format::MachOCore,
        _ => Format::Triage,
    };
    let machine = fields.read("machine", |node| {
        let name = text(node)?;
        let found = Machine::ALL.iter().find(|machine| machine.name() == name.value);
        let names: Vec<&str> = Machine::ALL.iter().map(|machine| machine.name()).collect();
        found.copied().map_or_else(|| expected(format!("one of {}", names.join(", ")), node), Ok)
    })?;
    let machine = machine.unwrap_or(Machine::Amd64);
    let order = fields.read("byte_order", |node| word(node, keys::ORDERS))?;
    let byte_order = match order {
        Some(0) => ByteOrder::Little,
        Some(_) => ByteOrder::Big,
        None => default_byte_order(machine),
    };
    let crashes = match fields.get("crash") {
        None if fields.has("crash") => vec![Crash::default()],
        None => Vec::new(),
        Some(Node { kind: Kind::List(items), .. }) => items.iter().map(crash).collect::<Read<_>>()?,
        Some(node) => vec![crash(node)?],
    };
    Ok(Spec {
        format,
        machine,
        byte_order,
        header: fields.read("header", header)?.unwrap_or_default(),
        system: fields.read("system", system)?.unwrap_or_default(),
        layout: fields.read("layout", layout)?.unwrap_or_default(),
        threads: fields.many("threads", thread)?,
        crashes,
        modules: fields.many("modules", module)?,
        memory: fields.many("memory", region)?,
        mappings: fields.many("mappings", mapping)?,
        streams: fields.many("streams", stream)?,
        parts: fields.many("parts", part)?,
        notes: fields.many("notes", note)?,
        load_notes: fields.many("load_notes", load_note)?,
        load_commands: fields.many("load_commands", load_command)?,
        patches: fields.content("patches")?,
        truncate: fields.number("truncate")?,
    })
}

fn header(node: &Node) -> Read<Header> {
    let fields = Fields::of(node, &keys::HEADER)?;
    Ok(Header {
        version: fields.number("version")?,
        checksum: fields.number("checksum")?,
        timestamp: fields.number("timestamp")?,
        flags: fields.number("flags")?,
        entry: fields.number("entry")?,
        machine: fields.number("machine")?,
        subtype: fields.number("subtype")?,
        class: fields.number("class")?,
        os_abi: fields.number("os_abi")?,
        abi_version: fields.number("abi_version")?,
        bug_check: fields.number("bug_check")?,
        bug_check_parameters: fields.many("bug_check_parameters", parameter)?,
        broken_driver: fields.text("broken_driver")?,
        unfinished: fields.read("unfinished", flag)?.unwrap_or(false),
        content: fields.content("content")?,
    })
}

fn part(node: &Node) -> Read<DumpPart> {
    let fields = Fields::of(node, &keys::PART)?;
    Ok(DumpPart {
        field: kind(fields.required("type")?, "'debugger data'", triage::part_field)?,
        size: fields.number("size")?,
        content: fields.content("content")?,
    })
}

fn system(node: &Node) -> Read<System> {
    if matches!(&node.kind, Kind::Text(text) if text == "none") {
        return Ok(System { left_out: true, ..System::default() });
    }
    let fields = Fields::of(node, &keys::SYSTEM)?;
    Ok(System {
        left_out: false,
        os: fields.text("os")?,
        version: fields.text("version")?,
        service_pack: fields.text("service_pack")?,
        processors: fields.number("processors")?,
        architecture: fields.number("architecture")?,
        level: fields.number("level")?,
        revision: fields.number("revision")?,
        product_type: fields.number("product_type")?,
        suite_mask: fields.number("suite_mask")?,
        reserved: fields.number("reserved")?,
        cpu: fields.content("cpu")?,
    })
}

fn memory_place(node: &Node) -> Read<MemoryPlace> {
    Ok(match word(node, keys::LISTS)? {
        0 => MemoryPlace::List,
        1 => MemoryPlace::List64,
        _ => MemoryPlace::Outside,
    })
}

fn layout(node: &Node) -> Read<Arrangement> {
    let fields = Fields::of(node, &keys::LAYOUT)?;
    let padded = match fields.get("padded") {
        None => Padded::default(),
        Some(Node { kind: Kind::List(items), .. }) => {
            let mut padded = Padded::default();
            for item in items {
                match word(item, keys::PADDED)? {
                    0 => padded.threads = true,
                    1 => padded.modules = true,
                    _ => padded.memory = true,
                }
            }
            padded
        }
        Some(node) => {
            let all =
                flag(node).or_else(|_| expected("true, or a list of threads, modules, memory", node))?;
            Padded { threads: all, modules: all, memory: all }
        }
    };
    Ok(Arrangement {
        memory: fields.read("memory", memory_place)?.unwrap_or_default(),
        padded,
        note_flags: fields.number("note_flags")?,
        note_align: fields.number("note_align")?,
        note_padding: fields.number("note_padding")?,
        split_notes: fields.read("split_notes", flag)?.unwrap_or(false),
        extended: fields.read("extended", flag)?.unwrap_or(false),
        align: fields.number("align")?,
        page_size: fields.number("page_size")?,
    })
}

fn context_kind(node: &Node) -> Read<Placed<ContextKind>> {
    use ContextKind::{Breakpad, Crashpad, None, Raw, Short, Windows};
    let kinds = [None, Raw, Windows, Short, Breakpad, Crashpad];
    let kind = kinds.get(word(node, keys::CONTEXTS)?).copied().unwrap_or(Windows);
    Ok(placed(node, kind))
}

fn context(node: &Node, registers: Vec<Register>) -> Read<Record> {
    if matches!(node.kind, Kind::Text(_)) {
        return Ok(Record { registers, kind: Some(context_kind(node)?), ..Record::default() });
    }
    let fields = Fields::of(node, &keys::CONTEXT)?;
    Ok(Record {
        registers,
        kind: fields.read("kind", context_kind)?,
        size: fields.number("size")?,
        flags: fields.number("flags")?,
        xstate: fields.read("xstate", xstate)?,
        rest: fields.content("rest")?,
    })
}

fn xstate(node: &Node) -> Read<Xstate> {
    if matches!(node.kind, Kind::Text(_)) {
        return Ok(Xstate { components: number(node)?, compacted: true, skip: None, size: None });
    }
    let fields = Fields::of(node, &keys::XSTATE)?;
    Ok(Xstate {
        components: number(fields.required("components")?)?,
        compacted: fields.read("compacted", flag)?.unwrap_or(true),
        skip: fields.number("skip")?,
        size: fields.number("size")?,
    })
}

fn thread(node: &Node) -> Read<Thread> {
    let fields = Fields::of(node, &keys::THREAD)?;
    let registers = fields.read("registers", registers)?.unwrap_or_default();
    let record = match fields.get("context") {
        Some(node) => context(node, registers)?,
        None => Record { registers, ..Record::default() },
    };
    let notes = match fields.has("notes") {
        true => Some(fields.many("notes", note)?),
        false => None,
    };
    let states = match fields.has("states") {
        true => Some(fields.many("states", state)?),
        false => None,
    };
    Ok(Thread {
        tid: fields.number("tid")?,
        name: fields.text("name")?,
        record,
        stack: fields.read("stack", stack)?,
        teb: fields.address("teb")?,
        suspend_count: fields.number("suspend_count")?,
        priority_class: fields.number("priority_class")?,
        priority: fields.number("priority")?,
        signal: fields.number("signal")?,
        notes,
        states,
    })
}

fn state(node: &Node) -> Read<State> {
    let fields = Fields::of(node, &keys::STATE)?;
    let flavor = |node: &Node| kind(node, "x86_THREAD_STATE64", macho::flavor);
    Ok(State {
        flavor: flavor(fields.required("flavor")?)?,
        wrapper: fields.read("wrapper", flavor)?,
        size: fields.number("size")?,
        content: fields.content("content")?,
        rest: fields.content("rest")?,
    })
}

fn load_note(node: &Node) -> Read<LoadNote> {
    let fields = Fields::of(node, &keys::LOAD_NOTE)?;
    Ok(LoadNote {
        owner: text(fields.required("owner")?)?,
        size: fields.number("size")?,
        content: fields.content("content")?,
        links: fields.many("links", link)?,
    })
}

fn load_command(node: &Node) -> Read<LoadCommand> {
    let fields = Fields::of(node, &keys::LOAD_COMMAND)?;
    Ok(LoadCommand {
        kind: kind(fields.required("type")?, "LC_UUID", macho::load_command)?,
        content: fields.content("content")?,
    })
}

fn stack(node: &Node) -> Read<Stack> {
    match &node.kind {
        Kind::Text(text) if text == "none" => Ok(Stack::None),
        Kind::Text(label) => Ok(Stack::Region(placed(node, label.clone()))),
        _ => {
            let fields = Fields::of(node, &keys::STACK)?;
            Ok(Stack::Descriptor {
                at: address(fields.required("at")?)?,
                size: number(fields.required("size")?)?,
                file_offset: file_offset(fields.required("file_offset")?)?,
            })
        }
    }
}

/// A file offset: a number, which may be decimal, or a label.
fn file_offset(node: &Node) -> Read<Address> {
    number(node).map(|offset| placed(node, At::Address(offset.value))).or_else(|_| address(node))
}

fn crash(node: &Node) -> Read<Crash> {
    let fields = Fields::of(node, &keys::CRASH)?;
    let registers = fields.read("registers", registers)?;
    let context = match (fields.get("context"), registers) {
        (None, None) => CrashContext::Shared,
        (None, Some(registers)) => CrashContext::Own(Record { registers, ..Record::default() }),
        (Some(node @ Node { kind: Kind::Text(_), .. }), registers) => {
            match (word(node, keys::CRASH_CONTEXTS)?, registers) {
                (3, registers) => {
                    let registers = registers.unwrap_or_default();
                    CrashContext::Own(Record { registers, ..Record::default() })
                }
                (_, Some(_)) => {
                    let text = "a context with registers of its own is none of these";
                    return Err(FixtureError::contradiction(text, Some(node.place)));
                }
                (0, None) => CrashContext::Shared,
                (1, None) => CrashContext::Equal,
                _ => CrashContext::None,
            }
        }
        (Some(node), registers) => CrashContext::Own(context(node, registers.unwrap_or_default())?),
    };
    Ok(Crash {
        thread: fields.number("thread")?,
        code: fields.number("code")?,
        si_code: fields.read("si_code", signed)?,
        flags: fields.number("flags")?,
        address: fields.address("address")?,
        nested: fields.address("nested")?,
        parameters: fields.many("parameters", parameter)?,
        parameter_count: fields.number("parameter_count")?,
        context,
    })
}

fn module(node: &Node) -> Read<Module> {
    let fields = Fields::of(node, &keys::MODULE)?;
    Ok(Module {
        base: address(fields.required("base")?)?,
        size: number(fields.required("size")?)?,
        name: text(fields.required("name")?)?,
        page: fields.number("page")?,
        checksum: fields.number("checksum")?,
        timestamp: fields.number("timestamp")?,
        version: fields.content("version")?,
        cv: fields.read("cv", content)?,
        misc: fields.read("misc", content)?,
        reserved: fields.content("reserved")?,
    })
}

fn region(node: &Node) -> Read<Region> {
    let fields = Fields::of(node, &keys::REGION)?;
    Ok(Region {
        label: fields.text("label")?,
        at: address(fields.required("at")?)?,
        size: fields.number("size")?,
        captured: fields.number("captured")?,
        stored: fields.number("stored")?,
        content: fields.content("content")?,
        protection: fields.read("protection", protection)?,
        list: fields.read("list", |node| Ok(placed(node, memory_place(node)?)))?,
        file_offset: fields.read("file_offset", file_offset)?,
        kind: fields.number("type")?,
        flags: fields.number("flags")?,
        physical: fields.address("physical")?,
        align: fields.number("align")?,
        name: fields.text("name")?,
        most_protection: fields.number("most_protection")?,
        protection_bits: fields.number("protection_bits")?,
        sections: fields.content("sections")?,
        section_count: fields.number("section_count")?,
    })
}

fn mapping(node: &Node) -> Read<Mapping> {
    let fields = Fields::of(node, &keys::MAPPING)?;
    Ok(Mapping {
        at: address(fields.required("at")?)?,
        size: number(fields.required("size")?)?,
        protection: fields.read("protection", pages)?,
        base: fields.address("base")?,
        allocation_protection: fields.read("allocation_protection", pages)?,
        state: fields.read("state", |node| named_number(node, keys::STATES))?,
        kind: fields.read("type", |node| named_number(node, keys::TYPES))?,
    })
}

fn stream(node: &Node) -> Read<Stream> {
    let fields = Fields::of(node, &keys::STREAM)?;
    Ok(Stream {
        kind: kind(fields.required("type")?, "ThreadListStream", minidump::stream_kind)?,
        size: fields.number("size")?,
        content: fields.content("content")?,
        links: fields.many("links", link)?,
        file_offset: fields.read("file_offset", file_offset)?,
    })
}

fn link(node: &Node) -> Read<Link> {
    let fields = Fields::of(node, &keys::LINK)?;
    let pointers = [Pointer::Rva, Pointer::Rva64, Pointer::Location];
    let pointer = fields.read("pointer", |node| word(node, keys::POINTERS))?;
    Ok(Link {
        at: number(fields.required("at")?)?,
        pointer: pointer.and_then(|at| pointers.get(at)).copied().unwrap_or_default(),
        size: fields.number("size")?,
        content: fields.content("content")?,
        links: fields.many("links", link)?,
    })
}

/// A type: a number, or a name in the headers.
fn kind(node: &Node, example: &str, by_name: impl FnOnce(&str) -> Option<u32>) -> Read<Number> {
    let given = text(node)?;
    let named = by_name(&given.value).map(u64::from);
    match named.or_else(|| dumpedit::notation::length(&given.value).ok()) {
        Some(kind) => Ok(placed(node, kind)),
        None => expected(format!("a number or a name such as {example}"), node),
    }
}

fn note(node: &Node) -> Read<Note> {
    let fields = Fields::of(node, &keys::NOTE)?;
    Ok(Note {
        owner: fields.text("owner")?,
        is_terminated: fields.read("terminated", flag)?.unwrap_or(true),
        kind: kind(fields.required("type")?, "NT_AUXV", elf::number)?,
        size: fields.number("size")?,
        content: fields.content("content")?,
        rest: fields.content("rest")?,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_nearest_key_is_suggested_and_a_far_one_is_not() {
        assert_eq!(nearest(&keys::THREAD, "regsters"), Some("registers"));
        assert_eq!(nearest(&keys::THREAD, "colour"), None);
    }

    #[test]
    fn no_scalar_is_taken_for_a_number() {
        let text = "format: minidump\nmemory:\n  - at: 0x1000\n    content: [0000, 1e10, \"00\"]\n";
        let spec = Spec::from_yaml(text).unwrap();
        let pieces: Vec<&Data> =
            spec.memory[0].content.pieces.iter().map(|piece| &piece.data.value).collect();
        let bytes = |bytes: &[u8]| Data::Value(dumpedit::notation::Value::Bytes(bytes.to_vec()));
        assert_eq!(pieces, [&bytes(&[0, 0]), &bytes(&[0x1e, 0x10]), &bytes(&[0])]);
    }
    #[test]
    fn only_an_empty_scalar_is_nothing() {
        for value in
            ["[\"00\", null]", "[\"00\", ~]", "[\"00\", ]\n    size: null", "\n      - \"00\"\n      -"]
        {
            let text = format!("format: minidump\nmemory:\n  - at: 0x1000\n    content: {value}\n");
            assert!(Spec::from_yaml(&text).is_err(), "{text}");
        }
        let text = "format: minidump\nmodules: [{base: 0x1000, size: 1, name: null}]\n";
        assert_eq!(Spec::from_yaml(text).unwrap().modules[0].name.value, "null");
    }
}
