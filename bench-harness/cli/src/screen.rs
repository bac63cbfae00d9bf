//! The terminal's second screen, which a live view draws on: whoever leaves, and however, finds the first one as it was.

use std::io::{self, Stderr, Write as _, stderr};
use std::sync::atomic::{AtomicBool, Ordering};

use nix::unistd::write;

/// Ask for the second screen, without a cursor (xterm's control sequences, `DECSET 1049` and `DECTCEM`).
const ENTER: &[u8] = b"\x1b[?1049h\x1b[?25l";

/// Show the cursor, and the first screen again.
const LEAVE: &[u8] = b"\x1b[?25h\x1b[?1049l";

/// Whether the second screen is shown.
static SHOWN: AtomicBool = AtomicBool::new(false);

/// The second screen on stderr, until it is dropped.
pub struct Screen(Stderr);

impl Screen {
    /// Shows the second screen.
    ///
    /// # Errors
    /// The terminal does not take it.
    pub fn enter() -> io::Result<Self> {
        let mut screen = Self(stderr());
        SHOWN.store(true, Ordering::SeqCst);
        screen.0.write_all(ENTER)?;
        Ok(screen)
    }
}

impl Drop for Screen {
    fn drop(&mut self) {
        leave();
    }
}

/// Shows the first screen again, where the second one is shown. It may be called in a signal handler: it takes no lock and
/// allocates nothing.
pub fn leave() {
    if SHOWN.swap(false, Ordering::SeqCst) {
        // A terminal that is gone needs no tidying.
        let _ = write(stderr(), LEAVE);
    }
}
