#![doc = include_str!("../README.md")]

use std::io;

use model::{
    About, Capacity, Claim, Context, Expect, Family, Listener, Model, Transport, WorkPlace,
    Workers, perform,
};

/// Serves one client at a time, from its first byte to its last.
pub struct Iterative;

impl Model for Iterative {
    fn serve(&self, listener: Listener, cx: &Context) -> io::Result<()> {
        cx.ready();
        while let Some(stream) = cx.accept(&listener) {
            let mut conn = cx.open(stream);
            // Work that a request asks for is done here too, in the server's only thread.
            conn.converse(perform);
        }
        Ok(())
    }

    fn about(&self) -> &'static About {
        &ABOUT
    }
}

/// What this model says of itself; a comparison tests the claims.
const ABOUT: About = About {
    name: "iterative",
    family: Family::Blocking,
    transport: Transport::Stream,
    summary: "One thread serves one client at a time; all others wait in the kernel's accept queue.",
    capacity: Capacity::One,
    workers: Workers::Fixed,
    work: WorkPlace::Loop,
    source: "Stevens, UNIX Network Programming vol. 1, 3rd ed., ch. 30 (design 0)",
    claims: &[
        Claim::ONE_THREAD,
        Claim {
            says: "More clients bring no more requests a second.",
            scenario: "ladder",
            metric: "throughput",
            expect: Expect::Flat { within: 1.25 },
        },
    ],
};
