//! A scripted client: it does what its script says, and reports each step with its time.

use std::io::{self, ErrorKind, Read as _, Write as _};
use std::net::{Shutdown, SocketAddr, TcpStream, UdpSocket};
use std::os::fd::{AsFd as _, BorrowedFd};
use std::sync::mpsc::Sender;
use std::time::{Duration, Instant};

use measure::stop::Stop;
use nix::poll::{PollFd, PollFlags, PollTimeout, poll};
use socket2::{Domain, Protocol, Socket, Type};

use super::event::{ClientId, Did, Event, Happening, Wait};
use super::script::Action;

/// Longest time that a client waits for the server. After that it gives up and leaves.
pub const PATIENCE: Duration = Duration::from_secs(10);
/// Longest time between two looks at the user's stop.
const LOOK: Duration = Duration::from_millis(50);
/// Most bytes of one receive.
const CHUNK: usize = 64 << 10;

/// The address of a server.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Address {
    /// It serves streams.
    Tcp(SocketAddr),
    /// It serves datagrams.
    Udp(SocketAddr),
}

/// What a client reports.
#[derive(Clone, Debug, PartialEq)]
pub enum Report {
    /// Something happened.
    Event(Event),
    /// The client waited for a reply.
    Wait(Wait),
}

/// A client with its socket, which has its port before it connects.
pub struct Client<'a> {
    id: ClientId,
    address: Address,
    socket: Option<Socket>,
    link: Option<Link>,
    /// Bytes that were sent and have not come back.
    owed: usize,
    /// The moment of the first send that has no reply yet.
    asked: Option<f64>,
    clock: Instant,
    reports: Sender<Report>,
    stop: &'a Stop,
}

enum Link {
    Tcp(TcpStream),
    Udp(UdpSocket),
}

/// Why an exchange has no result.
enum Lost {
    Closed,
    Broken(io::Error),
    Timeout,
    Stopped,
}

impl<'a> Client<'a> {
    /// A client that is not connected. `clock` is the moment 0 of its times.
    ///
    /// # Errors
    /// The system has no socket or no port.
    pub fn new(
        id: ClientId,
        address: Address,
        clock: Instant,
        reports: Sender<Report>,
        stop: &'a Stop,
    ) -> io::Result<Self> {
        let (kind, protocol) = match address {
            Address::Tcp(_) => (Type::STREAM, Protocol::TCP),
            Address::Udp(_) => (Type::DGRAM, Protocol::UDP),
        };
        let socket = Socket::new(Domain::IPV4, kind, Some(protocol))?;
        socket.bind(&SocketAddr::from(([127, 0, 0, 1], 0)).into())?;
        Ok(Self {
            id,
            address,
            socket: Some(socket),
            link: None,
            owed: 0,
            asked: None,
            clock,
            reports,
            stop,
        })
    }

    /// The port by which the server knows this client.
    pub fn port(&self) -> Option<u16> {
        let address = self.socket.as_ref()?.local_addr().ok()?;
        Some(address.as_socket()?.port())
    }

    /// Does all of it. A failure ends the client, and is reported.
    pub fn play(mut self, actions: &[Action]) {
        for action in actions {
            if self.step(action).is_err() {
                return;
            }
        }
        if self.link.is_some() {
            self.leave(Did::Left);
        }
    }

    fn step(&mut self, action: &Action) -> Result<(), ()> {
        let done = match action {
            Action::Connect => self.connect(),
            Action::Send(bytes) => self.send(bytes),
            Action::Expect(bytes) => self.expect(bytes.unwrap_or(self.owed)),
            Action::Ask { times, bytes } => self.ask(*times, *bytes),
            Action::Wait(time) => self.wait(*time),
            Action::End => self.end(),
            Action::Leave => {
                self.leave(Did::Left);
                Ok(())
            }
            Action::Reset => self.reset(),
        };
        done.map_err(|lost| self.give_up(&lost))
    }

    fn connect(&mut self) -> Result<(), Lost> {
        let Some(socket) = self.socket.take() else {
            return Ok(());
        };
        let (Address::Tcp(to) | Address::Udp(to)) = self.address;
        socket
            .connect_timeout(&to.into(), PATIENCE)
            .map_err(Lost::Broken)?;
        socket.set_nonblocking(true).map_err(Lost::Broken)?;
        self.link = Some(match self.address {
            Address::Tcp(_) => Link::Tcp(socket.into()),
            Address::Udp(_) => Link::Udp(socket.into()),
        });
        self.tell(Did::Connected);
        Ok(())
    }

    fn send(&mut self, bytes: &[u8]) -> Result<(), Lost> {
        let from = self.now();
        self.tell(Did::Sent(bytes.to_vec()));
        self.asked.get_or_insert(from);
        self.owed += bytes.len();
        self.exchange(bytes, 0).map(|_| ())
    }

    fn expect(&mut self, bytes: usize) -> Result<(), Lost> {
        let from = self.asked.take().unwrap_or_else(|| self.now());
        let reply = self.exchange(&[], bytes);
        self.owed = self.owed.saturating_sub(bytes);
        self.waited(from, reply.is_ok());
        let reply = reply?;
        self.tell(Did::Got(reply, self.now() - from));
        Ok(())
    }

    fn ask(&mut self, times: usize, bytes: usize) -> Result<(), Lost> {
        self.tell(Did::Asks(times, bytes));
        let request = vec![b'.'; bytes];
        let mut slowest: f64 = 0.0;
        for _ in 0..times {
            let from = self.now();
            if let Err(lost) = self.exchange(&request, bytes) {
                self.waited(from, false);
                return Err(lost);
            }
            let took = self.now() - from;
            if took > slowest {
                slowest = took;
                self.waited(from, true);
            }
        }
        self.tell(Did::Answered(times, slowest));
        Ok(())
    }

    fn wait(&mut self, time: Duration) -> Result<(), Lost> {
        if self.link.is_some() {
            self.tell(Did::Silent(time.as_secs_f64()));
        }
        let end = Instant::now() + time;
        while Instant::now() < end {
            self.look_at_stop()?;
            std::thread::sleep(LOOK.min(end.saturating_duration_since(Instant::now())));
        }
        Ok(())
    }

    fn end(&mut self) -> Result<(), Lost> {
        if let Some(Link::Tcp(stream)) = &self.link {
            stream.shutdown(Shutdown::Write).map_err(Lost::Broken)?;
        }
        self.tell(Did::Ended);
        Ok(())
    }

    fn leave(&mut self, did: Did) {
        // The report comes first: the server may act before this thread runs again.
        self.tell(did);
        self.link = None;
    }

    fn reset(&mut self) -> Result<(), Lost> {
        if let Some(Link::Tcp(stream)) = &self.link {
            let stream = socket2::SockRef::from(stream);
            stream
                .set_linger(Some(Duration::ZERO))
                .map_err(Lost::Broken)?;
        }
        self.leave(Did::Reset);
        Ok(())
    }

    /// Sends all of `request`, and receives `want` bytes meanwhile.
    fn exchange(&mut self, request: &[u8], want: usize) -> Result<Vec<u8>, Lost> {
        let deadline = Instant::now() + PATIENCE;
        let (mut sent, mut reply) = (0, Vec::new());
        while sent < request.len() || reply.len() < want {
            self.look_at_stop()?;
            let Some(link) = &mut self.link else {
                return Err(Lost::Closed);
            };
            let (mut wanted, mut moved) = (PollFlags::empty(), false);
            if sent < request.len() {
                wanted |= PollFlags::POLLOUT;
                if let Some(n) = ready(link.write(&request[sent..]))? {
                    sent += n;
                    moved = true;
                }
            }
            if reply.len() < want {
                wanted |= PollFlags::POLLIN;
                match ready(link.read(&mut reply, want))? {
                    Some(0) => return Err(Lost::Closed),
                    Some(_) => moved = true,
                    None => {}
                }
            }
            if !moved {
                wait_for(link.fd(), wanted)?;
            }
            if Instant::now() > deadline {
                return Err(Lost::Timeout);
            }
        }
        Ok(reply)
    }

    fn look_at_stop(&self) -> Result<(), Lost> {
        if self.stop.is_requested() {
            return Err(Lost::Stopped);
        }
        Ok(())
    }

    fn give_up(&mut self, lost: &Lost) {
        match lost {
            Lost::Closed => self.tell(Did::Dismissed),
            Lost::Broken(error) => self.tell(Did::Failed(format!("fails: {error}"))),
            Lost::Timeout => {
                let patience = PATIENCE.as_secs();
                let did = format!("has waited {patience} s for the server, gives up, and leaves");
                self.tell(Did::Failed(did));
            }
            Lost::Stopped => {}
        }
        self.link = None;
    }

    fn waited(&self, from: f64, answered: bool) {
        let wait = Wait {
            client: self.id,
            from,
            to: self.now(),
            answered,
        };
        // The receiver is gone only after a stop.
        let _ = self.reports.send(Report::Wait(wait));
    }

    fn tell(&self, did: Did) {
        let event = Event {
            at: self.now(),
            what: Happening::Client(self.id, did),
        };
        // The receiver is gone only after a stop.
        let _ = self.reports.send(Report::Event(event));
    }

    fn now(&self) -> f64 {
        self.clock.elapsed().as_secs_f64()
    }
}

impl Link {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        match self {
            Self::Tcp(stream) => stream.write(bytes),
            Self::Udp(socket) => socket.send(bytes),
        }
    }

    /// Appends what has arrived to `reply`, until that has `want` bytes.
    fn read(&mut self, reply: &mut Vec<u8>, want: usize) -> io::Result<usize> {
        let mut chunk = vec![0; CHUNK];
        let n = match self {
            Self::Tcp(stream) => {
                let room = (want - reply.len()).min(CHUNK);
                stream.read(&mut chunk[..room])?
            }
            Self::Udp(socket) => socket.recv(&mut chunk)?,
        };
        reply.extend_from_slice(&chunk[..n]);
        Ok(n)
    }

    fn fd(&self) -> BorrowedFd<'_> {
        match self {
            Self::Tcp(stream) => stream.as_fd(),
            Self::Udp(socket) => socket.as_fd(),
        }
    }
}

/// The number of bytes that moved; `None` if the socket is not ready.
fn ready(result: io::Result<usize>) -> Result<Option<usize>, Lost> {
    match result {
        Ok(n) => Ok(Some(n)),
        Err(error) if [ErrorKind::WouldBlock, ErrorKind::Interrupted].contains(&error.kind()) => {
            Ok(None)
        }
        Err(error) => Err(Lost::Broken(error)),
    }
}

fn wait_for(fd: BorrowedFd, wanted: PollFlags) -> Result<(), Lost> {
    let timeout = PollTimeout::try_from(LOOK).unwrap_or(PollTimeout::ZERO);
    match poll(&mut [PollFd::new(fd, wanted)], timeout) {
        Ok(_) | Err(nix::errno::Errno::EINTR) => Ok(()),
        Err(error) => Err(Lost::Broken(error.into())),
    }
}
