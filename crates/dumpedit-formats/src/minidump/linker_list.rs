//! Breakpad's copy of the dynamic linker's list of modules: `MDRawDebug32`, `MDRawDebug64` and the structures that they lead to (Breakpad's
//! `minidump_format.h`).

use dumpedit_layout::ByteOrder;

use crate::elf::link_map::LinkMap;
use crate::fields::TextKind;
use crate::model::{Blob, Content};

/// The stream LinuxDsoDebug.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct LinkerList {
    /// `brk`: the address of the function that the linker calls after every change of the list.
    pub breakpoint: u64,
    /// `ldbase`: the load address of the linker.
    pub loader: u64,
    /// `dynamic`: the address of the program's dynamic section.
    pub dynamic: u64,
    /// The bytes of the program's dynamic section.
    pub section: Vec<u8>,
    /// The modules.
    pub modules: Vec<LinkMap>,
}

/// Offsets of the number of modules and of the list's file offset in the stream, in bytes.
const COUNT_AT: usize = 8;
const LIST_AT: u64 = 4;

/// Reads the stream LinuxDsoDebug of a process whose pointers have `width` bytes. `read` returns the bytes of a content.
pub fn linker_list(
    stream: &Blob,
    width: u8,
    order: ByteOrder,
    read: impl Fn(&Content) -> Option<Vec<u8>>,
) -> Option<LinkerList> {
    let bytes = read(&stream.content)?;
    let list = stream.links.iter().find(|link| link.at == LIST_AT)?;
    let width = usize::from(width);
    let count = usize::try_from(order.number(bytes.get(COUNT_AT..COUNT_AT.checked_add(4)?)?)).ok()?;
    let entries = read(&list.to.content)?;
    let entry = entries.len().checked_div(count)?;
    // Structures of 64 bits are aligned, or packed.
    let padding = match (width, entry) {
        (4, 12) | (8, 20) => 0,
        (8, 24) => 4,
        _ => return None,
    };
    let word = |bytes: &[u8], at: usize| Some(order.number(bytes.get(at..at.checked_add(width)?)?));
    let addresses = COUNT_AT.checked_add(4)?.checked_add(padding)?;
    let address = |index: usize| word(&bytes, addresses.checked_add(index.checked_mul(width)?)?);
    let header = addresses.checked_add(width.checked_mul(3)?)?;
    let mut found = LinkerList {
        breakpoint: address(0)?,
        loader: address(1)?,
        dynamic: address(2)?,
        section: bytes.get(header..)?.to_vec(),
        modules: Vec::with_capacity(count.min(entries.len())),
    };
    for (bytes, index) in entries.chunks_exact(entry).zip(0u64..) {
        let name_at = index.checked_mul(u64::try_from(entry).ok()?)?.checked_add(u64::try_from(width).ok()?);
        let name = list.to.links.iter().find(|link| Some(link.at) == name_at);
        let name = name.and_then(|name| read(&name.to.content)).unwrap_or_default();
        found.modules.push(LinkMap {
            bias: word(bytes, 0)?,
            name: TextKind::Counted.read(&name, order),
            dynamic: word(bytes, entry.checked_sub(width)?)?,
        });
    }
    Some(found)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{Link, Pointer};

    fn number(value: u64, size: usize, order: ByteOrder) -> Vec<u8> {
        match order {
            ByteOrder::Little => value.to_le_bytes()[..size].to_vec(),
            ByteOrder::Big => value.to_be_bytes()[8 - size..].to_vec(),
        }
    }

    fn stream(width: usize, padding: usize, order: ByteOrder) -> Blob {
        let words = |values: &[u64]| values.iter().flat_map(|value| number(*value, width, order)).collect();
        let header: Vec<u8> = words(&[0x7001, 0x7000, 0x6000]);
        let section: Vec<u8> = words(&[21, 0x8000, 0, 0]);
        let counted = [1, 0, 1].map(|value| number(value, 4, order)).concat();
        let bytes = [counted, vec![0; padding], header, section].concat();
        let letters = b"/lib".map(|letter| number(letter.into(), 2, order)).concat();
        let name = [number(8, 4, order), letters, vec![0; 2]].concat();
        let entry =
            [number(0x5000, width, order), vec![0; 4 + padding], number(0x6000, width, order)].concat();
        let at = u64::try_from(width).unwrap();
        let name = Link::new(at, Pointer::Rva, Blob::new(name.into()));
        let list = Link::new(LIST_AT, Pointer::Rva, Blob::new(entry.into()).with_links(vec![name]));
        Blob::new(bytes.into()).with_links(vec![list])
    }

    fn read(content: &Content) -> Option<Vec<u8>> {
        match content {
            Content::Bytes(bytes) => Some(bytes.to_vec()),
            _ => None,
        }
    }

    #[test]
    fn structures_of_every_size_and_order_are_read() {
        for order in [ByteOrder::Little, ByteOrder::Big] {
            for (width, padding) in [(4, 0), (8, 0), (8, 4)] {
                let stream = stream(width, padding, order);
                let width = u8::try_from(width).unwrap();
                let list = linker_list(&stream, width, order, read).unwrap();
                let expected = LinkMap { bias: 0x5000, name: "/lib".to_owned(), dynamic: 0x6000 };
                assert_eq!(list.modules, [expected]);
                assert_eq!((list.breakpoint, list.loader, list.dynamic), (0x7001, 0x7000, 0x6000));
                assert_eq!(list.section.len(), usize::from(width) * 4);
            }
        }
    }

    #[test]
    fn what_is_cut_off_is_no_list() {
        let whole = stream(8, 4, ByteOrder::Little);
        let Content::Bytes(bytes) = &whole.content else { unreachable!() };
        for size in 0..40 {
            let cut = Blob::new(bytes[..size].to_vec().into()).with_links(whole.links.clone());
            assert_eq!(linker_list(&cut, 8, ByteOrder::Little, read), None, "{size}");
        }
    }
}
