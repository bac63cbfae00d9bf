//! The server under test: what this binary does if it is started as a server.

use std::net::SocketAddr;
use std::num::NonZero;
use std::process::{self, ExitCode};
use std::time::Duration;

use echo_protocol::{Limits, Protocol};
use echo_server::{Listen, ServeOptions, Transport, find};
use nix::sys::prctl::set_pdeathsig;
use nix::sys::resource::{Resource, setrlimit};
use nix::sys::signal::Signal;
use nix::unistd::{Uid, setuid};
use serde::{Deserialize, Serialize};

use crate::subject::WORKERS;

/// The first argument that makes this binary a server.
pub const COMMAND: &str = "serve-for-test";

/// The exit code of a server that cannot begin.
pub const REFUSED: i32 = 2;

/// The options of a server under test, which it gets as JSON in its second argument.
#[derive(Clone, Serialize, Deserialize)]
pub struct Options {
    pub model: String,
    pub listen: String,
    pub protocol: String,
    pub workers: usize,
    pub max_connections: Option<NonZero<u64>>,
    pub grace_seconds: u64,
    /// Time after which a silent client is sent away, if any.
    pub idle_timeout: Option<Duration>,
    /// Longest payload, if not the default.
    pub max_frame: Option<usize>,
    /// Limit of the server's descriptors, if not the default.
    pub descriptors: Option<u64>,
    /// Limit of the server's processes and threads, as a user that has no others, if not the default. Only root can set it.
    pub processes: Option<u64>,
}

impl Options {
    pub fn new(model: &str, protocol: Protocol) -> Self {
        Self {
            model: model.into(),
            listen: any_port(model).to_string(),
            protocol: protocol.to_string(),
            workers: WORKERS,
            max_connections: None,
            // Longer than any deadline, so that a server that only ends with its grace period fails its case.
            grace_seconds: 600,
            idle_timeout: None,
            max_frame: None,
            descriptors: None,
            processes: None,
        }
    }
}

/// Any free port of this machine, for the transport of the model.
fn any_port(model: &str) -> Listen {
    let address = SocketAddr::from(([127, 0, 0, 1], 0));
    match find(model).map(|model| model.about().transport) {
        Ok(Transport::Datagram) => Listen::Udp(address),
        _ => Listen::Tcp(address),
    }
}

/// A user of whom there is no other process: the limit of processes counts all processes of a user.
fn user_without_processes() -> Uid {
    Uid::from_raw(0x4000_0000 + process::id())
}

/// Serves until a signal ends it. [`crate::server::Server::start`] starts this.
pub fn serve(options: &str) -> ExitCode {
    let options: Options = serde_json::from_str(options).expect("the suite wrote the options");
    if let Some(limit) = options.processes {
        setrlimit(Resource::RLIMIT_NPROC, limit, limit).expect("a limit may be lowered");
        setuid(user_without_processes()).expect("root may become any user");
    }
    // After a change of the user, which would clear it.
    set_pdeathsig(Signal::SIGKILL).expect("Linux supports PR_SET_PDEATHSIG");
    if let Some(limit) = options.descriptors {
        setrlimit(Resource::RLIMIT_NOFILE, limit, limit).expect("a limit may be lowered");
    }
    let mut limits = Limits::default();
    limits.max_frame = options.max_frame.unwrap_or(limits.max_frame);
    let serve_options = ServeOptions {
        listen: options.listen.parse().expect("the suite wrote the option"),
        protocol: options
            .protocol
            .parse()
            .expect("the suite wrote the option"),
        workers: NonZero::new(options.workers),
        max_connections: options.max_connections,
        grace: Duration::from_secs(options.grace_seconds),
        idle_timeout: options.idle_timeout,
        limits,
        ..ServeOptions::default()
    };
    let model = find(&options.model).expect("the suite has the same registry");
    match echo_server::serve(model, &serve_options, |address| println!("ready {address}")) {
        Ok(report) => {
            let report = serde_json::to_string(&report).expect("a report is numbers and names");
            println!("stats {report}");
            ExitCode::SUCCESS
        }
        Err(error) => {
            eprintln!("{error}");
            ExitCode::from(REFUSED as u8)
        }
    }
}
