//! Step `time-wait`: one short connection after the other, until the client has no port left.

use std::io::{self, Read as _, Write as _};
use std::net::{Shutdown, SocketAddr, TcpListener, TcpStream};
use std::os::fd::AsRawFd as _;
use std::thread;
use std::time::{Duration, Instant};

use nix::errno::Errno;
use nix::sys::socket;
use serde::Deserialize;
use toml::Table;

use crate::measured::{Measured, Row, Unit};
use crate::namespace::{self, set};
use crate::stage::Stage;
use crate::step::{StepError, parameters};

/// Connections that are tried, as a multiple of the ports.
const TRIES: f64 = 1.25;
/// First port of the client's range.
const FIRST_PORT: u32 = 30_000;
/// Port of the first server; each case has its own, so that it does not meet the TIME_WAIT of an earlier one. The ports are
/// free: the namespace is new. Port 0 would take one of the client's range.
const SERVER_PORT: u16 = 20_000;
/// A short experiment has this share of the ports and of the rate.
const SHORT: u32 = 4;

/// The parameters.
#[derive(Clone, Copy, Deserialize)]
#[serde(deny_unknown_fields)]
struct Parameters {
    /// Ports that the client may use.
    ports: u32,
    /// Connections a second.
    rate: u32,
}

/// The side that closes first.
#[derive(Clone, Copy, PartialEq, Eq)]
enum First {
    Client,
    Server,
}

/// The cases: label, value of `tcp_tw_reuse`, and who closes first.
const CASES: [(&str, &str, First); 3] = [
    ("client first, tw_reuse 0", "0", First::Client),
    ("client first, tw_reuse 2", "2", First::Client),
    ("server first, tw_reuse 0", "0", First::Server),
];

/// Step `time-wait`.
///
/// # Errors
/// The machine allows no namespace.
pub fn run(stage: &mut Stage, table: &Table) -> Result<Measured, StepError> {
    parameters::<Parameters>(table)?;
    namespace::inside(stage, "time-wait", table)
}

/// Step `time-wait` in the namespace.
///
/// # Errors
/// The kernel refuses a sysctl, or a connection fails for another reason than a lack of ports.
pub fn inside(stage: &mut Stage, table: &Table) -> Result<Measured, StepError> {
    let mut lesson: Parameters = parameters(table)?;
    if stage.short {
        lesson.ports /= SHORT;
        lesson.rate /= SHORT;
    }
    let last = FIRST_PORT + lesson.ports - 1;
    set(
        "net/ipv4/ip_local_port_range",
        &format!("{FIRST_PORT} {last}"),
    )?;
    let mut measured = Measured::default();
    let ports = Row::new(
        "ports of the client",
        Unit::Count,
        vec![f64::from(lesson.ports)],
    );
    measured.rows.push(ports);
    for (index, (label, reuse, first)) in CASES.into_iter().enumerate() {
        set("net/ipv4/tcp_tw_reuse", reuse)?;
        let progress = |share: f64| {
            (stage.progress)(label, (index as f64 + share) / CASES.len() as f64);
        };
        measured.rows.push(case(
            stage,
            lesson,
            (label, first),
            SERVER_PORT + index as u16,
            &progress,
        )?);
    }
    Ok(measured)
}

/// Connects again and again. The row is the number of connections before the first failure.
fn case(
    stage: &Stage,
    lesson: Parameters,
    (label, first): (&str, First),
    port: u16,
    progress: &dyn Fn(f64),
) -> Result<Row, StepError> {
    let listener = TcpListener::bind(("127.0.0.1", port))?;
    let address = listener.local_addr()?;
    let server = {
        let listener = listener.try_clone()?;
        thread::spawn(move || serve(&listener, first))
    };
    let tries = (f64::from(lesson.ports) * TRIES) as u32;
    let begin = Instant::now();
    let result = (0..tries).try_fold(0, |made, index| {
        if index % 64 == 0 {
            progress(f64::from(index) / f64::from(tries));
            if stage.stop.is_requested() {
                return Err(StepError::Stopped);
            }
        }
        let due = begin + Duration::from_secs(1) * index / lesson.rate;
        thread::sleep(due.saturating_duration_since(Instant::now()));
        // After the first failure nothing is tried any more.
        if made < index {
            return Ok(made);
        }
        Ok(made + u32::from(connect(address, first)?))
    });
    // This wakes up accept(2), which then fails.
    let _ = socket::shutdown(listener.as_raw_fd(), socket::Shutdown::Both);
    let _ = server.join();
    let made = result?;
    let mut row = Row::new(label, Unit::Count, vec![f64::from(made)]);
    row.at_least = made == tries;
    Ok(row)
}

/// One conversation: a byte and its echo. False if the client has no port left.
fn connect(address: SocketAddr, first: First) -> io::Result<bool> {
    let mut stream = match TcpStream::connect(address) {
        Err(error) if error.raw_os_error() == Some(Errno::EADDRNOTAVAIL as i32) => {
            return Ok(false);
        }
        other => other?,
    };
    stream.write_all(b"x")?;
    stream.read_exact(&mut [0])?;
    match first {
        // The close of the stream follows: the client is the first to send FIN. It then waits for the server's, so that
        // connections do not overlap.
        First::Client => stream.shutdown(Shutdown::Write)?,
        First::Server => {}
    }
    stream.read(&mut [0]).map(|_| true)
}

/// Echoes one byte to each client.
fn serve(listener: &TcpListener, first: First) {
    while let Ok((mut stream, _)) = listener.accept() {
        let echo = |stream: &mut TcpStream| {
            let mut byte = [0];
            stream.read_exact(&mut byte)?;
            stream.write_all(&byte)?;
            match first {
                First::Client => stream.read(&mut byte).map(drop),
                First::Server => stream.shutdown(Shutdown::Write),
            }?;
            // Either way the connection is closed after both sides have said so.
            stream.read(&mut byte)
        };
        // A client that has failed says so itself.
        let _ = echo(&mut stream);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_sides_can_close_first() {
        for first in [First::Client, First::Server] {
            let listener = TcpListener::bind("127.0.0.1:0").unwrap();
            let address = listener.local_addr().unwrap();
            let clone = listener.try_clone().unwrap();
            let server = thread::spawn(move || serve(&clone, first));
            assert!(connect(address, first).unwrap());
            socket::shutdown(listener.as_raw_fd(), socket::Shutdown::Both).unwrap();
            server.join().unwrap();
        }
    }
}
