//! Parses registers in the output of debuggers, kernels and runtimes, so that it can be pasted.
//!
//! | from | as |
//! |---|---|
//! | dumpedit, drgn and others | `rip:0x401000 rsp:0x7ffe0ff8`, `rip=0x401000` |
//! | WinDbg, cdb | `rip=00007ff7a13110d9 rsp=000000c2f5b2f8a8`, `iopl=0 nv up ei pl nz`, `cs=0033 efl=00000246` |
//! | gdb | `rip            0x401000            0x401000 <main>` |
//! | lldb | `rip = 0x0000000000401000  a.out`main at main.c:3` |
//! | Linux, of an oops | `RIP: 0033:0x7f12`, `RAX: ffffffffffffffda RBX: 0000000000000001`, `pc : ffff800010000000`, `pc : [<c0008000>]` |
//! | Java's hs_err logs | `RAX=0x0000000000000000, RBX=0x00007f1234567890` |
//!
//! Other lines of these outputs hold no registers: lldb's `General Purpose Registers:`, WinDbg's place and instruction.
//!
//! Hex without `0x` is accepted only in the width to which these tools pad it, so that `rax=10` is no number of unknown base.

use std::ops::Range;

use crate::notation::words::LineError;
use crate::notation::words::Word;
use crate::notation::{NotationError, NumberText, hex_digits};
use crate::number::Number;

/// A register and its value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Printed {
    pub(crate) name: String,
    pub(crate) number: NumberText,
    /// Bytes of the line with them.
    pub(crate) span: Range<usize>,
}

/// The registers in a line without a verb.
pub(crate) fn registers(words: &[Word<'_>]) -> Result<Vec<Printed>, LineError> {
    let mut words = without_time(words);
    let mut registers: Vec<Printed> = Vec::new();
    if is_heading(words) || is_place(words) || is_instruction(words) {
        return Ok(registers);
    }
    while let Some((register, rest)) = register(words) {
        words = rest;
        match register.name.as_str() {
            "iopl" => words = behind_flags(words),
            name if NO_REGISTERS.contains(&name) => {}
            "psr" => {
                words = behind_flags(words);
                registers.push(Printed { name: "cpsr".to_owned(), ..register });
            }
            _ => registers.push(register),
        }
        if is_symbol(words) {
            return Ok(registers);
        }
    }
    match words.first() {
        None => Ok(registers),
        Some(word) => {
            let value = value_of(word);
            let problem = match value.and_then(hex_digits) {
                Some(_) => "has a value that may be decimal or hex",
                None => "is not a register with a value",
            };
            let hint = match (value, word.text.split_once([':', '='])) {
                (Some(value), Some((name, _))) if hex_digits(value).is_some() => {
                    format!("set {name}={value} is decimal, {name}=0x{value} is hex")
                }
                _ => "a line without a verb is made of REGISTER=0xVALUE, or of registers as debuggers print them".to_owned(),
            };
            Err(LineError::new(NotationError::usage(&word.text, problem).with_hint(hint), word.span.clone()))
        }
    }
}

/// The register at the start of some words, and the rest of the words.
fn register<'a, 'b>(words: &'a [Word<'b>]) -> Option<(Printed, &'a [Word<'b>])> {
    let (first, rest) = words.split_first()?;
    let text = bare(&first.text);
    let found = |name: &str, digits: &str, taken: usize| {
        let last = words.get(taken.saturating_sub(1))?;
        let number = NumberText::Number(number(name, digits)?);
        let printed = Printed { name: name.to_owned(), number, span: first.span.start..last.span.end };
        Some((printed, words.get(taken..).unwrap_or_default()))
    };
    let word = |index: usize| rest.get(index).map(|word| bare(&word.text));
    match text.split_once([':', '=']) {
        // `name=value`
        Some((name, value)) if !value.is_empty() => found(name, value, 1),
        // `name: value`
        Some((name, _)) => found(name, word(0)?, 2),
        // `name = value`
        None if matches!(word(0)?, ":" | "=") => found(text, word(1)?, 3),
        // gdb's `st0 1.5 (raw 0x3fffc000000000000000)`
        None if word(1) == Some("(raw") => {
            let raw = word(2)?.strip_suffix(')')?;
            found(text, raw, 4)
        }
        // `name value`, followed by its meaning: else it could be any text.
        None => {
            let value = word(0)?.strip_prefix("0x")?;
            let meaning = rest.get(1..).unwrap_or_default();
            let (printed, _) = found(text, word(0)?, 2)?;
            means(value, meaning).then_some((printed, &[]))
        }
    }
}

/// The value in a word that follows a register's name.
fn value_of<'a>(word: &'a Word<'_>) -> Option<&'a str> {
    let (name, value) = word.text.split_once([':', '='])?;
    is_name(name).then(|| bare(value))
}

/// A word without a trailing comma.
fn bare(text: &str) -> &str {
    text.strip_suffix(',').unwrap_or(text)
}

fn is_name(text: &str) -> bool {
    let letter = |letter: u8| letter.is_ascii_alphanumeric() || letter == b'_';
    text.bytes().next().is_some_and(|first| first.is_ascii_alphabetic()) && text.bytes().all(letter)
}

/// The value of a register: hex behind `0x`, or as many digits as tools pad a register of its size to. A segment's selector may precede it.
fn number(name: &str, text: &str) -> Option<Number> {
    if !is_name(name) {
        return None;
    }
    let selector = |text: &str| text.len() == 4 && hex_digits(text).is_some();
    let text = text.split_once(':').filter(|(before, _)| selector(before)).map_or(text, |(_, value)| value);
    // Kernels before Linux 4.10, and ARM's.
    let text = text.strip_prefix("[<").and_then(|text| text.strip_suffix(">]")).unwrap_or(text);
    if let Some(digits) = text.strip_prefix("0x").or_else(|| text.strip_prefix("0X")) {
        return Number::from_hex(digits);
    }
    /// Segments, whose selectors have four digits.
    const SEGMENTS: [&str; 6] = ["cs", "ss", "ds", "es", "fs", "gs"];
    let is_segment = SEGMENTS.iter().any(|segment| name.eq_ignore_ascii_case(segment));
    let padded = match text.len() {
        8 | 16 => true,
        4 => is_segment,
        1 => name == "iopl",
        _ => false,
    };
    padded.then(|| Number::from_hex(text)).flatten()
}

/// Whether words are gdb's output behind a value: the same number in another form.
fn means(digits: &str, words: &[Word<'_>]) -> bool {
    let Some(value) = hex_digits(digits).and_then(|digits| u128::from_str_radix(digits, 16).ok()) else {
        return false;
    };
    let Some((first, rest)) = words.split_first() else { return false };
    // A negative number is a register of 32 or 64 bits.
    let negative = |number: i128| {
        [32u32, 64].iter().any(|bits| number.checked_add(1 << bits).map(i128::cast_unsigned) == Some(value))
    };
    let text = &*first.text;
    if text.starts_with('[') {
        return words.last().is_some_and(|last| last.text.ends_with(']'));
    }
    if let Some(hex) = text.strip_prefix("0x") {
        let symbol = rest.first().is_none_or(|word| word.text.starts_with('<'));
        return symbol && u128::from_str_radix(hex, 16) == Ok(value);
    }
    rest.is_empty()
        && (text.parse() == Ok(value)
            || text.parse().is_ok_and(|number: i128| number < 0 && negative(number)))
}

/// Names in hs_err logs that are no registers of dumps: several segments in one number, and the processor's description of the fault.
const NO_REGISTERS: [&str; 3] = ["CSGSFS", "ERR", "TRAPNO"];

/// Whether words are a heading of registers: lldb's `General Purpose Registers:`, `Registers:` of hs_err logs.
fn is_heading(words: &[Word<'_>]) -> bool {
    words.last().is_some_and(|word| word.text == "Registers:")
}

/// Whether words are the place in WinDbg's output, above the instruction: `module!symbol+0x10:`.
fn is_place(words: &[Word<'_>]) -> bool {
    let [first, ..] = words else { return false };
    first.text.contains('!') && words.last().is_some_and(|last| last.text.ends_with(':'))
}

/// Whether words are an instruction in WinDbg's output: its address, its bytes, and its disassembly.
fn is_instruction(words: &[Word<'_>]) -> bool {
    let [address, bytes, name, ..] = words else { return false };
    let digits = address.text.replace('`', "");
    matches!(digits.len(), 8 | 16)
        && hex_digits(&digits).is_some()
        && hex_digits(&bytes.text).is_some_and(|bytes| bytes.len() % 2 == 0)
        && name.text.starts_with(|letter: char| letter.is_ascii_lowercase())
}

/// Whether words are output behind a value: lldb's place MODULE`SYMBOL, or the value once more by old kernels.
fn is_symbol(words: &[Word<'_>]) -> bool {
    let first = words.first().map_or("", |word| &word.text);
    let module = first.split_once('`');
    module.is_some_and(|(module, _)| !module.contains(['=', ':'])) || first.starts_with("[<")
}

/// The words behind the flags that WinDbg spells out; they are in `efl` and `psr` as well.
fn behind_flags<'a, 'b>(words: &'a [Word<'b>]) -> &'a [Word<'b>] {
    const FLAGS: [&str; 18] = [
        "nv", "ov", "up", "dn", "ei", "di", "pl", "ng", "nz", "zr", "na", "ac", "po", "pe", "nc", "cy",
        "vip", "vif",
    ];
    // `-ZC- EL0` on ARM64.
    let of_arm = |text: &str| {
        (text.len() == 4 && text.bytes().all(|flag| b"NZCV-".contains(&flag)))
            || text.strip_prefix("EL").is_some_and(|level| ["0", "1", "2", "3"].contains(&level))
    };
    let is_flag = |word: &&Word<'_>| FLAGS.contains(&&*word.text) || of_arm(&word.text);
    let count = words.iter().take_while(is_flag).count();
    words.get(count..).unwrap_or_default()
}

/// The words behind the time at the start of lines of a kernel's log: `[   12.345678]`.
fn without_time<'a, 'b>(words: &'a [Word<'b>]) -> &'a [Word<'b>] {
    if !words.first().is_some_and(|word| word.text.starts_with('[')) {
        return words;
    }
    let end = words.iter().take(2).position(|word| word.text.ends_with(']'));
    end.and_then(|end| words.get(end.saturating_add(1)..)).unwrap_or(words)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::notation::words::words;

    fn read(line: &str) -> Result<Vec<(String, String)>, String> {
        let found = registers(&words(line).unwrap()).map_err(|error| error.error.text().to_owned())?;
        Ok(found.into_iter().map(|one| (one.name, one.number.to_string())).collect())
    }

    #[track_caller]
    fn reads(line: &str, expected: &[(&str, &str)]) {
        let expected: Vec<_> =
            expected.iter().map(|(name, value)| ((*name).into(), (*value).into())).collect();
        assert_eq!(read(line), Ok(expected), "{line}");
    }

    #[test]
    fn every_tools_registers_are_read() {
        reads("rip:0x401000 RSP:0x7ffe0ff8", &[("rip", "0x401000"), ("RSP", "0x7ffe0ff8")]);
        reads("rip=0x401000", &[("rip", "0x401000")]);
        reads(
            "RAX=0x0000000000000001, RBX=0x00007f1234567890, ",
            &[("RAX", "0x1"), ("RBX", "0x7f1234567890")],
        );
        reads(
            "rip=00007ff7a13110d9 rsp=000000c2f5b2f8a8 rbp=0000000000000000",
            &[("rip", "0x7ff7a13110d9"), ("rsp", "0xc2f5b2f8a8"), ("rbp", "0x0")],
        );
        reads(" r8=0000000000000010  r9=00000000000000ff", &[("r8", "0x10"), ("r9", "0xff")]);
        reads(
            "eip=77a2e9f4 esp=0018f8f0 iopl=0         nv up ei pl zr na pe nc",
            &[("eip", "0x77a2e9f4"), ("esp", "0x18f8f0")],
        );
        reads("iopl=0         nv up ei pl nz na po nc", &[]);
        reads("cs=0033  ss=002b  efl=00000246", &[("cs", "0x33"), ("ss", "0x2b"), ("efl", "0x246")]);
        reads("rip            0x401000            0x401000 <main>", &[("rip", "0x401000")]);
        reads("rsp            0x7ffe0ff8          0x7ffe0ff8", &[("rsp", "0x7ffe0ff8")]);
        reads("rax            0xffffffffffffffff  -1", &[("rax", "0xffffffffffffffff")]);
        reads("eflags         0x246               [ PF ZF IF ]", &[("eflags", "0x246")]);
        reads("     rip = 0x0000000000401000  a.out`main + 4 at main.c:3", &[("rip", "0x401000")]);
        reads("rip = 0x401000", &[("rip", "0x401000")]);
        reads("[   12.345678] RIP: 0033:0x7f1234567890", &[("RIP", "0x7f1234567890")]);
        reads("RIP: 0000000000401000", &[("RIP", "0x401000")]);
        reads(
            "RSP: 002b:00007ffd3c0a1b28 EFLAGS: 00000246 ORIG_RAX: 0000000000000001",
            &[("RSP", "0x7ffd3c0a1b28"), ("EFLAGS", "0x246"), ("ORIG_RAX", "0x1")],
        );
        reads("pc : ffff800010000000", &[("pc", "0xffff800010000000")]);
        reads("RIP: 0033:[<0000000000401000>]  [<0000000000401000>] main+0x4/0x10", &[("RIP", "0x401000")]);
        reads(
            "pc : [<c0008000>]    lr : [<c0008004>]    psr: 60000013",
            &[("pc", "0xc0008000"), ("lr", "0xc0008004"), ("cpsr", "0x60000013")],
        );
        reads(
            " pc=00007ff7a13110d9  psr=60000000 -ZC- EL0",
            &[("pc", "0x7ff7a13110d9"), ("cpsr", "0x60000000")],
        );
        reads(
            "RIP=0x0000000000401000, EFLAGS=0x0000000000010246, CSGSFS=0x002b000000000033, ERR=0x0000000000000004",
            &[("RIP", "0x401000"), ("EFLAGS", "0x10246")],
        );
        reads(
            "st0            1.5                 (raw 0x3fffc000000000000000)",
            &[("st0", "0x3fffc000000000000000")],
        );
    }

    #[test]
    fn what_tools_print_beside_registers_holds_none() {
        for line in [
            "General Purpose Registers:",
            "Registers:",
            "  TRAPNO=0x000000000000000e",
            "crash!main+0x10:",
            "crash!main+0x10 [c:\\src\\crash.c @ 12]:",
            "00007ff7`a13110d9 488b00          mov     rax,qword ptr [rax] ds:00000000`00000000=????????????????",
            "00401000 8b00            mov     eax,dword ptr [eax]",
        ] {
            reads(line, &[]);
        }
        reads(
            "x29: ffff800010003d90 x28: ffff000002a48e40",
            &[("x29", "0xffff800010003d90"), ("x28", "0xffff000002a48e40")],
        );
    }

    #[test]
    fn what_no_tool_prints_is_an_error_that_names_it() {
        for (line, piece) in [
            ("wrte 0x1000 00", "wrte"),
            ("rax=10", "rax=10"),
            ("rip=0x1 rax=10", "rax=10"),
            ("rax:9", "rax:9"),
            ("rax:0x9 rbx", "rbx"),
            ("rip 0x1000", "rip"),
            ("rip 0x1000 0x2000", "rip"),
            ("rax 0x10 17", "rax"),
            ("rip = main", "rip"),
            ("RIP: 0010:panic+0x1a/0x20", "RIP:"),
            ("00401000 8b00", "00401000"),
            ("err=0x4 x", "x"),
            ("rip=0x", "rip=0x"),
            ("rax=000000000000zzzz", "rax=000000000000zzzz"),
            ("=0x1", "=0x1"),
        ] {
            assert_eq!(read(line), Err(piece.to_owned()), "{line}");
        }
    }
}
