#![doc = include_str!("../README.md")]

use std::io;
use std::os::fd::AsFd;

use model::{
    About, Capacity, Claim, Conn, Context, Expect, Family, Listener, Model, Transport, WorkPlace,
    Workers, perform,
};
use nix::poll::{PollFd, PollFlags, PollTimeout, poll};

/// One thread, which hands the kernel a list of sockets and looks through it for those that are ready.
pub struct Poll;

/// A client that poll has found, and whether there is something to read from it.
struct Ready {
    client: usize,
    readable: bool,
}

impl Model for Poll {
    fn serve(&self, listener: Listener, cx: &Context) -> io::Result<()> {
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

/// Waits until some clients are ready, and says whether there are new ones. Without room for them the listener is not
/// watched: it would be ready all the time.
fn wait(
    cx: &Context,
    listener: Option<&Listener>,
    clients: &[Conn],
    ready: &mut Vec<Ready>,
) -> io::Result<bool> {
    let mut fds = Vec::with_capacity(clients.len() + 1);
    for conn in clients {
        fds.push(PollFd::new(conn.as_fd(), interest_of(conn)));
    }
    if let Some(listener) = listener {
        fds.push(PollFd::new(listener.as_fd(), PollFlags::POLLIN)); // the last: the others are numbered like clients
    }
    cx.wait(|| poll(&mut fds, PollTimeout::NONE))?;
    let mut arrived = false;
    for (client, fd) in fds.iter().enumerate() {
        let revents = fd.revents().expect("poll(2) returns no other flags");
        if client == clients.len() {
            arrived = !revents.is_empty();
        } else if !revents.is_empty() {
            let readable = revents != PollFlags::POLLOUT;
            ready.push(Ready { client, readable });
        }
    }
    Ok(arrived)
}

/// Write interest only while there is something to write: an idle socket is always ready for writing.
fn interest_of(conn: &Conn) -> PollFlags {
    let mut interest = PollFlags::empty();
    interest.set(PollFlags::POLLIN, conn.wants_read());
    interest.set(PollFlags::POLLOUT, conn.wants_write());
    interest
}

/// Takes in all clients that wait.
fn accept(listener: &Listener, cx: &Context, clients: &mut Vec<Conn>) {
    while let Some(stream) = cx.try_accept(listener) {
        clients.push(cx.open(stream));
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
    name: "poll",
    family: Family::Readiness,
    transport: Transport::Stream,
    summary: "One thread hands the kernel a list of all its sockets at every call, and looks through all of it.",
    capacity: Capacity::System,
    workers: Workers::Fixed,
    work: WorkPlace::Loop,
    source: "Stevens, UNIX Network Programming vol. 1, 3rd ed., ch. 6; poll(2)",
    claims: &[
        Claim::ONE_THREAD,
        Claim::IDLE_CLIENTS_COST,
        Claim {
            says: "The active clients wait longer among more idle ones.",
            scenario: "idle",
            metric: "response_p50",
            expect: Expect::Grows { by: 1.25 },
        },
        Claim::LIGHT_REQUESTS_WAIT,
    ],
};
