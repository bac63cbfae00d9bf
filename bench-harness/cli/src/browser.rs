//! Opens a page in the browser that the system prefers.

use std::path::Path;
use std::process::{Command, Stdio};

use crate::notes::note;

/// Opens the page, and does not wait for the browser. Without `xdg-open` there is a note: the page is written, so the command has
/// done its work.
pub fn open(page: &Path) {
    let browser = Command::new("xdg-open")
        .arg(page)
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn();
    if let Err(error) = browser {
        note(format_args!(
            "note: cannot start `xdg-open` ({error}); open {} in a browser yourself",
            page.display()
        ));
    }
}
