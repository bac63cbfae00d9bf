//! Stores moments as columns: one list per count, or a single number for a count that never changes.
//!
//! A list of objects would repeat eleven names at each moment, and most counts hardly change. Columns take an eighth of the
//! space, and `pandas.DataFrame` reads them directly. Documents of the first schema have the list of objects; both forms can
//! be read.

use std::fmt;

use schemars::JsonSchema;
use serde::de::value::{MapAccessDeserializer, SeqAccessDeserializer};
use serde::de::{Error, MapAccess, SeqAccess, Visitor};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::outcome::over_time::Moment;

/// Writes moments as columns.
pub fn serialize<S: Serializer>(moments: &[Moment], serializer: S) -> Result<S::Ok, S::Error> {
    Columns::of(moments).serialize(serializer)
}

/// Reads moments from columns or from a list of objects.
pub fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<Moment>, D::Error> {
    deserializer.deserialize_any(Either)
}

/// One count over all moments.
#[derive(Serialize, JsonSchema)]
#[serde(untagged)]
enum Column {
    /// The same number at all moments.
    Always(u64),
    /// One number per moment.
    Each(Vec<u64>),
}

macro_rules! columns {
    ($($count:ident: $what:literal,)*) => {
        /// Counts and states at the times `at_s`. A column is a single number if it is the same at all times.
        #[derive(Serialize, Deserialize, JsonSchema)]
        #[serde(default)]
        pub struct Columns {
            /// Seconds since the first connect.
            at_s: Vec<f64>,
            $(#[doc = $what] $count: Column,)*
        }

        impl Columns {
            fn of(moments: &[Moment]) -> Self {
                Self {
                    at_s: moments.iter().map(|moment| moment.at_s).collect(),
                    $($count: Column::of(moments.iter().map(|moment| moment.$count)),)*
                }
            }

            /// Returns the moments; `None` if a column is too short.
            fn moments(&self) -> Option<Vec<Moment>> {
                let long_enough = [$(&self.$count,)*].iter().all(|column| column.has(self.at_s.len()));
                let moment = |(i, &at_s)| Moment { at_s, $($count: self.$count.at(i),)* };
                long_enough.then(|| self.at_s.iter().enumerate().map(moment).collect())
            }
        }

        impl Default for Columns {
            fn default() -> Self {
                Self::of(&[])
            }
        }
    };
}

columns! {
    requests: "Replies, including those before the measured window.",
    attempted: "Connects started.",
    established: "Successful connects.",
    refused: "Refused connects.",
    timed_out: "Connects that timed out.",
    reset: "Connections reset by the server.",
    served: "Clients with at least one reply.",
    open: "Open connections.",
    busy: "Requests in flight.",
    queued: "Requests waiting for a free connection.",
    errors: "Errors of all kinds.",
}

impl Column {
    fn of(counts: impl Iterator<Item = u64>) -> Self {
        let counts: Vec<u64> = counts.collect();
        let first = counts.first().copied().unwrap_or(0);
        if counts.iter().all(|&count| count == first) {
            Self::Always(first)
        } else {
            Self::Each(counts)
        }
    }

    fn has(&self, moments: usize) -> bool {
        match self {
            Self::Always(_) => true,
            Self::Each(counts) => counts.len() >= moments,
        }
    }

    fn at(&self, index: usize) -> u64 {
        match self {
            Self::Always(count) => *count,
            Self::Each(counts) => counts[index],
        }
    }
}

impl<'de> Deserialize<'de> for Column {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(OneOrEach)
    }
}

/// Reads a number or a list of numbers. A derived untagged enum would copy the input to try both.
struct OneOrEach;

impl<'de> Visitor<'de> for OneOrEach {
    type Value = Column;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a count, or a list of counts")
    }

    fn visit_u64<E: Error>(self, count: u64) -> Result<Column, E> {
        Ok(Column::Always(count))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, list: A) -> Result<Column, A::Error> {
        Vec::deserialize(SeqAccessDeserializer::new(list)).map(Column::Each)
    }
}

/// Reads columns or a list of objects.
struct Either;

impl<'de> Visitor<'de> for Either {
    type Value = Vec<Moment>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("columns of counts, or a list of moments")
    }

    fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Vec<Moment>, A::Error> {
        let columns = Columns::deserialize(MapAccessDeserializer::new(map))?;
        let moments = columns.moments();
        moments.ok_or_else(|| A::Error::custom("a column is shorter than `at_s`"))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, list: A) -> Result<Vec<Moment>, A::Error> {
        Vec::deserialize(SeqAccessDeserializer::new(list))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn moments() -> Vec<Moment> {
        let moment = |at_s, requests, open| Moment {
            at_s,
            requests,
            open,
            attempted: 7,
            ..Moment::default()
        };
        vec![moment(0.25, 10, 3), moment(0.5, 20, 7)]
    }

    fn read(text: &str) -> serde_json::Result<Vec<Moment>> {
        deserialize(&mut serde_json::Deserializer::from_str(text))
    }

    #[test]
    fn a_constant_column_is_one_number() {
        let mut text = Vec::new();
        serialize(&moments(), &mut serde_json::Serializer::new(&mut text)).unwrap();
        let text = String::from_utf8(text).unwrap();
        let begin = r#"{"at_s":[0.25,0.5],"requests":[10,20],"attempted":7,"established":0,"#;
        assert!(text.starts_with(begin), "{text}");
        assert_eq!(read(&text).unwrap(), moments());
    }

    #[test]
    fn the_list_of_the_first_schema_stays_readable() {
        let list = r#"[{"at_s":0.25,"requests":10,"attempted":7,"open":3},
                       {"at_s":0.5,"requests":20,"attempted":7,"open":7,"later":1}]"#;
        assert_eq!(read(list).unwrap(), moments());
        assert_eq!(read("[]").unwrap(), []);
    }

    #[test]
    fn columns_of_other_versions_stay_readable() {
        let columns =
            r#"{"at_s":[0.25,0.5],"requests":[10,20],"attempted":7,"open":[3,7],"later":[1]}"#;
        assert_eq!(read(columns).unwrap(), moments());
    }

    #[test]
    fn a_column_that_is_too_short_is_damage() {
        let error = read(r#"{"at_s":[0.25,0.5],"requests":[10]}"#).unwrap_err();
        assert!(error.to_string().contains("shorter than `at_s`"), "{error}");
    }
}
