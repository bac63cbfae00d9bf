//! The model under test, and how a case starts its server.

use echo_protocol::Protocol;
use echo_server::{About, Capacity, Model};

use crate::serve::Options;
use crate::server::Server;

/// Workers that a server is given unless a case needs another number.
pub const WORKERS: usize = 4;

/// One model, as the cases see it: what it declares, and servers of it.
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

    /// Why this machine cannot run it, if so.
    pub fn unsupported(&self) -> Option<String> {
        self.model.supported().err().map(|reason| reason.0)
    }

    /// How many of so many clients it declares to serve at the same time, with [`WORKERS`].
    pub fn at_once(&self, clients: usize) -> usize {
        let limit = self.about().capacity.conversations(WORKERS);
        limit.map_or(clients, |limit| limit.min(clients))
    }

    /// Whether a second client is served while a first one stays.
    pub fn serves_two(&self) -> bool {
        self.about().capacity != Capacity::One
    }

    /// The protocols that it speaks.
    pub fn protocols(&self) -> Vec<Protocol> {
        let all = Protocol::ALL.into_iter();
        all.filter(|&protocol| self.about().speaks(protocol))
            .collect()
    }

    /// Frames where it speaks them, for what can be asked in bytes too.
    pub fn richest_protocol(&self) -> Protocol {
        let last = self.protocols().pop();
        last.expect("every model echoes bytes")
    }

    pub fn options(&self, protocol: Protocol) -> Options {
        Options::new(self.name(), protocol)
    }

    /// A running server that clients can connect to.
    pub fn serve(&self, protocol: Protocol) -> Server {
        Server::start(self.options(protocol))
    }
}
