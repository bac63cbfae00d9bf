#![doc = include_str!("../README.md")]

use std::io;
use std::os::fd::{AsFd, AsRawFd};

use model::{
    About, Capacity, Claim, Conn, Context, Family, Listener, Model, Transport, WorkPlace, Workers,
    perform,
};
use nix::sys::select::{FD_SETSIZE, FdSet, select};

/// One thread, which hands the kernel two sets of sockets and gets back those that are ready.
pub struct Select;

/// A client that select has found, and whether there is something to read from it.
struct Ready {
    client: usize,
    readable: bool,
}

impl Model for Select {
    fn serve(&self, listener: Listener, cx: &Context) -> io::Result<()> {
        if !fits(&listener) {
            return Err(io::Error::other(
                "the listener's descriptor is not below FD_SETSIZE; start the server with fewer open descriptors",
            ));
        }
        listener.set_nonblocking()?;
        let (mut clients, mut ready) = (Vec::new(), Vec::new());
        loop {
            let watched = cx.has_room().then_some(&listener);
            if cx.stopping() && clients.is_empty() {
                return Ok(());
            }
            if wait(cx, watched, &clients, &mut ready)? {
                accept(&listener, cx, &mut clients);
            }
            for Ready { client, readable } in ready.drain(..) {
                turn(&mut clients[client], readable);
            }
            clients.retain(|conn| !conn.is_done());
        }
    }

    fn about(&self) -> &'static About {
        &ABOUT
    }
}

/// A set is 1024 bits. Setting one behind them overwrites somebody else's memory in C, and panics here.
fn fits(fd: &impl AsRawFd) -> bool {
    (fd.as_raw_fd() as usize) < FD_SETSIZE
}

/// Waits until some clients are ready, and says whether there are new ones. Without room for them the listener is not
/// watched: it would be ready all the time.
fn wait(
    cx: &Context,
    listener: Option<&Listener>,
    clients: &[Conn],
    ready: &mut Vec<Ready>,
) -> io::Result<bool> {
    let (mut read, mut write) = (FdSet::new(), FdSet::new());
    let mut highest = 0;
    if let Some(listener) = listener {
        read.insert(listener.as_fd());
        highest = listener.as_raw_fd();
    }
    for conn in clients {
        if conn.wants_read() {
            read.insert(conn.as_fd());
        }
        if conn.wants_write() {
            write.insert(conn.as_fd()); // only then: an idle socket is always ready for writing
        }
        highest = highest.max(conn.as_raw_fd());
    }
    cx.wait(|| select(highest + 1, &mut read, &mut write, None, None))?;
    for (client, conn) in clients.iter().enumerate() {
        let readable = read.contains(conn.as_fd());
        if readable || write.contains(conn.as_fd()) {
            ready.push(Ready { client, readable });
        }
    }
    Ok(listener.is_some_and(|listener| read.contains(listener.as_fd())))
}

/// Takes in all clients that wait.
fn accept(listener: &Listener, cx: &Context, clients: &mut Vec<Conn>) {
    while let Some(stream) = cx.try_accept(listener) {
        if fits(&stream) {
            clients.push(cx.open(stream));
        } else {
            cx.refuse(stream);
        }
    }
}

/// One turn of one client: at most one read, the work it asked for, at most one write.
fn turn(conn: &mut Conn, readable: bool) {
    if readable && conn.wants_read() {
        conn.read();
    }
    while let Some(work) = conn.work() {
        perform(work); // in the loop: every other client waits as well
        conn.worked();
    }
    if conn.wants_write() {
        conn.write();
    }
}

/// What this model says of itself; a comparison tests the claims.
const ABOUT: About = About {
    name: "select",
    family: Family::Readiness,
    transport: Transport::Stream,
    summary: "One thread hands the kernel a set of all its sockets at every call, and looks for those left in it.",
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
