//! The load of one run: target, protocol, classes of clients, durations; and its checks.

use std::fmt;
use std::net::IpAddr;
use std::time::Duration;

use echo_protocol::Protocol;

use schemars::JsonSchema;
use serde::{Deserialize, Deserializer, Serialize};

use crate::plan::class::Class;
use crate::plan::error::LoadError;
use crate::plan::http::Http;
use crate::plan::limits;
use crate::plan::target::Target;
use crate::timing::part::Part;
use crate::timing::schedule::Schedule;

/// The load of one run. Start with [`Load::on`] and change what differs.
///
/// This type is also the load document: `FromStr` reads it in TOML and in JSON. A key that is absent has the value of
/// [`Load::default`]. An unknown key is an error. Times are texts such as `30s`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub struct Load {
    /// Address of the server.
    pub target: Target,
    /// Protocol.
    #[serde(with = "crate::text")]
    #[schemars(with = "String")]
    pub protocol: Protocol,
    /// What clients of HTTP ask for.
    #[serde(skip_serializing_if = "Http::is_default")]
    pub http: Http,
    /// Classes of clients; at least one.
    #[serde(rename = "class", deserialize_with = "named")]
    pub classes: Vec<Class>,
    /// Duration of the measured window, at most.
    #[serde(with = "crate::plan::time")]
    #[schemars(with = "String")]
    pub duration: Duration,
    /// Number of requests of honest clients after which the run ends.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub requests: Option<u64>,
    /// Warm-up: time of full load before the measured window.
    #[serde(with = "crate::plan::time")]
    #[schemars(with = "String")]
    pub warmup: Duration,
    /// Connect timeout.
    #[serde(with = "crate::plan::time")]
    #[schemars(with = "String")]
    pub connect_timeout: Duration,
    /// Reply timeout: a datagram without a reply counts as lost after this time from sending. A stream loses no single
    /// request.
    #[serde(with = "crate::plan::time")]
    #[schemars(with = "String")]
    pub reply_timeout: Duration,
    /// Source addresses, used in turn. Each address has its own ports. If the list is empty, the system chooses, or the run
    /// takes more addresses if its connections need more than half of the ports of one.
    pub sources: Vec<IpAddr>,
    /// Worker threads.
    pub threads: usize,
    /// Index of this generator process, and number of processes that share the load. Not part of a load document.
    #[serde(skip, default = "alone")]
    pub process: (usize, usize),
    /// If true, sending starts only with [`Progress::begin_at`](crate::notes::progress::Progress::begin_at), so that several
    /// processes start together. Not part of a load document.
    #[serde(skip)]
    pub held: bool,
    /// Seed of payloads and random times.
    pub seed: u64,
    /// If true, every reply is compared byte for byte.
    pub verify: bool,
    /// If true, workers spin instead of sleeping: each uses a whole CPU and wakes up without delay.
    pub busy: bool,
    /// Number of honest clients whose first requests are recorded individually, at most [`limits::TIMELINES`]. They are spread
    /// evenly over the clients of the first class, and then of the next.
    pub timeline: usize,
}

const fn alone() -> (usize, usize) {
    (0, 1)
}

fn named<'de, D: Deserializer<'de>>(from: D) -> Result<Vec<Class>, D::Error> {
    let mut classes = Vec::deserialize(from)?;
    Class::give_names(&mut classes);
    Ok(classes)
}

impl Default for Load {
    fn default() -> Self {
        Self::on(Target::default())
    }
}

impl Load {
    /// The longest payload or reply, in bytes: what our servers accept by default.
    pub const LONGEST: u32 = limits::LONGEST;

    /// A closed loop of 64 clients with 64 bytes each: 1 s of warm-up and a window of 10 s.
    pub fn on(target: Target) -> Self {
        Self {
            target,
            protocol: Protocol::Echo,
            http: Http::default(),
            classes: vec![Class::of("clients", 64)],
            duration: Duration::from_secs(10),
            requests: None,
            warmup: Duration::from_secs(1),
            connect_timeout: Duration::from_secs(5),
            reply_timeout: Duration::from_millis(100),
            sources: Vec::new(),
            threads: 1,
            process: alone(),
            held: false,
            seed: 1,
            verify: true,
            busy: false,
            timeline: 0,
        }
    }

    /// Checks this load.
    ///
    /// # Errors
    /// The first contradiction.
    pub fn check(&self) -> Result<(), LoadError> {
        if self.classes.is_empty() {
            return Err(LoadError::NoConnections);
        }
        self.check_counts()?;
        self.check_http()?;
        for (i, class) in self.classes.iter().enumerate() {
            class.check(self.protocol)?;
            if self.target.is_datagram() {
                class.check_for_datagrams(self.protocol)?;
            }
            if self.classes[..i]
                .iter()
                .any(|other| other.name == class.name)
            {
                return Err(LoadError::SameName {
                    name: class.name.clone(),
                });
            }
        }
        if self.duration.is_zero() || self.requests == Some(0) {
            return Err(LoadError::NothingToMeasure);
        }
        if self.connect_timeout.is_zero() {
            return Err(LoadError::ConnectTimeout);
        }
        if self.reply_timeout.is_zero() {
            return Err(LoadError::ReplyTimeout);
        }
        let target = self.target.address();
        let is_of_its_kind =
            |source: &IpAddr| target.is_some_and(|target| target.is_ipv4() == source.is_ipv4());
        if self.sources.iter().all(is_of_its_kind) {
            Ok(())
        } else {
            Err(LoadError::Sources)
        }
    }

    /// Checks what clients of HTTP ask for.
    fn check_http(&self) -> Result<(), LoadError> {
        if self.protocol != Protocol::Http {
            let is_unused = self.http.is_default();
            return is_unused.then_some(()).ok_or(LoadError::NeedsHttp);
        }
        self.http.check()?;
        let has_reply_size = |class: &Class| class.reply_size.is_some();
        if self.target.is_datagram() {
            Err(LoadError::HttpNeedsStream)
        } else if self.http.names_bytes() && self.classes.iter().any(has_reply_size) {
            Err(LoadError::TwoReplySizes)
        } else {
            Ok(())
        }
    }

    /// Checks the numbers of clients, workers and timelines.
    fn check_counts(&self) -> Result<(), LoadError> {
        let mut numbers = self.classes.iter().map(|class| class.connections);
        let connections = numbers.try_fold(0_usize, usize::checked_add);
        let connections = connections
            .filter(|&connections| connections <= limits::CONNECTIONS)
            .ok_or(LoadError::TooManyConnections)?;
        if connections == 0 {
            return Err(LoadError::NoConnections);
        }
        limits::check("processes", self.process.1, 1..=limits::PROCESSES)?;
        limits::check("timeline", self.timeline, 0..=limits::TIMELINES)?;
        match self.threads.checked_mul(self.process.1) {
            Some(workers) if workers > 0 && workers <= connections => {
                limits::check("threads", self.threads, 1..=limits::THREADS)
            }
            workers => Err(LoadError::Threads {
                threads: workers.unwrap_or(self.threads),
                connections,
            }),
        }
    }

    /// Checks that this load can be measured in slices.
    ///
    /// # Errors
    /// The first contradiction.
    pub fn check_for_slices(&self) -> Result<(), LoadError> {
        self.check()?;
        if self.threads * self.process.1 > 1 {
            return Err(LoadError::SlicesNeedOneWorker);
        }
        if self.requests.is_some() {
            return Err(LoadError::SlicesEndByTime);
        }
        match self.classes.iter().find(|class| class.connect_at.is_some()) {
            Some(class) => Err(LoadError::SlicesNeedClients {
                class: class.name.clone(),
            }),
            None => Ok(()),
        }
    }

    /// Number of clients of all classes and processes.
    pub fn connections(&self) -> usize {
        self.classes.iter().map(|class| class.connections).sum()
    }

    /// The first class: the only one if no load file was given.
    pub fn first_mut(&mut self) -> &mut Class {
        &mut self.classes[0]
    }

    /// A worker's part of the load among the workers of all processes.
    pub(crate) const fn part(&self, worker: usize) -> Part {
        let (process, processes) = self.process;
        Part {
            index: process * self.threads + worker,
            count: processes * self.threads,
        }
    }

    /// Number of clients of this process that connect before sending starts.
    pub(crate) fn early_connections(&self) -> usize {
        let early = self
            .classes
            .iter()
            .filter(|class| class.connect_at.is_none());
        early
            .map(|class| self.process_share(class.connections))
            .sum()
    }

    /// Number of clients of this process.
    pub(crate) fn process_connections(&self) -> usize {
        self.classes
            .iter()
            .map(|class| self.process_share(class.connections))
            .sum()
    }

    /// This process's share of a number of clients.
    fn process_share(&self, clients: usize) -> usize {
        (0..self.threads)
            .map(|worker| self.part(worker).indices(clients).len())
            .sum()
    }

    /// True if some class is an open loop.
    pub fn is_open(&self) -> bool {
        self.classes.iter().any(|class| class.schedule.is_open())
    }

    /// True if some class is honest. Then the figures of the whole run are those of the honest classes.
    pub fn any_honest(&self) -> bool {
        self.classes.iter().any(|class| class.behaviour.is_honest())
    }

    /// Replaces the schedule of the first class.
    #[must_use]
    pub fn with_schedule(mut self, schedule: Schedule) -> Self {
        self.classes[0].schedule = schedule;
        self
    }
}

impl fmt::Display for Load {
    /// One line for people: the target and the classes.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} at {}", self.protocol, self.target)?;
        for Class {
            name,
            connections,
            schedule,
            behaviour,
            ..
        } in &self.classes
        {
            write!(f, "; {connections} {name}")?;
            match behaviour.name() {
                Some("honest") => write!(f, ", {schedule}")?,
                Some("idle") if name == "idle" => {}
                _ => write!(f, ", {behaviour}, {schedule}")?,
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests;
