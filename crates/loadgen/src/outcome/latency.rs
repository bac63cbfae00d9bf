//! A latency distribution as it is stored: the usual percentiles, and the whole histogram as text.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use hdrhistogram::Histogram;
use hdrhistogram::serialization::{Deserializer as Decoder, Serializer as _, V2DeflateSerializer};
use schemars::{JsonSchema, Schema};
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use thiserror::Error;

/// Significant decimal digits of a histogram that is only drawn.
const COARSE: u8 = 2;

/// A distribution of times in nanoseconds; `null` if there were no values, because a figure of 0 would look like a time.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, remote = "Self")]
#[schemars(transform = allow_null)]
pub struct Latency {
    /// Number of values.
    pub count: u64,
    /// Minimum.
    pub min_ns: u64,
    /// Mean.
    pub mean_ns: f64,
    /// 50th percentile (median).
    pub p50_ns: u64,
    /// 90th percentile.
    pub p90_ns: u64,
    /// 99th percentile.
    pub p99_ns: u64,
    /// 99.9th percentile.
    pub p999_ns: u64,
    /// Maximum.
    pub max_ns: u64,
    /// The whole distribution: an HDR histogram in the compressed V2 encoding, in base64, as in a histogram log. Empty if
    /// there were no values, or if only the figures are kept.
    pub histogram: String,
}

impl Latency {
    /// True if there were no values.
    pub const fn is_empty(&self) -> bool {
        self.count == 0
    }

    /// Summarises and encodes a histogram of nanoseconds.
    pub fn of(histogram: &Histogram<u64>) -> Self {
        if histogram.is_empty() {
            return Self::default();
        }
        let mut bytes = Vec::new();
        V2DeflateSerializer::new()
            .serialize(histogram, &mut bytes)
            .expect("a vector accepts all bytes of a histogram");
        Self {
            histogram: BASE64.encode(bytes),
            ..Self::figures(histogram)
        }
    }

    /// Summarises a histogram of nanoseconds without encoding it.
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

    /// The same figures with a histogram of two significant digits: enough to draw a curve, and a third of the size.
    ///
    /// The buckets of three digits nest in those of two, so no value moves by more than 1 %. A damaged histogram stays
    /// unchanged, so that its reader gets the error.
    #[must_use]
    pub fn coarse(&self) -> Self {
        let Ok(fine) = self.histogram() else {
            return self.clone();
        };
        Self {
            histogram: Self::of(&coarse(&fine)).histogram,
            ..self.bare()
        }
    }

    /// The figures of a histogram of nanoseconds, with a histogram of two significant digits.
    pub fn coarse_of(fine: &Histogram<u64>) -> Self {
        Self {
            histogram: Self::of(&coarse(fine)).histogram,
            ..Self::figures(fine)
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

    /// Merges two distributions.
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

    /// Decodes the histogram, to merge or draw it. It is empty if there were no values.
    ///
    /// # Errors
    /// The text is not a histogram.
    pub fn histogram(&self) -> Result<Histogram<u64>, HistogramError> {
        if self.histogram.is_empty() {
            return Ok(Histogram::new(3).expect("3 is a valid number of digits"));
        }
        let bytes = BASE64
            .decode(&self.histogram)
            .map_err(|error| HistogramError(error.to_string()))?;
        Decoder::new()
            .deserialize(&mut bytes.as_slice())
            .map_err(|error| HistogramError(error.to_string()))
    }
}

impl Serialize for Latency {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        if self.is_empty() {
            serializer.serialize_none()
        } else {
            Self::serialize(self, serializer)
        }
    }
}

impl<'de> Deserialize<'de> for Latency {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        #[derive(Deserialize)]
        struct Whole(#[serde(deserialize_with = "Latency::deserialize")] Latency);
        let whole = Option::<Whole>::deserialize(deserializer)?;
        Ok(whole.map_or_else(Self::default, |Whole(latency)| latency))
    }
}

fn allow_null(schema: &mut Schema) {
    schema.insert("type".to_owned(), serde_json::json!(["object", "null"]));
}

/// The same distribution with two significant digits.
fn coarse(fine: &Histogram<u64>) -> Histogram<u64> {
    let mut coarse = Histogram::new_with_bounds(1, fine.high(), COARSE)
        .expect("the bounds are those of an existing histogram");
    for step in fine.iter_recorded() {
        coarse.saturating_record_n(step.value_iterated_to(), step.count_at_value());
    }
    coarse
}

/// A stored histogram cannot be decoded.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[error("a stored histogram is damaged ({0}); measure again, or remove its file")]
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
    fn no_values_are_null_and_those_of_older_documents_are_readable() {
        assert_eq!(serde_json::to_string(&Latency::default()).unwrap(), "null");
        for document in ["null", r#"{"count":0,"p50_ns":0,"histogram":""}"#, "{}"] {
            let latency: Latency = serde_json::from_str(document).unwrap();
            assert_eq!(latency, Latency::default());
        }
        let one = Latency {
            count: 1,
            p50_ns: 7,
            ..Latency::default()
        };
        let document = serde_json::to_string(&one).unwrap();
        assert_eq!(serde_json::from_str::<Latency>(&document).unwrap(), one);
    }

    #[test]
    fn a_coarse_histogram_is_off_by_less_than_a_percent_and_keeps_its_figures() {
        let mut fine = Histogram::new_with_bounds(1, 60_000_000_000, 3).unwrap();
        for exponent in 0..300 {
            fine.record_n(1.08_f64.powi(exponent) as u64, 7).unwrap();
        }
        let latency = Latency::of(&fine);
        let coarse = latency.coarse();
        assert_eq!(Latency::coarse_of(&fine), coarse);
        assert_eq!(coarse.bare(), latency.bare());
        assert!(coarse.histogram.len() < latency.histogram.len());
        let drawn = coarse.histogram().unwrap();
        assert_eq!(drawn.len(), fine.len());
        for percent in 0..=100 {
            let quantile = f64::from(percent) / 100.0;
            let [exact, drawn] =
                [&fine, &drawn].map(|histogram| histogram.value_at_quantile(quantile) as f64);
            assert!(
                (0.0..exact / 100.0 + 1.0).contains(&(drawn - exact)),
                "{exact} {drawn}"
            );
        }
        assert_eq!(coarse.coarse(), coarse);
    }

    #[test]
    fn empty_and_damaged_histograms_stay_unchanged() {
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
