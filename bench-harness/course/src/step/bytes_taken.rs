//! The step `bytes-taken`: a client sends without end and never reads. How many bytes does the server take from it?

use std::collections::VecDeque;
use std::io::{Read as _, Write as _};
use std::net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream};
use std::thread;
use std::time::{Duration, Instant};

use measure::stop::Stop;
use serde::Deserialize;
use toml::Table;

use super::served::Served;
use super::{StepError, parameters};
use crate::measured::{Measured, Row, Unit};
use crate::stage::Stage;
use crate::talk::{Client, is_timeout};

/// The name of the server without a bound, which is part of this step.
const UNBOUNDED: &str = "unbounded queue";
/// A server that takes as much as this has no bound. The experiment then ends.
const ENOUGH: usize = 256 << 20;
/// A client is blocked if the kernel has taken none of its bytes for this time.
const BLOCKED: Duration = Duration::from_millis(700);
/// Longest time of one experiment.
const LONGEST: Duration = Duration::from_secs(4);
/// Bytes of one write.
static CHUNK: [u8; 64 << 10] = [b'x'; 64 << 10];

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Parameters {
    /// Models, or `unbounded queue`.
    servers: Vec<String>,
}

/// Carries it out: one row a server, in bytes.
///
/// # Errors
/// A server does not start, or the user stops it.
pub fn run(stage: &mut Stage, table: &Table) -> Result<Measured, StepError> {
    let parameters: Parameters = parameters(table)?;
    let mut measured = Measured::default();
    for (index, server) in parameters.servers.iter().enumerate() {
        let share = index as f64 / parameters.servers.len() as f64;
        (stage.progress)(&format!("sending to {server}"), share);
        let taken = if server == UNBOUNDED {
            let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?;
            let address = listener.local_addr()?;
            let server = thread::spawn(move || serve_without_bound(&listener));
            let taken = push(stage.stop, address)?;
            let _ = server.join();
            taken
        } else {
            let served = Served::start(stage, &["serve", server])?;
            push(stage.stop, served.address)?
        };
        let mut row = Row::new(server, Unit::Bytes, vec![taken as f64]);
        row.at_least = taken >= ENOUGH;
        measured.rows.push(row);
    }
    Ok(measured)
}

/// Sends until the kernel takes no more. Returns the number of bytes that it has taken.
fn push(stop: &Stop, address: SocketAddr) -> Result<usize, StepError> {
    let client = Client::connect(address, BLOCKED)?;
    let mut stream = client.stream();
    stream.set_write_timeout(Some(Duration::from_millis(50)))?;
    let (began, mut last, mut taken) = (Instant::now(), Instant::now(), 0);
    while taken < ENOUGH && last.elapsed() < BLOCKED && began.elapsed() < LONGEST {
        if stop.is_requested() {
            return Err(StepError::Stopped);
        }
        match stream.write(&CHUNK) {
            Ok(n) => (taken, last) = (taken + n, Instant::now()),
            Err(error) if is_timeout(&error) => {}
            Err(_) => break,
        }
    }
    Ok(taken)
}

/// An echo server with the mistake: it reads whenever there is something to read, and queues what the client does not take. The
/// queue has no bound but the end of the experiment.
fn serve_without_bound(listener: &TcpListener) -> std::io::Result<()> {
    let (mut stream, _): (TcpStream, _) = listener.accept()?;
    stream.set_nonblocking(true)?;
    let (mut queue, mut buffer) = (VecDeque::new(), vec![0; 64 << 10]);
    loop {
        match stream.read(&mut buffer) {
            Ok(0) => return Ok(()),
            Ok(n) => queue.extend(&buffer[..n]),
            Err(error) if is_timeout(&error) => thread::sleep(Duration::from_millis(1)),
            Err(error) => return Err(error),
        }
        if let Ok(n) = stream.write(queue.as_slices().0) {
            queue.drain(..n);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_server_without_a_bound_takes_everything_and_echoes_it_later() {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
        let address = listener.local_addr().unwrap();
        let server = thread::spawn(move || serve_without_bound(&listener));
        let mut client = TcpStream::connect(address).unwrap();
        let mut echo = vec![0; 256 * CHUNK.len()];
        for _ in 0..256 {
            client.write_all(&CHUNK).unwrap();
        }
        client.read_exact(&mut echo).unwrap();
        assert!(echo.iter().all(|byte| *byte == b'x'));
        drop(client);
        server.join().unwrap().unwrap();
    }

    #[test]
    fn a_server_that_never_reads_takes_what_the_kernel_holds() {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
        let taken = push(&Stop::manual(), listener.local_addr().unwrap()).unwrap();
        assert!((1..ENOUGH).contains(&taken), "{taken}");
    }
}
