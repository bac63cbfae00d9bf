//! The errors of a server; each text ends with what the user can do.

use std::error::Error as _;
use std::io;
use std::path::PathBuf;

use model::{Protocol, Transport};
use nix::errno::Errno;
use nix::libc::RLIM_INFINITY;
use nix::sys::resource::{Resource, getrlimit};
use thiserror::Error;

use model::Listen;

/// Why a server could not begin, or failed.
#[derive(Debug, Error)]
pub enum ServeError {
    /// The model cannot run on this machine.
    #[error("`{model}` cannot run here: {reason}")]
    Unsupported {
        /// Name of the model.
        model: &'static str,
        /// What is missing and what to do about it.
        reason: String,
    },
    /// Another process listens on the address.
    #[error("{listen} is in use; {}", elsewhere(listen))]
    AddressInUse {
        /// The address.
        listen: Listen,
    },
    /// A file that is not a socket has the path of the socket.
    #[error("{path} exists and is not a socket; choose another path, or remove the file")]
    NotASocket {
        /// The path.
        path: PathBuf,
    },
    /// The process has no permission to listen on the address.
    #[error("no permission to listen on {listen}; {}", permitted(listen))]
    NotPermitted {
        /// The address.
        listen: Listen,
    },
    /// Any other failure to listen.
    #[error("cannot listen on {listen}: {source}; {}", usable(listen))]
    Listen {
        /// The address.
        listen: Listen,
        /// The system's error.
        source: io::Error,
    },
    /// A stream model got a datagram address, or the other way round.
    #[error("`{model}` serves {} and cannot listen on {listen}; write --listen {}", transport.name(), listen.counterpart())]
    OtherTransport {
        /// Name of the model.
        model: &'static str,
        /// What the model serves.
        transport: Transport,
        /// The address.
        listen: Listen,
    },
    /// A model was asked to speak a protocol that it cannot speak.
    #[error(
        "`{model}` does not speak `{protocol}`; write --protocol {}",
        Protocol::Echo
    )]
    OtherProtocol {
        /// Name of the model.
        model: &'static str,
        /// The protocol it was asked to speak.
        protocol: Protocol,
    },
    /// A model that echoes was asked to speak the protocol of the chat servers.
    #[error(
        "`{model}` has no rooms and does not speak `chat`; choose a chat server from `echolab list --rooms`"
    )]
    NoRooms {
        /// Name of the model.
        model: &'static str,
    },
    /// A chat server was asked to speak another protocol.
    #[error("`{model}` is a chat server and does not speak `{}`; remove --protocol", protocol.name())]
    OnlyRooms {
        /// Name of the chat server.
        model: &'static str,
        /// The protocol it was asked to speak.
        protocol: Protocol,
    },
    /// A model that only serves TCP got a Unix-domain socket.
    #[error(
        "`{model}` serves only TCP and cannot listen on {listen}; write --listen 127.0.0.1:7007"
    )]
    TcpOnly {
        /// Name of the model.
        model: &'static str,
        /// The address.
        listen: Listen,
    },
    /// The model ended with an error.
    #[error("`{model}` failed: {source}; {}", remedy(source))]
    Failed {
        /// Name of the model.
        model: &'static str,
        /// The system's error.
        source: io::Error,
    },
}

impl ServeError {
    /// The error of a failed attempt to listen.
    pub(crate) fn listen(listen: Listen, source: io::Error) -> Self {
        match source.kind() {
            io::ErrorKind::AddrInUse => Self::AddressInUse { listen },
            io::ErrorKind::PermissionDenied => Self::NotPermitted { listen },
            _ => Self::Listen { listen, source },
        }
    }
}

/// What to do if an address is in use.
const fn elsewhere(listen: &Listen) -> &'static str {
    match listen {
        Listen::Tcp(_) | Listen::Udp(_) => {
            "choose another port (0 lets the system choose), or end the process that listens there (`ss -lntup` shows it)"
        }
        Listen::Unix(_) => {
            "choose another path, or end the process that has this socket (`ss -xap` shows it)"
        }
    }
}

/// What to do without the permission to listen on an address.
const fn permitted(listen: &Listen) -> &'static str {
    match listen {
        Listen::Tcp(_) | Listen::Udp(_) => {
            "ports below 1024 need a privilege (CAP_NET_BIND_SERVICE), so choose a higher port"
        }
        Listen::Unix(_) => "choose a path in a folder that you may write to",
    }
}

/// What to check if an address cannot be listened on.
const fn usable(listen: &Listen) -> &'static str {
    match listen {
        Listen::Tcp(_) | Listen::Udp(_) => "check that the address belongs to this machine",
        Listen::Unix(_) => {
            "check that the folder of the socket exists, and that its path has at most 107 bytes"
        }
    }
}

/// What the user can do after this error of the system. It names the limit that was reached.
fn remedy(error: &io::Error) -> String {
    let memory = |resource| match soft_limit(resource) {
        Some(bytes) => format!("{} KiB", bytes / 1024),
        None => "unlimited".to_owned(),
    };
    let number = |resource| match soft_limit(resource) {
        Some(number) => number.to_string(),
        None => "unlimited".to_owned(),
    };
    match errno(error) {
        Some(Errno::EAGAIN) => format!(
            "no further process or thread is available: raise the limit of the user (`ulimit -u`, here {}), of the memory \
             (`ulimit -v`, here {}) or of the container (pids.max), or use fewer --workers",
            number(Resource::RLIMIT_NPROC),
            memory(Resource::RLIMIT_AS)
        ),
        Some(Errno::ENOMEM) => format!(
            "raise the limit of memory (`ulimit -v`, here {}) or of locked memory (`ulimit -l`, here {}), or use fewer \
             --workers",
            memory(Resource::RLIMIT_AS),
            memory(Resource::RLIMIT_MEMLOCK)
        ),
        Some(Errno::EMFILE) => format!(
            "raise the limit of descriptors (`ulimit -Hn`, here {}), or use fewer --workers",
            number(Resource::RLIMIT_NOFILE)
        ),
        _ => "check the limits that `ulimit -a` shows".to_owned(),
    }
}

/// The limit that is in force; `None` if there is none.
fn soft_limit(resource: Resource) -> Option<u64> {
    let (soft, _) = getrlimit(resource).ok()?;
    (soft != RLIM_INFINITY).then_some(soft)
}

/// The error number, which a library may have wrapped.
fn errno(error: &io::Error) -> Option<Errno> {
    let mut raw = error.raw_os_error();
    let mut cause = error.source();
    while let (None, Some(inner)) = (raw, cause) {
        raw = inner
            .downcast_ref::<io::Error>()
            .and_then(io::Error::raw_os_error);
        cause = inner.source();
    }
    raw.map(Errno::from_raw)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn failed(source: io::Error) -> String {
        let model = "thread-pool";
        ServeError::Failed { model, source }.to_string()
    }

    #[test]
    fn an_error_names_the_limit_that_was_reached() {
        let text = failed(Errno::EAGAIN.into());
        assert!(text.contains("`ulimit -u`, here "), "{text}");
        assert!(text.ends_with("or use fewer --workers"), "{text}");
        assert!(failed(Errno::ENOMEM.into()).contains("`ulimit -l`, here "));
        assert!(failed(Errno::EMFILE.into()).contains("`ulimit -Hn`, here "));
        assert!(failed(Errno::EPERM.into()).ends_with("`ulimit -a` shows"));
    }

    #[test]
    fn an_error_that_a_library_has_wrapped_names_it_too() {
        let wrapped = io::Error::other(ServeError::Failed {
            model: "rayon-pool",
            source: Errno::EAGAIN.into(),
        });
        assert!(failed(wrapped).ends_with("or use fewer --workers"));
    }
}
