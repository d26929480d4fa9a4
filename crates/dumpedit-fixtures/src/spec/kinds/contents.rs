//! Bytes: one value, a list of them, or values by their offsets.

use std::collections::HashSet;

use dumpedit::Machine;

use super::kinds;
use crate::error::{FixtureError, Problem};
use crate::spec::content::{ContentSpec, Data, PieceSpec};
use crate::spec::mapping::{Described, Read, Value, ValueKind, expected};
use crate::spec::out::Out;
use crate::spec::yaml::{Node, NodeKind as Of};

kinds! {
    /// Values one after the other, or by their offsets.
    Bytes: ContentSpec = Value::Content,
        |node| content(node),
        |of| Out::Content(of);
}

fn content(node: &Node) -> Read<ContentSpec> {
    let mut content = ContentSpec::default();
    let Of::Map(entries) = &node.kind else {
        values(node, None, &mut content)?;
        return Ok(content);
    };
    let mut offsets = HashSet::new();
    for (key, place, value) in entries {
        let Ok(offset) = dumpedit::notation::length(key) else {
            let expected = "an offset: decimal, or hex after 0x".to_owned();
            return Err(FixtureError::in_text(Problem::Expected { expected }, *place));
        };
        if !offsets.insert(offset) {
            return Err(FixtureError::in_text(Problem::RepeatedOffset { offset }, *place));
        }
        values(value, Some(offset), &mut content)?;
    }
    Ok(content)
}

/// Reads a value or a list of values; lists may contain lists.
fn values(node: &Node, mut offset: Option<u64>, content: &mut ContentSpec) -> Read<()> {
    match &node.kind {
        Of::Text(text) => {
            let data = data(text).map_err(|error| error.or_in_text(node.place))?;
            content.pieces.push(PieceSpec { offset, data });
        }
        Of::List(items) => {
            for item in items {
                if matches!(item.kind, Of::Nothing) {
                    return expected("a value: an entry of a list cannot be empty", item);
                }
                values(item, offset.take(), content)?;
            }
        }
        Of::Nothing => {}
        Of::Map(_) => return expected("a value, or a list of them", node),
    }
    Ok(())
}

/// Parses bytes: a value of `write`, `zero:N`, or `zstd:` and base64.
fn data(text: &str) -> Read<Data> {
    if let Some(count) = text.strip_prefix("zero:") {
        return Ok(Data::Zeros(dumpedit::notation::length(count)?));
    }
    if let Some(packed) = text.strip_prefix("zstd:") {
        return Data::packed(packed).ok_or_else(|| {
            let expected = "a zstd frame with its size, in base64".to_owned();
            Problem::Expected { expected }.into()
        });
    }
    Ok(Data::Value(text.parse()?))
}

#[cfg(test)]
mod tests {
    use super::Data;
    use crate::spec::Spec;

    #[test]
    fn no_scalar_is_taken_for_a_number() {
        let text = "format: minidump\nmemory:\n  - at: 0x1000\n    content: [0000, 1e10, \"00\"]\n";
        let spec = Spec::from_yaml(text).unwrap();
        let pieces: Vec<&Data> = spec.memory[0].content.pieces.iter().map(|piece| &piece.data).collect();
        let bytes = |bytes: &[u8]| Data::Value(dumpedit::notation::Value::Bytes(bytes.to_vec()));
        assert_eq!(pieces, [&bytes(&[0, 0]), &bytes(&[0x1e, 0x10]), &bytes(&[0])]);
    }

    #[test]
    fn only_an_empty_scalar_is_nothing() {
        for value in
            ["[\"00\", null]", "[\"00\", ~]", "[\"00\", ]\n    size: null", "\n      - \"00\"\n      -"]
        {
            let text = format!("format: minidump\nmemory:\n  - at: 0x1000\n    content: {value}\n");
            assert!(Spec::from_yaml(&text).is_err(), "{text}");
        }
        let text = "format: minidump\nmodules: [{base: 0x1000, size: 1, name: null}]\n";
        assert_eq!(Spec::from_yaml(text).unwrap().modules[0].name, "null");
    }
}
