//! A conversation that the kernel leads by itself: how far it is, and what it counted.

use std::io;
use std::mem::{size_of, zeroed};
use std::os::fd::{AsRawFd, RawFd};

use nix::errno::Errno;
use nix::libc;

use crate::conn::Conn;

/// How far a conversation is that the kernel leads.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Relayed {
    /// The client may say more.
    Open,
    /// The client has said everything, but not all of it is on its way back: nobody tells when it is, so ask again.
    Ending,
    /// Nothing more will come or go: drop the connection.
    Over,
}

/// States of a TCP socket (`net/tcp_states.h`).
const ESTABLISHED: u8 = 1;
const FIN_WAIT: [u8; 2] = [4, 5];
const CLOSED: u8 = 7;
const CLOSE_WAIT: u8 = 8;
const BOTH_ENDED: [u8; 2] = [9, 11];

/// What the kernel knows about a connection.
struct Connection {
    state: u8,
    /// Bytes received in order, the client's end counting as one.
    received: u64,
    /// Bytes given to the connection to send, our end counting as one.
    written: u64,
}

impl Conn {
    /// Asks how far the kernel is with this conversation, and takes over what it has counted: for who does not
    /// [`read`](Self::read) and [`write`](Self::write), because the socket is in a [`SocketMap`](crate::SocketMap).
    pub fn relayed(&mut self) -> Relayed {
        let Ok(connection) = Connection::of(self.as_raw_fd()) else {
            self.relayed_bytes(None, true);
            return Relayed::Over;
        };
        let state = connection.state;
        let theirs = state == CLOSE_WAIT || BOTH_ENDED.contains(&state) || self.client_ended();
        let ours = FIN_WAIT.contains(&state) || BOTH_ENDED.contains(&state);
        let bytes_in = connection.received - u64::from(theirs);
        let bytes_out = connection.written - u64::from(ours);
        if theirs {
            self.end_of_client();
        }
        // Nobody but the end of the grace period ends a conversation on our side before the client does.
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
    /// Two calls: what is sent or acknowledged between them makes `written` too small for once, and never too large.
    fn of(fd: RawFd) -> io::Result<Self> {
        // SAFETY: it consists of integers, which may all be 0.
        let mut info: libc::tcp_info = unsafe { zeroed() };
        let mut len = size_of::<libc::tcp_info>() as libc::socklen_t;
        let place = (&raw mut info).cast();
        // SAFETY: the kernel writes at most `len` bytes there; an older one, which knows less, leaves the rest 0.
        let asked =
            unsafe { libc::getsockopt(fd, libc::IPPROTO_TCP, libc::TCP_INFO, place, &raw mut len) };
        Errno::result(asked)?;
        let mut unacknowledged: libc::c_int = 0;
        // SAFETY: `SIOCOUTQ` (tcp(7)), which has the number of `TIOCOUTQ`, writes one integer.
        let asked = unsafe { libc::ioctl(fd, libc::TIOCOUTQ, &raw mut unacknowledged) };
        Errno::result(asked)?;
        Ok(Self {
            state: info.tcpi_state,
            received: info.tcpi_bytes_received,
            written: info.tcpi_bytes_acked + u64::from(unacknowledged.cast_unsigned()),
        })
    }
}
