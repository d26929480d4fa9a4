//! Builds Mach-O cores byte by byte, independently of the code under test.

use super::bytes::Order;

pub(crate) const X86_64: u64 = 0x0100_0007;
pub(crate) const ARM64: u64 = 0x0100_000c;
pub(crate) const ARM64_32: u64 = 0x0200_000c;
pub(crate) const PPC: u64 = 18;

/// File offset of the bytes behind the load commands.
pub(crate) const BEHIND: usize = 0x1000;

/// A Mach-O core being built.
pub(crate) struct MachOBuilder {
    order: Order,
    wide: bool,
    cpu: u64,
    commands: Vec<Vec<u8>>,
    behind: Vec<u8>,
}

impl MachOBuilder {
    pub(crate) fn new(order: Order, wide: bool, cpu: u64) -> Self {
        MachOBuilder { order, wide, cpu, commands: Vec::new(), behind: Vec::new() }
    }

    pub(crate) fn amd64() -> Self {
        MachOBuilder::new(Order::Little, true, X86_64)
    }

    /// Adds a segment that is captured completely; returns the file offset of its bytes.
    pub(crate) fn segment(&mut self, address: u64, bytes: &[u8]) -> u64 {
        let (kind, size, word) = if self.wide { (0x19, 72, 8) } else { (1, 56, 4) };
        let offset = self.place(bytes);
        let mut command = self.order.fields(&[(kind, 4), (size, 4)]);
        command.extend([0; 16]);
        let count = bytes.len() as u64;
        command.extend(self.order.fields(&[address, count, offset, count].map(|value| (value, word))));
        command.extend(self.order.fields(&[(7, 4), (5, 4), (0, 4), (0, 4)]));
        self.commands.push(command);
        offset
    }

    /// Adds a thread with states, each a flavor and its bytes.
    pub(crate) fn thread(&mut self, states: &[(u64, Vec<u8>)]) {
        let states: Vec<u8> = states.iter().flat_map(|(flavor, bytes)| self.state(*flavor, bytes)).collect();
        self.command(4, &states);
    }

    /// Encodes a state: flavor, number of words, and the words.
    pub(crate) fn state(&self, flavor: u64, bytes: &[u8]) -> Vec<u8> {
        [self.order.fields(&[(flavor, 4), (bytes.len() as u64 / 4, 4)]), bytes.to_vec()].concat()
    }

    /// Adds a note.
    pub(crate) fn note(&mut self, owner: &[u8], bytes: &[u8]) {
        let offset = self.place(bytes);
        let mut note = owner.to_vec();
        note.resize(16, 0);
        note.extend(self.order.fields(&[(offset, 8), (bytes.len() as u64, 8)]));
        self.command(0x31, &note);
    }

    /// Adds a load command with these bytes behind its type and its size.
    pub(crate) fn command(&mut self, kind: u64, bytes: &[u8]) {
        let header = self.order.fields(&[(kind, 4), (bytes.len() as u64 + 8, 4)]);
        self.commands.push([header, bytes.to_vec()].concat());
    }

    /// Appends bytes behind the load commands; returns their file offset.
    pub(crate) fn place(&mut self, bytes: &[u8]) -> u64 {
        self.behind.resize(self.behind.len().next_multiple_of(16), 0);
        let offset = BEHIND + self.behind.len();
        self.behind.extend(bytes);
        offset as u64
    }

    pub(crate) fn finish(self) -> Vec<u8> {
        let commands = self.commands.concat();
        let magic = if self.wide { 0xfeed_facf } else { 0xfeed_face };
        let numbers = [magic, self.cpu, 3, 4, self.commands.len() as u64, commands.len() as u64, 0];
        let mut file = self.order.fields(&numbers.map(|number| (number, 4)));
        file.resize(if self.wide { 32 } else { 28 }, 0);
        file.extend(commands);
        assert!(file.len() <= BEHIND, "the load commands have {} bytes", file.len());
        file.resize(BEHIND, 0);
        file.extend(self.behind);
        file
    }
}

/// A fat file with one core, and the core's offset in it.
pub(crate) fn fat(cpu: u64, core: &[u8]) -> (Vec<u8>, usize) {
    const START: usize = 0x4000;
    let numbers = [0xcafe_babe, 1, cpu, 3, START as u64, core.len() as u64, 14];
    let mut file = Order::Big.fields(&numbers.map(|number| (number, 4)));
    file.resize(START, 0);
    file.extend(core);
    (file, START)
}
