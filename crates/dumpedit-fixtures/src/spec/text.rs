//! Reads and writes a spec as YAML.

use std::io::{self, Write};

use super::mapping::{entries, missing, read};
use super::place::TextPlace;
use super::write::{Packing, Writer};
use super::{Spec, yaml};
use crate::error::FixtureError;

impl Spec {
    /// Reads a spec from its YAML text. No scalar's type is guessed: `0000` is text.
    ///
    /// # Errors
    /// [`FixtureError`] with the wrong piece of text.
    pub fn from_yaml(text: &str) -> Result<Spec, FixtureError> {
        match yaml::parse(text).map_err(FixtureError::not_yaml)? {
            Some(document) => read(&document),
            None => Err(missing::<Spec>("format", TextPlace { line: 1, column: 1, length: 1 })),
        }
    }

    /// The spec as YAML. Large contents are compressed into it.
    ///
    /// # Errors
    /// Errors of reading the contents.
    pub fn to_yaml(&self) -> io::Result<String> {
        let mut text = Vec::new();
        self.write_yaml(&mut text, Packing::Inline)?;
        String::from_utf8(text).map_err(io::Error::other)
    }

    /// Writes the spec as YAML.
    ///
    /// # Errors
    /// Errors of reading the contents, and of writing the text or its side files.
    pub fn write_yaml(&self, output: &mut dyn Write, packing: Packing<'_>) -> io::Result<()> {
        let mut writer = Writer { output, packing, files: 0 };
        writer.map(0, false, &entries(self, self.machine))?;
        writer.output.flush()
    }
}
