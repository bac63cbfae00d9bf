//! What to do: everything that one run is told, checked before it begins.

use std::io;
use std::time::Duration;

use echo_protocol::{Limits, Protocol, Work};
use thiserror::Error;

use crate::client::Manner;
use crate::payload::Questions;
use crate::{LoadSummary, Schedule, Sizes, Target};

/// What one run is told to do. Begin with [`Load::on`] and change what should differ.
#[derive(Clone, Debug, PartialEq)]
pub struct Load {
    /// Where the server is.
    pub target: Target,
    /// The language to speak.
    pub protocol: Protocol,
    /// How many clients, each with a connection of its own.
    pub connections: usize,
    /// When requests are due.
    pub schedule: Schedule,
    /// How long payloads are.
    pub payload: Sizes,
    /// What each request asks the server to do first; needs [`Protocol::Framed`].
    pub work: Option<Work>,
    /// Bytes wanted back, where it is not the size of the payload; needs [`Protocol::Framed`].
    pub reply_size: Option<u32>,
    /// Requests that a connection sends before it waits for the oldest reply.
    pub pipeline: usize,
    /// How long to measure, at most.
    pub duration: Duration,
    /// After how many requests to end.
    pub requests: Option<u64>,
    /// Full load before the measured window.
    pub warmup: Duration,
    /// Connections to begin a second; none for as fast as they are accepted.
    pub connect_rate: Option<f64>,
    /// After how long a connect has failed.
    pub connect_timeout: Duration,
    /// How often a lost connection is opened again.
    pub reconnects: u32,
    /// Worker threads.
    pub threads: usize,
    /// What payloads are made from.
    pub seed: u64,
    /// Whether to compare every reply byte for byte.
    pub verify: bool,
}

impl Load {
    /// The longest payload and the longest reply, in bytes: what a server of ours accepts by default.
    pub const LONGEST: u32 = 16 << 20;

    /// A closed loop of 64 clients with 64 bytes each for ten seconds after one of warm-up.
    pub fn on(target: Target) -> Self {
        Self {
            target,
            protocol: Protocol::Echo,
            connections: 64,
            schedule: Schedule::default(),
            payload: Sizes::Fixed(64),
            work: None,
            reply_size: None,
            pipeline: 1,
            duration: Duration::from_secs(10),
            requests: None,
            warmup: Duration::from_secs(1),
            connect_rate: None,
            connect_timeout: Duration::from_secs(5),
            reconnects: 0,
            threads: 1,
            seed: 1,
            verify: true,
        }
    }

    /// Says what is wrong with this load, if something is.
    ///
    /// # Errors
    /// The first contradiction found.
    pub fn check(&self) -> Result<(), LoadError> {
        let echo = self.protocol == Protocol::Echo;
        let longest = self.payload.largest().max(self.reply_size.unwrap_or(0));
        let rate_is_wrong = |rate: f64| !rate.is_finite() || rate <= 0.0;
        if self.connections == 0 {
            Err(LoadError::NoConnections)
        } else if self.threads == 0 || self.threads > self.connections {
            let (threads, connections) = (self.threads, self.connections);
            Err(LoadError::Threads {
                threads,
                connections,
            })
        } else if self.pipeline == 0 {
            Err(LoadError::NoPipeline)
        } else if self.duration.is_zero() || self.requests == Some(0) {
            Err(LoadError::NothingToMeasure)
        } else if self.connect_rate.is_some_and(rate_is_wrong) {
            Err(LoadError::ConnectRate)
        } else if self.connect_timeout.is_zero() {
            Err(LoadError::ConnectTimeout)
        } else if echo && self.payload.smallest() == 0 {
            Err(LoadError::EmptyEcho)
        } else if echo && (self.work.is_some() || self.reply_size.is_some()) {
            Err(LoadError::NeedsFrames)
        } else if longest > Self::LONGEST {
            Err(LoadError::TooLong { bytes: longest })
        } else {
            Ok(())
        }
    }

    /// What an outcome says about this load.
    pub fn summary(&self) -> LoadSummary {
        LoadSummary {
            target: self.target.to_string(),
            protocol: self.protocol.to_string(),
            connections: self.connections as u64,
            schedule: self.schedule.to_string(),
            payload: self.payload.to_string(),
            work: describe_work(self.work),
            reply_size: self.reply_size.map(u64::from),
            pipeline: self.pipeline as u64,
            duration_s: self.duration.as_secs_f64(),
            requests: self.requests,
            warmup_s: self.warmup.as_secs_f64(),
            connect_rate: self.connect_rate,
            connect_timeout_s: self.connect_timeout.as_secs_f64(),
            reconnects: self.reconnects,
            threads: self.threads as u64,
            seed: self.seed,
            verify: self.verify,
        }
    }

    /// How all clients of this load talk.
    pub(crate) fn manner(&self) -> Manner {
        Manner {
            protocol: self.protocol,
            limits: self.limits(),
            verify: self.verify,
            questions: Questions::new(self.seed, self.payload.clone(), self.reply_size, self.work),
        }
    }

    /// Long replies are read in longer pieces, so that they cost fewer calls.
    fn limits(&self) -> Limits {
        let limits = Limits::default();
        let longest = self.payload.largest().max(self.reply_size.unwrap_or(0)) as usize;
        Limits {
            max_frame: Self::LONGEST as usize,
            high_water: if longest > limits.high_water {
                4 * limits.high_water
            } else {
                limits.high_water
            },
        }
    }
}

fn describe_work(work: Option<Work>) -> String {
    match work {
        None => "none".to_owned(),
        Some(Work::Spin(duration)) => format!("spin:{}us", duration.as_micros()),
        Some(Work::Sleep(duration)) => format!("sleep:{}us", duration.as_micros()),
    }
}

/// Why a run could not begin, or not go on.
#[derive(Debug, Error)]
pub enum LoadError {
    /// No connections.
    #[error("a load needs at least one connection; say --connections 1 or more")]
    NoConnections,
    /// Threads without anything to do, or none.
    #[error(
        "{threads} threads cannot share {connections} connections; say --threads 1 to {connections}"
    )]
    Threads {
        /// Threads asked for.
        threads: usize,
        /// Connections asked for.
        connections: usize,
    },
    /// A pipeline of nothing.
    #[error("a pipeline of 0 requests never sends one; say --pipeline 1 or more")]
    NoPipeline,
    /// No time and no requests.
    #[error(
        "a run of no duration or no requests measures nothing; give --duration and --requests more than 0"
    )]
    NothingToMeasure,
    /// A connect rate that never connects.
    #[error("the connect rate must be above 0; leave --connect-rate out to connect at full speed")]
    ConnectRate,
    /// A connect timeout that nothing can meet.
    #[error("no connect is done in no time; give --connect-timeout more than 0")]
    ConnectTimeout,
    /// The stream echo cannot answer nothing.
    #[error("the echo of an empty payload cannot be seen; send at least 1 byte or use framed")]
    EmptyEcho,
    /// Work and reply sizes travel in frames.
    #[error("the stream echo knows neither work nor reply sizes; add --protocol framed")]
    NeedsFrames,
    /// More than a frame may carry.
    #[error(
        "{bytes} bytes are more than a request or reply may have; use at most {}",
        Load::LONGEST
    )]
    TooLong {
        /// What was asked for.
        bytes: u32,
    },
    /// The process may not open so many descriptors.
    #[error(
        "{needed} descriptors are needed but this process may open {allowed}; use fewer connections, or raise the hard limit (ulimit -Hn {needed}, as root or in /etc/security/limits.conf)"
    )]
    Descriptors {
        /// How many the load needs.
        needed: u64,
        /// The hard limit.
        allowed: u64,
    },
    /// The operating system failed the generator itself.
    #[error(
        "the load generator cannot go on: {0}; free memory, descriptors or processes and try again"
    )]
    System(#[from] io::Error),
}

#[cfg(test)]
mod tests {
    use super::*;

    fn load() -> Load {
        Load::on("127.0.0.1:7".parse().unwrap())
    }

    #[test]
    fn the_default_load_is_sound() {
        load().check().unwrap();
        assert_eq!(load().summary().schedule, "closed");
        assert_eq!(load().summary().work, "none");
    }

    #[test]
    fn contradictions_are_refused_with_a_remedy() {
        type Change = fn(&mut Load);
        let cases: [(Change, &str); 11] = [
            (|load| load.connections = 0, "--connections 1"),
            (|load| load.threads = 0, "--threads 1 to 64"),
            (|load| load.threads = 65, "--threads 1 to 64"),
            (|load| load.pipeline = 0, "--pipeline 1"),
            (|load| load.duration = Duration::ZERO, "--duration"),
            (|load| load.requests = Some(0), "--requests"),
            (|load| load.connect_rate = Some(0.0), "--connect-rate"),
            (
                |load| load.connect_timeout = Duration::ZERO,
                "--connect-timeout",
            ),
            (|load| load.payload = Sizes::Fixed(0), "at least 1 byte"),
            (|load| load.reply_size = Some(9), "--protocol framed"),
            (
                |load| load.payload = Sizes::Fixed(1 << 30),
                "at most 16777216",
            ),
        ];
        for (change, remedy) in cases {
            let mut load = load();
            change(&mut load);
            let error = load.check().unwrap_err().to_string();
            assert!(error.contains(remedy), "{error}");
        }
    }

    #[test]
    fn work_is_described_as_it_is_written() {
        let mut load = load();
        load.protocol = Protocol::Framed;
        load.work = Some(Work::Spin(Duration::from_micros(250)));
        load.check().unwrap();
        assert_eq!(load.summary().work, "spin:250us");
    }
}
