#![doc = include_str!("../README.md")]

use std::io;
use std::os::fd::{AsFd, AsRawFd};

use model::{
    About, Capacity, Claim, Conn, Context, Family, Listener, Model, Transport, WorkPlace, Workers,
    perform,
};
use nix::errno::Errno;
use nix::sys::select::{FD_SETSIZE, FdSet, select};

/// One thread gives the kernel two sets of sockets, and the kernel leaves those in them that are ready.
pub struct Select;

/// The token of the listener; clients have their places in the list, from 0.
const LISTENER: usize = usize::MAX;

impl Model for Select {
    fn serve(&self, listener: Listener, cx: &Context) -> io::Result<()> {
        if !fits(&listener) {
            return Err(Errno::EMFILE.into());
        }
        listener.set_nonblocking()?;
        let mut clients = Vec::new();
        let mut ready = Vec::new();
        cx.ready();
        loop {
            // After a stop `has_room` is false, so that the listener, which is then ready all the time, is not watched.
            // Read `has_room` before `stopping`: if the stop came between the two, nothing would end the wait.
            let listening = cx.has_room();
            // After a stop, the clients that are left may finish.
            if cx.stopping() && clients.is_empty() {
                return Ok(());
            }
            wait(cx, &listener, listening, &clients, &mut ready)?;
            for (token, readable) in ready.drain(..) {
                if token == LISTENER {
                    accept(&listener, cx, &mut clients);
                    for conn in clients.extract_if(.., |conn| !fits(conn)) {
                        conn.refuse();
                    }
                } else {
                    turn(&mut clients[token], readable);
                }
            }
            clients.retain(|conn| !conn.is_done());
        }
    }

    fn about(&self) -> &'static About {
        &ABOUT
    }
}

/// Waits until sockets are ready, and puts their tokens into `ready`, with true if there is something to read. Without
/// room for another client the listener is not watched, because it would be ready all the time.
fn wait(
    cx: &Context,
    listener: &Listener,
    listening: bool,
    clients: &[Conn],
    ready: &mut Vec<(usize, bool)>,
) -> io::Result<()> {
    let (mut read, mut write) = (FdSet::new(), FdSet::new());
    for conn in clients {
        if conn.wants_read() {
            read.insert(conn.as_fd());
        }
        // Only then: an idle socket is always ready for writing. It also brings a client that has work left its next
        // turn, after the turns of the others.
        if conn.wants_room() {
            write.insert(conn.as_fd());
        }
    }
    if listening {
        read.insert(listener.as_fd());
    }
    cx.wait(|| select(FD_SETSIZE as i32, &mut read, &mut write, None, None))?;
    for (client, conn) in clients.iter().enumerate() {
        let readable = read.contains(conn.as_fd());
        if readable || write.contains(conn.as_fd()) {
            ready.push((client, readable));
        }
    }
    if listening && read.contains(listener.as_fd()) {
        ready.push((LISTENER, true));
    }
    Ok(())
}

/// Accepts all clients that are waiting.
fn accept(listener: &Listener, cx: &Context, clients: &mut Vec<Conn>) {
    while let Some(stream) = cx.try_accept(listener) {
        clients.push(cx.open(stream));
    }
}

/// One turn of one client: at most one read, the work of one request, at most one write.
fn turn(conn: &mut Conn, readable: bool) {
    if readable && conn.wants_read() {
        conn.read();
    }
    if let Some(work) = conn.work() {
        perform(work); // in the loop: every other client waits as well
        conn.worked();
    }
    if conn.wants_write() {
        conn.write();
    }
}

/// A set has 1024 bits. In C, setting a bit behind them overwrites other memory; here it panics.
fn fits(fd: &impl AsRawFd) -> bool {
    (fd.as_raw_fd() as usize) < FD_SETSIZE
}

/// The description of this model; `echolab compare` tests its claims.
const ABOUT: About = About {
    name: "select",
    family: Family::Readiness,
    transport: Transport::Stream,
    summary: "One thread gives the kernel a set of all its sockets at every call; the kernel leaves the ready ones in it.",
    capacity: Capacity::FdSetSize,
    workers: Workers::Fixed,
    work: WorkPlace::Loop,
    source: "Stevens, UNIX Network Programming vol. 1, 3rd ed., ch. 6; select(2)",
    claims: &[
        Claim::ONE_THREAD,
        Claim::IDLE_CLIENTS_COST,
        Claim::LIGHT_REQUESTS_WAIT,
    ],
};
