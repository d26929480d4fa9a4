//! Mach-O cores byte by byte, after `mach-o/loader.h` and the thread states of `mach/`.

use super::bytes::{Order, counting};

const LC_SEGMENT: u64 = 0x1;
const LC_THREAD: u64 = 0x4;
const LC_SEGMENT_64: u64 = 0x19;
const LC_NOTE: u64 = 0x31;

/// `cputype` of the header.
pub(crate) mod cpu {
    pub(crate) const I386: u64 = 7;
    pub(crate) const ARM: u64 = 12;
    pub(crate) const PPC: u64 = 18;
    pub(crate) const X86_64: u64 = 0x0100_0007;
    pub(crate) const ARM64: u64 = 0x0100_000c;
}

/// The states of a thread: the flavor of each, and its size in bytes.
type States<'a> = &'a [(u64, usize)];

/// A core of two threads with these states, two segments and five notes.
pub(crate) fn core(order: Order, wide: bool, cpu: u64, states: States<'_>) -> Vec<u8> {
    const NOTES: usize = 0x1800;
    const MEMORY: usize = 0x2000;
    let word = if wide { 8 } else { 4 };
    let mut commands = Vec::new();
    let mut command = |kind: u64, content: &[u8]| {
        commands.push([order.fields(&[(kind, 4), (content.len() as u64 + 8, 4)]), content.to_vec()].concat());
    };
    for (address, offset) in [(0x1000_0000, MEMORY), (0x7fff_5000, MEMORY + 0x200)] {
        let words = [address, 0x200, offset as u64, 0x200].map(|value| (value, word));
        let content =
            [vec![0; 16], order.fields(&words), order.fields(&[(7, 4), (5, 4), (0, 4), (0, 4)])].concat();
        command(if wide { LC_SEGMENT_64 } else { LC_SEGMENT }, &content);
    }
    for thread in 0..2 {
        let state = |&(flavor, size): &(u64, usize)| {
            [order.fields(&[(flavor, 4), (size as u64 / 4, 4)]), counting(thread, size)].concat()
        };
        command(LC_THREAD, &states.iter().flat_map(state).collect::<Vec<u8>>());
    }
    let notes: [(&[u8], Vec<u8>); 5] = [
        (b"process metadata", b"{\"threads\":[{\"thread_id\":71},{\"thread_id\":72}]}\0".to_vec()),
        (b"addrable bits", order.fields(&[(3, 4), (47, 4), (0, 8)])),
        (b"main bin spec", order.fields(&[(1, 4), (2, 4), (0x1000_0000, 8), (0, 8), (0, 8), (12, 4)])),
        (b"load binary", order.fields(&[(1, 4), (0, 8), (0, 8), (0x1000_0000, 8), (u64::MAX, 8), (0x61, 2)])),
        (
            b"all image infos",
            order.fields(&[
                (1, 4),
                (1, 4),
                (NOTES as u64 + 0x120, 8),
                (48, 4),
                (0, 4),
                (NOTES as u64 + 0x150, 8),
                (0, 8),
                (0, 8),
                (0x1000_0000, 8),
                (NOTES as u64 + 0x160, 8),
                (1, 4),
                (0, 4),
                (0x61, 8),
            ]),
        ),
    ];
    let mut content = Vec::new();
    for (owner, bytes) in notes {
        let mut name = owner.to_vec();
        name.resize(16, 0);
        let at = (NOTES + content.len()) as u64;
        command(LC_NOTE, &[name, order.fields(&[(at, 8), (bytes.len() as u64, 8)])].concat());
        content.extend(bytes);
        content.resize(content.len().next_multiple_of(0x40), 0);
    }
    let magic = if wide { 0xfeed_facf } else { 0xfeed_face };
    let size: usize = commands.iter().map(Vec::len).sum();
    let mut file = order.fields(&[
        (magic, 4),
        (cpu, 4),
        (3, 4),
        (4, 4),
        (commands.len() as u64, 4),
        (size as u64, 4),
        (0, if wide { 8 } else { 4 }),
    ]);
    file.extend(commands.concat());
    assert!(file.len() <= NOTES && content.len() <= MEMORY - NOTES);
    file.resize(NOTES, 0);
    file.extend(content);
    file.resize(MEMORY, 0);
    file.extend(counting(0x31, 0x400));
    file
}

/// A fat file with one file in it.
pub(crate) fn fat(cpu: u64, file: &[u8]) -> Vec<u8> {
    let head = [(0xcafe_babe, 4), (1, 4), (cpu, 4), (3, 4), (0x1000, 4), (file.len() as u64, 4), (12, 4)];
    let mut fat = Order::Big.fields(&head);
    fat.resize(0x1000, 0);
    fat.extend(file);
    fat
}
