#![doc = include_str!("../README.md")]

use std::io::{self, IoSlice, IoSliceMut};
use std::os::fd::{AsFd, AsRawFd, FromRawFd, OwnedFd};
use std::process;

use model::{
    About, Capacity, Children, Claim, Context, Family, Listener, Model, Stream, Transport,
    WorkPlace, Workers, perform,
};
use nix::cmsg_space;
use nix::poll::{PollFd, PollFlags, PollTimeout, poll};
use nix::sys::socket::{
    AddressFamily, ControlMessage, ControlMessageOwned, MsgFlags, Shutdown, SockFlag, SockType,
    recv, recvmsg, send, sendmsg, shutdown, socketpair,
};
use nix::unistd::{ForkResult, Pid, close};

/// Forks a fixed number of processes; the parent accepts, and passes each client to a free one.
pub struct PreforkFdPassing;

/// A child, as its parent sees it.
struct Worker {
    pid: Pid,
    /// Clients go to the child, and a byte comes back whenever the child is free. Its end is the end of the child.
    socket: OwnedFd,
    is_free: bool,
}

impl Model for PreforkFdPassing {
    fn serve(&self, listener: Listener, cx: &Context) -> io::Result<()> {
        listener.set_nonblocking()?;
        let children = cx.children();
        let mut workers = Vec::new();
        for i in 0..cx.workers() {
            let worker = start_worker(&listener, &workers, &cx.worker(i), children)?;
            workers.push(worker);
        }
        cx.ready();
        while !cx.stopping() {
            for i in wait_for_news(&listener, &workers, cx)? {
                if i == workers.len() {
                    pass_client(&listener, &mut workers, cx, children);
                } else if !is_alive(&mut workers[i]) && !cx.stopping() {
                    children.wait(); // settles what the dead child leaves behind
                    let start = || start_worker(&listener, &workers, &cx.worker(i), children);
                    workers[i] = cx.replace(start)?;
                }
            }
        }
        drop(workers); // a child without a client reads end of file: no further client comes
        while children.wait().is_some() {}
        Ok(())
    }

    fn about(&self) -> &'static About {
        &ABOUT
    }
}

/// Forks one worker.
fn start_worker(
    listener: &Listener,
    others: &[Worker],
    cx: &Context,
    children: Children,
) -> io::Result<Worker> {
    let (socket, to_parent) = socketpair(
        AddressFamily::Unix,
        SockType::SeqPacket, // one client, or one byte, per message
        None,
        SockFlag::SOCK_CLOEXEC,
    )?;
    // SAFETY: the process has one thread, so the child may do whatever its parent may (fork(2)).
    match unsafe { children.fork() }? {
        ForkResult::Child => {
            // The parent's ends. A copy that stays open would hide the parent's end of file from the other children.
            let others = others.iter().map(|worker| worker.socket.as_raw_fd());
            for fd in others.chain([listener.as_raw_fd(), socket.as_raw_fd()]) {
                close(fd)?;
            }
            take_and_converse(&to_parent, cx);
            process::exit(0) // without it the child would go on with its parent's loop
        }
        ForkResult::Parent { child } => Ok(Worker {
            pid: child,
            socket,
            is_free: false,
        }),
    }
}

/// Waits until a child is free or has died, or a client comes for a free child. Returns the numbers of the children with
/// news; the number behind the last child stands for the listener.
fn wait_for_news(listener: &Listener, workers: &[Worker], cx: &Context) -> io::Result<Vec<usize>> {
    let sockets = workers.iter().map(|worker| worker.socket.as_fd());
    let mut watched: Vec<PollFd> = sockets
        .map(|socket| PollFd::new(socket, PollFlags::POLLIN))
        .collect();
    // Without a free child, clients stay in the accept queue, which has a bound.
    if cx.has_room() && workers.iter().any(|worker| worker.is_free) {
        watched.push(PollFd::new(listener.as_fd(), PollFlags::POLLIN));
    }
    cx.wait(|| poll(&mut watched, PollTimeout::NONE))?;
    let all = watched.iter().enumerate();
    Ok(all
        .filter(|(_, socket)| socket.any() == Some(true))
        .map(|(i, _)| i)
        .collect())
}

/// Takes the byte of a child that is free. Returns false if the child has ended instead.
fn is_alive(worker: &mut Worker) -> bool {
    worker.is_free = recv(worker.socket.as_raw_fd(), &mut [0], MsgFlags::empty()) == Ok(1);
    worker.is_free
}

/// Accepts a client, and passes its descriptor to a free child.
fn pass_client(listener: &Listener, workers: &mut [Worker], cx: &Context, children: Children) {
    let Some(worker) = workers.iter_mut().find(|worker| worker.is_free) else {
        return; // the free child has just died
    };
    let Some(stream) = cx.try_accept_blocking(listener) else {
        return;
    };
    let descriptors = [stream.as_raw_fd()];
    let message = [IoSlice::new(&[0])]; // a descriptor needs at least one byte to travel with (unix(7))
    let rights = [ControlMessage::ScmRights(&descriptors)];
    let (socket, flags) = (worker.socket.as_raw_fd(), MsgFlags::MSG_NOSIGNAL);
    worker.is_free = false;
    children.give_client(worker.pid); // now, because the child may end the conversation at any time
    if sendmsg::<()>(socket, &message, &rights, flags, None).is_err() {
        // The client is lost. The child ends, if it has not died already, and its end settles the client's place.
        let _ = shutdown(socket, Shutdown::Both);
    }
    drop(stream); // the child gets its own copy from the message
}

/// Runs in a child: serves one client after another, until the parent passes no more.
fn take_and_converse(to_parent: &OwnedFd, cx: &Context) {
    let free = || send(to_parent.as_raw_fd(), &[0], MsgFlags::MSG_NOSIGNAL);
    while !cx.stopping() && free().is_ok() {
        let Some(stream) = take(to_parent) else {
            return;
        };
        // Work is done here too: only this worker's client waits for it.
        cx.open(stream).converse(perform);
    }
}

/// Returns the next client; `None` at end of file. The server's signals do not interrupt it: they restart calls (`SA_RESTART`).
fn take(to_parent: &OwnedFd) -> Option<Stream> {
    let mut byte = [0];
    let mut message = [IoSliceMut::new(&mut byte)];
    let mut space = cmsg_space!([i32; 1]);
    let flags = MsgFlags::MSG_CMSG_CLOEXEC;
    let received =
        recvmsg::<()>(to_parent.as_raw_fd(), &mut message, Some(&mut space), flags).ok()?;
    match received.cmsgs().ok()?.next()? {
        ControlMessageOwned::ScmRights(descriptors) => {
            // SAFETY: `recvmsg` has just made this descriptor, and no other code owns it.
            Some(Stream::new(unsafe { OwnedFd::from_raw_fd(descriptors[0]) }))
        }
        _ => None,
    }
}

/// What this model says of itself; a comparison tests the claims.
const ABOUT: About = About {
    name: "prefork-fd-passing",
    family: Family::Blocking,
    transport: Transport::Stream,
    summary: "One process accepts, and passes each client's descriptor to a process that is free.",
    capacity: Capacity::OnePerWorker,
    workers: Workers::Default(64),
    work: WorkPlace::Conversation,
    source: "Stevens, UNIX Network Programming vol. 1, 3rd ed., ch. 15 and 30 (design 5)",
    claims: &[Claim::FIXED_THREADS],
};
