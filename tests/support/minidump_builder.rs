//! Builds minidumps byte by byte, as minidumpapiset.h and winnt.h lay them out.

use super::bytes::Order;

/// Stream numbers (`MINIDUMP_STREAM_TYPE`).
pub(crate) mod stream {
    pub(crate) const THREAD_LIST: u32 = 3;
    pub(crate) const MODULE_LIST: u32 = 4;
    pub(crate) const MEMORY_LIST: u32 = 5;
    pub(crate) const EXCEPTION: u32 = 6;
    pub(crate) const SYSTEM_INFO: u32 = 7;
    pub(crate) const MEMORY64_LIST: u32 = 9;
    pub(crate) const MISC_INFO: u32 = 15;
    pub(crate) const MEMORY_INFO_LIST: u32 = 16;
    pub(crate) const THREAD_NAMES: u32 = 24;
    /// Breakpad's copy of `/proc/PID/maps`.
    pub(crate) const LINUX_MAPS: u32 = 0x4767_0009;
}

/// Processors (`PROCESSOR_ARCHITECTURE_*`).
pub(crate) mod processor {
    pub(crate) const X86: u16 = 0;
    pub(crate) const MIPS: u16 = 1;
    pub(crate) const PPC: u16 = 3;
    pub(crate) const ARM: u16 = 5;
    pub(crate) const AMD64: u16 = 9;
    pub(crate) const ARM64: u16 = 12;
    /// Breakpad's value, older than Microsoft's.
    pub(crate) const ARM64_OLD: u16 = 0x8003;
    pub(crate) const SPARC: u16 = 0x8001;
    pub(crate) const PPC64: u16 = 0x8002;
    pub(crate) const MIPS64: u16 = 0x8004;
    pub(crate) const RISCV32: u16 = 0x8005;
    pub(crate) const RISCV64: u16 = 0x8006;
}

/// `CONTEXT` of winnt.h for AMD64: its size, the offsets of its fields, and its flags.
pub(crate) mod amd64 {
    pub(crate) const SIZE: usize = 1232;
    pub(crate) const FLAGS: usize = 0x30;
    pub(crate) const EFLAGS: usize = 0x44;
    pub(crate) const RAX: usize = 0x78;
    pub(crate) const RCX: usize = 0x80;
    pub(crate) const RSP: usize = 0x98;
    pub(crate) const RIP: usize = 0xf8;
    pub(crate) const XMM0: usize = 0x1a0;
    pub(crate) const CONTROL: u32 = 0x10_0001;
    pub(crate) const FULL: u32 = 0x10_000b;
}

/// `CONTEXT` of winnt.h for x86.
pub(crate) mod x86 {
    pub(crate) const SIZE: usize = 716;
    pub(crate) const FLAGS: usize = 0;
    pub(crate) const EAX: usize = 0xb0;
    pub(crate) const EIP: usize = 0xb8;
    pub(crate) const ESP: usize = 0xc4;
    pub(crate) const FULL: u32 = 0x1_0007;
}

/// `ARM64_NT_CONTEXT` of winnt.h.
pub(crate) mod arm64 {
    pub(crate) const SIZE: usize = 912;
    pub(crate) const FLAGS: usize = 0;
    pub(crate) const X0: usize = 8;
    pub(crate) const SP: usize = 0x100;
    pub(crate) const PC: usize = 0x108;
    pub(crate) const V0: usize = 0x110;
    pub(crate) const FULL: u32 = 0x40_0007;
}

/// `MDRawContextARM64_Old` of Breakpad: 64-bit flags, no gap before `x0`.
pub(crate) mod arm64_old {
    pub(crate) const SIZE: usize = 796;
    pub(crate) const FLAGS: usize = 0;
    pub(crate) const X0: usize = 8;
    pub(crate) const SP: usize = 0x100;
    pub(crate) const PC: usize = 0x108;
    pub(crate) const FULL: u32 = 0x8000_0006;
}

/// A context record of `size` bytes: its flags, and other fields as offset, value and size in bytes.
pub(crate) fn context(
    order: Order,
    size: usize,
    flags: (usize, u32),
    fields: &[(usize, u64, usize)],
) -> Vec<u8> {
    let mut record = vec![0; size];
    order.put(&mut record, flags.0, u64::from(flags.1), 4);
    for &(offset, value, size) in fields {
        order.put(&mut record, offset, value, size);
    }
    record
}

/// An AMD64 context with these flags, rip and rsp, and rax 0x1111.
pub(crate) fn amd64_context(flags: u32, rip: u64, rsp: u64) -> Vec<u8> {
    let fields = [(amd64::RAX, 0x1111, 8), (amd64::RSP, rsp, 8), (amd64::RIP, rip, 8)];
    context(Order::Little, amd64::SIZE, (amd64::FLAGS, flags), &fields)
}

/// A minidump being built: `place` appends bytes and returns their offset, `finish` adds the directory.
pub(crate) struct MinidumpBuilder {
    order: Order,
    file: Vec<u8>,
    directory: Vec<(u32, u64, u64)>,
    memory: Vec<(u64, u64, u64)>,
    memory64: Vec<(u64, Vec<u8>)>,
    threads: Vec<Vec<u8>>,
    modules: Vec<Vec<u8>>,
    memory_infos: Vec<Vec<u8>>,
    padded: bool,
}

/// Size of `MINIDUMP_HEADER`.
const HEADER: usize = 32;
/// Number of directory entries behind the header.
const DIRECTORY_ROOM: usize = 16;

impl MinidumpBuilder {
    pub(crate) fn new(order: Order, processor: u16) -> Self {
        let mut builder = MinidumpBuilder {
            order,
            file: vec![0; HEADER + 12 * DIRECTORY_ROOM],
            directory: Vec::new(),
            memory: Vec::new(),
            memory64: Vec::new(),
            threads: Vec::new(),
            modules: Vec::new(),
            memory_infos: Vec::new(),
            padded: false,
        };
        // MINIDUMP_SYSTEM_INFO: processor, level, revision, count and product, version 10.0.19045, platform NT.
        let system = [(u64::from(processor), 2), (6, 2), (0, 2), (1, 1), (1, 1), (10, 4), (0, 4), (19045, 4)];
        let mut system = order.fields(&system);
        system.extend(order.fields(&[(2, 4), (0, 4), (0, 2), (0, 2), (0, 8), (0, 8), (0, 8)]));
        builder.stream(stream::SYSTEM_INFO, &system);
        builder
    }

    pub(crate) fn amd64() -> Self {
        MinidumpBuilder::new(Order::Little, processor::AMD64)
    }

    pub(crate) fn x86() -> Self {
        MinidumpBuilder::new(Order::Little, processor::X86)
    }

    /// Appends bytes; returns their file offset (RVA).
    pub(crate) fn place(&mut self, bytes: &[u8]) -> u64 {
        let rva = self.file.len() as u64;
        self.file.extend(bytes);
        rva
    }

    /// Appends a stream and adds it to the directory; returns its file offset.
    pub(crate) fn stream(&mut self, kind: u32, bytes: &[u8]) -> u64 {
        let rva = self.place(bytes);
        self.directory.push((kind, bytes.len() as u64, rva));
        rva
    }

    /// Adds captured memory to the MemoryList; returns its file offset.
    pub(crate) fn memory(&mut self, address: u64, bytes: &[u8]) -> u64 {
        let rva = self.place(bytes);
        self.memory_at(address, bytes.len() as u64, rva);
        rva
    }

    /// Adds a MemoryList descriptor (`MINIDUMP_MEMORY_DESCRIPTOR`) of bytes at any file offset.
    pub(crate) fn memory_at(&mut self, address: u64, size: u64, rva: u64) {
        self.memory.push((address, size, rva));
    }

    /// Adds captured memory to the Memory64List, whose bytes are last in the file, in this order.
    pub(crate) fn memory64(&mut self, address: u64, bytes: &[u8]) {
        self.memory64.push((address, bytes.to_vec()));
    }

    /// Adds four bytes of padding behind the counts of the lists, as some producers do.
    pub(crate) fn padded(&mut self) {
        self.padded = true;
    }

    /// Adds a thread: id, stack (address, size, rva) and context (size, rva).
    pub(crate) fn thread(&mut self, tid: u64, stack: (u64, u64, u64), context: (u64, u64)) {
        let entry = [(tid, 4), (0, 4), (0, 4), (0, 4), (0, 8), (stack.0, 8), (stack.1, 4), (stack.2, 4)];
        let mut entry = self.order.fields(&entry);
        entry.extend(self.order.fields(&[(context.0, 4), (context.1, 4)]));
        self.threads.push(entry);
    }

    /// Adds a thread without a stack and with this context record; returns the record's file offset.
    pub(crate) fn thread_with(&mut self, tid: u64, context: &[u8]) -> u64 {
        let rva = self.place(context);
        self.thread(tid, (0, 0, 0), (context.len() as u64, rva));
        rva
    }

    /// Sets the environment block of the last thread.
    pub(crate) fn environment(&mut self, address: u64) {
        let entry = self.threads.last_mut().expect("a thread");
        self.order.put(entry, 16, address, 8);
    }

    /// Adds the ThreadNames stream of ids and names.
    pub(crate) fn thread_names(&mut self, names: &[(u64, &str)]) {
        let mut list = self.order.number(names.len() as u64, 4);
        for (tid, name) in names {
            let string = self.string(name);
            list.extend(self.order.fields(&[(*tid, 4), (string, 8)]));
        }
        self.stream(stream::THREAD_NAMES, &list);
    }

    /// Appends a MINIDUMP_STRING; returns its file offset.
    fn string(&mut self, text: &str) -> u64 {
        let units: Vec<u16> = text.encode_utf16().collect();
        let mut string = self.order.number(units.len() as u64 * 2, 4);
        string.extend(units.iter().chain([&0]).flat_map(|&unit| self.order.number(u64::from(unit), 2)));
        self.place(&string)
    }

    /// Adds the exception stream: its thread, its context (size, rva), and the faulting address.
    pub(crate) fn exception(&mut self, tid: u64, context: (u64, u64), address: u64) {
        let mut bytes = self.order.fields(&[(tid, 4), (0, 4), (0xc000_0005, 4), (0, 4), (0, 8)]);
        bytes.extend(self.order.fields(&[(address, 8), (0, 4), (0, 4)]));
        bytes.extend([0; 15 * 8]);
        bytes.extend(self.order.fields(&[(context.0, 4), (context.1, 4)]));
        self.stream(stream::EXCEPTION, &bytes);
    }

    /// Adds an exception stream with its own context record; returns the record's file offset.
    pub(crate) fn exception_with(&mut self, tid: u64, context: &[u8], address: u64) -> u64 {
        let rva = self.place(context);
        self.exception(tid, (context.len() as u64, rva), address);
        rva
    }

    /// Adds a module with a path.
    pub(crate) fn module(&mut self, base: u64, size: u64, name: &str) {
        let name = self.string(name);
        let mut entry = self.order.fields(&[(base, 8), (size, 4), (0, 4), (0x5f00_0000, 4), (name, 4)]);
        entry.resize(108, 0);
        self.modules.push(entry);
    }

    /// Adds a mapping to the MemoryInfoList: committed, private, readable and writable.
    pub(crate) fn mapped(&mut self, address: u64, size: u64) {
        self.memory_info(address, address, size, (0x1000, 4, 0x2_0000));
    }

    /// Adds a MINIDUMP_MEMORY_INFO: address, allocation base, size; state, protection and type.
    pub(crate) fn memory_info(&mut self, address: u64, base: u64, size: u64, kinds: (u64, u64, u64)) {
        let (state, protection, kind) = kinds;
        let mut entry = self.order.fields(&[(address, 8), (base, 8), (protection, 4), (0, 4), (size, 8)]);
        entry.extend(self.order.fields(&[(state, 4), (protection, 4), (kind, 4), (0, 4)]));
        self.memory_infos.push(entry);
    }

    fn list(&mut self, kind: u32, entries: Vec<Vec<u8>>) {
        let mut bytes = self.order.number(entries.len() as u64, 4);
        if self.padded {
            bytes.extend([0; 4]);
        }
        bytes.extend(entries.concat());
        self.stream(kind, &bytes);
    }

    /// Returns the file.
    pub(crate) fn finish(mut self) -> Vec<u8> {
        let order = self.order;
        if !self.memory_infos.is_empty() {
            let mut bytes = order.fields(&[(16, 4), (48, 4), (self.memory_infos.len() as u64, 8)]);
            bytes.extend(self.memory_infos.concat());
            self.stream(stream::MEMORY_INFO_LIST, &bytes);
        }
        for (kind, entries) in [
            (stream::THREAD_LIST, std::mem::take(&mut self.threads)),
            (stream::MODULE_LIST, std::mem::take(&mut self.modules)),
        ] {
            if !entries.is_empty() {
                self.list(kind, entries);
            }
        }
        if !self.memory.is_empty() {
            let entry = |&(address, size, rva): &_| order.fields(&[(address, 8), (size, 4), (rva, 4)]);
            let entries = self.memory.iter().map(entry).collect();
            self.list(stream::MEMORY_LIST, entries);
        }
        if !self.memory64.is_empty() {
            let ranges = std::mem::take(&mut self.memory64);
            let size = 16 + 16 * ranges.len();
            let mut bytes = order.fields(&[(ranges.len() as u64, 8), ((self.file.len() + size) as u64, 8)]);
            for (address, range) in &ranges {
                bytes.extend(order.fields(&[(*address, 8), (range.len() as u64, 8)]));
            }
            self.stream(stream::MEMORY64_LIST, &bytes);
            for (_, range) in ranges {
                self.place(&range);
            }
        }
        assert!(self.directory.len() <= DIRECTORY_ROOM, "no room for the directory");
        let count = self.directory.len() as u64;
        let mut header = order.fields(&[(0x504d_444d, 4), (0xa793, 4), (count, 4), (HEADER as u64, 4)]);
        header.extend(order.fields(&[(0, 4), (0, 4), (0, 8)]));
        for (kind, size, rva) in &self.directory {
            header.extend(order.fields(&[(u64::from(*kind), 4), (*size, 4), (*rva, 4)]));
        }
        self.file[..header.len()].copy_from_slice(&header);
        self.file
    }
}
