//! Registers that an edit sets by name, and the records that it sets them in.

use dumpedit_layout::{Context, RecordChoice, RecordKind, RegisterPart};

use crate::edit::Edit;
use crate::edit::payload::Payload;
use crate::error::Error;
use crate::number::{Number, ValueError};

impl Edit {
    /// Sets a register, a sub-register or a lane by name. Only its own bits change; `ContextFlags` never do.
    ///
    /// # Errors
    /// [`Error::Access`] where the machine or the record has no such register; [`ValueError::DoesNotFit`]: a value is never truncated. The
    /// edit is unchanged then.
    pub fn set_register(
        &mut self,
        context: Context,
        name: &str,
        value: impl Into<Number>,
    ) -> Result<(), Error> {
        let settled = self.records_for(context)?;
        self.set_in(context, settled, name, value)
    }

    /// Sets a register in the records of [`Edit::records_for`] a context.
    pub(crate) fn set_in(
        &mut self,
        context: Context,
        settled: Context,
        name: &str,
        value: impl Into<Number>,
    ) -> Result<(), Error> {
        let (context, part) = self.named_in(context, settled, name)?;
        let bytes = self.stored_bytes(context, &value.into(), part)?;
        let resolved = self.dump.layout().resolve_part(context, part)?;
        self.apply(context, part.into(), &resolved, Payload::given(&bytes))
    }

    /// The part of a register with a name, and the context to edit it in: the settled one, unless the name itself names another record.
    pub(crate) fn named_in(
        &self,
        context: Context,
        settled: Context,
        name: &str,
    ) -> Result<(Context, RegisterPart), Error> {
        let (meant, part) = self.view().named(context, name)?;
        Ok((if meant == context { settled } else { meant }, part))
    }

    /// A number as a register stores it, in the target's byte order.
    pub(super) fn stored_bytes(
        &self,
        context: Context,
        value: &Number,
        part: RegisterPart,
    ) -> Result<Vec<u8>, ValueError> {
        let mut bytes = value.to_bits(part.bits)?;
        let kept = self.dump.layout().machine_of(context).registers().kept(part);
        let low = bytes.first().copied().unwrap_or(0);
        if low.checked_shl(8u32.saturating_sub(kept)).is_some_and(|low| low != 0) {
            return Err(ValueError::LowBits { value: value.to_string(), kept });
        }
        self.dump.layout().byte_order().reorder(&mut bytes);
        Ok(bytes)
    }

    /// The context whose records an edit changes: for `Auto` both, where they agree on the program counter and the stack pointer with this
    /// edit, else the effective one.
    ///
    /// # Errors
    /// [`Error::Access`] where the context is not a thread, and those of reading the two registers.
    pub fn records_for(&self, context: Context) -> Result<Context, Error> {
        let thread = self.dump.layout().thread(context)?;
        let both =
            thread.record(RecordKind::Thread).is_some() && thread.record(RecordKind::Exception).is_some();
        if !both || !matches!(context, Context::Thread(_, RecordChoice::Auto)) {
            return Ok(context);
        }
        let agree = self.records_agree(context)?;
        Ok(context.with_record(if agree { RecordChoice::Both } else { RecordChoice::Auto }))
    }

    fn records_agree(&self, context: Context) -> Result<bool, Error> {
        let mut compared = false;
        for name in ["pc", "sp"] {
            let of = |choice| self.view().read_register(context.with_record(choice), name);
            let (Ok(thread), Ok(exception)) = (of(RecordChoice::Thread), of(RecordChoice::Exception)) else {
                continue;
            };
            if thread != exception {
                return Ok(false);
            }
            compared = true;
        }
        Ok(compared)
    }
}
