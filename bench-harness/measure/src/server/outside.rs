//! A server that knows nothing of our contract: it is ready when it can be connected to, and ends when its group is told to.

use std::io::{self, Read as _, Write as _};
use std::net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::thread;
use std::time::{Duration, Instant};

use nix::sys::signal::Signal;

use super::{Ended, START, ServerError};
use crate::cost::{Group, Usage};
use crate::external::words;
use crate::process::{Process, Seat, how};

/// Time from SIGTERM to SIGKILL. Programs that want to end do so at once.
const STOP: Duration = Duration::from_secs(2);
/// Time that the kernel needs to end processes which are not our own children, and so cannot be waited for.
const DEATH: Duration = Duration::from_secs(1);
/// How often it is tried to connect, and looked for the dying.
const STEP: Duration = Duration::from_millis(5);
/// Time for the echo of a greeting.
const ECHO: Duration = Duration::from_secs(5);
/// What is sent to see whether it comes back.
const GREETING: &[u8] = b"Is anybody there?\n";

/// Starts the command on a port of its own, and waits until it listens there.
pub(super) fn start(
    command: &str,
    cpus: Option<&[usize]>,
    stderr: PathBuf,
) -> Result<(Process, SocketAddr), ServerError> {
    let address = free_address()?;
    let words = words(command, address.port())?;
    let (program, args) = words
        .split_first()
        .ok_or_else(|| io::Error::from(io::ErrorKind::InvalidInput))?;
    let seat = Seat {
        program: Path::new(program),
        cpus,
        stderr,
    };
    let mut process = Process::start_silent(&seat, args)?;
    wait_for(&mut process, command, address)?;
    Ok((process, address))
}

/// Sees whether a greeting comes back.
pub(super) fn greet(address: SocketAddr) -> io::Result<()> {
    let mut stream = TcpStream::connect_timeout(&address, ECHO)?;
    stream.set_read_timeout(Some(ECHO))?;
    stream.write_all(GREETING)?;
    let mut reply = [0; GREETING.len()];
    stream.read_exact(&mut reply)?;
    if reply == GREETING {
        return Ok(());
    }
    Err(io::Error::other("other bytes came back"))
}

/// Ends the whole group: politely, and by force where that does not help.
pub(super) fn stop(mut process: Process) -> Ended {
    let before = Usage::of_reaped_children();
    let too_early = process.has_ended();
    process.signal_group(Signal::SIGTERM);
    let exit = process.end(Instant::now() + STOP);
    let group = Group(process.pid());
    let deadline = Instant::now() + DEATH;
    while group.has_living() && Instant::now() < deadline {
        thread::sleep(STEP);
    }
    Ended {
        stats: None,
        usage: Usage::of_reaped_children().since(before),
        badly: exit.filter(|_| too_early).map(how),
    }
}

/// A port that is free now. The kernel does not give it to anybody else soon, since it goes round all others first.
fn free_address() -> io::Result<SocketAddr> {
    TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?.local_addr()
}

fn wait_for(process: &mut Process, command: &str, address: SocketAddr) -> Result<(), ServerError> {
    let deadline = Instant::now() + START;
    while !is_listening(address) {
        let command = command.to_owned();
        if process.has_ended() {
            let how = process
                .end(deadline)
                .map_or("hung".to_owned(), crate::process::how);
            let words = process.last_words();
            return Err(ServerError::Died {
                how,
                words,
                command,
            });
        }
        if Instant::now() >= deadline {
            let words = process.last_words();
            return Err(ServerError::Deaf {
                address,
                words,
                command,
            });
        }
        thread::sleep(STEP);
    }
    Ok(())
}

/// A client's port can be the very one that it connects to; then it has connected to itself.
fn is_listening(address: SocketAddr) -> bool {
    let stream = TcpStream::connect_timeout(&address, STEP * 20);
    stream.is_ok_and(|stream| stream.local_addr().ok() != Some(address))
}
