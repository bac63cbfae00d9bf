//! Peers with one thread that asks the kernel, or tries, which sockets are ready.

use std::collections::HashMap;
use std::io;
use std::net::TcpStream;
use std::os::fd::{AsFd, AsRawFd, BorrowedFd};

use nix::poll::{PollFd, PollFlags, PollTimeout};
use nix::sys::epoll::{Epoll, EpollCreateFlags, EpollEvent, EpollFlags, EpollTimeout};
use nix::sys::select::FdSet;
use polling::{Event, Events, Poller};
use slab::Slab;

use super::{Address, echo_once, listen};

pub fn busy_poll(at: Address) -> io::Result<()> {
    let (listener, mut buffer) = (listen(at)?, vec![0; 16 << 10]);
    listener.set_nonblocking(true)?;
    let mut streams: Vec<TcpStream> = Vec::new();
    loop {
        if let Ok((stream, _)) = listener.accept() {
            stream.set_nonblocking(true)?;
            streams.push(stream);
        }
        streams.retain(|stream| echo_once(stream, &mut buffer));
    }
}

/// A descriptor for a set, without the lifetime of its socket.
fn lasting(socket: &impl AsRawFd) -> BorrowedFd<'static> {
    // SAFETY: every caller removes the descriptor from its set before it closes the socket.
    unsafe { BorrowedFd::borrow_raw(socket.as_raw_fd()) }
}

pub fn select(at: Address) -> io::Result<()> {
    let (listener, mut buffer) = (listen(at)?, vec![0; 16 << 10]);
    let mut streams: Vec<TcpStream> = Vec::new();
    let mut all = FdSet::new();
    all.insert(lasting(&listener));
    loop {
        let mut ready = all;
        nix::sys::select::select(None, &mut ready, None, None, None)?;
        if ready.contains(listener.as_fd()) {
            let (stream, _) = listener.accept()?;
            all.insert(lasting(&stream));
            streams.push(stream);
        }
        streams.retain(|stream| {
            let stays = !ready.contains(stream.as_fd()) || echo_once(stream, &mut buffer);
            if !stays {
                all.remove(lasting(stream));
            }
            stays
        });
    }
}

pub fn poll(at: Address) -> io::Result<()> {
    let (listener, mut buffer) = (listen(at)?, vec![0; 16 << 10]);
    let mut streams: Vec<TcpStream> = Vec::new();
    let mut fds = vec![PollFd::new(lasting(&listener), PollFlags::POLLIN)];
    loop {
        nix::poll::poll(&mut fds, PollTimeout::NONE)?;
        for index in (1..fds.len()).rev() {
            let ready = fds[index].any() == Some(true);
            if ready && !echo_once(&streams[index - 1], &mut buffer) {
                fds.swap_remove(index);
                streams.swap_remove(index - 1);
            }
        }
        if fds[0].any() == Some(true) {
            let (stream, _) = listener.accept()?;
            fds.push(PollFd::new(lasting(&stream), PollFlags::POLLIN));
            streams.push(stream);
        }
    }
}

pub fn epoll_edge(at: Address) -> io::Result<()> {
    let (listener, mut buffer) = (listen(at)?, vec![0; 16 << 10]);
    listener.set_nonblocking(true)?;
    let epoll = Epoll::new(EpollCreateFlags::empty())?;
    epoll.add(&listener, EpollEvent::new(EpollFlags::EPOLLIN, u64::MAX))?;
    let mut streams: Slab<TcpStream> = Slab::new();
    let mut events = [EpollEvent::empty(); 256];
    loop {
        let ready = epoll.wait(&mut events, EpollTimeout::NONE)?;
        for event in &events[..ready] {
            let key = event.data() as usize;
            if key != usize::MAX {
                if !echo_all(&streams[key], &mut buffer) {
                    streams.remove(key);
                }
                continue;
            }
            while let Ok((stream, _)) = listener.accept() {
                stream.set_nonblocking(true)?;
                let (place, edge) = (
                    streams.vacant_entry(),
                    EpollFlags::EPOLLIN | EpollFlags::EPOLLET,
                );
                epoll.add(&stream, EpollEvent::new(edge, place.key() as u64))?;
                place.insert(stream);
            }
        }
    }
}

/// Echoes until the socket is empty. False if the client has left.
fn echo_all(mut stream: impl io::Read + io::Write, buffer: &mut [u8]) -> bool {
    loop {
        match stream.read(buffer) {
            Ok(0) => return false,
            Ok(n) => _ = stream.write_all(&buffer[..n]),
            Err(error) => return error.kind() == io::ErrorKind::WouldBlock,
        }
    }
}

pub fn mio(at: Address) -> io::Result<()> {
    use mio::{Events, Interest, Poll, Token, net::TcpListener};
    let (mut poll, mut events) = (Poll::new()?, Events::with_capacity(128));
    let mut listener = TcpListener::bind(at.into())?;
    let registry = poll.registry().try_clone()?;
    registry.register(&mut listener, Token(0), Interest::READABLE)?;
    let (mut streams, mut last, mut buffer) = (HashMap::new(), 0, vec![0; 16 << 10]);
    loop {
        poll.poll(&mut events, None)?;
        for event in &events {
            if event.token() != Token(0) {
                if streams
                    .get(&event.token())
                    .is_some_and(|stream| !echo_all(stream, &mut buffer))
                {
                    streams.remove(&event.token());
                }
                continue;
            }
            while let Ok((mut stream, _)) = listener.accept() {
                last += 1;
                registry.register(&mut stream, Token(last), Interest::READABLE)?;
                streams.insert(Token(last), stream);
            }
        }
    }
}

pub fn polling(at: Address) -> io::Result<()> {
    let (listener, mut buffer) = (listen(at)?, vec![0; 16 << 10]);
    listener.set_nonblocking(true)?;
    let (poller, mut events) = (Poller::new()?, Events::new());
    let mut streams: Slab<TcpStream> = Slab::new();
    let listener_key = usize::MAX - 1;
    // SAFETY: the listener is never closed.
    unsafe { poller.add(&listener, Event::readable(listener_key)) }?;
    loop {
        events.clear();
        poller.wait(&mut events, None)?;
        for event in events.iter() {
            if event.key != listener_key {
                if echo_once(&streams[event.key], &mut buffer) {
                    poller.modify(&streams[event.key], Event::readable(event.key))?;
                } else {
                    poller.delete(streams.remove(event.key))?;
                }
                continue;
            }
            while let Ok((stream, _)) = listener.accept() {
                stream.set_nonblocking(true)?;
                let place = streams.vacant_entry();
                // SAFETY: the stream is deleted from the poller before it is closed.
                unsafe { poller.add(&stream, Event::readable(place.key())) }?;
                place.insert(stream);
            }
            poller.modify(&listener, Event::readable(listener_key))?;
        }
    }
}
