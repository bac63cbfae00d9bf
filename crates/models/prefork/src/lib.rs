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

/// Forks a fixed number of processes before the first client comes; each accepts for itself.
pub struct Prefork;

impl Model for Prefork {
    fn serve(&self, listener: Listener, cx: &Context) -> io::Result<()> {
        for i in 0..cx.workers() {
            // SAFETY: the process has one thread, so the child may do whatever its parent may (fork(2)).
            match unsafe { fork() } {
                Ok(ForkResult::Child) => {
                    accept_and_converse(&listener, &cx.worker(i));
                    process::exit(0) // without it the child would go on with its parent's loop
                }
                Ok(ForkResult::Parent { .. }) => {}
                Err(error) if i == 0 => return Err(error.into()),
                Err(error) => {
                    cx.pause(&error.into()); // no process was left; those already made serve
                    break;
                }
            }
        }
        // The parent serves no client. After a stop each child ends with its client.
        while waitpid(None, None) != Err(Errno::ECHILD) {}
        Ok(())
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
