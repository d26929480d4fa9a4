//! Counters of the system's memory and of the process's, with their offsets (`minidumpapiset.h`).

/// `MINIDUMP_SYSTEM_MEMORY_INFO_1` and `_2`.
pub(super) mod system_memory {
    use crate::fields::{Row, Shown};

    /// Sizes of the two structures, in bytes.
    pub(in super::super) const SIZES: [u64; 2] = [492, 524];
    pub(in super::super) const ROWS: &[Row] = &[
        Row::decimal("revision", 0, 2).in_bytes(),
        Row::hex("flags", 2, 2).in_bytes(),
        Row::decimal("basic.timer_resolution", 4, 4).in_bytes(),
        Row::decimal("basic.page_size", 8, 4).in_bytes(),
        Row::decimal("basic.number_of_physical_pages", 12, 4).in_bytes(),
        Row::decimal("basic.lowest_physical_page_number", 16, 4).in_bytes(),
        Row::decimal("basic.highest_physical_page_number", 20, 4).in_bytes(),
        Row::decimal("basic.allocation_granularity", 24, 4).in_bytes(),
        Row::hex("basic.minimum_user_mode_address", 28, 8).in_bytes(),
        Row::hex("basic.maximum_user_mode_address", 36, 8).in_bytes(),
        Row::hex("basic.active_processors_affinity_mask", 44, 8).in_bytes(),
        Row::decimal("basic.number_of_processors", 52, 4).in_bytes(),
        Row::decimal("file_cache.current_size", 56, 8).in_bytes(),
        Row::decimal("file_cache.peak_size", 64, 8).in_bytes(),
        Row::decimal("file_cache.page_fault_count", 72, 4).in_bytes(),
        Row::decimal("file_cache.minimum_working_set", 76, 8).in_bytes(),
        Row::decimal("file_cache.maximum_working_set", 84, 8).in_bytes(),
        Row::decimal("file_cache.current_size_including_transition_in_pages", 92, 8).in_bytes(),
        Row::decimal("file_cache.peak_size_including_transition_in_pages", 100, 8).in_bytes(),
        Row::decimal("file_cache.transition_re_purpose_count", 108, 4).in_bytes(),
        Row::hex("file_cache.flags", 112, 4).in_bytes(),
        Row::decimal("basic_performance.available_pages", 116, 8).in_bytes(),
        Row::decimal("basic_performance.committed_pages", 124, 8).in_bytes(),
        Row::decimal("basic_performance.commit_limit", 132, 8).in_bytes(),
        Row::decimal("basic_performance.peak_commitment", 140, 8).in_bytes(),
        Row::decimal("performance.idle_process_time", 148, 8).in_bytes(),
        Row::decimal("performance.io_read_transfer_count", 156, 8).in_bytes(),
        Row::decimal("performance.io_write_transfer_count", 164, 8).in_bytes(),
        Row::decimal("performance.io_other_transfer_count", 172, 8).in_bytes(),
        Row::decimal("performance.io_read_operation_count", 180, 4).in_bytes(),
        Row::decimal("performance.io_write_operation_count", 184, 4).in_bytes(),
        Row::decimal("performance.io_other_operation_count", 188, 4).in_bytes(),
        Row::decimal("performance.available_pages", 192, 4).in_bytes(),
        Row::decimal("performance.committed_pages", 196, 4).in_bytes(),
        Row::decimal("performance.commit_limit", 200, 4).in_bytes(),
        Row::decimal("performance.peak_commitment", 204, 4).in_bytes(),
        Row::decimal("performance.page_fault_count", 208, 4).in_bytes(),
        Row::decimal("performance.copy_on_write_count", 212, 4).in_bytes(),
        Row::decimal("performance.transition_count", 216, 4).in_bytes(),
        Row::decimal("performance.cache_transition_count", 220, 4).in_bytes(),
        Row::decimal("performance.demand_zero_count", 224, 4).in_bytes(),
        Row::decimal("performance.page_read_count", 228, 4).in_bytes(),
        Row::decimal("performance.page_read_io_count", 232, 4).in_bytes(),
        Row::decimal("performance.cache_read_count", 236, 4).in_bytes(),
        Row::decimal("performance.cache_io_count", 240, 4).in_bytes(),
        Row::decimal("performance.dirty_pages_write_count", 244, 4).in_bytes(),
        Row::decimal("performance.dirty_write_io_count", 248, 4).in_bytes(),
        Row::decimal("performance.mapped_pages_write_count", 252, 4).in_bytes(),
        Row::decimal("performance.mapped_write_io_count", 256, 4).in_bytes(),
        Row::decimal("performance.paged_pool_pages", 260, 4).in_bytes(),
        Row::decimal("performance.non_paged_pool_pages", 264, 4).in_bytes(),
        Row::decimal("performance.paged_pool_allocs", 268, 4).in_bytes(),
        Row::decimal("performance.paged_pool_frees", 272, 4).in_bytes(),
        Row::decimal("performance.non_paged_pool_allocs", 276, 4).in_bytes(),
        Row::decimal("performance.non_paged_pool_frees", 280, 4).in_bytes(),
        Row::decimal("performance.free_system_ptes", 284, 4).in_bytes(),
        Row::decimal("performance.resident_system_code_page", 288, 4).in_bytes(),
        Row::decimal("performance.total_system_driver_pages", 292, 4).in_bytes(),
        Row::decimal("performance.total_system_code_pages", 296, 4).in_bytes(),
        Row::decimal("performance.non_paged_pool_lookaside_hits", 300, 4).in_bytes(),
        Row::decimal("performance.paged_pool_lookaside_hits", 304, 4).in_bytes(),
        Row::decimal("performance.available_paged_pool_pages", 308, 4).in_bytes(),
        Row::decimal("performance.resident_system_cache_page", 312, 4).in_bytes(),
        Row::decimal("performance.resident_paged_pool_page", 316, 4).in_bytes(),
        Row::decimal("performance.resident_system_driver_page", 320, 4).in_bytes(),
        Row::decimal("performance.cc_fast_read_no_wait", 324, 4).in_bytes(),
        Row::decimal("performance.cc_fast_read_wait", 328, 4).in_bytes(),
        Row::decimal("performance.cc_fast_read_resource_miss", 332, 4).in_bytes(),
        Row::decimal("performance.cc_fast_read_not_possible", 336, 4).in_bytes(),
        Row::decimal("performance.cc_fast_mdl_read_no_wait", 340, 4).in_bytes(),
        Row::decimal("performance.cc_fast_mdl_read_wait", 344, 4).in_bytes(),
        Row::decimal("performance.cc_fast_mdl_read_resource_miss", 348, 4).in_bytes(),
        Row::decimal("performance.cc_fast_mdl_read_not_possible", 352, 4).in_bytes(),
        Row::decimal("performance.cc_map_data_no_wait", 356, 4).in_bytes(),
        Row::decimal("performance.cc_map_data_wait", 360, 4).in_bytes(),
        Row::decimal("performance.cc_map_data_no_wait_miss", 364, 4).in_bytes(),
        Row::decimal("performance.cc_map_data_wait_miss", 368, 4).in_bytes(),
        Row::decimal("performance.cc_pin_mapped_data_count", 372, 4).in_bytes(),
        Row::decimal("performance.cc_pin_read_no_wait", 376, 4).in_bytes(),
        Row::decimal("performance.cc_pin_read_wait", 380, 4).in_bytes(),
        Row::decimal("performance.cc_pin_read_no_wait_miss", 384, 4).in_bytes(),
        Row::decimal("performance.cc_pin_read_wait_miss", 388, 4).in_bytes(),
        Row::decimal("performance.cc_copy_read_no_wait", 392, 4).in_bytes(),
        Row::decimal("performance.cc_copy_read_wait", 396, 4).in_bytes(),
        Row::decimal("performance.cc_copy_read_no_wait_miss", 400, 4).in_bytes(),
        Row::decimal("performance.cc_copy_read_wait_miss", 404, 4).in_bytes(),
        Row::decimal("performance.cc_mdl_read_no_wait", 408, 4).in_bytes(),
        Row::decimal("performance.cc_mdl_read_wait", 412, 4).in_bytes(),
        Row::decimal("performance.cc_mdl_read_no_wait_miss", 416, 4).in_bytes(),
        Row::decimal("performance.cc_mdl_read_wait_miss", 420, 4).in_bytes(),
        Row::decimal("performance.cc_read_ahead_ios", 424, 4).in_bytes(),
        Row::decimal("performance.cc_lazy_write_ios", 428, 4).in_bytes(),
        Row::decimal("performance.cc_lazy_write_pages", 432, 4).in_bytes(),
        Row::decimal("performance.cc_data_flushes", 436, 4).in_bytes(),
        Row::decimal("performance.cc_data_pages", 440, 4).in_bytes(),
        Row::decimal("performance.context_switches", 444, 4).in_bytes(),
        Row::decimal("performance.first_level_tb_fills", 448, 4).in_bytes(),
        Row::decimal("performance.second_level_tb_fills", 452, 4).in_bytes(),
        Row::decimal("performance.system_calls", 456, 4).in_bytes(),
        Row::decimal("performance.cc_total_dirty_pages", 460, 8).in_bytes(),
        Row::decimal("performance.cc_dirty_page_threshold", 468, 8).in_bytes(),
        Row::named("performance.resident_available_pages", 476, 8, Shown::Signed).in_bytes(),
        Row::decimal("performance.shared_committed_pages", 484, 8).in_bytes(),
    ];
    /// Values that the second structure adds.
    pub(in super::super) const ROWS_2: &[Row] = &[
        Row::decimal("performance.mdl_pages_allocated", 492, 8).in_bytes(),
        Row::decimal("performance.pfn_database_committed_pages", 500, 8).in_bytes(),
        Row::decimal("performance.system_page_table_committed_pages", 508, 8).in_bytes(),
        Row::decimal("performance.contiguous_pages_allocated", 516, 8).in_bytes(),
    ];
}

/// `MINIDUMP_PROCESS_VM_COUNTERS_1` and `_2`.
pub(super) mod process_memory {
    use crate::fields::Row;

    /// Sizes of the two structures, in bytes.
    pub(in super::super) const SIZES: [u64; 2] = [80, 152];
    /// Values at the same offsets in both; the first structure has padding in the place of the flags.
    pub(in super::super) const ROWS: &[Row] = &[
        Row::decimal("revision", 0, 2).in_bytes(),
        Row::hex("flags", 2, 2).in_bytes(),
        Row::decimal("page_fault_count", 4, 4).in_bytes(),
        Row::decimal("peak_working_set_size", 8, 8).in_bytes(),
        Row::decimal("working_set_size", 16, 8).in_bytes(),
        Row::decimal("quota_peak_paged_pool_usage", 24, 8).in_bytes(),
        Row::decimal("quota_paged_pool_usage", 32, 8).in_bytes(),
        Row::decimal("quota_peak_non_paged_pool_usage", 40, 8).in_bytes(),
        Row::decimal("quota_non_paged_pool_usage", 48, 8).in_bytes(),
        Row::decimal("pagefile_usage", 56, 8).in_bytes(),
        Row::decimal("peak_pagefile_usage", 64, 8).in_bytes(),
    ];
    pub(in super::super) const ONLY_1: &[Row] = &[Row::decimal("private_usage", 72, 8).in_bytes()];
    pub(in super::super) const ONLY_2: &[Row] = &[
        Row::decimal("peak_virtual_size", 72, 8).in_bytes(),
        Row::decimal("virtual_size", 80, 8).in_bytes(),
        Row::decimal("private_usage", 88, 8).in_bytes(),
        Row::decimal("private_working_set_size", 96, 8).in_bytes(),
        Row::decimal("shared_commit_usage", 104, 8).in_bytes(),
        Row::decimal("job_shared_commit_usage", 112, 8).in_bytes(),
        Row::decimal("job_private_commit_usage", 120, 8).in_bytes(),
        Row::decimal("job_peak_private_commit_usage", 128, 8).in_bytes(),
        Row::decimal("job_private_commit_limit", 136, 8).in_bytes(),
        Row::decimal("job_total_commit_limit", 144, 8).in_bytes(),
    ];
}

#[cfg(test)]
mod tests {
    use super::{process_memory, system_memory};
    use crate::fields::Row;

    /// End of rows that follow each other without holes from an offset, in bytes.
    fn end(start: u64, rows: &[Row]) -> u64 {
        rows.iter().fold(start, |at, row| {
            assert_eq!(row.at, at, "{}", row.name);
            at + row.size
        })
    }

    #[test]
    fn counters_fill_their_structures() {
        let [first, second] = system_memory::SIZES;
        assert_eq!(end(0, system_memory::ROWS), first);
        assert_eq!(end(first, system_memory::ROWS_2), second);
        let [first, second] = process_memory::SIZES;
        let common = end(0, process_memory::ROWS);
        assert_eq!(end(common, process_memory::ONLY_1), first);
        assert_eq!(end(common, process_memory::ONLY_2), second);
    }
}
