//! Reads and writes documents atomically, and finds the complete lines of a file.

use std::fs::{self, File};
use std::io::Write as _;
use std::path::Path;

use serde::Serialize;
use serde::de::DeserializeOwned;

use super::error::{StoreError, failed};

/// Replaces a document atomically: writes a new file, syncs it, and renames it.
pub(super) fn write_json(path: &Path, value: &impl Serialize) -> Result<(), StoreError> {
    let mut text =
        serde_json::to_string_pretty(value).expect("plans and environments are plain data");
    text.push('\n');
    let new = path.with_extension("new");
    let written = File::create(&new).and_then(|mut file| {
        file.write_all(text.as_bytes())?;
        file.sync_all()?;
        fs::rename(&new, path)?;
        // A rename is on the disk only after its folder is synced.
        path.parent()
            .map_or(Ok(()), |folder| File::open(folder)?.sync_all())
    });
    written.map_err(failed("write", path))
}

/// Reads a document, and refuses a schema newer than `newest`.
pub(super) fn read_json<T: DeserializeOwned>(path: &Path, newest: u32) -> Result<T, StoreError> {
    let text = fs::read(path).map_err(failed("read", path))?;
    let damaged = |source| StoreError::Damaged {
        path: path.to_owned(),
        source,
    };
    let value: serde_json::Value = serde_json::from_slice(&text).map_err(damaged)?;
    let schema = value["schema"].as_u64().unwrap_or(0);
    if schema > u64::from(newest) {
        return Err(StoreError::Newer {
            path: path.to_owned(),
            schema,
            newest,
        });
    }
    serde_json::from_value(value).map_err(damaged)
}

/// The text without an incomplete last line.
pub(super) fn whole_lines(text: &[u8]) -> &[u8] {
    let end = text.iter().rposition(|&byte| byte == b'\n');
    &text[..end.map_or(0, |end| end + 1)]
}

/// The complete lines, without empty ones.
pub(super) fn lines(text: &[u8]) -> impl Iterator<Item = &[u8]> {
    let lines = whole_lines(text).split(|&byte| byte == b'\n');
    lines.filter(|line| !line.is_empty())
}
