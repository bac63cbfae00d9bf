#![doc = include_str!("../README.md")]

use std::io;
use std::os::raw::c_int;
use std::process;
use std::sync::OnceLock;

use model::{
    About, Capacity, Children, Claim, Context, Expect, Family, Listener, Model, Transport,
    WorkPlace, Workers, perform,
};
use nix::errno::Errno;
use nix::sys::signal::{SaFlags, SigAction, SigHandler, SigSet, Signal, sigaction};
use nix::sys::wait::{WaitPidFlag, WaitStatus};
use nix::unistd::ForkResult;

/// Forks a new process for every client.
pub struct ForkPerConnection;

/// The children, for the signal handler.
static CHILDREN: OnceLock<Children> = OnceLock::new();

impl Model for ForkPerConnection {
    fn serve(&self, listener: Listener, cx: &Context) -> io::Result<()> {
        let children = CHILDREN.get_or_init(|| cx.children_with_a_client());
        let action = SigAction::new(
            SigHandler::Handler(reap),
            SaFlags::SA_RESTART,
            SigSet::empty(),
        );
        // SAFETY: the handler calls only waitpid and atomics, which signal-safety(7) allows.
        unsafe { sigaction(Signal::SIGCHLD, &action) }?;
        cx.ready();
        while let Some(stream) = cx.accept(&listener) {
            // SAFETY: the process has one thread, so the child may do whatever its parent may (fork(2)).
            match unsafe { children.fork() } {
                Ok(ForkResult::Child) => {
                    drop(listener); // only the parent accepts clients
                    // Work is done in this process too: only its own client waits for it.
                    cx.open(stream).converse(perform);
                    process::exit(0) // without it the child would go on with its parent's loop
                }
                Ok(ForkResult::Parent { .. }) => drop(stream), // the child has its own copy
                Err(error) => {
                    // No process was left. The end of the connection frees the place that `accept` took for it.
                    drop(cx.open(stream));
                    cx.pause(&error);
                }
            }
        }
        // The last children may also be reaped by the signal handler: both loops end when no child is left.
        while children.waitpid(None) != Err(Errno::ECHILD) {}
        Ok(())
    }

    fn about(&self) -> &'static About {
        &ABOUT
    }
}

/// Collects the exit status of every child that has ended. Until then the child is a zombie, an entry in the process table.
///
/// Signals do not queue: several children can end before one SIGCHLD is delivered, hence the loop (Stevens, figure 5.11).
extern "C" fn reap(_: c_int) {
    let errno = Errno::last(); // belongs to the system call that the signal interrupted
    let none_has_ended = [Ok(WaitStatus::StillAlive), Err(Errno::ECHILD)];
    if let Some(children) = CHILDREN.get() {
        while !none_has_ended.contains(&children.waitpid(Some(WaitPidFlag::WNOHANG))) {}
    }
    errno.set();
}

/// What this model says of itself; a comparison tests the claims.
const ABOUT: About = About {
    name: "fork-per-connection",
    family: Family::Blocking,
    transport: Transport::Stream,
    summary: "Every client gets a process of its own, which shares nothing with the others but the counters.",
    capacity: Capacity::System,
    workers: Workers::Fixed, // `--workers` means nothing here: each client has one process
    work: WorkPlace::Conversation,
    source: "Stevens, UNIX Network Programming vol. 1, 3rd ed., ch. 5 and 30 (design 1)",
    claims: &[
        Claim {
            says: "Every client has a process of its own.",
            scenario: "ladder",
            metric: "processes",
            expect: Expect::Grows { by: 5.0 },
        },
        Claim {
            says: "A request costs about one context switch: its process sleeps until it comes.",
            scenario: "ladder",
            metric: "voluntary",
            expect: Expect::AtLeast(0.8),
        },
        Claim {
            says: "A connection costs 30 KiB and more, page tables and kernel stack included.",
            scenario: "ladder",
            metric: "whole_memory_per_connection",
            expect: Expect::AtLeast(30.0),
        },
        Claim::IDLE_CLIENTS_ARE_FREE,
        Claim::LIGHT_REQUESTS_GO_AHEAD,
    ],
};
