//! Writes the histograms of a run as an HDR histogram log, which other tools can plot and analyse.
//!
//! Lines without a tag are the response times of each second of the measured window. Lines with the tag `outside` are
//! seconds that are not, or not entirely, in the window. The tags `response`, `service`, `lag` and `class:NAME` (response
//! times of one class) cover the whole window, and `connect` the whole run. Values are nanoseconds; the column of maxima is
//! in milliseconds (<http://hdrhistogram.github.io/HdrHistogram/JavaDoc/org/HdrHistogram/HistogramLogWriter.html>).

use std::io::{self, Write};
use std::time::{Duration, SystemTime};

use hdrhistogram::Histogram;
use hdrhistogram::serialization::V2DeflateSerializer;
use hdrhistogram::serialization::interval_log::{
    IntervalLogWriterBuilder, IntervalLogWriterError, Tag,
};
use thiserror::Error;

use crate::outcome::Outcome;
use crate::outcome::latency::{HistogramError, Latency};

/// The header by which readers in any language recognise the format.
const FORMAT: &str = "[Histogram log format version 1.3]";

/// Nanoseconds per millisecond; the column of maxima is divided by it.
const MILLISECOND: f64 = 1e6;

/// A histogram log could not be written.
#[derive(Debug, Error)]
pub enum HlogError {
    /// Writing failed.
    #[error("the histogram log cannot be written ({0}); check its folder and free space")]
    Write(#[from] io::Error),
    /// The outcome contains a damaged histogram.
    #[error(transparent)]
    Histogram(#[from] HistogramError),
    /// A histogram is too large for its encoding.
    #[error(
        "a histogram cannot be encoded ({0}); this is a bug of the generator, please report it"
    )]
    Encode(String),
}

/// One line of the log.
struct Line {
    at_s: f64,
    duration_s: f64,
    tag: Option<String>,
    histogram: Histogram<u64>,
}

impl Outcome {
    /// Writes the histograms of this run in order of time. The run started at `start`.
    ///
    /// # Errors
    /// Writing to `out` fails, or a stored histogram is damaged.
    pub fn write_hlog(&self, start: SystemTime, out: &mut impl Write) -> Result<(), HlogError> {
        let mut lines = self.lines()?;
        lines.sort_by(|a, b| a.at_s.total_cmp(&b.at_s));
        let mut serializer = V2DeflateSerializer::new();
        let mut log = IntervalLogWriterBuilder::new()
            .add_comment(FORMAT)
            .add_comment(&format!(
                "{} against {}",
                self.load.schedule, self.load.target
            ))
            .with_base_time(start)
            .with_start_time(start)
            .with_max_value_divisor(MILLISECOND)
            .begin_log_with(out, &mut serializer)?;
        for line in &lines {
            let tag = line.tag.as_deref().and_then(Tag::new);
            let [at, duration] = [line.at_s, line.duration_s]
                .map(|seconds| Duration::try_from_secs_f64(seconds).unwrap_or_default());
            log.write_histogram(&line.histogram, at, duration, tag)
                .map_err(|error| match error {
                    IntervalLogWriterError::IoError(error) => HlogError::Write(error),
                    IntervalLogWriterError::SerializeError(error) => {
                        HlogError::Encode(error.to_string())
                    }
                })?;
        }
        Ok(())
    }

    fn lines(&self) -> Result<Vec<Line>, HistogramError> {
        let mut lines = Vec::new();
        for interval in &self.intervals {
            let tag = (!interval.measured).then_some("outside");
            let span = (interval.at_s, interval.duration_s);
            lines.extend(line(span, tag, &interval.response)?);
        }
        let window = (self.window_start_s, self.elapsed_s);
        let run = (0.0, self.window_start_s + self.elapsed_s);
        lines.extend(line(window, Some("response"), &self.response)?);
        lines.extend(line(window, Some("service"), &self.service)?);
        lines.extend(line(window, Some("lag"), &self.lag)?);
        lines.extend(line(run, Some("connect"), &self.connect)?);
        for class in &self.classes {
            let tag = format!("class:{}", plain(&class.name));
            lines.extend(line(window, Some(&tag), &class.response)?);
        }
        Ok(lines)
    }
}

/// Returns a line, if the histogram is not empty.
fn line(
    (at_s, duration_s): (f64, f64),
    tag: Option<&str>,
    latency: &Latency,
) -> Result<Option<Line>, HistogramError> {
    if latency.count == 0 {
        return Ok(None);
    }
    Ok(Some(Line {
        at_s,
        duration_s,
        tag: tag.map(str::to_owned),
        histogram: latency.histogram()?,
    }))
}

/// Replaces the characters that separate the columns of a log.
fn plain(name: &str) -> String {
    name.replace([',', ' ', '\n', '\r'], "-")
}

#[cfg(test)]
mod tests {
    use base64::Engine as _;
    use base64::engine::general_purpose::STANDARD as BASE64;
    use hdrhistogram::serialization::Deserializer;
    use hdrhistogram::serialization::interval_log::{IntervalLogIterator, LogEntry};

    use super::*;
    use crate::outcome::class::ClassOutcome;
    use crate::outcome::over_time::Interval;

    fn latency(values: &[u64]) -> Latency {
        let mut histogram = Histogram::new(3).unwrap();
        for &value in values {
            histogram.record(value).unwrap();
        }
        Latency::of(&histogram)
    }

    fn interval(at_s: f64, measured: bool, values: &[u64]) -> Interval {
        Interval {
            at_s,
            duration_s: 1.0,
            measured,
            response: latency(values),
            ..Interval::default()
        }
    }

    fn outcome() -> Outcome {
        Outcome {
            window_start_s: 1.0,
            elapsed_s: 2.0,
            intervals: vec![
                interval(0.0, false, &[900]),
                interval(1.0, true, &[1_000_000, 2_000_000]),
                interval(2.0, true, &[3_000_000]),
                interval(3.0, true, &[]),
            ],
            response: latency(&[1_000_000, 2_000_000, 3_000_000]),
            classes: vec![ClassOutcome {
                name: "slow, very".to_owned(),
                response: latency(&[7]),
                ..ClassOutcome::default()
            }],
            ..Outcome::default()
        }
    }

    /// Start, duration, tag and histogram of each line.
    fn read(log: &[u8]) -> Vec<(u64, u64, String, Histogram<u64>)> {
        let entries = IntervalLogIterator::new(log).map(Result::unwrap);
        let intervals = entries.filter_map(|entry| match entry {
            LogEntry::Interval(interval) => Some(interval),
            LogEntry::StartTime(_) | LogEntry::BaseTime(_) => None,
        });
        let line = |interval: hdrhistogram::serialization::interval_log::IntervalLogHistogram| {
            let bytes = BASE64.decode(interval.encoded_histogram()).unwrap();
            (
                interval.start_timestamp().as_secs(),
                interval.duration().as_secs(),
                interval.tag().map_or("", |tag| tag.as_str()).to_owned(),
                Deserializer::new().deserialize(&mut &bytes[..]).unwrap(),
            )
        };
        intervals.map(line).collect()
    }

    #[test]
    fn other_readers_find_every_histogram_in_the_order_of_time() {
        let mut log = Vec::new();
        outcome()
            .write_hlog(
                SystemTime::UNIX_EPOCH + Duration::from_secs(1_000_000),
                &mut log,
            )
            .unwrap();
        let lines = read(&log);
        let heads: Vec<_> = lines
            .iter()
            .map(|(at, length, tag, histogram)| (*at, *length, &**tag, histogram.len()))
            .collect();
        assert_eq!(
            heads,
            [
                (0, 1, "outside", 1),
                (1, 1, "", 2),
                (1, 2, "response", 3),
                (1, 2, "class:slow--very", 1),
                (2, 1, "", 1)
            ]
        );
        assert!(lines[1].3.equivalent(lines[1].3.max(), 2_000_000));
        let text = String::from_utf8(log).unwrap();
        assert!(text.starts_with("#[Histogram log format version 1.3]\n"));
        assert!(text.contains("#[BaseTime: 1000000.000 (seconds since epoch)]"));
    }

    #[test]
    fn a_full_disk_is_reported_with_a_remedy() {
        let error = outcome()
            .write_hlog(SystemTime::UNIX_EPOCH, &mut [0_u8; 10].as_mut_slice())
            .unwrap_err();
        assert!(
            error
                .to_string()
                .ends_with("check its folder and free space")
        );
    }
}
