//! Files that have less than they say, or nothing but zeros.

use super::*;

#[test]
fn less_is_in_the_file_than_was_mapped() {
    for format in ["elf-core", "minidump"] {
        let dump = dump_of(&format!(
            "format: {format}
memory:
  - {{at: 0x1000, size: 0x1000, captured: 2, protection: r-x, content: \"11 22\"}}
  - {{at: 0x4000, size: 0x1000, captured: 0}}
"
        ));
        assert_eq!(read(&dump, 0x1000, 2), [0x11, 0x22]);
        for address in [0x1002, 0x4000] {
            assert_eq!(dump.layout().absence(address), StopReason::NotCaptured, "{format}");
        }
        let mapping = dump.layout().mapping_at(0x1fff).unwrap();
        assert_eq!(mapping.protection.unwrap().to_string(), "r-x");
    }
}

#[test]
fn the_file_can_be_cut_at_every_byte() {
    for format in ["elf-core", "minidump"] {
        let text = format!("format: {format}\nthreads: [{{registers: {{rip: 1}}}}]{TWO_REGIONS}");
        let whole = bytes_of(&text);
        for size in (0..=whole.len()).step_by(7) {
            let cut = bytes_of(&format!("{text}truncate: {size}\n"));
            assert!(cut == whole[..size], "{format} at {size}");
        }
    }
}

#[test]
fn a_region_can_be_cut_by_the_end_of_the_file() {
    for format in ["elf-core", "minidump"] {
        let dump = dump_of(&format!(
            "format: {format}
memory:
  - {{at: 0x1000, size: 0x100, stored: 2, content: \"11 22\"}}
  - {{at: 0x3000, content: \"33\"}}
"
        ));
        assert_eq!(read(&dump, 0x1000, 2), [0x11, 0x22]);
        assert_eq!(read(&dump, 0x3000, 1), [0x33]);
        assert_eq!(dump.layout().absence(0x1002), StopReason::EndOfFile, "{format}");
    }
}

#[test]
fn descriptors_may_point_past_the_end_and_into_one_another() {
    for format in ["elf-core", "minidump"] {
        let dump = dump_of(&format!(
            "format: {format}
memory:
  - {{label: one, at: 0x1000, content: \"11 22 33 44\"}}
  - {{at: 0x1002, content: \"55 66 77\"}}
  - {{at: 0x8000, size: 2, file_offset: one+1}}
  - {{at: 0x9000, size: 0x10, file_offset: 0x10000000}}
"
        ));
        assert_eq!(read(&dump, 0x1000, 5), [0x11, 0x22, 0x33, 0x44, 0x77], "{format}");
        assert_eq!(read(&dump, 0x8000, 2), [0x22, 0x33]);
        assert_eq!(dump.layout().absence(0x9000), StopReason::EndOfFile);
    }
}

#[test]
fn zeros_are_holes_and_may_be_many() {
    let text = "format: elf-core
memory:
  - {at: 0x100000, size: 0xc0000000, content: {0x80000000: \"11\"}}
";
    let image = synth(&Spec::from_yaml(text).unwrap(), &SynthOptions::default()).unwrap();
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("sparse.core");
    let mut file = std::fs::File::create(&path).unwrap();
    image.write_sparse(&mut file).unwrap();
    let metadata = path.metadata().unwrap();
    assert_eq!(metadata.len(), image.size());
    #[cfg(target_os = "linux")]
    {
        use std::os::linux::fs::MetadataExt;
        assert!(metadata.st_blocks() * 512 < 1 << 20, "{} blocks", metadata.st_blocks());
    }
    let dump = Dump::open(&path).unwrap();
    assert_eq!(read(&dump, 0x8010_0000, 1), [0x11]);
    assert_eq!(read(&dump, 0xc00f_ffff, 1), [0]);
}
