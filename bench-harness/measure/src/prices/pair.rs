//! A pair of connected TCP sockets on the loopback interface, as clients of a server have them.

use std::io;
use std::net::{Ipv4Addr, TcpListener, TcpStream};
use std::time::Duration;

use nix::sys::socket::{setsockopt, sockopt};

/// Bytes of a message.
pub(super) const MESSAGE: usize = 64;
/// A receive gives up after this time, so that a lost message ends the measurement with an error.
const PATIENCE: Duration = Duration::from_secs(1);

/// Both ends of a connection. Dropping them resets it, so that no socket waits in `TIME_WAIT`.
#[derive(Debug)]
pub(super) struct Pair {
    /// The end of the server.
    pub server: TcpStream,
    /// The end of the client.
    pub client: TcpStream,
}

impl Pair {
    pub(super) fn new() -> io::Result<Self> {
        Self::through(&listener()?)
    }

    /// A pair through this listener, whose accept queue must be empty.
    pub(super) fn through(listener: &TcpListener) -> io::Result<Self> {
        let client = connect(listener)?;
        let (server, _) = listener.accept()?;
        for end in [&server, &client] {
            end.set_nodelay(true)?;
            end.set_read_timeout(Some(PATIENCE))?;
            reset_at_close(end)?;
        }
        Ok(Self { server, client })
    }
}

pub(super) fn listener() -> io::Result<TcpListener> {
    TcpListener::bind((Ipv4Addr::LOCALHOST, 0))
}

/// A client that waits in the accept queue.
pub(super) fn connect(listener: &TcpListener) -> io::Result<TcpStream> {
    let client = TcpStream::connect(listener.local_addr()?)?;
    reset_at_close(&client)?;
    Ok(client)
}

fn reset_at_close(end: &TcpStream) -> io::Result<()> {
    let linger = nix::libc::linger {
        l_onoff: 1,
        l_linger: 0,
    };
    Ok(setsockopt(end, sockopt::Linger, &linger)?)
}
