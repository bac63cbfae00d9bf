//! Peers with several threads that wait for readiness. A client has no state but its descriptor.

use std::io::{self, Write as _};
use std::mem::ManuallyDrop;
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::os::fd::{FromRawFd, IntoRawFd, RawFd};
use std::sync::Arc;
use std::thread;

use nix::sys::epoll::{Epoll, EpollCreateFlags, EpollEvent, EpollFlags, EpollTimeout};
use socket2::{Domain, Socket, Type};

use super::blocking::in_child;
use super::{Address, cpus, echo_once, listen};

const LISTENER: u64 = u64::MAX;
/// Events per wait, for threads with clients of their own.
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

/// Adds a new client to the set. From here on, only the set has its descriptor.
fn watch(epoll: &Epoll, stream: TcpStream, interest: EpollFlags) -> io::Result<()> {
    stream.set_nonblocking(true)?;
    let fd = stream.into_raw_fd() as u64;
    Ok(epoll.add(&*borrowed(fd), EpollEvent::new(interest, fd))?)
}

/// The stream with this descriptor, which is not closed when the value is dropped.
fn borrowed(fd: u64) -> ManuallyDrop<TcpStream> {
    // SAFETY: the descriptor is open until the thread that received its event calls `close`.
    ManuallyDrop::new(unsafe { TcpStream::from_raw_fd(fd as RawFd) })
}

fn close(stream: ManuallyDrop<TcpStream>) {
    drop(ManuallyDrop::into_inner(stream));
}

/// Waits, and calls `each` for every ready descriptor, up to `MOST` per wait.
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

/// Leader and followers: all threads wait in one set, and the thread that receives an event owns the client until it
/// re-arms it. Each wait returns one event, so that no client waits behind another one whose thread is busy.
pub fn oneshot(at: Address) -> io::Result<()> {
    let listener = listen(at)?;
    let (epoll, once) = (
        epoll_with(&listener)?,
        EpollFlags::EPOLLIN | EpollFlags::EPOLLONESHOT,
    );
    let follow = || {
        let mut buffer = vec![0; 16 << 10];
        for_ready::<1>(&epoll, |fd| {
            if fd == LISTENER {
                while let Ok((stream, _)) = listener.accept() {
                    watch(&epoll, stream, once)?;
                }
                return Ok(());
            }
            let stream = borrowed(fd);
            if echo_once(&*stream, &mut buffer) {
                epoll.modify(&*stream, &mut EpollEvent::new(once, fd))?;
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

/// One loop per CPU, all with the same listener. A new client wakes one of them.
pub fn shared(at: Address) -> io::Result<()> {
    let listener = listen(at)?;
    listener.set_nonblocking(true)?;
    let watching = |_| {
        let (epoll, interest) = (epoll()?, EpollFlags::EPOLLIN | EpollFlags::EPOLLEXCLUSIVE);
        epoll.add(&listener, EpollEvent::new(interest, LISTENER))?;
        Ok(epoll)
    };
    let sets: Vec<Epoll> = (0..cpus()).map(watching).collect::<io::Result<_>>()?;
    thread::scope(|scope| {
        for set in &sets[1..] {
            scope.spawn(|| serve_with(set, &listener));
        }
        serve_with(&sets[0], &listener)
    })
}

/// One loop per CPU, each with its own listener.
pub fn per_core(at: Address) -> io::Result<()> {
    let first = reuseport(at.into())?;
    let address = first.local_addr()?;
    for _ in 1..cpus() {
        let listener = reuseport(address)?;
        thread::spawn(move || serve_alone(&listener));
    }
    serve_alone(&first)
}

/// One process with a loop per CPU, each with its own listener.
pub fn per_process(at: Address) -> io::Result<()> {
    let first = reuseport(at.into())?;
    let address = first.local_addr()?;
    for _ in 1..cpus() {
        let listener = reuseport(address)?;
        if in_child()? {
            return serve_alone(&listener);
        }
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
    serve_with(&epoll_with(listener)?, listener)
}

/// The loop of one thread: it accepts and echoes.
fn serve_with(epoll: &Epoll, listener: &TcpListener) -> io::Result<()> {
    let mut buffer = vec![0; 16 << 10];
    for_ready::<MANY>(epoll, |fd| {
        if fd == LISTENER {
            while let Ok((stream, _)) = listener.accept() {
                watch(epoll, stream, EpollFlags::EPOLLIN)?;
            }
        } else {
            let stream = borrowed(fd);
            if !echo_once(&*stream, &mut buffer) {
                close(stream);
            }
        }
        Ok(())
    })
}

/// One thread accepts, and adds the clients to the sets of the other threads in turn.
pub fn workers(at: Address) -> io::Result<()> {
    let sets: Vec<Arc<Epoll>> = (0..cpus())
        .map(|_| epoll().map(Arc::new))
        .collect::<io::Result<_>>()?;
    for set in &sets {
        let set = Arc::clone(set);
        thread::spawn(move || {
            let mut buffer = vec![0; 16 << 10];
            for_ready::<MANY>(&set, |fd| {
                let stream = borrowed(fd);
                if !echo_once(&*stream, &mut buffer) {
                    close(stream);
                }
                Ok(())
            })
        });
    }
    for (stream, set) in listen(at)?.incoming().zip(sets.iter().cycle()) {
        watch(set, stream?, EpollFlags::EPOLLIN)?;
    }
    Ok(())
}

/// Half-sync/half-async: the loop reads, and a pool replies.
pub fn reactor_and_pool(at: Address) -> io::Result<()> {
    let listener = listen(at)?;
    let (epoll, once) = (
        Arc::new(epoll_with(&listener)?),
        EpollFlags::EPOLLIN | EpollFlags::EPOLLONESHOT,
    );
    let (give, take) = crossbeam_channel::unbounded::<(u64, Vec<u8>)>();
    for _ in 0..cpus() {
        let (epoll, take) = (Arc::clone(&epoll), take.clone());
        thread::spawn(move || {
            for (fd, bytes) in take {
                let mut stream = &*borrowed(fd);
                let _ = stream.write_all(&bytes); // if the client has left, the next read sees it
                epoll.modify(stream, &mut EpollEvent::new(once, fd))?;
            }
            io::Result::Ok(())
        });
    }
    for_ready::<MANY>(&epoll, |fd| {
        if fd == LISTENER {
            while let Ok((stream, _)) = listener.accept() {
                watch(&epoll, stream, once)?;
            }
            return Ok(());
        }
        let (stream, mut bytes) = (borrowed(fd), vec![0; 4 << 10]);
        if let Ok(n @ 1..) = io::Read::read(&mut &*stream, &mut bytes) {
            bytes.truncate(n);
            let given = give.send((fd, bytes));
            given.expect("the pool never ends");
        } else {
            close(stream);
        }
        Ok(())
    })
}
