#![doc = include_str!("../README.md")]

use std::io;
use std::process;

use model::{
    About, Capacity, Claim, Context, Family, Listener, Model, Transport, WorkPlace, Workers,
    perform,
};
use nix::errno::Errno;
use nix::sys::wait::waitpid;
use nix::unistd::{ForkResult, fork};

/// A fixed number of processes, made before the first client comes, each of which accepts for itself.
pub struct Prefork;

impl Model for Prefork {
    fn serve(&self, listener: Listener, cx: &Context) -> io::Result<()> {
        for i in 0..cx.workers() {
            // SAFETY: the process has one thread, so the child may do whatever its parent may (fork(2)).
            match unsafe { fork() } {
                Ok(ForkResult::Child) => accept_and_converse(&listener, &cx.worker(i)),
                Ok(ForkResult::Parent { .. }) => {}
                Err(error) if i == 0 => return Err(error.into()),
                Err(error) => {
                    cx.pause(&error.into()); // no more processes to be had; those that are there serve
                    break;
                }
            }
        }
        wait_for_the_last_child();
        Ok(())
    }

    fn about(&self) -> &'static About {
        &ABOUT
    }
}

/// The life of a child: one client after another. It must not return, since what follows `serve` is its parent's.
fn accept_and_converse(listener: &Listener, cx: &Context) -> ! {
    while let Some(stream) = cx.accept(listener) {
        cx.open(stream).converse(perform); // work is done here: it keeps one client waiting, its own
    }
    process::exit(0)
}

/// The parent serves nobody. Children end after a stop, each when its client is gone.
fn wait_for_the_last_child() {
    while waitpid(None, None) != Err(Errno::ECHILD) {}
}

/// What this model says of itself; a comparison tests the claims.
const ABOUT: About = About {
    name: "prefork",
    family: Family::Blocking,
    transport: Transport::Stream,
    summary: "A fixed number of processes, made in advance, all wait in accept for the next client.",
    capacity: Capacity::OnePerWorker,
    workers: Workers::Default(64),
    work: WorkPlace::Conversation,
    source: "Stevens, UNIX Network Programming vol. 1, 3rd ed., ch. 30 (design 2)",
    claims: &[Claim::FIXED_THREADS],
};
