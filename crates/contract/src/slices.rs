//! The orders of a harness to a generator that measures in slices, line by line on the generator's standard input.

use std::io::{self, BufRead, ErrorKind, Write};
use std::time::{Duration, Instant};

use crate::clock;

/// The order to measure one slice.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Order {
    /// When the clients begin to send. A moment that has passed is now.
    pub at: Instant,
    /// Time from then until the measured window begins.
    pub settle: Duration,
    /// Duration of the measured window.
    pub window: Duration,
}

/// Orders a slice.
///
/// # Errors
/// The generator is gone.
pub fn give(generator: &mut impl Write, order: &Order) -> io::Result<()> {
    let at = clock::shared(order.at);
    let [settle, window] = [order.settle, order.window].map(|time| time.as_nanos());
    // One call of `write`, so that the generator wakes up once.
    let line = format!("slice {at} {settle} {window}\n");
    generator.write_all(line.as_bytes())?;
    generator.flush()
}

/// Waits for the next order; `None` after the last one, which is the end of the file.
///
/// # Errors
/// The line is not an order, or reading fails.
pub fn wait(harness: &mut impl BufRead) -> io::Result<Option<Order>> {
    let mut line = String::new();
    if harness.read_line(&mut line)? == 0 {
        return Ok(None);
    }
    let line = line.trim_end();
    let wrong = || {
        let words = format!(
            "`{line}` is not an order; write `slice AT SETTLE WINDOW`, all in nanoseconds and AT on CLOCK_MONOTONIC"
        );
        io::Error::new(ErrorKind::InvalidData, words)
    };
    parse(line).map(Some).ok_or_else(wrong)
}

fn parse(line: &str) -> Option<Order> {
    let mut numbers = line
        .strip_prefix("slice ")?
        .split(' ')
        .map(str::parse::<u64>);
    let mut next = || numbers.next()?.ok();
    let (at, settle, window) = (next()?, next()?, next()?);
    (numbers.next().is_none() && window > 0).then(|| Order {
        at: clock::instant(at),
        settle: Duration::from_nanos(settle),
        window: Duration::from_nanos(window),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const MS: Duration = Duration::from_millis(1);

    #[test]
    fn an_order_is_read_as_it_is_given() {
        let order = Order {
            at: Instant::now() + Duration::from_secs(9),
            settle: 5 * MS,
            window: 50 * MS,
        };
        let mut pipe = Vec::new();
        give(&mut pipe, &order).unwrap();
        assert_eq!(String::from_utf8_lossy(&pipe).lines().count(), 1);
        let read = wait(&mut pipe.as_slice()).unwrap().expect("one order");
        assert_eq!((read.settle, read.window), (order.settle, order.window));
        let apart = read.at.max(order.at) - read.at.min(order.at);
        assert!(apart < Duration::from_secs(1), "{apart:?}");
    }

    #[test]
    fn orders_end_with_the_file() {
        let mut pipe = &b"slice 0 0 1\nslice 0 2 3"[..];
        let windows = [(); 3].map(|()| wait(&mut pipe).unwrap().map(|order| order.window));
        assert_eq!(
            windows.map(|window| window.map(|time| time.as_nanos())),
            [Some(1), Some(3), None]
        );
    }

    #[test]
    fn another_line_is_refused_with_the_right_one() {
        for line in [
            "",
            "go",
            "slice",
            "slice 1 2",
            "slice 1 2 3 4",
            "slice a 2 3",
            "slice 1 -2 3",
            "slice 1 2 0",
        ] {
            let error = wait(&mut format!("{line}\n").as_bytes()).unwrap_err();
            assert_eq!(error.kind(), ErrorKind::InvalidData, "{line}");
            assert!(
                error.to_string().contains("write `slice AT SETTLE WINDOW`"),
                "{error}"
            );
        }
    }
}
