//! The prices of system calls that do the same whatever the number of sockets.

use std::io::{self, Read as _, Write as _};
use std::net::TcpStream;
use std::os::fd::{AsRawFd as _, OwnedFd};
use std::ptr;

use io_uring::{IoUring, opcode};
use nix::errno::Errno;
use nix::libc;
use nix::sys::epoll::{Epoll, EpollCreateFlags, EpollEvent, EpollFlags};
use nix::sys::socket::{MsgFlags, recv};
use nix::unistd::{self, Pid};
use record::prices::{CallPrice, PricedCall};

use super::pair::{self, MESSAGE, Pair};
use super::stopwatch;

/// Calls of a batch: few enough that their messages fit into the buffer of a socket.
const BATCH: usize = 64;
/// Clients that wait in the accept queue at the same time.
const WAITING: usize = 8;

/// The price of a call; `None` if its price depends on the number of sockets.
pub(super) fn price(call: PricedCall) -> Option<io::Result<CallPrice>> {
    let us = match call {
        PricedCall::Entry => stopwatch::price(
            BATCH,
            || Ok(()),
            |_| {
                Pid::this();
                Ok(())
            },
        ),
        PricedCall::Recvfrom => receive(|mut end, bytes| end.read(bytes)),
        PricedCall::Read => receive(|end, bytes| Ok(unistd::read(end, bytes)?)),
        PricedCall::Nothing => receive_nothing(),
        PricedCall::Sendto => transmit(|mut end, bytes| end.write(bytes)),
        PricedCall::Write => transmit(|end, bytes| Ok(unistd::write(end, bytes)?)),
        PricedCall::EpollWait => epoll_wait(),
        PricedCall::EpollCtl => epoll_ctl(),
        PricedCall::IoUringEnter => io_uring_enter(),
        PricedCall::Accept => accept(),
        PricedCall::Futex => futex(),
        PricedCall::Poll | PricedCall::Select => return None,
        PricedCall::Unknown => Err(io::Error::other("unknown")),
    };
    Some(us.map(CallPrice::flat))
}

/// Receives messages that are there.
fn receive(by: impl Fn(&TcpStream, &mut [u8]) -> io::Result<usize>) -> io::Result<f64> {
    let pair = Pair::new()?;
    let mut bytes = [0; MESSAGE];
    let prepare = || (0..BATCH).try_for_each(|_| (&pair.client).write_all(&[0; MESSAGE]));
    stopwatch::price(BATCH, prepare, |_| by(&pair.server, &mut bytes).map(drop))
}

fn receive_nothing() -> io::Result<f64> {
    let pair = Pair::new()?;
    let mut bytes = [0; MESSAGE];
    let call = |_| match recv(pair.server.as_raw_fd(), &mut bytes, MsgFlags::MSG_DONTWAIT) {
        Err(Errno::EAGAIN) => Ok(()),
        Ok(_) => Err(io::Error::other("a message came that was not sent")),
        Err(error) => Err(error.into()),
    };
    stopwatch::price(BATCH, || Ok(()), call)
}

/// Sends messages to a client that takes them later: what a server pays if the client is busy.
fn transmit(by: impl Fn(&TcpStream, &[u8]) -> io::Result<usize>) -> io::Result<f64> {
    let pair = Pair::new()?;
    let mut sent = 0;
    let mut all = [0; BATCH * MESSAGE];
    let prepare = || {
        let taken = (&pair.client).read_exact(&mut all[..sent]);
        sent = BATCH * MESSAGE;
        taken
    };
    stopwatch::price(BATCH, prepare, |_| {
        by(&pair.server, &[0; MESSAGE]).map(drop)
    })
}

/// Waits for one socket that is ready.
fn epoll_wait() -> io::Result<f64> {
    let pair = Pair::new()?;
    let epoll = Epoll::new(EpollCreateFlags::EPOLL_CLOEXEC)?;
    epoll.add(&pair.server, EpollEvent::new(EpollFlags::EPOLLIN, 0))?;
    (&pair.client).write_all(&[0; MESSAGE])?;
    let mut events = [EpollEvent::empty(); BATCH];
    stopwatch::price(
        BATCH,
        || Ok(()),
        |_| Ok(epoll.wait(&mut events, 1000_u16).map(drop)?),
    )
}

fn epoll_ctl() -> io::Result<f64> {
    let pair = Pair::new()?;
    let epoll = Epoll::new(EpollCreateFlags::EPOLL_CLOEXEC)?;
    epoll.add(&pair.server, EpollEvent::new(EpollFlags::EPOLLIN, 0))?;
    let call = |number: usize| {
        let flags = [
            EpollFlags::EPOLLIN,
            EpollFlags::EPOLLIN | EpollFlags::EPOLLOUT,
        ];
        let mut event = EpollEvent::new(flags[number % 2], 0);
        Ok(epoll.modify(&pair.server, &mut event)?)
    };
    stopwatch::price(BATCH, || Ok(()), call)
}

/// Submits an operation that does nothing, and waits for its completion.
fn io_uring_enter() -> io::Result<f64> {
    let mut ring = IoUring::new(8)?;
    let call = |_| {
        // SAFETY: a no-op refers to no memory.
        unsafe { ring.submission().push(&opcode::Nop::new().build()) }.map_err(io::Error::other)?;
        ring.submit_and_wait(1)?;
        ring.completion()
            .next()
            .map(drop)
            .ok_or_else(|| io::Error::other("no completion"))
    };
    stopwatch::price(BATCH, || Ok(()), call)
}

fn accept() -> io::Result<f64> {
    let listener = pair::listener()?;
    let mut clients = Vec::new();
    let mut accepted: Vec<OwnedFd> = Vec::new();
    let prepare = || {
        clients.clear();
        for _ in 0..WAITING {
            clients.push(pair::connect(&listener)?);
        }
        Ok(())
    };
    // The accepted ends close after the clients have reset their connections.
    stopwatch::price(WAITING, prepare, |_| {
        let (stream, _) = listener.accept()?;
        accepted.push(stream.into());
        Ok(())
    })
}

/// Wakes threads at an address where no thread waits.
fn futex() -> io::Result<f64> {
    let word = 0_u32;
    let call = |_| {
        // SAFETY: `word` is aligned and outlives the call, which only compares addresses.
        let woken = unsafe {
            libc::syscall(
                libc::SYS_futex,
                ptr::from_ref(&word),
                libc::FUTEX_WAKE | libc::FUTEX_PRIVATE_FLAG,
                1,
            )
        };
        Errno::result(woken).map(drop).map_err(io::Error::from)
    };
    stopwatch::price(BATCH, || Ok(()), call)
}
