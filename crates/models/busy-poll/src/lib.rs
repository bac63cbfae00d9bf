#![doc = include_str!("../README.md")]

use std::io;

use model::{
    About, Capacity, Claim, Conn, Context, Expect, Family, Listener, Model, Transport, WorkPlace,
    Workers, perform,
};

/// One thread tries every socket in turn, for ever, and never waits.
pub struct BusyPoll;

impl Model for BusyPoll {
    fn serve(&self, listener: Listener, cx: &Context) -> io::Result<()> {
        listener.set_nonblocking()?;
        let mut clients = Vec::new();
        cx.ready();
        loop {
            // After a stop, the clients that are left may finish.
            if cx.stopping() && clients.is_empty() {
                return Ok(());
            }
            accept(&listener, cx, &mut clients);
            for conn in &mut clients {
                turn(conn, true); // only trying shows whether it is readable: mostly the read finds nothing
            }
            clients.retain(|conn| !conn.is_done());
        }
    }

    fn about(&self) -> &'static About {
        &ABOUT
    }
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
    name: "busy-poll",
    family: Family::Readiness,
    transport: Transport::Stream,
    summary: "One thread tries to read from every client, again and again, and never sleeps.",
    capacity: Capacity::System,
    workers: Workers::Fixed,
    work: WorkPlace::Loop,
    source: "Stevens, UNIX Network Programming vol. 1, 3rd ed., ch. 16 (polling, sec. 6.2)",
    claims: &[
        Claim {
            says: "It never sleeps: no request costs a context switch.",
            scenario: "ladder",
            metric: "voluntary",
            expect: Expect::AtMost(0.01),
        },
        Claim::IDLE_CLIENTS_COST,
        Claim {
            says: "System calls per request grow with the number of idle clients.",
            scenario: "idle",
            metric: "system_calls",
            expect: Expect::Grows { by: 2.0 },
        },
        Claim::LIGHT_REQUESTS_WAIT,
    ],
};
