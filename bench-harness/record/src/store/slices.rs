//! Reads the slices of a run from their file.

use std::fs;
use std::io;
use std::path::Path;

use rayon::prelude::*;

use super::error::{StoreError, failed};
use super::file::{lines, whole_lines};
use crate::slice::Slice;
use crate::warning::RunWarning;

/// The content of the file of slices.
#[derive(Default)]
pub(super) struct Slices {
    pub rows: Vec<Slice>,
    pub warnings: Vec<RunWarning>,
    /// Bytes of the file.
    pub len: u64,
}

impl Slices {
    /// Reads all slices. A run without sittings has no such file.
    pub fn read(path: &Path) -> Result<Self, StoreError> {
        let text = match fs::read(path) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Self::default()),
            text => text.map_err(failed("read", path))?,
        };
        let lines: Vec<&[u8]> = lines(&text).collect();
        let parsed = lines
            .par_iter()
            .map(|line| serde_json::from_slice(line).ok());
        let slices: Vec<Slice> = parsed.flatten().collect();
        let unknown = lines.len() - slices.len();
        let unknown = (unknown > 0).then_some(RunWarning::UnknownLines { lines: unknown });
        let is_torn = whole_lines(&text).len() < text.len();
        let torn = is_torn.then_some(RunWarning::TornLine);
        Ok(Self {
            rows: slices,
            warnings: torn.into_iter().chain(unknown).collect(),
            len: text.len() as u64,
        })
    }
}
