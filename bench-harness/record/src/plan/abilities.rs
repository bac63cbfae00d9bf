//! Which contender can be measured under which load, and why not.

use echo_protocol::Protocol;

use super::{ContenderId, LoadId, Plan};
use crate::number::grouped;

impl Plan {
    /// Why this contender is not measured under this load, if it is not.
    pub fn cannot(&self, contender: ContenderId, load: LoadId) -> Option<String> {
        let (who, load) = (&self.contenders[contender], &self.loads[load]);
        if who.unsupported.is_some() {
            return who.unsupported.clone();
        }
        if who.datagrams
            && let Some(reason) = load.not_in_datagrams()
        {
            return Some(reason);
        }
        let echo = load.protocol == Protocol::Echo;
        if who.command.is_some() && !echo {
            return Some(format!(
                "it is no server of EchoLab and speaks no {}; leave the scenario `{}` out",
                load.protocol, load.scenario
            ));
        }
        if who.echo_only && !echo {
            return Some(format!(
                "it sends back bytes and speaks no {}; see `echolab list`",
                load.protocol
            ));
        }
        let capacity = who.capacity.filter(|&capacity| capacity < load.connections);
        let few = |capacity: usize| {
            format!(
                "it declares to serve {} at once, and these are {}; see `echolab list`",
                grouped(capacity as u64),
                grouped(load.connections as u64)
            )
        };
        capacity.filter(|_| !load.beyond_capacity).map(few)
    }

    /// How many clients of this load the contender declares to leave waiting.
    pub fn declared_waiting(&self, contender: ContenderId, load: LoadId) -> usize {
        let connections = self.loads[load].connections;
        let capacity = self.contenders[contender].capacity.unwrap_or(usize::MAX);
        connections.saturating_sub(capacity)
    }
}
