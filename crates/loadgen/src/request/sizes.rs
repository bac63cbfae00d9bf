//! Payload sizes: one size, a range, a weighted choice, or a distribution.

use std::fmt;
use std::str::FromStr;

use thiserror::Error;

use crate::request::times::{exponential, pareto, positive};
use crate::text::stored_as_text;

/// A distribution of payload sizes in bytes.
///
/// | text | meaning |
/// |---|---|
/// | `64`, `4KiB`, `1MiB` | always this size |
/// | `uniform:16..1024` | each size of the range, both ends included, equally often |
/// | `64:0.9,4KiB:0.1` | sizes with weights, which need not add up to 1 |
/// | `exp:1KiB` | exponential with this mean |
/// | `pareto:64:1.5` | Pareto with this smallest size and this shape |
///
/// The last two give at least 1 byte. They are cut off at the size that one request in a million would exceed.
#[derive(Clone, Debug, PartialEq)]
pub enum Sizes {
    /// Always the same size.
    Fixed(u32),
    /// Every size of a range, equally often.
    Uniform {
        /// The smallest size.
        least: u32,
        /// The largest size.
        most: u32,
    },
    /// A few sizes, each with its weight.
    Choice(Vec<Share>),
    /// Exponential with this mean.
    Exponential(u32),
    /// Pareto: larger than `x` with probability `(least / x)^shape`.
    Pareto {
        /// The smallest size.
        least: u32,
        /// The larger the shape, the fewer large sizes.
        shape: f64,
    },
}

/// The quantile at which an unbounded distribution is cut off: one request in a million would be larger.
const RARE: f64 = 1.0 - 1e-6;

/// One size of a [`Sizes::Choice`].
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Share {
    /// The size in bytes.
    pub size: u32,
    /// The weight, relative to the other weights.
    pub weight: f64,
    /// Sum of the shares up to and including this one, from 0 to 1.
    below: f64,
}

impl Sizes {
    /// A choice of sizes with weights.
    ///
    /// # Errors
    /// There is no size, or a weight is negative or not finite, or all weights are zero.
    pub fn choice(weights: &[(u32, f64)]) -> Result<Self, SizesError> {
        let sum: f64 = weights.iter().map(|(_, weight)| weight).sum();
        let all_count = weights.iter().all(|(_, weight)| *weight >= 0.0);
        if !all_count || !sum.is_finite() || sum <= 0.0 {
            return Err(SizesError::Weights);
        }
        let mut below = 0.0;
        let share = |&(size, weight)| {
            below += weight / sum;
            Share {
                size,
                weight,
                below,
            }
        };
        Ok(Self::Choice(weights.iter().map(share).collect()))
    }

    /// Returns the size for a random number.
    pub fn pick(&self, random: u32) -> u32 {
        match self {
            Self::Fixed(size) => *size,
            Self::Uniform { least, most } => {
                let many = u64::from(most - least) + 1;
                least + ((many * u64::from(random)) >> 32) as u32
            }
            Self::Choice(shares) => {
                let place = f64::from(random) / (f64::from(u32::MAX) + 1.0);
                let share = shares.iter().find(|share| place < share.below);
                share.map_or_else(|| self.largest(), |share| share.size)
            }
            Self::Exponential(_) | Self::Pareto { .. } => {
                self.unbounded(f64::from(random) / (f64::from(u32::MAX) + 1.0))
            }
        }
    }

    /// Returns the size at a quantile from 0 to 1 of an unbounded distribution.
    fn unbounded(&self, place: f64) -> u32 {
        let place = place.min(RARE);
        let size = match self {
            Self::Exponential(mean) => f64::from(*mean) * exponential(place),
            Self::Pareto { least, shape } => f64::from(*least) * pareto(place, *shape),
            _ => 0.0,
        };
        (size.round() as u32).max(1)
    }

    /// The smallest size that can occur.
    pub fn smallest(&self) -> u32 {
        match self {
            Self::Fixed(size) => *size,
            Self::Exponential(_) => 1,
            Self::Uniform { least, .. } | Self::Pareto { least, .. } => *least,
            Self::Choice(shares) => shares.iter().map(|share| share.size).min().unwrap_or(0),
        }
    }

    /// The largest size that can occur.
    pub fn largest(&self) -> u32 {
        match self {
            Self::Fixed(size) => *size,
            Self::Exponential(_) | Self::Pareto { .. } => self.unbounded(1.0),
            Self::Uniform { most, .. } => *most,
            Self::Choice(shares) => shares.iter().map(|share| share.size).max().unwrap_or(0),
        }
    }
}

/// A text is not a distribution of sizes.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum SizesError {
    /// A number of bytes cannot be read.
    #[error("`{0}` is not a number of bytes; write for example 64, 4KiB or 1MiB")]
    Bytes(String),
    /// A range runs backwards or lacks an end.
    #[error("`{0}` is not a range; write the smaller size first, for example uniform:16..1024")]
    Range(String),
    /// A weight cannot be read.
    #[error("`{0}` is not a weight; write size and weight, for example 64:0.9,4096:0.1")]
    Weight(String),
    /// A Pareto distribution cannot be read.
    #[error(
        "`{0}` is not a Pareto distribution; write smallest size and shape, for example pareto:64:1.5"
    )]
    Pareto(String),
    /// The weights make no sense together.
    #[error("the weights must be positive numbers; write for example 64:0.9,4096:0.1")]
    Weights,
}

impl FromStr for Sizes {
    type Err = SizesError;

    fn from_str(text: &str) -> Result<Self, SizesError> {
        if let Some(range) = text.strip_prefix("uniform:") {
            parse_range(range)
        } else if let Some(mean) = text.strip_prefix("exp:") {
            parse_bytes(mean).map(Self::Exponential)
        } else if let Some(rest) = text.strip_prefix("pareto:") {
            parse_pareto(rest)
        } else if text.contains(':') {
            let weights: Result<Vec<_>, _> = text.split(',').map(parse_share).collect();
            Self::choice(&weights?)
        } else {
            parse_bytes(text).map(Self::Fixed)
        }
    }
}

fn parse_range(text: &str) -> Result<Sizes, SizesError> {
    let wrong = || SizesError::Range(text.to_owned());
    let (least, most) = text.split_once("..").ok_or_else(wrong)?;
    let (least, most) = (parse_bytes(least)?, parse_bytes(most)?);
    if least <= most {
        Ok(Sizes::Uniform { least, most })
    } else {
        Err(wrong())
    }
}

fn parse_pareto(text: &str) -> Result<Sizes, SizesError> {
    let wrong = || SizesError::Pareto(text.to_owned());
    let (least, shape) = text.split_once(':').ok_or_else(wrong)?;
    let shape = positive(shape).ok_or_else(wrong)?;
    let least = parse_bytes(least)?;
    if least == 0 {
        return Err(wrong());
    }
    Ok(Sizes::Pareto { least, shape })
}

fn parse_share(text: &str) -> Result<(u32, f64), SizesError> {
    let wrong = || SizesError::Weight(text.to_owned());
    let (size, weight) = text.split_once(':').ok_or_else(wrong)?;
    Ok((
        parse_bytes(size)?,
        weight.trim().parse().map_err(|_| wrong())?,
    ))
}

fn parse_bytes(text: &str) -> Result<u32, SizesError> {
    let trimmed = text.trim();
    let (digits, unit) = if let Some(digits) = trimmed.strip_suffix("KiB") {
        (digits, 1 << 10)
    } else if let Some(digits) = trimmed.strip_suffix("MiB") {
        (digits, 1 << 20)
    } else {
        (trimmed, 1)
    };
    let number: Option<u32> = digits.trim().parse().ok();
    number
        .and_then(|number| number.checked_mul(unit))
        .ok_or_else(|| SizesError::Bytes(text.to_owned()))
}

stored_as_text!(Sizes);

impl fmt::Display for Sizes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Fixed(size) => write!(f, "{size}"),
            Self::Uniform { least, most } => write!(f, "uniform:{least}..{most}"),
            Self::Exponential(mean) => write!(f, "exp:{mean}"),
            Self::Pareto { least, shape } => write!(f, "pareto:{least}:{shape}"),
            Self::Choice(shares) => {
                for (i, Share { size, weight, .. }) in shares.iter().enumerate() {
                    let comma = if i == 0 { "" } else { "," };
                    write!(f, "{comma}{size}:{weight}")?;
                }
                Ok(())
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Random numbers spread evenly over the whole range.
    fn even() -> impl Iterator<Item = u32> {
        (0..1000).map(|i| i * (u32::MAX / 1000))
    }

    #[test]
    fn sizes_are_read_and_written_the_same_way() {
        for text in [
            "64",
            "uniform:16..1024",
            "64:0.9,4096:0.1",
            "exp:1000",
            "pareto:64:1.5",
        ] {
            assert_eq!(text.parse::<Sizes>().unwrap().to_string(), text);
        }
        assert_eq!("4KiB".parse(), Ok(Sizes::Fixed(4096)));
        assert_eq!("1 MiB".parse(), Ok(Sizes::Fixed(1 << 20)));
    }

    #[test]
    fn a_range_reaches_both_ends() {
        let sizes: Sizes = "uniform:16..19".parse().unwrap();
        assert_eq!((sizes.pick(0), sizes.pick(u32::MAX)), (16, 19));
        let count = even().filter(|&random| sizes.pick(random) == 17).count();
        assert!((249..=251).contains(&count), "{count}");
    }

    #[test]
    fn a_choice_keeps_its_shares() {
        let sizes: Sizes = "64:9,4096:1".parse().unwrap();
        let count = even().filter(|&random| sizes.pick(random) == 64).count();
        assert!((899..=901).contains(&count), "{count}");
        assert_eq!((sizes.smallest(), sizes.largest()), (64, 4096));
        assert_eq!(sizes.pick(u32::MAX), 4096);
    }

    #[test]
    fn unbounded_sizes_have_their_mean_and_are_cut_off() {
        for (text, mean, largest) in [
            ("exp:1000", 1000.0, 13_816),
            ("pareto:1000:3", 1500.0, 100_000),
        ] {
            let sizes: Sizes = text.parse().unwrap();
            let sum: f64 = (0..100_000)
                .map(|i| f64::from(sizes.pick(i * 42_949)))
                .sum();
            assert!((sum / 1e5 / mean - 1.0).abs() < 0.01, "{text}: {sum}");
            assert!(
                sizes.largest().abs_diff(largest) <= 1,
                "{}",
                sizes.largest()
            );
            assert!(sizes.pick(u32::MAX) <= sizes.largest() && sizes.pick(0) >= sizes.smallest());
        }
    }

    #[test]
    fn other_texts_are_refused_with_an_example() {
        for (text, example) in [
            ("many", "4KiB"),
            ("", "4KiB"),
            ("-1", "4KiB"),
            ("4096MiB", "4KiB"),
            ("uniform:9", "uniform:16..1024"),
            ("uniform:9..3", "uniform:16..1024"),
            ("64:x", "64:0.9,4096:0.1"),
            ("64:1,9", "64:0.9,4096:0.1"),
            ("64:-1,9:2", "64:0.9,4096:0.1"),
            ("64:0", "64:0.9,4096:0.1"),
            ("64:inf", "64:0.9,4096:0.1"),
            ("64:NaN", "64:0.9,4096:0.1"),
            ("exp:x", "4KiB"),
            ("pareto:64", "pareto:64:1.5"),
            ("pareto:0:2", "pareto:64:1.5"),
        ] {
            let error = text.parse::<Sizes>().unwrap_err().to_string();
            assert!(error.contains(example), "{text}: {error}");
        }
    }
}
