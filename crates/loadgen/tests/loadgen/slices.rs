//! Slices: the pause between two of them does not exist for clients, every request counts once, and each ends in time.

use std::io::{self, Read as _, Write as _};
use std::net::{TcpStream, UdpSocket};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::{Duration, Instant};

use loadgen::{Load, LoadError, Orders, Outcome, Schedule, SliceOrder, SliceOutcome};

use crate::peers::{echo, echo_times, load, peer, swallow};

const MS: Duration = Duration::from_millis(1);
/// Much longer than any reply takes.
const PAUSE: Duration = Duration::from_millis(250);

/// Orders slices, each after a pause, and keeps what they measured.
struct Slices {
    left: usize,
    pause: Duration,
    settle: Duration,
    window: Duration,
    connected: u32,
    measured: Vec<SliceOutcome>,
}

impl Slices {
    fn of(slices: usize, settle: Duration, window: Duration) -> Self {
        Self {
            left: slices,
            pause: PAUSE,
            settle,
            window,
            connected: 0,
            measured: Vec::new(),
        }
    }
}

impl Orders for Slices {
    fn connected(&mut self) -> io::Result<()> {
        self.connected += 1;
        Ok(())
    }

    fn next_order(&mut self) -> io::Result<Option<SliceOrder>> {
        assert_eq!(self.connected, 1, "no order before all are connected");
        let Some(left) = self.left.checked_sub(1) else {
            return Ok(None);
        };
        self.left = left;
        Ok(Some(SliceOrder {
            at: Instant::now() + self.pause,
            settle: self.settle,
            window: self.window,
        }))
    }

    fn measured(&mut self, slice: SliceOutcome) -> io::Result<()> {
        self.measured.push(slice);
        Ok(())
    }
}

fn measure(load: &Load, mut slices: Slices) -> (Vec<SliceOutcome>, Outcome) {
    let outcome = load
        .run_slices(&AtomicBool::new(false), &mut slices)
        .unwrap();
    (slices.measured, outcome)
}

fn sum(slices: &[SliceOutcome], count: impl Fn(&SliceOutcome) -> u64) -> u64 {
    slices.iter().map(count).sum()
}

#[test]
fn every_request_is_counted_once() {
    let replies = Arc::new(AtomicU64::new(0));
    let counter = Arc::clone(&replies);
    let counting = move |mut stream: TcpStream| {
        let mut request = [0; 64];
        while stream.read_exact(&mut request).is_ok() {
            counter.fetch_add(1, Ordering::SeqCst);
            stream.write_all(&request).unwrap();
        }
    };
    let (slices, outcome) = measure(&load(peer(counting)), Slices::of(3, 5 * MS, 20 * MS));
    assert_eq!(
        sum(&slices, |slice| slice.answered),
        replies.load(Ordering::SeqCst)
    );
    for slice in &slices {
        assert_eq!((slice.clients, slice.never_served), (4, 0));
        assert_eq!((slice.errors, slice.censored.pending), (0, 0));
        // The replies of the drain are in the latencies, and those of the settling time are not.
        assert!((slice.requests..=slice.answered).contains(&slice.response.count));
        assert_eq!(
            slice.response.histogram().unwrap().len(),
            slice.response.count
        );
        assert!(slice.busy_s > 0.0 && slice.busy_s <= 4.0 * slice.window_s + 1e-6);
    }
    assert!(outcome.requests > 0);
    assert_eq!(outcome.slices, 3);
    assert_eq!(outcome.requests, sum(&slices, |slice| slice.requests));
    assert_eq!(
        outcome.response.count,
        sum(&slices, |slice| slice.response.count)
    );
    let windows: f64 = slices.iter().map(|slice| slice.window_s).sum();
    assert!((outcome.elapsed_s - windows).abs() < 1e-9);
    assert!((outcome.rate - outcome.requests as f64 / windows).abs() < 1e-6);
    assert_eq!(
        outcome.over_time.last().unwrap().requests,
        sum(&slices, |slice| slice.answered)
    );
    assert_eq!(
        (
            outcome.connections.established,
            outcome.connections.open_at_end
        ),
        (4, 4)
    );
}

#[test]
fn a_pause_is_in_no_response_time() {
    let (slices, outcome) = measure(&load(peer(echo)), Slices::of(3, Duration::ZERO, 20 * MS));
    let pause = PAUSE.as_nanos() as u64;
    for slice in &slices {
        assert!(slice.response.max_ns < pause, "{slice:?}");
    }
    assert!(outcome.requests > 0);
    assert!(outcome.fairness.worst_wait_ns < pause);
    assert!(outcome.over_time.last().unwrap().at_s < 2.0 * PAUSE.as_secs_f64());
    assert!(outcome.checks.iter().all(|check| check.name != "little"));
}

#[test]
fn a_client_without_replies_is_censored_in_each_slice_and_delays_no_drain() {
    let first = Arc::new(AtomicBool::new(true));
    let one_at_a_time = move |stream: TcpStream| {
        if first.swap(false, Ordering::SeqCst) {
            echo(stream);
        } else {
            swallow(stream);
        }
    };
    let (slices, outcome) = measure(&load(peer(one_at_a_time)), Slices::of(3, 5 * MS, 60 * MS));
    for (slice, n) in slices.iter().zip(1_u64..) {
        assert_eq!((slice.censored.pending, slice.never_served), (3, 3));
        assert!(slice.drain_s < SliceOrder::LONGEST_DRAIN.as_secs_f64());
        let waited = Duration::from_nanos(slice.censored.longest_ns);
        let slices_so_far = 65 * MS * n as u32;
        assert!(
            waited >= slices_so_far && waited < slices_so_far + PAUSE,
            "{waited:?}"
        );
    }
    assert_eq!(
        outcome.censored.pending, 3,
        "in all slices together they wait once"
    );
    assert_eq!(outcome.fairness.never_served, 3);
}

#[test]
fn an_open_loop_offers_its_rate_in_each_slice_and_not_the_backlog_of_the_pause() {
    let load = load(peer(echo)).with_schedule(Schedule::constant(2000.0));
    let (slices, outcome) = measure(&load, Slices::of(3, 5 * MS, 50 * MS));
    for slice in &slices {
        // 100 in the window; a late start of the window adds those of the settling time.
        assert!((50..=112).contains(&slice.offered), "{slice:?}");
        assert!(slice.lag.count >= slice.offered);
        assert!(slice.response.max_ns < PAUSE.as_nanos() as u64);
    }
    assert_eq!(outcome.offered, sum(&slices, |slice| slice.offered));
    assert!((outcome.offered_rate.unwrap() - 2000.0).abs() < 1e-6);
}

#[test]
fn requests_without_a_connection_are_dropped_at_the_end_of_each_slice() {
    let load = load(peer(swallow)).with_schedule(Schedule::constant(10_000.0));
    let (slices, outcome) = measure(&load, Slices::of(3, Duration::ZERO, 20 * MS));
    for slice in &slices {
        assert_eq!(slice.censored.pending, 4);
        assert!((100..=202).contains(&slice.offered), "{slice:?}");
        assert!(
            slice.censored.unsent.abs_diff(slice.offered) <= 4,
            "{slice:?}"
        );
        assert_eq!(slice.response.count, slice.censored.unsent + 4);
    }
    assert_eq!(
        outcome.censored.unsent,
        sum(&slices, |slice| slice.censored.unsent)
    );
    assert_eq!(outcome.response.count, outcome.censored.unsent + 4);
}

#[test]
fn a_think_time_goes_on_in_the_next_slice() {
    let mut load = load(peer(echo));
    load.classes[0].connections = 1;
    load.classes[0].schedule = Schedule::Closed { think: 180 * MS };
    // In 500 ms of slices, requests are due after 180 ms and 360 ms. With the pauses, there would be one in each slice.
    let mut orders = Slices::of(10, Duration::ZERO, 50 * MS);
    orders.pause = 200 * MS;
    let (slices, outcome) = measure(&load, orders);
    assert_eq!(sum(&slices, |slice| slice.answered), 2);
    assert!(outcome.lag.max_ns < 150_000_000, "{:?}", outcome.lag);
}

#[test]
fn a_server_that_dies_is_counted_once_and_delays_nothing() {
    let dies = |mut stream: TcpStream| echo_times(&mut stream, 10);
    let (slices, outcome) = measure(&load(peer(dies)), Slices::of(3, Duration::ZERO, 20 * MS));
    assert_eq!(sum(&slices, |slice| slice.answered), 40);
    assert_eq!(sum(&slices, |slice| slice.lost_connections), 4);
    assert_eq!(sum(&slices, |slice| slice.errors), 4);
    let last = slices.last().unwrap();
    assert_eq!(
        (last.answered, last.errors, last.lost_connections),
        (0, 0, 0)
    );
    assert!(
        slices
            .iter()
            .all(|slice| slice.drain_s < 0.25 && slice.window_s > 0.01)
    );
    assert_eq!(outcome.connections.open_at_end, 0);
}

#[test]
fn a_server_without_any_reply_ends_each_slice_in_time() {
    let (slices, outcome) = measure(&load(peer(swallow)), Slices::of(2, Duration::ZERO, 20 * MS));
    for slice in &slices {
        assert_eq!(
            (slice.answered, slice.requests, slice.censored.pending),
            (0, 0, 4)
        );
        assert_eq!((slice.response.count, slice.never_served), (4, 4));
    }
    assert_eq!((outcome.requests, outcome.response.count), (0, 4));
}

#[test]
fn a_wrong_reply_belongs_to_one_slice() {
    let corrupt = |mut stream: TcpStream| {
        let mut request = crate::peers::read_request(&mut stream);
        request[17] ^= 0x20;
        stream.write_all(&request).unwrap();
        echo(stream);
    };
    let (slices, outcome) = measure(&load(peer(corrupt)), Slices::of(2, Duration::ZERO, 20 * MS));
    assert_eq!(sum(&slices, |slice| slice.mismatched), 4);
    assert_eq!(sum(&slices, |slice| slice.errors), 4);
    assert_eq!(outcome.verification.mismatched, 4);
}

#[test]
fn lost_datagrams_belong_to_their_slice() {
    let server = UdpSocket::bind("127.0.0.1:0").unwrap();
    let address = server.local_addr().unwrap();
    std::thread::spawn(move || {
        let (mut datagram, mut n) = ([0; 256], 0_u64);
        while let Ok((bytes, client)) = server.recv_from(&mut datagram) {
            n += 1;
            if !n.is_multiple_of(10) {
                let _ = server.send_to(&datagram[..bytes], client);
            }
        }
    });
    let mut load = load(address);
    load.target = format!("udp:{address}").parse().unwrap();
    load.reply_timeout = 5 * MS;
    let (slices, outcome) = measure(&load, Slices::of(2, Duration::ZERO, 30 * MS));
    let lost = sum(&slices, |slice| slice.datagrams_lost);
    assert!(lost > 0);
    assert_eq!(outcome.datagrams.unwrap().lost, lost);
    for slice in &slices {
        assert!(slice.drain_s < SliceOrder::LONGEST_DRAIN.as_secs_f64());
    }
}

#[test]
fn a_stop_ends_the_sitting_and_keeps_the_slices_before() {
    struct StopsAtOnce<'a>(Slices, &'a AtomicBool);
    impl Orders for StopsAtOnce<'_> {
        fn connected(&mut self) -> io::Result<()> {
            self.0.connected()
        }

        fn next_order(&mut self) -> io::Result<Option<SliceOrder>> {
            self.0.next_order()
        }

        fn measured(&mut self, slice: SliceOutcome) -> io::Result<()> {
            self.1.store(true, Ordering::SeqCst);
            self.0.measured(slice)
        }
    }
    let stop = AtomicBool::new(false);
    let mut orders = StopsAtOnce(Slices::of(9, Duration::ZERO, 20 * MS), &stop);
    let outcome = load(peer(echo)).run_slices(&stop, &mut orders).unwrap();
    assert!(outcome.interrupted);
    assert_eq!((outcome.slices, orders.0.measured.len()), (1, 1));
    assert_eq!(outcome.requests, orders.0.measured[0].requests);
}

#[test]
fn no_orders_are_no_slices() {
    let (slices, outcome) = measure(&load(peer(echo)), Slices::of(0, Duration::ZERO, MS));
    assert!(slices.is_empty());
    assert_eq!(
        (outcome.slices, outcome.requests, outcome.rate.to_bits()),
        (0, 0, 0)
    );
    assert_eq!(outcome.connections.established, 4);
}

#[test]
fn loads_that_cannot_be_measured_in_slices_are_refused_with_a_remedy() {
    type Change = fn(&mut Load);
    let changes: [(Change, &str); 4] = [
        (|load| load.threads = 2, "use --threads 1"),
        (|load| load.process = (0, 2), "--processes 1"),
        (|load| load.requests = Some(5), "remove --requests"),
        (
            |load| load.classes[0].connect_at = Some(MS),
            "remove its connect-at",
        ),
    ];
    for (change, remedy) in changes {
        let mut load = load("127.0.0.1:9".parse().unwrap());
        change(&mut load);
        let mut orders = Slices::of(1, MS, MS);
        let error = load
            .run_slices(&AtomicBool::new(false), &mut orders)
            .unwrap_err()
            .to_string();
        assert!(error.contains(remedy), "{error}");
    }
}

#[test]
fn an_order_that_cannot_be_read_ends_the_sitting() {
    struct Garbled;
    impl Orders for Garbled {
        fn connected(&mut self) -> io::Result<()> {
            Ok(())
        }

        fn next_order(&mut self) -> io::Result<Option<SliceOrder>> {
            Err(io::Error::new(
                io::ErrorKind::InvalidData,
                "`go` is not an order",
            ))
        }

        fn measured(&mut self, _: SliceOutcome) -> io::Result<()> {
            unreachable!("there was no slice")
        }
    }
    let stop = AtomicBool::new(false);
    let error = load(peer(echo))
        .run_slices(&stop, &mut Garbled)
        .unwrap_err();
    assert!(matches!(error, LoadError::Orders(_)));
    assert!(
        error.to_string().contains("`go` is not an order"),
        "{error}"
    );
}
