//! Models of cores in which a value has another size: names in the rows of NT_FILE.

use crate::fields::Room;
use crate::model::Model;
use crate::write::Resized;

/// Has the model of a core say a name of another size; whether a row has that name.
pub(crate) fn resize(model: &mut Model, resized: &Resized) -> bool {
    let place = Some(resized.stored.place);
    let row = model.modules.iter_mut().find(|row| row.name.place == place);
    match row.filter(|_| resized.stored.room == Room::InTable) {
        Some(row) => {
            row.name = String::from_utf8_lossy(&resized.bytes).into_owned().into();
            true
        }
        None => false,
    }
}
