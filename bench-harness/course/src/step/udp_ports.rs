//! Step `lock-step`: a file goes block by block over UDP, and each block waits for its acknowledgement. Step `strangers`: who
//! hears the datagrams of a stranger, an unconnected or a connected socket.

use std::io;
use std::net::UdpSocket;
use std::thread;
use std::time::{Duration, Instant};

use serde::Deserialize;
use toml::Table;

use crate::measured::{Measured, Row, Unit};
use crate::stage::Stage;
use crate::step::{StepError, parameters};

/// Longest wait for a datagram. On loopback it comes at once.
const PATIENCE: Duration = Duration::from_secs(2);
/// Bytes of a block number.
const NUMBER: usize = 4;

/// The parameters of `lock-step`.
#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
struct LockStep {
    /// Bytes of a block.
    blocks: Vec<usize>,
    /// Blocks that may be on the way at a time.
    window: usize,
    /// Milliseconds of a round trip, which the receiver makes by waiting.
    round_trip: f64,
    /// Seconds for each size.
    duration: f64,
}

/// The parameters of `strangers`.
#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
struct Strangers {
    datagrams: u32,
}

/// Step `lock-step`.
///
/// # Errors
/// The system refuses a socket.
pub fn lock_step(stage: &mut Stage, table: &Table) -> Result<Measured, StepError> {
    let lesson: LockStep = parameters(table)?;
    let duration = Duration::from_secs_f64(if stage.short { 0.3 } else { lesson.duration });
    let round_trip = Duration::from_secs_f64(lesson.round_trip / 1000.0);
    let mut measured = Measured::default();
    for (index, size) in lesson.blocks.iter().enumerate() {
        let label = match lesson.window {
            1 => format!("blocks of {size}"),
            window => format!("{window} blocks of {size} at a time"),
        };
        (stage.progress)(&label, index as f64 / lesson.blocks.len() as f64);
        if stage.stop.is_requested() {
            return Err(StepError::Stopped);
        }
        let rate = transfer(
            (*size).max(NUMBER),
            lesson.window.max(1),
            round_trip,
            duration,
        )?;
        measured
            .rows
            .push(Row::new(label, Unit::KiB, vec![rate / 1024.0]));
    }
    Ok(measured)
}

/// Sends blocks for this long. Returns bytes a second.
fn transfer(
    size: usize,
    window: usize,
    round_trip: Duration,
    duration: Duration,
) -> io::Result<f64> {
    let (sender, receiver) = (socket()?, socket()?);
    sender.connect(receiver.local_addr()?)?;
    receiver.connect(sender.local_addr()?)?;
    let acknowledging = thread::spawn(move || acknowledge(&receiver, window, round_trip));
    let mut block = vec![0; size];
    let begin = Instant::now();
    let mut rounds = 0;
    while begin.elapsed() < duration {
        for _ in 0..window {
            sender.send(&block)?;
        }
        sender.recv(&mut block[..NUMBER])?;
        rounds += 1;
    }
    let seconds = begin.elapsed().as_secs_f64();
    // An empty datagram ends the transfer.
    sender.send(&[])?;
    let _ = acknowledging.join();
    Ok((rounds * window * size) as f64 / seconds)
}

/// Acknowledges each full window, one round trip after it came, until an empty datagram comes.
fn acknowledge(receiver: &UdpSocket, window: usize, round_trip: Duration) {
    let mut buffer = vec![0; 1 << 16];
    let mut blocks = 0;
    while let Ok(1..) = receiver.recv(&mut buffer) {
        blocks += 1;
        if blocks % window == 0 {
            thread::sleep(round_trip);
            // A sender that has ended needs no acknowledgement.
            let _ = receiver.send(&buffer[..NUMBER]);
        }
    }
}

/// Step `strangers`.
///
/// # Errors
/// The system refuses a socket.
pub fn strangers(_stage: &mut Stage, table: &Table) -> Result<Measured, StepError> {
    let lesson: Strangers = parameters(table)?;
    let row = |label, value: u32| Row::new(label, Unit::Count, vec![f64::from(value)]);
    Ok(Measured {
        rows: vec![
            row(
                "stranger heard, one socket",
                heard(lesson.datagrams, false)?,
            ),
            row("stranger heard, connected", heard(lesson.datagrams, true)?),
        ],
        notes: Vec::new(),
    })
}

/// How many datagrams of a stranger arrive at a socket that talks to a client.
fn heard(datagrams: u32, is_connected: bool) -> io::Result<u32> {
    let (server, client, stranger) = (socket()?, socket()?, socket()?);
    let address = server.local_addr()?;
    if is_connected {
        server.connect(client.local_addr()?)?;
    }
    for _ in 0..datagrams {
        // To the stranger the connected socket's port is closed, which the next send reports.
        let _ = stranger.send_to(b"s", address);
    }
    // The client's datagram is the last one, so there is no need to wait for more.
    client.send_to(b"c", address)?;
    let mut heard = 0;
    let mut byte = [0];
    loop {
        server.recv(&mut byte)?;
        if byte == *b"c" {
            return Ok(heard);
        }
        heard += 1;
    }
}

fn socket() -> io::Result<UdpSocket> {
    let socket = UdpSocket::bind("127.0.0.1:0")?;
    socket.set_read_timeout(Some(PATIENCE))?;
    Ok(socket)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_connected_socket_does_not_hear_a_stranger() {
        assert_eq!(heard(20, false).unwrap(), 20);
        assert_eq!(heard(20, true).unwrap(), 0);
    }

    #[test]
    fn lock_step_is_never_faster_than_a_block_a_round_trip() {
        let rate = transfer(
            1000,
            1,
            Duration::from_millis(10),
            Duration::from_millis(50),
        );
        let rate = rate.unwrap();
        assert!(rate > 0.0 && rate <= 100_000.0, "{rate}");
    }
}
