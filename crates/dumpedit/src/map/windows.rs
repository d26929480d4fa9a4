//! Calls of Windows that neither the standard library nor any maintained crate has: permissions of a file, and its holes.
//!
//! Each call gets an open handle and buffers that outlive it, with their sizes; it fills them with integers, for which all bytes are valid.

use std::fs::File;
use std::io;
use std::ops::Range;
use std::os::windows::io::{AsRawHandle, FromRawHandle};
use std::ptr::{null, null_mut};

use windows_sys::Win32::Foundation::{ERROR_MORE_DATA, GetLastError, INVALID_HANDLE_VALUE};
use windows_sys::Win32::Security::{
    DACL_SECURITY_INFORMATION, GetKernelObjectSecurity, OWNER_SECURITY_INFORMATION,
    PROTECTED_DACL_SECURITY_INFORMATION, SE_DACL_PRESENT, SE_DACL_PROTECTED, SECURITY_DESCRIPTOR,
    SetKernelObjectSecurity,
};
use windows_sys::Win32::Storage::FileSystem::{
    FILE_SHARE_DELETE, FILE_SHARE_READ, FILE_SHARE_WRITE, READ_CONTROL, ReOpenFile, WRITE_DAC,
};
use windows_sys::Win32::System::IO::DeviceIoControl;
use windows_sys::Win32::System::Ioctl::{
    FILE_ALLOCATED_RANGE_BUFFER, FSCTL_QUERY_ALLOCATED_RANGES, FSCTL_SET_SPARSE,
};

/// Size of the words that hold a security descriptor, which are aligned as it is.
const WORD: usize = size_of::<u32>();

/// The self-relative security descriptor of a file: its owner, and its access control list.
pub(crate) fn security_descriptor(file: &File) -> io::Result<Vec<u8>> {
    /// Maximum size in bytes, more than a list, whose size is a `u16`, an account and a header.
    const LONGEST: u32 = 1 << 17;
    let mut words = vec![0u32; LONGEST as usize / WORD];
    let what = OWNER_SECURITY_INFORMATION | DACL_SECURITY_INFORMATION;
    let mut needed = 0;
    // SAFETY: the handle is open, `words` has so many bytes, and nothing keeps a pointer.
    let answered = unsafe {
        GetKernelObjectSecurity(
            file.as_raw_handle(),
            what,
            words.as_mut_ptr().cast(),
            LONGEST,
            &raw mut needed,
        )
    };
    if answered == 0 {
        return Err(io::Error::last_os_error());
    }
    Ok(words.into_iter().flat_map(u32::to_ne_bytes).collect())
}

/// Sets a file's access control list, without entries that are inherited from its folder.
pub(crate) fn set_access_list(file: &File, list: &[u8]) -> io::Result<()> {
    let (words, rest) = list.as_chunks::<WORD>();
    let mut words: Vec<u32> = words.iter().map(|word| u32::from_ne_bytes(*word)).collect();
    // The size is in the second half of the first word.
    if !rest.is_empty() || words.first().map(|word| (word >> 16) as usize) != Some(list.len()) {
        return Err(io::ErrorKind::InvalidInput.into());
    }
    let everybody = FILE_SHARE_READ | FILE_SHARE_WRITE | FILE_SHARE_DELETE;
    // SAFETY: the handle is open.
    let again = unsafe { ReOpenFile(file.as_raw_handle(), READ_CONTROL | WRITE_DAC, everybody, 0) };
    if again == INVALID_HANDLE_VALUE {
        return Err(io::Error::last_os_error());
    }
    // SAFETY: the handle was just opened, and nothing else closes it.
    let again = unsafe { File::from_raw_handle(again) };
    let mut descriptor = SECURITY_DESCRIPTOR {
        // `SECURITY_DESCRIPTOR_REVISION` of `winnt.h`.
        Revision: 1,
        Sbz1: 0,
        Control: SE_DACL_PRESENT | SE_DACL_PROTECTED,
        Owner: null_mut(),
        Group: null_mut(),
        Sacl: null_mut(),
        Dacl: words.as_mut_ptr().cast(),
    };
    let what = DACL_SECURITY_INFORMATION | PROTECTED_DACL_SECURITY_INFORMATION;
    // SAFETY: the handle is open, the list in the descriptor has its size in its header, and no entry behind it is read.
    let done = unsafe { SetKernelObjectSecurity(again.as_raw_handle(), what, (&raw mut descriptor).cast()) };
    if done == 0 { Err(io::Error::last_os_error()) } else { Ok(()) }
}

/// Lets a file have holes where it grows without writes. File systems without holes fill these with zeros.
pub(crate) fn allow_holes(file: &File) {
    let mut size = 0;
    // SAFETY: the handle is open, and the request takes and gives no bytes.
    unsafe {
        DeviceIoControl(
            file.as_raw_handle(),
            FSCTL_SET_SPARSE,
            null(),
            0,
            null_mut(),
            0,
            &raw mut size,
            null_mut(),
        );
    }
}

/// The first range of some bytes of a file that is not a hole; `None` where all of them are a hole.
pub(crate) fn first_allocated(file: &File, bytes: Range<u64>) -> io::Result<Option<Range<u64>>> {
    let signed = |number: u64| i64::try_from(number).map_err(|_| io::ErrorKind::InvalidInput);
    let asked = FILE_ALLOCATED_RANGE_BUFFER {
        FileOffset: signed(bytes.start)?,
        Length: signed(bytes.end.saturating_sub(bytes.start))?,
    };
    let mut found = FILE_ALLOCATED_RANGE_BUFFER { FileOffset: 0, Length: 0 };
    const SIZE: u32 = size_of::<FILE_ALLOCATED_RANGE_BUFFER>() as u32;
    let mut size = 0;
    // SAFETY: the handle is open, and both buffers have the given sizes.
    let answered = unsafe {
        DeviceIoControl(
            file.as_raw_handle(),
            FSCTL_QUERY_ALLOCATED_RANGES,
            (&raw const asked).cast(),
            SIZE,
            (&raw mut found).cast(),
            SIZE,
            &raw mut size,
            null_mut(),
        )
    };
    // SAFETY: it takes no arguments.
    if answered == 0 && unsafe { GetLastError() } != ERROR_MORE_DATA {
        return Err(io::Error::last_os_error());
    }
    if size < SIZE {
        return Ok(None);
    }
    let start = u64::try_from(found.FileOffset).unwrap_or(0);
    let end = start.saturating_add(u64::try_from(found.Length).unwrap_or(0));
    let found = start.max(bytes.start)..end.min(bytes.end);
    Ok(Some(found).filter(|found| !found.is_empty()))
}
