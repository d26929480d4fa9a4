//! Variables of libraries that programs of other machines have copies of, against what LLVM says of their relocations.

use dumpedit_layout::{ByteOrder, Machine, Module};
use dumpedit_symbols::{SymbolOptions, SymbolPlace, SymbolTarget, Symbols};

use crate::programs::{all_here, folder};

const LIBRARY: &str =
    "int own_before = 1; int own_shared = 7; int own_read(void) { return own_shared + own_before; }\n";
const PROGRAM: &str = "extern int own_shared; int own_read(void);\n\
    void _start(void) { own_shared += own_read(); for (;;) {} }\n";
const PROGRAM_BASE: u64 = 0x10_0000;
const LIBRARY_BASE: u64 = 0x80_0000;

#[test]
fn the_programs_copy_is_meant_on_machines_of_32_bits_too() {
    if !all_here(&["clang", "ld.lld", "llvm-readobj"]) {
        return;
    }
    for (target, machine, order, width, relocation) in [
        ("i386-linux-gnu", Machine::X86, ByteOrder::Little, 4, "R_386_COPY"),
        ("armv7-linux-gnueabihf", Machine::Arm, ByteOrder::Little, 4, "R_ARM_COPY"),
        ("powerpc-linux-gnu", Machine::Ppc, ByteOrder::Big, 4, "R_PPC_COPY"),
        ("x86_64-linux-gnux32", Machine::X32, ByteOrder::Little, 4, "R_X86_64_COPY"),
        ("x86_64-linux-gnu", Machine::Amd64, ByteOrder::Little, 8, "R_X86_64_COPY"),
        ("aarch64-linux-gnu", Machine::Arm64, ByteOrder::Little, 8, "R_AARCH64_COPY"),
    ] {
        let made = folder();
        made.write("library.c", LIBRARY.as_bytes());
        made.write("app.c", PROGRAM.as_bytes());
        let all = ["-target", target, "-fuse-ld=lld", "-nostdlib", "-O1"];
        made.run("clang", &[&all[..], &["-shared", "-fPIC", "-o", "libown.so", "library.c"]].concat());
        let program = ["-fno-pic", "-no-pie", "-o", "app", "app.c", "libown.so"];
        made.run("clang", &[&all[..], &program].concat());
        let said = made.printed("llvm-readobj", &["--relocations", "app"]);
        let line = said.lines().find(|line| line.contains(&format!("{relocation} own_shared")));
        let line = line.unwrap_or_else(|| panic!("{target}: {said}"));
        let at = line.trim().split(' ').next().unwrap().trim_start_matches("0x");
        let at = u64::from_str_radix(at, 16).unwrap();
        let segments = made.printed("llvm-readobj", &["--program-headers", "app"]);
        let addresses = segments.split("PT_LOAD").skip(1).filter_map(|segment| {
            let address = segment.split("VirtualAddress: 0x").nth(1)?.split('\n').next()?;
            u64::from_str_radix(address.trim(), 16).ok()
        });
        let lowest = addresses.min().unwrap() & !0xfff;
        let mut process = SymbolTarget::new(machine, order, width);
        process.modules = vec![
            Module::new(PROGRAM_BASE, 0x4_0000, "/p/app"),
            Module::new(LIBRARY_BASE, 0x4_0000, "/p/libown.so"),
        ];
        let symbols = Symbols::new(process, SymbolOptions::default().folder(made.path(".")));
        let place = |name: &str| symbols.find(name).unwrap_or_else(|error| panic!("{target}: {error}")).place;
        assert_eq!(place("own_shared"), SymbolPlace::Address(PROGRAM_BASE + at - lowest), "{target}");
        let SymbolPlace::Address(of_library) = place("libown.so!own_shared") else { panic!() };
        assert!(of_library >= LIBRARY_BASE, "{target}: {of_library:#x}");
        let told = symbols.notices().iter().any(|notice| notice.kind.name() == "copied-variable");
        assert!(told, "{target}: {:?}", symbols.notices());
    }
}
