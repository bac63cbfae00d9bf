//! One server process: it binds, announces that it is ready, serves, and reports its statistics.

use std::io;
use std::num::NonZero;
use std::thread::available_parallelism;

use model::{
    About, Config, Context, Listener, Model, RoomModel, Stats, Stop, Transport, Unsupported,
    Workers,
};
use nix::sys::resource::{Resource, getrlimit, setrlimit};
use serde::{Deserialize, Serialize};

use crate::bind::bind;
use crate::error::ServeError;
use crate::options::ServeOptions;
use crate::rooms::CHAT;
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
    let server = Server {
        name: about.name,
        transport: about.transport,
        protocol: options.protocol.name(),
        workers: about.workers,
        supported: &|| model.supported(),
        serve: &|listener, cx| model.serve(listener, cx),
    };
    server.run(options, ready)
}

/// Serves the rooms of a chat server in this process, as [`serve`] does with a model. The protocol of the options means
/// nothing here.
///
/// # Errors
/// The server could not begin, or the chat server failed. A client never causes an error.
pub fn serve_rooms(
    room: &dyn RoomModel,
    options: &ServeOptions,
    ready: impl FnOnce(&Listen) + Send + 'static,
) -> Result<Report, ServeError> {
    let about = room.about();
    check_transport(about.name, about.transport, options)?;
    let server = Server {
        name: about.name,
        transport: about.transport,
        protocol: CHAT,
        workers: about.workers,
        supported: &|| room.supported(),
        serve: &|listener, cx| room.serve(listener, cx),
    };
    server.run(options, ready)
}

/// A model or a chat server, as the process around it sees it.
struct Server<'a> {
    name: &'static str,
    transport: Transport,
    protocol: &'static str,
    workers: Workers,
    supported: &'a dyn Fn() -> Result<(), Unsupported>,
    serve: &'a dyn Fn(Listener, &Context) -> io::Result<()>,
}

impl Server<'_> {
    fn run(
        &self,
        options: &ServeOptions,
        ready: impl FnOnce(&Listen) + Send + 'static,
    ) -> Result<Report, ServeError> {
        let model = self.name;
        let failed = |source| ServeError::Failed { model, source };
        (self.supported)().map_err(|reason| ServeError::Unsupported {
            model,
            reason: reason.0,
        })?;
        raise_descriptor_limit();
        let workers = workers(self.workers, options.workers);
        let (listener, address) = bind(options)?;
        let socket_file = match &address {
            Listen::Unix(path) if !is_abstract(path) => SocketFile::of(path).ok(),
            Listen::Unix(_) | Listen::Tcp(_) | Listen::Udp(_) => None,
        };
        let stop = Stop::leak().map_err(failed)?;
        let cx = Context::new(config(options, workers), stop).map_err(failed)?;
        match self.transport {
            Transport::Stream => stop.watch(&listener),
            Transport::Datagram => stop.watch_datagrams(&listener),
        }
        signals::install(stop, cx.open_conversations(), options.grace).map_err(failed)?;
        cx.when_ready(move || ready(&address));
        let served = (self.serve)(listener, &cx);
        if let Some(file) = socket_file {
            file.remove();
        }
        served.map_err(failed)?;
        Ok(Report {
            model: model.into(),
            protocol: self.protocol.into(),
            workers: workers.get(),
            stats: cx.stats(),
        })
    }
}

/// The settings of the kit.
fn config(options: &ServeOptions, workers: NonZero<usize>) -> Config {
    Config {
        protocol: options.protocol,
        limits: options.limits,
        workers,
        max_connections: options.max_connections.map_or(u64::MAX, NonZero::get),
        exclusive: options.exclusive,
        observer: options.observer,
        idle_timeout: options.idle_timeout,
    }
}

/// Checks that the model can do what the options ask for, on any machine.
fn check(about: &About, options: &ServeOptions) -> Result<(), ServeError> {
    let (model, listen) = (about.name, options.listen.clone());
    check_transport(model, about.transport, options)?;
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

/// Checks that the server can listen on the address.
fn check_transport(
    model: &'static str,
    transport: Transport,
    options: &ServeOptions,
) -> Result<(), ServeError> {
    if options.listen.transport() == transport {
        return Ok(());
    }
    Err(ServeError::OtherTransport {
        model,
        transport,
        listen: options.listen.clone(),
    })
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
