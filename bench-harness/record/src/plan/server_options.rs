//! Options of the server that a load sets. Each is an option of `echolab serve`, and may vary along the axis of a scenario.

use std::num::NonZero;
use std::ops::RangeInclusive;
use std::time::Duration;

use echo_protocol::Limits;
use loadgen::{limits, parse_time};
use schemars::JsonSchema;
use serde::de::Error as _;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::number::{counted, grouped};

/// Options of the server of a load. An option that is absent has the default of `echolab serve`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case", default)]
pub struct ServerOptions {
    /// Length of the accept queue.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub backlog: Option<NonZero<u32>>,
    /// Number of threads, processes or event loops.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub workers: Option<NonZero<usize>>,
    /// Bytes that a conversation may buffer before the server stops reading.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub high_water: Option<usize>,
    /// Whether each write is sent at once.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub nodelay: Option<Switch>,
    /// Time after which a silent client is sent away.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub idle_timeout: Option<Silence>,
    /// Silence after which the kernel probes a client.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub keepalive: Option<Silence>,
    /// Number of open connections at a time; further clients wait.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub max_connections: Option<NonZero<u64>>,
    /// Whether a new client wakes one of several loops that watch one listener, or all of them.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub exclusive: Option<Switch>,
}

/// A switch: `on` or `off`. A scenario may also write true and false, or 1 and 0 for the steps of an axis.
#[derive(Clone, Copy, Debug, PartialEq, Eq, JsonSchema)]
#[schemars(with = "String")]
pub enum Switch {
    /// On.
    On,
    /// Off.
    Off,
}

/// How long a client may be silent: a text such as `500ms` or `30s`.
#[derive(Clone, Debug, PartialEq, Eq, JsonSchema)]
#[schemars(with = "String")]
pub struct Silence(String);

impl ServerOptions {
    /// The most threads, processes or event loops.
    pub const WORKERS: NonZero<usize> = NonZero::new(4096).unwrap();
    /// The most connections that a limit may allow.
    pub const CONNECTIONS: NonZero<u64> = NonZero::new(limits::CONNECTIONS as u64).unwrap();

    /// Silence before the first probe of keepalive: the kernel takes whole seconds, up to 32,767.
    pub const KEEPALIVE: RangeInclusive<Duration> =
        Duration::from_secs(1)..=Duration::from_secs(32_767);

    /// Checks the values that `echolab serve` would refuse.
    ///
    /// # Errors
    /// The first option that is out of its range.
    pub fn check(&self) -> Result<(), String> {
        let [workers, backlog] = [
            self.workers.map(NonZero::get),
            self.backlog.map(|n| n.get() as usize),
        ];
        let connections = self.max_connections.map(|n| n.get() as usize);
        let options = [
            ("workers", workers, Self::WORKERS.get()),
            ("backlog", backlog, i32::MAX as usize),
            ("high-water", self.high_water, Limits::MAX_HIGH_WATER),
            ("max-connections", connections, limits::CONNECTIONS),
        ];
        for (option, value, most) in options {
            if let Some(value) = value.filter(|&value| value > most) {
                return Err(format!(
                    "{option} is {value}; write a whole number up to {most}"
                ));
            }
        }
        let keepalive = self.keepalive.as_ref().and_then(Silence::time);
        if keepalive.is_some_and(|time| !Self::KEEPALIVE.contains(&time)) {
            return Err("keepalive is 1s to 9h".to_owned());
        }
        Ok(())
    }

    /// True if the server has its default options.
    pub fn is_default(&self) -> bool {
        *self == Self::default()
    }

    /// The options as arguments of `echolab serve`.
    pub fn arguments(&self) -> Vec<String> {
        let pairs = [
            ("--backlog", self.backlog.map(|n| n.to_string())),
            ("--workers", self.workers.map(|n| n.to_string())),
            ("--high-water", self.high_water.map(|n| n.to_string())),
            ("--nodelay", self.nodelay.map(|on| on.name().to_owned())),
            (
                "--idle-timeout",
                self.idle_timeout.as_ref().map(|time| time.0.clone()),
            ),
            (
                "--keepalive",
                self.keepalive.as_ref().map(|time| time.0.clone()),
            ),
            (
                "--max-connections",
                self.max_connections.map(|n| n.to_string()),
            ),
            ("--exclusive", self.exclusive.map(|on| on.name().to_owned())),
        ];
        let words = pairs.into_iter().filter_map(|(name, value)| {
            let value = value?;
            Some([name.to_owned(), value])
        });
        words.flatten().collect()
    }

    /// The options in the label of a load, such as `backlog 16`. The list is empty if all options have their default.
    pub fn labels(&self) -> Vec<String> {
        let number = |n: u64| grouped(n);
        let labels = [
            self.backlog
                .map(|n| format!("backlog {}", number(n.get().into()))),
            self.workers.map(|n| counted(n.get(), "worker")),
            self.high_water
                .map(|n| format!("high-water mark {} bytes", number(n as u64))),
            self.nodelay.map(|on| format!("nodelay {}", on.name())),
            self.idle_timeout
                .as_ref()
                .map(|time| format!("idle timeout {}", time.0)),
            self.keepalive
                .as_ref()
                .map(|time| format!("keepalive {}", time.0)),
            self.max_connections
                .map(|n| format!("at most {} at once", number(n.get()))),
            self.exclusive.map(|on| format!("exclusive {}", on.name())),
        ];
        labels.into_iter().flatten().collect()
    }
}

impl Silence {
    fn time(&self) -> Option<Duration> {
        parse_time(&self.0).ok()
    }
}

impl Switch {
    /// Its value in a command.
    pub const fn name(self) -> &'static str {
        match self {
            Self::On => "on",
            Self::Off => "off",
        }
    }
}

impl Serialize for Switch {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        to.serialize_str(self.name())
    }
}

impl<'de> Deserialize<'de> for Switch {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        /// The forms of a switch.
        #[derive(Deserialize)]
        #[serde(untagged)]
        enum Form {
            Truth(bool),
            Number(u64),
            Text(String),
        }
        let form = Form::deserialize(from);
        match form.map_err(|_| D::Error::custom("a switch is \"on\" or \"off\""))? {
            Form::Truth(true) | Form::Number(1) => Ok(Self::On),
            Form::Truth(false) | Form::Number(0) => Ok(Self::Off),
            Form::Text(text) if text == "on" => Ok(Self::On),
            Form::Text(text) if text == "off" => Ok(Self::Off),
            Form::Number(_) | Form::Text(_) => {
                Err(D::Error::custom("a switch is \"on\" or \"off\""))
            }
        }
    }
}

impl Serialize for Silence {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        to.serialize_str(&self.0)
    }
}

impl<'de> Deserialize<'de> for Silence {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        let text = String::deserialize(from)?;
        match parse_time(&text) {
            Ok(Duration::ZERO) => Err(D::Error::custom(
                "no client can send within 0 s; write for example \"30s\"",
            )),
            Ok(_) => Ok(Self(text)),
            Err(error) => Err(D::Error::custom(error)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Result<ServerOptions, String> {
        toml::from_str(text).map_err(|error| error.message().to_owned())
    }

    #[test]
    fn every_option_becomes_an_argument_and_a_label() {
        let options = read(
            "backlog = 16\nworkers = 4\nhigh-water = 1024\nnodelay = \"off\"\nidle-timeout = \"3s\"\nkeepalive = \"60s\"\nmax-connections = 1\nexclusive = \"off\"",
        );
        let options = options.unwrap();
        assert_eq!(
            options.arguments().join(" "),
            "--backlog 16 --workers 4 --high-water 1024 --nodelay off --idle-timeout 3s --keepalive 60s --max-connections 1 --exclusive off"
        );
        assert_eq!(
            options.labels().join(", "),
            "backlog 16, 4 workers, high-water mark 1,024 bytes, nodelay off, idle timeout 3s, keepalive 60s, at most 1 at once, exclusive off"
        );
        let stored = serde_json::to_string(&options).unwrap();
        assert_eq!(
            serde_json::from_str::<ServerOptions>(&stored).unwrap(),
            options
        );
    }

    #[test]
    fn a_server_without_options_has_no_arguments() {
        let options = ServerOptions::default();
        assert!(options.is_default() && options.arguments().is_empty());
        assert!(options.labels().is_empty());
    }

    #[test]
    fn keepalive_is_a_time_that_the_kernel_takes() {
        let check = |text: &str| read(text).unwrap().check();
        assert!(check("keepalive = \"60s\"").is_ok());
        for text in ["keepalive = \"900ms\"", "keepalive = \"10h\""] {
            assert!(check(text).unwrap_err().contains("1s to 9h"));
        }
    }

    #[test]
    fn a_switch_may_be_a_step_of_an_axis() {
        for (text, switch) in [("1", Switch::On), ("0", Switch::Off), ("true", Switch::On)] {
            assert_eq!(
                read(&format!("nodelay = {text}")).unwrap().nodelay,
                Some(switch)
            );
        }
    }

    #[test]
    fn a_wrong_option_is_refused_with_what_to_write() {
        for (text, words) in [
            ("backlog = 0", "nonzero"),
            (
                "blacklog = 1",
                "expected one of `backlog`, `workers`, `high-water`",
            ),
            ("nodelay = 2", "\"on\" or \"off\""),
            ("idle-timeout = \"0s\"", "write for example \"30s\""),
        ] {
            let error = read(text).unwrap_err();
            assert!(error.contains(words), "{error}");
        }
    }
}
