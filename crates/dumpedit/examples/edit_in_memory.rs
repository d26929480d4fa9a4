//! Edits a dump that is in memory, as a server would: `cargo run --example edit_in_memory < DUMP > EDITED`
//!
//! Clears the 64 bytes from the stack pointer of the crashed thread on.

use std::io::{Read, Write};

use dumpedit::{Context, Dump};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut bytes = Vec::new();
    std::io::stdin().read_to_end(&mut bytes)?;

    let dump = Dump::from_bytes(bytes)?;
    let stack = dump.read_register(dump.crashed_thread()?, "sp")?.to_u64()?;
    let mut edit = dump.edit();
    let outcome = edit.write_bytes(Context::Process, stack, &[0; 64])?;
    if let Some(stop) = outcome.stopped {
        eprintln!("cleared {} bytes, {stop}", outcome.completed);
    }
    edit.commit()?;

    std::io::stdout().write_all(&dump.to_bytes()?)?;
    Ok(())
}
