//! Opens a page in the browser that the system prefers.

use std::io;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use thiserror::Error;

/// The browser cannot be opened.
#[derive(Debug, Error)]
#[error("cannot start `xdg-open` ({source}); open {page} in a browser yourself")]
pub struct BrowserError {
    page: PathBuf,
    source: io::Error,
}

/// Opens the page, and does not wait for the browser.
///
/// # Errors
/// There is no `xdg-open`.
pub fn open(page: &Path) -> Result<(), BrowserError> {
    let browser = Command::new("xdg-open")
        .arg(page)
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn();
    browser.map(drop).map_err(|source| BrowserError {
        page: page.to_owned(),
        source,
    })
}
