//! Step `broadcast`: a client asks all servers of a network at once, and all of them answer at once, or spread over a time.
//!
//! ```text
//!            255 ┌─> server 1 ──┐
//! client ────────┼─> server 2 ──┼──> receive buffer of the client ──> what is read
//!                └─> server N ──┘     (full: the kernel drops)
//! ```

use std::io;
use std::net::{SocketAddr, UdpSocket};
use std::thread;
use std::time::{Duration, Instant};

use serde::Deserialize;
use socket2::{Domain, Socket, Type};
use toml::Table;

use crate::measured::{Measured, Row, Unit};
use crate::namespace;
use crate::stage::Stage;
use crate::step::{StepError, parameters};

/// The broadcast address of the loopback network.
const EVERYBODY: [u8; 4] = [127, 255, 255, 255];
/// Bytes of an answer.
const ANSWER: usize = 1000;
/// The client stops reading after this time without an answer.
const SILENCE: Duration = Duration::from_millis(300);

/// The parameters.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Parameters {
    servers: usize,
    /// The client's receive buffer in bytes, as `SO_RCVBUF` sets it.
    buffer: usize,
    /// Milliseconds that a client needs for an answer.
    work: f64,
    /// Seconds over which the servers spread their answers.
    spread: f64,
}

/// Step `broadcast`.
///
/// # Errors
/// The machine allows no namespace.
pub fn run(stage: &mut Stage, table: &Table) -> Result<Measured, StepError> {
    parameters::<Parameters>(table)?;
    namespace::inside(stage, "broadcast", table)
}

/// Step `broadcast` in the namespace.
///
/// # Errors
/// The system refuses a socket.
pub fn inside(stage: &mut Stage, table: &Table) -> Result<Measured, StepError> {
    let lesson: Parameters = parameters(table)?;
    let spread = if stage.short {
        lesson.spread.min(1.0)
    } else {
        lesson.spread
    };
    let spread = delays(lesson.servers, spread);
    let network = Network::new(lesson.servers)?;
    let mut rows = Vec::new();
    for (label, delays) in [
        ("answers at once", vec![0.0; lesson.servers]),
        ("answers spread over time", spread),
    ] {
        (stage.progress)(label, rows.len() as f64 / 4.0);
        let (heard, questions) = network.ask(stage, &lesson, &delays)?;
        if rows.is_empty() {
            rows.push(Row::new(
                "servers that hear the question",
                Unit::Count,
                vec![questions as f64],
            ));
        }
        rows.push(Row::new(label, Unit::Count, vec![heard as f64]));
    }
    Ok(Measured {
        rows,
        notes: Vec::new(),
    })
}

/// The delays of servers that spread their answers over a time. Real servers choose at random. Even distances give the same load on
/// the buffer, and the same figure each time.
fn delays(servers: usize, seconds: f64) -> Vec<f64> {
    let delay = |server: usize| seconds * server as f64 / servers as f64;
    (0..servers).map(delay).collect()
}

/// Servers that share a port: each gets a copy of a broadcast.
struct Network {
    servers: Vec<UdpSocket>,
    port: u16,
}

impl Network {
    fn new(servers: usize) -> io::Result<Self> {
        let first = shared(0)?;
        let port = first.local_addr()?.port();
        let mut all = vec![first];
        for _ in 1..servers {
            all.push(shared(port)?);
        }
        Ok(Self { servers: all, port })
    }

    /// Asks one question, and lets each server answer after its delay. Returns how many answers the client reads, and how
    /// many servers heard the question.
    fn ask(
        &self,
        stage: &Stage,
        lesson: &Parameters,
        delays: &[f64],
    ) -> Result<(usize, usize), StepError> {
        let client = Socket::new(Domain::IPV4, Type::DGRAM, None)?;
        client.set_broadcast(true)?;
        client.set_recv_buffer_size(lesson.buffer)?;
        client.bind(&SocketAddr::from(([127, 0, 0, 1], 0)).into())?;
        let client = UdpSocket::from(client);
        client.set_read_timeout(Some(SILENCE))?;
        client.send_to(b"who is there?", SocketAddr::from((EVERYBODY, self.port)))?;
        let work = Duration::from_secs_f64(lesson.work / 1000.0);
        thread::scope(|scope| {
            let reading = scope.spawn(|| read_all(&client, work));
            let questions = self.answer(stage, delays)?;
            let heard = reading
                .join()
                .map_err(|_| io::Error::other("the client failed"))?;
            Ok((heard, questions))
        })
    }

    /// Every server reads the question, and answers when its delay is over. Returns how many have read it.
    fn answer(&self, stage: &Stage, delays: &[f64]) -> Result<usize, StepError> {
        let begin = Instant::now();
        let mut order: Vec<usize> = (0..self.servers.len()).collect();
        order.sort_by(|a, b| delays[*a].total_cmp(&delays[*b]));
        let mut questions = 0;
        for server in order {
            if stage.stop.is_requested() {
                return Err(StepError::Stopped);
            }
            let mut question = [0; 64];
            let Ok((_, client)) = self.servers[server].recv_from(&mut question) else {
                continue;
            };
            questions += 1;
            let due = begin + Duration::from_secs_f64(delays[server]);
            thread::sleep(due.saturating_duration_since(Instant::now()));
            self.servers[server].send_to(&[0; ANSWER], client)?;
        }
        Ok(questions)
    }
}

/// Reads answers until none comes any more. Each takes the client a while.
fn read_all(client: &UdpSocket, work: Duration) -> usize {
    let mut buffer = [0; ANSWER];
    let mut heard = 0;
    while client.recv(&mut buffer).is_ok() {
        heard += 1;
        thread::sleep(work);
    }
    heard
}

/// A socket that shares its port with the other servers.
fn shared(port: u16) -> io::Result<UdpSocket> {
    let socket = Socket::new(Domain::IPV4, Type::DGRAM, None)?;
    socket.set_reuse_address(true)?;
    socket.bind(&SocketAddr::from(([0, 0, 0, 0], port)).into())?;
    let socket = UdpSocket::from(socket);
    socket.set_read_timeout(Some(SILENCE))?;
    Ok(socket)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn delays_have_equal_distances_within_the_time() {
        assert_eq!(delays(4, 2.0), [0.0, 0.5, 1.0, 1.5]);
        assert!(delays(0, 2.0).is_empty());
    }

    #[test]
    fn the_servers_of_a_network_share_a_port() {
        let network = Network::new(3).unwrap();
        let ports = network
            .servers
            .iter()
            .map(|server| server.local_addr().unwrap().port());
        assert_eq!(ports.collect::<Vec<_>>(), [network.port; 3]);
    }

    #[test]
    fn a_client_reads_all_answers_that_have_come() {
        let client = UdpSocket::bind((std::net::Ipv4Addr::LOCALHOST, 0)).unwrap();
        client.set_read_timeout(Some(SILENCE)).unwrap();
        let server = UdpSocket::bind((std::net::Ipv4Addr::LOCALHOST, 0)).unwrap();
        for _ in 0..3 {
            server
                .send_to(&[0; ANSWER], client.local_addr().unwrap())
                .unwrap();
        }
        assert_eq!(read_all(&client, Duration::ZERO), 3);
    }
}
