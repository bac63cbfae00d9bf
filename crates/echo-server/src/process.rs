//! One server process: bind, say `ready`, serve, drain, report.

use std::fs;
use std::io;
use std::net::SocketAddr;
use std::num::NonZero;
use std::os::unix::fs::FileTypeExt;
use std::path::{Path, PathBuf};
use std::thread::available_parallelism;

use model::{About, Config, Context, Listener, Model, Protocol, Stats, Stop, Transport, Workers};
use nix::sys::resource::{Resource, getrlimit, setrlimit};
use serde::{Deserialize, Serialize};
use socket2::{Domain, SockAddr, Socket, Type};
use thiserror::Error;

use crate::signals;
use crate::{Listen, ServeOptions};

/// Why a server could not begin, or ended badly.
#[derive(Debug, Error)]
pub enum ServeError {
    /// The model needs something that this machine does not have.
    #[error("`{model}` cannot run here: {reason}")]
    Unsupported {
        /// The model.
        model: &'static str,
        /// What is missing, and what to do about it.
        reason: String,
    },
    /// Somebody listens there already.
    #[error(
        "{listen} is in use; choose another port (0 lets the system choose), or end the process that listens there (`ss -lntup` shows it)"
    )]
    AddressInUse {
        /// The address.
        listen: Listen,
    },
    /// Something other than a socket stands where the socket should be.
    #[error("{path} exists and is no socket; choose another path, or remove it")]
    NotASocket {
        /// The path.
        path: PathBuf,
    },
    /// The system forbids that address.
    #[error(
        "not permitted to listen on {listen}; ports below 1024 need a privilege (CAP_NET_BIND_SERVICE): choose a higher one"
    )]
    NotPermitted {
        /// The address.
        listen: Listen,
    },
    /// Any other failure to listen.
    #[error("cannot listen on {listen}: {source}; is the address one of this machine's?")]
    Listen {
        /// The address.
        listen: Listen,
        /// What the system says.
        source: io::Error,
    },
    /// It serves streams and was given an address for datagrams, or the other way round.
    #[error("`{model}` serves {}, and not {listen}; write --listen {}", transport.name(), listen.counterpart())]
    OtherTransport {
        /// The model.
        model: &'static str,
        /// What it serves.
        transport: Transport,
        /// The address.
        listen: Listen,
    },
    /// It echoes bytes and was told to speak another protocol.
    #[error("`{model}` sends back bytes and speaks no {}; write --protocol {}", protocol.name(), Protocol::Echo.name())]
    OtherProtocol {
        /// The model.
        model: &'static str,
        /// What it was told to speak.
        protocol: Protocol,
    },
    /// It serves TCP and was given a Unix-domain socket.
    #[error("`{model}` serves TCP only, and not {listen}; write --listen 127.0.0.1:7007")]
    TcpOnly {
        /// The model.
        model: &'static str,
        /// The address.
        listen: Listen,
    },
    /// The model gave up.
    #[error("`{model}` failed: {source}; `ulimit -a` shows the limits it may have met")]
    Failed {
        /// The model.
        model: &'static str,
        /// What the system says.
        source: io::Error,
    },
}

/// What a server says about itself when it has ended; the last line of its output.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Report {
    /// The model that served.
    pub model: String,
    /// The protocol it spoke.
    pub protocol: String,
    /// How many workers it was given.
    pub workers: usize,
    /// What it counted.
    #[serde(flatten)]
    pub stats: Stats,
}

/// Serves `model` in this process until a signal stops it. `ready` is told the address as soon as clients can connect.
///
/// # Errors
/// The server could not begin, or the model gave up. Nothing that a client does is an error.
pub fn serve(
    model: &dyn Model,
    options: &ServeOptions,
    ready: impl FnOnce(&Listen),
) -> Result<Report, ServeError> {
    let about = model.about();
    check(about, options)?;
    let failed = |source| ServeError::Failed {
        model: about.name,
        source,
    };
    let unsupported = |reason: model::Unsupported| ServeError::Unsupported {
        model: about.name,
        reason: reason.0,
    };
    model.supported().map_err(unsupported)?;
    raise_descriptor_limit();
    let workers = workers(about.workers, options.workers);
    let config = Config {
        protocol: options.protocol,
        limits: options.limits,
        workers,
        max_connections: options.max_connections.map_or(u64::MAX, NonZero::get),
    };
    let (listener, address) = bind(options)?;
    let stop = Stop::leak().map_err(failed)?;
    let cx = Context::new(config, stop).map_err(failed)?;
    match about.transport {
        Transport::Stream => stop.watch(&listener),
        Transport::Datagram => stop.watch_datagrams(&listener),
    }
    signals::install(stop, options.grace).map_err(failed)?;
    ready(&address);
    let served = model.serve(listener, &cx);
    if let Listen::Unix(path) = &address {
        // Left behind it would only be taken for a server that is gone.
        let _ = fs::remove_file(path);
    }
    served.map_err(failed)?;
    Ok(report(about.name, options.protocol, workers, cx.stats()))
}

/// Whether the model can do what it is told, on any machine.
fn check(about: &About, options: &ServeOptions) -> Result<(), ServeError> {
    let (model, listen) = (about.name, options.listen.clone());
    if listen.transport() != about.transport {
        return Err(ServeError::OtherTransport {
            model,
            transport: about.transport,
            listen,
        });
    }
    if matches!(listen, Listen::Unix(_)) && !about.serves_unix_sockets() {
        return Err(ServeError::TcpOnly { model, listen });
    }
    if !about.speaks(options.protocol) {
        return Err(ServeError::OtherProtocol {
            model,
            protocol: options.protocol,
        });
    }
    Ok(())
}

fn report(model: &str, protocol: Protocol, workers: NonZero<usize>, stats: Stats) -> Report {
    Report {
        model: model.into(),
        protocol: protocol.name().into(),
        workers: workers.get(),
        stats,
    }
}

fn workers(declared: Workers, wanted: Option<NonZero<usize>>) -> NonZero<usize> {
    let one = NonZero::<usize>::MIN;
    match declared {
        Workers::Fixed => one,
        Workers::PerCpu => wanted
            .or_else(|| available_parallelism().ok())
            .unwrap_or(one),
        Workers::Default(n) => wanted.or(NonZero::new(n)).unwrap_or(one),
    }
}

/// As many descriptors as an ordinary user may have; with fewer the server still runs, and says when they are used up.
fn raise_descriptor_limit() {
    if let Ok((_, hard)) = getrlimit(Resource::RLIMIT_NOFILE) {
        let _ = setrlimit(Resource::RLIMIT_NOFILE, hard, hard);
    }
}

/// A listening socket and the address it has got.
fn bind(options: &ServeOptions) -> Result<(Listener, Listen), ServeError> {
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
            let got = got(&socket, options, Listen::Udp)?;
            return Ok((Listener::new(socket)?, got));
        }
        let socket = Socket::new(domain, Type::STREAM, None)?;
        if domain != Domain::UNIX {
            // Connections of an earlier server may still be in TIME_WAIT.
            socket.set_reuse_address(true)?;
        }
        socket.bind(&address)?;
        socket.listen(options.backlog)?;
        let got = got(&socket, options, Listen::Tcp)?;
        Ok((Listener::new(socket)?, got))
    };
    bound().map_err(|source| listen_error(options.listen.clone(), source))
}

/// The address that a bound socket has got.
fn got(
    socket: &Socket,
    options: &ServeOptions,
    kind: impl Fn(SocketAddr) -> Listen,
) -> io::Result<Listen> {
    let got = socket.local_addr()?.as_socket();
    Ok(got.map_or_else(|| options.listen.clone(), kind))
}

fn listen_error(listen: Listen, source: io::Error) -> ServeError {
    match source.kind() {
        io::ErrorKind::AddrInUse => ServeError::AddressInUse { listen },
        io::ErrorKind::PermissionDenied => ServeError::NotPermitted { listen },
        _ => ServeError::Listen { listen, source },
    }
}

/// A socket file on which nobody listens any more is in the way of a new server.
fn remove_stale_socket(path: &Path) -> Result<(), ServeError> {
    let Ok(existing) = fs::symlink_metadata(path) else {
        return Ok(());
    };
    if !existing.file_type().is_socket() {
        return Err(ServeError::NotASocket { path: path.into() });
    }
    if std::os::unix::net::UnixStream::connect(path).is_ok() {
        return Err(ServeError::AddressInUse {
            listen: Listen::Unix(path.into()),
        });
    }
    let listen = Listen::Unix(path.into());
    fs::remove_file(path).map_err(|source| listen_error(listen, source))
}
