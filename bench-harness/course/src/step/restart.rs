//! Step `restart`: a server ends and starts again on the same port, with and without `SO_REUSEADDR`.

use std::io::{self, Read as _, Write as _};
use std::net::{SocketAddr, TcpStream};
use std::thread;
use std::time::{Duration, Instant};

use nix::errno::Errno;
use serde::Deserialize;
use socket2::{Domain, Socket, Type};
use toml::Table;

use crate::measured::{Measured, Row, Unit};
use crate::namespace;
use crate::stage::Stage;
use crate::step::tcp_table::time_wait;
use crate::step::{StepError, parameters};

/// Time between two tries to start the server again.
const AGAIN: Duration = Duration::from_millis(20);

/// The parameters.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Parameters {
    /// Seconds for which the server tries to start again.
    patience: f64,
}

/// How the first server ends.
#[derive(Clone, Copy, PartialEq, Eq)]
enum End {
    /// It closes its connection first.
    ClosesFirst,
    /// Its client closes first.
    ClosesSecond,
    /// It does not end.
    Lives,
}

/// A case: its label, how the first server ends, and whether the first and the second server set `SO_REUSEADDR`.
struct Case {
    label: &'static str,
    end: End,
    options: [bool; 2],
}

const CASES: [Case; 5] = [
    case("server first, no option", End::ClosesFirst, [false, false]),
    case("client first, no option", End::ClosesSecond, [false, false]),
    case("server first, SO_REUSEADDR", End::ClosesFirst, [true, true]),
    case(
        "server first, option too late",
        End::ClosesFirst,
        [false, true],
    ),
    case("old server lives, REUSEADDR", End::Lives, [true, true]),
];

const fn case(label: &'static str, end: End, options: [bool; 2]) -> Case {
    Case {
        label,
        end,
        options,
    }
}

/// A server that wants to start again.
struct Restart {
    address: SocketAddr,
    option: bool,
    /// The old listener, if it lives.
    old: Option<Socket>,
    new: Option<Socket>,
    /// Time from the first try until the new server listened.
    after: Option<Duration>,
}

/// Step `restart`.
///
/// # Errors
/// The machine allows no namespace.
pub fn run(stage: &mut Stage, table: &Table) -> Result<Measured, StepError> {
    parameters::<Parameters>(table)?;
    namespace::inside(stage, "restart", table)
}

/// Step `restart` in the namespace.
///
/// # Errors
/// The system refuses a socket for another reason than its address.
pub fn inside(stage: &mut Stage, table: &Table) -> Result<Measured, StepError> {
    let lesson: Parameters = parameters(table)?;
    let patience = Duration::from_secs_f64(if stage.short { 1.0 } else { lesson.patience });
    let mut restarts = CASES
        .iter()
        .map(first_life)
        .collect::<io::Result<Vec<_>>>()?;
    let begin = Instant::now();
    loop {
        for restart in &mut restarts {
            restart.try_again(begin)?;
        }
        let now = begin.elapsed();
        if now > patience || restarts.iter().all(|restart| restart.new.is_some()) {
            break;
        }
        if stage.stop.is_requested() {
            return Err(StepError::Stopped);
        }
        (stage.progress)(
            "servers start again",
            now.as_secs_f64() / patience.as_secs_f64(),
        );
        thread::sleep(AGAIN);
    }
    let waited = begin.elapsed().as_secs_f64();
    let mut rows: Vec<Row> = CASES
        .iter()
        .zip(&restarts)
        .map(|(case, restart)| {
            let after = restart.after.map(|after| after.as_secs_f64());
            let mut row = Row::new(case.label, Unit::S, vec![after.unwrap_or(waited)]);
            row.at_least = after.is_none();
            row
        })
        .collect();
    // The timer has run since the old server ended, which was before the first try.
    let left = time_wait(restarts[0].address.port())?;
    let whole = if left > 0.0 {
        (left + waited).round()
    } else {
        0.0
    };
    rows.push(Row::new("TIME_WAIT of the server", Unit::S, vec![whole]));
    Ok(Measured {
        rows,
        notes: Vec::new(),
    })
}

/// The first life of a server: it serves one client, and ends.
fn first_life(case: &Case) -> io::Result<Restart> {
    let listener = listen(SocketAddr::from(([127, 0, 0, 1], 0)), case.options[0])?;
    let address = listener
        .local_addr()?
        .as_socket()
        .ok_or(io::ErrorKind::AddrNotAvailable)?;
    let mut client = TcpStream::connect(address)?;
    let (mut server, _) = listener.accept()?;
    client.write_all(b"x")?;
    server.read_exact(&mut [0])?;
    match case.end {
        End::ClosesSecond => {
            drop(client);
            server.read_to_end(&mut Vec::new())?;
            drop(server);
        }
        End::ClosesFirst | End::Lives => {
            drop(server);
            client.read_to_end(&mut Vec::new())?;
            drop(client);
        }
    }
    Ok(Restart {
        address,
        option: case.options[1],
        old: (case.end == End::Lives).then_some(listener),
        new: None,
        after: None,
    })
}

impl Restart {
    fn try_again(&mut self, begin: Instant) -> io::Result<()> {
        if self.new.is_some() {
            return Ok(());
        }
        match listen(self.address, self.option) {
            Ok(listener) => {
                self.after = Some(begin.elapsed());
                self.new = Some(listener);
                self.old = None;
                Ok(())
            }
            Err(error) if error.raw_os_error() == Some(Errno::EADDRINUSE as i32) => Ok(()),
            Err(error) => Err(error),
        }
    }
}

/// A listening socket. The standard library always sets the option, so this does it by hand.
fn listen(address: SocketAddr, option: bool) -> io::Result<Socket> {
    let socket = Socket::new(Domain::IPV4, Type::STREAM, None)?;
    socket.set_reuse_address(option)?;
    socket.bind(&address.into())?;
    socket.listen(8)?;
    Ok(socket)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_server_whose_old_one_lives_cannot_start_again() {
        let mut restart = first_life(&CASES[4]).unwrap();
        restart.try_again(Instant::now()).unwrap();
        assert!(restart.new.is_none() && restart.after.is_none());
        restart.old = None;
        restart.try_again(Instant::now()).unwrap();
        assert!(restart.after.is_some());
    }
}
