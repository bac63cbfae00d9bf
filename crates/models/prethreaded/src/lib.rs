#![doc = include_str!("../README.md")]

use std::io;
use std::thread;

use model::{
    About, Capacity, Claim, Context, Family, Listener, Model, Transport, WorkPlace, Workers,
    perform,
};

/// A fixed number of threads, each of which accepts for itself.
pub struct Prethreaded;

impl Model for Prethreaded {
    fn serve(&self, listener: Listener, cx: &Context) -> io::Result<()> {
        thread::scope(|scope| {
            for i in 1..cx.workers() {
                let (listener, own) = (&listener, cx.worker(i));
                let worker = thread::Builder::new();
                let made = worker.spawn_scoped(scope, move || accept_and_converse(listener, &own));
                if let Err(error) = made {
                    cx.pause(&error); // no more threads to be had; those that are there serve
                    break;
                }
            }
            accept_and_converse(&listener, &cx.worker(0)); // the first thread is a worker like the others
        });
        Ok(())
    }

    fn about(&self) -> &'static About {
        &ABOUT
    }
}

/// The life of a thread: one client after another, until a stop.
fn accept_and_converse(listener: &Listener, cx: &Context) {
    while let Some(stream) = cx.accept(listener) {
        cx.open(stream).converse(perform); // work is done here: this client waits, and who waits for this thread
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
