//! The sentences that a server writes to stderr at a stop, from a signal handler: what it waits for, and what it killed.

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

impl Text {
    const fn new() -> Self {
        Self {
            bytes: [0; BYTES],
            len: 0,
        }
    }
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
        say(&text(open, grace_seconds));
    }
}

/// Says how many processes the server killed, if any. Safe in a signal handler, as above.
pub fn say_what_was_killed(processes: u64) {
    if processes > 0 {
        say(&killed(processes));
    }
}

fn say(text: &Text) {
    // The reader of stderr may have ended; the stop goes on.
    let _ = write(stderr(), &text.bytes[..text.len]);
}

fn killed(processes: u64) -> Text {
    let (processes_are, they) = match processes {
        1 => ("process", "it"),
        _ => ("processes", "they"),
    };
    let mut text = Text::new();
    // It cannot fail: `write_str` drops what has no room.
    let _ = writeln!(
        text,
        "stopping: killed {processes} {processes_are} after the grace period; do not trust the counts of what {they} served"
    );
    text
}

fn text(open: u64, grace_seconds: u32) -> Text {
    let (conversations, them) = match open {
        1 => ("conversation", "it"),
        _ => ("conversations", "them"),
    };
    let mut text = Text::new();
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
        let killed = killed(u64::MAX);
        assert!(killed.bytes[..killed.len].ends_with(b"they served\n"));
    }
}
