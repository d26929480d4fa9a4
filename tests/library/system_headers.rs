//! Offsets of Linux's registers on Intel are those of the system's own headers.
//!
//! A C program that is compiled but never run has the offsets: each is a marked line in its assembly.

use std::collections::BTreeMap;
use std::process::Command;

use dumpedit::{Dump, RecordChoice, ThreadIndex};

use crate::support::bytes::Order;
use crate::support::elf_builder::{
    ElfBuilder, NT_FPREGSET, NT_PRSTATUS, Note, machine, prstatus_i386, prstatus_x86_64,
};
use crate::support::tools::{have, printed, skip};

const NT_PRXFPREG: u32 = 0x46e6_2b7f;

/// A register, and its place in C: the note, the structure, the field, and an offset from the field, in bytes.
type Field = (String, usize, &'static str, String, usize);

fn field(register: &str, note: usize, of: &'static str, name: &str) -> Field {
    (register.to_owned(), note, of, name.to_owned(), 0)
}

/// Offsets of these fields by gcc, in order; `None`, with a printed line, where there is no gcc.
fn offsets(bits: &str, fields: &[Field]) -> Option<Vec<u64>> {
    if !have("gcc") {
        return None;
    }
    if !cfg!(all(target_os = "linux", target_arch = "x86_64")) {
        skip("the headers of this system are not those of Linux on Intel");
        return None;
    }
    let folder = tempfile::tempdir().unwrap();
    let marks = fields.iter().map(|(_, _, of, name, behind)| {
        // pr_reg is an array of words, whose names are in user_regs_struct.
        let base =
            if *of == "struct user_regs_struct" { "offsetof(struct elf_prstatus, pr_reg)" } else { "0" };
        format!("__asm__(\"\\n->%c0\" : : \"i\"({base} + offsetof({of}, {name}) + {behind}));\n")
    });
    let program = format!(
        "#include <stddef.h>\n#include <sys/procfs.h>\n#include <sys/user.h>\nvoid offsets(void) {{\n{}}}\n",
        marks.collect::<String>()
    );
    std::fs::write(folder.path().join("offsets.c"), program).unwrap();
    // The 64-bit system's headers have the 32-bit structures as well, and only lack a list of 32-bit functions.
    std::fs::create_dir(folder.path().join("gnu")).unwrap();
    std::fs::write(folder.path().join("gnu/stubs-32.h"), "").unwrap();
    let host = Command::new("gcc").args(["-m64", "-print-multiarch"]).output().unwrap().stdout;
    let host = String::from_utf8(host).unwrap();
    let mut gcc = Command::new("gcc");
    gcc.args([bits, "-S", "-o", "-", "-I"]).arg(folder.path());
    gcc.arg("-isystem").arg(format!("/usr/include/{}", host.trim()));
    let assembly = printed(gcc.arg(folder.path().join("offsets.c")));
    let marked = assembly.lines().filter_map(|line| line.strip_prefix("->"));
    let offsets: Vec<u64> = marked.map(|offset| offset.trim().parse().unwrap()).collect();
    assert_eq!(offsets.len(), fields.len(), "{assembly}");
    Some(offsets)
}

/// Checks that in a core of these notes each register is at its field's offset, and nowhere else in the note.
fn stand_at(wide: bool, machine: u16, notes: &[Note], fields: &[Field], offsets: &[u64]) {
    let mut core = ElfBuilder::new(Order::Little, wide, machine);
    let starts = core.notes(notes);
    let dump = Dump::from_bytes(core.finish()).unwrap();
    let context = dumpedit::Context::Thread(ThreadIndex(0), RecordChoice::Auto);
    let mut expected: BTreeMap<&str, Vec<u64>> = BTreeMap::new();
    for ((register, note, ..), offset) in fields.iter().zip(offsets) {
        expected.entry(register).or_default().push(starts[*note] + offset);
    }
    for (register, places) in &mut expected {
        let part = dump.register(context, register).unwrap();
        let resolved = dump.layout().resolve_part(context, part).unwrap();
        let mut found: Vec<u64> = resolved.pieces.iter().map(|piece| piece.file_offset).collect();
        found.sort_unstable();
        places.sort_unstable();
        assert_eq!(&found, places, "{register}");
    }
}

#[test]
fn x86_64_registers_stand_where_sys_user_h_has_them() {
    const REGISTERS: &str = "struct user_regs_struct";
    const FLOAT: &str = "struct user_fpregs_struct";
    let mut fields: Vec<Field> = [
        "r15", "r14", "r13", "r12", "rbp", "rbx", "r11", "r10", "r9", "r8", "rax", "rcx", "rdx", "rsi",
        "rdi", "orig_rax", "rip", "cs", "eflags", "rsp", "ss", "fs_base", "gs_base", "ds", "es", "fs", "gs",
    ]
    .iter()
    .map(|name| field(name, 0, REGISTERS, name))
    .collect();
    for (register, name) in [
        ("fctrl", "cwd"),
        ("fstat", "swd"),
        ("ftw", "ftw"),
        ("fop", "fop"),
        ("fip", "rip"),
        ("fdp", "rdp"),
        ("mxcsr", "mxcsr"),
        ("mxcsr_mask", "mxcr_mask"),
    ] {
        fields.push(field(register, 1, FLOAT, name));
    }
    fields.extend((0..8).map(|n| (format!("st{n}"), 1, FLOAT, "st_space".to_owned(), 16 * n)));
    fields.extend((0..16).map(|n| (format!("xmm{n}"), 1, FLOAT, "xmm_space".to_owned(), 16 * n)));
    let Some(offsets) = offsets("-m64", &fields) else { return };
    let notes = [("CORE", NT_PRSTATUS, vec![0; prstatus_x86_64::SIZE]), ("CORE", NT_FPREGSET, vec![0; 512])];
    stand_at(true, machine::X86_64, &notes, &fields, &offsets);
}

#[test]
fn i386_registers_stand_where_sys_user_h_has_them() {
    const REGISTERS: &str = "struct user_regs_struct";
    const FLOAT: &str = "struct user_fpregs_struct";
    const EXTENDED: &str = "struct user_fpxregs_struct";
    let mut fields: Vec<Field> =
        ["ebx", "ecx", "edx", "esi", "edi", "ebp", "eax", "orig_eax", "eip", "eflags", "esp"]
            .iter()
            .map(|name| field(name, 0, REGISTERS, name))
            .collect();
    for (register, name) in
        [("ds", "xds"), ("es", "xes"), ("fs", "xfs"), ("gs", "xgs"), ("cs", "xcs"), ("ss", "xss")]
    {
        fields.push(field(register, 0, REGISTERS, name));
    }
    for (register, name) in [("fctrl", "cwd"), ("fstat", "swd"), ("fioff", "fip"), ("fiseg", "fcs")] {
        fields.push(field(register, 1, FLOAT, name));
        fields.push(field(register, 2, EXTENDED, name));
    }
    for (register, name) in [("fooff", "foo"), ("foseg", "fos")] {
        fields.push(field(register, 1, FLOAT, name));
        fields.push(field(register, 2, EXTENDED, name));
    }
    fields.push(field("ftag", 1, FLOAT, "twd"));
    // FSAVE has the last opcode in the upper half of the selector's word.
    fields.push(("fop".to_owned(), 1, FLOAT, "fcs".to_owned(), 2));
    fields.push(field("fop", 2, EXTENDED, "fop"));
    fields.push(field("ftw", 2, EXTENDED, "twd"));
    fields.push(field("mxcsr", 2, EXTENDED, "mxcsr"));
    for n in 0..8 {
        fields.push((format!("st{n}"), 1, FLOAT, "st_space".to_owned(), 10 * n));
        fields.push((format!("st{n}"), 2, EXTENDED, "st_space".to_owned(), 16 * n));
        fields.push((format!("xmm{n}"), 2, EXTENDED, "xmm_space".to_owned(), 16 * n));
    }
    let Some(offsets) = offsets("-m32", &fields) else { return };
    let notes = [
        ("CORE", NT_PRSTATUS, vec![0; prstatus_i386::SIZE]),
        ("CORE", NT_FPREGSET, vec![0; 108]),
        ("LINUX", NT_PRXFPREG, vec![0; 512]),
    ];
    stand_at(false, machine::I386, &notes, &fields, &offsets);
}

#[test]
fn the_status_of_a_thread_has_the_size_and_the_id_that_sys_procfs_h_gives_it() {
    for (bits, size, id, signal) in [
        ("-m64", prstatus_x86_64::SIZE, prstatus_x86_64::PID, prstatus_x86_64::SIGNAL),
        ("-m32", prstatus_i386::SIZE, prstatus_i386::PID, prstatus_i386::SIGNAL),
    ] {
        const STATUS: &str = "struct elf_prstatus";
        let fields = [
            field("", 0, "struct { struct elf_prstatus status; char end; }", "end"),
            field("", 0, STATUS, "pr_pid"),
            field("", 0, STATUS, "pr_cursig"),
        ];
        let Some(offsets) = offsets(bits, &fields) else { return };
        assert_eq!(offsets, [size as u64, id as u64, signal as u64], "{bits}");
    }
}
