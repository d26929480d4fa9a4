//! Where the fields that have places stand in their structures (`minidumpapiset.h`), in bytes.

use dumpedit_layout::Place;

/// A field of a structure.
#[derive(Clone, Copy, Debug)]
pub(super) struct Field {
    /// From the structure's start.
    pub(super) at: u64,
    pub(super) size: u64,
}

impl Field {
    const fn of(at: u64, size: u64) -> Field {
        Field { at, size }
    }

    /// Its place where the structure begins at a file offset.
    pub(super) fn in_structure(self, file_offset: u64) -> Place {
        Place { file_offset: file_offset.saturating_add(self.at), size: self.size }
    }
}

/// `MINIDUMP_SYSTEM_INFO`.
pub(super) mod system {
    use super::Field;

    pub(in super::super) const ARCHITECTURE: Field = Field::of(0, 2);
    pub(in super::super) const PLATFORM: Field = Field::of(20, 4);
    pub(in super::super) const CPU: Field = Field::of(32, 24);
}

/// `MINIDUMP_MODULE`.
pub(super) mod module {
    use super::Field;

    pub(in super::super) const BASE: Field = Field::of(0, 8);
    pub(in super::super) const SIZE: Field = Field::of(8, 4);
    pub(in super::super) const CHECKSUM: Field = Field::of(12, 4);
    pub(in super::super) const TIMESTAMP: Field = Field::of(16, 4);
    pub(in super::super) const VERSION: Field = Field::of(24, 52);
    pub(in super::super) const RESERVED: Field = Field::of(92, 16);
}

/// `MINIDUMP_THREAD`.
pub(super) mod thread {
    use super::Field;

    pub(in super::super) const ID: Field = Field::of(0, 4);
    pub(in super::super) const SUSPEND_COUNT: Field = Field::of(4, 4);
    pub(in super::super) const PRIORITY_CLASS: Field = Field::of(8, 4);
    pub(in super::super) const PRIORITY: Field = Field::of(12, 4);
    pub(in super::super) const ENVIRONMENT: Field = Field::of(16, 8);
}

/// `MINIDUMP_EXCEPTION_STREAM`.
pub(super) mod exception {
    use super::Field;

    pub(in super::super) const THREAD: Field = Field::of(0, 4);
    pub(in super::super) const CODE: Field = Field::of(8, 4);
    pub(in super::super) const FLAGS: Field = Field::of(12, 4);
    pub(in super::super) const NESTED: Field = Field::of(16, 8);
    pub(in super::super) const ADDRESS: Field = Field::of(24, 8);
    pub(in super::super) const PARAMETER_COUNT: Field = Field::of(32, 4);
    /// One of the parameters, which follow one another.
    pub(in super::super) fn parameter(index: u64) -> Field {
        Field::of(index.saturating_mul(8).saturating_add(40), 8)
    }
}

#[cfg(test)]
mod tests {
    use minidump_common::format::{
        MINIDUMP_EXCEPTION_STREAM, MINIDUMP_MODULE, MINIDUMP_SYSTEM_INFO, MINIDUMP_THREAD,
    };
    use scroll::Pread;
    use scroll::ctx::TryFromCtx;

    use super::*;

    /// Whether the number of a field is what a structure says where the field has other bytes than the rest.
    fn is_at<T>(field: Field, read: impl Fn(&T) -> u64) -> bool
    where
        T: for<'a> TryFromCtx<'a, scroll::Endian, Error = scroll::Error>,
    {
        let mut bytes = [0u8; 256];
        let (at, size) = (field.at as usize, field.size as usize);
        bytes[at..at + size].fill(0xff);
        let found: T = bytes.pread_with(0, scroll::LE).unwrap();
        bytes.fill(0xff);
        bytes[at..at + size].fill(0);
        let others: T = bytes.pread_with(0, scroll::LE).unwrap();
        read(&found) == u64::MAX >> (64 - 8 * size) && read(&others) == 0
    }

    #[test]
    fn fields_stand_where_the_structures_have_them() {
        assert!(is_at::<MINIDUMP_SYSTEM_INFO>(system::ARCHITECTURE, |raw| raw.processor_architecture.into()));
        assert!(is_at::<MINIDUMP_SYSTEM_INFO>(system::PLATFORM, |raw| raw.platform_id.into()));
        assert!(is_at::<MINIDUMP_MODULE>(module::BASE, |raw| raw.base_of_image));
        assert!(is_at::<MINIDUMP_MODULE>(module::SIZE, |raw| raw.size_of_image.into()));
        assert!(is_at::<MINIDUMP_MODULE>(module::CHECKSUM, |raw| raw.checksum.into()));
        assert!(is_at::<MINIDUMP_MODULE>(module::TIMESTAMP, |raw| raw.time_date_stamp.into()));
        assert!(is_at::<MINIDUMP_THREAD>(thread::ID, |raw| raw.thread_id.into()));
        assert!(is_at::<MINIDUMP_THREAD>(thread::SUSPEND_COUNT, |raw| raw.suspend_count.into()));
        assert!(is_at::<MINIDUMP_THREAD>(thread::PRIORITY_CLASS, |raw| raw.priority_class.into()));
        assert!(is_at::<MINIDUMP_THREAD>(thread::PRIORITY, |raw| raw.priority.into()));
        assert!(is_at::<MINIDUMP_THREAD>(thread::ENVIRONMENT, |raw| raw.teb));
        type Stream = MINIDUMP_EXCEPTION_STREAM;
        assert!(is_at::<Stream>(exception::THREAD, |raw| raw.thread_id.into()));
        assert!(is_at::<Stream>(exception::CODE, |raw| raw.exception_record.exception_code.into()));
        assert!(is_at::<Stream>(exception::FLAGS, |raw| raw.exception_record.exception_flags.into()));
        assert!(is_at::<Stream>(exception::NESTED, |raw| raw.exception_record.exception_record));
        assert!(is_at::<Stream>(exception::ADDRESS, |raw| raw.exception_record.exception_address));
        let count = |raw: &Stream| raw.exception_record.number_parameters.into();
        assert!(is_at::<Stream>(exception::PARAMETER_COUNT, count));
        let parameter = |raw: &Stream| raw.exception_record.exception_information[1];
        assert!(is_at::<Stream>(exception::parameter(1), parameter));
    }
}
