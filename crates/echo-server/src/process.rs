//! One server process: it binds, announces that it is ready, serves, and reports its statistics.

use std::num::NonZero;
use std::thread::available_parallelism;

use model::{About, Config, Context, Model, Protocol, Stats, Stop, Transport, Workers};
use nix::sys::resource::{Resource, getrlimit, setrlimit};
use serde::{Deserialize, Serialize};

use crate::bind::bind;
use crate::error::ServeError;
use crate::options::ServeOptions;
use crate::signals;
use crate::socket_file::SocketFile;
use model::{Listen, is_abstract};

/// The report of a server when it has ended: the last line of its output.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Report {
    /// Name of the model.
    pub model: String,
    /// Name of the protocol.
    pub protocol: String,
    /// Number of workers.
    pub workers: usize,
    /// The statistics.
    #[serde(flatten)]
    pub stats: Stats,
}

/// Serves `model` in this process until a signal stops it. Calls `ready` with the address when clients can connect and the
/// model has what its options need.
///
/// # Errors
/// The server could not begin, or the model failed. A client never causes an error.
pub fn serve(
    model: &dyn Model,
    options: &ServeOptions,
    ready: impl FnOnce(&Listen) + Send + 'static,
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
        exclusive: options.exclusive,
        observer: options.observer,
        idle_timeout: options.idle_timeout,
    };
    let (listener, address) = bind(options)?;
    let socket_file = match &address {
        Listen::Unix(path) if !is_abstract(path) => SocketFile::of(path).ok(),
        Listen::Unix(_) | Listen::Tcp(_) | Listen::Udp(_) => None,
    };
    let stop = Stop::leak().map_err(failed)?;
    let cx = Context::new(config, stop).map_err(failed)?;
    match about.transport {
        Transport::Stream => stop.watch(&listener),
        Transport::Datagram => stop.watch_datagrams(&listener),
    }
    signals::install(stop, cx.open_conversations(), options.grace).map_err(failed)?;
    let told = address.clone();
    cx.when_ready(move || ready(&told));
    let served = model.serve(listener, &cx);
    if let Some(file) = socket_file {
        file.remove();
    }
    served.map_err(failed)?;
    Ok(report(about.name, options.protocol, workers, cx.stats()))
}

/// Checks that the model can do what the options ask for, on any machine.
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

/// Raises the limit of open descriptors as far as an ordinary user may. If that fails, the server still runs: it counts
/// how often descriptors run out.
fn raise_descriptor_limit() {
    if let Ok((_, hard)) = getrlimit(Resource::RLIMIT_NOFILE) {
        let _ = setrlimit(Resource::RLIMIT_NOFILE, hard, hard);
    }
}
