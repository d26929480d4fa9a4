//! Writes contents as YAML: hex with its text beside, other values in their notation, large contents packed or in side files.

use std::io::{self, BufWriter, Write};

use base64::Engine;
use dumpedit::Chunk;
use dumpedit::notation::Value;

use super::content::{ContentSpec, Data, DumpBytes};
use super::write::{Packing, Writer, quoted, quoted_in_flow};
use crate::image::Source;

/// Most lines of 16 bytes that are not zero of a content in hex; larger contents are packed.
const MOST_ROWS: usize = 128;

/// Size of the pieces in which contents of dumps are packed, in bytes, so that no more is held at once.
const PACK: u64 = 16 << 20;

impl Writer<'_> {
    /// Writes a content behind its key: one value, a list of values, or values by offset.
    pub(super) fn content(&mut self, level: usize, content: &ContentSpec) -> io::Result<()> {
        let from_dump = content.pieces.iter().any(|piece| matches!(piece.data, Data::Dump(_)));
        let in_order = content.pieces.iter().all(|piece| piece.offset.is_none());
        if in_order && !from_dump {
            if let [one] = content.pieces.as_slice() {
                return self.data(level, &one.data);
            }
            let values: Vec<&Data> = content.pieces.iter().map(|piece| &piece.data).collect();
            if let Some(line) = one_line(&values) {
                return writeln!(self.output, " {line}");
            }
            writeln!(self.output)?;
            return self.items(level, values.into_iter());
        }
        // Pieces without an offset belong to the one before them.
        let mut groups: Vec<(u64, Vec<&Data>)> = Vec::new();
        for piece in &content.pieces {
            match (&piece.offset, groups.last_mut()) {
                (Some(offset), _) => groups.push((*offset, vec![&piece.data])),
                (None, Some((_, group))) => group.push(&piece.data),
                (None, None) => groups.push((0, vec![&piece.data])),
            }
        }
        let mut any = false;
        for (offset, group) in groups {
            match group.as_slice() {
                [Data::Dump(bytes)] => self.bytes(level, offset, bytes, &mut any)?,
                [one] => {
                    self.key(level, offset, &mut any)?;
                    self.data(level.saturating_add(1), one)?;
                }
                many => {
                    self.key(level, offset, &mut any)?;
                    if let Some(line) = one_line(many) {
                        writeln!(self.output, " {line}")?;
                        continue;
                    }
                    writeln!(self.output)?;
                    self.items(level.saturating_add(1), many.iter().copied())?;
                }
            }
        }
        if any { Ok(()) } else { writeln!(self.output, " {{}}  # zeros") }
    }

    /// Writes an offset as a key, on a line of its own.
    fn key(&mut self, level: usize, offset: u64, any: &mut bool) -> io::Result<()> {
        if !*any {
            writeln!(self.output)?;
            *any = true;
        }
        self.indent(level)?;
        write!(self.output, "{offset:#06x}:")
    }

    fn items<'d>(&mut self, level: usize, items: impl Iterator<Item = &'d Data>) -> io::Result<()> {
        for item in items {
            self.indent(level)?;
            write!(self.output, "-")?;
            self.data(level.saturating_add(1), item)?;
        }
        Ok(())
    }

    /// Writes one value, to the end of its line.
    fn data(&mut self, level: usize, data: &Data) -> io::Result<()> {
        match data {
            Data::Zeros(size) => writeln!(self.output, " zero:{size:#x}"),
            Data::Packed { frame, size } => self.frame(level, frame, *size),
            Data::Value(Value::Bytes(bytes)) => {
                let pairs: Vec<String> = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
                if bytes.is_empty() {
                    return writeln!(self.output, " \"\"");
                }
                // One word of digits may look like a number to other readers.
                if pairs.len() == 1 {
                    return writeln!(self.output, " \"{}\"", pairs.concat());
                }
                writeln!(self.output, " {}", pairs.join(" "))
            }
            Data::Value(value) => writeln!(self.output, " {}", quoted(&value.to_string())),
            Data::Dump(bytes) => {
                let frame = packed(&Source::Dump(bytes.clone()))?;
                self.frame(level, &frame, bytes.size)
            }
        }
    }

    /// Writes a zstd frame as a block of base64.
    fn frame(&mut self, level: usize, frame: &[u8], size: u64) -> io::Result<()> {
        const LINE: usize = 96;
        writeln!(self.output, " |-  # {size} bytes")?;
        let letters = base64::engine::general_purpose::STANDARD.encode(frame);
        let mut rest = letters.as_str();
        let mut first = true;
        while !rest.is_empty() || first {
            let (line, behind) = rest.split_at_checked(LINE).unwrap_or((rest, ""));
            self.indent(level)?;
            writeln!(self.output, "{}{line}", if first { "zstd:" } else { "" })?;
            first = false;
            rest = behind;
        }
        Ok(())
    }

    /// Writes bytes of a dump by offset: lines of hex where they are few, else packed; zeros are left out.
    fn bytes(&mut self, level: usize, offset: u64, bytes: &DumpBytes, any: &mut bool) -> io::Result<()> {
        const SHOWN: u64 = 1 << 20;
        if bytes.size <= SHOWN {
            let all = Source::Dump(bytes.clone()).bytes()?;
            let rows = || {
                all.chunks(16)
                    .zip((offset..).step_by(16))
                    .filter(|(row, _)| row.iter().any(|byte| *byte != 0))
            };
            if rows().count() <= MOST_ROWS {
                for (row, at) in rows() {
                    self.key(level, at, any)?;
                    self.row(row)?;
                }
                return Ok(());
            }
        }
        let mut done = 0;
        while done < bytes.size {
            let piece = DumpBytes {
                dump: bytes.dump.clone(),
                file_offset: bytes.file_offset.saturating_add(done),
                size: bytes.size.saturating_sub(done).min(PACK),
            };
            let at = offset.saturating_add(done);
            done = done.saturating_add(piece.size);
            let source = Source::Dump(piece);
            if is_zero(&source)? {
                continue;
            }
            self.key(level, at, any)?;
            match self.packing {
                Packing::Inline => {
                    let frame = packed(&source)?;
                    self.frame(level.saturating_add(1), &frame, source.size())?;
                }
                Packing::Files { folder, create } => {
                    self.files = self.files.saturating_add(1);
                    let name = format!("{:03}.bin", self.files);
                    let mut file = BufWriter::new(create(&name)?);
                    source.read(&mut |chunk| chunk.write_to(&mut file))?;
                    file.flush()?;
                    let value = Value::File(format!("{folder}{name}")).to_string();
                    writeln!(self.output, " {}  # {} bytes", quoted(&value), source.size())?;
                }
            }
        }
        Ok(())
    }

    /// Writes sixteen bytes in hex, with their text behind where they have one.
    fn row(&mut self, row: &[u8]) -> io::Result<()> {
        let used = row.iter().rposition(|byte| *byte != 0).map_or(1, |last| last.saturating_add(1));
        // The next offset tells of trailing zeros; whole words are easier to read.
        let row = row.get(..used.next_multiple_of(8).min(row.len())).unwrap_or(row);
        let mut line = String::new();
        for (column, byte) in row.iter().enumerate() {
            let gap = if column == 8 { "  " } else { " " };
            line.push_str(&format!("{gap}{byte:02x}"));
        }
        let letters = row.iter().filter(|byte| byte.is_ascii_graphic()).count();
        let text: String = row
            .iter()
            .map(|&byte| if byte == b' ' || byte.is_ascii_graphic() { char::from(byte) } else { '.' })
            .collect();
        match (row, letters) {
            ([byte], _) => writeln!(self.output, " \"{byte:02x}\""),
            (_, 0..=2) => writeln!(self.output, "{line}"),
            _ => writeln!(self.output, "{line:<50} # {}", text.trim_end()),
        }
    }
}

/// Short values as a list on one line.
fn one_line(values: &[&Data]) -> Option<String> {
    const LONGEST: usize = 100;
    let text = |data: &&Data| match data {
        Data::Value(Value::Bytes(bytes)) => {
            let pairs: Vec<String> = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
            (bytes.len() > 1).then(|| pairs.join(" "))
        }
        Data::Value(value) => Some(quoted_in_flow(&value.to_string())),
        _ => None,
    };
    let texts: Vec<String> = values.iter().take(LONGEST).map(text).collect::<Option<_>>()?;
    let line = format!("[{}]", texts.join(", "));
    (values.len() <= LONGEST && line.chars().count() <= LONGEST).then_some(line)
}

fn is_zero(source: &Source) -> io::Result<bool> {
    let mut zero = true;
    source.read(&mut |chunk| {
        let Chunk::Bytes(bytes) = chunk else { return Ok(()) };
        zero &= bytes.iter().all(|byte| *byte == 0);
        Ok(())
    })?;
    Ok(zero)
}

/// Compresses to a zstd frame with the content size in its header.
fn packed(source: &Source) -> io::Result<Vec<u8>> {
    const LEVEL: i32 = 12;
    let mut encoder = zstd::stream::write::Encoder::new(Vec::new(), LEVEL)?;
    encoder.set_pledged_src_size(Some(source.size()))?;
    encoder.include_contentsize(true)?;
    source.read(&mut |chunk| chunk.write_to(&mut encoder))?;
    encoder.finish()
}
