//! Named values of structures, with their offsets (`minidumpapiset.h`).

/// `MINIDUMP_HEADER`.
pub(super) mod header {
    use crate::fields::{Row, Shown};

    pub(in super::super) const ROWS: &[Row] = &[
        Row::hex("version", 4, 4),
        Row::decimal("stream_count", 8, 4).apart(),
        Row::hex("directory", 12, 4).apart(),
        Row::hex("checksum", 16, 4).in_bytes(),
        Row::named("timestamp", 20, 4, Shown::Seconds).in_bytes(),
        Row::hex("flags", 24, 8).in_bytes(),
    ];
}

/// `MINIDUMP_SYSTEM_INFO`.
pub(super) mod system {
    use crate::fields::Row;

    pub(in super::super) const ARCHITECTURE: Row = Row::decimal("architecture", 0, 2);
    pub(in super::super) const PLATFORM: Row = Row::hex("platform", 20, 4);
    pub(in super::super) const CPU: Row = Row::bytes("cpu", 32, 24);
    pub(in super::super) const ROWS: &[Row] = &[
        ARCHITECTURE,
        Row::decimal("level", 2, 2),
        Row::hex("revision", 4, 2),
        Row::decimal("processors", 6, 1),
        Row::decimal("product_type", 7, 1),
        Row::decimal("major", 8, 4),
        Row::decimal("minor", 12, 4),
        Row::decimal("build", 16, 4),
        PLATFORM,
        Row::hex("suite_mask", 28, 2),
        Row::hex("reserved", 30, 2),
        CPU,
    ];

    /// `CPU_INFORMATION` of processors with CPUID; offsets are from the start of the outer structure.
    pub(in super::super) const OF_X86: &[Row] = &[
        Row::packed("vendor", 32, 12),
        Row::hex("version_information", 44, 4),
        Row::hex("feature_information", 48, 4),
        Row::hex("amd_feature_information", 52, 4),
    ];
    /// `CPU_INFORMATION` of other processors.
    pub(in super::super) const OF_OTHERS: &[Row] =
        &[Row::hex("processor_features[0]", 32, 8), Row::hex("processor_features[1]", 40, 8)];
}

/// `MINIDUMP_MODULE`.
pub(super) mod module {
    use crate::fields::{Row, Shown};

    pub(in super::super) const BASE: Row = Row::hex("base", 0, 8);
    pub(in super::super) const SIZE: Row = Row::hex("size", 8, 4);
    pub(in super::super) const CHECKSUM: Row = Row::hex("checksum", 12, 4);
    pub(in super::super) const TIMESTAMP: Row = Row::named("timestamp", 16, 4, Shown::Seconds);
    pub(in super::super) const VERSION: Row = Row::bytes("version_info", 24, 52);
    pub(in super::super) const RESERVED: Row = Row::bytes("reserved", 92, 16);
    pub(in super::super) const ROWS: &[Row] = &[
        BASE,
        SIZE,
        CHECKSUM,
        TIMESTAMP,
        // `dwFileVersionMS` and `dwProductVersionMS` of VS_FIXEDFILEINFO.
        Row::version("version", 32),
        Row::version("product_version", 40),
        VERSION,
        RESERVED,
    ];
}

/// `MINIDUMP_UNLOADED_MODULE`.
pub(super) mod unloaded {
    use crate::fields::{Row, Shown};

    pub(in super::super) const ROWS: &[Row] = &[
        Row::hex("base", 0, 8).in_bytes(),
        Row::hex("size", 8, 4).in_bytes(),
        Row::hex("checksum", 12, 4).in_bytes(),
        Row::named("timestamp", 16, 4, Shown::Seconds).in_bytes(),
    ];
}

/// `MINIDUMP_HANDLE_DESCRIPTOR`.
pub(super) mod handle {
    use crate::fields::Row;

    pub(in super::super) const ROWS: &[Row] = &[
        Row::hex("attributes", 16, 4).in_bytes(),
        Row::hex("granted_access", 20, 4).in_bytes(),
        Row::decimal("handle_count", 24, 4).in_bytes(),
        Row::decimal("pointer_count", 28, 4).in_bytes(),
    ];
}

/// `MINIDUMP_THREAD`.
pub(super) mod thread {
    use crate::fields::Row;

    pub(in super::super) const ID: Row = Row::decimal("id", 0, 4);
    pub(in super::super) const SUSPEND_COUNT: Row = Row::decimal("suspend_count", 4, 4);
    pub(in super::super) const PRIORITY_CLASS: Row = Row::hex("priority_class", 8, 4);
    pub(in super::super) const PRIORITY: Row = Row::decimal("priority", 12, 4);
    pub(in super::super) const ENVIRONMENT: Row = Row::hex("teb", 16, 8);
    /// Values that are in no other structure, as the id is.
    pub(in super::super) const ROWS: &[Row] = &[SUSPEND_COUNT, PRIORITY_CLASS, PRIORITY, ENVIRONMENT];
}

/// `MINIDUMP_THREAD_NAME`.
pub(super) mod thread_name {
    use crate::fields::Row;

    pub(in super::super) const ID: Row = Row::decimal("id", 0, 4);
}

/// `MINIDUMP_THREAD_INFO`.
pub(super) mod thread_info {
    use crate::fields::Row;

    pub(in super::super) const ID: Row = Row::decimal("id", 0, 4);
    /// The other values; times are in units of 100 ns, two of them since 1601.
    pub(in super::super) const ROWS: &[Row] = &[
        Row::hex("dump_flags", 4, 4).in_bytes(),
        Row::hex("dump_error", 8, 4).in_bytes(),
        Row::hex("exit_status", 12, 4).in_bytes(),
        Row::decimal("create_time", 16, 8).in_bytes(),
        Row::decimal("exit_time", 24, 8).in_bytes(),
        Row::decimal("kernel_time", 32, 8).in_bytes(),
        Row::decimal("user_time", 40, 8).in_bytes(),
        Row::hex("start_address", 48, 8).in_bytes(),
        Row::hex("affinity", 56, 8).in_bytes(),
    ];
}

/// `MINIDUMP_BREAKPAD_INFO`.
pub(super) mod breakpad {
    use crate::fields::Row;

    pub(in super::super) const SIZE: u64 = 12;
    /// Flags of the ids that are valid.
    pub(in super::super) const VALIDITY: Row = Row::hex("validity", 0, 4).in_bytes();
    pub(in super::super) const DUMP_THREAD: Row = Row::decimal("dump_thread", 4, 4).in_bytes();
    pub(in super::super) const REQUESTING_THREAD: Row = Row::decimal("requesting_thread", 8, 4).in_bytes();
    pub(in super::super) const ROWS: &[Row] = &[VALIDITY, DUMP_THREAD, REQUESTING_THREAD];
}

/// `MINIDUMP_ASSERTION_INFO`.
pub(super) mod assertion {
    use crate::fields::Row;

    pub(in super::super) const SIZE: u64 = 776;
    pub(in super::super) const ROWS: &[Row] = &[
        Row::wide_buffer("expression", 0, 256).in_bytes(),
        Row::wide_buffer("function", 256, 256).in_bytes(),
        Row::wide_buffer("file", 512, 256).in_bytes(),
        Row::decimal("line", 768, 4).in_bytes(),
        Row::decimal("kind", 772, 4).in_bytes(),
    ];
}

/// `MinidumpCrashpadInfo` of Crashpad's `minidump_extensions.h`.
pub(super) mod crashpad {
    use crate::fields::Row;

    /// Size of version 1, without the additions of newer ones, in bytes.
    pub(in super::super) const SIZE: u64 = 52;
    pub(in super::super) const ROWS: &[Row] =
        &[Row::decimal("version", 0, 4), Row::guid("report_id", 4), Row::guid("client_id", 20)];
    /// Offsets of the locations of its annotations and of those of modules, in bytes.
    pub(in super::super) const ANNOTATIONS_AT: u64 = 36;
    pub(in super::super) const MODULES_AT: u64 = 44;
    /// Offsets in a module's entry of the locations of its texts, its annotations by name, and its typed annotations, in bytes.
    pub(in super::super) const TEXTS_AT: u64 = 4;
    pub(in super::super) const DICTIONARY_AT: u64 = 12;
    pub(in super::super) const OBJECTS_AT: u64 = 20;
}

/// `MINIDUMP_TOKEN_INFO_LIST`.
pub(super) mod tokens {
    use crate::fields::Row;

    /// Size of a list without tokens, in bytes.
    pub(in super::super) const SIZE: u64 = 16;
    pub(in super::super) const COUNT: Row = Row::decimal("count", 4, 4).in_bytes();
    /// Distance from the start of the list to the first token, in bytes.
    pub(in super::super) const HEADER_SIZE: Row = Row::decimal("header_size", 8, 4).in_bytes();
    pub(in super::super) const ROWS: &[Row] = &[
        Row::decimal("size", 0, 4).in_bytes(),
        COUNT,
        HEADER_SIZE,
        Row::decimal("token_header_size", 12, 4).in_bytes(),
    ];
}

/// `MINIDUMP_TOKEN_INFO_HEADER`.
pub(super) mod token {
    use crate::fields::Row;

    /// Size, in bytes. The layout of the bytes behind it is not public.
    pub(in super::super) const SIZE: u64 = 16;
    /// Distance to the next token, in bytes.
    pub(in super::super) const TOKEN_SIZE: Row = Row::decimal("size", 0, 4).in_bytes();
    pub(in super::super) const ROWS: &[Row] =
        &[TOKEN_SIZE, Row::hex("id", 4, 4).in_bytes(), Row::hex("handle", 8, 8).in_bytes()];
}

/// `MINIDUMP_EXCEPTION_STREAM`.
pub(super) mod exception {
    use crate::fields::{Comparison, FieldKind, Row, Shown};

    pub(in super::super) const THREAD: Row = Row::decimal("thread", 0, 4);
    pub(in super::super) const CODE: Row = Row::named("code", 8, 4, Shown::Exception);
    pub(in super::super) const FLAGS: Row = Row::hex("flags", 12, 4);
    pub(in super::super) const NESTED: Row = Row::hex("nested", 16, 8);
    pub(in super::super) const ADDRESS: Row = Row::hex("address", 24, 8);
    pub(in super::super) const PARAMETER_COUNT: Row = Row::decimal("parameter_count", 32, 4);
    pub(in super::super) const ROWS: &[Row] = &[THREAD, CODE, FLAGS, NESTED, ADDRESS, PARAMETER_COUNT];

    /// One of the consecutive parameters.
    pub(in super::super) fn parameter(index: u64) -> Row {
        let at = index.saturating_mul(8).saturating_add(40);
        let (kind, comparison) = (FieldKind::Number(Shown::Hex), Comparison::Value);
        Row { name: "parameters", at, size: 8, kind, comparison }
    }
}

/// `MINIDUMP_MEMORY_INFO`.
pub(super) mod mapping {
    use crate::fields::Row;

    pub(in super::super) const ROWS: &[Row] = &[
        Row::hex("address", 0, 8).in_bytes(),
        Row::hex("base", 8, 8).in_bytes(),
        Row::hex("allocation_protection", 16, 4).in_bytes(),
        Row::hex("size", 24, 8).in_bytes(),
        Row::hex("state", 32, 4).in_bytes(),
        Row::hex("protection", 36, 4).in_bytes(),
        Row::hex("kind", 40, 4).in_bytes(),
    ];
}

/// `MINIDUMP_MISC_INFO`.
pub(super) mod process {
    use crate::fields::{Row, Shown};

    /// Flags of the other values that are valid.
    pub(in super::super) const FLAGS: Row = Row::hex("flags", 4, 4).in_bytes();
    pub(in super::super) const ROWS: &[Row] = &[
        FLAGS,
        Row::decimal("id", 8, 4).in_bytes(),
        Row::named("created", 12, 4, Shown::Seconds).in_bytes(),
        Row::decimal("user_time", 16, 4).in_bytes(),
        Row::decimal("kernel_time", 20, 4).in_bytes(),
    ];

    /// Values that newer structures add, with the size of each structure in bytes: `MINIDUMP_MISC_INFO_2` to `_5`.
    pub(in super::super) const NEWER: &[(u64, &[Row])] =
        &[(44, ROWS_2), (232, ROWS_3), (832, ROWS_4), (1364, ROWS_5)];
    const ROWS_2: &[Row] = &[
        Row::decimal("processor_max_mhz", 24, 4).in_bytes(),
        Row::decimal("processor_current_mhz", 28, 4).in_bytes(),
        Row::decimal("processor_mhz_limit", 32, 4).in_bytes(),
        Row::decimal("processor_max_idle_state", 36, 4).in_bytes(),
        Row::decimal("processor_current_idle_state", 40, 4).in_bytes(),
    ];
    const ROWS_3: &[Row] = &[
        Row::hex("integrity_level", 44, 4).in_bytes(),
        Row::hex("execute_flags", 48, 4).in_bytes(),
        Row::decimal("protected", 52, 4).in_bytes(),
        Row::decimal("time_zone_id", 56, 4).in_bytes(),
        Row::named("time_zone.bias", 60, 4, Shown::Signed).in_bytes(),
        Row::wide_buffer("time_zone.standard_name", 64, 64).in_bytes(),
        Row::bytes("time_zone.standard_date", 128, 16).in_bytes(),
        Row::named("time_zone.standard_bias", 144, 4, Shown::Signed).in_bytes(),
        Row::wide_buffer("time_zone.daylight_name", 148, 64).in_bytes(),
        Row::bytes("time_zone.daylight_date", 212, 16).in_bytes(),
        Row::named("time_zone.daylight_bias", 228, 4, Shown::Signed).in_bytes(),
    ];
    const ROWS_4: &[Row] = &[
        Row::wide_buffer("build_string", 232, 520).in_bytes(),
        Row::wide_buffer("debug_build_string", 752, 80).in_bytes(),
    ];
    /// With `XSTATE_CONFIG_FEATURE_MSC_INFO`, whose features are 64 pairs of an offset and a size, of 32 bits each.
    const ROWS_5: &[Row] = &[
        Row::decimal("xstate.size_of_info", 832, 4).in_bytes(),
        Row::decimal("xstate.context_size", 836, 4).in_bytes(),
        Row::hex("xstate.enabled_features", 840, 8).in_bytes(),
        Row::bytes("xstate.features", 848, 512).in_bytes(),
        Row::hex("cookie", 1360, 4).in_bytes(),
    ];
}

#[cfg(test)]
mod tests {
    use minidump_common::format::{
        MINIDUMP_EXCEPTION_STREAM, MINIDUMP_MODULE, MINIDUMP_SYSTEM_INFO, MINIDUMP_THREAD,
        MINIDUMP_THREAD_INFO, MINIDUMP_THREAD_NAME,
    };
    use scroll::Pread;
    use scroll::ctx::TryFromCtx;

    use super::*;
    use crate::fields::Row;

    /// Whether a structure has the number of a field where only the field has these bytes.
    fn is_at<T>(field: Row, read: impl Fn(&T) -> u64) -> bool
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
        assert!(is_at::<MINIDUMP_THREAD_NAME>(thread_name::ID, |raw| raw.thread_id.into()));
        assert!(is_at::<MINIDUMP_THREAD_INFO>(thread_info::ID, |raw| raw.thread_id.into()));
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
