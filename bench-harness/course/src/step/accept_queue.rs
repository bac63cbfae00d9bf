//! Step `accept-queue`: clients connect to a server that is busy for a while, and its accept queue is short. Step `backlog`:
//! the same for several lengths of the queue, where only the connections that succeed at once count.
//!
//! ```text
//! SIGSTOP        all connect()               SIGCONT          a repeated SYN comes
//!    │               │                          │                   │
//!    ├───────────────┼── queue: backlog + 1 ────┼─ served ──────────┼─ served too
//! ```

use std::io::{self, Read as _, Write as _};
use std::net::SocketAddr;
use std::os::fd::AsFd as _;
use std::time::{Duration, Instant};

use nix::errno::Errno;
use nix::poll::{PollFd, PollFlags, PollTimeout, poll};
use serde::Deserialize;
use socket2::{Domain, Socket, Type};
use toml::Table;

use crate::measured::{Measured, Row, Span, SpanKind, Unit};
use crate::namespace::{self, counter, set};
use crate::stage::Stage;
use crate::step::{StepError, parameters, served::Served};

/// A client that is connected before this time did not have to repeat its SYN, which takes at least a second.
const AT_ONCE: Duration = Duration::from_millis(500);
/// Longest wait for the last client, after the server goes on.
const PATIENCE: Duration = Duration::from_secs(8);
/// Wait for a client that should be connected at once.
const LOOK: Duration = Duration::from_millis(100);

/// The parameters of `accept-queue`.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct OneQueue {
    model: String,
    backlog: u32,
    clients: usize,
    /// Seconds for which the server does nothing.
    busy: f64,
}

/// The parameters of `backlog`.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct SeveralQueues {
    model: String,
    backlogs: Vec<u32>,
    clients: usize,
    /// The sysctl `net.core.somaxconn` of the namespace.
    somaxconn: u32,
}

/// A client: what has happened to it, and when, since all of them began.
struct Client {
    socket: Socket,
    connected: Option<Duration>,
    replied: Option<Duration>,
    error: Option<io::Error>,
}

/// Step `accept-queue`.
///
/// # Errors
/// The machine allows no namespace, or the server does not start.
pub fn busy(stage: &mut Stage, table: &Table) -> Result<Measured, StepError> {
    parameters::<OneQueue>(table)?;
    namespace::inside(stage, "accept-queue", table)
}

/// Step `backlog`.
///
/// # Errors
/// Those of [`busy`].
pub fn backlogs(stage: &mut Stage, table: &Table) -> Result<Measured, StepError> {
    parameters::<SeveralQueues>(table)?;
    namespace::inside(stage, "backlog", table)
}

/// Step `accept-queue` in the namespace.
///
/// # Errors
/// The server does not start.
pub fn busy_inside(stage: &mut Stage, table: &Table) -> Result<Measured, StepError> {
    let lesson: OneQueue = parameters(table)?;
    let mut server = serve(stage, &lesson.model, lesson.backlog)?;
    server.pause()?;
    let before = counter("ListenOverflows");
    let begin = Instant::now();
    let mut clients = connect_all(server.address, lesson.clients)?;
    let busy = Duration::from_secs_f64(lesson.busy);
    let mut free = None;
    while clients.iter().any(Client::is_open) && begin.elapsed() < busy + PATIENCE {
        let now = begin.elapsed();
        (stage.progress)("clients wait", now.as_secs_f64() / (lesson.busy + 1.5));
        if stage.stop.is_requested() {
            return Err(StepError::Stopped);
        }
        if now >= busy && free.is_none() {
            server.resume();
            free = Some(begin.elapsed());
        }
        let next = if free.is_none() {
            busy.saturating_sub(now)
        } else {
            LOOK
        };
        look(&mut clients, begin, next.min(LOOK))?;
    }
    let dropped = counter("ListenOverflows") - before;
    Ok(describe(&clients, free.unwrap_or(busy), dropped))
}

/// Step `backlog` in the namespace.
///
/// # Errors
/// The server does not start, or the kernel refuses the sysctl.
pub fn backlogs_inside(stage: &mut Stage, table: &Table) -> Result<Measured, StepError> {
    let lesson: SeveralQueues = parameters(table)?;
    set("net/core/somaxconn", &lesson.somaxconn.to_string())?;
    let mut measured = Measured::default();
    for (index, backlog) in lesson.backlogs.iter().enumerate() {
        (stage.progress)(
            &format!("backlog {backlog}"),
            index as f64 / lesson.backlogs.len() as f64,
        );
        let mut server = serve(stage, &lesson.model, *backlog)?;
        server.pause()?;
        let begin = Instant::now();
        let mut clients = connect_all(server.address, lesson.clients)?;
        while begin.elapsed() < AT_ONCE {
            look(&mut clients, begin, LOOK)?;
            if stage.stop.is_requested() {
                return Err(StepError::Stopped);
            }
        }
        let mut row = Row::new(
            format!("backlog {backlog}"),
            Unit::Count,
            vec![at_once(&clients) as f64],
        );
        row.at = Some(f64::from(*backlog));
        measured.rows.push(row);
    }
    Ok(measured)
}

fn serve(stage: &Stage, model: &str, backlog: u32) -> Result<Served, StepError> {
    let backlog = backlog.to_string();
    Served::start(stage, &["serve", model, "--backlog", &backlog])
}

/// Lets all clients connect, without waiting for any.
fn connect_all(address: SocketAddr, clients: usize) -> io::Result<Vec<Client>> {
    let start = || {
        let socket = Socket::new(Domain::IPV4, Type::STREAM, None)?;
        socket.set_nonblocking(true)?;
        match socket.connect(&address.into()) {
            Err(error) if error.raw_os_error() != Some(Errno::EINPROGRESS as i32) => Err(error),
            _ => Ok(Client {
                socket,
                connected: None,
                replied: None,
                error: None,
            }),
        }
    };
    (0..clients).map(|_| start()).collect()
}

/// Waits until something happens to a client, at most this long, and notes it.
fn look(clients: &mut [Client], begin: Instant, most: Duration) -> Result<(), StepError> {
    let open: Vec<usize> = (0..clients.len())
        .filter(|index| clients[*index].is_open())
        .collect();
    let mut list: Vec<PollFd> = open
        .iter()
        .map(|index| PollFd::new(clients[*index].socket.as_fd(), clients[*index].awaits()))
        .collect();
    let timeout = PollTimeout::try_from(most).unwrap_or(PollTimeout::MAX);
    poll(&mut list, timeout).map_err(io::Error::from)?;
    let events: Vec<PollFlags> = list
        .iter()
        .map(|entry| entry.revents().unwrap_or(PollFlags::empty()))
        .collect();
    let now = begin.elapsed();
    for (index, event) in open.into_iter().zip(events) {
        if !event.is_empty() {
            clients[index].go_on(now);
        }
    }
    Ok(())
}

impl Client {
    const fn is_open(&self) -> bool {
        self.replied.is_none() && self.error.is_none()
    }

    /// A connection that is made becomes writable; after that, the client waits for its reply.
    const fn awaits(&self) -> PollFlags {
        if self.connected.is_none() {
            PollFlags::POLLOUT
        } else {
            PollFlags::POLLIN
        }
    }

    /// The next thing has happened: the connection is made, or the reply is there.
    fn go_on(&mut self, now: Duration) {
        let is_connected = self.connected.is_some();
        let done = if is_connected {
            self.socket.read(&mut [0; 8]).map(drop)
        } else {
            // The result of connect(2) is the socket's error.
            let failed = self.socket.take_error().ok().flatten();
            failed.map_or_else(|| self.socket.write(b"x").map(drop), Err)
        };
        match done {
            Ok(()) if is_connected => self.replied = Some(now),
            Ok(()) => self.connected = Some(now),
            Err(error) => self.error = Some(error),
        }
    }

    /// Its lane: it waits for the connection, then for its reply.
    fn row(&self, number: usize, end: f64) -> Row {
        let connected = self.connected.map(|time| time.as_secs_f64());
        let replied = self.replied.map_or(end, |time| time.as_secs_f64());
        let mut row = Row::new(
            format!("client {number}"),
            Unit::S,
            vec![connected.unwrap_or(end)],
        );
        row.at_least = connected.is_none();
        let span = |from, to, kind| Span { from, to, kind };
        row.spans = vec![
            span(0.0, replied, SpanKind::Waits),
            span(replied, end, SpanKind::Served),
        ];
        row
    }
}

fn at_once(clients: &[Client]) -> usize {
    let is_early = |client: &&Client| client.connected.is_some_and(|time| time < AT_ONCE);
    clients.iter().filter(is_early).count()
}

fn describe(clients: &[Client], free: Duration, dropped: u64) -> Measured {
    let seconds = |time: Option<Duration>| time.map_or(0.0, |time| time.as_secs_f64());
    let last = seconds(clients.iter().filter_map(|client| client.connected).max());
    let end = last.max(free.as_secs_f64()) * 1.1;
    let rows = clients.iter().zip(1..);
    let mut rows: Vec<Row> = rows
        .map(|(client, number)| client.row(number, end))
        .collect();
    let mut add = |label: &str, unit, value| rows.push(Row::new(label, unit, vec![value]));
    let errors = clients
        .iter()
        .filter(|client| client.error.is_some())
        .count();
    add("connected at once", Unit::Count, at_once(clients) as f64);
    add("server goes on", Unit::S, free.as_secs_f64());
    add("last client connected", Unit::S, last);
    add("SYNs dropped", Unit::Count, dropped as f64);
    add("errors of connect", Unit::Count, errors as f64);
    Measured {
        rows,
        notes: Vec::new(),
    }
}

#[cfg(test)]
mod tests {
    use std::net::TcpListener;

    use super::*;

    #[test]
    fn a_client_that_gets_its_reply_is_no_longer_open() {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let begin = Instant::now();
        let mut clients = connect_all(listener.local_addr().unwrap(), 1).unwrap();
        look(&mut clients, begin, PATIENCE).unwrap();
        assert_eq!(at_once(&clients), 1);
        let (mut server, _) = listener.accept().unwrap();
        server.write_all(b"x").unwrap();
        look(&mut clients, begin, PATIENCE).unwrap();
        assert!(!clients[0].is_open());
        let measured = describe(&clients, Duration::from_secs(1), 3);
        let value = |label: &str| {
            let row = measured.rows.iter().find(|row| row.label == label);
            row.unwrap().values[0]
        };
        assert!((value("connected at once") - 1.0).abs() < 1e-9);
        assert!((value("SYNs dropped") - 3.0).abs() < 1e-9);
    }

    #[test]
    fn a_client_whose_connection_is_refused_has_an_error() {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        drop(listener);
        let begin = Instant::now();
        let mut clients = connect_all(address, 1).unwrap();
        look(&mut clients, begin, PATIENCE).unwrap();
        assert!(clients[0].error.is_some() && at_once(&clients) == 0);
    }
}
