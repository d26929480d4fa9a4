//! Builds ELF cores byte by byte, as the generic ABI and Linux's elfcore.h lay them out.

use super::bytes::Order;

/// `e_machine`.
pub(crate) mod machine {
    pub(crate) const I386: u16 = 3;
    pub(crate) const PPC64: u16 = 21;
    pub(crate) const ARM: u16 = 40;
    pub(crate) const X86_64: u16 = 62;
    pub(crate) const AARCH64: u16 = 183;
    pub(crate) const RISCV: u16 = 243;
    pub(crate) const S390: u16 = 22;
    pub(crate) const PARISC: u16 = 15;
    pub(crate) const OPENRISC: u16 = 92;
}

/// `e_type`.
pub(crate) mod file_type {
    pub(crate) const EXEC: u16 = 2;
    pub(crate) const DYN: u16 = 3;
    pub(crate) const CORE: u16 = 4;
}

/// `struct elf_prstatus` of x86_64: its size, offsets of ids and registers, and some fields of `user_regs_struct`.
pub(crate) mod prstatus_x86_64 {
    pub(crate) const SIZE: usize = 336;
    pub(crate) const SIGNAL: usize = 12;
    pub(crate) const PID: usize = 32;
    pub(crate) const REGISTERS: usize = 112;
    pub(crate) const RAX: usize = REGISTERS + 10 * 8;
    pub(crate) const RIP: usize = REGISTERS + 16 * 8;
    pub(crate) const EFLAGS: usize = REGISTERS + 18 * 8;
    pub(crate) const RSP: usize = REGISTERS + 19 * 8;
}

/// `struct elf_prstatus` of i386.
pub(crate) mod prstatus_i386 {
    pub(crate) const SIZE: usize = 144;
    pub(crate) const SIGNAL: usize = 12;
    pub(crate) const PID: usize = 24;
    pub(crate) const EAX: usize = 72 + 6 * 4;
    pub(crate) const EIP: usize = 72 + 12 * 4;
    pub(crate) const ESP: usize = 72 + 15 * 4;
}

/// `struct elf_prstatus` of aarch64: `x0` to `x30`, `sp`, `pc`, `pstate`.
pub(crate) mod prstatus_aarch64 {
    pub(crate) const SIZE: usize = 392;
    pub(crate) const SIGNAL: usize = 12;
    pub(crate) const PID: usize = 32;
    pub(crate) const X0: usize = 112;
    pub(crate) const SP: usize = 112 + 31 * 8;
    pub(crate) const PC: usize = 112 + 32 * 8;
}

/// The FXSAVE image in NT_FPREGSET and at the head of NT_X86_XSTATE, and the XSAVE header behind it.
pub(crate) mod fxsave {
    pub(crate) const SIZE: usize = 512;
    pub(crate) const XMM0: usize = 160;
    /// `XCR0`, which Linux puts into the bytes reserved for software.
    pub(crate) const XCR0: usize = 464;
    pub(crate) const XSTATE_BV: usize = 512;
}

/// A note: its owner, its type, its description.
pub(crate) type Note = (&'static str, u32, Vec<u8>);

pub(crate) const NT_PRSTATUS: u32 = 1;
pub(crate) const NT_FPREGSET: u32 = 2;
pub(crate) const NT_AUXV: u32 = 6;
pub(crate) const NT_X86_XSTATE: u32 = 0x202;
pub(crate) const NT_FILE: u32 = 0x4649_4c45;

/// An x86_64 thread's NT_PRSTATUS, with rax 0x1111.
pub(crate) fn prstatus(tid: u32, signal: u16, rip: u64, rsp: u64) -> Note {
    use prstatus_x86_64::{PID, RAX, RIP, RSP, SIGNAL, SIZE};
    let mut note = vec![0; SIZE];
    let fields = [(SIGNAL, u64::from(signal), 2), (PID, u64::from(tid), 4), (RAX, 0x1111, 8)];
    for (offset, value, size) in fields.into_iter().chain([(RIP, rip, 8), (RSP, rsp, 8)]) {
        Order::Little.put(&mut note, offset, value, size);
    }
    ("CORE", NT_PRSTATUS, note)
}

/// Linux's NT_FILE: the page size, then start, end, offset in pages and path of each mapped file.
pub(crate) fn nt_file(files: &[(u64, u64, u64, &str)]) -> Note {
    let mut note = Order::Little.fields(&[(files.len() as u64, 8), (4096, 8)]);
    for &(start, end, pages, _) in files {
        note.extend(Order::Little.fields(&[(start, 8), (end, 8), (pages, 8)]));
    }
    for (.., path) in files {
        note.extend(path.bytes().chain([0]));
    }
    ("CORE", NT_FILE, note)
}

#[derive(Clone, Copy)]
struct Header {
    kind: u32,
    address: u64,
    offset: u64,
    file_size: u64,
    memory_size: u64,
    align: u64,
    flags: u64,
}

const PT_LOAD: u32 = 1;
const PT_NOTE: u32 = 4;
const PF_X: u64 = 1;
const PF_W: u64 = 2;
const PF_R: u64 = 4;
/// `e_phnum` where the count is in `sh_info` of section 0.
const PN_XNUM: u64 = 0xffff;

/// A core being built: `place` appends bytes and returns their offset, `finish` adds the program headers.
pub(crate) struct ElfBuilder {
    order: Order,
    wide: bool,
    machine: u16,
    file_type: u16,
    room: usize,
    extended: bool,
    file: Vec<u8>,
    headers: Vec<Header>,
}

impl ElfBuilder {
    /// A core with room for `room` program headers in front of the placed bytes.
    pub(crate) fn with_room(order: Order, wide: bool, machine: u16, room: usize) -> Self {
        let mut builder = ElfBuilder {
            order,
            wide,
            machine,
            file_type: file_type::CORE,
            room,
            extended: false,
            file: Vec::new(),
            headers: Vec::new(),
        };
        builder.file = vec![0; builder.header_size() + room * builder.entry_size()];
        builder
    }

    pub(crate) fn new(order: Order, wide: bool, machine: u16) -> Self {
        ElfBuilder::with_room(order, wide, machine, 16)
    }

    pub(crate) fn x86_64() -> Self {
        ElfBuilder::new(Order::Little, true, machine::X86_64)
    }

    pub(crate) fn i386() -> Self {
        ElfBuilder::new(Order::Little, false, machine::I386)
    }

    /// Sets `ET_EXEC` or `ET_DYN` instead of `ET_CORE`.
    pub(crate) fn file_type(mut self, file_type: u16) -> Self {
        self.file_type = file_type;
        self
    }

    /// Writes the number of program headers into section 0, as cores of 65,535 segments and more must.
    pub(crate) fn extended(mut self) -> Self {
        self.extended = true;
        self
    }

    fn header_size(&self) -> usize {
        if self.wide { 64 } else { 52 }
    }

    fn entry_size(&self) -> usize {
        if self.wide { 56 } else { 32 }
    }

    fn word(&self) -> usize {
        if self.wide { 8 } else { 4 }
    }

    /// Appends bytes; returns their file offset.
    pub(crate) fn place(&mut self, bytes: &[u8]) -> u64 {
        let offset = self.file.len() as u64;
        self.file.extend(bytes);
        offset
    }

    /// Adds a PT_LOAD with all bytes in the file; returns their file offset.
    pub(crate) fn load(&mut self, address: u64, bytes: &[u8]) -> u64 {
        let offset = self.place(bytes);
        self.load_at(address, offset, bytes.len() as u64, bytes.len() as u64);
        offset
    }

    /// Adds a PT_LOAD with the values of its header.
    pub(crate) fn load_at(&mut self, address: u64, offset: u64, file_size: u64, memory_size: u64) {
        let flags = PF_R | PF_W;
        self.headers.push(Header { kind: PT_LOAD, address, offset, file_size, memory_size, align: 1, flags });
    }

    /// Adds a PT_LOAD of code, whose bytes cores leave to the program's file.
    pub(crate) fn code(&mut self, address: u64, memory_size: u64) {
        self.load_at(address, 0, 0, memory_size);
        self.flags(PF_R | PF_X);
    }

    /// Adds memory tags (`PT_AARCH64_MEMTAG_MTE`) of `memory_size` bytes of memory, two in a byte; returns their file offset.
    pub(crate) fn memory_tags(&mut self, address: u64, tags: &[u8], memory_size: u64) -> u64 {
        let offset = self.load(address, tags);
        let header = self.headers.last_mut().unwrap();
        (header.kind, header.memory_size) = (0x7000_0002, memory_size);
        offset
    }

    /// Sets `p_flags` of the last header.
    pub(crate) fn flags(&mut self, flags: u64) {
        self.headers.last_mut().unwrap().flags = flags;
    }

    /// Adds a PT_NOTE of notes padded to four bytes; returns the file offsets of their descriptions.
    pub(crate) fn notes(&mut self, notes: &[Note]) -> Vec<u64> {
        self.notes_aligned(notes, 4)
    }

    /// The same with another `p_align`: 8 pads names and descriptions to eight bytes, others to four.
    pub(crate) fn notes_aligned(&mut self, notes: &[Note], align: u64) -> Vec<u64> {
        let padding = if align == 8 { 8 } else { 4 };
        self.file.resize(self.file.len().next_multiple_of(padding), 0);
        let start = self.file.len() as u64;
        let mut offsets = Vec::new();
        for (owner, kind, description) in notes {
            let sizes = [(owner.len() as u64 + 1, 4), (description.len() as u64, 4), (u64::from(*kind), 4)];
            let mut head = self.order.fields(&sizes);
            head.extend(owner.bytes().chain([0]));
            head.resize(head.len().next_multiple_of(padding), 0);
            self.place(&head);
            offsets.push(self.place(description));
            self.file.resize(self.file.len().next_multiple_of(padding), 0);
        }
        let size = self.file.len() as u64 - start;
        self.headers.push(Header {
            kind: PT_NOTE,
            address: 0,
            offset: start,
            file_size: size,
            memory_size: 0,
            align,
            flags: PF_R,
        });
        offsets
    }

    /// Returns the file.
    pub(crate) fn finish(mut self) -> Vec<u8> {
        assert!(self.headers.len() <= self.room, "no room for the program headers");
        let (order, word, wide) = (self.order, self.word(), self.wide);
        let count = self.headers.len() as u64;
        let section_offset = if self.extended { self.file.len() as u64 } else { 0 };
        let mut header = vec![0x7f, b'E', b'L', b'F', if wide { 2 } else { 1 }];
        header.extend([if order == Order::Little { 1 } else { 2 }, 1]);
        header.resize(16, 0);
        let kinds = [(u64::from(self.file_type), 2), (u64::from(self.machine), 2), (1, 4)];
        header.extend(order.fields(&kinds));
        let (ehsize, phentsize) = (self.header_size() as u64, self.entry_size() as u64);
        header.extend(order.fields(&[(0, word), (ehsize, word), (section_offset, word), (0, 4)]));
        let phnum = if self.extended { PN_XNUM } else { count };
        let section_size = if wide { 64 } else { 40 };
        let (shentsize, shnum) = if self.extended { (section_size, 1) } else { (0, 0) };
        header.extend(order.fields(&[(ehsize, 2), (phentsize, 2), (phnum, 2)]));
        header.extend(order.fields(&[(shentsize, 2), (shnum, 2), (0, 2)]));
        for entry in &self.headers {
            let Header { kind, address, offset, file_size, memory_size, align, flags } = *entry;
            let sizes = [(file_size, word), (memory_size, word)];
            let place = [(offset, word), (address, word), (0, word)];
            header.extend(order.number(u64::from(kind), 4));
            if wide {
                header.extend(order.number(flags, 4));
            }
            header.extend(order.fields(&place));
            header.extend(order.fields(&sizes));
            if !wide {
                header.extend(order.number(flags, 4));
            }
            header.extend(order.number(align, word));
        }
        self.file[..header.len()].copy_from_slice(&header);
        if self.extended {
            // Section 0: name, type, flags, address, offset, size, link, then `sh_info`, the count.
            let mut section = order.fields(&[(0, 4), (0, 4), (0, word), (0, word), (0, word), (0, word)]);
            section.extend(order.fields(&[(0, 4), (count, 4), (0, word), (0, word)]));
            self.place(&section);
        }
        self.file
    }
}
