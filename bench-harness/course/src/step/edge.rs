//! The step `edge`: one message that is longer than the server's buffer, with level-triggered epoll, with edge-triggered epoll,
//! and with edge-triggered epoll that reads only once for each event.

use std::io::{self, Read as _, Write as _};
use std::net::{Ipv4Addr, TcpListener, TcpStream};
use std::os::fd::AsFd as _;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;
use std::time::Duration;

use nix::errno::Errno;
use nix::poll::{PollFd, PollFlags, PollTimeout, poll};
use nix::sys::epoll::{Epoll, EpollCreateFlags, EpollEvent, EpollFlags, EpollTimeout};
use serde::Deserialize;
use toml::Table;

use super::{StepError, parameters};
use crate::measured::{Measured, Row, Unit};
use crate::stage::Stage;
use crate::talk::Client;

/// Bytes that a server reads with one call.
const BUFFER: usize = 1024;
/// Longest message. The client sends it whole before it reads, so both directions must fit into the kernel's buffers.
const MOST: usize = 64 << 10;
/// Time without an echo after which the server is said to have stopped.
const QUIET: Duration = Duration::from_millis(700);

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Parameters {
    /// Length of the message: at most [`MOST`].
    bytes: usize,
}

/// The way a server uses epoll.
#[derive(Clone, Copy)]
enum Way {
    Level,
    EdgeAndDrain,
    EdgeAndOneRead,
}

impl Way {
    const ALL: [Self; 3] = [Self::Level, Self::EdgeAndDrain, Self::EdgeAndOneRead];

    const fn label(self) -> &'static str {
        match self {
            Self::Level => "level-triggered",
            Self::EdgeAndDrain => "edge, drained",
            Self::EdgeAndOneRead => "edge, one read",
        }
    }
}

/// Carries it out: for each way the bytes that come back, and the number of wake-ups; and what one more byte changes.
///
/// # Errors
/// The system refuses a socket, or the user stops it.
pub fn run(stage: &mut Stage, table: &Table) -> Result<Measured, StepError> {
    let message = message(table)?;
    let (mut echoed, mut others) = (Vec::new(), Vec::new());
    for (index, way) in Way::ALL.into_iter().enumerate() {
        (stage.progress)(way.label(), index as f64 / Way::ALL.len() as f64);
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?;
        let address = listener.local_addr()?;
        let wake_ups = Arc::new(AtomicUsize::new(0));
        let counter = Arc::clone(&wake_ups);
        let server = thread::spawn(move || serve(&listener, way, &counter));
        let mut client = Client::connect(address, QUIET)?;
        client.send(&message)?;
        let came = client.receive(stage.stop, message.len(), QUIET)?;
        echoed.push(Row::new(way.label(), Unit::Bytes, vec![came as f64]));
        let count = wake_ups.load(Ordering::SeqCst) as f64;
        let label = format!("wake-ups, {}", way.label());
        others.push(Row::new(label, Unit::Count, vec![count]));
        if matches!(way, Way::EdgeAndOneRead) {
            client.send(b"y")?;
            let more = client.receive(stage.stop, message.len(), QUIET)?;
            let label = "after one more byte";
            others.push(Row::new(label, Unit::Bytes, vec![more as f64]));
        }
        drop(client);
        if let Ok(result) = server.join() {
            result?;
        }
    }
    echoed.extend(others);
    Ok(Measured {
        rows: echoed,
        notes: Vec::new(),
    })
}

/// The message of the client.
fn message(table: &Table) -> Result<Vec<u8>, StepError> {
    let parameters: Parameters = parameters(table)?;
    let bytes = parameters.bytes;
    if bytes == 0 || bytes > MOST {
        return Err(StepError::Mistake {
            step: "edge".to_owned(),
            reason: format!("`bytes` is {bytes}, and must be from 1 to {MOST}"),
        });
    }
    Ok(vec![b'x'; bytes])
}

/// Echoes one client's bytes until it leaves.
fn serve(listener: &TcpListener, way: Way, wake_ups: &AtomicUsize) -> io::Result<()> {
    let (stream, _) = listener.accept()?;
    stream.set_nonblocking(true)?;
    let epoll = Epoll::new(EpollCreateFlags::EPOLL_CLOEXEC)?;
    let edge = match way {
        Way::Level => EpollFlags::empty(),
        Way::EdgeAndDrain | Way::EdgeAndOneRead => EpollFlags::EPOLLET,
    };
    epoll.add(
        &stream,
        EpollEvent::new(EpollFlags::EPOLLIN | EpollFlags::EPOLLRDHUP | edge, 0),
    )?;
    loop {
        let mut events = [EpollEvent::empty()];
        match epoll.wait(&mut events, EpollTimeout::NONE) {
            Err(Errno::EINTR) => continue,
            result => result?,
        };
        wake_ups.fetch_add(1, Ordering::SeqCst);
        // The client's end is looked at in every way, so that the server ends in every way.
        let has_left = events[0].events().contains(EpollFlags::EPOLLRDHUP);
        while echo_once(&stream)? && matches!(way, Way::EdgeAndDrain) {}
        if has_left {
            return Ok(());
        }
    }
}

/// Reads once and echoes it; false if there was nothing to read.
fn echo_once(mut stream: &TcpStream) -> io::Result<bool> {
    let mut buffer = [0; BUFFER];
    match stream.read(&mut buffer) {
        Ok(0) => Ok(false),
        Ok(n) => write_whole(stream, &buffer[..n]).map(|()| true),
        Err(error) if error.kind() == io::ErrorKind::WouldBlock => Ok(false),
        Err(error) => Err(error),
    }
}

/// Writes all bytes to a nonblocking socket. While the kernel takes none, it waits with `poll`: the server has one client, so
/// no other client waits, and the wake-ups of epoll that the lesson counts stay the same.
fn write_whole(mut stream: &TcpStream, mut bytes: &[u8]) -> io::Result<()> {
    while !bytes.is_empty() {
        match stream.write(bytes) {
            Ok(0) => return Err(io::ErrorKind::WriteZero.into()),
            Ok(n) => bytes = &bytes[n..],
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => has_room(stream)?,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
    Ok(())
}

/// Waits until the socket takes bytes again.
fn has_room(stream: &TcpStream) -> io::Result<()> {
    let mut watched = [PollFd::new(stream.as_fd(), PollFlags::POLLOUT)];
    let patience = PollTimeout::try_from(QUIET).unwrap_or(PollTimeout::MAX);
    match poll(&mut watched, patience) {
        Ok(0) => Err(io::ErrorKind::TimedOut.into()),
        Ok(_) | Err(Errno::EINTR) => Ok(()),
        Err(error) => Err(error.into()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn table(bytes: usize) -> Table {
        toml::from_str(&format!("bytes = {bytes}")).unwrap()
    }

    #[test]
    fn the_message_fits_into_the_buffers_of_the_kernel() {
        assert_eq!(message(&table(10_000)).unwrap().len(), 10_000);
        for wrong in [0, MOST + 1] {
            let error = message(&table(wrong)).unwrap_err().to_string();
            assert!(error.contains("must be from 1 to 65536"), "{error}");
            assert!(error.ends_with("correct `lesson.toml`"), "{error}");
        }
    }

    #[test]
    fn a_full_socket_takes_the_rest_when_the_client_reads() {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
        let mut client = TcpStream::connect(listener.local_addr().unwrap()).unwrap();
        let (server, _) = listener.accept().unwrap();
        server.set_nonblocking(true).unwrap();
        let mut held = 0;
        while let Ok(n) = (&server).write(&[b'x'; BUFFER]) {
            held += n;
        }
        let reader = thread::spawn(move || {
            let mut all = Vec::new();
            client.read_to_end(&mut all).map(|_| all)
        });
        write_whole(&server, &vec![b'y'; MOST]).unwrap();
        drop(server);
        let all = reader.join().unwrap().unwrap();
        assert_eq!(all.len(), held + MOST);
        assert!(all[held..].iter().all(|byte| *byte == b'y'));
    }
}
