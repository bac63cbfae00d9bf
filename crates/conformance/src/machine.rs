//! How fast this machine is now, and how often it pauses: deadlines and verdicts depend on both.

use std::io::{Read as _, Write as _};
use std::net::{Ipv4Addr, TcpListener, TcpStream};
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::{Duration, Instant};

/// The time of [`task`] on a machine of normal speed. On the machine on which the deadlines were chosen, two CPUs of a virtual
/// machine, a release build needs 3 to 16 ms and a debug build 22 to 30 ms. `cargo run -p conformance --example machine` measures
/// it.
const REFERENCE: Duration = Duration::from_millis(12);
/// Number of times that the task is measured. The median counts: it is as slow as the machine usually is, now.
const TIMES: usize = 5;
/// Largest factor of a deadline. On a slower machine, a failed case tells nothing.
const SLOWEST: f64 = 10.0;

/// Number of threads that the task starts.
const THREADS: usize = 40;
/// Number of its round trips over loopback.
const ROUND_TRIPS: usize = 200;
/// Number of its steps of arithmetic.
const STEPS: u64 = 2_000_000;

/// The speed of this machine, as far as servers and clients depend on it.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Machine {
    /// How many times slower it is than the machine for which the deadlines were chosen: 1 to 10. Deadlines are multiplied
    /// by it.
    pub slowness: f64,
    /// True if it is so slow that a failed case tells nothing about the server.
    pub too_slow: bool,
}

impl Machine {
    /// A machine as fast as the one for which the deadlines were chosen.
    pub const NORMAL: Self = Self {
        slowness: 1.0,
        too_slow: false,
    };

    /// Measures it, with a small task of the kind that servers do: a fraction of a second.
    pub fn measure() -> Self {
        let mut times: Vec<Duration> = (0..TIMES).map(|_| task()).collect();
        times.sort_unstable();
        Self::with(times[TIMES / 2])
    }

    /// A machine that needs this time for the task.
    fn with(time: Duration) -> Self {
        let slowness = time.as_secs_f64() / REFERENCE.as_secs_f64();
        Self {
            slowness: slowness.clamp(1.0, SLOWEST),
            too_slow: slowness > SLOWEST,
        }
    }
}

/// Starts threads, exchanges bytes over loopback, and computes. Returns the time that this took.
pub fn task() -> Duration {
    let begun = Instant::now();
    for _ in 0..THREADS {
        thread::scope(|scope| {
            scope.spawn(|| ());
        });
    }
    // Without loopback there is nothing to check either, so the error shows soon.
    let _ = talk();
    let sum = (0..STEPS).fold(1_u64, |sum, step| {
        sum.wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(step)
    });
    std::hint::black_box(sum);
    begun.elapsed()
}

fn talk() -> std::io::Result<()> {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?;
    let mut client = TcpStream::connect(listener.local_addr()?)?;
    let (mut server, _) = listener.accept()?;
    client.set_nodelay(true)?;
    server.set_nodelay(true)?;
    thread::scope(|scope| {
        let echo = scope.spawn(move || {
            let mut byte = [0];
            while server.read(&mut byte)? > 0 {
                server.write_all(&byte)?;
            }
            Ok(())
        });
        let mut byte = [1];
        for _ in 0..ROUND_TRIPS {
            client.write_all(&byte)?;
            client.read_exact(&mut byte)?;
        }
        drop(client);
        echo.join().expect("an echo does not panic")
    })
}

/// Time between two looks for pauses.
const LOOK_EVERY: Duration = Duration::from_millis(20);
/// Shortest pause that is kept.
const NOTABLE: Duration = Duration::from_millis(100);
/// Most pauses that are kept.
const KEPT: usize = 10_000;

/// The pauses of this machine while a thread looks for them: times in which a thread that wanted to run did not.
#[derive(Debug, Default)]
pub struct Pauses {
    seen: Mutex<Vec<(Instant, Duration)>>,
    ended: AtomicBool,
}

impl Pauses {
    /// Looks until [`Pauses::end`].
    pub fn look(&self) {
        while !self.ended.load(Ordering::Relaxed) {
            let begun = Instant::now();
            thread::sleep(LOOK_EVERY);
            let pause = begun.elapsed().saturating_sub(LOOK_EVERY);
            let mut seen = self.seen.lock().expect("no thread panics with the lock");
            if pause >= NOTABLE && seen.len() < KEPT {
                seen.push((begun, pause));
            }
        }
    }

    /// Ends the looking.
    pub fn end(&self) {
        self.ended.store(true, Ordering::Relaxed);
    }

    /// The longest pause since this moment.
    pub fn longest_since(&self, begin: Instant) -> Duration {
        let seen = self.seen.lock().expect("no thread panics with the lock");
        let since = seen.iter().filter(|(at, pause)| *at + *pause >= begin);
        since.map(|(_, pause)| *pause).max().unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn slowness_is_a_ratio_between_one_and_ten() {
        assert_eq!(Machine::with(REFERENCE / 2), Machine::NORMAL);
        assert!((Machine::with(REFERENCE * 3).slowness - 3.0).abs() < 1e-9);
        let slowest = Machine::with(REFERENCE * 11);
        assert!((slowest.slowness - SLOWEST).abs() < 1e-9 && slowest.too_slow);
    }

    #[test]
    fn the_longest_pause_since_a_moment_counts() {
        let pauses = Pauses::default();
        let begin = Instant::now();
        let second = Duration::from_secs(1);
        *pauses.seen.lock().unwrap() = vec![(begin, second), (begin + 5 * second, second / 2)];
        assert_eq!(pauses.longest_since(begin), second);
        assert_eq!(pauses.longest_since(begin + 2 * second), second / 2);
        assert_eq!(pauses.longest_since(begin + 9 * second), Duration::ZERO);
    }
}
