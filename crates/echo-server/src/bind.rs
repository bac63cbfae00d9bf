//! Binds a server's socket.

use std::io;
use std::net::SocketAddr;

use model::{Listener, Transport};
use socket2::{Domain, SockAddr, Socket, Type};

use crate::error::ServeError;
use crate::options::ServeOptions;
use crate::socket_file;
use model::{Listen, is_abstract, unix_address};

/// Binds the socket that the options ask for. Returns it with its address, in which port 0 is replaced by the real
/// port.
///
/// # Errors
/// The address is in use, not permitted, or not of this machine.
pub fn bind(options: &ServeOptions) -> Result<(Listener, Listen), ServeError> {
    if let Listen::Unix(path) = &options.listen
        && !is_abstract(path)
    {
        socket_file::remove_stale(path)?;
    }
    let bound = || -> io::Result<(Listener, Listen)> {
        let (domain, address) = match &options.listen {
            Listen::Tcp(address) | Listen::Udp(address) => {
                (Domain::for_address(*address), SockAddr::from(*address))
            }
            Listen::Unix(path) => (Domain::UNIX, unix_address(path)?),
        };
        if options.listen.transport() == Transport::Datagram {
            let socket = Socket::new(domain, Type::DGRAM, None)?;
            socket.bind(&address)?;
            let address = bound_address(&socket, options, Listen::Udp)?;
            return Ok((Listener::new(socket)?, address));
        }
        let socket = Socket::new(domain, Type::STREAM, None)?;
        if domain != Domain::UNIX {
            // Connections of an earlier server may still be in TIME_WAIT, and would make `bind` fail.
            socket.set_reuse_address(true)?;
        }
        socket.bind(&address)?;
        socket.listen(options.backlog)?;
        let address = bound_address(&socket, options, Listen::Tcp)?;
        let listener = Listener::new(socket)?.with_backlog(options.backlog);
        let listener = if options.nodelay {
            listener
        } else {
            listener.with_delay()
        };
        let listener = match options.keepalive {
            Some(silence) => listener.with_keepalive(silence)?,
            None => listener,
        };
        Ok((listener, address))
    };
    bound().map_err(|source| ServeError::listen(options.listen.clone(), source))
}

/// The address of a bound socket.
fn bound_address(
    socket: &Socket,
    options: &ServeOptions,
    kind: impl Fn(SocketAddr) -> Listen,
) -> io::Result<Listen> {
    let address = socket.local_addr()?.as_socket();
    Ok(address.map_or_else(|| options.listen.clone(), kind))
}
