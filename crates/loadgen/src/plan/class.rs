//! A class of clients that do the same: how many, when they ask, what they ask, and how they behave.

use std::time::Duration;

use echo_protocol::frame::HEADER;
use echo_protocol::{LONGEST_DATAGRAM, NUMBER, Protocol};

use crate::plan::behaviour::Behaviour;
use crate::plan::error::LoadError;
use crate::plan::limits;
use crate::request::sizes::Sizes;
use crate::request::work::WorkTimes;
use crate::timing::rate::Rate;
use crate::timing::schedule::Schedule;

/// One class of clients. Each class is recorded for itself.
///
/// A load document writes it as flat keys, of which only those are needed that differ from a closed loop of one honest client
/// with 64 bytes: `name`, `connections`, `behaviour` (or `send`, `receive`, `conversation`, `ending`, `pause`), `think` or `rate`
/// and `arrivals`, `payload`, `work`, `reply-size`, `pipeline`, `queue`, `connect-rate`, `connect-at`, `reconnects`.
///
/// The type `R` of the rate is that of the [`Schedule`]: a plan may have a rate of its own.
#[derive(Clone, Debug, PartialEq)]
pub struct Class<R = Rate> {
    /// What the outcome calls it; see [`give_names`](Self::give_names) for a class of a document without a name.
    pub name: String,
    /// How many clients, each with a connection of its own.
    pub connections: usize,
    /// When requests are due.
    pub schedule: Schedule<R>,
    /// What its clients do beside asking and listening.
    pub behaviour: Behaviour,
    /// How long payloads are.
    pub payload: Sizes,
    /// What each request asks the server to do first; needs [`Protocol::Framed`].
    pub work: Option<WorkTimes>,
    /// Bytes wanted back, where it is not the size of the payload; needs [`Protocol::Framed`].
    pub reply_size: Option<u32>,
    /// Requests that a connection sends before it waits for the oldest reply.
    pub pipeline: usize,
    /// Requests of an open loop that may wait for a free connection, all workers together.
    pub queue: usize,
    /// Connections to begin a second; none for as fast as they are accepted.
    pub connect_rate: Option<f64>,
    /// When to begin connecting, from the beginning of the measured window, all at once where no rate is given; none for
    /// before it.
    pub connect_at: Option<Duration>,
    /// How often a lost connection is opened again.
    pub reconnects: u32,
}

impl Class {
    /// Requests that may wait for a free connection where nothing else is said.
    pub const QUEUE: usize = 1 << 20;

    /// A closed loop of so many honest clients with 64 bytes each.
    pub fn of(name: &str, connections: usize) -> Self {
        Self {
            name: name.to_owned(),
            connections,
            schedule: Schedule::default(),
            behaviour: Behaviour::default(),
            payload: Sizes::Fixed(64),
            work: None,
            reply_size: None,
            pipeline: 1,
            queue: Self::QUEUE,
            connect_rate: None,
            connect_at: None,
            reconnects: 0,
        }
    }

    /// The longest payload or reply, in bytes.
    pub(crate) fn longest(&self) -> u32 {
        self.payload.largest().max(self.reply_size.unwrap_or(0))
    }
}

impl<R> Class<R> {
    /// Calls the classes without a name `class 1`, `class 2` and so on, by their place.
    pub fn give_names(classes: &mut [Self]) {
        for (class, number) in classes.iter_mut().zip(1..) {
            if class.name.is_empty() {
                class.name = format!("class {number}");
            }
        }
    }

    /// The same class with another rate.
    pub fn map_rate<Other>(self, rate: impl FnOnce(R) -> Other) -> Class<Other> {
        Class {
            name: self.name,
            connections: self.connections,
            schedule: self.schedule.map_rate(rate),
            behaviour: self.behaviour,
            payload: self.payload,
            work: self.work,
            reply_size: self.reply_size,
            pipeline: self.pipeline,
            queue: self.queue,
            connect_rate: self.connect_rate,
            connect_at: self.connect_at,
            reconnects: self.reconnects,
        }
    }
}

impl Class {
    /// Says what is wrong with this class, if something is.
    pub(crate) fn check(&self, protocol: Protocol) -> Result<(), LoadError> {
        let echo = protocol == Protocol::Echo;
        let rate_is_wrong = |rate: f64| !rate.is_finite() || rate <= 0.0;
        let longest = self.longest();
        if self.connections == 0 {
            Err(LoadError::NoConnections)
        } else if self.pipeline == 0 {
            Err(LoadError::NoPipeline)
        } else if self.queue == 0 {
            Err(LoadError::NoQueue)
        } else if self.connect_rate.is_some_and(rate_is_wrong) {
            Err(LoadError::ConnectRate)
        } else if echo && self.payload.smallest() == 0 {
            Err(LoadError::EmptyEcho)
        } else if echo && (self.work.is_some() || self.reply_size.is_some()) {
            Err(LoadError::NeedsFrames)
        } else if longest > limits::LONGEST {
            Err(LoadError::TooLong { bytes: longest })
        } else if self.schedule.is_open() && self.behaviour.is_idle() {
            Err(LoadError::IdleWithRate {
                class: self.name.clone(),
            })
        } else {
            Ok(())
        }
    }

    /// Says what about this class makes no sense in datagrams, if something does.
    pub(crate) fn check_for_datagrams(&self, protocol: Protocol) -> Result<(), LoadError> {
        let (header, least) = match protocol {
            Protocol::Echo => (0, NUMBER),
            Protocol::Framed => (HEADER, 0),
        };
        let most = (LONGEST_DATAGRAM - header) as u32;
        let (longest, smallest) = (self.longest(), self.payload.smallest());
        if !self.behaviour.is_honest() && !self.behaviour.is_idle()
            || self.behaviour.is_honest() && self.behaviour.conversation.is_some()
        {
            Err(LoadError::NeedsStream {
                class: self.name.clone(),
                behaviour: self.behaviour.to_string(),
            })
        } else if longest > most {
            Err(LoadError::BeyondDatagram {
                bytes: longest,
                most,
            })
        } else if (smallest as usize) < least {
            Err(LoadError::NoNumber { bytes: smallest })
        } else {
            Ok(())
        }
    }
}
