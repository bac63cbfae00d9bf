//! The bare server and client that ours are compared with: the same system calls, and nothing else.

use std::hint::black_box;
use std::io;
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::os::fd::{AsRawFd, IntoRawFd, RawFd};
use std::time::{Duration, Instant};

use contract::server::Line;
use echo_protocol::frame::{HEADER, Header};
use nix::errno::Errno;
use nix::sys::epoll::{Epoll, EpollCreateFlags, EpollEvent, EpollFlags, EpollTimeout};
use nix::sys::resource::{UsageWho, getrusage};
use nix::sys::socket::{MsgFlags, SockFlag, accept4, recv, send, setsockopt, sockopt};
use nix::sys::time::TimeValLike;
use nix::unistd::close;

const LISTENER: u64 = u64::MAX;

/// A level-triggered epoll echo server without session, tally or trait; it runs until it is killed.
///
/// # Errors
/// A system call fails. Errors of a single client only end that client.
pub fn serve() -> io::Result<()> {
    serve_with(0, 0)
}

/// The same server on a given port, with a number of computing steps for each request. The work is fixed, not its time.
///
/// # Errors
/// A system call fails. Errors of a single client only end that client.
pub fn serve_with(port: u16, steps: u32) -> io::Result<()> {
    let listener = TcpListener::bind(("127.0.0.1", port))?;
    listener.set_nonblocking(true)?;
    println!("{}", Line::Ready(listener.local_addr()?.to_string()));
    let epoll = Epoll::new(EpollCreateFlags::empty())?;
    epoll.add(&listener, EpollEvent::new(EpollFlags::EPOLLIN, LISTENER))?;
    let mut events = [EpollEvent::empty(); 256];
    let mut buffer = vec![0; 16 << 10];
    loop {
        let ready = epoll.wait(&mut events, EpollTimeout::NONE)?;
        for event in &events[..ready] {
            if event.data() == LISTENER {
                accept(&epoll, listener.as_raw_fd())?;
            } else {
                echo(event.data() as RawFd, &mut buffer);
                compute(steps);
            }
        }
    }
}

/// Computes steps of a random number generator (G. Marsaglia, "Xorshift RNGs", 2003). Each step needs the one before.
fn compute(steps: u32) {
    let number = (0..steps).fold(black_box(1_u64), |x, _| {
        let x = x ^ (x << 13);
        let x = x ^ (x >> 7);
        x ^ (x << 17)
    });
    black_box(number);
}

fn accept(epoll: &Epoll, listener: RawFd) -> io::Result<()> {
    while let Ok(fd) = accept4(listener, SockFlag::SOCK_NONBLOCK) {
        // SAFETY: `accept4` has just made this descriptor, and no other code has it.
        let stream = unsafe { <TcpStream as std::os::fd::FromRawFd>::from_raw_fd(fd) };
        setsockopt(&stream, sockopt::TcpNoDelay, &true)?;
        epoll.add(&stream, EpollEvent::new(EpollFlags::EPOLLIN, fd as u64))?;
        // From here on, only epoll has its number; `echo` closes it.
        let _: RawFd = stream.into_raw_fd();
    }
    Ok(())
}

fn echo(fd: RawFd, buffer: &mut [u8]) {
    match recv(fd, buffer, MsgFlags::empty()) {
        Ok(n) if n > 0 && send(fd, &buffer[..n], MsgFlags::MSG_NOSIGNAL) == Ok(n) => {}
        Err(Errno::EAGAIN) => {}
        _ => _ = close(fd),
    }
}

/// Runs a closed-loop epoll client that compares every reply, and measures only the number of requests and its own CPU
/// time. Returns requests per second, and CPU microseconds per request.
///
/// # Errors
/// A system call fails, or a reply is wrong.
pub fn ask(
    server: SocketAddr,
    connections: usize,
    warmup: Duration,
    window: Duration,
) -> io::Result<(f64, f64)> {
    let client = Client::connect(server, connections)?;
    client.ask(warmup)?;
    client.ask(window)
}

/// The same client in steps: its connections stay open between the calls.
pub struct Client {
    epoll: Epoll,
    streams: Vec<TcpStream>,
    payload: [u8; 64],
}

impl Client {
    /// Connects, and sends a first request on every connection.
    ///
    /// # Errors
    /// A system call fails.
    pub fn connect(server: SocketAddr, connections: usize) -> io::Result<Self> {
        let epoll = Epoll::new(EpollCreateFlags::empty())?;
        let mut streams = Vec::new();
        for key in 0..connections {
            let stream = TcpStream::connect(server)?;
            stream.set_nodelay(true)?;
            stream.set_nonblocking(true)?;
            epoll.add(&stream, EpollEvent::new(EpollFlags::EPOLLIN, key as u64))?;
            streams.push(stream);
        }
        let payload = frame();
        for stream in &streams {
            send(stream.as_raw_fd(), &payload, MsgFlags::MSG_NOSIGNAL)?;
        }
        Ok(Self {
            epoll,
            streams,
            payload,
        })
    }

    /// Runs for a time. Returns requests per second, and CPU microseconds per request.
    ///
    /// # Errors
    /// A system call fails, or a reply is wrong.
    pub fn ask(&self, time: Duration) -> io::Result<(f64, f64)> {
        let (start, cpu) = (Instant::now(), cpu_s()?);
        let requests = exchange(&self.epoll, &self.streams, &self.payload, time)?;
        let rate = requests as f64 / start.elapsed().as_secs_f64();
        Ok((rate, (cpu_s()? - cpu) * 1e6 / requests as f64))
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

fn exchange(
    epoll: &Epoll,
    streams: &[TcpStream],
    payload: &[u8],
    time: Duration,
) -> io::Result<u64> {
    let mut events = [EpollEvent::empty(); 256];
    let mut buffer = [0; 4096];
    let end = Instant::now() + time;
    let mut requests = 0;
    while Instant::now() < end {
        let ready = epoll.wait(&mut events, EpollTimeout::from(100_u8))?;
        for event in &events[..ready] {
            let fd = streams[event.data() as usize].as_raw_fd();
            let n = recv(fd, &mut buffer, MsgFlags::empty())?;
            if &buffer[..n] != payload {
                return Err(io::Error::other("the reply is wrong"));
            }
            send(fd, payload, MsgFlags::MSG_NOSIGNAL)?;
            requests += 1;
        }
    }
    Ok(requests)
}

fn cpu_s() -> io::Result<f64> {
    let usage = getrusage(UsageWho::RUSAGE_SELF)?;
    let us = usage.user_time().num_microseconds() + usage.system_time().num_microseconds();
    Ok(us as f64 / 1e6)
}
