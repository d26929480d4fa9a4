//! Sets a spec's registers by name, in the dump of a model with zeroed records.

use dumpedit::{Context, Dump, RecordKind, Span, ThreadRecord};
use dumpedit_formats::model::Place;
use dumpedit_formats::write::{Part, Parts, Plan};

use crate::encode::narrow;
use crate::error::{FixtureError, Within};
use crate::facts::facts;
use crate::labels::Labels;
use crate::spec::{CrashContext, Record, Spec, Step};

/// A dump with its registers set, and the places of its records.
pub(super) struct Registers {
    pub(super) dump: Dump,
    parts: Parts,
    /// Places of the memory in the file.
    memory: Vec<Place>,
}

impl Registers {
    pub(super) fn set(
        spec: &Spec,
        labels: &Labels,
        dump: Dump,
        plan: Plan,
    ) -> Result<Registers, FixtureError> {
        let mut edit = dump.edit();
        let mut set = |record: &Record, part: Part| -> Result<(), FixtureError> {
            let context = context(&dump, &plan.parts, part);
            if let Some(context) = context {
                for (name, value) in facts(spec.format).initial_registers {
                    // Some machines and records do not have these registers.
                    let _ = edit.set_register(context, name, *value);
                }
            }
            for register in &record.registers {
                let name = &register.name;
                let context = context.ok_or_else(|| {
                    let machine = spec.machine;
                    let text = if dump.layout().machine() == machine {
                        "the registers of this record cannot be set by name".to_owned()
                    } else {
                        format!("these are registers of {machine}, but the header names a different machine")
                    };
                    FixtureError::contradiction(text).within(Step::Name(name.clone()))
                })?;
                let number = labels.in_number(&register.value);
                let number = edit
                    .scope(Ok(context))
                    .number(name, &number)
                    .map_err(|error| FixtureError::new(error).within(Step::Value(name.clone())))?;
                edit.set_register(context, name, number).map_err(|error| {
                    let of_value = matches!(error, dumpedit::Error::Value(_));
                    let step = if of_value { Step::Value(name.clone()) } else { Step::Name(name.clone()) };
                    FixtureError::new(error).within(step)
                })?;
            }
            Ok(())
        };
        for (index, thread) in spec.threads.iter().enumerate() {
            set(&thread.record, Part::Thread(index)).within("registers").within(index).within("threads")?;
        }
        for (index, crash) in spec.crashes.iter().enumerate() {
            if let CrashContext::Own(record) = &crash.context {
                set(record, Part::Crash(index)).within("registers").within(index).within("crash")?;
            }
        }
        edit.commit().map_err(|error| FixtureError::contradiction(error.to_string()))?;
        Ok(Registers { dump, parts: plan.parts, memory: plan.memory })
    }

    /// The bytes of a part with named registers.
    pub(super) fn bytes(&self, part: Part) -> Result<Option<Vec<u8>>, FixtureError> {
        let known = context(&self.dump, &self.parts, part).and_then(|_| self.parts.get(part));
        let Some(place) = known else { return Ok(None) };
        let mut bytes = vec![0; narrow(place.size)];
        self.dump.read_file(place.file_offset, &mut bytes)?;
        Ok(Some(bytes))
    }

    /// Whether an RVA of 32 bits reaches a region's bytes.
    pub(super) fn is_in_reach(&self, region: usize) -> bool {
        self.memory.get(region).is_some_and(|place| u32::try_from(place.file_offset).is_ok())
    }

    /// The value of a register in the record of a thread or a crash.
    pub(super) fn value(&self, part: Part, register: &str) -> Option<u64> {
        let context = context(&self.dump, &self.parts, part)?;
        self.dump.read_register(context, register).ok()?.to_u64().ok()
    }
}

/// The context whose record begins in a part.
pub(crate) fn context(dump: &Dump, parts: &Parts, part: Part) -> Option<Context> {
    let kind = match part {
        Part::Crash(_) => RecordKind::Exception,
        _ => RecordKind::Thread,
    };
    let Place { file_offset, size } = parts.get(part)?;
    let place = file_offset..=file_offset.saturating_add(size.saturating_sub(1));
    let mut holding = dump.layout().records_holding(Span::of(file_offset, size), usize::MAX);
    let found = holding.find(|ThreadRecord { record, .. }| {
        record.kind == kind && record.blocks.iter().any(|block| place.contains(&block.file_offset))
    })?;
    Some(Context::Thread(found.thread, kind.choice()))
}
