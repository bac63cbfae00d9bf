//! The bare server and client that ours are compared with: the same system calls, and nothing else.

#![allow(dead_code, unused_imports, reason = "each bench uses a part of this")]

mod client;

use std::hint::black_box;
use std::io;
use std::net::{TcpListener, TcpStream};
use std::os::fd::{AsRawFd, IntoRawFd, RawFd};

use nix::errno::Errno;
use nix::sys::epoll::{Epoll, EpollCreateFlags, EpollEvent, EpollFlags, EpollTimeout};
use nix::sys::socket::{MsgFlags, SockFlag, accept4, recv, send, setsockopt, sockopt};
use nix::unistd::close;

pub use client::generate;

const LISTENER: u64 = u64::MAX;

/// A level-triggered epoll echo server without session, tally or trait; it runs until it is killed. For each request it
/// computes this number of steps: the work is fixed, not its time.
///
/// # Errors
/// A system call fails. Errors of a single client only end that client.
pub fn serve(port: u16, steps: u32) -> io::Result<()> {
    let listener = TcpListener::bind(("127.0.0.1", port))?;
    listener.set_nonblocking(true)?;
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
