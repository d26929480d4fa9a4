//! Modules at their linked addresses, gdb, and compilers.

#![allow(dead_code, reason = "each test uses a part")]

use std::path::{Path as FilePath, PathBuf};
use std::process::{Command, Stdio};
use std::sync::Arc;

use dumpedit_layout::{ByteOrder, Machine};
use dumpedit_symbols::dwarf::Dwarf;
use dumpedit_symbols::types::{Language, TypeReader, TypeRef, VariableLocation};
use dumpedit_symbols::{
    FoundName, Names, Path, PrintLimits, ReadMemory, SymbolFile, Typed, TypedError, Within, evaluate, printed,
};
use object::{Object, ObjectSection, ObjectSymbol};

/// Whether a tool runs. If it does not, says that the test skips, or fails if `DUMPEDIT_REQUIRE_TOOLS` is 1.
pub(crate) fn have(tool: &str) -> bool {
    let status = Command::new(tool).arg("--version").stdout(Stdio::null()).stderr(Stdio::null()).status();
    let here = status.is_ok_and(|status| status.success());
    here || skip(&format!("{tool} is not here"))
}

/// Says why a test skips, or fails if `DUMPEDIT_REQUIRE_TOOLS` is 1. Always returns false.
pub(crate) fn skip(why: &str) -> bool {
    let required = std::env::var_os("DUMPEDIT_REQUIRE_TOOLS").is_some_and(|value| value == "1");
    assert!(!required, "DUMPEDIT_REQUIRE_TOOLS=1, but {why}");
    eprintln!("skipped: {why}");
    false
}

/// The path of one of the tests' programs.
pub(crate) fn program(name: &str) -> PathBuf {
    FilePath::new(env!("CARGO_MANIFEST_DIR")).join("tests/typed_paths/programs").join(name)
}

/// Runs a tool, which must succeed.
#[track_caller]
pub(crate) fn run(tool: &str, arguments: &[&str], directory: &FilePath) {
    let output = Command::new(tool).args(arguments).current_dir(directory).output();
    let output = output.unwrap_or_else(|error| panic!("{tool}: {error}"));
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{tool} {arguments:?}: {}\n{errors}", output.status);
}

/// Builds one of the tests' programs. Returns its folder and its path.
#[track_caller]
pub(crate) fn build(compiler: &str, source: &str, options: &[&str]) -> (tempfile::TempDir, PathBuf) {
    let folder = tempfile::tempdir().unwrap();
    let source = program(source);
    let mut arguments = vec!["-o", "values", source.to_str().unwrap()];
    arguments.extend(options);
    run(compiler, &arguments, folder.path());
    let binary = folder.path().join("values");
    (folder, binary)
}

/// A module whose memory is what its file loads, at the linked addresses.
pub(crate) struct Module {
    pub(crate) dwarf: Arc<Dwarf>,
    pub(crate) base: u64,
    segments: Vec<(u64, Vec<u8>)>,
    symbols: Vec<(u64, u64, String)>,
    machine: Machine,
    order: ByteOrder,
    width: u8,
    /// The load bias: the difference in bytes between the loaded and the linked address of the module.
    bias: u64,
    /// The address of the block of its thread-local variables.
    thread_local: Option<u64>,
    core: Option<Core>,
}

/// A core file: its bytes, and the parts of them that are memory.
pub(crate) struct Core {
    bytes: Vec<u8>,
    /// The address, the size in bytes and the offset in the file of each part.
    memory: Vec<(u64, u64, u64)>,
    /// The start address, the offset in pages and the path of each mapped file.
    files: Vec<(u64, u64, String)>,
    /// fs_base of the first thread.
    thread_pointer: u64,
}

impl Core {
    pub(crate) fn open(path: &FilePath) -> Core {
        use object::read::elf::{FileHeader, ProgramHeader};
        let bytes = std::fs::read(path).unwrap();
        let header = object::elf::FileHeader64::<object::Endianness>::parse(&*bytes).unwrap();
        let endian = header.endian().unwrap();
        let (mut memory, mut files, mut thread_pointer) = (Vec::new(), Vec::new(), 0);
        for segment in header.program_headers(endian, &*bytes).unwrap() {
            if segment.p_type(endian) == object::elf::PT_LOAD {
                memory.push((segment.p_vaddr(endian), segment.p_filesz(endian), segment.p_offset(endian)));
            }
            let Ok(Some(mut notes)) = segment.notes(endian, &*bytes) else { continue };
            while let Ok(Some(note)) = notes.next() {
                let word =
                    |at: usize| u64::from_le_bytes(note.desc()[at * 8..at * 8 + 8].try_into().unwrap());
                match note.n_type(endian).0 {
                    // NT_FILE: the count and the page size, then start, end and offset in pages of each file, then
                    // their names.
                    0x4649_4c45 => {
                        let count = word(0) as usize;
                        let mut names = note.desc()[16 + count * 24..].split(|byte| *byte == 0);
                        for at in 0..count {
                            let name = String::from_utf8_lossy(names.next().unwrap()).into_owned();
                            files.push((word(2 + at * 3), word(4 + at * 3), name));
                        }
                    }
                    // NT_PRSTATUS of amd64: the registers begin after 112 bytes, and fs_base is the 22nd.
                    1 if thread_pointer == 0 && note.name() == b"CORE" => thread_pointer = word(14 + 21),
                    _ => {}
                }
            }
        }
        Core { bytes, memory, files, thread_pointer }
    }
}

impl Module {
    /// Opens a program and the file with its debug information.
    pub(crate) fn open(program: &FilePath, debug: &FilePath) -> Module {
        let file = Arc::new(SymbolFile::open(debug).unwrap());
        let dwarf = Dwarf::open(file, Vec::new()).unwrap().expect("it has DWARF");
        let bytes = std::fs::read(program).unwrap();
        let object = object::File::parse(&*bytes).unwrap();
        let mut segments = Vec::new();
        for section in object.sections() {
            let mut data = section.data().unwrap_or_default().to_vec();
            data.resize(section.size() as usize, 0);
            if section.address() != 0 && section.name().is_ok_and(|name| !name.starts_with(".tbss")) {
                segments.push((section.address(), data));
            }
        }
        let mut symbols: Vec<(u64, u64, String)> = object
            .symbols()
            .filter(|symbol| symbol.is_definition() && symbol.kind() != object::SymbolKind::Tls)
            .filter(|symbol| matches!(symbol.kind(), object::SymbolKind::Data | object::SymbolKind::Text))
            .map(|symbol| (symbol.address(), symbol.size(), symbol.name().unwrap_or_default().to_owned()))
            .collect();
        symbols.sort();
        let base = match object.kind() {
            object::ObjectKind::Dynamic => 0,
            _ => object.relative_address_base(),
        };
        let order = if object.is_little_endian() { ByteOrder::Little } else { ByteOrder::Big };
        let width = if object.is_64() { 8 } else { 4 };
        let base = elf_base(&bytes).unwrap_or(base);
        Module {
            dwarf: Arc::new(dwarf),
            base,
            segments,
            symbols,
            machine: match object.architecture() {
                object::Architecture::I386 => Machine::X86,
                object::Architecture::X86_64 => Machine::Amd64,
                object::Architecture::PowerPc64 => Machine::Ppc64,
                object::Architecture::Aarch64 => Machine::Arm64,
                _ => Machine::Mips,
            },
            order,
            width,
            bias: 0,
            thread_local: None,
            core: None,
        }
    }

    /// Uses the symbols of another build if those of this one are stripped.
    pub(crate) fn take_symbols(&mut self, other: &Module) {
        self.symbols.clone_from(&other.symbols);
    }

    /// The module as it is loaded in a core.
    pub(crate) fn loaded(mut self, core: Core, program: &FilePath) -> Module {
        let name = program.canonicalize().unwrap();
        let first = core
            .files
            .iter()
            .filter(|(.., file)| FilePath::new(file) == name)
            .map(|(start, ..)| *start)
            .min();
        self.bias = first.expect("the program is in its core").wrapping_sub(self.base);
        self.base = self.base.wrapping_add(self.bias);
        // On amd64, the block of the program itself ends at the thread pointer.
        let bytes = std::fs::read(program).unwrap();
        self.thread_local = thread_local_size(&bytes).map(|size| core.thread_pointer - size);
        self.core = Some(core);
        self
    }

    /// Writes into the module's memory.
    pub(crate) fn write(&mut self, address: u64, new: &[u8]) {
        if let Some(core) = &mut self.core {
            let inside = |(start, size, _): &&(u64, u64, u64)| (*start..start + size).contains(&address);
            let (start, _, offset) = *core.memory.iter().find(inside).unwrap();
            let at = (offset + address - start) as usize;
            core.bytes[at..at + new.len()].copy_from_slice(new);
            return;
        }
        for (start, bytes) in &mut self.segments {
            if let Some(at) = address.checked_sub(*start).map(|at| at as usize)
                && at + new.len() <= bytes.len()
            {
                bytes[at..at + new.len()].copy_from_slice(new);
                return;
            }
        }
        panic!("nothing is at {address:#x}");
    }

    /// Saves the core with its edits.
    pub(crate) fn save(&self, path: &FilePath) {
        std::fs::write(path, &self.core.as_ref().unwrap().bytes).unwrap();
    }

    pub(crate) fn typed(&self, path: &str) -> Result<Typed, TypedError> {
        evaluate(&Path::parse(path)?, self, self)
    }

    /// The value at a path as gdb writes it, or the error.
    pub(crate) fn printed(&self, path: &str) -> String {
        let value = self.typed(path).and_then(|typed| printed(&typed, self, self, PrintLimits::default()));
        value.map_or_else(|error| format!("error: {error}"), |value| value.text())
    }
}

/// The size in bytes of a program's thread-local variables, rounded up to their alignment.
fn thread_local_size(bytes: &[u8]) -> Option<u64> {
    use object::read::elf::{FileHeader, ProgramHeader};
    let header = object::elf::FileHeader64::<object::Endianness>::parse(bytes).ok()?;
    let endian = header.endian().ok()?;
    let mut segments = header.program_headers(endian, bytes).ok()?.iter();
    let segment = segments.find(|segment| segment.p_type(endian) == object::elf::PT_TLS)?;
    Some(segment.p_memsz(endian).next_multiple_of(segment.p_align(endian).max(1)))
}

/// The address of the lowest page that a program loads.
fn elf_base(bytes: &[u8]) -> Option<u64> {
    use object::elf::{FileHeader32, FileHeader64};
    lowest::<FileHeader64<object::Endianness>>(bytes)
        .or_else(|| lowest::<FileHeader32<object::Endianness>>(bytes))
}

fn lowest<Elf: object::read::elf::FileHeader<Endian = object::Endianness>>(bytes: &[u8]) -> Option<u64> {
    use object::read::elf::ProgramHeader;
    let header = Elf::parse(bytes).ok()?;
    let endian = header.endian().ok()?;
    let segments = header.program_headers(endian, bytes).ok()?;
    let loads = segments.iter().filter(|segment| segment.p_type(endian) == object::elf::PT_LOAD);
    loads.map(|segment| segment.p_vaddr(endian).into() & !0xfff).min()
}

impl ReadMemory for Module {
    fn read(&self, address: u64, into: &mut [u8]) -> usize {
        if let Some(core) = &self.core {
            for (start, size, offset) in &core.memory {
                if (*start..start + size).contains(&address) {
                    let at = address - start;
                    let count = into.len().min((size - at) as usize);
                    let from = (offset + at) as usize;
                    into[..count].copy_from_slice(&core.bytes[from..from + count]);
                    if count < into.len() && count > 0 {
                        return count + self.read(address + count as u64, &mut into[count..]);
                    }
                    if count > 0 || into.is_empty() {
                        return count;
                    }
                }
            }
        }
        // Debuggers read what a core leaves out from the program's file.
        let address = address.wrapping_sub(self.bias);
        for (start, bytes) in &self.segments {
            if let Some(at) = address.checked_sub(*start).and_then(|at| usize::try_from(at).ok())
                && let Some(rest) = bytes.get(at..)
                && !rest.is_empty()
            {
                let size = rest.len().min(into.len());
                into[..size].copy_from_slice(&rest[..size]);
                if size < into.len() {
                    return size + self.read(address + size as u64, &mut into[size..]);
                }
                return size;
            }
        }
        0
    }

    fn machine(&self) -> Machine {
        self.machine
    }

    fn byte_order(&self) -> ByteOrder {
        self.order
    }

    fn pointer_width(&self) -> u8 {
        self.width
    }
}

impl Names for Module {
    fn find(&self, _within: Within<'_>, unit: Option<&str>, name: &str) -> Result<FoundName, TypedError> {
        let mut variables = self.dwarf.variables(name)?;
        if let Some(unit) = unit {
            variables
                .retain(|variable| variable.unit == unit || variable.unit.ends_with(&format!("/{unit}")));
        }
        if variables.len() > 1 {
            let all: Vec<String> = variables
                .iter()
                .map(|one| format!("{} {:?} in {}", one.name, one.location, one.unit))
                .collect();
            return Err(TypedError::Name(format!("several variables are called {name}: {}", all.join(", "))));
        }
        let module = 0;
        match variables.pop() {
            Some(variable) if !matches!(variable.location, VariableLocation::Declared(_)) => {
                let reader: Arc<dyn TypeReader> = Arc::clone(&self.dwarf) as Arc<dyn TypeReader>;
                Ok(FoundName::Variable { module, base: self.base, reader, variable })
            }
            _ => match self.symbols.iter().find(|(.., symbol)| symbol == name) {
                Some((address, ..)) => Ok(FoundName::Symbol {
                    module,
                    name: name.into(),
                    address: address.wrapping_add(self.bias),
                    refused: Vec::new(),
                }),
                None => Err(TypedError::Name(format!(
                    "no variable is called {name}: {:?}",
                    self.dwarf.near(name)?
                ))),
            },
        }
    }

    fn find_type(
        &self,
        _within: Within<'_>,
        _unit: Option<&str>,
        name: &str,
    ) -> Result<(Arc<dyn TypeReader>, TypeRef, Language), TypedError> {
        let types = self.dwarf.types(name)?;
        let first =
            types.first().cloned().ok_or_else(|| TypedError::Name(format!("no type is called {name}")))?;
        Ok((Arc::clone(&self.dwarf) as Arc<dyn TypeReader>, first, Language::C))
    }

    fn thread_local(&self, _module: usize, offset: u64) -> Result<u64, String> {
        match self.thread_local {
            Some(block) => Ok(block + offset),
            None => Err(format!("there is no thread, and its offset is {offset}")),
        }
    }

    fn symbol_at(&self, address: u64) -> Option<(String, u64)> {
        let address = address.wrapping_sub(self.bias);
        let before = self.symbols.partition_point(|(start, ..)| *start <= address);
        let (start, size, name) = self.symbols.get(before.checked_sub(1)?)?;
        let name = name.strip_suffix(".0").unwrap_or(name);
        let name = match rustc_demangle::try_demangle(name) {
            Ok(demangled) => demangled.to_string(),
            Err(_) => cpp_demangle::Symbol::new(name)
                .ok()
                .and_then(|symbol| symbol.demangle().ok())
                .unwrap_or_else(|| name.to_owned()),
        };
        // Other demanglers write it in this form.
        let name = match name.strip_prefix("{vtable(").and_then(|name| name.strip_suffix(")}")) {
            Some(class) => format!("vtable for {class}"),
            None => name,
        };
        (address < start + size.max(&1)).then(|| (name, address - start))
    }
}

/// gdb's output for each of these expressions in a program that does not run.
pub(crate) fn gdb(program: &FilePath, expressions: &[String]) -> Vec<String> {
    gdb_of(program, None, expressions)
}

/// gdb's output for each of these expressions, in a core if there is one.
fn gdb_of(program: &FilePath, core: Option<&FilePath>, expressions: &[String]) -> Vec<String> {
    let mut command = Command::new("gdb");
    command.env("LC_ALL", "C.UTF-8").args([
        "-nx",
        "-nh",
        "-batch",
        "-ex",
        "set width 0",
        "-ex",
        "set print asm-demangle on",
    ]);
    for expression in expressions {
        command.args(["-ex", "echo >>>\\n", "-ex", expression]);
    }
    let output = command.arg(program).args(core).output().unwrap();
    let errors = String::from_utf8_lossy(&output.stderr).into_owned();
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    let answers: Vec<String> =
        text.split(">>>\n").skip(1).map(|answer| answer.trim_end().to_owned()).collect();
    assert_eq!(answers.len(), expressions.len(), "{text}\n{errors}");
    answers
}

/// gdb's answers to `print`, without the number before them. An empty answer means an error.
pub(crate) fn gdb_print(program: &FilePath, language: &str, paths: &[String]) -> Vec<String> {
    gdb_print_of(program, None, language, paths)
}

/// The same in a core.
pub(crate) fn gdb_print_of(
    program: &FilePath,
    core: Option<&FilePath>,
    language: &str,
    paths: &[String],
) -> Vec<String> {
    let mut expressions = vec![format!("set language {language}")];
    expressions.extend(paths.iter().map(|path| format!("print {path}")));
    let strip = |answer: String| match answer.split_once(" = ") {
        Some((number, value)) if number.starts_with('$') => value.to_owned(),
        _ => answer,
    };
    gdb_of(program, core, &expressions).into_iter().skip(1).map(strip).collect()
}
