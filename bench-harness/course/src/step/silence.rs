//! Step `idle-timeout`: when do servers send a silent client away? Step `keepalive`: when does the kernel notice that a peer
//! is dead, and does it mind a silent one?

use std::io::{self, Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::thread;
use std::time::{Duration, Instant};

use measure::stop::Stop;
use serde::Deserialize;
use socket2::{SockFilter, SockRef, TcpKeepalive};
use toml::Table;

use crate::measured::{Measured, Row, Unit};
use crate::stage::Stage;
use crate::step::{StepError, parameters, served::Served};

/// Longest wait for a read between two looks at the clock.
const LOOK: Duration = Duration::from_millis(50);
/// Time between two requests of the client that talks.
const TALK: Duration = Duration::from_millis(250);

/// The parameters of `idle-timeout`.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Idle {
    models: Vec<String>,
    /// The idle timeout of the servers, in seconds.
    timeout: f64,
    /// Seconds for which the clients wait.
    patience: f64,
}

/// The parameters of `keepalive`.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Keepalive {
    /// Seconds of silence before the first probe (`TCP_KEEPIDLE`).
    idle: u64,
    /// Seconds between two probes (`TCP_KEEPINTVL`).
    interval: u64,
    /// Probes without an answer that end the connection (`TCP_KEEPCNT`).
    probes: u32,
    /// Seconds for which the server waits.
    patience: f64,
}

/// Step `idle-timeout`.
///
/// # Errors
/// A server does not start, or a client is refused.
pub fn idle_timeout(stage: &mut Stage, table: &Table) -> Result<Measured, StepError> {
    let lesson: Idle = parameters(table)?;
    let most = if stage.short {
        lesson.timeout + 1.0
    } else {
        lesson.patience
    };
    let patience = Duration::from_secs_f64(most);
    let timeout = format!("{}ms", (lesson.timeout * 1000.0).round());
    let mut rows = Vec::new();
    let mut evicted = 0;
    for (index, model) in lesson.models.iter().enumerate() {
        (stage.progress)(model, index as f64 / lesson.models.len() as f64);
        let server = Served::start(stage, &["serve", model, "--idle-timeout", &timeout])?;
        // The silent client connects first, and sends nothing. The model may serve one client only, so the other one has a
        // conversation on a server of its own.
        let silent = TcpStream::connect(server.address)?;
        let other = Served::start(stage, &["serve", model, "--idle-timeout", &timeout])?;
        let talking = TcpStream::connect(other.address)?;
        let (after, heard) = thread::scope(|scope| {
            let talk = scope.spawn(|| talk(talking, patience));
            let after = ends_after(silent, patience, stage.stop)?;
            let heard = talk
                .join()
                .map_err(|_| io::Error::other("a client failed"))?;
            Ok::<_, StepError>((after, heard))
        })?;
        evicted += usize::from(heard.is_err());
        rows.push(row(format!("timeout, {model}"), after, patience));
    }
    rows.push(Row::new(
        "talking clients sent away",
        Unit::Count,
        vec![evicted as f64],
    ));
    Ok(Measured {
        rows,
        notes: Vec::new(),
    })
}

/// Step `keepalive`.
///
/// # Errors
/// The system refuses a socket or an option.
pub fn keepalive(stage: &mut Stage, table: &Table) -> Result<Measured, StepError> {
    let lesson: Keepalive = parameters(table)?;
    let patience = Duration::from_secs_f64(lesson.patience);
    let probing = TcpKeepalive::new()
        .with_time(Duration::from_secs(lesson.idle))
        .with_interval(Duration::from_secs(lesson.interval))
        .with_retries(lesson.probes);
    (stage.progress)("peers are silent, or dead", 0.1);
    let stop = stage.stop;
    let cases = [
        ("silent peer, keepalive", false, Some(&probing)),
        ("dead peer, keepalive", true, Some(&probing)),
        ("dead peer, no keepalive", true, None),
    ];
    let rows = thread::scope(|scope| {
        let waits = cases.map(|(label, is_dead, probing)| {
            scope.spawn(move || {
                let (server, _client) = pair(is_dead, probing)?;
                Ok(row(
                    label.to_owned(),
                    ends_after(server, patience, stop)?,
                    patience,
                ))
            })
        });
        let results = waits.map(|wait| {
            let failed = |_| Err(StepError::System(io::Error::other("a peer failed")));
            wait.join().unwrap_or_else(failed)
        });
        results.into_iter().collect::<Result<Vec<Row>, StepError>>()
    })?;
    Ok(Measured {
        rows,
        notes: Vec::new(),
    })
}

/// A server's and a client's end of a connection. A dead client drops all that arrives, and sends nothing any more.
fn pair(is_dead: bool, probing: Option<&TcpKeepalive>) -> io::Result<(TcpStream, TcpStream)> {
    /// `BPF_RET | BPF_K`: the number of bytes to keep is a constant.
    const RETURN: u16 = 6;
    let listener = TcpListener::bind("127.0.0.1:0")?;
    let client = TcpStream::connect(listener.local_addr()?)?;
    let (server, _) = listener.accept()?;
    if let Some(probing) = probing {
        SockRef::from(&server).set_tcp_keepalive(probing)?;
    }
    if is_dead {
        SockRef::from(&client).attach_filter(&[SockFilter::new(RETURN, 0, 0, 0)])?;
    }
    Ok((server, client))
}

/// The time until a connection on which nothing comes is ended: closed, reset, or given up by the kernel. `None` if it lives
/// as long as the reader's patience.
fn ends_after(
    mut stream: TcpStream,
    patience: Duration,
    stop: &Stop,
) -> Result<Option<Duration>, StepError> {
    let begin = Instant::now();
    stream.set_read_timeout(Some(LOOK))?;
    while begin.elapsed() < patience {
        if stop.is_requested() {
            return Err(StepError::Stopped);
        }
        match stream.read(&mut [0; 64]) {
            // Linux says so after SO_RCVTIMEO.
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => {}
            Err(_) | Ok(0) => return Ok(Some(begin.elapsed())),
            Ok(_) => {}
        }
    }
    Ok(None)
}

/// Sends a byte and reads its echo, again and again.
fn talk(mut stream: TcpStream, time: Duration) -> io::Result<()> {
    let end = Instant::now() + time;
    stream.set_read_timeout(Some(Duration::from_secs(2)))?;
    while Instant::now() < end {
        stream.write_all(b"x")?;
        stream.read_exact(&mut [0])?;
        thread::sleep(TALK);
    }
    Ok(())
}

fn row(label: String, after: Option<Duration>, patience: Duration) -> Row {
    let seconds = after.unwrap_or(patience).as_secs_f64();
    let mut row = Row::new(label, Unit::S, vec![seconds]);
    row.at_least = after.is_none();
    row
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_connection_that_is_closed_ends_at_once_and_another_one_does_not() {
        let stop = Stop::manual();
        let (server, client) = pair(false, None).unwrap();
        let patience = Duration::from_millis(120);
        let clone = server.try_clone().unwrap();
        assert_eq!(ends_after(clone, patience, &stop).unwrap(), None);
        drop(client);
        let after = ends_after(server, Duration::from_mins(1), &stop).unwrap();
        assert!(after.is_some());
    }

    #[test]
    fn a_wait_ends_when_the_user_stops_it() {
        let stop = Stop::manual();
        stop.request();
        let (server, _client) = pair(true, None).unwrap();
        let ended = ends_after(server, Duration::from_mins(1), &stop);
        assert!(matches!(ended, Err(StepError::Stopped)));
    }
}
