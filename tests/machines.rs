//! `machines`: the known registers, and the sources that they were checked against.

use serde_json::Value;

use crate::support::command::dumpedit;
use crate::support::corpus;

fn machines() -> Vec<Value> {
    dumpedit(&["machines", "--json"]).exits(0).json().as_array().unwrap().clone()
}

#[test]
fn every_table_names_its_records_and_what_each_was_checked_against() {
    let all = machines();
    assert!(all.len() > 30, "{all:#?}");
    for row in &all {
        let records = row["records"].as_array().unwrap();
        assert_eq!(records.is_empty(), row["table"].is_null(), "{row}");
        for record in records {
            assert!(!record["name"].as_str().unwrap().is_empty(), "{row}");
            let evidence = record["evidence"].as_str().unwrap();
            let known = ["independent tool", "sample", "made sample", "emulator sample", "header"];
            assert!(known.contains(&evidence), "{row}");
        }
    }
    let text = dumpedit(&["machines"]).exits(0);
    for row in &all {
        let words = [&row["container"], &row["machine"], &row["system"]].map(|word| word.as_str().unwrap());
        let shows = |line: &str| words.iter().all(|word| line.contains(word));
        assert!(text.text().lines().any(shows), "{row}");
    }
}

#[test]
fn every_record_of_a_real_dump_is_of_a_table_that_is_listed() {
    let tables: Vec<Value> = machines().iter().map(|row| row["table"].clone()).collect();
    for path in [corpus::minidumps(), corpus::cores()].concat() {
        let threads = dumpedit(&["threads".as_ref(), path.as_os_str(), "--json".as_ref()]).exits(0).json();
        for record in
            threads.as_array().unwrap().iter().flat_map(|thread| thread["records"].as_array().unwrap())
        {
            assert!(tables.contains(&record["format"]), "{}: {record}", path.display());
        }
    }
}
