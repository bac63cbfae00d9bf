//! The state of a conversation that the kernel echoes by itself, and the bytes that the kernel has counted.

use std::io;
use std::mem::{size_of, zeroed};
use std::os::fd::{AsRawFd, RawFd};

use nix::errno::Errno;
use nix::libc;

use crate::conn::Conn;

/// The state of a conversation that the kernel echoes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Relayed {
    /// The client may send more.
    Open,
    /// The client has ended its side, but not all of its bytes have been sent back. No event reports when they are, so ask
    /// again.
    Ending,
    /// No byte will come or go any more: drop the connection.
    Over,
}

/// States of a TCP socket (`net/tcp_states.h`).
const ESTABLISHED: u8 = 1;
const FIN_WAIT: [u8; 2] = [4, 5];
const CLOSED: u8 = 7;
const CLOSE_WAIT: u8 = 8;
const BOTH_ENDED: [u8; 2] = [9, 11];

/// The kernel's counts of a connection.
struct Connection {
    state: u8,
    /// Bytes received in order. The end of the client's side counts as one.
    received: u64,
    /// Bytes that were given to the connection to send. The end of the server's side counts as one.
    written: u64,
}

impl Conn {
    /// Asks the kernel for the state of this conversation, and takes over its counts. It replaces [`read`](Self::read) and
    /// [`write`](Self::write) for a socket in a [`SocketMap`](crate::SocketMap).
    pub fn relayed(&mut self) -> Relayed {
        let Ok(connection) = Connection::query(self.as_raw_fd()) else {
            self.relayed_bytes(None, true);
            return Relayed::Over;
        };
        let state = connection.state;
        let client_has_ended =
            state == CLOSE_WAIT || BOTH_ENDED.contains(&state) || self.client_ended();
        let server_has_ended = FIN_WAIT.contains(&state) || BOTH_ENDED.contains(&state);
        let bytes_in = connection.received - u64::from(client_has_ended);
        let bytes_out = connection.written - u64::from(server_has_ended);
        if client_has_ended {
            self.end_of_client();
        }
        // The server's side ends first only when the grace period is over; any other close is a broken connection.
        let broken = state == CLOSED && !self.grace_over();
        self.relayed_bytes(Some((bytes_in, bytes_out)), broken);
        match state {
            ESTABLISHED => Relayed::Open,
            CLOSE_WAIT if bytes_out < bytes_in => Relayed::Ending,
            _ => Relayed::Over,
        }
    }
}

impl Connection {
    /// Asks the kernel with two calls. Bytes sent or acknowledged between them make `written` too small, never too large.
    fn query(fd: RawFd) -> io::Result<Self> {
        let info = tcp_info(fd)?;
        let mut unacknowledged: libc::c_int = 0;
        // SAFETY: `SIOCOUTQ` (tcp(7)), which has the same number as `TIOCOUTQ`, writes one integer.
        let result = unsafe { libc::ioctl(fd, libc::TIOCOUTQ, &raw mut unacknowledged) };
        Errno::result(result)?;
        Ok(Self {
            state: info.tcpi_state,
            received: info.tcpi_bytes_received,
            written: info.tcpi_bytes_acked + u64::from(unacknowledged.cast_unsigned()),
        })
    }
}

/// What the kernel knows about a TCP connection. It fails for sockets of other families.
pub(crate) fn tcp_info(fd: RawFd) -> io::Result<libc::tcp_info> {
    // SAFETY: the structure consists of integers, and 0 is valid for all of them.
    let mut info: libc::tcp_info = unsafe { zeroed() };
    let mut len = size_of::<libc::tcp_info>() as libc::socklen_t;
    let buffer = (&raw mut info).cast();
    // SAFETY: the kernel writes at most `len` bytes. An older kernel writes fewer, and the remaining ones stay 0.
    let result =
        unsafe { libc::getsockopt(fd, libc::IPPROTO_TCP, libc::TCP_INFO, buffer, &raw mut len) };
    Errno::result(result)?;
    Ok(info)
}
