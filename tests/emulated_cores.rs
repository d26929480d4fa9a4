//! Cores that QEMU writes for programs of other machines: pc and sp are those of the program, and gdb shows every register as `regs` does.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use crate::registers_agree::agree;
use crate::support::bytes::Order;
use crate::support::command::dumpedit;
use crate::support::readers::gdb;
use crate::support::tools::have;

/// A machine of QEMU's: the command's name, `e_machine`, whether its files have 64 bits, its byte order, `e_flags`, its name in dumpedit,
/// and the minimum number of registers that gdb shows; 0 where it shows none.
type Emulated = (&'static str, u16, bool, Order, u64, &'static str, usize);

const EMULATED: [Emulated; 16] = [
    ("ppc", 20, false, Order::Big, 0, "ppc", 39),
    ("ppc64", 21, true, Order::Big, 2, "ppc64", 39),
    ("ppc64le", 21, true, Order::Little, 2, "ppc64", 39),
    ("s390x", 22, true, Order::Big, 0, "s390x", 34),
    ("mips", 8, false, Order::Big, 0x7000_1007, "mips", 34),
    ("mipsel", 8, false, Order::Little, 0x7000_1007, "mips", 34),
    ("mips64", 8, true, Order::Big, 0x8000_0007, "mips64", 34),
    ("mips64el", 8, true, Order::Little, 0x8000_0007, "mips64", 34),
    // gdb 13 ends with an internal error.
    ("mipsn32", 8, false, Order::Big, 0x8000_0027, "mips64", 0),
    ("mipsn32el", 8, false, Order::Little, 0x8000_0027, "mips64", 0),
    ("m68k", 4, false, Order::Big, 0, "m68k", 0),
    ("sh4", SUPERH, false, Order::Little, 9, "sh", 22),
    ("sh4eb", SUPERH, false, Order::Big, 9, "sh", 22),
    ("microblaze", 189, false, Order::Big, 0, "microblaze", 0),
    ("microblazeel", 189, false, Order::Little, 0, "microblaze", 0),
    ("xtensa", 94, false, Order::Little, 0, "xtensa", 0),
];

/// Address of the program.
const PROGRAM: u64 = 0x1_0000;
const PAGE: usize = 0x1000;
/// `EM_SH`.
const SUPERH: u16 = 42;

/// `mov.l @r0, r1` of SuperH, since QEMU leaves no core for SuperH's illegal instructions.
const LOAD: u64 = 0x6102;

/// A program of one page of zeros, or of loads from address 0. Zeros are an illegal instruction, or one without effect, and there is no
/// memory behind the page.
fn program(machine: u16, wide: bool, order: Order, flags: u64) -> Vec<u8> {
    let word = if wide { 8 } else { 4 };
    let (header, entry) = if wide { (64, 56) } else { (52, 32) };
    let mut file = vec![0x7f, b'E', b'L', b'F', if wide { 2 } else { 1 }, 1, 1, 0];
    file[5] = if order == Order::Big { 2 } else { 1 };
    file.resize(16, 0);
    let (at, size) = (PAGE as u64, PAGE as u64);
    let head = [(2, 2), (machine.into(), 2), (1, 4), (PROGRAM, word), (header, word), (0, word), (flags, 4)];
    file.extend(order.fields(&head));
    file.extend(order.fields(&[(header, 2), (entry, 2), (1, 2), (0, 2), (0, 2), (0, 2)]));
    let places = [(at, word), (PROGRAM, word), (PROGRAM, word), (size, word), (size, word)];
    let segment = match wide {
        true => [&[(1, 4), (5, 4)][..], &places, &[(size, word)]].concat(),
        false => [&[(1, 4)][..], &places, &[(5, 4), (size, word)]].concat(),
    };
    file.extend(order.fields(&segment));
    file.resize(PAGE, 0);
    let instruction = if machine == SUPERH { LOAD } else { 0 };
    file.extend(order.number(instruction, 2).repeat(PAGE / 2));
    file
}

/// The core of the program in a folder.
fn core_of(folder: &Path, emulated: Emulated) -> PathBuf {
    let (name, machine, wide, order, flags, ..) = emulated;
    let path = folder.join(name);
    std::fs::write(&path, program(machine, wide, order, flags)).unwrap();
    let line = format!("chmod +x {name}; ulimit -c unlimited; exec qemu-{name} ./{name}");
    let mut shell = Command::new("sh");
    shell.args(["-c", &line]).current_dir(folder).stdin(Stdio::null());
    let status = shell.stdout(Stdio::null()).stderr(Stdio::null()).status().unwrap();
    assert!(!status.success(), "{name} did not crash");
    let files = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    let is_core = |path: &PathBuf| path.extension().is_some_and(|extension| extension == "core");
    files.into_iter().find(is_core).unwrap_or_else(|| panic!("{name} left no core"))
}

#[test]
fn registers_of_cores_that_qemu_writes_are_those_of_the_program() {
    if !have("qemu-ppc") || !have("gdb-multiarch") {
        return;
    }
    for emulated in EMULATED {
        let (name, .., machine, least) = emulated;
        let folder = tempfile::tempdir().unwrap();
        let core = core_of(folder.path(), emulated);
        let read =
            |verb: &str| dumpedit(&[verb.as_ref(), core.as_os_str(), "--json".as_ref()]).exits(0).json();
        assert_eq!(read("info")["machine"], machine, "{name}");
        let thread = read("threads")[0].clone();
        let register = |name: &str| {
            let value = thread[name].as_str()?.strip_prefix("0x")?;
            u64::from_str_radix(value, 16).ok()
        };
        let pc = register("pc").unwrap_or_else(|| panic!("{name}: {thread}"));
        assert!((PROGRAM..=PROGRAM + PAGE as u64).contains(&pc), "{name}: {thread}");
        // The stack is captured, and ends nearby.
        if let Some(sp) = register("sp") {
            let stack = format!("{sp:#x}..+8");
            dumpedit(&["read".as_ref(), core.as_os_str(), stack.as_ref()]).exits(0);
        }
        if least > 0 {
            agree(&core, &gdb(&core, machine), least);
        }
    }
}
