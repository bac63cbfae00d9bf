//! The bare client: a closed loop over epoll that compares replies and measures in slices, and does nothing else.
//!
//! It takes the arguments and the orders of `echolab load --slices`, so that the harness can start it in its place.

use std::fs;
use std::io::{self, stdin};
use std::net::TcpStream;
use std::os::fd::AsRawFd;
use std::thread;
use std::time::{Duration, Instant};

use contract::generator::Line;
use contract::slices::{self, Order};
use echo_protocol::frame::{HEADER, Header};
use loadgen::{Load, SliceOutcome};
use nix::sys::epoll::{Epoll, EpollCreateFlags, EpollEvent, EpollFlags, EpollTimeout};
use nix::sys::socket::{MsgFlags, recv, send};
use nix::time::{ClockId, clock_gettime};

/// Maximum time for the replies after a window.
const DRAIN: Duration = Duration::from_millis(500);

/// Runs as the generator for the server at this address, with the number of clients of the load in this file.
///
/// # Errors
/// A system call fails, or a reply is wrong.
pub fn generate(address: &str, load: &str) -> io::Result<()> {
    let load: Load = serde_json::from_slice(&fs::read(load)?)?;
    let clients = load.classes.iter().map(|class| class.connections).sum();
    let mut client = Client::connect(address, clients)?;
    println!("{}", Line::Connected);
    while let Some(order) = slices::wait(&mut stdin().lock())? {
        let outcome = client.slice(&order)?;
        println!("{}", Line::Slice(serde_json::to_string(&outcome)?));
    }
    // The outcome over all slices, in which every field may be absent.
    println!("{{}}");
    Ok(())
}

struct Client {
    epoll: Epoll,
    streams: Vec<Stream>,
    payload: [u8; 64],
}

struct Stream {
    socket: TcpStream,
    /// True while a reply is due.
    waits: bool,
    was_served: bool,
}

impl Client {
    fn connect(server: &str, connections: usize) -> io::Result<Self> {
        let epoll = Epoll::new(EpollCreateFlags::empty())?;
        let mut streams = Vec::new();
        for key in 0..connections {
            let socket = TcpStream::connect(server)?;
            socket.set_nodelay(true)?;
            socket.set_nonblocking(true)?;
            epoll.add(&socket, EpollEvent::new(EpollFlags::EPOLLIN, key as u64))?;
            streams.push(Stream {
                socket,
                waits: false,
                was_served: false,
            });
        }
        let payload = frame();
        Ok(Self {
            epoll,
            streams,
            payload,
        })
    }

    fn slice(&mut self, order: &Order) -> io::Result<SliceOutcome> {
        thread::sleep(order.at.saturating_duration_since(Instant::now()));
        for stream in self.streams.iter_mut().filter(|stream| !stream.waits) {
            stream.send(&self.payload)?;
        }
        let settled = self.exchange(order.at + order.settle, true)?;
        let (begin, before) = (Instant::now(), Used::now()?);
        let requests = self.exchange(begin + order.window, true)?;
        let (end, used) = (Instant::now(), Used::now()?);
        let drained = self.exchange(end + DRAIN, false)?;
        let unserved = self.streams.iter().filter(|stream| !stream.was_served);
        let delay = used.delay.zip(before.delay);
        let delay = delay.map(|(now, before)| now.saturating_sub(before));
        Ok(SliceOutcome {
            window_s: (end - begin).as_secs_f64(),
            requests,
            offered: requests,
            answered: settled + requests + drained,
            clients: self.streams.len() as u64,
            never_served: unserved.count() as u64,
            cpu_s: used.cpu.saturating_sub(before.cpu).as_secs_f64(),
            run_queue_delay_s: delay.map(|delay| delay.as_secs_f64()),
            drain_s: end.elapsed().as_secs_f64(),
            ..SliceOutcome::default()
        })
    }

    /// Receives replies until this time, and sends a new request after each if `goes_on`, or else until none is due.
    fn exchange(&mut self, end: Instant, goes_on: bool) -> io::Result<u64> {
        let mut events = [EpollEvent::empty(); 256];
        let mut buffer = [0; 4096];
        let mut replies = 0;
        while Instant::now() < end && (goes_on || self.streams.iter().any(|stream| stream.waits)) {
            let ready = self.epoll.wait(&mut events, EpollTimeout::from(10_u8))?;
            for event in &events[..ready] {
                let stream = &mut self.streams[event.data() as usize];
                let n = recv(stream.socket.as_raw_fd(), &mut buffer, MsgFlags::empty())?;
                if buffer[..n] != self.payload {
                    return Err(io::Error::other("the reply is wrong"));
                }
                replies += 1;
                (stream.waits, stream.was_served) = (false, true);
                if goes_on {
                    stream.send(&self.payload)?;
                }
            }
        }
        Ok(replies)
    }
}

impl Stream {
    fn send(&mut self, payload: &[u8]) -> io::Result<()> {
        send(self.socket.as_raw_fd(), payload, MsgFlags::MSG_NOSIGNAL)?;
        self.waits = true;
        Ok(())
    }
}

/// 64 bytes that are also a valid frame without work: bytes for an `echo` server, a request for a `framed` one.
fn frame() -> [u8; 64] {
    let mut bytes = [0x5a; 64];
    bytes[..HEADER].copy_from_slice(
        &Header {
            work: None,
            done: false,
            id: 0,
            reply_size: 44,
            payload: 44,
        }
        .encode(),
    );
    bytes
}

/// What this thread has used until now.
struct Used {
    cpu: Duration,
    /// Time in which it was ready to run but had no CPU; `None` if the kernel does not say it.
    delay: Option<Duration>,
}

impl Used {
    fn now() -> io::Result<Self> {
        let schedstat = fs::read_to_string("/proc/thread-self/schedstat").ok();
        let delay = schedstat.and_then(|text| text.split(' ').nth(1)?.parse().ok());
        Ok(Self {
            cpu: clock_gettime(ClockId::CLOCK_THREAD_CPUTIME_ID)?.into(),
            delay: delay.map(Duration::from_nanos),
        })
    }
}
