//! Peers that block in `read`, with one thread or process per client.

use std::io::{self, IoSlice, IoSliceMut};
use std::net::{TcpListener, TcpStream};
use std::os::fd::{AsRawFd, FromRawFd, RawFd};
use std::os::unix::net::UnixDatagram;
use std::process;
use std::sync::{Arc, Mutex, mpsc};
use std::thread;

use nix::sys::signal::{SigHandler, Signal, signal};
use nix::sys::socket::{ControlMessage, ControlMessageOwned, MsgFlags, recvmsg, sendmsg};
use nix::unistd::{ForkResult, fork};

use super::{Address, WORKERS, echo_once, listen};

fn echo(stream: &TcpStream) {
    let mut buffer = [0; 16 << 10];
    while echo_once(stream, &mut buffer) {}
}

pub fn iterative(at: Address) -> io::Result<()> {
    accept_for_ever(&listen(at)?)
}

fn accept_for_ever(listener: &TcpListener) -> io::Result<()> {
    loop {
        echo(&listener.accept()?.0);
    }
}

pub fn threads(at: Address) -> io::Result<()> {
    for stream in listen(at)?.incoming() {
        let stream = stream?;
        thread::spawn(move || echo(&stream));
    }
    Ok(())
}

pub fn forks(at: Address) -> io::Result<()> {
    // SAFETY: the signal is ignored, so no handler runs.
    unsafe { signal(Signal::SIGCHLD, SigHandler::SigIgn) }?; // children are reaped by the kernel
    for stream in listen(at)?.incoming() {
        let stream = stream?;
        if in_child()? {
            echo(&stream);
            process::exit(0);
        }
    }
    Ok(())
}

pub fn in_child() -> io::Result<bool> {
    // SAFETY: this process has one thread.
    Ok(matches!(unsafe { fork() }?, ForkResult::Child))
}

/// The thread pool from the last chapter of the Rust book.
pub fn pool(at: Address) -> io::Result<()> {
    let (give, take) = mpsc::channel::<TcpStream>();
    let take = Arc::new(Mutex::new(take));
    for _ in 0..WORKERS {
        let take = Arc::clone(&take);
        thread::spawn(move || {
            loop {
                let stream = take
                    .lock()
                    .expect("no worker panics while it holds the lock")
                    .recv();
                echo(&stream.expect("the listener thread never ends"));
            }
        });
    }
    for stream in listen(at)?.incoming() {
        give.send(stream?).expect("the workers never end");
    }
    Ok(())
}

pub fn rayon(at: Address) -> io::Result<()> {
    let builder = rayon::ThreadPoolBuilder::new().num_threads(WORKERS);
    let pool = builder.build().map_err(io::Error::other)?;
    for stream in listen(at)?.incoming() {
        let stream = stream?;
        pool.spawn(move || echo(&stream));
    }
    Ok(())
}

pub fn prefork(at: Address) -> io::Result<()> {
    let listener = listen(at)?;
    for _ in 1..WORKERS {
        if in_child()? {
            break;
        }
    }
    accept_for_ever(&listener)
}

/// Children receive descriptors from one socket; the next free child takes the next one.
pub fn fd_passing(at: Address) -> io::Result<()> {
    let (give, take) = UnixDatagram::pair()?;
    for _ in 0..WORKERS {
        if in_child()? {
            loop {
                echo(&receive(&take)?);
            }
        }
    }
    for stream in listen(at)?.incoming() {
        let stream = stream?; // open until it has been passed on
        let fds = [stream.as_raw_fd()];
        let (bytes, message) = ([IoSlice::new(&[0])], [ControlMessage::ScmRights(&fds)]);
        sendmsg::<()>(give.as_raw_fd(), &bytes, &message, MsgFlags::empty(), None)?;
    }
    Ok(())
}

fn receive(take: &UnixDatagram) -> io::Result<TcpStream> {
    let mut space = nix::cmsg_space!(RawFd);
    let (mut byte, fd) = ([0], take.as_raw_fd());
    let mut bytes = [IoSliceMut::new(&mut byte)];
    let message = recvmsg::<()>(fd, &mut bytes, Some(&mut space), MsgFlags::empty())?;
    match message.cmsgs()?.next() {
        // SAFETY: the kernel has just made this descriptor, and no other code has it.
        Some(ControlMessageOwned::ScmRights(fds)) => Ok(unsafe { TcpStream::from_raw_fd(fds[0]) }),
        _ => Err(io::Error::other("a message without a descriptor")),
    }
}

pub fn prethreaded(at: Address) -> io::Result<()> {
    let listener = listen(at)?;
    thread::scope(|scope| {
        for _ in 1..WORKERS {
            scope.spawn(|| accept_for_ever(&listener));
        }
        accept_for_ever(&listener)
    })
}
