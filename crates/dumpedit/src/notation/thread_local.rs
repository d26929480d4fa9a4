//! Finds the thread-local variables of a thread.
//!
//! On Windows, the thread's environment block leads to them (`environment_block.rs`). On ELF systems the thread pointer leads to the block
//! of the program itself at a distance known to the linker: below it on x86-64 (variant II of Drepper's "ELF Handling For Thread-Local
//! Storage"), above it on ARM64 (variant I). The blocks of libraries are in the thread's vector of blocks (the DTV), at the indices that glibc's
//! list of modules has (`linker_slots.rs`). Without that list, the distance of a block from the thread pointer may be in the library's own
//! memory, where the dynamic linker has written it.

use dumpedit_layout::{Context, Location, Machine};
use dumpedit_symbols::{ThreadLocalBlock, ThreadLocalWord};

use crate::error::Error;
use crate::notation::Scope;
use crate::notation::environment_block::NoBlock;
use crate::notation::linker_slots::Slot;

/// Layout of thread-local memory on a machine.
struct Layout {
    machine: Machine,
    /// Whether blocks are below the thread pointer.
    below: bool,
    /// Number of bytes between the thread pointer and the first block above it.
    head: u64,
    /// Offset of the pointer to the vector of blocks from the thread pointer, in bytes (`tcbhead_t` of glibc, `nptl/tls.h`).
    vector: u64,
}

/// Size of a slot of a vector, in bytes (`dtv_t` of glibc). The first word is the block's address.
const SLOT: u64 = 16;

const LAYOUTS: [Layout; 2] = [
    Layout { machine: Machine::Amd64, below: true, head: 0, vector: 8 },
    Layout { machine: Machine::Arm64, below: false, head: 16, vector: 0 },
];

impl Scope<'_> {
    /// The address of a module's thread-local symbol in the thread.
    pub(crate) fn thread_local(&self, module: usize, name: &str, offset: u64) -> Result<u64, Error> {
        let fails = |why: String| Error::ThreadLocal { name: name.to_owned(), why, address: None };
        let thread = self.thread()?;
        let symbols = self.dump().named_symbols();
        if let Some(told) = symbols.and_then(|symbols| symbols.windows_thread_locals(module)) {
            let first = self.windows_thread_local_block(thread, module, told);
            let first = first.map_err(|NoBlock { why, address }| Error::ThreadLocal {
                name: name.to_owned(),
                why,
                address,
            })?;
            return Ok(first.wrapping_add(offset));
        }
        let machine = self.layout().machine_of(thread);
        let layout = LAYOUTS.iter().find(|layout| layout.machine == machine);
        let layout =
            layout.ok_or_else(|| fails(format!("thread-local variables are not supported on {machine}")))?;
        let register = machine.thread_pointer().unwrap_or_default();
        let pointer = self.read_register(thread, register).and_then(|value| Ok(value.to_u64()?));
        let pointer =
            pointer.map_err(|error| fails(format!("the thread pointer cannot be read: {error}")))?;
        let block = symbols.and_then(|symbols| symbols.thread_local(module));
        let Some(block) = block else {
            return Err(fails("the file of its module, which has its offset, is missing".to_owned()));
        };
        let first = match block.is_program {
            true => layout.of_program(pointer, &block),
            false => self.of_library(thread, layout, pointer, module).map_err(fails)?,
        };
        Ok(first.wrapping_add(offset))
    }

    /// The address of a library's block.
    fn of_library(
        &self,
        thread: Context,
        layout: &Layout,
        pointer: u64,
        module: usize,
    ) -> Result<u64, String> {
        if let Some(slot) = self.linker_slot(module) {
            return self.in_vector(thread, layout, pointer, slot);
        }
        let words = self.dump().named_symbols().map(|symbols| symbols.thread_local_words(module));
        let block = |word: ThreadLocalWord| {
            let from_pointer = self.word(thread, word.stored_at)?;
            Some(pointer.wrapping_add(from_pointer).wrapping_sub(word.symbol_offset))
        };
        words.into_iter().flatten().find_map(block).ok_or_else(|| {
            "neither the dump nor the available files of libc.so and ld.so say where the thread's TLS block of this library is"
                .to_owned()
        })
    }

    /// The address of a module's block by a thread's vector (`dtv_t` of glibc). Two words are in front of the slots: the number of slots,
    /// one `SLOT` before the vector, and its generation.
    fn in_vector(&self, thread: Context, layout: &Layout, pointer: u64, slot: Slot) -> Result<u64, String> {
        let word = |address: u64| {
            let not_held = || "the dump does not contain the thread's TLS array".to_owned();
            self.word(thread, address).ok_or_else(not_held)
        };
        let vector = word(pointer.wrapping_add(layout.vector))?;
        let (count, generation) = (word(vector.wrapping_sub(SLOT))?, word(vector)?);
        if slot.number <= count && slot.generation <= generation {
            let block = word(vector.wrapping_add(slot.number.wrapping_mul(SLOT)))?;
            // TLS_DTV_UNALLOCATED, and unused entries.
            if block != u64::MAX && block != 0 {
                return Ok(block);
            }
        }
        let at = |distance: u64| match layout.below {
            true => pointer.wrapping_sub(distance),
            false => pointer.wrapping_add(distance),
        };
        slot.distance.map(at).ok_or_else(|| "the thread has no TLS block of this library yet".to_owned())
    }

    fn word(&self, context: Context, address: u64) -> Option<u64> {
        let read = self.view.read_pointers(context, Location::Virtual(address), 1).ok()?;
        read.values.first().copied()
    }
}

impl Layout {
    /// The address of the program's block (`_dl_determine_tlsoffset` of glibc, for the first module).
    fn of_program(&self, pointer: u64, block: &ThreadLocalBlock) -> u64 {
        let mask = block.align.max(1).wrapping_sub(1);
        let rounded = |size: u64| size.wrapping_add(mask) & !mask;
        // The block keeps its address modulo the alignment: this is its distance to the next multiple.
        let before = block.address.wrapping_neg() & mask;
        if self.below {
            return pointer.wrapping_sub(rounded(block.size.wrapping_sub(before)).wrapping_add(before));
        }
        let mut aligned = rounded(self.head);
        if aligned.wrapping_sub(self.head) < before {
            aligned = aligned.wrapping_add(mask).wrapping_add(1);
        }
        pointer.wrapping_add(aligned).wrapping_sub(before)
    }
}
