//! The step `ticks`: a server that also has something to say by itself. How many of its messages reach a client that is silent?

use std::io::{self, Read as _, Write as _};
use std::net::{Ipv4Addr, TcpListener, TcpStream};
use std::os::fd::AsFd as _;
use std::thread;
use std::time::{Duration, Instant};

use nix::poll::{PollFd, PollFlags, PollTimeout, poll};
use serde::Deserialize;
use toml::Table;

use super::{StepError, parameters};
use crate::measured::{Measured, Row, Unit};
use crate::stage::Stage;
use crate::talk::{Client, pause};

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Parameters {
    /// Seconds for which the client is silent.
    time: f64,
    /// Milliseconds between two messages of the server.
    every: u64,
}

/// The way a server serves two directions at once.
#[derive(Clone, Copy)]
enum Way {
    OneThread,
    TwoThreads,
    OneLoop,
}

impl Way {
    const ALL: [Self; 3] = [Self::OneThread, Self::TwoThreads, Self::OneLoop];

    const fn label(self) -> &'static str {
        match self {
            Self::OneThread => "one thread",
            Self::TwoThreads => "two threads",
            Self::OneLoop => "one loop",
        }
    }
}

/// Carries it out: for each way the messages that come while the client is silent.
///
/// # Errors
/// The system refuses a socket, or the user stops it.
pub fn run(stage: &mut Stage, table: &Table) -> Result<Measured, StepError> {
    let parameters: Parameters = parameters(table)?;
    let time = Duration::from_secs_f64(if stage.short { 0.4 } else { parameters.time });
    let every = Duration::from_millis(parameters.every);
    let mut measured = Measured::default();
    for (index, way) in Way::ALL.into_iter().enumerate() {
        (stage.progress)(way.label(), index as f64 / Way::ALL.len() as f64);
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?;
        let address = listener.local_addr()?;
        let server = thread::spawn(move || {
            let (stream, _) = listener.accept()?;
            match way {
                Way::OneThread => one_thread(&stream, every),
                Way::TwoThreads => two_threads(&stream, every),
                Way::OneLoop => one_loop(&stream, every),
            }
        });
        let mut client = Client::connect(address, time)?;
        // A tick is one byte, so that the bytes that come are the messages.
        let most = 2 * (time.as_millis() / every.as_millis().max(1)) as usize + 8;
        let came = client.receive(stage.stop, most, time)?;
        drop(client);
        pause(stage.stop, every * 2)?;
        let _ = server.join();
        measured
            .rows
            .push(Row::new(way.label(), Unit::Count, vec![came as f64]));
    }
    Ok(measured)
}

/// Reads, and then looks whether a message is due. While it waits in `read`, no message is sent.
fn one_thread(mut stream: &TcpStream, every: Duration) -> io::Result<()> {
    let mut last = Instant::now();
    while stream.read(&mut [0; 64])? > 0 {
        if last.elapsed() >= every {
            last = Instant::now();
            stream.write_all(b"t")?;
        }
    }
    Ok(())
}

/// One thread reads, the other one writes. A socket is two independent streams, so they need no lock.
fn two_threads(stream: &TcpStream, every: Duration) -> io::Result<()> {
    let mut writer = stream.try_clone()?;
    let ticker = thread::spawn(move || {
        while writer.write_all(b"t").is_ok() {
            thread::sleep(every);
        }
    });
    let mut reader = stream;
    while reader.read(&mut [0; 64])? > 0 {}
    stream.shutdown(std::net::Shutdown::Both)?;
    let _ = ticker.join();
    Ok(())
}

/// Waits for bytes until the next message is due.
fn one_loop(mut stream: &TcpStream, every: Duration) -> io::Result<()> {
    let mut due = Instant::now();
    loop {
        let left = due.saturating_duration_since(Instant::now());
        let timeout = PollTimeout::try_from(left).unwrap_or(PollTimeout::MAX);
        let mut watched = [PollFd::new(stream.as_fd(), PollFlags::POLLIN)];
        if poll(&mut watched, timeout)? > 0 && stream.read(&mut [0; 64])? == 0 {
            return Ok(());
        }
        if Instant::now() >= due {
            due += every;
            stream.write_all(b"t")?;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fixture::sockets;

    const EVERY: Duration = Duration::from_millis(1);

    #[test]
    fn a_loop_and_two_threads_send_to_a_client_that_is_silent() {
        for serve in [one_loop, two_threads] {
            let (mut client, server) = sockets();
            let server = thread::spawn(move || serve(&server, EVERY));
            let mut ticks = [0; 3];
            client.read_exact(&mut ticks).unwrap();
            assert_eq!(&ticks, b"ttt");
            // A tick that comes after the end may reset the connection, which ends the server as well.
            drop(client);
            let _ = server.join().unwrap();
        }
    }

    #[test]
    fn one_thread_sends_nothing_to_a_client_that_is_silent_until_it_leaves() {
        let (mut client, server) = sockets();
        let server = thread::spawn(move || one_thread(&server, EVERY));
        client.shutdown(std::net::Shutdown::Write).unwrap();
        let mut ticks = Vec::new();
        client.read_to_end(&mut ticks).unwrap();
        assert_eq!(ticks, b"");
        server.join().unwrap().unwrap();
    }
}
