//! Patches memory of a dump in place: `cargo run --example patch_memory -- DUMP ADDRESS HEX...`

use dumpedit::notation::{At, Inputs, Operation};
use dumpedit::{AccessError, Dump};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut arguments = std::env::args().skip(1);
    let (Some(path), Some(at)) = (arguments.next(), arguments.next()) else {
        return Err("usage: patch_memory DUMP ADDRESS HEX...".into());
    };
    let values = arguments.map(|text| text.parse()).collect::<Result<_, _>>()?;
    let operation = Operation::Write { at: at.parse::<At>()?, values, expect: Vec::new() };

    let dump = Dump::open(path)?;
    let mut edit = dump.edit();
    let done =
        edit.perform(&operation, Err(AccessError::NeedsThread), &mut Inputs::new(&mut std::io::stdin()))?;
    edit.commit()?;
    println!("wrote {} of {} bytes", done.completed, done.requested);
    Ok(())
}
