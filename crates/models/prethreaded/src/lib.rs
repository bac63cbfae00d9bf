#![doc = include_str!("../README.md")]

use std::io;
use std::thread;

use model::{
    About, Capacity, Claim, Context, Family, Listener, Model, Transport, WorkPlace, Workers,
    perform,
};

/// Starts a fixed number of threads before the first client comes; each accepts for itself.
pub struct Prethreaded;

/// Size of a thread's stack in bytes. A conversation needs little; the default of 2 MiB would use up address space.
const STACK: usize = 64 << 10;

impl Model for Prethreaded {
    fn serve(&self, listener: Listener, cx: &Context) -> io::Result<()> {
        thread::scope(|scope| {
            let listener = &listener;
            for i in 1..cx.workers() {
                let worker = cx.worker(i);
                let thread = thread::Builder::new().stack_size(STACK);
                let started =
                    thread.spawn_scoped(scope, move || accept_and_converse(listener, &worker));
                started.map_err(|error| cx.give_up(error))?; // the threads already started end
            }
            cx.ready();
            accept_and_converse(listener, &cx.worker(0)); // the main thread is a worker like the others
            Ok(())
        })
    }

    fn about(&self) -> &'static About {
        &ABOUT
    }
}

/// Serves one client after another, until a stop.
fn accept_and_converse(listener: &Listener, cx: &Context) {
    while let Some(stream) = cx.accept(listener) {
        // Work is done here too: only this worker's client waits for it.
        cx.open(stream).converse(perform);
    }
}

/// What this model says of itself; a comparison tests the claims.
const ABOUT: About = About {
    name: "prethreaded",
    family: Family::Blocking,
    transport: Transport::Stream,
    summary: "A fixed number of threads, made in advance, all wait in accept for the next client.",
    capacity: Capacity::OnePerWorker,
    workers: Workers::Default(64),
    work: WorkPlace::Conversation,
    source: "Stevens, UNIX Network Programming vol. 1, 3rd ed., ch. 30 (design 7)",
    claims: &[Claim::FIXED_THREADS],
};
