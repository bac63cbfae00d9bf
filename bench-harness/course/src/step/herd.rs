//! The step `herd`: several workers wait for clients on one listener. How many wake up for one client, and who gets the clients?

use std::io;
use std::net::{Ipv4Addr, TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use nix::sys::epoll::{Epoll, EpollCreateFlags, EpollEvent, EpollFlags};
use serde::Deserialize;
use toml::Table;

use super::{StepError, parameters};
use crate::measured::{Measured, Row, Unit};
use crate::stage::Stage;

/// Time between two looks of a worker whether the experiment is over, in milliseconds.
const LOOK: u16 = 50;
/// Longest wait for all clients to be accepted.
const PATIENCE: Duration = Duration::from_secs(3);
/// Time between two clients, so that all workers are waiting again.
const APART: Duration = Duration::from_micros(500);

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Parameters {
    /// Number of workers.
    workers: usize,
    /// Number of clients.
    clients: usize,
}

/// The way workers wait.
#[derive(Clone, Copy)]
enum Way {
    Level,
    Exclusive,
    BlockingAccept,
}

impl Way {
    const ALL: [Self; 3] = [Self::Level, Self::Exclusive, Self::BlockingAccept];

    const fn label(self) -> &'static str {
        match self {
            Self::Level => "epoll",
            Self::Exclusive => "EPOLLEXCLUSIVE",
            Self::BlockingAccept => "blocking accept",
        }
    }
}

/// What the workers of one experiment have done.
struct Deeds {
    wake_ups: AtomicUsize,
    accepted: Vec<AtomicUsize>,
    is_over: AtomicBool,
}

/// Carries it out: for each way the wake-ups for each client, and the share of the worker with the most clients.
///
/// # Errors
/// The system refuses a socket, or the user stops it.
pub fn run(stage: &mut Stage, table: &Table) -> Result<Measured, StepError> {
    let parameters: Parameters = parameters(table)?;
    let mut measured = Measured::default();
    let mut shares = Vec::new();
    for (index, way) in Way::ALL.into_iter().enumerate() {
        (stage.progress)(way.label(), index as f64 / Way::ALL.len() as f64);
        let deeds = Deeds {
            wake_ups: AtomicUsize::new(0),
            accepted: (0..parameters.workers)
                .map(|_| AtomicUsize::new(0))
                .collect(),
            is_over: AtomicBool::new(false),
        };
        experiment(stage, &parameters, way, &deeds)?;
        let clients = parameters.clients as f64;
        let wake_ups = deeds.wake_ups.load(Ordering::SeqCst) as f64 / clients;
        let most = deeds
            .accepted
            .iter()
            .map(|count| count.load(Ordering::SeqCst))
            .max();
        let share = 100.0 * most.unwrap_or(0) as f64 / clients;
        let label = format!("{}, wake-ups", way.label());
        measured
            .rows
            .push(Row::new(label, Unit::Count, vec![wake_ups]));
        let label = format!("{}, share", way.label());
        shares.push(Row::new(label, Unit::Percent, vec![share]));
    }
    measured.rows.extend(shares);
    Ok(measured)
}

fn experiment(
    stage: &Stage,
    parameters: &Parameters,
    way: Way,
    deeds: &Deeds,
) -> Result<(), StepError> {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?;
    listener.set_nonblocking(!matches!(way, Way::BlockingAccept))?;
    let address = listener.local_addr()?;
    let accepted = || {
        deeds
            .accepted
            .iter()
            .map(|count| count.load(Ordering::SeqCst))
            .sum::<usize>()
    };
    thread::scope(|scope| {
        for worker in 0..parameters.workers {
            let listener = &listener;
            scope.spawn(move || work(listener, way, worker, deeds));
        }
        let mut clients = Vec::new();
        let mut failed = Ok(());
        for _ in 0..parameters.clients {
            match TcpStream::connect(address) {
                Ok(client) => clients.push(client),
                Err(error) => failed = Err(StepError::System(error)),
            }
            thread::sleep(APART);
            if stage.stop.is_requested() {
                failed = Err(StepError::Stopped);
            }
            if failed.is_err() {
                break;
            }
        }
        let deadline = Instant::now() + PATIENCE;
        while accepted() < clients.len() && Instant::now() < deadline {
            thread::sleep(Duration::from_millis(1));
        }
        deeds.is_over.store(true, Ordering::SeqCst);
        if matches!(way, Way::BlockingAccept) {
            // Each worker sleeps in `accept`, so one more client for each of them ends it.
            clients
                .extend((0..parameters.workers).filter_map(|_| TcpStream::connect(address).ok()));
        }
        failed
    })
}

/// Accepts clients until the experiment is over.
fn work(listener: &TcpListener, way: Way, worker: usize, deeds: &Deeds) -> io::Result<()> {
    let is_over = || deeds.is_over.load(Ordering::SeqCst);
    let accepted = |count: usize| deeds.accepted[worker].fetch_add(count, Ordering::SeqCst);
    let flags = match way {
        Way::BlockingAccept => loop {
            let _client = listener.accept()?;
            if is_over() {
                return Ok(());
            }
            deeds.wake_ups.fetch_add(1, Ordering::SeqCst);
            accepted(1);
        },
        Way::Level => EpollFlags::EPOLLIN,
        Way::Exclusive => EpollFlags::EPOLLIN | EpollFlags::EPOLLEXCLUSIVE,
    };
    let epoll = Epoll::new(EpollCreateFlags::EPOLL_CLOEXEC)?;
    epoll.add(listener, EpollEvent::new(flags, 0))?;
    while !is_over() {
        if epoll.wait(&mut [EpollEvent::empty()], LOOK)? > 0 {
            deeds.wake_ups.fetch_add(1, Ordering::SeqCst);
            // Another worker may have taken the client: then this wake-up was futile.
            accepted(usize::from(listener.accept().is_ok()));
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fixture::carry_out;

    #[test]
    fn a_blocking_accept_wakes_one_worker_for_each_client() {
        let measured = carry_out(run, "workers = 2\nclients = 4").unwrap();
        let labels: Vec<&str> = measured.rows.iter().map(|row| row.label.as_str()).collect();
        let wake_ups = [
            "epoll, wake-ups",
            "EPOLLEXCLUSIVE, wake-ups",
            "blocking accept, wake-ups",
        ];
        assert_eq!(labels[..3], wake_ups);
        assert_eq!(measured.rows[2].values, [1.0]);
        let shares = &measured.rows[3..];
        assert_eq!(shares.len(), 3);
        assert!(
            shares
                .iter()
                .all(|row| (50.0..=100.0).contains(&row.values[0]))
        );
    }
}
