#![doc = include_str!("../README.md")]

use std::io;

use crossbeam_channel::bounded;
use model::{
    About, Capacity, Claim, Context, Expect, Family, Listener, Model, Transport, WorkPlace,
    Workers, perform,
};
use rayon::{ThreadBuilder, ThreadPool, ThreadPoolBuilder, current_thread_index};

/// Blocking conversations on a pool of threads that was made for computing.
pub struct RayonPool;

impl Model for RayonPool {
    fn serve(&self, listener: Listener, cx: &Context) -> io::Result<()> {
        let threads = ThreadPoolBuilder::new().num_threads(cx.workers());
        let served = threads.build_scoped(ThreadBuilder::run, |pool| serve_on(pool, &listener, cx));
        served.map_err(io::Error::other)
    }

    fn about(&self) -> &'static About {
        &ABOUT
    }
}

/// Rayon's own queue has no bound, so places bound it, as many as threads. Who has none waits here, alone: the others
/// wait in the accept queue.
fn serve_on(pool: &ThreadPool, listener: &Listener, cx: &Context) {
    let (take_place, give_back) = bounded(cx.workers());
    pool.in_place_scope(|scope| {
        while let Some(stream) = cx.accept(listener) {
            let taken = take_place.send(()); // waits for a free thread
            taken.expect("places are given back as long as this function runs");
            let give_back = &give_back;
            scope.spawn(move |_| {
                let worker = current_thread_index().expect("this is a thread of the pool");
                // Work is done here: this client waits, and who waits for this thread.
                cx.worker(worker).open(stream).converse(perform);
                give_back.recv().expect("a place was taken for this client");
            });
        }
    });
}

/// What this model says of itself; a comparison tests the claims.
const ABOUT: About = About {
    name: "rayon-pool",
    family: Family::Blocking,
    transport: Transport::Stream,
    summary: "Every client is a job for rayon's pool, which has a thread for each CPU, and none to wait with.",
    capacity: Capacity::OnePerWorker,
    workers: Workers::PerCpu,
    work: WorkPlace::Conversation,
    source: "rayon's documentation: a work-stealing pool for computations, never meant to block",
    claims: &[
        Claim::FIXED_THREADS,
        Claim {
            says: "More clients than CPUs bring no more requests a second.",
            scenario: "ladder",
            metric: "throughput",
            expect: Expect::Flat { within: 1.25 },
        },
    ],
};
