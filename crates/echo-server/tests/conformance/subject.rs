//! The model under test: what it declares, and how a case starts its server.

use echo_protocol::Protocol;
use echo_server::{About, Capacity, Model};

use crate::serve::Options;
use crate::server::Server;

/// Number of workers of a server, unless a case needs another number.
pub const WORKERS: usize = 4;

/// The model under test.
#[derive(Clone, Copy)]
pub struct Subject {
    model: &'static dyn Model,
}

impl Subject {
    pub fn new(model: &'static dyn Model) -> Self {
        Self { model }
    }

    pub fn name(&self) -> &'static str {
        self.about().name
    }

    pub fn about(&self) -> &'static About {
        self.model.about()
    }

    /// Why this machine cannot run the model; `None` if it can.
    pub fn unsupported(&self) -> Option<String> {
        self.model.supported().err().map(|reason| reason.0)
    }

    /// Number of clients that the model declares to serve at the same time, with [`WORKERS`] workers; at most
    /// `clients`.
    pub fn at_once(&self, clients: usize) -> usize {
        let limit = self.about().capacity.conversations(WORKERS);
        limit.map_or(clients, |limit| limit.min(clients))
    }

    /// True if the model serves a second client while a first one stays.
    pub fn serves_two(&self) -> bool {
        self.about().capacity != Capacity::One
    }

    /// True if the model serves clients in child processes.
    pub fn forks(&self) -> bool {
        self.name().contains("fork")
    }

    /// The protocols that the model speaks.
    pub fn protocols(&self) -> Vec<Protocol> {
        let all = Protocol::ALL.into_iter();
        all.filter(|&protocol| self.about().speaks(protocol))
            .collect()
    }

    /// `framed` if the model speaks it, otherwise `echo`.
    pub fn richest_protocol(&self) -> Protocol {
        let last = self.protocols().pop();
        last.expect("every model speaks `echo`")
    }

    /// The default options of the model's server.
    pub fn options(&self, protocol: Protocol) -> Options {
        Options::new(self.name(), protocol)
    }

    /// Starts a server with the default options.
    pub fn serve(&self, protocol: Protocol) -> Server {
        Server::start(self.options(protocol))
    }
}
