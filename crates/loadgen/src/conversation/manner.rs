//! How all clients of one class talk: protocol, transport, limits, and what they ask.

use echo_protocol::{Limits, Protocol};

use crate::plan::class::Class;
use crate::plan::load::Load;
use crate::request::payload::Questions;

/// How all clients of one class talk.
pub struct Manner {
    /// The language.
    pub protocol: Protocol,
    /// Whether it is spoken in datagrams.
    pub datagrams: bool,
    /// The bounds of a session.
    pub limits: Limits,
    /// Whether replies are compared byte for byte.
    pub verify: bool,
    /// What is asked.
    pub questions: Questions,
}

impl Manner {
    /// The manners of all classes of a load, in its order. Each class asks from a seed of its own.
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
            questions: Questions::new(
                seed,
                class.payload.clone(),
                class.reply_size,
                class.work.clone(),
            ),
        }
    }
}

/// Long replies are read in longer pieces, so that they cost fewer calls.
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
    }
}
