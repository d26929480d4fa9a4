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
pub(crate) const ABOUT: &str = "how dumpedit's arguments and scripts are written";

/// Lines of at most 80 columns.
pub(crate) static SECTIONS: &[Section] = &[
    Section {
        name: "AT",
        about: "the place of a byte: a base, and any number of + and - terms behind it",
        forms: &[
            ("0x7ffe1000", "an address: always hex, always with 0x"),
            ("@rsp", "where a register points"),
            ("[@rsp+8]", "where the pointer points that is stored at an AT"),
            ("libc", "where a module is loaded: by path, file name or stem"),
            ("[stack]", "where the region of memory of that name begins"),
            ("counter  &counter", "where the symbol of that name is, in any module"),
            ("libc!environ", "the symbol of a module; errors list several of a name"),
            ("nodes[1].next", "a part of a variable: .member, ->member, [index]"),
            ("*head  &nodes[3]", "where a pointer leads; & is the place itself"),
            ("'file.c'::level", "the variable of a source file"),
            ("{int}&x {node}0x1000", "a type at an address; {app!node} is a module's"),
            ("reg:rip", "the bytes of a register itself; +N counts them"),
            ("note.psargs", "the bytes of a field; +N counts them"),
            ("tag:AT", "the memory tag of an address (arm64), a byte 00 to 0f"),
            ("offset:0x40", "a byte of the file, by its offset"),
            ("+8  -0x10  +2*8", "terms: decimal, hex after 0x, or a product"),
        ],
        notes: &[
            "So @rsp+8-16, crash.exe+0x10d9, [@rsp+8]+0x10, [[@rsp]+8], @rsp+2*8 and\n\
             reg:rip+4 are places, and so is every place that dumpedit prints.",
            "Paths over variables are those of C, C++ and Rust, by the debug information of\n\
             the module. A term behind one counts bytes: nodes[1]+8. A bit field has no\n\
             place: print shows it, and set changes it.",
            "Modules and regions come before symbols of the same name: app!app and &app are\n\
             the symbol, app+0 the module. A C++ reference is the object that it refers to.",
            "Symbols are those of the modules' own files, at their paths here, under\n\
             --sysroot DIR, in --symbols DIR and the folders that DUMPEDIT_SYMBOLS lists.\n\
             A file whose id is not the module's is refused, unless --trust-symbols takes\n\
             it. One that is thread-local is that of the thread that is meant. Shown\n\
             addresses have their symbols, as app!main+0x4, where a file of the same id is\n\
             at hand with no more than 64 MiB of symbols; --no-symbols, or\n\
             DUMPEDIT_SYMBOLS=off, does without.",
        ],
    },
    Section {
        name: "RANGE",
        about: "a stretch of memory, or of a register",
        forms: &[
            ("AT..AT", "from the first place up to the second, not included"),
            ("AT..+LENGTH", "so many bytes: decimal, or hex after 0x"),
            ("outer.text", "all of a symbol, a variable or a part of one, or a field"),
        ],
        notes: &[],
    },
    Section {
        name: "VALUE",
        about: "bytes, for write, fill and find; several follow one another",
        forms: &[
            ("9090  \"48 8b 05\"", "hex digits in pairs; hex: may stand before them"),
            ("u8:7  u16: ... u128:", "a number, in the target's byte order"),
            ("i8:-1 i16: ... i128:", "a signed one"),
            ("f32:1.5  f64:1.5", "a floating-point number"),
            ("ptr:AT", "the address of a place, as wide as a pointer"),
            ("str:TEXT  strz:TEXT", "text in UTF-8; strz with a NUL behind it"),
            ("utf16: utf16z:", "text in UTF-16, likewise"),
            ("file:PATH", "what a file holds"),
            ("-", "what standard input holds, once in a command"),
        ],
        notes: &[],
    },
    Section {
        name: "PATTERN",
        about: "what find looks for",
        forms: &[
            ("\"48 ?? 4?\"", "bytes: ?? is any, 4? and ?4 are any half"),
            ("VALUE", "u32:7, ptr:AT, str:TEXT, utf16:TEXT, file:PATH"),
            ("text:TEXT", "text in UTF-8 and in UTF-16 at once"),
            ("re:REGEX", "a regular expression over bytes; \\xff is that byte"),
            ("re16:REGEX", "one over letters in UTF-16"),
        ],
        notes: &[],
    },
    Section {
        name: "NUMBER",
        about: "what set gives a register",
        forms: &[
            ("10  -1  0x10", "decimal; hex after 0x, octal after 0o, binary 0b"),
            ("1.5  1e300  -inf", "for a register or a lane that holds floats"),
            ("u32:7  f64:1.5", "a number of a type"),
            ("@rsp+8  main+4", "an AT: its address"),
            ("hex:1000000000000000", "bytes as they are stored, of the exact width"),
            ("initial", "the value of a register whose XSAVE component is unused"),
        ],
        notes: &[],
    },
    Section {
        name: "PATH=VALUE",
        about: "what set gives a variable, by its type",
        forms: &[
            ("9  -1  0xff", "a number that fits; hex, 0o and 0b are bits"),
            ("1.5  1e300  nan  true  'A'", "for floats, booleans and characters"),
            ("BLUE  READ|WRITE", "the names of values of an enum"),
            ("\"text\"", "for an array of letters; zeros fill the rest"),
            ("&nodes[3]  head  NULL", "a pointer: an address, or another pointer's value"),
            ("ptr:AT", "the address of a place, with terms"),
            ("hex:01020304", "bytes as they are stored, of the exact size"),
        ],
        notes: &["What has the name of a register is the register: rip=1, and app!rip=1."],
    },
    Section {
        name: "THE TRAP",
        about: "a VALUE is hex bytes, and a NUMBER is decimal",
        forms: &[("write D AT 10", "writes the byte 0x10"), ("set D rax=10", "sets rax to ten, 0xa")],
        notes: &["A VALUE that starts with 0x, and a NUMBER with zeros in front, are refused,\n\
             and the message says what to write instead. So are zeros in front of the\n\
             value of a variable and of an index."],
    },
    Section {
        name: "REG",
        about: "a register, or a part of one",
        forms: &[
            ("rip  xmm3  x0", "by the machine's names; pc sp fp lr flags on all"),
            ("eax  ah  zf", "a part: only its own bits change"),
            ("xmm0.u32.2", "a lane, counted from 0: u8 ... u128, f32, f64"),
            ("mxcsr@2", "the second copy alone, where a record has two"),
        ],
        notes: &["In a WOW64 thread a name that its 32-bit record has, as sp, ax and eflags do,\n\
             means that record; rip and r8 mean the 64-bit one, as all names do with\n\
             --context thread."],
    },
    Section {
        name: "FIELD",
        about: "a named value that is neither memory nor a register",
        forms: &[
            ("crash.code", "a word for what it belongs to, a point, its name"),
            ("thread[T].id", "of a thread, which is named as below"),
            ("module[libc].name", "of a module: by file name or stem, or index:N"),
            ("segment[3].p_flags", "of one of several, by its number from 0"),
            ("stream[LinuxMaps]", "a stream or a note as a whole"),
        ],
        notes: &["dumpedit fields lists those of a dump. set gives one a number or the name\n\
             of a number (SIGSEGV, EXCEPTION_ACCESS_VIOLATION), a text as it is or behind\n\
             str:, or hex: and bytes; its size stays."],
    },
    Section {
        name: "T",
        about: "a thread (--thread)",
        forms: &[
            ("4711", "its id, as dumpedit threads shows it"),
            ("index:0", "its place in that list; gdb's thread 1 is index:0"),
            ("name:worker", "its name, where no other thread has that"),
            ("crashed", "the one that crashed: what is taken where none is named"),
            ("all", "every one, for regs, threads and reduce"),
        ],
        notes: &["Where a dump names none as crashed, its only thread is taken; of several, the\n\
             first for what only reads."],
    },
    Section {
        name: "C",
        about: "which of a thread's records (--context)",
        forms: &[
            ("auto", "the exception's, else the thread's; edits all that agree"),
            ("thread  exception", "that one alone"),
            ("both", "the two of them"),
            ("wow64", "the 32-bit record of a WOW64 thread"),
        ],
        notes: &[],
    },
    Section {
        name: "SCRIPTS AND SHELLS",
        about: "",
        forms: &[],
        notes: &[
            "A line of a script is a command without dumpedit and without the dump. Blanks\n\
             separate words, ' and \" group them, a backslash is literal, and # begins a\n\
             comment where a word could begin.",
            "Verbs of a script are write, set, fill, copy, find, add memory, add thread,\n\
             add module, add images, add crash, drop memory, drop thread, drop module,\n\
             drop crash, and thread T, which names the thread of the lines behind it. What\n\
             a line adds is there once the whole script is done; lines that drop stand in\n\
             front.",
            "Shells read some letters in their own way: quote what holds blanks or any of\n\
             ?*[]$#; and in PowerShell what begins with @, too.",
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
