//! The sentence that a server writes to stderr at the first stop, from a signal handler: it says what the server waits for.

use std::fmt::{self, Write};
use std::io::stderr;

use nix::unistd::write;

/// Longest sentence.
const BYTES: usize = 160;

/// Text in a buffer on the stack, because a signal handler must not allocate.
struct Text {
    bytes: [u8; BYTES],
    len: usize,
}

impl Write for Text {
    /// Takes as much of the text as there is room for.
    fn write_str(&mut self, text: &str) -> fmt::Result {
        let room = &mut self.bytes[self.len..];
        let len = text.len().min(room.len());
        room[..len].copy_from_slice(&text.as_bytes()[..len]);
        self.len += len;
        Ok(())
    }
}

/// Says what the server waits for. It says nothing if no conversation is open. Safe in a signal handler: it takes no lock,
/// allocates nothing, and makes one system call.
pub fn say_what_is_open(open: u64, grace_seconds: u32) {
    if open > 0 {
        let text = text(open, grace_seconds);
        // The reader of stderr may have ended; the stop goes on.
        let _ = write(stderr(), &text.bytes[..text.len]);
    }
}

fn text(open: u64, grace_seconds: u32) -> Text {
    let (conversations, them) = match open {
        1 => ("conversation", "it"),
        _ => ("conversations", "them"),
    };
    let mut text = Text {
        bytes: [0; BYTES],
        len: 0,
    };
    // It cannot fail: `write_str` drops what has no room.
    let _ = writeln!(
        text,
        "stopping: {open} {conversations} open, at most {grace_seconds} s more; Ctrl-C again ends {them} now"
    );
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sentence(open: u64, grace_seconds: u32) -> String {
        let text = text(open, grace_seconds);
        String::from_utf8(text.bytes[..text.len].to_vec()).unwrap()
    }

    #[test]
    fn the_sentence_ends_with_what_the_user_can_do() {
        assert_eq!(
            sentence(1, 5),
            "stopping: 1 conversation open, at most 5 s more; Ctrl-C again ends it now\n"
        );
        assert_eq!(
            sentence(12, 60),
            "stopping: 12 conversations open, at most 60 s more; Ctrl-C again ends them now\n"
        );
    }

    #[test]
    fn the_longest_sentence_fits_into_the_buffer() {
        assert!(sentence(u64::MAX, u32::MAX).ends_with("now\n"));
    }
}
