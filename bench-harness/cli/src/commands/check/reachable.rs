//! Makes sure before the first case that a server listens. It reads the kernel's tables: a connection of its own could
//! already be what breaks the server.

use std::net::{Ipv4Addr, Ipv6Addr, SocketAddr, TcpStream, UdpSocket};
use std::os::unix::net::UnixStream;
use std::path::Path;
use std::time::{Duration, Instant};
use std::{io, thread};

use conformance::ports::{self, is_listening};
use echo_server::{Listen, Transport};
use measure::external::words;
use measure::process::{Process, Seat, describe_exit, with_message};
use measure::stop::Stop;
use nix::sys::signal::Signal;
use record::check::Server;

use super::target::Target;
use crate::failure::{Explain as _, Failure};

/// Longest time from the start of a command until its server listens, on a machine of normal speed.
const START: Duration = Duration::from_secs(40);
/// Longest time from SIGTERM to the end of the tried server.
const END: Duration = Duration::from_secs(1);
/// Longest time of a connect to another machine.
const CONNECT: Duration = Duration::from_secs(3);
/// Time for a refusal to come back.
const REFUSAL: Duration = Duration::from_millis(200);
/// Time between two looks at the tables.
const STEP: Duration = Duration::from_millis(5);

/// Makes sure that the suite has a server to talk to. A model is known to start.
///
/// # Errors
/// No server listens, with what the user can do.
pub fn ensure(target: &Target, slowness: f64, stop: &Stop) -> Result<(), Failure> {
    match (&target.server, &target.address) {
        (Server::External { command, datagrams }, _) => {
            try_out(command, *datagrams, START.mul_f64(slowness), stop)
        }
        (_, Some(address)) if !is_listening(address) => connect(address).map_err(|error| {
            Failure::wrong_use(format!(
                "no server listens on {address} ({error}); check the address, and start the server first, or use --external 'COMMAND {{port}}' to let each case start one"
            ))
        }),
        (_, _) => Ok(()),
    }
}

/// Asks an address that the tables do not show, as one of another machine.
fn connect(address: &Listen) -> io::Result<()> {
    match address {
        Listen::Tcp(address) => TcpStream::connect_timeout(address, CONNECT).map(drop),
        Listen::Unix(path) => UnixStream::connect(path).map(drop),
        Listen::Udp(address) => {
            let any: SocketAddr = match address {
                SocketAddr::V4(_) => (Ipv4Addr::UNSPECIFIED, 0).into(),
                SocketAddr::V6(_) => (Ipv6Addr::UNSPECIFIED, 0).into(),
            };
            let socket = UdpSocket::bind(any)?;
            socket.connect(address)?;
            socket.send(b"?")?;
            socket.set_read_timeout(Some(REFUSAL))?;
            match socket.recv(&mut [0; 8]) {
                Err(error) if error.kind() == io::ErrorKind::ConnectionRefused => Err(error),
                // Silence is for the first case to judge.
                Ok(_) | Err(_) => Ok(()),
            }
        }
    }
}

/// Starts the command once, waits until its server listens, and ends it.
fn try_out(command: &str, datagrams: bool, patience: Duration, stop: &Stop) -> Result<(), Failure> {
    let remedy = "check the temporary folder and `ulimit -n`";
    let folder = tempfile::tempdir().explain("cannot make a temporary folder", remedy)?;
    let transport = if datagrams {
        Transport::Datagram
    } else {
        Transport::Stream
    };
    let port = ports::free(transport);
    let words = words(command, port)?;
    let seat = Seat {
        program: Path::new(&words[0]),
        cpus: None,
        stderr: folder.path().join("stderr"),
    };
    let mut process = Process::start_external(&seat, &words[1..]).map_err(|error| {
        Failure::wrong_use(format!(
            "--external: cannot start `{}` ({error}); check that it is a program that you may run",
            words[0]
        ))
    })?;
    let waited = wait_for(&mut process, port, transport, patience, stop);
    let message = with_message(&process.stderr_tail());
    process.signal_group(Signal::SIGTERM);
    process.wait_or_kill(Instant::now() + END);
    waited.map_err(|problem| match problem {
        NotReady::Stopped => Failure::stopped("stopped before the first case"),
        NotReady::Ended(how) => Failure::wrong_use(format!(
            "--external: the command `{command}` {how} before it listened on port {port}{message}; run it yourself with a free port, and check that it stays in the foreground"
        )),
        NotReady::Silent => Failure::wrong_use(format!(
            "--external: the command `{command}` runs, but does not listen on port {port} of 127.0.0.1 within {} s{message}; check that it uses the port in place of {{port}}{}",
            patience.as_secs(),
            if datagrams { ", and remove --udp if it serves TCP" } else { ", and add --udp if it serves datagrams" }
        )),
    })
}

/// Why no server listens.
enum NotReady {
    /// The command has ended, in this way.
    Ended(String),
    /// It still runs.
    Silent,
    /// The user wants to stop.
    Stopped,
}

fn wait_for(
    process: &mut Process,
    port: u16,
    transport: Transport,
    patience: Duration,
    stop: &Stop,
) -> Result<(), NotReady> {
    let deadline = Instant::now() + patience;
    loop {
        if process.has_ended() {
            let status = process.wait_or_kill(deadline);
            let how = status.map_or_else(|| "ended".to_owned(), describe_exit);
            return Err(NotReady::Ended(how));
        }
        if ports::listening(transport, port).is_some() {
            return Ok(());
        }
        if stop.is_requested() {
            return Err(NotReady::Stopped);
        }
        if Instant::now() >= deadline {
            return Err(NotReady::Silent);
        }
        thread::sleep(STEP);
    }
}

#[cfg(test)]
mod tests {
    use std::net::TcpListener;

    use super::*;

    #[test]
    fn an_address_without_a_server_is_refused() {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = Listen::Tcp(listener.local_addr().unwrap());
        assert!(connect(&address).is_ok());
        drop(listener);
        assert!(connect(&address).is_err());
    }

    #[test]
    fn an_address_without_a_socket_for_datagrams_is_refused() {
        let socket = UdpSocket::bind("127.0.0.1:0").unwrap();
        let address = Listen::Udp(socket.local_addr().unwrap());
        assert!(connect(&address).is_ok());
        drop(socket);
        assert!(connect(&address).is_err());
    }
}
