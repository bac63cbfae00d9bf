#![doc = include_str!("../README.md")]

use std::io;
use std::thread;

use model::{
    About, Capacity, Claim, Context, Expect, Family, Listener, Model, Transport, WorkPlace,
    Workers, perform,
};

/// Starts a new thread for every client.
pub struct ThreadPerConnection;

/// Size of a thread's stack in bytes. A conversation needs little; the default of 2 MiB would use up address space.
const STACK: usize = 64 << 10;

impl Model for ThreadPerConnection {
    fn serve(&self, listener: Listener, cx: &Context) -> io::Result<()> {
        cx.ready();
        thread::scope(|scope| {
            while let Some(stream) = cx.accept(&listener) {
                let mut conn = cx.open(stream);
                let thread = thread::Builder::new().stack_size(STACK);
                // Work is done in this thread too: only its own client waits for it.
                let started = thread.spawn_scoped(scope, move || conn.converse(perform));
                if let Err(error) = started {
                    // No thread was left. This client's connection is closed; the other clients are served as before.
                    cx.pause(&error);
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
    workers: Workers::Fixed, // `--workers` means nothing here: each client has one thread
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
            says: "A connection costs 20 KiB and more, page tables and kernel stack included.",
            scenario: "ladder",
            metric: "whole_memory_per_connection",
            expect: Expect::AtLeast(20.0),
        },
        Claim::IDLE_CLIENTS_ARE_FREE,
        Claim::LIGHT_REQUESTS_GO_AHEAD,
    ],
};
