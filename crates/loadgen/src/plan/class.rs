//! A class of clients that do the same: how many, when they send, what they send, and how they behave.

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

/// One class of clients. The outcome has separate figures for each class.
///
/// A load document writes a class as flat keys: `name`, `connections`, `behaviour` (or `send`, `receive`, `conversation`,
/// `ending`, `pause`), `think` (or `rate` and `arrivals`), `payload`, `work`, `reply-size`, `pipeline`, `queue`,
/// `connect-rate`, `connect-at`, `reconnects`. A key that is absent has the value of a closed loop of one honest client with
/// 64 bytes.
///
/// `R` is the type of the rate, as in [`Schedule`]: a plan may use its own.
#[derive(Clone, Debug, PartialEq)]
pub struct Class<R = Rate> {
    /// Name in the outcome. It is empty for a class of a document without a name; see [`give_names`](Self::give_names).
    pub name: String,
    /// Number of clients, each with its own connection.
    pub connections: usize,
    /// When requests are due.
    pub schedule: Schedule<R>,
    /// How clients behave beyond sending and receiving.
    pub behaviour: Behaviour,
    /// Payload sizes.
    pub payload: Sizes,
    /// Work that each request asks the server to do first; needs [`Protocol::Framed`].
    pub work: Option<WorkTimes>,
    /// Reply size in bytes, if different from the payload; needs [`Protocol::Framed`], or [`Protocol::Http`] with a path that does
    /// not name it.
    pub reply_size: Option<u32>,
    /// Requests that a connection sends before it waits for the oldest reply.
    pub pipeline: usize,
    /// Requests of an open loop that may wait for a free connection, all workers together.
    pub queue: usize,
    /// Connects per second; `None` for as fast as the server accepts.
    pub connect_rate: Option<f64>,
    /// Time of the first connect, from the start of the measured window; `None` to connect before it. Without a connect rate
    /// all clients connect at once.
    pub connect_at: Option<Duration>,
    /// How often a client opens its lost connection again.
    pub reconnects: u32,
}

impl Class {
    /// Default for the requests that may wait for a free connection.
    pub const QUEUE: usize = 1 << 20;

    /// A closed loop of honest clients with 64 bytes each.
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
    /// Names the classes without a name `class 1`, `class 2` and so on, by position.
    pub fn give_names(classes: &mut [Self]) {
        for (class, number) in classes.iter_mut().zip(1..) {
            if class.name.is_empty() {
                class.name = format!("class {number}");
            }
        }
    }

    /// Returns the same class with another rate.
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
    /// Checks this class on its own.
    pub(crate) fn check(&self, protocol: Protocol) -> Result<(), LoadError> {
        let echo = protocol == Protocol::Echo;
        let rate_is_wrong = |rate: f64| !(rate > 0.0 && rate <= Rate::HIGHEST);
        let longest = self.longest();
        self.check_counts()?;
        if self.connections == 0 {
            Err(LoadError::NoConnections)
        } else if protocol == Protocol::Line {
            Err(LoadError::NoClient { protocol })
        } else if self.connect_rate.is_some_and(rate_is_wrong) {
            Err(LoadError::ConnectRate)
        } else if echo && self.payload.smallest() == 0 {
            Err(LoadError::EmptyEcho)
        } else if echo && (self.work.is_some() || self.reply_size.is_some()) {
            Err(LoadError::NeedsFrames)
        } else if protocol == Protocol::Http && self.work.is_some() {
            Err(LoadError::HttpWork)
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

    /// Checks the numbers that decide how much memory this class needs.
    fn check_counts(&self) -> Result<(), LoadError> {
        limits::check("pipeline", self.pipeline, 1..=limits::PIPELINE)?;
        limits::check("queue", self.queue, 1..=limits::QUEUE)?;
        match self.connections.checked_mul(self.pipeline) {
            Some(in_flight) if in_flight <= limits::IN_FLIGHT => Ok(()),
            _ => Err(LoadError::TooManyInFlight {
                class: self.name.clone(),
            }),
        }
    }

    /// Checks that this class makes sense over datagrams.
    pub(crate) fn check_for_datagrams(&self, protocol: Protocol) -> Result<(), LoadError> {
        let (header, least) = match protocol {
            Protocol::Echo | Protocol::Http | Protocol::Line => (0, NUMBER),
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
