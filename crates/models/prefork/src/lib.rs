#![doc = include_str!("../README.md")]

use std::io;
use std::process;

use model::{
    About, Capacity, Children, Claim, Context, Family, Listener, Model, Transport, WorkPlace,
    Workers, perform,
};
use nix::unistd::{ForkResult, Pid};

/// Forks a fixed number of processes before the first client comes; each accepts for itself.
pub struct Prefork;

impl Model for Prefork {
    fn serve(&self, listener: Listener, cx: &Context) -> io::Result<()> {
        let children = cx.children();
        let start = |i| start_worker(&listener, &cx.worker(i), children);
        let mut workers: Vec<Pid> = (0..cx.workers()).map(start).collect::<io::Result<_>>()?;
        cx.ready();
        // The parent serves no client: it replaces each child that dies. After a stop each child ends with its client.
        while let Some(dead) = children.wait() {
            let place = workers.iter().position(|&worker| worker == dead);
            if let Some(i) = place.filter(|_| !cx.stopping()) {
                workers[i] = cx.replace(|| start(i))?;
            }
        }
        Ok(())
    }

    fn about(&self) -> &'static About {
        &ABOUT
    }
}

/// Forks one worker, and returns its process id.
fn start_worker(listener: &Listener, cx: &Context, children: Children) -> io::Result<Pid> {
    // SAFETY: the process has one thread, so the child may do whatever its parent may (fork(2)).
    match unsafe { children.fork() }? {
        ForkResult::Child => {
            accept_and_converse(listener, cx);
            process::exit(0) // without it the child would go on with its parent's loop
        }
        ForkResult::Parent { child } => Ok(child),
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
