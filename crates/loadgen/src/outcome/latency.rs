//! A distribution of waiting times as it is stored: the figures people ask for, and the whole histogram as text.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use hdrhistogram::Histogram;
use hdrhistogram::serialization::{Deserializer, Serializer, V2DeflateSerializer};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use thiserror::Error;

/// Significant decimal digits of a histogram that is only drawn.
const COARSE: u8 = 2;

/// A distribution of waiting times in nanoseconds. All figures are 0 where nothing was recorded.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default)]
pub struct Latency {
    /// How many were recorded.
    pub count: u64,
    /// The shortest.
    pub min_ns: u64,
    /// Their mean.
    pub mean_ns: f64,
    /// Half were at most this long.
    pub p50_ns: u64,
    /// 90 % were at most this long.
    pub p90_ns: u64,
    /// 99 % were at most this long.
    pub p99_ns: u64,
    /// 99.9 % were at most this long.
    pub p999_ns: u64,
    /// The longest.
    pub max_ns: u64,
    /// All of it: an HDR histogram in the compressed V2 encoding, in base64, as in the lines of a histogram log. Empty
    /// where nothing was recorded, and where only the figures are kept.
    pub histogram: String,
}

impl Latency {
    /// Summarises and encodes a histogram of nanoseconds.
    pub fn of(histogram: &Histogram<u64>) -> Self {
        if histogram.is_empty() {
            return Self::default();
        }
        let mut bytes = Vec::new();
        V2DeflateSerializer::new()
            .serialize(histogram, &mut bytes)
            .expect("a histogram of a minute fits into memory, and a vector takes all bytes");
        Self {
            histogram: BASE64.encode(bytes),
            ..Self::figures(histogram)
        }
    }

    /// The figures of a histogram of nanoseconds, without the histogram.
    pub fn figures(histogram: &Histogram<u64>) -> Self {
        if histogram.is_empty() {
            return Self::default();
        }
        Self {
            count: histogram.len(),
            min_ns: histogram.min(),
            mean_ns: histogram.mean(),
            p50_ns: histogram.value_at_quantile(0.5),
            p90_ns: histogram.value_at_quantile(0.9),
            p99_ns: histogram.value_at_quantile(0.99),
            p999_ns: histogram.value_at_quantile(0.999),
            max_ns: histogram.max(),
            histogram: String::new(),
        }
    }

    /// The same figures with a histogram of two significant digits: enough to draw a curve, and a third as long.
    ///
    /// The buckets of three digits nest in those of two, so that no wait is moved by more than a hundredth. A damaged histogram
    /// stays as it is, so that whoever reads it is told.
    #[must_use]
    pub fn coarse(&self) -> Self {
        let Ok(fine) = self.histogram() else {
            return self.clone();
        };
        let mut coarse = Histogram::new_with_bounds(1, fine.high(), COARSE)
            .expect("the bounds are those of a histogram that exists");
        for step in fine.iter_recorded() {
            coarse.saturating_record_n(step.value_iterated_to(), step.count_at_value());
        }
        Self {
            histogram: Self::of(&coarse).histogram,
            ..self.bare()
        }
    }

    /// The same figures without the histogram.
    #[must_use]
    pub const fn bare(&self) -> Self {
        Self {
            histogram: String::new(),
            ..*self
        }
    }

    /// This distribution and another one as one.
    ///
    /// # Errors
    /// One of them is damaged.
    pub fn merged(&self, other: &Self) -> Result<Self, HistogramError> {
        if self.count == 0 {
            return Ok(other.clone());
        }
        let mut sum = self.histogram()?;
        sum.add(other.histogram()?)
            .map_err(|error| HistogramError(error.to_string()))?;
        Ok(Self::of(&sum))
    }

    /// The whole distribution again, to merge it or to draw it; empty where nothing was recorded.
    ///
    /// # Errors
    /// The text is no histogram.
    pub fn histogram(&self) -> Result<Histogram<u64>, HistogramError> {
        if self.histogram.is_empty() {
            return Ok(Histogram::new(3).expect("3 is a number of digits that exists"));
        }
        let bytes = BASE64
            .decode(&self.histogram)
            .map_err(|error| HistogramError(error.to_string()))?;
        Deserializer::new()
            .deserialize(&mut bytes.as_slice())
            .map_err(|error| HistogramError(error.to_string()))
    }
}

/// A stored histogram cannot be read.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[error(
    "the stored histogram is damaged ({0}); measure again, or leave the file out that holds it"
)]
pub struct HistogramError(String);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_histogram_survives_its_encoding() {
        let mut histogram = Histogram::new(3).unwrap();
        for value in [1, 1_000, 5_000_000, 59_999_999_999] {
            histogram.record(value).unwrap();
        }
        let latency = Latency::of(&histogram);
        assert_eq!((latency.count, latency.min_ns), (4, 1));
        assert_eq!(latency.p50_ns, histogram.value_at_quantile(0.5));
        assert_eq!(latency.histogram().unwrap(), histogram);
    }

    #[test]
    fn nothing_recorded_is_an_empty_histogram() {
        let latency = Latency::of(&Histogram::new(3).unwrap());
        assert_eq!(latency, Latency::default());
        assert!(latency.histogram().unwrap().is_empty());
    }

    #[test]
    fn a_coarse_histogram_is_off_by_less_than_a_hundredth_and_its_figures_by_nothing() {
        let mut fine = Histogram::new_with_bounds(1, 60_000_000_000, 3).unwrap();
        for exponent in 0..300 {
            fine.record_n(1.08_f64.powi(exponent) as u64, 7).unwrap();
        }
        let latency = Latency::of(&fine);
        let coarse = latency.coarse();
        assert_eq!(coarse.bare(), latency.bare());
        assert!(coarse.histogram.len() < latency.histogram.len());
        let drawn = coarse.histogram().unwrap();
        assert_eq!(drawn.len(), fine.len());
        for percent in 0..=100 {
            let quantile = f64::from(percent) / 100.0;
            let [exact, drawn] = [&fine, &drawn].map(|one| one.value_at_quantile(quantile) as f64);
            assert!(
                (0.0..exact / 100.0 + 1.0).contains(&(drawn - exact)),
                "{exact} {drawn}"
            );
        }
        assert_eq!(coarse.coarse(), coarse);
    }

    #[test]
    fn nothing_recorded_stays_nothing_and_damage_stays_damage() {
        assert_eq!(Latency::default().coarse(), Latency::default());
        let damaged = Latency {
            histogram: "%".to_owned(),
            ..Latency::default()
        };
        assert_eq!(damaged.coarse(), damaged);
    }

    #[test]
    fn damage_is_reported_with_a_remedy() {
        for text in ["%", "AAAA"] {
            let latency = Latency {
                histogram: text.to_owned(),
                ..Latency::default()
            };
            let error = latency.histogram().unwrap_err().to_string();
            assert!(error.contains("measure again"), "{error}");
        }
    }
}
