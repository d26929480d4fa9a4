//! Thread-local variables of Windows modules, in minidumps with environment blocks that the tests make.

use std::fmt::Write as _;
use std::path::Path;
use std::process::Command;

use tempfile::TempDir;

use super::windows_program::{Image, json, link, shown, synthesize};
use crate::support::command::number;
use crate::support::tools::{have, printed};

/// A program whose loader stores its index in `own_number`. That index differs from `_tls_index`, so the test sees
/// which one is used.
const SOURCE: &str = r"
unsigned _tls_index = 2;
unsigned own_number = 3;
const struct { void *start, *end; unsigned *number; void *callbacks; unsigned zeros, flags; } _tls_used = {0, 0, &own_number};
#ifdef _M_IX86
__asm__(&quot;.globl __tls_array\n__tls_array = 0x2c&quot;);
#endif
__declspec(thread) int counter = 42;
static __declspec(thread) struct { short a; long long b; } pair = {1, 2};
int entry(void) {
    static __declspec(thread) int calls = 6;
    return ++calls + ++counter + (int)pair.b++;
}
";

/// The addresses of the threads' environment blocks. Their arrays of blocks and the blocks are near them.
const ENVIRONMENTS: [u64; 2] = [0x7f_0000, 0x7f_4000];
const NARROW_ENVIRONMENTS: [u64; 2] = [0x7f_2000, 0x7f_6000];
const ARRAYS: [u64; 2] = [0x60_0000, 0x61_0000];
const BLOCKS: [u64; 2] = [0x62_0000, 0x63_0000];

/// A program in a folder.
struct Made {
    folder: TempDir,
    image: Image,
    machine: &'static str,
    /// The size of pointers in bytes.
    width: u64,
}

impl Made {
    fn linked(target: &str, machine: &'static str, width: u64) -> Option<Made> {
        if !have("clang") || !have("lld-link") {
            return None;
        }
        let folder = tempfile::tempdir().unwrap();
        let source = folder.path().join("app.c");
        std::fs::write(&source, SOURCE.replace("&quot;", "\"")).unwrap();
        link(folder.path(), target, &source, &["-Wno-everything"]);
        let image = Image::read(&folder.path().join("app.exe"));
        std::fs::remove_file(folder.path().join("app.exe")).unwrap();
        Some(Made { folder, image, machine, width })
    }

    fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// The spec of a dump with two threads and only the program's memory.
    fn spec(&self, without: &[&str]) -> String {
        let [first, second] = ENVIRONMENTS;
        let threads = format!("{{tid: 1, teb: {first:#x}}}, {{tid: 2, teb: {second:#x}}}");
        self.image.spec(self.folder(), self.machine, &threads, without)
    }

    /// Regions of a spec: environment blocks of the program's width at these addresses, and what they point to, for
    /// this index of the module.
    fn regions(&self, environments: [u64; 2], number: u64) -> String {
        let (pointer, own, list) = if self.width == 8 { ("u64", 0x30, 0x58) } else { ("u32", 0x18, 0x2c) };
        let template = self.image.sections().find(|(name, ..)| name == ".tls").unwrap().3.to_vec();
        std::fs::write(self.folder().join("template"), template).unwrap();
        let mut text = String::new();
        for ((environment, array), block) in environments.into_iter().zip(ARRAYS).zip(BLOCKS) {
            let content =
                format!("{own:#x}: ['{pointer}:{environment:#x}'], {list:#x}: ['{pointer}:{array:#x}']");
            writeln!(text, "  - {{at: {environment:#x}, size: 0x100, content: {{{content}}}}}").unwrap();
            let content = format!("{:#x}: ['{pointer}:{block:#x}']", number * self.width);
            writeln!(text, "  - {{at: {array:#x}, size: 0x80, content: {{{content}}}}}").unwrap();
            writeln!(text, "  - {{at: {block:#x}, size: 0x100, content: 'file:template'}}").unwrap();
        }
        text
    }

    /// The region of the module's headers.
    fn headers(&self) -> String {
        std::fs::write(self.folder().join("headers"), self.image.headers()).unwrap();
        format!("  - {{at: {:#x}, size: 0x1000, content: 'file:headers'}}\n", self.image.base())
    }

    /// The offset of a thread-local variable in its block, from LLVM's output for the PDB.
    fn offset(&self, name: &str) -> u64 {
        let mut tool = Command::new("llvm-pdbutil");
        let text = printed(tool.args(["dump", "--symbols", "--globals"]).arg(self.folder().join("app.pdb")));
        let behind = text.split(&format!("`{name}`")).nth(1).unwrap();
        let place = behind.split("addr = ").nth(1).unwrap().split('\n').next().unwrap();
        place.trim().split(':').nth(1).unwrap().parse().unwrap()
    }

    fn address(&self, place: &str, thread: &str) -> u64 {
        let json = json(self.folder(), "where", &[place, "--thread", thread]).exits(0).json();
        number(&json["pieces"][0]["address"])
    }

    /// Checks that each thread has its own variables, which every verb reads and writes.
    fn each_thread_has_its_own(&self) {
        let folder = self.folder();
        let of = |path: &str, thread: &str| shown(folder, path, &["--thread", thread]);
        for (path, value) in
            [("counter", "42"), ("pair", "{a = 1, b = 2}"), ("entry::calls", "6"), ("pair.b", "2")]
        {
            assert_eq!(of(path, "1"), value, "{path}");
        }
        json(folder, "set", &["counter=7", "--thread", "2"]).exits(0);
        json(folder, "set", &["pair.b=-1", "--thread", "2"]).exits(0);
        json(folder, "write", &["entry::calls", "u32:9", "--thread", "1"]).is_full(4);
        assert_eq!([of("counter", "1"), of("counter", "2")], ["42", "7"]);
        assert_eq!([of("pair", "1"), of("pair", "2")], ["{a = 1, b = 2}", "{a = 1, b = -1}"]);
        assert_eq!([of("entry::calls", "1"), of("entry::calls", "2")], ["9", "6"]);
        let read = json(folder, "read", &["counter..+4", "--as", "u32", "--thread", "2"]).exits(0).json();
        assert_eq!(read["values"][0], "7");
        if have("llvm-pdbutil") && folder.join("app.pdb").exists() {
            for (thread, block) in ["1", "2"].into_iter().zip(BLOCKS) {
                assert_eq!(self.address("counter", thread), block + self.offset("counter"));
                assert_eq!(self.address("counter+2", thread), block + self.offset("counter") + 2);
            }
        }
    }
}

#[test]
fn each_thread_has_its_own_by_its_environment_block() {
    for (target, machine, width) in [
        ("x86_64-pc-windows-msvc", "amd64", 8),
        ("i686-pc-windows-msvc", "x86", 4),
        ("aarch64-pc-windows-msvc", "arm64", 8),
    ] {
        let Some(made) = Made::linked(target, machine, width) else { return };
        // The directory in the module's headers is used. If the headers are not captured, the compilers' symbol is
        // used.
        for (headers, number) in [(made.headers(), 3), (String::new(), 2)] {
            synthesize(made.folder(), &(made.spec(&[]) + &headers + &made.regions(ENVIRONMENTS, number)));
            made.each_thread_has_its_own();
        }
    }
}

#[test]
fn a_32_bit_module_of_wow64_has_them_in_the_32_bit_environment_block() {
    let Some(made) = Made::linked("i686-pc-windows-msvc", "amd64", 4) else { return };
    let own = made.regions(NARROW_ENVIRONMENTS, 3);
    let of_the_list =
        |at: u64, narrow: u64| format!("  - {{at: {at:#x}, size: 8, content: ['u64:{narrow:#x}']}}\n");
    let of_the_distance = |at: u64, narrow: u64| {
        let distance = narrow.wrapping_sub(at);
        format!("  - {{at: {at:#x}, size: 0x1810, content: {{0x180c: ['u32:{distance:#x}']}}}}\n")
    };
    let both = || ENVIRONMENTS.into_iter().zip(NARROW_ENVIRONMENTS);
    for wide in [
        both().map(|(at, narrow)| of_the_list(at, narrow)).collect::<String>(),
        both().map(|(at, narrow)| of_the_distance(at, narrow)).collect::<String>(),
    ] {
        synthesize(made.folder(), &(made.spec(&[]) + &made.headers() + &wide + &own));
        made.each_thread_has_its_own();
    }
    // The target of the 64-bit environment block points to itself, or is missing.
    let wide: String = both().map(|(at, narrow)| of_the_list(at, narrow + 8)).collect();
    synthesize(made.folder(), &(made.spec(&[]) + &made.headers() + &wide + &own));
    let run = json(made.folder(), "print", &["counter", "--thread", "1"]);
    let message = run.is_error("symbol");
    assert_eq!(
        message,
        "'counter' is thread-local, and the dump does not contain the thread's 32-bit environment block \
         (TEB) at 0x7f2008"
    );
    assert_eq!(run.json()["error"]["address"], "0x7f2008");
}

#[test]
fn what_is_missing_is_said_with_its_address() {
    let Some(made) = Made::linked("x86_64-pc-windows-msvc", "amd64", 8).filter(|_| have("llvm-pdbutil"))
    else {
        return;
    };
    let regions = made.regions(ENVIRONMENTS, 2);
    let of = |at: u64| {
        regions.lines().find(|line| line.contains(&format!("at: {at:#x},"))).unwrap().to_owned() + "\n"
    };
    let [environment, array, block] = [ENVIRONMENTS[0], ARRAYS[0], BLOCKS[0]].map(of);
    let zeros = |at: u64| format!("  - {{at: {at:#x}, size: 0x100, content: 'zero:1'}}\n");
    let (number_at, data) = (made.spec(&[]), made.spec(&[".data"]));
    let whole = number_at.clone() + &environment + &array + &block;
    synthesize(made.folder(), &whole);
    let tls_index = made.address("_tls_index", "1");
    let cases = [
        (
            number_at.replace(", teb: 0x7f0000", "") + &environment + &array + &block,
            "the dump does not say where the thread's environment block (TEB) is".to_owned(),
            None,
        ),
        (
            number_at.clone() + &array + &block,
            "the dump does not contain the pointer to the thread's TLS array at 0x7f0058".to_owned(),
            Some(0x7f_0058),
        ),
        (
            data + &environment + &array + &block,
            format!("the dump does not contain the TLS index of its module at {tls_index:#x}"),
            Some(tls_index),
        ),
        (
            number_at.clone() + &environment + &block,
            "the dump does not contain the pointer to the thread's TLS block of its module at 0x600010"
                .to_owned(),
            Some(ARRAYS[0] + 16),
        ),
        (number_at.clone() + &zeros(ENVIRONMENTS[0]), "the thread has no TLS array".to_owned(), None),
        (
            number_at.clone() + &environment + &zeros(ARRAYS[0]),
            "the thread has no TLS block of its module".to_owned(),
            None,
        ),
    ];
    for (spec, why, address) in cases {
        synthesize(made.folder(), &spec);
        for (verb, arguments) in [("print", "counter"), ("where", "counter"), ("set", "counter=1")] {
            let run = json(made.folder(), verb, &[arguments, "--thread", "1"]);
            assert_eq!(run.is_error("symbol"), format!("'counter' is thread-local, and {why}"), "{verb}");
            let told = run.json()["error"]["address"].as_str().map(str::to_owned);
            assert_eq!(told, address.map(|address| format!("{address:#x}")), "{verb}: {why}");
        }
    }
    // The address of the variable is known, but the variable is not captured.
    synthesize(made.folder(), &(number_at + &environment + &array));
    let json = json(made.folder(), "print", &["counter", "--thread", "1"]).exits(1).json();
    assert_eq!(json["values"][0]["address"], format!("{:#x}", BLOCKS[0] + made.offset("counter")));
}

#[test]
fn those_of_mingw_are_known_by_dwarf_and_emulated_ones_are_told() {
    const GNU: &str = "x86_64-w64-mingw32-gcc";
    if !have("clang") || !have(GNU) {
        return;
    }
    let source = "_Thread_local int counter = 42; static _Thread_local struct { short a; long long b; } pair = {1, 2};\n\
        int entry(void) { static _Thread_local int calls = 6; return ++calls + ++counter + (int)pair.b++; } int main(void) { return entry(); }\n";
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("app.c"), source).unwrap();
    let tool = |tool: &str, arguments: &[&str]| {
        let status = Command::new(tool).current_dir(folder.path()).args(arguments).status().unwrap();
        assert!(status.success(), "{tool} {arguments:?}");
    };
    tool("clang", &["-target", "x86_64-w64-windows-gnu", "-g", "-c", "app.c", "-o", "app.o"]);
    tool(GNU, &["app.o", "-o", "app.exe"]);
    let image = Image::read(&folder.path().join("app.exe"));
    let made = Made { folder, image, machine: "amd64", width: 8 };
    // No loader loaded the program, so its index is 0.
    let spec = made.spec(&[]) + &made.headers() + &made.regions(ENVIRONMENTS, 0);
    synthesize(made.folder(), &spec);
    made.each_thread_has_its_own();
    let status = Command::new(GNU).current_dir(made.folder()).args(["-g", "app.c", "-o", "app.exe"]).status();
    assert!(status.unwrap().success());
    let made = Made { image: Image::read(&made.folder().join("app.exe")), ..made };
    synthesize(made.folder(), &made.spec(&[]));
    for verb in ["print", "where"] {
        let message = json(made.folder(), verb, &["counter", "--thread", "1"]).is_error("symbol");
        assert_eq!(
            message,
            "counter is thread-local: the compiler emulates its thread-local storage, which is not supported"
        );
    }
}
