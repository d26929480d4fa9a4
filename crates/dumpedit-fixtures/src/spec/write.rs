//! A spec as YAML that a person can read: numbers in hex, bytes with their text beside, large contents packed.

use std::fs::File;
use std::io::{self, BufWriter, Write};

use base64::Engine;
use dumpedit::notation::{Value, is_hidden};
use dumpedit::{ByteOrder, Chunk, Machine, Protection};

use super::content::{Content, Data, DumpBytes};
use super::keys;
use super::{
    Address, ContextKind, Crash, CrashContext, DumpPart, Link, LoadCommand, LoadNote, Mapping, MemoryPlace,
    Module, Note, Number, Placed, Pointer, Record, Region, Register, Spec, Stack, State, Stream, System,
    Thread, Xstate, default_byte_order,
};
use crate::image::Source;
use dumpedit_formats::elf::schema as elf;
use dumpedit_formats::macho::schema as macho;
use dumpedit_formats::minidump::schema as minidump;
use dumpedit_formats::triage::schema as triage;

/// Where a spec's large contents go.
#[derive(Clone, Copy)]
#[non_exhaustive]
pub enum Packing<'a> {
    /// Into the text, compressed.
    Inline,
    /// Into files.
    Files {
        /// The way from the spec's folder to theirs: empty, or with a slash at its end.
        folder: &'a str,
        /// Makes a new file of the name that it is given.
        create: &'a dyn Fn(&str) -> io::Result<File>,
    },
}

/// Contents with no more lines of 16 bytes that are not zero than that are shown in hex.
const MOST_ROWS: usize = 128;

/// Contents of dumps are packed in pieces of this size, in bytes, so that no more is held at once.
const PACK: u64 = 16 << 20;

impl Spec {
    /// The spec as YAML. Large contents are compressed into it.
    ///
    /// # Errors
    /// What reading the contents says.
    pub fn to_yaml(&self) -> io::Result<String> {
        let mut text = Vec::new();
        self.write_yaml(&mut text, Packing::Inline)?;
        String::from_utf8(text).map_err(io::Error::other)
    }

    /// Writes the spec as YAML.
    ///
    /// # Errors
    /// What reading the contents, or writing the text or the files beside it, says.
    pub fn write_yaml(&self, output: &mut dyn Write, packing: Packing<'_>) -> io::Result<()> {
        let mut writer = Writer { output, packing, files: 0 };
        writer.map(0, false, &entries(self))?;
        writer.output.flush()
    }
}

/// A node of the document.
enum Out<'a> {
    Text(String),
    Flow(Vec<(&'static str, Out<'a>)>),
    Map(Vec<(String, Out<'a>)>),
    List(Vec<Out<'a>>),
    Texts(Vec<String>),
    Content(&'a Content),
}

/// A mapping in the making: keys that have nothing are left out.
#[derive(Default)]
struct Entries<'a> {
    entries: Vec<(String, Out<'a>)>,
}

impl<'a> Entries<'a> {
    fn put(&mut self, key: &str, value: Out<'a>) {
        self.entries.push((key.to_owned(), value));
    }

    fn text(&mut self, key: &str, value: impl ToString) {
        self.put(key, Out::Text(value.to_string()));
    }

    fn hex(&mut self, key: &str, value: &Option<Number>) {
        if let Some(number) = value {
            self.text(key, format!("{:#x}", number.value));
        }
    }

    fn decimal(&mut self, key: &str, value: &Option<Number>) {
        if let Some(number) = value {
            self.text(key, number.value);
        }
    }

    fn address(&mut self, key: &str, value: &Option<Address>) {
        if let Some(at) = value {
            self.text(key, &at.value);
        }
    }

    fn named(&mut self, key: &str, value: &Option<Placed<String>>) {
        if let Some(text) = value {
            self.text(key, &text.value);
        }
    }

    fn content(&mut self, key: &str, content: &'a Content) {
        if !content.is_empty() {
            self.put(key, Out::Content(content));
        }
    }

    fn addresses(&mut self, key: &str, all: &[Address]) {
        if !all.is_empty() {
            self.put(key, Out::Texts(all.iter().map(|at| at.value.to_string()).collect()));
        }
    }

    fn map(&mut self, key: &str, map: Entries<'a>) {
        if !map.entries.is_empty() {
            self.put(key, Out::Map(map.entries));
        }
    }

    fn list<T>(&mut self, key: &str, items: &'a [T], out: impl Fn(&'a T) -> Out<'a>) {
        if !items.is_empty() {
            self.put(key, Out::List(items.iter().map(out).collect()));
        }
    }
}

fn name_of(value: u64, names: &[(&str, u64)]) -> String {
    let found = names.iter().find(|(_, known)| *known == value);
    found.map_or_else(|| format!("{value:#x}"), |(name, _)| (*name).to_owned())
}

fn entries(spec: &Spec) -> Vec<(String, Out<'_>)> {
    let mut out = Entries::default();
    out.text("format", spec.format);
    out.text("machine", spec.machine);
    if spec.byte_order != default_byte_order(spec.machine) {
        out.text("byte_order", if spec.byte_order == ByteOrder::Little { "little" } else { "big" });
    }
    let mut header = Entries::default();
    header.hex("version", &spec.header.version);
    header.hex("checksum", &spec.header.checksum);
    header.decimal("timestamp", &spec.header.timestamp);
    header.hex("flags", &spec.header.flags);
    header.hex("entry", &spec.header.entry);
    header.hex("machine", &spec.header.machine);
    header.hex("subtype", &spec.header.subtype);
    header.decimal("class", &spec.header.class);
    header.decimal("os_abi", &spec.header.os_abi);
    header.decimal("abi_version", &spec.header.abi_version);
    header.hex("bug_check", &spec.header.bug_check);
    header.addresses("bug_check_parameters", &spec.header.bug_check_parameters);
    header.named("broken_driver", &spec.header.broken_driver);
    if spec.header.unfinished {
        header.text("unfinished", true);
    }
    header.content("content", &spec.header.content);
    out.map("header", header);
    if spec.system.left_out {
        out.text("system", "none");
    } else {
        out.map("system", system(&spec.system));
    }
    out.map("layout", layout(spec));
    out.list("threads", &spec.threads, |of_spec| thread(of_spec, spec.machine));
    match spec.crashes.as_slice() {
        [] => {}
        [one] => out.put("crash", crash(one)),
        many => out.put("crash", Out::List(many.iter().map(crash).collect())),
    }
    out.list("modules", &spec.modules, module);
    out.list("memory", &spec.memory, region);
    out.list("mappings", &spec.mappings, mapping);
    out.list("streams", &spec.streams, stream);
    out.list("parts", &spec.parts, part);
    out.list("notes", &spec.notes, note);
    out.list("load_notes", &spec.load_notes, load_note);
    out.list("load_commands", &spec.load_commands, load_command);
    out.content("patches", &spec.patches);
    out.hex("truncate", &spec.truncate);
    out.entries
}

fn system(system: &System) -> Entries<'_> {
    let mut out = Entries::default();
    out.named("os", &system.os);
    out.named("version", &system.version);
    out.named("service_pack", &system.service_pack);
    out.decimal("processors", &system.processors);
    out.hex("architecture", &system.architecture);
    out.decimal("level", &system.level);
    out.hex("revision", &system.revision);
    out.decimal("product_type", &system.product_type);
    out.hex("suite_mask", &system.suite_mask);
    out.hex("reserved", &system.reserved);
    out.content("cpu", &system.cpu);
    out
}

fn list_name(list: MemoryPlace) -> &'static str {
    match list {
        MemoryPlace::List => "memory-list",
        MemoryPlace::List64 => "memory64-list",
        MemoryPlace::Outside => "none",
    }
}

fn layout(spec: &Spec) -> Entries<'_> {
    let layout = &spec.layout;
    let mut out = Entries::default();
    if layout.memory != MemoryPlace::List {
        out.text("memory", list_name(layout.memory));
    }
    let padded = [layout.padded.threads, layout.padded.modules, layout.padded.memory];
    let padded: Vec<String> =
        padded.iter().zip(keys::PADDED).filter(|(on, _)| **on).map(|(_, name)| (*name).to_owned()).collect();
    if !padded.is_empty() {
        out.put("padded", Out::Texts(padded));
    }
    out.hex("note_flags", &layout.note_flags);
    out.decimal("note_align", &layout.note_align);
    out.decimal("note_padding", &layout.note_padding);
    for (key, on) in [("split_notes", layout.split_notes), ("extended", layout.extended)] {
        if on {
            out.text(key, true);
        }
    }
    out.hex("align", &layout.align);
    out.hex("page_size", &layout.page_size);
    out
}

fn registers(registers: &[Register]) -> Out<'_> {
    let entry =
        |register: &Register| (register.name.value.clone(), Out::Text(register.value.value.to_string()));
    Out::Map(registers.iter().map(entry).collect())
}

fn kind_name(kind: ContextKind) -> &'static str {
    match kind {
        ContextKind::None => "none",
        ContextKind::Raw => "raw",
        ContextKind::Windows => "windows",
        ContextKind::Short => "short",
        ContextKind::Breakpad => "breakpad",
        ContextKind::Crashpad => "crashpad",
    }
}

fn put_record<'a>(out: &mut Entries<'a>, record: &'a Record, own: bool) {
    if !record.registers.is_empty() {
        out.put("registers", registers(&record.registers));
    }
    let mut context = Entries::default();
    context.hex("size", &record.size);
    context.hex("flags", &record.flags);
    if let Some(xstate) = &record.xstate {
        context.put("xstate", xsave(xstate));
    }
    context.content("rest", &record.rest);
    match record.kind {
        Some(kind) if context.entries.is_empty() => out.text("context", kind_name(kind.value)),
        Some(kind) => {
            context.entries.insert(0, ("kind".to_owned(), Out::Text(kind_name(kind.value).to_owned())));
            out.map("context", context);
        }
        None if context.entries.is_empty() && own && record.registers.is_empty() => {
            out.text("context", "own")
        }
        None => out.map("context", context),
    }
}

fn xsave(xstate: &Xstate) -> Out<'_> {
    let Xstate { components, compacted, skip, size } = xstate;
    let components = format!("{:#x}", components.value);
    if *compacted && skip.is_none() && size.is_none() {
        return Out::Text(components);
    }
    let mut flow = vec![("components", Out::Text(components))];
    if !compacted {
        flow.push(("compacted", Out::Text("false".to_owned())));
    }
    for (key, number) in [("skip", skip), ("size", size)] {
        if let Some(number) = number {
            flow.push((key, Out::Text(number.value.to_string())));
        }
    }
    Out::Flow(flow)
}

fn thread(thread: &Thread, machine: Machine) -> Out<'_> {
    let mut out = Entries::default();
    out.decimal("tid", &thread.tid);
    out.named("name", &thread.name);
    out.decimal("signal", &thread.signal);
    put_record(&mut out, &thread.record, false);
    match &thread.stack {
        None => {}
        Some(Stack::None) => out.text("stack", "none"),
        Some(Stack::Region(label)) => out.text("stack", &label.value),
        Some(Stack::Descriptor { at, size, file_offset }) => {
            let flow = [
                ("at", at.value.to_string()),
                ("size", format!("{:#x}", size.value)),
                ("file_offset", file_offset.value.to_string()),
            ];
            out.put("stack", Out::Flow(flow.map(|(key, text)| (key, Out::Text(text))).into()));
        }
    }
    out.address("teb", &thread.teb);
    out.decimal("suspend_count", &thread.suspend_count);
    out.decimal("priority_class", &thread.priority_class);
    out.hex("priority", &thread.priority);
    match thread.notes.as_deref() {
        None => {}
        Some([]) => out.put("notes", Out::Texts(Vec::new())),
        Some(notes) => out.list("notes", notes, note),
    }
    match thread.states.as_deref() {
        None => {}
        Some([]) => out.put("states", Out::Texts(Vec::new())),
        Some(states) => out.list("states", states, |of_thread| state(of_thread, machine)),
    }
    if out.entries.is_empty() { Out::Flow(Vec::new()) } else { Out::Map(out.entries) }
}

fn crash(crash: &Crash) -> Out<'_> {
    let mut out = Entries::default();
    out.decimal("thread", &crash.thread);
    out.hex("code", &crash.code);
    out.hex("si_code", &crash.si_code);
    out.hex("flags", &crash.flags);
    out.address("address", &crash.address);
    out.address("nested", &crash.nested);
    out.addresses("parameters", &crash.parameters);
    out.decimal("parameter_count", &crash.parameter_count);
    match &crash.context {
        CrashContext::Shared => {}
        CrashContext::Equal => out.text("context", "equal"),
        CrashContext::None => out.text("context", "none"),
        CrashContext::Own(record) => put_record(&mut out, record, true),
    }
    if out.entries.is_empty() { Out::Flow(Vec::new()) } else { Out::Map(out.entries) }
}

fn module(module: &Module) -> Out<'_> {
    let mut out = Entries::default();
    out.text("base", &module.base.value);
    out.hex("size", &Some(module.size));
    out.text("name", &module.name.value);
    out.hex("page", &module.page);
    out.hex("checksum", &module.checksum);
    out.hex("timestamp", &module.timestamp);
    out.content("version", &module.version);
    for (key, record) in [("cv", &module.cv), ("misc", &module.misc)] {
        if let Some(record) = record {
            out.put(key, Out::Content(record));
        }
    }
    out.content("reserved", &module.reserved);
    Out::Map(out.entries)
}

fn region(region: &Region) -> Out<'_> {
    let mut out = Entries::default();
    out.named("label", &region.label);
    out.text("at", &region.at.value);
    out.hex("size", &region.size);
    out.hex("captured", &region.captured);
    out.hex("stored", &region.stored);
    if let Some(protection) = region.protection {
        out.text("protection", protection.value);
    }
    if let Some(list) = region.list {
        out.text("list", list_name(list.value));
    }
    out.address("file_offset", &region.file_offset);
    out.hex("type", &region.kind);
    out.hex("flags", &region.flags);
    out.address("physical", &region.physical);
    out.hex("align", &region.align);
    out.named("name", &region.name);
    out.hex("most_protection", &region.most_protection);
    out.hex("protection_bits", &region.protection_bits);
    out.decimal("section_count", &region.section_count);
    out.content("sections", &region.sections);
    out.content("content", &region.content);
    Out::Map(out.entries)
}

fn state(state: &State, machine: Machine) -> Out<'_> {
    let mut out = Entries::default();
    let flavor = |number: Number| {
        let name = u32::try_from(number.value).ok().and_then(|flavor| macho::flavor_name(machine, flavor));
        name.map_or_else(|| number.value.to_string(), str::to_owned)
    };
    out.text("flavor", flavor(state.flavor));
    if let Some(wrapper) = state.wrapper {
        out.text("wrapper", flavor(wrapper));
    }
    out.decimal("size", &state.size);
    out.content("content", &state.content);
    out.content("rest", &state.rest);
    Out::Map(out.entries)
}

fn load_note(note: &LoadNote) -> Out<'_> {
    let mut out = Entries::default();
    out.text("owner", &note.owner.value);
    out.hex("size", &note.size);
    out.content("content", &note.content);
    out.list("links", &note.links, link);
    Out::Map(out.entries)
}

fn load_command(command: &LoadCommand) -> Out<'_> {
    let mut out = Entries::default();
    let name = u32::try_from(command.kind.value).ok().and_then(macho::load_command_name);
    out.text("type", name.map_or_else(|| format!("{:#x}", command.kind.value), str::to_owned));
    out.content("content", &command.content);
    Out::Map(out.entries)
}

fn mapping(mapping: &Mapping) -> Out<'_> {
    let letters = |number: u64| {
        let same = (0..8u8)
            .map(|bits| Protection {
                read: bits & 4 != 0,
                write: bits & 2 != 0,
                execute: bits & 1 != 0,
                guard: false,
            })
            .filter(|protection| u64::from(minidump::page_protection(*protection)) == number)
            .max_by_key(|protection| protection.read);
        same.map_or_else(|| format!("{number:#x}"), |protection| protection.to_string())
    };
    let mut flow = vec![
        ("at", Out::Text(mapping.at.value.to_string())),
        ("size", Out::Text(format!("{:#x}", mapping.size.value))),
    ];
    let mut push = |key, text: Option<String>| flow.extend(text.map(|text| (key, Out::Text(text))));
    push("protection", mapping.protection.map(|number| letters(number.value)));
    push("state", mapping.state.map(|state| name_of(state.value, keys::STATES)));
    push("type", mapping.kind.map(|kind| name_of(kind.value, keys::TYPES)));
    push("base", mapping.base.as_ref().map(|base| base.value.to_string()));
    push("allocation_protection", mapping.allocation_protection.map(|number| letters(number.value)));
    Out::Flow(flow)
}

fn stream_name(kind: u64) -> String {
    let name = u32::try_from(kind).ok().and_then(minidump::stream_name);
    name.map_or_else(|| format!("{kind:#x}"), str::to_owned)
}

fn stream(stream: &Stream) -> Out<'_> {
    let mut out = Entries::default();
    out.text("type", stream_name(stream.kind.value));
    out.hex("size", &stream.size);
    out.address("file_offset", &stream.file_offset);
    out.content("content", &stream.content);
    out.list("links", &stream.links, link);
    Out::Map(out.entries)
}

fn part(part: &DumpPart) -> Out<'_> {
    let mut out = Entries::default();
    let field = part.field.value;
    let name = u32::try_from(field).ok().and_then(triage::part_name);
    out.text("type", name.map_or_else(|| format!("{field:#x}"), str::to_owned));
    out.hex("size", &part.size);
    out.content("content", &part.content);
    Out::Map(out.entries)
}

fn link(link: &Link) -> Out<'_> {
    let mut out = Entries::default();
    out.hex("at", &Some(link.at));
    match link.pointer {
        Pointer::Rva => {}
        Pointer::Rva64 => out.text("pointer", "rva64"),
        Pointer::Location => out.text("pointer", "location"),
    }
    out.hex("size", &link.size);
    out.content("content", &link.content);
    out.list("links", &link.links, self::link);
    Out::Map(out.entries)
}

fn note(note: &Note) -> Out<'_> {
    let mut out = Entries::default();
    let kind = u32::try_from(note.kind.value).unwrap_or(u32::MAX);
    let usual = elf::owner(kind);
    if let Some(owner) = note.owner.as_ref().filter(|owner| owner.value != usual) {
        out.text("owner", &owner.value);
    }
    if !note.is_terminated {
        out.text("terminated", false);
    }
    let owner = note.owner.as_ref().map_or(usual, |owner| owner.value.as_str());
    let name = elf::named(kind).filter(|_| ["CORE", "LINUX"].contains(&owner));
    out.text("type", name.map_or_else(|| format!("{kind:#x}"), str::to_owned));
    out.decimal("size", &note.size);
    out.content("content", &note.content);
    out.content("rest", &note.rest);
    if out.entries.len() == 1 || (note.content.is_empty() && note.rest.is_empty() && note.size.is_some()) {
        let text = |out: Out<'_>| match out {
            Out::Text(text) => Out::Text(text),
            _ => Out::Text(String::new()),
        };
        let known =
            |key: &str| ["owner", "terminated", "type", "size"].into_iter().find(|known| *known == key);
        let flow = out.entries.into_iter().filter_map(|(key, value)| Some((known(&key)?, text(value))));
        return Out::Flow(flow.collect());
    }
    Out::Map(out.entries)
}

/// A text as YAML takes it for that text.
fn quoted(text: &str) -> String {
    let first = |letter: char| letter.is_ascii_alphanumeric() || "/_.@-".contains(letter);
    let plain = |letter: char| letter.is_ascii_alphanumeric() || " _./:@+=%~()-".contains(letter);
    let is_plain = text.starts_with(first)
        && text.chars().all(plain)
        && !text.starts_with("- ")
        && !text.contains(": ")
        && !text.ends_with([':', ' '])
        && text != "-"
        && !text.starts_with("--- ")
        && !["---", "..."].contains(&text)
        && !["true", "false", "null", "yes", "no", "on", "off"].contains(&text.to_ascii_lowercase().as_str());
    if is_plain {
        return text.to_owned();
    }
    let mut quoted = String::from("\"");
    for letter in text.chars() {
        match letter {
            '"' => quoted.push_str("\\\""),
            '\\' => quoted.push_str("\\\\"),
            '\n' => quoted.push_str("\\n"),
            '\t' => quoted.push_str("\\t"),
            letter if is_hidden(letter) => {
                let number = u32::from(letter);
                if number <= 0xff {
                    quoted.push_str(&format!("\\x{number:02x}"));
                } else if number <= 0xffff {
                    quoted.push_str(&format!("\\u{number:04x}"));
                } else {
                    quoted.push_str(&format!("\\U{number:08x}"));
                }
            }
            letter => quoted.push(letter),
        }
    }
    quoted.push('"');
    quoted
}

/// As [`quoted`], for a text inside `[]` or `{}`.
fn quoted_in_flow(text: &str) -> String {
    if text.contains([',', '[', ']', '{', '}', '#']) && !quoted(text).starts_with('"') {
        format!("\"{text}\"")
    } else {
        quoted(text)
    }
}

struct Writer<'w> {
    output: &'w mut dyn Write,
    packing: Packing<'w>,
    /// How many files there are beside the spec.
    files: u64,
}

impl Writer<'_> {
    fn indent(&mut self, level: usize) -> io::Result<()> {
        write!(self.output, "{:width$}", "", width = level.saturating_mul(2))
    }

    /// The entries of a mapping; `in_list` where the first stands behind a dash.
    fn map(&mut self, level: usize, in_list: bool, entries: &[(String, Out<'_>)]) -> io::Result<()> {
        for (index, (key, value)) in entries.iter().enumerate() {
            if index > 0 || !in_list {
                self.indent(level)?;
            }
            write!(self.output, "{}:", quoted(key))?;
            self.value(level, value)?;
        }
        Ok(())
    }

    /// What stands behind a key.
    fn value(&mut self, level: usize, value: &Out<'_>) -> io::Result<()> {
        let deeper = level.saturating_add(1);
        match value {
            Out::Text(text) => writeln!(self.output, " {}", quoted(text)),
            Out::Texts(texts) => {
                let texts: Vec<String> = texts.iter().map(|text| quoted_in_flow(text)).collect();
                writeln!(self.output, " [{}]", texts.join(", "))
            }
            Out::Flow(entries) => writeln!(self.output, " {}", flow(entries)),
            Out::Map(entries) => {
                writeln!(self.output)?;
                self.map(deeper, false, entries)
            }
            Out::List(items) => {
                writeln!(self.output)?;
                for item in items {
                    self.indent(deeper)?;
                    write!(self.output, "- ")?;
                    match item {
                        Out::Map(entries) => self.map(deeper.saturating_add(1), true, entries)?,
                        Out::Flow(entries) => writeln!(self.output, "{}", flow(entries))?,
                        _ => writeln!(self.output)?,
                    }
                }
                Ok(())
            }
            Out::Content(content) => self.content(deeper, content),
        }
    }

    /// A content behind its key: one value, a list of values, or values by offset.
    fn content(&mut self, level: usize, content: &Content) -> io::Result<()> {
        let from_dump = content.pieces.iter().any(|piece| matches!(piece.data.value, Data::Dump(_)));
        let in_order = content.pieces.iter().all(|piece| piece.offset.is_none());
        if in_order && !from_dump {
            if let [one] = content.pieces.as_slice() {
                return self.data(level, &one.data.value);
            }
            let values: Vec<&Data> = content.pieces.iter().map(|piece| &piece.data.value).collect();
            if let Some(line) = one_line(&values) {
                return writeln!(self.output, " {line}");
            }
            writeln!(self.output)?;
            return self.items(level, values.into_iter());
        }
        // Pieces without an offset of their own belong to the one before them.
        let mut groups: Vec<(u64, Vec<&Data>)> = Vec::new();
        for piece in &content.pieces {
            match (&piece.offset, groups.last_mut()) {
                (Some(offset), _) => groups.push((offset.value, vec![&piece.data.value])),
                (None, Some((_, group))) => group.push(&piece.data.value),
                (None, None) => groups.push((0, vec![&piece.data.value])),
            }
        }
        let mut any = false;
        for (offset, group) in groups {
            match group.as_slice() {
                [Data::Dump(bytes)] => self.bytes(level, offset, bytes, &mut any)?,
                [one] => {
                    self.key(level, offset, &mut any)?;
                    self.data(level.saturating_add(1), one)?;
                }
                many => {
                    self.key(level, offset, &mut any)?;
                    if let Some(line) = one_line(many) {
                        writeln!(self.output, " {line}")?;
                        continue;
                    }
                    writeln!(self.output)?;
                    self.items(level.saturating_add(1), many.iter().copied())?;
                }
            }
        }
        if any { Ok(()) } else { writeln!(self.output, " {{}}  # zeros") }
    }

    /// An offset as a key, on a line of its own.
    fn key(&mut self, level: usize, offset: u64, any: &mut bool) -> io::Result<()> {
        if !*any {
            writeln!(self.output)?;
            *any = true;
        }
        self.indent(level)?;
        write!(self.output, "{offset:#06x}:")
    }

    fn items<'d>(&mut self, level: usize, items: impl Iterator<Item = &'d Data>) -> io::Result<()> {
        for item in items {
            self.indent(level)?;
            write!(self.output, "-")?;
            self.data(level.saturating_add(1), item)?;
        }
        Ok(())
    }

    /// One value, to the end of its line.
    fn data(&mut self, level: usize, data: &Data) -> io::Result<()> {
        match data {
            Data::Zeros(size) => writeln!(self.output, " zero:{size:#x}"),
            Data::Packed { frame, size } => self.frame(level, frame, *size),
            Data::Value(Value::Bytes(bytes)) => {
                let pairs: Vec<String> = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
                if bytes.is_empty() {
                    return writeln!(self.output, " \"\"");
                }
                // One word of digits may look like a number to other readers.
                if pairs.len() == 1 {
                    return writeln!(self.output, " \"{}\"", pairs.concat());
                }
                writeln!(self.output, " {}", pairs.join(" "))
            }
            Data::Value(value) => writeln!(self.output, " {}", quoted(&value.to_string())),
            Data::Dump(bytes) => {
                let frame = packed(&Source::Dump(bytes.clone()))?;
                self.frame(level, &frame, bytes.size)
            }
        }
    }

    /// A zstd frame as a block of base64.
    fn frame(&mut self, level: usize, frame: &[u8], size: u64) -> io::Result<()> {
        const LINE: usize = 96;
        writeln!(self.output, " |-  # {size} bytes")?;
        let letters = base64::engine::general_purpose::STANDARD.encode(frame);
        let mut rest = letters.as_str();
        let mut first = true;
        while !rest.is_empty() || first {
            let (line, behind) = rest.split_at_checked(LINE).unwrap_or((rest, ""));
            self.indent(level)?;
            writeln!(self.output, "{}{line}", if first { "zstd:" } else { "" })?;
            first = false;
            rest = behind;
        }
        Ok(())
    }

    /// Bytes of a dump by offset: lines of hex where they are few, else packed; zeros are left out.
    fn bytes(&mut self, level: usize, offset: u64, bytes: &DumpBytes, any: &mut bool) -> io::Result<()> {
        const SHOWN: u64 = 1 << 20;
        if bytes.size <= SHOWN {
            let all = Source::Dump(bytes.clone()).bytes()?;
            let rows = || {
                all.chunks(16)
                    .zip((offset..).step_by(16))
                    .filter(|(row, _)| row.iter().any(|byte| *byte != 0))
            };
            if rows().count() <= MOST_ROWS {
                for (row, at) in rows() {
                    self.key(level, at, any)?;
                    self.row(row)?;
                }
                return Ok(());
            }
        }
        let mut done = 0;
        while done < bytes.size {
            let piece = DumpBytes {
                dump: bytes.dump.clone(),
                file_offset: bytes.file_offset.saturating_add(done),
                size: bytes.size.saturating_sub(done).min(PACK),
            };
            let at = offset.saturating_add(done);
            done = done.saturating_add(piece.size);
            let source = Source::Dump(piece);
            if is_zero(&source)? {
                continue;
            }
            self.key(level, at, any)?;
            match self.packing {
                Packing::Inline => {
                    let frame = packed(&source)?;
                    self.frame(level.saturating_add(1), &frame, source.size())?;
                }
                Packing::Files { folder, create } => {
                    self.files = self.files.saturating_add(1);
                    let name = format!("{:03}.bin", self.files);
                    let mut file = BufWriter::new(create(&name)?);
                    source.read(&mut |chunk| chunk.write_to(&mut file))?;
                    file.flush()?;
                    let value = Value::File(format!("{folder}{name}")).to_string();
                    writeln!(self.output, " {}  # {} bytes", quoted(&value), source.size())?;
                }
            }
        }
        Ok(())
    }

    /// Sixteen bytes in hex, with their text behind where they have one.
    fn row(&mut self, row: &[u8]) -> io::Result<()> {
        let used = row.iter().rposition(|byte| *byte != 0).map_or(1, |last| last.saturating_add(1));
        // Trailing zeros are told by the next offset; whole words are easier on the eye.
        let row = row.get(..used.next_multiple_of(8).min(row.len())).unwrap_or(row);
        let mut line = String::new();
        for (column, byte) in row.iter().enumerate() {
            let gap = if column == 8 { "  " } else { " " };
            line.push_str(&format!("{gap}{byte:02x}"));
        }
        let letters = row.iter().filter(|byte| byte.is_ascii_graphic()).count();
        let text: String = row
            .iter()
            .map(|&byte| if byte == b' ' || byte.is_ascii_graphic() { char::from(byte) } else { '.' })
            .collect();
        match (row, letters) {
            ([byte], _) => writeln!(self.output, " \"{byte:02x}\""),
            (_, 0..=2) => writeln!(self.output, "{line}"),
            _ => writeln!(self.output, "{line:<50} # {}", text.trim_end()),
        }
    }
}

/// A few short values as a list on one line.
fn one_line(values: &[&Data]) -> Option<String> {
    const LONGEST: usize = 100;
    let text = |data: &&Data| match data {
        Data::Value(Value::Bytes(bytes)) => {
            let pairs: Vec<String> = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
            (bytes.len() > 1).then(|| pairs.join(" "))
        }
        Data::Value(value) => Some(quoted_in_flow(&value.to_string())),
        _ => None,
    };
    let texts: Vec<String> = values.iter().take(LONGEST).map(text).collect::<Option<_>>()?;
    let line = format!("[{}]", texts.join(", "));
    (values.len() <= LONGEST && line.chars().count() <= LONGEST).then_some(line)
}

fn flow(entries: &[(&'static str, Out<'_>)]) -> String {
    let entries: Vec<String> = entries
        .iter()
        .map(|(key, value)| match value {
            Out::Text(text) => format!("{key}: {}", quoted_in_flow(text)),
            _ => format!("{key}: {{}}"),
        })
        .collect();
    format!("{{{}}}", entries.join(", "))
}

fn is_zero(source: &Source) -> io::Result<bool> {
    let mut zero = true;
    source.read(&mut |chunk| {
        let Chunk::Bytes(bytes) = chunk else { return Ok(()) };
        zero &= bytes.iter().all(|byte| *byte == 0);
        Ok(())
    })?;
    Ok(zero)
}

/// A zstd frame that tells the size of its bytes.
fn packed(source: &Source) -> io::Result<Vec<u8>> {
    const LEVEL: i32 = 12;
    let mut encoder = zstd::stream::write::Encoder::new(Vec::new(), LEVEL)?;
    encoder.set_pledged_src_size(Some(source.size()))?;
    encoder.include_contentsize(true)?;
    source.read(&mut |chunk| chunk.write_to(&mut encoder))?;
    encoder.finish()
}
