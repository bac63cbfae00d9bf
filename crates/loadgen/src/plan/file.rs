//! A load that is written in a file: any mix of classes of clients, in TOML.
//!
//! ```toml
//! duration = "30s"
//! protocol = "framed"
//!
//! [[class]]
//! name = "users"
//! connections = 64
//! rate = 20000
//! arrivals = "poisson"
//! work = "spin:exp:20us"
//!
//! [[class]]
//! name = "slow ones"
//! behaviour = "slow-sender"
//! connections = 20
//! ```

use std::fmt;
use std::marker::PhantomData;
use std::str::FromStr;
use std::time::Duration;

use echo_protocol::Protocol;
use serde::Deserialize;
use serde::de::{Deserializer, Error as _, Visitor};
use thiserror::Error;

use crate::plan::behaviour::{Behaviour, Ending, NAMED, Receiving, Sending};
use crate::plan::class::Class;
use crate::plan::load::Load;
use crate::request::sizes::Sizes;
use crate::request::times::parse_time;
use crate::request::work::WorkTimes;
use crate::timing::rate::Rate;
use crate::timing::schedule::{Schedule, Spacing};

/// What is wrong with a file, and where.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[error("line {line}, column {column}: {message}")]
pub struct FileError {
    /// From 1.
    pub line: usize,
    /// From 1.
    pub column: usize,
    /// What is wrong there, and what to do.
    pub message: String,
}

impl Load {
    /// Changes everything that the text of a file says. Classes of the file take the place of those that were there.
    ///
    /// # Errors
    /// The text is no load: the first mistake, its place, and what may have been meant.
    pub fn read(&mut self, text: &str) -> Result<(), FileError> {
        let file: LoadFile = toml::from_str(text).map_err(|error| explain(text, &error))?;
        let set = |to: &mut Duration, from: Option<Time>| {
            if let Some(Time(time)) = from {
                *to = time;
            }
        };
        set(&mut self.duration, file.duration);
        set(&mut self.warmup, file.warmup);
        set(&mut self.connect_timeout, file.connect_timeout);
        set(&mut self.reply_timeout, file.reply_timeout);
        self.protocol = file.protocol.unwrap_or(self.protocol);
        self.requests = file.requests.or(self.requests);
        self.threads = file.threads.unwrap_or(self.threads);
        self.seed = file.seed.unwrap_or(self.seed);
        self.verify = file.verify.unwrap_or(self.verify);
        self.busy = file.busy.unwrap_or(self.busy);
        self.timeline = file.timeline.unwrap_or(self.timeline);
        if !file.class.is_empty() {
            self.classes = file
                .class
                .into_iter()
                .enumerate()
                .map(ClassFile::class)
                .collect();
        }
        Ok(())
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
struct LoadFile {
    duration: Option<Time>,
    warmup: Option<Time>,
    requests: Option<u64>,
    #[serde(default, deserialize_with = "written")]
    protocol: Option<Protocol>,
    connect_timeout: Option<Time>,
    reply_timeout: Option<Time>,
    threads: Option<usize>,
    seed: Option<u64>,
    verify: Option<bool>,
    busy: Option<bool>,
    timeline: Option<usize>,
    #[serde(default)]
    class: Vec<ClassFile>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
struct ClassFile {
    name: Option<String>,
    connections: Option<usize>,
    behaviour: Option<Named>,
    #[serde(default, deserialize_with = "written")]
    send: Option<Sending>,
    #[serde(default, deserialize_with = "written")]
    receive: Option<Receiving>,
    conversation: Option<u64>,
    #[serde(default, deserialize_with = "written")]
    ending: Option<Ending>,
    pause: Option<Time>,
    think: Option<Time>,
    #[serde(default, deserialize_with = "written")]
    rate: Option<Rate>,
    #[serde(default, deserialize_with = "written")]
    arrivals: Option<Spacing>,
    #[serde(default, deserialize_with = "written")]
    payload: Option<Sizes>,
    #[serde(default, deserialize_with = "written")]
    work: Option<WorkTimes>,
    reply_size: Option<u32>,
    pipeline: Option<usize>,
    queue: Option<usize>,
    connect_rate: Option<f64>,
    connect_at: Option<Time>,
    reconnects: Option<u32>,
}

impl ClassFile {
    fn class((i, file): (usize, Self)) -> Class {
        let name = file.name.unwrap_or_else(|| format!("class {}", i + 1));
        let plain = Class::of(&name, file.connections.unwrap_or(1));
        let named = file
            .behaviour
            .map_or_else(Behaviour::default, |named| named.0);
        let time = |time: Option<Time>| time.map(|time| time.0);
        let schedule = match file.rate {
            Some(rate) => Schedule::Open {
                rate,
                spacing: file.arrivals.unwrap_or_default(),
            },
            None => Schedule::Closed {
                think: time(file.think).unwrap_or_default(),
            },
        };
        Class {
            schedule,
            behaviour: Behaviour {
                sending: file.send.unwrap_or(named.sending),
                receiving: file.receive.unwrap_or(named.receiving),
                conversation: file.conversation.or(named.conversation),
                ending: file.ending.unwrap_or(named.ending),
                pause: time(file.pause).unwrap_or(named.pause),
            },
            payload: file.payload.unwrap_or(plain.payload),
            work: file.work,
            reply_size: file.reply_size,
            pipeline: file.pipeline.unwrap_or(plain.pipeline),
            queue: file.queue.unwrap_or(plain.queue),
            connect_rate: file.connect_rate,
            connect_at: time(file.connect_at),
            reconnects: file.reconnects.unwrap_or(plain.reconnects),
            name: plain.name,
            connections: plain.connections,
        }
    }
}

/// A time such as `250us`.
struct Time(Duration);

impl<'de> Deserialize<'de> for Time {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        let text = String::deserialize(from)?;
        parse_time(&text).map(Self).map_err(D::Error::custom)
    }
}

/// A behaviour by its name.
struct Named(Behaviour);

impl<'de> Deserialize<'de> for Named {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        let text = String::deserialize(from)?;
        Behaviour::named(&text).map(Self).ok_or_else(|| {
            let names = NAMED.map(|(name, _)| name);
            D::Error::custom(format!(
                "no behaviour is called `{text}`; {}",
                meant(&text, &names)
            ))
        })
    }
}

/// A value as it is written on the command line; a number needs no quotes.
fn written<'de, D: Deserializer<'de>, T>(from: D) -> Result<Option<T>, D::Error>
where
    T: FromStr<Err: fmt::Display>,
{
    from.deserialize_any(Written(PhantomData)).map(Some)
}

struct Written<T>(PhantomData<T>);

impl<T: FromStr<Err: fmt::Display>> Visitor<'_> for Written<T> {
    type Value = T;

    fn expecting(&self, f: &mut fmt::Formatter) -> fmt::Result {
        f.write_str("a text or a number")
    }

    fn visit_str<E: serde::de::Error>(self, text: &str) -> Result<T, E> {
        text.parse().map_err(E::custom)
    }

    fn visit_i64<E: serde::de::Error>(self, number: i64) -> Result<T, E> {
        self.visit_str(&number.to_string())
    }

    fn visit_f64<E: serde::de::Error>(self, number: f64) -> Result<T, E> {
        self.visit_str(&number.to_string())
    }
}

/// A mistake in words of ours, with its place.
fn explain(text: &str, error: &toml::de::Error) -> FileError {
    let at = error.span().map_or(0, |span| span.start).min(text.len());
    let before = text.get(..at).unwrap_or(text);
    let line = before.matches('\n').count() + 1;
    let column = before.rsplit('\n').next().unwrap_or("").chars().count() + 1;
    let quoted: Vec<&str> = error.message().split('`').skip(1).step_by(2).collect();
    let message = match quoted.split_first() {
        Some((unknown, known)) if error.message().starts_with("unknown field") => {
            format!(
                "no key is called `{unknown}` here; {}",
                meant(unknown, known)
            )
        }
        _ => error.message().to_owned(),
    };
    FileError {
        line,
        column,
        message,
    }
}

/// What may have been meant.
fn meant(unknown: &str, known: &[&str]) -> String {
    let distance = |name: &str| strsim::damerau_levenshtein(unknown, name);
    match known.iter().min_by_key(|name| distance(name)) {
        Some(nearest) if distance(nearest) <= 1 + unknown.len() / 3 => {
            format!("did you mean `{nearest}`?")
        }
        _ => format!("there are {}", known.join(", ")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Result<Load, FileError> {
        let mut load = Load::on("127.0.0.1:7".parse().unwrap());
        load.read(text).map(|()| load)
    }

    #[test]
    fn an_empty_file_changes_nothing() {
        assert_eq!(read("").unwrap(), Load::on("127.0.0.1:7".parse().unwrap()));
    }

    #[test]
    fn a_file_can_say_all_that_a_load_can() {
        let load = read(
            r#"
            duration = "30s"
            warmup = "2s"
            protocol = "framed"
            threads = 2
            seed = 9
            busy = true
            timeline = 8

            [[class]]
            name = "users"
            connections = 64
            rate = 20000
            arrivals = "poisson"
            payload = "exp:1KiB"
            work = "spin:exp:20us"

            [[class]]
            behaviour = "short"
            conversation = 3
            ending = "reset"
            pause = "5ms"
            think = "1ms"
            pipeline = 2

            [[class]]
            name = "slow"
            connections = 20
            send = "drip:1/100ms"
            receive = "never"
            connect-at = "3s"
            connect-rate = 10.5
            "#,
        )
        .unwrap();
        load.check().unwrap();
        assert_eq!(
            (load.duration, load.threads, load.busy, load.timeline),
            (Duration::from_secs(30), 2, true, 8)
        );
        let [users, short, slow] = &load.classes[..] else {
            panic!("three classes")
        };
        assert_eq!(
            (users.schedule.clone(), users.connections),
            (Schedule::poisson(20e3), 64)
        );
        assert_eq!(users.payload, Sizes::Exponential(1024));
        assert_eq!(
            (short.name.as_str(), short.behaviour.conversation),
            ("class 2", Some(3))
        );
        assert_eq!((short.behaviour.ending, short.pipeline), (Ending::Reset, 2));
        assert_eq!(
            slow.behaviour.to_string(),
            "sends drip:1/100ms, receives never"
        );
        assert_eq!(
            (slow.connect_at, slow.connect_rate),
            (Some(Duration::from_secs(3)), Some(10.5))
        );
    }

    #[test]
    fn a_mistake_is_found_at_its_place_with_what_may_have_been_meant() {
        for (text, line, column, words) in [
            (
                "duratoin = \"1s\"",
                1,
                1,
                "no key is called `duratoin` here; did you mean `duration`?",
            ),
            (
                "[[class]]\nname = \"a\"\nconections = 3",
                3,
                1,
                "did you mean `connections`?",
            ),
            ("[[class]]\nzzzzzz = 3", 2, 1, "there are name, connections"),
            ("[[class]]\n  rate = 0", 2, 10, "`0` is no rate"),
            ("[[class]]\nrate = \"fast\"", 2, 8, "20000"),
            ("duration = \"soon\"", 1, 12, "250us, 10ms or 30s"),
            (
                "[[class]]\nbehaviour = \"idel\"",
                2,
                13,
                "did you mean `idle`?",
            ),
            ("protocol = \"http\"", 1, 12, "`echo` and `framed`"),
            ("[[class]]\nconnections = -1", 2, 15, "invalid value"),
            ("duration = ", 1, 12, ""),
        ] {
            let error = read(text).unwrap_err();
            assert_eq!((error.line, error.column), (line, column), "{error}");
            assert!(error.to_string().contains(words), "{error}");
        }
    }
}
