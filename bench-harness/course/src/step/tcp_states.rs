//! Step `tcp-states`: the states of both sockets of a connection over time, beside a capture of its segments.
//!
//! On loopback most states last a few microseconds. So the step makes one side deaf for a while: a filter on its socket
//! drops all that arrives. The other side then stays in its state, and repeats its segment until it is heard.

mod capture;

use std::collections::BTreeMap;
use std::io::{self, Read as _, Write as _};
use std::net::SocketAddr;
use std::thread;
use std::time::{Duration, Instant};

use serde::Deserialize;
use socket2::{Domain, SockFilter, Socket, Type};
use toml::Table;

use crate::measured::{Measured, Row, Span, SpanKind, Unit};
use crate::namespace;
use crate::stage::Stage;
use crate::step::tcp_table::{self, State};
use crate::step::{StepError, parameters};
use capture::{Capture, Segment};

/// Time between two looks at the table of sockets.
const LOOK: Duration = Duration::from_millis(4);
/// Longest wait for a state. A SYN is repeated after a second, for the second time after two or three.
const PATIENCE: Duration = Duration::from_secs(6);
/// The length of a segment in the drawing, in seconds.
const TICK: f64 = 0.03;

/// The parameters.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Parameters {
    /// Seconds for which a side is deaf, and for which it rests afterwards.
    hold: f64,
}

/// A side of the connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Side {
    Client,
    Server,
}

impl Side {
    const fn name(self) -> &'static str {
        match self {
            Self::Client => "client",
            Self::Server => "server",
        }
    }
}

/// Spans of a side in a state.
type Seen = Vec<((Side, State), Span)>;

/// Watches the table and the wire.
struct Watch<'a> {
    stage: &'a Stage<'a>,
    begin: Instant,
    ports: [u16; 2],
    capture: Capture,
    /// When each side was first and last seen in each state, in the order in which they were seen.
    seen: Seen,
    now: BTreeMap<Side, State>,
}

/// Step `tcp-states`.
///
/// # Errors
/// The machine allows no namespace.
pub fn run(stage: &mut Stage, table: &Table) -> Result<Measured, StepError> {
    parameters::<Parameters>(table)?;
    namespace::inside(stage, "tcp-states", table)
}

/// Step `tcp-states` in the namespace.
///
/// # Errors
/// The system refuses a socket or the capture, or a state does not come.
pub fn inside(stage: &mut Stage, table: &Table) -> Result<Measured, StepError> {
    let lesson: Parameters = parameters(table)?;
    let hold = Duration::from_secs_f64(if stage.short {
        lesson.hold.min(0.3)
    } else {
        lesson.hold
    });
    let listener = Socket::new(Domain::IPV4, Type::STREAM, None)?;
    listener.bind(&SocketAddr::from(([127, 0, 0, 1], 0)).into())?;
    listener.listen(1)?;
    let client = Socket::new(Domain::IPV4, Type::STREAM, None)?;
    client.bind(&SocketAddr::from(([127, 0, 0, 1], 0)).into())?;
    let mut watch = Watch::start(stage, [port(&client)?, port(&listener)?])?;
    let server = handshake(&mut watch, &listener, &client, hold)?;
    drop(listener);
    talk(&client, &server)?;
    watch.rest(hold)?;
    close(&mut watch, &client, server, hold)?;
    let left = tcp_table::time_wait(watch.ports[0])?;
    Ok(watch.describe(left))
}

/// Connects. First the listener is deaf, then the client.
fn handshake(
    watch: &mut Watch,
    listener: &Socket,
    client: &Socket,
    hold: Duration,
) -> Result<Socket, StepError> {
    make_deaf(listener)?;
    client.set_nonblocking(true)?;
    // EINPROGRESS: the handshake goes on in the kernel.
    let _ = client.connect(&listener.local_addr()?);
    watch.until(Side::Client, Some(State::SynSent))?;
    watch.rest(hold)?;
    listener.detach_filter()?;
    make_deaf(client)?;
    watch.until(Side::Server, Some(State::SynRecv))?;
    watch.rest(hold)?;
    client.detach_filter()?;
    watch.until(Side::Server, Some(State::Established))?;
    client.set_nonblocking(false)?;
    Ok(listener.accept()?.0)
}

/// A byte, and its echo.
fn talk(mut client: &Socket, mut server: &Socket) -> io::Result<()> {
    let mut byte = [b'x'];
    client.write_all(&byte)?;
    server.read_exact(&mut byte)?;
    server.write_all(&byte)?;
    client.read_exact(&mut byte)
}

/// The client closes first, and the server is deaf for a while; then the other way round.
fn close(
    watch: &mut Watch,
    client: &Socket,
    server: Socket,
    hold: Duration,
) -> Result<(), StepError> {
    make_deaf(&server)?;
    client.shutdown(std::net::Shutdown::Write)?;
    watch.until(Side::Client, Some(State::FinWait1))?;
    watch.rest(hold)?;
    server.detach_filter()?;
    watch.until(Side::Client, Some(State::FinWait2))?;
    watch.rest(hold)?;
    make_deaf(client)?;
    drop(server);
    watch.until(Side::Server, Some(State::LastAck))?;
    watch.rest(hold)?;
    client.detach_filter()?;
    watch.until(Side::Client, Some(State::TimeWait))?;
    watch.until(Side::Server, None)?;
    watch.rest(hold)
}

/// Lets a socket drop all that arrives, without an answer.
fn make_deaf(socket: &Socket) -> io::Result<()> {
    /// `BPF_RET | BPF_K`: the number of bytes to keep is a constant.
    const RETURN: u16 = 6;
    socket.attach_filter(&[SockFilter::new(RETURN, 0, 0, 0)])
}

fn port(socket: &Socket) -> io::Result<u16> {
    let address = socket.local_addr()?.as_socket();
    address
        .map(|address| address.port())
        .ok_or_else(|| io::ErrorKind::AddrNotAvailable.into())
}

impl<'a> Watch<'a> {
    fn start(stage: &'a Stage<'a>, ports: [u16; 2]) -> Result<Self, StepError> {
        let begin = Instant::now();
        let capture = Capture::start(begin).map_err(|error| {
            StepError::NotHere(format!(
                "this machine does not let a namespace capture its own packets ({error}); run the lesson as root"
            ))
        })?;
        Ok(Self {
            stage,
            begin,
            ports,
            capture,
            seen: Vec::new(),
            now: BTreeMap::new(),
        })
    }

    /// Watches until a side is in this state, or has no socket any more.
    fn until(&mut self, side: Side, state: Option<State>) -> Result<(), StepError> {
        let deadline = Instant::now() + PATIENCE;
        while self.now.get(&side).copied() != state {
            if Instant::now() > deadline {
                let state = state.map_or("the end", State::name);
                let what = format!("the socket of the {} did not come to {state}", side.name());
                return Err(StepError::Process(what));
            }
            self.look()?;
        }
        Ok(())
    }

    /// Watches for a while.
    fn rest(&mut self, time: Duration) -> Result<(), StepError> {
        let end = Instant::now() + time;
        while Instant::now() < end {
            self.look()?;
        }
        Ok(())
    }

    /// One look at table and wire.
    fn look(&mut self) -> Result<(), StepError> {
        if self.stage.stop.is_requested() {
            return Err(StepError::Stopped);
        }
        thread::sleep(LOOK);
        self.capture.look();
        let at = self.begin.elapsed().as_secs_f64();
        (self.stage.progress)("a connection from SYN to TIME_WAIT", at / 8.0);
        let [client, server] = self.ports;
        self.now.clear();
        for entry in tcp_table::read()? {
            let side = match (entry.local, entry.remote) {
                (local, remote) if local == client && remote == server => Side::Client,
                (local, remote) if local == server && remote == client => Side::Server,
                _ => continue,
            };
            self.now.insert(side, entry.state);
            note(&mut self.seen, side, entry.state, at);
        }
        Ok(())
    }

    /// One lane a side and state, and one a side for its segments.
    fn describe(&self, time_wait: f64) -> Measured {
        let mut rows = Vec::new();
        let mut notes = Vec::new();
        for (side, port) in [Side::Client, Side::Server].into_iter().zip(self.ports) {
            let all = self.capture.segments.iter();
            let segments: Vec<Segment> = all
                .filter(|segment| segment.from == port)
                .copied()
                .collect();
            notes.push(format!("The {} sends: {}.", side.name(), listed(&segments)));
            let label = format!("segments of the {}", side.name());
            let mut row = Row::new(label, Unit::Count, vec![segments.len() as f64]);
            row.spans = segments
                .iter()
                .map(|segment| {
                    let from = segment.at.as_secs_f64();
                    Span {
                        from,
                        to: from + TICK,
                        kind: SpanKind::Served,
                    }
                })
                .collect();
            rows.push(row);
            for ((_, state), span) in self.seen.iter().filter(|((owner, _), _)| *owner == side) {
                let seconds = match state {
                    State::TimeWait => time_wait + (span.to - span.from),
                    _ => span.to - span.from,
                };
                let label = format!("{} {}", side.name(), state.name());
                let mut row = Row::new(label, Unit::S, vec![seconds]);
                row.spans = vec![span.clone()];
                rows.push(row);
            }
        }
        Measured { rows, notes }
    }
}

/// Notes that a side is in a state: a new span, or a longer one.
fn note(seen: &mut Seen, side: Side, state: State, at: f64) {
    if let Some((_, span)) = seen.iter_mut().find(|(key, _)| *key == (side, state)) {
        span.to = at;
        return;
    }
    let span = Span {
        from: at,
        to: at,
        kind: SpanKind::Served,
    };
    seen.push(((side, state), span));
}

/// The segments with their times: `0.000 SYN, 1.024 SYN`.
fn listed(segments: &[Segment]) -> String {
    let words = segments
        .iter()
        .map(|segment| format!("{:.3} {}", segment.at.as_secs_f64(), segment.words()));
    words.collect::<Vec<_>>().join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_state_that_is_seen_again_lasts_longer_and_another_one_is_new() {
        let mut seen = Seen::new();
        note(&mut seen, Side::Client, State::SynSent, 1.0);
        note(&mut seen, Side::Client, State::SynSent, 1.5);
        note(&mut seen, Side::Server, State::SynRecv, 2.0);
        let spans = seen
            .iter()
            .map(|((side, _), span)| (*side, span.from, span.to));
        let expected = [(Side::Client, 1.0, 1.5), (Side::Server, 2.0, 2.0)];
        assert_eq!(spans.collect::<Vec<_>>(), expected);
    }

    #[test]
    fn a_socket_that_is_not_bound_to_an_ip_address_has_no_port() {
        let socket = Socket::new(Domain::UNIX, Type::STREAM, None).unwrap();
        assert!(port(&socket).is_err());
    }
}
