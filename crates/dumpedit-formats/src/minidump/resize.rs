//! Sets values of another size in models of minidumps.

use dumpedit_layout::{ByteOrder, Place};

use super::schema::{MODULE_NAME_AT, MODULE_RECORDS_AT, SERVICE_PACK_AT, THREAD_NAME_AT};
use crate::fields::{Lead, Room, TextKind};
use crate::model::{Blob, Container, Content, Minidump, Model, ModuleEntry, Placed, StreamContent};
use crate::write::Resized;

/// Sets a value of another size in the model of the minidump `bytes`. Returns whether the model has that value.
pub(crate) fn resize(bytes: &[u8], model: &mut Model, resized: &Resized) -> bool {
    let Room::Behind(lead) = resized.stored.room else { return false };
    let order = model.target.byte_order;
    let text = || Placed::from(TextKind::Counted.read(&resized.bytes, order));
    let content = || Content::from(resized.bytes.clone());
    if let Some(module) =
        model.modules.iter_mut().find(|module| at_of(module, MODULE_NAME_AT) == Some(lead.at))
    {
        module.name = text();
        return true;
    }
    for (at, record) in (0..).zip(MODULE_RECORDS_AT) {
        if let Some(module) = model.modules.iter_mut().find(|module| at_of(module, record) == Some(lead.at)) {
            let record = if at == 0 { &mut module.code_view } else { &mut module.miscellaneous };
            *record = Some(content());
            return true;
        }
    }
    if let Some(tid) = thread_named_at(bytes, lead, order) {
        let led_there = |name: &Placed<String>| name.place == Some(resized.stored.place);
        let named = model
            .threads
            .iter_mut()
            .find(|thread| thread.tid.value == tid && thread.name.as_ref().is_some_and(led_there));
        if let Some(thread) = named {
            thread.name = Some(text());
            return true;
        }
    }
    match &mut model.container {
        Container::Minidump(minidump) => in_streams(minidump, lead, resized, text, content),
        _ => false,
    }
}

/// File offset of a field in a module's entry.
fn at_of(module: &ModuleEntry, field: u64) -> Option<u64> {
    module.base.place?.file_offset.checked_add(field)
}

/// The id of the thread whose name a file offset in ThreadNames leads to; some number for any other offset.
fn thread_named_at(bytes: &[u8], lead: Lead, order: ByteOrder) -> Option<u64> {
    let start = usize::try_from(lead.at.checked_sub(THREAD_NAME_AT)?).ok()?;
    Some(order.number(bytes.get(start..start.checked_add(4)?)?))
}

fn in_streams(
    minidump: &mut Minidump,
    lead: Lead,
    resized: &Resized,
    text: impl Fn() -> Placed<String>,
    content: impl Fn() -> Content,
) -> bool {
    if let Some(system) = &mut minidump.system
        && system.architecture.place.and_then(|place| place.file_offset.checked_add(SERVICE_PACK_AT))
            == Some(lead.at)
    {
        system.service_pack = Some(text());
        return true;
    }
    for stream in &mut minidump.streams {
        let StreamContent::Blob(blob) = &mut stream.content else { continue };
        if blob.links.is_empty() && blob.content.place() == Some(resized.stored.place) {
            *blob = Blob::new(content());
            return true;
        }
        if in_blob(blob, lead, &content) {
            return true;
        }
    }
    false
}

fn in_blob(blob: &mut Blob, lead: Lead, content: &impl Fn() -> Content) -> bool {
    let Some(Place { file_offset, .. }) = blob.content.place() else { return false };
    for link in &mut blob.links {
        if file_offset.checked_add(link.at) == Some(lead.at) {
            link.to = Blob::new(content());
            return true;
        }
        if in_blob(&mut link.to, lead, content) {
            return true;
        }
    }
    false
}
