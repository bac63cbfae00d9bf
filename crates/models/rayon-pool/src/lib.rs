#![doc = include_str!("../README.md")]

use std::io;

use crossbeam_channel::bounded;
use model::{
    About, Capacity, Claim, Context, Expect, Family, Listener, Model, Transport, WorkPlace,
    Workers, perform,
};
use rayon::{ThreadBuilder, ThreadPool, ThreadPoolBuilder, current_thread_index};

/// Runs blocking conversations on a pool of threads that was made for computing.
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

/// Accepts clients and spawns a job on the pool for each.
///
/// Rayon's queue of jobs has no bound. A client therefore needs one of as many places as there are threads. The first
/// client without a place waits in this function, the others in the accept queue.
fn serve_on(pool: &ThreadPool, listener: &Listener, cx: &Context) {
    cx.ready();
    let (take_place, give_back) = bounded(cx.workers());
    pool.in_place_scope(|scope| {
        while let Some(stream) = cx.accept(listener) {
            let taken = take_place.send(()); // waits for a free thread
            taken.expect("this function owns the other end of the channel");
            let give_back = &give_back;
            scope.spawn(move |_| {
                let worker = current_thread_index().expect("a job runs on a thread of the pool");
                // Work is done here too: only this worker's client waits for it.
                cx.worker(worker).open(stream).converse(perform);
                give_back
                    .recv()
                    .expect("this client's place is in the channel");
            });
        }
    });
}

/// What this model says of itself; a comparison tests the claims.
const ABOUT: About = About {
    name: "rayon-pool",
    family: Family::Blocking,
    transport: Transport::Stream,
    summary: "Every client is a job for rayon's pool, which has one thread per CPU: a silent client blocks one of them.",
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
