//! The last resort of a stop: the server kills the children that have not ended with the grace period.
//!
//! Everything here is safe in a signal handler: it takes no lock and allocates nothing.

use nix::fcntl::{OFlag, open};
use nix::sys::signal::{Signal, kill};
use nix::sys::stat::Mode;
use nix::unistd::{Pid, read};

/// The children of the calling thread, each with a space behind it (proc_pid_task(5)). A server that forks has one thread.
const CHILDREN: &std::ffi::CStr = c"/proc/thread-self/children";

/// Kills the children of the calling thread, and returns their number. It kills none where the kernel has no list of them
/// (`CONFIG_PROC_CHILDREN`).
pub fn kill_children() -> u64 {
    let Ok(list) = open(CHILDREN, OFlag::O_RDONLY | OFlag::O_CLOEXEC, Mode::empty()) else {
        return 0;
    };
    let mut numbers = Numbers::default();
    let mut bytes = [0; 1024];
    let mut killed = 0;
    while let Ok(n @ 1..) = read(&list, &mut bytes) {
        for pid in bytes[..n].iter().filter_map(|&byte| numbers.take(byte)) {
            killed += u64::from(kill(Pid::from_raw(pid), Signal::SIGKILL).is_ok());
        }
    }
    killed
}

/// Decodes numbers of which each has a space behind it.
#[derive(Default)]
struct Numbers(i32);

impl Numbers {
    /// Takes the next byte. Returns a number if it was the space behind it.
    fn take(&mut self, byte: u8) -> Option<i32> {
        if byte.is_ascii_digit() {
            self.0 = 10 * self.0 + i32::from(byte - b'0');
            return None;
        }
        Some(std::mem::take(&mut self.0)).filter(|&number| number > 0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_decoded_byte_by_byte() {
        let mut numbers = Numbers::default();
        let decoded = b"17 4194304 \n8 "
            .iter()
            .filter_map(|&byte| numbers.take(byte));
        assert_eq!(decoded.collect::<Vec<_>>(), [17, 4_194_304, 8]);
    }
}
