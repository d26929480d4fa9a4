//! Finds the thread-local variables of Windows modules: the environment block of a thread (TEB) leads to an array of blocks, in which each
//! module has one at the index that the loader assigned to it.

use dumpedit_layout::{Context, Location};
use dumpedit_symbols::WindowsThreadLocals;

use crate::notation::Scope;

/// Offsets in an environment block and in the headers of a module, in bytes.
struct Layout {
    /// Size of a pointer, in bytes.
    pointer: u8,
    /// `NtTib.Self` of the TEB: the TEB's own address.
    own_address: u64,
    /// `ThreadLocalStoragePointer` of the TEB: the array of blocks.
    blocks: u64,
    /// `IMAGE_OPTIONAL_HEADER.Magic`.
    magic: u64,
    /// `IMAGE_OPTIONAL_HEADER.NumberOfRvaAndSizes`, which the data directories follow.
    directories: u64,
    /// `IMAGE_TLS_DIRECTORY.AddressOfIndex`.
    number: u64,
}

const LAYOUTS: [Layout; 2] = [
    Layout { pointer: 4, own_address: 0x18, blocks: 0x2c, magic: 0x10b, directories: 0x5c, number: 8 },
    Layout { pointer: 8, own_address: 0x30, blocks: 0x58, magic: 0x20b, directories: 0x6c, number: 16 },
];

/// `e_lfanew` of `IMAGE_DOS_HEADER`: the offset of the module's headers.
const HEADERS: u64 = 0x3c;
/// Offset of the optional header in these (`IMAGE_NT_HEADERS.OptionalHeader`).
const OPTIONAL_HEADER: u64 = 24;
/// Index of the data directory of thread-local variables (`IMAGE_DIRECTORY_ENTRY_TLS`).
const DIRECTORY: u64 = 9;
/// Offset in a TEB64 of the distance to the TEB32 (`WowTebOffset`), a signed number of 32 bits.
const DISTANCE_OF_32_BIT: u64 = 0x180c;

/// The reason why the block of a module is not found.
pub(crate) struct NoBlock {
    pub(crate) why: String,
    /// Address of the missing memory, where the dump does not hold it.
    pub(crate) address: Option<u64>,
}

impl Scope<'_> {
    /// The address of the block of a module's thread-local variables in a thread.
    pub(crate) fn windows_thread_local_block(
        &self,
        thread: Context,
        module: usize,
        told: WindowsThreadLocals,
    ) -> Result<u64, NoBlock> {
        let layout = LAYOUTS.iter().find(|layout| layout.pointer == told.pointer_width);
        let layout = layout.ok_or_else(|| no_block("the size of its module's pointers is not supported"))?;
        let environment = self.environment_block(thread, layout)?;
        let Some(number_at) = self.number_at(module, layout).or(told.number_at) else {
            return Err(no_block("the dump does not say where the TLS index of its module is stored"));
        };
        let number = self.needed(number_at, 4, "the TLS index of its module")?;
        let blocks_at = environment.wrapping_add(layout.blocks);
        let blocks = self.needed(blocks_at, layout.pointer, "the pointer to the thread's TLS array")?;
        if blocks == 0 {
            return Err(no_block("the thread has no TLS array"));
        }
        let block_at = blocks.wrapping_add(number.wrapping_mul(layout.pointer.into()));
        match self.needed(block_at, layout.pointer, "the pointer to the thread's TLS block of its module")? {
            0 => Err(no_block("the thread has no TLS block of its module")),
            block => Ok(block),
        }
    }

    /// The address of the environment block for modules with pointers of a size.
    fn environment_block(&self, thread: Context, layout: &Layout) -> Result<u64, NoBlock> {
        let known = self.layout().thread(thread).ok().and_then(|thread| thread.environment);
        let known = known
            .ok_or_else(|| no_block("the dump does not say where the thread's environment block (TEB) is"))?;
        if layout.pointer == self.layout().pointer_width() {
            return Ok(known);
        }
        if layout.pointer == 8 {
            return Err(no_block("a 32-bit dump does not say where 64-bit environment blocks (TEB) are"));
        }
        // A WOW64 thread has both. `NtTib.ExceptionList` of the 64-bit one leads to the other, and so does the distance.
        let what = "the pointer to the thread's 32-bit environment block (TEB)";
        let listed = self.needed(known, 8, what)?;
        let by_distance = || {
            let distance = self.memory_number(known.wrapping_add(DISTANCE_OF_32_BIT), 4)?;
            let distance = u32::try_from(distance).ok()?.cast_signed();
            Some(known.wrapping_add_signed(distance.into()))
        };
        let names_itself = |address: &u64| {
            self.memory_number(address.wrapping_add(layout.own_address), layout.pointer) == Some(*address)
        };
        let found = [Some(listed), by_distance()].into_iter().flatten().find(names_itself);
        found.ok_or_else(|| NoBlock {
            why: format!(
                "the dump does not contain the thread's 32-bit environment block (TEB) at {listed:#x}"
            ),
            address: Some(listed),
        })
    }

    /// The address of a module's index, by the directory of thread-local variables in its headers in memory.
    fn number_at(&self, module: usize, layout: &Layout) -> Option<u64> {
        let base = self.layout().modules().get(module)?.base;
        let at = |offset: u64| base.wrapping_add(offset);
        let headers = self.memory_number(at(HEADERS), 4)?.wrapping_add(OPTIONAL_HEADER);
        if self.memory_number(at(headers), 2)? != layout.magic {
            return None;
        }
        let directories = headers.wrapping_add(layout.directories);
        if self.memory_number(at(directories), 4)? <= DIRECTORY {
            return None;
        }
        let entry = directories.wrapping_add(4).wrapping_add(DIRECTORY.wrapping_mul(8));
        let directory = self.memory_number(at(entry), 4).filter(|directory| *directory != 0)?;
        self.memory_number(at(directory.wrapping_add(layout.number)), layout.pointer)
            .filter(|address| *address != 0)
    }

    /// A number in memory; the error names what the dump does not hold.
    fn needed(&self, address: u64, size: u8, what: &str) -> Result<u64, NoBlock> {
        let why = || format!("the dump does not contain {what} at {address:#x}");
        self.memory_number(address, size).ok_or_else(|| NoBlock { why: why(), address: Some(address) })
    }

    /// A number of at most 8 bytes in memory, where all of them are captured.
    fn memory_number(&self, address: u64, size: u8) -> Option<u64> {
        let mut bytes = [0; 8];
        let bytes = bytes.get_mut(..size.into())?;
        let read = self.view.read_bytes(Context::Process, Location::Virtual(address), bytes).ok()?;
        read.is_full().then(|| self.layout().byte_order().number(bytes))
    }
}

fn no_block(why: &str) -> NoBlock {
    NoBlock { why: why.to_owned(), address: None }
}
