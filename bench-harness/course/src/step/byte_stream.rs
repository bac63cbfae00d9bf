//! The step `one-receive`: how many messages does one `recv` return? The step `two-writes`: what do two small writes cost?

use std::io::{Read as _, Write as _};
use std::net::{Ipv4Addr, TcpListener, TcpStream};
use std::thread;
use std::time::{Duration, Instant};

use serde::Deserialize;
use toml::Table;

use super::{StepError, parameters};
use crate::measured::{Measured, Row, Unit};
use crate::stage::Stage;

/// One message of `one-receive`.
const MESSAGE: &[u8] = b"message.\n";
/// The two parts of a request of `two-writes`.
const PARTS: [&[u8]; 2] = [b"header: 4\n", b"body"];

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct OneReceive {
    /// Number of messages, each sent with a call of its own.
    messages: usize,
    /// Number of times.
    times: usize,
}

/// Sends messages one by one, and then receives once.
///
/// # Errors
/// The system refuses a socket.
pub fn one_receive(_: &mut Stage, table: &Table) -> Result<Measured, StepError> {
    let parameters: OneReceive = parameters(table)?;
    let mut in_one = Vec::new();
    for _ in 0..parameters.times {
        let (mut sender, mut receiver) = pair()?;
        for _ in 0..parameters.messages {
            sender.write_all(MESSAGE)?;
        }
        // Loopback has delivered all of it when the last write returns.
        let mut buffer = vec![0; MESSAGE.len() * parameters.messages];
        let came = receiver.read(&mut buffer)?;
        in_one.push(came as f64 / MESSAGE.len() as f64);
    }
    let row = Row::new("messages in one recv", Unit::Count, in_one);
    Ok(Measured {
        rows: vec![row],
        notes: Vec::new(),
    })
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct TwoWrites {
    /// Number of requests of each kind.
    requests: usize,
}

/// The way a request is sent.
#[derive(Clone, Copy)]
enum Sending {
    TwoWrites,
    TwoWritesNoDelay,
    OneWrite,
}

impl Sending {
    const ALL: [Self; 3] = [Self::TwoWrites, Self::TwoWritesNoDelay, Self::OneWrite];

    const fn label(self) -> &'static str {
        match self {
            Self::TwoWrites => "two writes",
            Self::TwoWritesNoDelay => "two writes, TCP_NODELAY",
            Self::OneWrite => "one write",
        }
    }
}

/// Sends requests of two parts in three ways, and measures the time until the reply.
///
/// # Errors
/// The system refuses a socket, or the user stops it.
pub fn two_writes(stage: &mut Stage, table: &Table) -> Result<Measured, StepError> {
    let parameters: TwoWrites = parameters(table)?;
    let requests = if stage.short { 8 } else { parameters.requests };
    let mut measured = Measured::default();
    for (index, sending) in Sending::ALL.into_iter().enumerate() {
        (stage.progress)(sending.label(), index as f64 / 3.0);
        let (client, server) = pair()?;
        client.set_nodelay(matches!(sending, Sending::TwoWritesNoDelay))?;
        let server = thread::spawn(move || answer(server));
        let mut times = Vec::new();
        for _ in 0..requests {
            if stage.stop.is_requested() {
                return Err(StepError::Stopped);
            }
            times.push(request(&client, sending)?.as_secs_f64() * 1e3);
        }
        drop(client);
        let _ = server.join();
        measured
            .rows
            .push(Row::new(sending.label(), Unit::Ms, times));
    }
    Ok(measured)
}

/// Sends one request, and waits for its reply of one byte.
fn request(mut client: &TcpStream, sending: Sending) -> Result<Duration, StepError> {
    let began = Instant::now();
    match sending {
        Sending::OneWrite => client.write_all(&PARTS.concat())?,
        Sending::TwoWrites | Sending::TwoWritesNoDelay => {
            for part in PARTS {
                client.write_all(part)?;
            }
        }
    }
    client.read_exact(&mut [0])?;
    Ok(began.elapsed())
}

/// Answers each whole request with one byte, until the client leaves.
fn answer(mut stream: TcpStream) {
    let mut request = vec![0; PARTS.concat().len()];
    while stream.read_exact(&mut request).is_ok() && stream.write_all(b".").is_ok() {}
}

/// Two connected sockets.
fn pair() -> Result<(TcpStream, TcpStream), StepError> {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?;
    let client = TcpStream::connect(listener.local_addr()?)?;
    client.set_read_timeout(Some(Duration::from_secs(2)))?;
    let (server, _) = listener.accept()?;
    Ok((client, server))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fixture::carry_out;

    #[test]
    fn one_receive_returns_one_to_all_messages_each_time() {
        let measured = carry_out(one_receive, "messages = 3\ntimes = 2").unwrap();
        let values = &measured.rows[0].values;
        assert_eq!(values.len(), 2);
        assert!(
            values.iter().all(|came| (1.0..=3.0).contains(came)),
            "{values:?}"
        );
    }

    #[test]
    fn every_way_of_sending_gets_its_replies() {
        let measured = carry_out(two_writes, "requests = 100").unwrap();
        let rows = measured.rows.iter();
        let seen: Vec<_> = rows
            .map(|row| (row.label.as_str(), row.values.len()))
            .collect();
        let expected = Sending::ALL.map(|sending| (sending.label(), 8));
        assert_eq!(seen, expected);
    }
}
