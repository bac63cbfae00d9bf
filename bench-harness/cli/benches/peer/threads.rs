//! Peers with several threads that wait for sockets to be ready; a client is known by its descriptor alone.

use std::io::{self, Write as _};
use std::mem::ManuallyDrop;
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::os::fd::{FromRawFd, IntoRawFd, RawFd};
use std::sync::Arc;
use std::thread;

use nix::sys::epoll::{Epoll, EpollCreateFlags, EpollEvent, EpollFlags, EpollTimeout};
use socket2::{Domain, Socket, Type};

use super::{ANY, cpus, echo_once, listen, ready};

const LISTENER: u64 = u64::MAX;
/// Events that a thread takes at a time where its clients are its own.
const MANY: usize = 256;

fn epoll() -> io::Result<Epoll> {
    Ok(Epoll::new(EpollCreateFlags::empty())?)
}

fn epoll_with(listener: &TcpListener) -> io::Result<Epoll> {
    listener.set_nonblocking(true)?;
    let epoll = epoll()?;
    epoll.add(listener, EpollEvent::new(EpollFlags::EPOLLIN, LISTENER))?;
    Ok(epoll)
}

/// Watches a new client, who from here on is known by the number alone.
fn watch(epoll: &Epoll, stream: TcpStream, interest: EpollFlags) -> io::Result<()> {
    stream.set_nonblocking(true)?;
    let who = stream.into_raw_fd() as u64;
    Ok(epoll.add(&*borrowed(who), EpollEvent::new(interest, who))?)
}

/// The client of this number, without closing it.
fn borrowed(fd: u64) -> ManuallyDrop<TcpStream> {
    // SAFETY: it is open until `close` closes it, which only the thread does that has its event.
    ManuallyDrop::new(unsafe { TcpStream::from_raw_fd(fd as RawFd) })
}

fn close(stream: ManuallyDrop<TcpStream>) {
    drop(ManuallyDrop::into_inner(stream));
}

/// Waits, and calls `each` with everybody who is ready, `MOST` at a time.
fn for_ready<const MOST: usize>(
    epoll: &Epoll,
    mut each: impl FnMut(u64) -> io::Result<()>,
) -> io::Result<()> {
    let mut events = [EpollEvent::empty(); MOST];
    loop {
        let ready = epoll.wait(&mut events, EpollTimeout::NONE)?;
        for event in &events[..ready] {
            each(event.data())?;
        }
    }
}

/// Leader and followers: all wait in one set, and who gets a client has it until it is watched again. Each takes one client at
/// a time, so that nobody waits for another's whose thread is busy.
pub fn oneshot() -> io::Result<()> {
    let listener = listen()?;
    let (epoll, once) = (
        epoll_with(&listener)?,
        EpollFlags::EPOLLIN | EpollFlags::EPOLLONESHOT,
    );
    let follow = || {
        let mut buffer = vec![0; 16 << 10];
        for_ready::<1>(&epoll, |who| {
            if who == LISTENER {
                while let Ok((stream, _)) = listener.accept() {
                    watch(&epoll, stream, once)?;
                }
                return Ok(());
            }
            let stream = borrowed(who);
            if echo_once(&*stream, &mut buffer) {
                epoll.modify(&*stream, &mut EpollEvent::new(once, who))?;
            } else {
                close(stream);
            }
            Ok(())
        })
    };
    thread::scope(|scope| {
        for _ in 1..cpus() {
            scope.spawn(follow);
        }
        follow()
    })
}

/// A loop with a listener of its own on each CPU.
pub fn per_core() -> io::Result<()> {
    let first = reuseport(ANY.into())?;
    let address = first.local_addr()?;
    ready(address);
    for _ in 1..cpus() {
        let listener = reuseport(address)?;
        thread::spawn(move || serve_alone(&listener));
    }
    serve_alone(&first)
}

fn reuseport(address: SocketAddr) -> io::Result<TcpListener> {
    let socket = Socket::new(Domain::IPV4, Type::STREAM, None)?;
    socket.set_reuse_port(true)?;
    socket.bind(&address.into())?;
    socket.listen(1024)?;
    Ok(socket.into())
}

fn serve_alone(listener: &TcpListener) -> io::Result<()> {
    let (epoll, mut buffer) = (epoll_with(listener)?, vec![0; 16 << 10]);
    for_ready::<MANY>(&epoll, |who| {
        if who == LISTENER {
            while let Ok((stream, _)) = listener.accept() {
                watch(&epoll, stream, EpollFlags::EPOLLIN)?;
            }
        } else {
            let stream = borrowed(who);
            if !echo_once(&*stream, &mut buffer) {
                close(stream);
            }
        }
        Ok(())
    })
}

/// One thread accepts, and puts clients into the sets of the others in turn.
pub fn workers() -> io::Result<()> {
    let sets: Vec<Arc<Epoll>> = (0..cpus())
        .map(|_| epoll().map(Arc::new))
        .collect::<io::Result<_>>()?;
    for set in &sets {
        let set = Arc::clone(set);
        thread::spawn(move || {
            let mut buffer = vec![0; 16 << 10];
            for_ready::<MANY>(&set, |who| {
                let stream = borrowed(who);
                if !echo_once(&*stream, &mut buffer) {
                    close(stream);
                }
                Ok(())
            })
        });
    }
    for (stream, set) in listen()?.incoming().zip(sets.iter().cycle()) {
        watch(set, stream?, EpollFlags::EPOLLIN)?;
    }
    Ok(())
}

/// Half sync, half async: the loop reads, and a pool replies.
pub fn reactor_and_pool() -> io::Result<()> {
    let listener = listen()?;
    let (epoll, once) = (
        Arc::new(epoll_with(&listener)?),
        EpollFlags::EPOLLIN | EpollFlags::EPOLLONESHOT,
    );
    let (give, take) = crossbeam_channel::unbounded::<(u64, Vec<u8>)>();
    for _ in 0..cpus() {
        let (epoll, take) = (Arc::clone(&epoll), take.clone());
        thread::spawn(move || {
            for (who, bytes) in take {
                let mut stream = &*borrowed(who);
                let _ = stream.write_all(&bytes); // whoever has gone is read from once more
                epoll.modify(stream, &mut EpollEvent::new(once, who))?;
            }
            io::Result::Ok(())
        });
    }
    for_ready::<MANY>(&epoll, |who| {
        if who == LISTENER {
            while let Ok((stream, _)) = listener.accept() {
                watch(&epoll, stream, once)?;
            }
            return Ok(());
        }
        let (stream, mut bytes) = (borrowed(who), vec![0; 4 << 10]);
        if let Ok(n @ 1..) = io::Read::read(&mut &*stream, &mut bytes) {
            bytes.truncate(n);
            let given = give.send((who, bytes));
            given.expect("the pool is there for ever");
        } else {
            close(stream);
        }
        Ok(())
    })
}
