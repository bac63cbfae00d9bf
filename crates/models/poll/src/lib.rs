#![doc = include_str!("../README.md")]

use std::io;
use std::os::fd::AsFd;

use model::{
    About, Capacity, Claim, Conn, Context, Expect, Family, Listener, Model, Transport, WorkPlace,
    Workers, perform,
};
use nix::poll::{PollFd, PollFlags, PollTimeout, poll};

/// One thread gives the kernel a list of sockets, and looks through all of it for those that are ready.
pub struct Poll;

/// The token of the listener; clients have their places in the list, from 0.
const LISTENER: usize = usize::MAX;

impl Model for Poll {
    fn serve(&self, listener: Listener, cx: &Context) -> io::Result<()> {
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
    let mut fds = Vec::with_capacity(clients.len() + 1);
    for conn in clients {
        fds.push(PollFd::new(conn.as_fd(), interest_of(conn)));
    }
    if listening {
        fds.push(PollFd::new(listener.as_fd(), PollFlags::POLLIN));
    }
    cx.wait(|| poll(&mut fds, PollTimeout::NONE))?;
    for (client, fd) in fds[..clients.len()].iter().enumerate() {
        let readable = fd.revents() != Some(PollFlags::POLLOUT);
        if fd.any() != Some(false) {
            ready.push((client, readable));
        }
    }
    if listening && fds[clients.len()].any() != Some(false) {
        ready.push((LISTENER, true));
    }
    Ok(())
}

/// Write interest only while there is something to write: an idle socket is always ready for writing. It also brings a
/// client that has work left its next turn, after the turns of the others.
fn interest_of(conn: &Conn) -> PollFlags {
    let mut interest = PollFlags::empty();
    interest.set(PollFlags::POLLIN, conn.wants_read());
    interest.set(PollFlags::POLLOUT, conn.wants_room());
    interest
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

/// The description of this model; `echolab compare` tests its claims.
const ABOUT: About = About {
    name: "poll",
    family: Family::Readiness,
    transport: Transport::Stream,
    summary: "One thread gives the kernel a list of all its sockets at every call, and looks through the whole list after it.",
    capacity: Capacity::System,
    workers: Workers::Fixed,
    work: WorkPlace::Loop,
    source: "Stevens, UNIX Network Programming vol. 1, 3rd ed., ch. 6; poll(2)",
    claims: &[
        Claim::ONE_THREAD,
        Claim::IDLE_CLIENTS_COST,
        Claim {
            says: "Active clients wait longer if there are more idle clients.",
            scenario: "idle",
            metric: "response_p50",
            expect: Expect::Grows { by: 1.25 },
        },
        Claim::LIGHT_REQUESTS_WAIT,
    ],
};
