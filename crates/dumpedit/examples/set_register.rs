//! Sets a register of the crashed thread in place: `cargo run --example set_register -- DUMP REGISTER VALUE`

use dumpedit::Dump;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [path, register, value] = arguments.as_slice() else {
        return Err("usage: set_register DUMP REGISTER VALUE".into());
    };
    let value: u64 = value.parse()?;

    let dump = Dump::open(path)?;
    let crashed = dump.crashed_thread()?;
    let mut edit = dump.edit();
    edit.set_register(crashed, register, value)?;
    let receipt = edit.commit()?;
    for notice in &receipt.notices {
        eprintln!("notice: {notice}");
    }
    println!("{register} = {}", dump.read_register(crashed, register)?);
    Ok(())
}
