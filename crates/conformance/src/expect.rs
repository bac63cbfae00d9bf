//! What a server claims: how many clients it serves at once, whether it waits or spins, and whom the work for a client delays.

use std::fmt;
use std::num::NonZero;
use std::str::FromStr;

/// What a server claims. The suite checks a claim in both directions.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Expect {
    /// How many clients it serves at once.
    pub crowd: Crowd,
    /// True if it asks its clients in turn without ever waiting.
    pub spins: bool,
    /// Which clients wait while it works for one; absent if its clients cannot ask for work, because it echoes bytes and
    /// knows no frames.
    pub work: Option<Delays>,
}

/// Which clients wait while a server works for one of them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Delays {
    /// The client that has asked for the work.
    OnlyTheClient,
    /// All clients.
    All,
}

/// How many clients a server serves at once.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Crowd {
    /// As many as the system allows.
    Unlimited,
    /// At most this number.
    Limited {
        /// The number.
        most: usize,
        /// What happens to further clients.
        beyond: Beyond,
    },
}

/// What happens to clients beyond a server's limit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Beyond {
    /// They wait until another one leaves.
    Waits,
    /// The server closes their connections.
    Refused,
}

impl Expect {
    /// A server that serves all clients at once and waits when there is nothing to do.
    pub const CONCURRENT: Self = Self {
        crowd: Crowd::Unlimited,
        spins: false,
        work: None,
    };

    /// Number of clients at once, if the server claims a limit.
    pub const fn limit(self) -> Option<usize> {
        match self.crowd {
            Crowd::Unlimited => None,
            Crowd::Limited { most, .. } => Some(most),
        }
    }
}

impl Default for Expect {
    fn default() -> Self {
        Self::CONCURRENT
    }
}

/// The claims that this text names, separated by commas.
impl FromStr for Expect {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let mut expect = Self::CONCURRENT;
        let at_most = |most| Crowd::Limited {
            most,
            beyond: Beyond::Waits,
        };
        for word in text.split(',').map(str::trim) {
            match word.split_once(':') {
                None if word == "concurrent" => expect.crowd = Crowd::Unlimited,
                None if word == "sequential" => expect.crowd = at_most(1),
                None if word == "spins" => expect.spins = true,
                None if word == "frames" => expect.work = Some(Delays::OnlyTheClient),
                None if word == "frames-in-loop" => expect.work = Some(Delays::All),
                Some(("at-most", number)) => {
                    let number = number.parse::<NonZero<usize>>();
                    expect.crowd = at_most(number.map_err(|_| advice(word))?.get());
                }
                _ => return Err(advice(word)),
            }
        }
        Ok(expect)
    }
}

fn advice(word: &str) -> String {
    format!(
        "`{word}` is no claim of a server; write concurrent, sequential or at-most:N (N clients at once, the others wait); add \
         `,spins` if it never waits, and `,frames` or `,frames-in-loop` if it speaks EchoLab's frames"
    )
}

impl fmt::Display for Expect {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.crowd {
            Crowd::Unlimited => f.write_str("concurrent")?,
            Crowd::Limited { most: 1, .. } => f.write_str("sequential")?,
            Crowd::Limited { most, .. } => write!(f, "at-most:{most}")?,
        }
        if self.spins {
            f.write_str(",spins")?;
        }
        match self.work {
            None => Ok(()),
            Some(Delays::OnlyTheClient) => f.write_str(",frames"),
            Some(Delays::All) => f.write_str(",frames-in-loop"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_claim_is_parsed_from_the_text_that_displays_it() {
        for text in [
            "concurrent",
            "sequential",
            "at-most:4",
            "concurrent,spins",
            "sequential,frames",
            "concurrent,spins,frames-in-loop",
        ] {
            let expect = text.parse::<Expect>().expect("it is a claim");
            assert_eq!(expect.to_string(), text);
        }
    }

    #[test]
    fn the_error_for_an_unknown_claim_names_the_claims() {
        for text in ["", "parallel", "at-most:0", "at-most:x", "sequential:2"] {
            let error = text.parse::<Expect>().expect_err("it is no claim");
            assert!(error.contains("sequential or at-most:N"), "{error}");
        }
    }
}
