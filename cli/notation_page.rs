//! The page of the notation of places, ranges, values, numbers and threads: `help notation` and dumpedit-notation(7).

use std::fmt::Write as _;

use crate::output::text::Style;

/// Notation of one of these.
pub(crate) struct Section {
    /// Its word in usage lines.
    pub(crate) name: &'static str,
    /// Its description.
    pub(crate) about: &'static str,
    /// Its forms and their meanings.
    pub(crate) forms: &'static [(&'static str, &'static str)],
    /// Paragraphs on it.
    pub(crate) notes: &'static [&'static str],
}

/// Name and subject of the page.
pub(crate) const NAME: &str = "notation";
pub(crate) const ABOUT: &str = "the syntax of dumpedit's arguments and scripts";

/// Lines of at most 80 columns.
pub(crate) static SECTIONS: &[Section] = &[
    Section {
        name: "AT",
        about: "the place of a byte: a base, then any number of + and - terms",
        forms: &[
            ("0x7ffe1000", "an address, always in hex with 0x"),
            ("@rsp", "the address in a register"),
            ("[@rsp+8]", "the address in the pointer stored at an AT"),
            ("libc", "the base of a module, by path, file name or stem"),
            ("[stack]", "the start of the memory region of that name"),
            ("counter  &counter", "the address of a symbol in any module"),
            ("libc!environ", "the symbol of one module"),
            ("nodes[1].next", "a part of a variable: .member, ->member, [index]"),
            ("*head  &nodes[3]", "the target of a pointer; & is the place itself"),
            ("'file.c'::level", "the variable of that source file"),
            ("{int}&x {node}0x1000", "a type at an address; {app!node} is app's type"),
            ("reg:rip", "the bytes of the register itself; +N skips N"),
            ("note.psargs", "the bytes of a field; +N skips N"),
            ("tag:AT", "the memory tag of an address (arm64), a byte 00 to 0f"),
            ("offset:0x40", "a byte of the file, by its offset"),
            ("+8  -0x10  +2*8", "terms: decimal, hex with 0x, or a product"),
        ],
        notes: &[
            "Examples: @rsp+8-16, crash.exe+0x10d9, [@rsp+8]+0x10, [[@rsp]+8], @rsp+2*8,\n\
             reg:rip+4. Every place that dumpedit prints is an AT as well.",
            "Paths have the syntax of C, C++ and Rust and use the debug information of the\n\
             module. A term after a path counts bytes: nodes[1]+8. A bit field has no\n\
             place: print shows it, and set changes it.",
            "A module or region comes before a symbol of the same name: app!app and &app\n\
             are the symbol, app+0 is the module. A C++ reference is its object. If a name\n\
             has several symbols, the error lists them.",
            "Symbols come from the files of the modules, at their own paths, under\n\
             --sysroot DIR, in --symbols DIR and in the folders of DUMPEDIT_SYMBOLS.\n\
             dumpedit refuses a file whose id is not the module's; --trust-symbols uses\n\
             it. A thread-local variable is that of the chosen thread. Output names\n\
             addresses, such as app!main+0x4, if a file with the right id and at most\n\
             64 MiB of symbols is found; --no-symbols or DUMPEDIT_SYMBOLS=off turns\n\
             that off.",
        ],
    },
    Section {
        name: "RANGE",
        about: "a range of memory or of a register",
        forms: &[
            ("AT..AT", "from the first place up to the second, without it"),
            ("AT..+LENGTH", "a number of bytes: decimal, or hex with 0x"),
            ("outer.text", "all bytes of a symbol, variable, member or field"),
        ],
        notes: &[],
    },
    Section {
        name: "VALUE",
        about: "bytes, for write, fill and find; several values are joined",
        forms: &[
            ("9090  \"48 8b 05\"", "hex digits in pairs, with or without hex: before them"),
            ("u8:7  u16: ... u128:", "a number in the target's byte order"),
            ("i8:-1 i16: ... i128:", "a signed number"),
            ("f32:1.5  f64:1.5", "a floating-point number"),
            ("ptr:AT", "the address of a place, in the size of a pointer"),
            ("str:TEXT  strz:TEXT", "text in UTF-8; strz: ends with a NUL"),
            ("utf16: utf16z:", "the same in UTF-16"),
            ("file:PATH", "the contents of a file"),
            ("-", "the contents of standard input, once in a command"),
        ],
        notes: &[],
    },
    Section {
        name: "PATTERN",
        about: "what find looks for",
        forms: &[
            ("\"48 ?? 4?\"", "bytes: ?? is any byte, 4? and ?4 any half byte"),
            ("VALUE", "u32:7, ptr:AT, str:TEXT, utf16:TEXT, file:PATH"),
            ("text:TEXT", "text in UTF-8 and in UTF-16"),
            ("re:REGEX", "a regular expression over bytes; \\xff is that byte"),
            ("re16:REGEX", "a regular expression over UTF-16 letters"),
        ],
        notes: &[],
    },
    Section {
        name: "NUMBER",
        about: "the value of a register for set",
        forms: &[
            ("10  -1  0x10", "decimal; hex with 0x, octal with 0o, binary with 0b"),
            ("1.5  1e300  -inf", "for a register or a lane of floats"),
            ("u32:7  f64:1.5", "a number of a type"),
            ("@rsp+8  main+4", "an AT: its address"),
            ("hex:1000000000000000", "bytes in stored order, of the exact width"),
            ("initial", "the initial value of a register of an XSAVE component"),
        ],
        notes: &[],
    },
    Section {
        name: "PATH=VALUE",
        about: "the value of a variable for set, by its type",
        forms: &[
            ("9  -1  0xff", "a number that fits; 0x, 0o and 0b give the bits"),
            ("1.5  1e300  nan  true  'A'", "for floats, booleans and characters"),
            ("BLUE  READ|WRITE", "names of enumerators"),
            ("\"text\"", "for an array of characters; zeros fill the rest"),
            ("&nodes[3]  head  NULL", "a pointer: an address, or another pointer's value"),
            ("ptr:AT", "the address of a place, with terms"),
            ("hex:01020304", "bytes in stored order, of the exact size"),
        ],
        notes: &["A register comes before a variable of the same name: use app!rip=1."],
    },
    Section {
        name: "THE TRAP",
        about: "a VALUE is hex bytes, and a NUMBER is decimal",
        forms: &[("write D AT 10", "writes the byte 0x10"), ("set D rax=10", "sets rax to ten, 0xa")],
        notes: &["dumpedit refuses a VALUE that starts with 0x and a NUMBER that starts with\n\
             zeros, and says what to write instead. It also refuses leading zeros in the\n\
             value of a variable and in an index."],
    },
    Section {
        name: "REG",
        about: "a register, or a part of one",
        forms: &[
            ("rip  xmm3  x0", "the names of the machine; pc sp fp lr flags on all"),
            ("eax  ah  zf", "a part: only its own bits change"),
            ("xmm0.u32.2", "a lane, numbered from 0: u8 ... u128, f32, f64"),
            ("mxcsr@2", "only the second copy, if a record has two"),
        ],
        notes: &["In a WOW64 thread, names of the 32-bit record (sp, ax, eflags) mean that\n\
             record; rip and r8, and all names with --context thread, mean the 64-bit\n\
             record."],
    },
    Section {
        name: "FIELD",
        about: "a named value outside memory and registers",
        forms: &[
            ("crash.code", "an owner, a dot and a name"),
            ("thread[T].id", "a field of a thread; see T"),
            ("module[libc].name", "a field of a module: file name, stem or index:N"),
            ("segment[3].p_flags", "a field of one of several, numbered from 0"),
            ("stream[LinuxMaps]", "a whole stream or note"),
        ],
        notes: &["dumpedit fields lists the fields of a dump. set takes a number, the name of a\n\
             number (SIGSEGV, EXCEPTION_ACCESS_VIOLATION), text with or without str:, or\n\
             hex: and bytes."],
    },
    Section {
        name: "T",
        about: "a thread (--thread)",
        forms: &[
            ("4711", "its id, as in dumpedit threads"),
            ("index:0", "its place in that list; gdb's thread 1 is index:0"),
            ("name:worker", "its name, if no other thread has it"),
            ("crashed", "the crashed thread, which is the default"),
            ("all", "all threads, for regs, threads and reduce"),
        ],
        notes: &["Without a crashed thread, the default is the only thread, or for verbs that\n\
             only read, the first."],
    },
    Section {
        name: "C",
        about: "the record of a thread (--context)",
        forms: &[
            ("auto", "the exception's, else the thread's; edits both if equal"),
            ("thread  exception", "only that record"),
            ("both", "both records"),
            ("wow64", "the 32-bit record of a WOW64 thread"),
        ],
        notes: &[],
    },
    Section {
        name: "SCRIPTS AND SHELLS",
        about: "",
        forms: &[],
        notes: &[
            "A line of a script is a command without dumpedit and the name of the dump.\n\
             Blanks separate words, ' and \" group them, a backslash is literal, and # at\n\
             the start of a word begins a comment.",
            "Verbs of a script are write, set, fill, copy, find, add memory, add thread,\n\
             add module, add images, add crash, drop memory, drop thread, drop module,\n\
             drop crash, and thread T, which chooses the thread of the next lines.",
            "Each line sees the values that the lines before it set. Parts are added and\n\
             dropped once the whole script is done; drop lines come before add lines. A\n\
             script that sets a value in a part that it drops or rewrites is refused.",
            "Quote words with blanks or any of ?*[]$#; for the shell, and in PowerShell\n\
             also words that begin with @.",
        ],
    },
];

/// The page as text for people.
pub(crate) fn text(style: Style) -> String {
    const WIDEST: usize = 20;
    let mut text = format!("dumpedit {NAME}: {ABOUT}\n");
    for Section { name, about, forms, notes } in SECTIONS {
        let about = if about.is_empty() { String::new() } else { format!(": {about}") };
        let _ = writeln!(text, "\n{}{about}", style.heading(name));
        for (form, meaning) in *forms {
            let _ = writeln!(text, "  {form:<WIDEST$}  {meaning}");
        }
        for note in *notes {
            for line in note.lines() {
                let _ = writeln!(text, "  {line}");
            }
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_page_fits_eighty_columns() {
        for line in text(Style::plain()).lines() {
            assert!(line.chars().count() <= 80, "{line}");
        }
    }
}
