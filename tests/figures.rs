//! Figures of the corpus that independent readers confirm: the table in `tests/README.md`.

use std::path::Path;

use crate::modules::NO_MODULES;
use crate::reduced_for_readers::READERS;
use crate::registers_agree::{
    agree, cores_for_gdb, least, lldb_dumps, machine_of, minidumps, real_cores_for_eu_readelf, seen_by_gdb,
    seen_by_lldb,
};
use crate::support::corpus;
use crate::support::readers::{View, eu_readelf, minidump_crate, walked};
use crate::support::tools::have;

/// A reader's line of the table.
#[derive(Default)]
struct Figures {
    dumps: usize,
    values: usize,
    explained: usize,
}

impl Figures {
    fn count(&mut self, values: usize, explained: usize) {
        self.dumps += usize::from(values > 0);
        self.values += values;
        self.explained += explained;
    }

    /// Counts the registers of a dump, all of which must be what `regs` shows.
    fn registers(&mut self, path: &Path, (views, explained): (Vec<View>, usize), least: usize) {
        self.count(agree(path, &views, least), explained);
    }

    fn print(&self, reader: &str, what: &str) {
        let Figures { dumps, values, explained } = self;
        println!("| {reader} | {what} | {dumps} | {values} | {explained} |");
    }
}

#[test]
#[ignore = "prints figures"]
fn figures_by_reader() {
    println!("| reader | what is compared | dumps | values | differences explained |");
    println!("|---|---|---|---|---|");
    let [mut gdb, mut lldb, mut elfutils, mut minidump, mut walks] = [(); 5].map(|()| Figures::default());
    for (path, machine) in cores_for_gdb().into_iter().filter(|_| have("gdb-multiarch")) {
        let (views, misread) = seen_by_gdb(&path, &machine);
        let explained = misread * views.len();
        gdb.registers(&path, (views, explained), least(&machine) - misread);
    }
    for (subject, machine) in real_cores_for_eu_readelf().into_iter().filter(|_| have("eu-readelf")) {
        elfutils.registers(subject.path(), (eu_readelf(subject.path(), &machine), 0), least(&machine));
    }
    for path in lldb_dumps().into_iter().filter(|_| have("lldb")) {
        lldb.registers(&path, seen_by_lldb(&path, &machine_of(&path)), 1);
    }
    for path in minidumps() {
        minidump.registers(&path, (minidump_crate(&path), 0), 1);
        walks.count(walked(&path).map_or(0, |walked| walked.stacks.values().map(Vec::len).sum()), 0);
    }
    gdb.print("gdb", "registers");
    lldb.print("lldb", "registers");
    elfutils.print("eu-readelf", "registers");
    minidump.print("the `minidump` crate", "registers");
    walks.print("`minidump-processor`", "frames, before and after `reduce`");
    for reader in READERS.iter().filter(|reader| have(reader.tool)) {
        let mut figures = Figures::default();
        corpus::cores().iter().for_each(|core| figures.count(reader.lines(core).len(), 0));
        let what = if reader.tool == "eu-unstrip" {
            figures.explained = NO_MODULES.len();
            "modules, and before and after `reduce`"
        } else {
            "threads and frames, before and after `reduce`"
        };
        figures.print(reader.tool, what);
    }
}
