//! The work that a request asks for, done in the calling thread.

use std::hint;
use std::thread;
use std::time::Duration;

use echo_protocol::Work;
use nix::time::{ClockId, clock_gettime};

/// Does the work in the calling thread. The model decides *where* it calls this, and its code shows it.
///
/// Spinning is measured in CPU time of the thread, like real computation: two spinning threads on one CPU take twice as
/// long. Sleeping is measured by the clock.
pub fn perform(work: Work) {
    match work {
        Work::Spin(duration) => spin(duration),
        Work::Sleep(duration) => thread::sleep(duration),
    }
}

fn spin(duration: Duration) {
    let end = thread_cpu_time() + duration;
    while thread_cpu_time() < end {
        for _ in 0..100 {
            hint::spin_loop();
        }
    }
}

fn thread_cpu_time() -> Duration {
    clock_gettime(ClockId::CLOCK_THREAD_CPUTIME_ID).map_or(Duration::MAX, Duration::from)
}
