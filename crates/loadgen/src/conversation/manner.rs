//! How all clients of one class talk: protocol, transport, limits, and the requests they send.

use echo_protocol::{HttpAsk, Limits, Protocol};

use crate::plan::class::Class;
use crate::plan::load::Load;
use crate::request::payload::RequestSource;

/// How all clients of one class talk.
pub struct Manner {
    /// Protocol.
    pub protocol: Protocol,
    /// True for datagrams.
    pub datagrams: bool,
    /// Limits of a session.
    pub limits: Limits,
    /// True if replies are compared byte for byte.
    pub verify: bool,
    /// What the clients ask for, if they speak HTTP.
    pub http: Option<HttpAsk>,
    /// The requests of the class.
    pub requests: RequestSource,
}

impl Manner {
    /// Returns one manner per class of a load, in its order. Each class has its own seed.
    pub fn all(load: &Load) -> Vec<Self> {
        let classes = load.classes.iter().zip(0_u64..);
        classes
            .map(|(class, i)| Self::new(load, class, load.seed.wrapping_add(i)))
            .collect()
    }

    fn new(load: &Load, class: &Class, seed: u64) -> Self {
        Self {
            protocol: load.protocol,
            datagrams: load.target.is_datagram(),
            limits: limits(class),
            verify: load.verify,
            http: (load.protocol == Protocol::Http)
                .then(|| load.http.ask(&load.target, class.reply_size)),
            requests: RequestSource::new(
                seed,
                class.payload.clone(),
                class.reply_size,
                class.work.clone(),
            ),
        }
    }
}

/// Returns the limits of a session. Long replies are read in larger pieces, because that costs fewer system calls.
fn limits(class: &Class) -> Limits {
    let limits = Limits::default();
    let long = class.longest() as usize > limits.high_water;
    Limits {
        max_frame: Load::LONGEST as usize,
        high_water: if long {
            4 * limits.high_water
        } else {
            limits.high_water
        },
        ..limits
    }
}
