//! The terminal's second screen, which the live view draws on. The first screen comes back however the program ends.

use std::io::{self, Stderr, Write as _, stderr};
use std::sync::atomic::{AtomicBool, Ordering};

use nix::unistd::write;

/// Shows the second screen and hides the cursor (xterm's control sequences `DECSET 1049` and `DECTCEM`).
const ENTER: &[u8] = b"\x1b[?1049h\x1b[?25l";

/// Shows the cursor and the first screen again.
const LEAVE: &[u8] = b"\x1b[?25h\x1b[?1049l";

/// True while the second screen is shown.
static SHOWN: AtomicBool = AtomicBool::new(false);

/// The second screen on stderr, until it is dropped.
pub struct Screen(Stderr);

impl Screen {
    /// Shows the second screen.
    ///
    /// # Errors
    /// The terminal cannot be written to.
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

/// Shows the first screen again if the second one is shown. A signal handler may call this: it takes no lock and
/// allocates nothing.
pub fn leave() {
    if SHOWN.swap(false, Ordering::SeqCst) {
        // An error means that the terminal is closed.
        let _ = write(stderr(), LEAVE);
    }
}
