//! Binds a server's socket.

use std::fs;
use std::io;
use std::net::SocketAddr;
use std::os::unix::fs::FileTypeExt;
use std::os::unix::net::UnixStream;
use std::path::Path;

use model::{Listener, Transport};
use socket2::{Domain, SockAddr, Socket, Type};

use crate::error::ServeError;
use crate::listen::Listen;
use crate::options::ServeOptions;

/// Binds the socket that the options ask for. Returns it with its address, in which port 0 is replaced by the real
/// port.
///
/// # Errors
/// The address is in use, not permitted, or not of this machine.
pub fn bind(options: &ServeOptions) -> Result<(Listener, Listen), ServeError> {
    if let Listen::Unix(path) = &options.listen {
        remove_stale_socket(path)?;
    }
    let bound = || -> io::Result<(Listener, Listen)> {
        let (domain, address) = match &options.listen {
            Listen::Tcp(address) | Listen::Udp(address) => {
                (Domain::for_address(*address), SockAddr::from(*address))
            }
            Listen::Unix(path) => (Domain::UNIX, SockAddr::unix(path)?),
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
        Ok((listener, address))
    };
    bound().map_err(|source| listen_error(options.listen.clone(), source))
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

fn listen_error(listen: Listen, source: io::Error) -> ServeError {
    match source.kind() {
        io::ErrorKind::AddrInUse => ServeError::AddressInUse { listen },
        io::ErrorKind::PermissionDenied => ServeError::NotPermitted { listen },
        _ => ServeError::Listen { listen, source },
    }
}

/// Removes a socket file that an earlier server left behind: it would make `bind` fail.
fn remove_stale_socket(path: &Path) -> Result<(), ServeError> {
    let Ok(existing) = fs::symlink_metadata(path) else {
        return Ok(());
    };
    if !existing.file_type().is_socket() {
        return Err(ServeError::NotASocket { path: path.into() });
    }
    if UnixStream::connect(path).is_ok() {
        return Err(ServeError::AddressInUse {
            listen: Listen::Unix(path.into()),
        });
    }
    let listen = Listen::Unix(path.into());
    fs::remove_file(path).map_err(|source| listen_error(listen, source))
}
