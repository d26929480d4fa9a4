//! Reads glibc's list of the modules with thread-local variables, as libthread_db does (`td_thr_tlsbase`).
//!
//! `_dl_tls_dtv_slotinfo_list` of `_rtld_global` (`sysdeps/generic/ldsodefs.h`) has the modules and the generations at which
//! they were loaded. The structures differ between releases of glibc, whose symbols `_thread_db_*` have the offsets of the fields
//! (`nptl_db/structs.def`).

use dumpedit_symbols::{ReadMemory, Symbols};

use crate::notation::Scope;

/// Maximum number of parts of the list, and of entries.
const MOST_PARTS: usize = 1 << 12;
const MOST_ENTRIES: u64 = 1 << 16;
/// Offset of `l_ld`, the address of the dynamic section, in a 64-bit `link_map` (`link.h`), in bytes.
const DYNAMIC: u64 = 16;
/// Values of `l_tls_offset` for blocks without a distance: `NO_TLS_OFFSET` and `FORCED_DYNAMIC_TLS_OFFSET` (`include/link.h`).
const NO_DISTANCES: [u64; 3] = [0, u64::MAX, u64::MAX - 1];

/// A module in the list.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Slot {
    /// Index of the module in each thread's vector of blocks.
    pub(crate) number: u64,
    /// The generation at which the module was loaded. In a vector of an older generation, the slot is another module's or unused.
    pub(crate) generation: u64,
    /// Distance of the block from the thread pointer, in bytes, if it is the same in all threads.
    pub(crate) distance: Option<u64>,
}

/// A field in a structure of glibc.
#[derive(Clone, Copy, Debug)]
struct Field {
    /// Size in bytes; of an array, that of an element.
    size: u64,
    /// Offset in bytes.
    offset: u64,
}

impl Scope<'_> {
    /// The entry of a module; `None` if the list cannot be read, or does not have the module.
    pub(crate) fn linker_slot(&self, module: usize) -> Option<Slot> {
        let symbols = self.dump().named_symbols()?;
        let field = |name: &str| self.glibc_field(symbols, name);
        let (length, next) = (field("dtv_slotinfo_list_len")?, field("dtv_slotinfo_list_next")?);
        let entries = field("dtv_slotinfo_list_slotinfo")?;
        let (generation, map) = (field("dtv_slotinfo_gen")?, field("dtv_slotinfo_map")?);
        let list = field("rtld_global__dl_tls_dtv_slotinfo_list")?;
        let mut part = self.linker_field(symbols.glibc_symbol("_rtld_global")?, list)?;
        let mut seen = 0u64;
        for _ in 0..MOST_PARTS {
            let count = self.linker_field(part, length)?.min(MOST_ENTRIES.saturating_sub(seen));
            for index in 0..count {
                let entry = part.wrapping_add(entries.offset).wrapping_add(index.wrapping_mul(entries.size));
                let map = self.linker_field(entry, map)?;
                if map == 0 || symbols.module_at(self.linker_word(map.wrapping_add(DYNAMIC))?) != Some(module)
                {
                    continue;
                }
                let distance = field("link_map_l_tls_offset").and_then(|field| self.linker_field(map, field));
                return Some(Slot {
                    number: self.linker_field(map, field("link_map_l_tls_modid")?)?,
                    generation: self.linker_field(entry, generation)?,
                    distance: distance.filter(|distance| !NO_DISTANCES.contains(distance)),
                });
            }
            seen = seen.saturating_add(count);
            part = self.linker_field(part, next).filter(|next| *next != 0)?;
        }
        None
    }

    /// A field by its name in glibc: three 32-bit numbers, which are bits, elements and offset (`DESC` of `nptl_db/thread_dbP.h`).
    fn glibc_field(&self, symbols: &Symbols, name: &str) -> Option<Field> {
        let address = symbols.glibc_symbol(&format!("_thread_db_{name}"))?;
        let mut bytes = [0; 12];
        // A core may leave read-only pages of a library to its file.
        if self.memory().read_constant(address, &mut bytes) != bytes.len() {
            return None;
        }
        let [bits, _, offset] = bytes.as_chunks::<4>().0 else { return None };
        let number = |bytes: &[u8; 4]| self.layout().byte_order().number(bytes);
        Some(Field { size: number(bits) / 8, offset: number(offset) })
    }

    /// The word in a field of a structure at an address.
    fn linker_field(&self, address: u64, field: Field) -> Option<u64> {
        self.linker_word(address.wrapping_add(field.offset))
    }

    fn linker_word(&self, address: u64) -> Option<u64> {
        let mut bytes = [0; 8];
        let is_read = self.memory().read(address, &mut bytes) == bytes.len();
        is_read.then(|| self.layout().byte_order().number(&bytes))
    }
}
