#![doc = include_str!("../README.md")]

use std::io;
use std::iter::repeat_n;
use std::thread;

use crossbeam_channel::bounded;
use model::{
    About, Capacity, Claim, Context, Family, Listener, Model, Stream, Transport, WorkPlace,
    Workers, perform,
};

/// A fixed number of threads, each of which serves one client after another.
pub struct ThreadPool;

impl Model for ThreadPool {
    fn serve(&self, listener: Listener, cx: &Context) -> io::Result<()> {
        thread::scope(|scope| {
            // No room in the queue: a client passes from hand to hand, and the others wait in the accept queue.
            let (queue, clients) = bounded::<Stream>(0);
            for (i, clients) in repeat_n(clients, cx.workers()).enumerate() {
                let cx = cx.worker(i);
                let worker = thread::Builder::new();
                worker.spawn_scoped(scope, move || {
                    for client in clients {
                        cx.open(client).converse(perform); // work is done here: this client waits, and who waits for this thread
                    }
                })?;
            }
            while let Some(stream) = cx.accept(&listener) {
                let taken = queue.send(stream); // waits for a free thread
                taken.expect("the threads take clients as long as there is a queue");
            }
            Ok(())
        })
    }

    fn about(&self) -> &'static About {
        &ABOUT
    }
}

/// What this model says of itself; a comparison tests the claims.
const ABOUT: About = About {
    name: "thread-pool",
    family: Family::Blocking,
    transport: Transport::Stream,
    summary: "A fixed number of threads take one client after another; further clients wait for a free thread.",
    capacity: Capacity::OnePerWorker,
    workers: Workers::Default(64),
    work: WorkPlace::Conversation,
    source: "Stevens, UNIX Network Programming vol. 1, 3rd ed., ch. 30 (design 8)",
    claims: &[Claim::FIXED_THREADS, Claim::A_SWITCH_A_REQUEST],
};
