//! The addresses of the server: a host name may have several.

use std::str::FromStr;

use loadgen::{Target, TargetError};

/// The addresses that one text means; at least one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Addresses(Vec<Target>);

impl Addresses {
    /// The first one at which a server listens, or else the first.
    pub fn choose(&self) -> Target {
        Target::first_that_listens(self.0.clone()).expect("a text without an address is an error")
    }
}

impl FromStr for Addresses {
    type Err = TargetError;

    fn from_str(text: &str) -> Result<Self, TargetError> {
        Target::all_of(text).map(Self)
    }
}
