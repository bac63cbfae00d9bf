//! A class as a load document writes it: flat keys with short names, all optional.

use std::borrow::Cow;
use std::fmt::Display;
use std::str::FromStr;

use schemars::{JsonSchema, Schema, SchemaGenerator};
use serde::de::{Deserializer, Error as _};
use serde::ser::Serializer;
use serde::{Deserialize, Serialize};
use thiserror::Error;

use crate::plan::behaviour::{Behaviour, Ending, Receiving, Sending};
use crate::plan::behaviour_text::Named;
use crate::plan::class::Class;
use crate::plan::time::Time;
use crate::request::sizes::Sizes;
use crate::request::work::WorkTimes;
use crate::text::Text;
use crate::timing::schedule::{Schedule, Spacing};

/// The keys of a class. A key that is absent has the value of a closed loop of one honest client.
#[derive(Serialize, Deserialize, JsonSchema)]
#[serde(
    deny_unknown_fields,
    rename_all = "kebab-case",
    bound(serialize = "R: Display", deserialize = "R: FromStr, R::Err: Display")
)]
#[schemars(bound = "")]
struct ClassDocument<R> {
    /// Name in the outcome.
    #[serde(skip_serializing_if = "Option::is_none")]
    name: Option<String>,
    /// Number of clients, each with its own connection.
    #[serde(skip_serializing_if = "Option::is_none")]
    connections: Option<usize>,
    /// The name of a behaviour: `honest`, `idle`, `short`, `slow-sender`, …
    #[serde(skip_serializing_if = "Option::is_none")]
    behaviour: Option<Named>,
    /// How clients write: `at-once`, `drip:1/100ms`, `stop:32`.
    #[serde(skip_serializing_if = "Option::is_none")]
    send: Option<Sending>,
    /// How clients read: `at-once`, `sip:1/100ms`, `never`.
    #[serde(skip_serializing_if = "Option::is_none")]
    receive: Option<Receiving>,
    /// Requests of one conversation.
    #[serde(skip_serializing_if = "Option::is_none")]
    conversation: Option<u64>,
    /// How a conversation ends: `close`, `half-close`, `reset`, `await-server`.
    #[serde(skip_serializing_if = "Option::is_none")]
    ending: Option<Ending>,
    /// Time from the end of a conversation to the next connect.
    #[serde(skip_serializing_if = "Option::is_none")]
    pause: Option<Time>,
    /// Closed loop: time from a reply to the next request.
    #[serde(skip_serializing_if = "Option::is_none")]
    think: Option<Time>,
    /// Open loop: requests per second of the whole class.
    #[serde(skip_serializing_if = "Option::is_none")]
    rate: Option<Text<R>>,
    /// Open loop: how requests are spaced, `constant` or `poisson`.
    #[serde(skip_serializing_if = "Option::is_none")]
    arrivals: Option<Spacing>,
    /// Payload sizes: `64`, `4KiB`, `uniform:16..1024`, …
    #[serde(skip_serializing_if = "Option::is_none")]
    payload: Option<Sizes>,
    /// Work that each request asks for: `spin:250us`, `sleep:exp:1ms`, …
    #[serde(skip_serializing_if = "Option::is_none")]
    work: Option<WorkTimes>,
    /// Reply size in bytes, if different from the payload.
    #[serde(skip_serializing_if = "Option::is_none")]
    reply_size: Option<u32>,
    /// Requests that a connection sends before it waits for the oldest reply.
    #[serde(skip_serializing_if = "Option::is_none")]
    pipeline: Option<usize>,
    /// Open loop: requests that may wait for a free connection.
    #[serde(skip_serializing_if = "Option::is_none")]
    queue: Option<usize>,
    /// Connects per second.
    #[serde(skip_serializing_if = "Option::is_none")]
    connect_rate: Option<f64>,
    /// Time of the first connect, from the start of the measured window.
    #[serde(skip_serializing_if = "Option::is_none")]
    connect_at: Option<Time>,
    /// How often a lost connection is opened again.
    #[serde(skip_serializing_if = "Option::is_none")]
    reconnects: Option<u32>,
}

impl<R: Clone + Display> Serialize for Class<R> {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        ClassDocument::from(self.clone()).serialize(to)
    }
}

impl<'de, R: FromStr<Err: Display>> Deserialize<'de> for Class<R> {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        let document = ClassDocument::deserialize(from)?;
        Self::try_from(document).map_err(D::Error::custom)
    }
}

impl<R> JsonSchema for Class<R> {
    fn schema_name() -> Cow<'static, str> {
        "Class".into()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        ClassDocument::<R>::json_schema(generator)
    }
}

/// Keys of a class contradict each other.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum ClassError {
    /// A closed loop and an open loop at once.
    #[error("`think` is for a closed loop and `rate` for an open loop; remove one of them")]
    ThinkWithRate,
    /// A spacing without a rate.
    #[error("`arrivals` needs a `rate`; add a rate, or remove `arrivals`")]
    ArrivalsWithoutRate,
}

impl<R> TryFrom<ClassDocument<R>> for Class<R> {
    type Error = ClassError;

    fn try_from(document: ClassDocument<R>) -> Result<Self, ClassError> {
        let plain = Class::of("", 1);
        Ok(Self {
            behaviour: document.behaviour(),
            name: document.name.unwrap_or_default(),
            connections: document.connections.unwrap_or(plain.connections),
            schedule: schedule(document.rate, document.arrivals, document.think)?,
            payload: document.payload.unwrap_or(plain.payload),
            work: document.work,
            reply_size: document.reply_size,
            pipeline: document.pipeline.unwrap_or(plain.pipeline),
            queue: document.queue.unwrap_or(plain.queue),
            connect_rate: document.connect_rate,
            connect_at: document.connect_at.map(|Time(at)| at),
            reconnects: document.reconnects.unwrap_or(plain.reconnects),
        })
    }
}

fn schedule<R>(
    rate: Option<Text<R>>,
    arrivals: Option<Spacing>,
    think: Option<Time>,
) -> Result<Schedule<R>, ClassError> {
    match (rate, think, arrivals) {
        (Some(_), Some(_), _) => Err(ClassError::ThinkWithRate),
        (None, _, Some(_)) => Err(ClassError::ArrivalsWithoutRate),
        (Some(Text(rate)), None, spacing) => Ok(Schedule::Open {
            rate,
            spacing: spacing.unwrap_or_default(),
        }),
        (None, Some(Time(think)), None) => Ok(Schedule::Closed { think }),
        (None, None, None) => Ok(Schedule::default()),
    }
}

impl<R> ClassDocument<R> {
    /// The named behaviour with the changes of the other keys.
    fn behaviour(&self) -> Behaviour {
        let Named(named) = self.behaviour.clone().unwrap_or_default();
        Behaviour {
            sending: self.send.unwrap_or(named.sending),
            receiving: self.receive.unwrap_or(named.receiving),
            conversation: self.conversation.or(named.conversation),
            ending: self.ending.unwrap_or(named.ending),
            pause: self.pause.map_or(named.pause, |Time(pause)| pause),
        }
    }
}

impl<R> From<Class<R>> for ClassDocument<R> {
    /// Writes name, connections and payload always, and everything else only if it differs from the default.
    fn from(class: Class<R>) -> Self {
        let plain = Class::of("", 1);
        let (rate, arrivals, think) = match class.schedule {
            Schedule::Open { rate, spacing } => (Some(Text(rate)), Some(spacing), None),
            Schedule::Closed { think } => (None, None, Some(Time(think))),
        };
        let honest = Behaviour::default();
        let named = class.behaviour.name().map(|_| class.behaviour.clone());
        // A named behaviour needs only its name. A behaviour without a name is written as its differences from an honest
        // client.
        let parts = named.as_ref().map_or(class.behaviour, |_| honest.clone());
        Self {
            name: Some(class.name),
            connections: Some(class.connections),
            behaviour: named.filter(|named| *named != honest).map(Named),
            send: differs(parts.sending, &honest.sending),
            receive: differs(parts.receiving, &honest.receiving),
            conversation: parts.conversation,
            ending: differs(parts.ending, &honest.ending),
            pause: differs(parts.pause, &honest.pause).map(Time),
            think: think.filter(|Time(think)| !think.is_zero()),
            rate,
            arrivals,
            payload: Some(class.payload),
            work: class.work,
            reply_size: class.reply_size,
            pipeline: differs(class.pipeline, &plain.pipeline),
            queue: differs(class.queue, &plain.queue),
            connect_rate: class.connect_rate,
            connect_at: class.connect_at.map(Time),
            reconnects: differs(class.reconnects, &plain.reconnects),
        }
    }
}

/// Returns a value only if it differs from the default.
fn differs<T: PartialEq>(value: T, default: &T) -> Option<T> {
    (value != *default).then_some(value)
}
