//! What to do: everything that one run is told, checked before it begins.

use std::fmt;
use std::net::{IpAddr, SocketAddr};
use std::time::Duration;

use echo_protocol::Protocol;

use schemars::JsonSchema;
use serde::{Deserialize, Deserializer, Serialize};

use crate::plan::class::Class;
use crate::plan::error::LoadError;
use crate::plan::limits;
use crate::plan::target::Target;
use crate::timing::part::Part;
use crate::timing::schedule::Schedule;

/// What one run is told to do. Begin with [`Load::on`] and change what should differ.
///
/// The same type reads a load document, in TOML or in JSON, and writes it: see [`Load::from_str`]. A key that is absent has the value
/// of [`Load::default`], and an unknown key is an error. Times are texts such as `30s`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub struct Load {
    /// Where the server is.
    pub target: Target,
    /// The language to speak.
    #[serde(with = "crate::text")]
    #[schemars(with = "String")]
    pub protocol: Protocol,
    /// Who the clients are, class by class; at least one.
    #[serde(rename = "class", deserialize_with = "named")]
    pub classes: Vec<Class>,
    /// How long to measure, at most.
    #[serde(with = "crate::plan::time")]
    #[schemars(with = "String")]
    pub duration: Duration,
    /// After how many requests of honest clients to end.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub requests: Option<u64>,
    /// Full load before the measured window.
    #[serde(with = "crate::plan::time")]
    #[schemars(with = "String")]
    pub warmup: Duration,
    /// After how long a connect has failed.
    #[serde(with = "crate::plan::time")]
    #[schemars(with = "String")]
    pub connect_timeout: Duration,
    /// After how long a datagram counts as lost, counted from when it was sent. Over a stream nothing is lost alone.
    #[serde(with = "crate::plan::time")]
    #[schemars(with = "String")]
    pub reply_timeout: Duration,
    /// Addresses that connections come from, in turn; none for the system's choice. Each has ports of its own.
    pub sources: Vec<IpAddr>,
    /// Worker threads.
    pub threads: usize,
    /// Which of several generator processes this is, and how many share this load. Not a part of a load document.
    #[serde(skip, default = "alone")]
    pub process: (usize, usize),
    /// Whether asking waits, when all connections are made, for [`Progress::begin_at`](crate::notes::progress::Progress::begin_at): several
    /// processes begin together. Not a part of a load document.
    #[serde(skip)]
    pub held: bool,
    /// What payloads and random times are made from.
    pub seed: u64,
    /// Whether to compare every reply byte for byte.
    pub verify: bool,
    /// Whether workers spin instead of sleeping: a core each, for wake-ups without delay.
    pub busy: bool,
    /// Of so many clients the first requests are noted one by one: the first ones of those that the figures are about, at most
    /// [`Load::TIMELINES`].
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
    /// The longest payload and the longest reply, in bytes: what a server of ours accepts by default.
    pub const LONGEST: u32 = limits::LONGEST;

    /// The most clients whose first requests are noted one by one.
    pub const TIMELINES: usize = limits::TIMELINES;

    /// A closed loop of 64 clients with 64 bytes each for ten seconds after one of warm-up.
    pub fn on(target: Target) -> Self {
        Self {
            target,
            protocol: Protocol::Echo,
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

    /// Says what is wrong with this load, if something is.
    ///
    /// # Errors
    /// The first contradiction found.
    pub fn check(&self) -> Result<(), LoadError> {
        if self.classes.is_empty() {
            return Err(LoadError::NoConnections);
        }
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
        let (connections, workers) = (self.connections(), self.threads * self.process.1);
        if self.threads == 0 || workers > connections {
            return Err(LoadError::Threads {
                threads: workers,
                connections,
            });
        }
        if self.duration.is_zero() || self.requests == Some(0) {
            return Err(LoadError::NothingToMeasure);
        }
        if self.connect_timeout.is_zero() {
            return Err(LoadError::ConnectTimeout);
        }
        if self.timeline > Self::TIMELINES {
            return Err(LoadError::Timeline);
        }
        if self.reply_timeout.is_zero() {
            return Err(LoadError::ReplyTimeout);
        }
        match &self.target {
            Target::Tcp(SocketAddr::V4(_)) | Target::Udp(SocketAddr::V4(_))
                if self.sources.iter().all(IpAddr::is_ipv4) =>
            {
                Ok(())
            }
            _ if self.sources.is_empty() => Ok(()),
            _ => Err(LoadError::Sources),
        }
    }

    /// Clients of all classes, all processes together.
    pub fn connections(&self) -> usize {
        self.classes.iter().map(|class| class.connections).sum()
    }

    /// The class that comes first: the one that a load without a file is about.
    pub fn first_mut(&mut self) -> &mut Class {
        &mut self.classes[0]
    }

    /// A worker's place among those of all processes.
    pub(crate) const fn part(&self, id: usize) -> Part {
        let (process, of) = self.process;
        Part {
            id: process * self.threads + id,
            of: of * self.threads,
        }
    }

    /// Clients of this process, class by class and worker by worker, for which asking waits.
    pub(crate) fn awaited(&self) -> usize {
        let early = self
            .classes
            .iter()
            .filter(|class| class.connect_at.is_none());
        early.map(|class| self.share(class.connections)).sum()
    }

    /// Clients of this process.
    pub(crate) fn own_connections(&self) -> usize {
        self.classes
            .iter()
            .map(|class| self.share(class.connections))
            .sum()
    }

    /// How many of so many things in turn fall to this process.
    fn share(&self, all: usize) -> usize {
        (0..self.threads)
            .map(|id| self.part(id).numbers(all).len())
            .sum()
    }

    /// Whether some class has an open loop.
    pub fn is_open(&self) -> bool {
        self.classes.iter().any(|class| class.schedule.is_open())
    }

    /// Whether some class is honest: then the figures of the whole are theirs.
    pub fn any_honest(&self) -> bool {
        self.classes.iter().any(|class| class.behaviour.is_honest())
    }

    /// Sets the schedule of the first class.
    #[must_use]
    pub fn with_schedule(mut self, schedule: Schedule) -> Self {
        self.classes[0].schedule = schedule;
        self
    }
}

impl fmt::Display for Load {
    /// One line for people: the target, and class by class who the clients are.
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
            match behaviour.to_string().as_str() {
                "honest" => write!(f, ", {schedule}")?,
                "idle" if name == "idle" => {}
                behaviour => write!(f, ", {behaviour}, {schedule}")?,
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::plan::behaviour::Behaviour;
    use crate::request::sizes::Sizes;

    fn load() -> Load {
        Load::on("127.0.0.1:7".parse().unwrap())
    }

    #[test]
    fn the_default_load_is_sound() {
        load().check().unwrap();
    }

    #[test]
    fn contradictions_are_refused_with_a_remedy() {
        type Change = fn(&mut Load);
        let cases: [(Change, &str); 16] = [
            (|load| load.classes.clear(), "--connections 1"),
            (|load| load.classes[0].connections = 0, "--connections 1"),
            (|load| load.threads = 0, "--threads 1 to 64"),
            (|load| load.threads = 65, "--threads 1 to 64"),
            (|load| load.classes[0].pipeline = 0, "--pipeline 1"),
            (|load| load.classes[0].queue = 0, "--queue 1"),
            (|load| load.duration = Duration::ZERO, "--duration"),
            (|load| load.requests = Some(0), "--requests"),
            (|load| load.timeline = 65, "--timeline 0 to 64"),
            (
                |load| load.classes[0].connect_rate = Some(0.0),
                "--connect-rate",
            ),
            (
                |load| load.connect_timeout = Duration::ZERO,
                "--connect-timeout",
            ),
            (
                |load| load.classes[0].payload = Sizes::Fixed(0),
                "at least 1 byte",
            ),
            (
                |load| load.classes[0].reply_size = Some(9),
                "--protocol framed",
            ),
            (
                |load| load.classes[0].payload = Sizes::Fixed(1 << 30),
                "at most 16777216",
            ),
            (
                |load| {
                    *load = load.clone().with_schedule(Schedule::constant(5.0));
                    load.classes[0].behaviour = Behaviour::named("idle").unwrap();
                },
                "leave its rate out",
            ),
            (
                |load| load.classes.push(Class::of("clients", 1)),
                "another name",
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
    fn what_makes_no_sense_in_datagrams_is_refused_with_a_remedy() {
        type Change = fn(&mut Load);
        let slow =
            |load: &mut Load| load.classes[0].behaviour = Behaviour::named("slow-sender").unwrap();
        let short =
            |load: &mut Load| load.classes[0].behaviour = Behaviour::named("short").unwrap();
        let cases: [(Change, &str); 6] = [
            (slow, "an address without `udp:`"),
            (short, "`clients` are short"),
            (
                |load| load.classes[0].payload = Sizes::Fixed(1 << 16),
                "carries 65507 at most",
            ),
            (
                |load| load.classes[0].payload = Sizes::Fixed(7),
                "--payload 8",
            ),
            (
                |load| {
                    load.protocol = Protocol::Framed;
                    load.classes[0].reply_size = Some(65_488);
                },
                "carries 65487 at most",
            ),
            (
                |load| load.reply_timeout = Duration::ZERO,
                "--reply-timeout",
            ),
        ];
        for (change, remedy) in cases {
            let mut load = Load::on("udp:127.0.0.1:7".parse().unwrap());
            load.check().unwrap();
            change(&mut load);
            let error = load.check().unwrap_err().to_string();
            assert!(error.contains(remedy), "{error}");
        }
    }

    #[test]
    fn sources_need_a_target_of_their_kind() {
        let mut load = load();
        load.sources = vec!["127.0.0.2".parse().unwrap()];
        load.check().unwrap();
        for target in ["unix:/tmp/echo", "[::1]:7"] {
            load.target = target.parse().unwrap();
            let error = load.check().unwrap_err().to_string();
            assert!(error.contains("leave --sources out"), "{error}");
        }
    }

    #[test]
    fn processes_share_the_connections() {
        let mut all = 0;
        for process in 0..3 {
            let mut load = load();
            (load.threads, load.process) = (2, (process, 3));
            all += load.own_connections();
        }
        assert_eq!(all, 64);
    }
}
