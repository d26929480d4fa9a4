//! A scrub: finds secrets in a dump and replaces them.

use std::collections::BTreeSet;
use std::sync::{Arc, OnceLock};

use dumpedit::{Context, Dump, Edit, EditOptions, ProgressFn, RecordChoice, Span, ThreadIndex};

use crate::builtin::builtin;
use crate::class::Class;
use crate::error::ScrubError;
use crate::finding::Finding;
use crate::findings::Findings;
use crate::found_by::{By, RULES};
use crate::keep::{self, Keep};
use crate::literals::Literals;
use crate::matcher::Matcher;
use crate::named::{Named, Wanted};
use crate::register_writer;
use crate::registers::{InRegisters, Parts};
use crate::replace::Replacer;
use crate::report::{Counter, NotSearched, Report};
use crate::rule::Rule;
use crate::scan::{Packed, Pass};
use crate::spread::{Spread, spreads};
use crate::values::Values;
use crate::writer::{Writer, Written};

/// Settings of a scrub.
#[derive(Clone, Debug)]
pub struct Scrub {
    rules: Vec<Rule>,
    only: Option<BTreeSet<Class>>,
    keep: Keep,
    replacer: Replacer,
    /// Compiled rules, built at first use.
    ready: OnceLock<Arc<Ready>>,
}

/// Compiled rules, and the index of each among all rules.
#[derive(Debug)]
struct Ready {
    matcher: Matcher,
    indices: Vec<usize>,
}

/// Result of a scrub.
#[derive(Debug)]
#[non_exhaustive]
pub struct Scrubbed {
    /// The edit that replaces what was found.
    pub edit: Edit,
    /// Findings.
    pub report: Report,
}

impl Default for Scrub {
    fn default() -> Self {
        Scrub::new(builtin())
    }
}

impl Wanted for Scrub {
    fn wants(&self, class: Class) -> bool {
        self.only.as_ref().is_none_or(|only| only.contains(&class))
    }
}

/// Findings before they are replaced.
struct Found {
    /// In order of the file, each once.
    findings: Findings,
    /// Secrets in vector registers, and parts of secrets that other registers may hold.
    in_registers: Vec<InRegisters>,
    parts: Parts,
    /// Addresses of the strings at the top of a stack.
    strings: Vec<Span>,
    /// Values that were looked for everywhere.
    values: Values,
    not_searched: NotSearched,
}

impl Scrub {
    /// A scrub by these rules and of all places that a dump names.
    pub fn new(rules: Vec<Rule>) -> Scrub {
        Scrub {
            rules,
            only: None,
            keep: Keep::default(),
            replacer: Replacer::default(),
            ready: OnceLock::new(),
        }
    }

    /// Restricts the scrub to data of these classes.
    #[must_use]
    pub fn only(self, classes: impl IntoIterator<Item = Class>) -> Scrub {
        Scrub { only: Some(classes.into_iter().collect()), ready: OnceLock::new(), ..self }
    }

    /// Sets how much of memory and registers is kept.
    #[must_use]
    pub fn keep(self, keep: Keep) -> Scrub {
        Scrub { keep, ..self }
    }

    /// Replaces equal secrets with equal pseudonyms, in every dump that is scrubbed with the same key.
    #[must_use]
    pub fn pseudonyms(self, key: &[u8]) -> Scrub {
        Scrub { replacer: Replacer::with_key(key), ..self }
    }

    /// Ids and classes of all rules: first those of named places, then those of patterns.
    fn named_rules(&self) -> Vec<(String, Class)> {
        let named = RULES.iter().map(|(id, class)| ((*id).to_owned(), *class));
        named.chain(self.rules.iter().map(|rule| (rule.id.clone(), rule.class))).collect()
    }

    /// Finds everything that a scrub would replace, and changes nothing.
    ///
    /// # Errors
    /// [`ScrubError::Rule`] where a rule cannot be used, [`ScrubError::Dump`] where the dump cannot be read, and
    /// [`ScrubError::Cancelled`] where `progress` breaks off.
    pub fn verify(&self, dump: &Dump, progress: &mut ProgressFn<'_>) -> Result<Report, ScrubError> {
        Ok(self.scrub(dump, progress)?.report)
    }

    /// Finds everything that a scrub would replace, and the values that the original of this copy names: a scrubbed dump no longer tells
    /// which names and values were in it.
    ///
    /// # Errors
    /// As [`Scrub::verify`].
    pub fn verify_copy(
        &self,
        copy: &Dump,
        original: &Dump,
        progress: &mut ProgressFn<'_>,
    ) -> Result<Report, ScrubError> {
        let known = self.find(original, None, progress)?.values;
        Ok(self.scrub_knowing(copy, Some(known), progress)?.report)
    }

    /// Makes an edit that replaces everything that is found. Nothing is written before it is committed; its notices and changes contain no
    /// values.
    ///
    /// # Errors
    /// As [`Scrub::verify`].
    pub fn scrub(&self, dump: &Dump, progress: &mut ProgressFn<'_>) -> Result<Scrubbed, ScrubError> {
        self.scrub_knowing(dump, None, progress)
    }

    /// Scrubs, and replaces values that are known from elsewhere, too.
    fn scrub_knowing(
        &self,
        dump: &Dump,
        known: Option<Values>,
        progress: &mut ProgressFn<'_>,
    ) -> Result<Scrubbed, ScrubError> {
        let rules = self.named_rules();
        let Found { findings, in_registers, parts, strings, mut not_searched, .. } =
            self.find(dump, known, progress)?;
        let mut edit = dump.edit_with(EditOptions::default().allow_structure(true).bytes_of(0));
        let mut counter = Counter::new(dump, &rules, stacks(dump));
        let tables = dump.tables(&dump.model()?)?;
        let mut replacements = self.replacer.for_dump();
        let mut writer = Writer::new(dump, &mut edit, &mut replacements, &tables);
        let in_process = |finding: &Finding| dump.layout().location_of(finding.file_offset).is_some();
        let keeps_all = self.keep == Keep::All;
        let mut count = |finding: &Finding, written: Written| match written {
            Written::All => counter.add(finding),
            Written::Part => {
                counter.leave(finding);
                not_searched.in_tables = not_searched.in_tables.saturating_add(1);
            }
            Written::Clean => {}
        };
        findings.each(&mut |finding| {
            if !(keeps_all && in_process(finding)) {
                count(finding, writer.write(finding)?);
            }
            Ok::<(), ScrubError>(())
        })?;
        let ready = self.ready()?;
        let literals = Literals::default();
        let pass = Pass {
            dump,
            matcher: Some((&ready.matcher, &ready.indices)),
            literals: &literals,
            packed: None,
            texts: None,
        };
        writer.finish(&pass, &mut count)?;
        if !keeps_all {
            for found in &in_registers {
                if let Some((at, places)) = register_writer::replace(dump, &mut writer, found)? {
                    counter.add_register(found.rule, at, &places);
                }
            }
            register_writer::scrub(dump, &mut writer, &parts, &mut |at, places| {
                counter.add_register(By::PartInRegister.index(), at, places);
            })?;
        }
        let changed_bytes = writer.changed();
        let cleared = match self.keep {
            Keep::Pointers => Some(keep::pointers(dump, &mut edit, strings)?),
            Keep::Text | Keep::All => None,
        };
        dump.check_reads()?;
        let report = Report { changed_bytes, cleared, not_searched, ..counter.report() };
        Ok(Scrubbed { edit, report })
    }

    /// The compiled rules of the wanted classes.
    fn ready(&self) -> Result<Arc<Ready>, ScrubError> {
        if let Some(ready) = self.ready.get() {
            return Ok(ready.clone());
        }
        let wanted = self.rules.iter().enumerate().filter(|(_, rule)| self.wants(rule.class));
        let (indices, wanted): (Vec<usize>, Vec<Rule>) =
            wanted.map(|(index, rule)| (RULES.len() + index, rule.clone())).unzip();
        let ready = Ready { matcher: Matcher::new(&wanted)?, indices };
        Ok(self.ready.get_or_init(|| Arc::new(ready)).clone())
    }

    fn find(
        &self,
        dump: &Dump,
        known: Option<Values>,
        progress: &mut ProgressFn<'_>,
    ) -> Result<Found, ScrubError> {
        let model = dump.model()?;
        let Named { findings, mut values, blank, strings, module_names, .. } =
            Named::find(dump, &model, self)?;
        let blank = if known.is_some() { 0 } else { blank };
        values.extend(known.unwrap_or_default());
        let mut all = Findings::new(findings);
        let ready = self.ready()?;
        let base64 = Some(By::Base64.index());
        let literals = Literals::new(&mut values, base64, &module_names);
        let packed = Packed::default();
        let mut parts = Parts::default();
        let mut later = Values::default();
        let mut in_registers = Vec::new();
        let mut learn = |rule: usize, secret: &[u8]| {
            parts.add(secret);
            let of_pattern = rule.checked_sub(RULES.len()).and_then(|index| self.rules.get(index));
            let spread = of_pattern.and_then(|rule| spreads(rule, secret));
            let is_of_module = spread == Some(Spread::Name) && module_names.has(secret);
            if let Some(spread) = spread.filter(|_| !is_of_module) {
                later.add(secret, rule, spread);
            }
        };
        let pass = Pass {
            dump,
            matcher: Some((&ready.matcher, &ready.indices)),
            literals: &literals,
            packed: Some(&packed),
            texts: None,
        };
        pass.registers(&mut |found, secret| {
            learn(found.rule, secret);
            in_registers.push(found);
        })?;
        all.pass();
        let mut take = |finding: Finding, secret: &[u8]| {
            all.add(finding);
            learn(finding.rule(), secret);
        };
        let texts = pass.file(&mut take, progress)?;
        let seams = pass.seams(&mut take)?.left_out;
        let mut later = later.without(&values);
        if !later.is_empty() {
            let literals = Literals::new(&mut later, base64, &module_names);
            let pass = Pass { dump, matcher: None, literals: &literals, packed: None, texts: Some(&texts) };
            all.pass();
            let mut take = |finding: Finding, _: &[u8]| all.add(finding);
            pass.registers(&mut |found, _| in_registers.push(found))?;
            pass.file(&mut take, progress)?;
            pass.seams(&mut take)?;
        }
        values.each(&mut |value| parts.add(value));
        values.extend(later);
        let layout = dump.layout();
        let uncaptured = layout.regions().fold(0u64, |sum, region| {
            let rest = region.size.saturating_sub(region.captured.into());
            sum.saturating_add(u64::try_from(rest).unwrap_or(u64::MAX))
        });
        let not_searched = NotSearched {
            uncaptured,
            unknown: layout
                .untouched()
                .iter()
                .filter(|name| !KNOWN.contains(&name.as_str()))
                .cloned()
                .collect(),
            too_short: values.too_short(true),
            too_short_values: values.too_short(false),
            blank,
            too_many: values.too_many,
            seams,
            compressed: packed.count(),
            ..NotSearched::default()
        };
        Ok(Found { findings: all, in_registers, parts, strings, values, not_searched })
    }
}

/// Streams whose texts are known, although edits have no table of them.
const KNOWN: &[&str] = &[
    "LinuxProcStatus",
    "LinuxCmdLine",
    "LinuxEnviron",
    "LinuxAuxv",
    "LinuxMaps",
    "LinuxDsoDebug",
    "HandleDataStream",
    "CrashpadInfoStream",
    "CommentStreamA",
    "CommentStreamW",
    "UnloadedModuleListStream",
];

/// Stacks of the threads, first and last address.
fn stacks(dump: &Dump) -> Vec<(u64, u64)> {
    let layout = dump.layout();
    let mut stacks: Vec<(u64, u64)> = Vec::new();
    for (index, _) in (0u32..).zip(layout.threads()) {
        let context = Context::Thread(ThreadIndex(index), RecordChoice::Auto);
        let sp = dump.read_register(context, "sp").ok().and_then(|sp| sp.to_u64().ok());
        if let Some(stack) = sp.and_then(|sp| layout.stack(sp, u64::MAX)) {
            stacks.push((*stack.start(), *stack.end()));
        }
    }
    stacks
}
