//! The source addresses that a user asks for: how many, or which.

use std::net::IpAddr;
use std::str::FromStr;

use thiserror::Error;

/// A number of source addresses, or a list of them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Sources {
    /// A number of addresses that the generator chooses.
    Number(u8),
    /// These addresses, in this order.
    List(Vec<IpAddr>),
}

/// A text is neither a number nor a list of addresses.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[error(
    "`{0}` is neither a number from 1 to {most} nor a list of addresses; write for example 4 or 10.0.0.1,10.0.0.2",
    most = Sources::MOST
)]
pub struct SourcesError(String);

impl Sources {
    /// The most addresses that the generator chooses: 127.0.0.1 to 127.0.0.254.
    pub const MOST: u8 = 254;
}

impl FromStr for Sources {
    type Err = SourcesError;

    fn from_str(text: &str) -> Result<Self, SourcesError> {
        if let Ok(number @ 1..=Self::MOST) = text.parse() {
            return Ok(Self::Number(number));
        }
        let addresses = text.split(',').map(|address| address.trim().parse());
        let addresses: Result<Vec<IpAddr>, _> = addresses.collect();
        let refused = |_| SourcesError(text.to_owned());
        addresses.map(Self::List).map_err(refused)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sources_are_a_number_or_a_list() {
        assert_eq!("254".parse(), Ok(Sources::Number(254)));
        let listed = Sources::List(["10.0.0.1", "::1"].map(|ip| ip.parse().unwrap()).to_vec());
        assert_eq!("10.0.0.1, ::1".parse(), Ok(listed));
    }

    #[test]
    fn another_text_is_refused_with_an_example() {
        for text in ["", "0", "255", "many", "10.0.0.1,", "10.0.0.1:7"] {
            let error = text.parse::<Sources>().unwrap_err().to_string();
            assert!(error.ends_with("10.0.0.1,10.0.0.2"), "{text}: {error}");
        }
    }
}
