//! Names of addresses: the module or region, and the offset from its start.

use std::collections::HashMap;

use dumpedit::notation::{At, Scope};
use dumpedit::{Context, Dump, Module, RecordChoice, ThreadIndex};

/// The stack of a thread.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Stack {
    pub(crate) first: u64,
    pub(crate) last: u64,
    pub(crate) tid: u64,
}

/// The stacks of all threads, by address. A stack reaches from the stack pointer, or from above the guard page around it, to the end
/// of the mapping, or of the captured memory if the dump lists no mapping. Each is looked up, since there may be many threads.
pub(crate) fn stacks(dump: &Dump) -> Vec<Stack> {
    let layout = dump.layout();
    let indexed = (0u32..).map(ThreadIndex).zip(layout.threads());
    let found = indexed.filter_map(|(index, thread)| {
        let context = Context::Thread(index, RecordChoice::Auto);
        let sp = dump.read_register(context, "sp").ok()?.to_u64().ok()?;
        let (first, last) = match layout.mapping_at(sp) {
            Some(guard) if guard.is_guard() => {
                let first = guard.last.checked_add(1)?;
                (first, layout.mapping_at(first)?.last)
            }
            Some(mapping) => (sp, mapping.last),
            None => (sp, layout.nearest_captured(sp).filter(|near| near.first <= sp)?.last),
        };
        (first <= last).then_some(Stack { first, last, tid: thread.tid })
    });
    let mut stacks: Vec<Stack> = found.collect();
    stacks.sort_unstable();
    stacks
}

/// Names of a dump's addresses.
pub(crate) struct Places<'a> {
    dump: &'a Dump,
    scope: Scope<'a>,
    /// Sorted by base.
    modules: Vec<&'a Module>,
    /// Names of the modules looked up so far, by base.
    names: HashMap<u64, String>,
    /// Names of the regions looked up so far, by start.
    regions: HashMap<u64, String>,
}

impl<'a> Places<'a> {
    pub(crate) fn new(dump: &'a Dump) -> Self {
        let mut modules: Vec<&Module> = dump.layout().modules().iter().collect();
        modules.sort_by_key(|module| module.base);
        Places {
            dump,
            scope: dump.scope(Ok(Context::Process)),
            modules,
            names: HashMap::new(),
            regions: HashMap::new(),
        }
    }

    /// The place in a module, as an AT: by name if the name is unique, else by base.
    pub(crate) fn in_module(&mut self, address: u64) -> Option<String> {
        let before = self.modules.partition_point(|module| module.base <= address);
        let module = *before.checked_sub(1).and_then(|at| self.modules.get(at))?;
        let offset = address.saturating_sub(module.base);
        if offset >= module.size {
            return None;
        }
        let scope = &self.scope;
        let name = self.names.entry(module.base).or_insert_with(|| {
            let names = [base_name(&module.name), &module.name];
            let name = names.into_iter().find(|name| leads_to(scope, name, module.base));
            name.map_or_else(|| format!("{:#x}", module.base), str::to_owned)
        });
        Some(format!("{name}+{offset:#x}"))
    }

    /// Start and name of the mapping around an address, or of the captured memory if the dump lists no mapping.
    pub(crate) fn region(&self, address: u64) -> Option<(u64, Option<&'a str>)> {
        let layout = self.dump.layout();
        match layout.mapping_at(address) {
            Some(mapping) => Some((mapping.first, mapping.name.as_deref().filter(|name| !name.is_empty()))),
            None => layout.nearest_captured(address).map(|near| (near.first, None)),
        }
    }

    /// The symbol, module or region, and the offset from its start, as an AT.
    pub(crate) fn in_words(&mut self, address: u64) -> Option<String> {
        self.dump.label(address).or_else(|| self.in_module(address)).or_else(|| {
            let (start, name) = self.region(address)?;
            let offset = address.saturating_sub(start);
            let scope = &self.scope;
            let name = self.regions.entry(start).or_insert_with(|| {
                let name = name.map(base_name).filter(|name| leads_to(scope, name, start));
                name.map_or_else(|| format!("{start:#x}"), str::to_owned)
            });
            Some(format!("{name}+{offset:#x}"))
        })
    }
}

/// Whether a name alone, as an AT, resolves to an address.
fn leads_to(scope: &Scope<'_>, name: &str, address: u64) -> bool {
    name.parse::<At>().is_ok_and(|at| scope.address(&at).is_ok_and(|found| found == address))
}

/// The part of a path after its last separator, slash or backslash.
pub(crate) fn base_name(path: &str) -> &str {
    path.rsplit(['/', '\\']).next().filter(|name| !name.is_empty()).unwrap_or(path)
}
