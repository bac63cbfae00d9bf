//! The other half of a server under test: this binary, when it is started as one.

use std::net::SocketAddr;
use std::num::NonZero;
use std::process::ExitCode;
use std::time::Duration;

use echo_protocol::{Limits, Protocol};
use echo_server::{Listen, ServeOptions, Transport, find};
use nix::sys::prctl::set_pdeathsig;
use nix::sys::resource::{Resource, setrlimit};
use nix::sys::signal::Signal;
use serde::{Deserialize, Serialize};

use crate::subject::WORKERS;

/// The first argument that makes this binary a server.
pub const COMMAND: &str = "serve-for-test";

/// What a server under test is told, as JSON in its second argument.
#[derive(Clone, Serialize, Deserialize)]
pub struct Options {
    pub model: String,
    pub listen: String,
    pub protocol: String,
    pub workers: usize,
    pub max_connections: Option<NonZero<u64>>,
    pub grace_seconds: u64,
    /// The longest payload, where it is not the default.
    pub max_frame: Option<usize>,
    /// The most descriptors the server may have.
    pub descriptors: Option<u64>,
}

impl Options {
    pub fn new(model: &str, protocol: Protocol) -> Self {
        Self {
            model: model.into(),
            listen: anywhere(model).to_string(),
            protocol: protocol.to_string(),
            workers: WORKERS,
            max_connections: None,
            // Longer than any deadline: a server that needs its grace period to end fails its case.
            grace_seconds: 600,
            max_frame: None,
            descriptors: None,
        }
    }
}

/// Some free port of this machine, for what the model serves.
fn anywhere(model: &str) -> Listen {
    let address = SocketAddr::from(([127, 0, 0, 1], 0));
    match find(model).map(|model| model.about().transport) {
        Ok(Transport::Datagram) => Listen::Udp(address),
        _ => Listen::Tcp(address),
    }
}

/// Is a server until a signal ends it: what [`crate::server::Server::start`] starts.
pub fn serve(options: &str) -> ExitCode {
    set_pdeathsig(Signal::SIGKILL).expect("Linux can do that");
    let options: Options = serde_json::from_str(options).expect("the parent wrote them");
    if let Some(most) = options.descriptors {
        setrlimit(Resource::RLIMIT_NOFILE, most, most).expect("fewer are always allowed");
    }
    let mut limits = Limits::default();
    limits.max_frame = options.max_frame.unwrap_or(limits.max_frame);
    let told = ServeOptions {
        listen: options.listen.parse().expect("the parent wrote it"),
        protocol: options.protocol.parse().expect("the parent wrote it"),
        workers: NonZero::new(options.workers),
        max_connections: options.max_connections,
        grace: Duration::from_secs(options.grace_seconds),
        limits,
        ..ServeOptions::default()
    };
    let model = find(&options.model).expect("the parent has the same registry");
    match echo_server::serve(model, &told, |address| println!("ready {address}")) {
        Ok(report) => {
            let report = serde_json::to_string(&report).expect("numbers and names");
            println!("stats {report}");
            ExitCode::SUCCESS
        }
        Err(error) => {
            eprintln!("{error}");
            ExitCode::from(2)
        }
    }
}
