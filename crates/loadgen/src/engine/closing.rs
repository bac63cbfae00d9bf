//! The orderly end of all conversations: each client shuts down its sending side and reads until the server closes.
//!
//! Closing a socket with unread bytes resets the connection, and servers would log spurious errors.

use std::io::{ErrorKind, Read as _};
use std::net::Shutdown;
use std::time::{Duration, Instant};

use nix::errno::Errno;
use nix::sys::epoll::EpollTimeout;
use socket2::Socket;

use crate::engine::worker::Worker;

/// Time for all servers to close. A connection that is still open then is cut off.
const PATIENCE: Duration = Duration::from_millis(500);

impl Worker<'_> {
    /// Ends all conversations. What still arrives is not measured.
    pub(super) fn hang_up(&mut self) {
        let deadline = Instant::now() + PATIENCE;
        let (mut left, datagrams) = (0, self.shared.load.target.is_datagram());
        for slot in &mut self.slots {
            // A datagram client just closes its socket.
            if !slot.client.is_open() || datagrams {
                slot.socket = None;
            } else if slot.socket().shutdown(Shutdown::Write).is_ok() {
                left += 1;
            }
        }
        let mut scrap = vec![0; 64 << 10];
        while left > 0 && Instant::now() < deadline {
            let Ok(ready) = self.wait_until(deadline) else {
                return;
            };
            for event in &self.events[..ready] {
                let Some(slot) = self.slots.get_mut(event.data() as usize) else {
                    continue;
                };
                let ended = |socket| has_ended(socket, &mut scrap, deadline);
                if slot.socket.as_ref().is_some_and(ended) {
                    slot.socket = None;
                    left -= 1;
                }
            }
        }
    }

    fn wait_until(&mut self, deadline: Instant) -> Result<usize, Errno> {
        let left = deadline.saturating_duration_since(Instant::now());
        let timeout = EpollTimeout::try_from(left).unwrap_or(EpollTimeout::ZERO);
        match self.epoll.wait(&mut self.events, timeout) {
            Err(Errno::EINTR) => Ok(0),
            waited => waited,
        }
    }
}

/// Reads and discards input. Returns true if the server has closed.
fn has_ended(mut socket: &Socket, scrap: &mut [u8], deadline: Instant) -> bool {
    while Instant::now() < deadline {
        match socket.read(scrap) {
            Ok(0) => return true,
            Ok(_) => {}
            Err(error) if error.kind() == ErrorKind::Interrupted => {}
            Err(error) => return error.kind() != ErrorKind::WouldBlock,
        }
    }
    false
}
