#![doc = include_str!("../README.md")]

use std::io;
use std::thread;

use model::{
    About, Capacity, Claim, Context, Expect, Family, Listener, Model, Transport, WorkPlace,
    Workers, perform,
};

/// A new thread for every client.
pub struct ThreadPerConnection;

/// Bytes of stack a thread may use: a conversation needs little, and ten thousand of them add up.
const STACK: usize = 64 << 10;

impl Model for ThreadPerConnection {
    fn serve(&self, listener: Listener, cx: &Context) -> io::Result<()> {
        thread::scope(|scope| {
            while let Some(stream) = cx.accept(&listener) {
                let mut conn = cx.open(stream);
                let thread = thread::Builder::new().stack_size(STACK);
                let started = thread.spawn_scoped(scope, move || {
                    conn.converse(perform); // work is done here: it keeps one client waiting, its own
                });
                if let Err(error) = started {
                    cx.pause(&error); // the client was dropped with its thread; the others go on
                }
            }
        });
        Ok(())
    }

    fn about(&self) -> &'static About {
        &ABOUT
    }
}

/// What this model says of itself; a comparison tests the claims.
const ABOUT: About = About {
    name: "thread-per-connection",
    family: Family::Blocking,
    transport: Transport::Stream,
    summary: "Every client gets a thread of its own, which blocks whenever its client is silent.",
    capacity: Capacity::System,
    workers: Workers::Fixed,
    work: WorkPlace::Conversation,
    source: "Stevens, UNIX Network Programming vol. 1, 3rd ed., ch. 26 and 30 (design 6)",
    claims: &[
        Claim {
            says: "Every client has a thread of its own.",
            scenario: "ladder",
            metric: "threads",
            expect: Expect::Grows { by: 10.0 },
        },
        Claim::A_SWITCH_A_REQUEST,
        Claim {
            says: "A connection costs 20 KiB and more, its kernel stack included.",
            scenario: "ladder",
            metric: "whole_memory_per_connection",
            expect: Expect::AtLeast(20.0),
        },
        Claim::IDLE_CLIENTS_ARE_FREE,
        Claim::LIGHT_REQUESTS_GO_AHEAD,
    ],
};
