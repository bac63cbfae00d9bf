//! Files that are there as a whole or not at all, and lines of which only the last can be torn.

use std::fs::{self, File};
use std::io::Write as _;
use std::path::Path;

use serde::Serialize;
use serde::de::DeserializeOwned;

use super::StoreError;
use super::error::failed;

/// Writes a document beside its place, and puts it there when it is on the disk.
pub(super) fn write_json(path: &Path, value: &impl Serialize) -> Result<(), StoreError> {
    let mut text =
        serde_json::to_string_pretty(value).expect("plans and environments are plain data");
    text.push('\n');
    let new = path.with_extension("new");
    let written = File::create(&new).and_then(|mut file| {
        file.write_all(text.as_bytes())?;
        file.sync_all()?;
        fs::rename(&new, path)?;
        // The name is on the disk when its folder is.
        path.parent()
            .map_or(Ok(()), |folder| File::open(folder)?.sync_all())
    });
    written.map_err(failed("write", path))
}

/// Reads a document of a schema that this program knows.
pub(super) fn read_json<T: DeserializeOwned>(path: &Path, known: u32) -> Result<T, StoreError> {
    let text = fs::read(path).map_err(failed("read", path))?;
    let damaged = |source| StoreError::Damaged {
        path: path.to_owned(),
        source,
    };
    let value: serde_json::Value = serde_json::from_slice(&text).map_err(damaged)?;
    let found = value["schema"].as_u64().unwrap_or(0);
    if found > u64::from(known) {
        return Err(StoreError::Newer {
            path: path.to_owned(),
            found,
            known,
        });
    }
    serde_json::from_value(value).map_err(damaged)
}

/// All of the text but a last line that does not end.
pub(super) fn whole_lines(text: &[u8]) -> &[u8] {
    let end = text.iter().rposition(|&byte| byte == b'\n');
    &text[..end.map_or(0, |end| end + 1)]
}

/// The lines that are there as a whole, empty ones aside.
pub(super) fn lines(text: &[u8]) -> impl Iterator<Item = &[u8]> {
    let lines = whole_lines(text).split(|&byte| byte == b'\n');
    lines.filter(|line| !line.is_empty())
}
