//! Decides which contender can be measured under which load, and gives the reason if it cannot.

use echo_protocol::Protocol;

use super::document::Plan;
use super::index::{ContenderId, LoadId};
use crate::number::{counted, grouped};

impl Plan {
    /// The reason why this contender is not measured under this load; `None` if it is measured.
    pub fn unsupported_reason(&self, contender: ContenderId, load: LoadId) -> Option<String> {
        let (contender, load) = (&self.contenders[contender], &self.loads[load]);
        if contender.unsupported.is_some() {
            return contender.unsupported.clone();
        }
        if contender.datagrams
            && let Some(reason) = load.datagram_obstacle()
        {
            return Some(reason);
        }
        if contender.command.is_some() && load.protocol == Protocol::Framed {
            return Some(format!(
                "an external server does not speak the {} protocol; remove the scenario `{}`",
                load.protocol, load.scenario
            ));
        }
        let is_model = contender.command.is_none();
        if is_model && contender.echo_only && load.protocol != Protocol::Echo {
            return Some(format!(
                "it only echoes bytes and does not speak the {} protocol; see `echolab list --long`",
                load.protocol
            ));
        }
        let too_many = |most_clients: usize| {
            format!(
                "it serves at most {} at once, and this load has {}; see `echolab list --long`",
                counted(most_clients, "client"),
                grouped(load.connections as u64)
            )
        };
        let most_clients = contender.capacity?;
        (most_clients < load.connections && !load.beyond_capacity).then(|| too_many(most_clients))
    }

    /// Number of clients of this load that wait because the contender declares to serve fewer at once.
    pub fn declared_waiting(&self, contender: ContenderId, load: LoadId) -> usize {
        let connections = self.loads[load].connections;
        let most_clients = self.contenders[contender].capacity.unwrap_or(usize::MAX);
        connections.saturating_sub(most_clients)
    }
}
