#![doc = include_str!("../README.md")]

use std::io;
use std::thread;

use crossbeam_channel::bounded;
use model::{
    About, Capacity, Claim, Context, Family, Listener, Model, Stream, Transport, WorkPlace,
    Workers, perform,
};

/// Starts a fixed number of threads; each serves one client after another.
pub struct ThreadPool;

/// Size of a thread's stack in bytes. A conversation needs little; the default of 2 MiB would use up address space.
const STACK: usize = 64 << 10;

impl Model for ThreadPool {
    fn serve(&self, listener: Listener, cx: &Context) -> io::Result<()> {
        thread::scope(|scope| {
            // A queue without room: `send` waits for a free thread, and meanwhile clients wait in the accept queue.
            let (queue, clients) = bounded::<Stream>(0);
            for i in 0..cx.workers() {
                let worker = cx.worker(i);
                let clients = clients.clone();
                let thread = thread::Builder::new().stack_size(STACK);
                thread.spawn_scoped(scope, move || {
                    for client in clients {
                        // Work is done here too: only this worker's client waits for it.
                        worker.open(client).converse(perform);
                    }
                })?;
            }
            cx.ready();
            drop(clients); // only the threads take clients, so that `send` fails when none of them is left
            while let Some(stream) = cx.accept(&listener) {
                let taken = queue.send(stream);
                taken.expect("the threads take clients until the queue is dropped");
            }
            Ok(()) // drops `queue`: each thread's loop ends after its client
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
