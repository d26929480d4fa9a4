//! Printed texts: character arrays, the texts that character pointers point to, and Rust's texts.

use std::sync::Arc;

use super::characters::text;
use super::value::NOT_CAPTURED;
use super::{LOOKED_THROUGH, PrintedValue, Printer, Text};
use crate::number::unsigned;
use crate::typed::{Typed, TypedError, ValuePlace};
use crate::types::{Member, TypeReader, TypeRef, ValueType, character_prefix, text_width, unaliased};

impl Printer<'_> {
    /// The text that a pointer points to.
    pub(super) fn text_at(
        &mut self,
        reader: &Arc<dyn TypeReader>,
        to: &TypeRef,
        target: &ValueType,
        address: u64,
    ) -> Result<Option<Text>, TypedError> {
        let Some(width) = text_width(&**reader, to, target)? else { return Ok(None) };
        let unit = usize::from(width);
        let mut bytes = vec![0; self.limits.elements.saturating_mul(unit)];
        let captured = self.memory.read(address, &mut bytes);
        bytes.truncate(captured - captured % unit.max(1));
        let order = target.order(self.order());
        let end = bytes.chunks_exact(unit).position(|unit| unsigned(unit, order) == 0);
        let ended = end.is_some();
        bytes.truncate(end.map_or(bytes.len(), |end| end * unit));
        if bytes.is_empty() && !ended {
            return Ok(Some(Text {
                shown: NOT_CAPTURED.into(),
                content: String::new(),
                more: true,
                is_cut: true,
            }));
        }
        let is_cut = !ended && captured < self.limits.elements.saturating_mul(unit);
        let mut text =
            text(&bytes, width, order, character_prefix(&**reader, to)?, self.limits, !ended && !is_cut);
        if is_cut {
            text.shown.push_str(&format!(" {NOT_CAPTURED}"));
            (text.more, text.is_cut) = (true, true);
        }
        Ok(Some(text))
    }

    pub(super) fn text_array(
        &mut self,
        typed: &Typed,
        reader: &Arc<dyn TypeReader>,
        element: &TypeRef,
        width: u8,
        count: u64,
    ) -> Result<PrintedValue, TypedError> {
        let order = unaliased(&**reader, element)?.order(self.order());
        let unit = u64::from(width);
        let wanted = count.saturating_mul(unit).min(LOOKED_THROUGH).min(self.left);
        self.left -= wanted;
        let mut bytes = match &typed.place {
            ValuePlace::Memory(address) => self.captured(*address, wanted),
            ValuePlace::Value(bytes) => bytes.clone(),
            ValuePlace::Parts(_) => match self.bytes(typed, wanted) {
                Some(bytes) => bytes,
                None => return Ok(PrintedValue::OptimizedAway),
            },
            _ => return Ok(PrintedValue::OptimizedAway),
        };
        let is_cut = (bytes.len() as u64) < wanted;
        let whole = bytes.len() - bytes.len() % usize::from(width).max(1);
        bytes.truncate(whole);
        if bytes.is_empty() && is_cut {
            return Ok(PrintedValue::NotCaptured);
        }
        if !is_cut && bytes.len() as u64 == count.saturating_mul(unit) {
            // The zero that ends a text is not shown.
            let last = bytes.len().saturating_sub(usize::from(width));
            if bytes.get(last..).is_some_and(|unit| !unit.is_empty() && unsigned(unit, order) == 0) {
                bytes.truncate(last);
            }
        }
        let more = wanted < count.saturating_mul(unit);
        let mut text = text(&bytes, width, order, character_prefix(&**reader, element)?, self.limits, more);
        if is_cut {
            text.shown.push_str(&format!(" {NOT_CAPTURED}"));
            (text.more, text.is_cut) = (true, true);
        }
        Ok(PrintedValue::Text(text))
    }

    pub(super) fn rust_text(
        &mut self,
        typed: &Typed,
        data: &Member,
        length: &Member,
    ) -> Result<PrintedValue, TypedError> {
        let Some((address, length)) = self.slice_parts(typed, data, length)? else {
            return Ok(PrintedValue::NotCaptured);
        };
        let wanted = length.min(LOOKED_THROUGH).min(self.left);
        self.left -= wanted;
        let bytes = self.captured(address, wanted);
        if (bytes.len() as u64) < wanted {
            return Ok(PrintedValue::NotCaptured);
        }
        Ok(PrintedValue::Text(text(&bytes, 1, self.order(), "", self.limits, wanted < length)))
    }

    /// The captured bytes at an address, at most `wanted`.
    fn captured(&self, address: u64, wanted: u64) -> Vec<u8> {
        let mut bytes = Vec::new();
        while (bytes.len() as u64) < wanted {
            let step = usize::try_from((wanted - bytes.len() as u64).min(1 << 16)).unwrap_or(0);
            let start = bytes.len();
            bytes.resize(start + step, 0);
            let read = self
                .memory
                .read(address.wrapping_add(start as u64), bytes.get_mut(start..).unwrap_or_default());
            bytes.truncate(start + read.min(step));
            if read < step {
                break;
            }
        }
        bytes
    }
}
