//! A time in a load document: a text such as `250us`, `10ms` or `1m 30s`.

use std::fmt;
use std::str::FromStr;
use std::time::Duration;

use serde::de::Deserializer;
use serde::ser::Serializer;

use crate::request::times::{TimesError, parse_time, write_time};
use crate::text::{self, stored_as_text};

/// A time stored as its text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Time(pub Duration);

impl FromStr for Time {
    type Err = TimesError;

    fn from_str(text: &str) -> Result<Self, TimesError> {
        parse_time(text).map(Self)
    }
}

impl fmt::Display for Time {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&write_time(self.0))
    }
}

stored_as_text!(Time);

/// Writes the text of a time.
pub fn serialize<S: Serializer>(time: &Duration, to: S) -> Result<S::Ok, S::Error> {
    text::serialize(&Time(*time), to)
}

/// Reads a time from its text.
pub fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<Duration, D::Error> {
    let Time(time) = text::deserialize(from)?;
    Ok(time)
}
