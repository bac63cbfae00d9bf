#![doc = include_str!("../README.md")]

use std::io;
use std::os::raw::c_int;
use std::process;

use model::{
    About, Capacity, Claim, Conn, Context, Expect, Family, Listener, Model, Transport, WorkPlace,
    Workers, perform,
};
use nix::errno::Errno;
use nix::sys::signal::{SaFlags, SigAction, SigHandler, SigSet, Signal, sigaction};
use nix::sys::wait::{WaitPidFlag, WaitStatus, waitpid};
use nix::unistd::{ForkResult, fork};

/// A new process for every client.
pub struct ForkPerConnection;

impl Model for ForkPerConnection {
    fn serve(&self, listener: Listener, cx: &Context) -> io::Result<()> {
        reap_children_as_they_end()?;
        while let Some(stream) = cx.accept(&listener) {
            // SAFETY: the process has one thread, so the child may do whatever its parent may (fork(2)).
            match unsafe { fork() } {
                Ok(ForkResult::Child) => {
                    drop(listener); // accepting is the parent's business
                    converse(cx.open(stream))
                }
                Ok(ForkResult::Parent { .. }) => drop(stream), // the child has its own copy
                Err(error) => {
                    drop(cx.open(stream)); // no process for this client; the others go on
                    cx.pause(&error.into());
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

/// A child that has ended stays a zombie, an entry in the process table, until somebody asks how it ended.
fn reap_children_as_they_end() -> io::Result<()> {
    let action = SigAction::new(
        SigHandler::Handler(reap),
        SaFlags::SA_RESTART | SaFlags::SA_NOCLDSTOP,
        SigSet::empty(),
    );
    // SAFETY: the handler calls nothing but waitpid, which signal-safety(7) allows.
    unsafe { sigaction(Signal::SIGCHLD, &action) }?;
    Ok(())
}

/// Several children can end before one signal is delivered: signals do not queue, hence the loop (Stevens, fig. 5.11).
extern "C" fn reap(_: c_int) {
    let errno = Errno::last(); // that of whatever call was interrupted
    let nobody = [Ok(WaitStatus::StillAlive), Err(Errno::ECHILD)];
    while !nobody.contains(&waitpid(None, Some(WaitPidFlag::WNOHANG))) {}
    errno.set();
}

/// The life of a child. It must not return: it would go on accepting clients where its parent does.
fn converse(mut conn: Conn) -> ! {
    conn.converse(perform); // work is done here: it keeps one client waiting, its own
    drop(conn); // counts, in memory shared with the parent
    process::exit(0)
}

/// Whether this call or the signal handler gets a child is all the same.
fn wait_for_the_last_child() {
    while waitpid(None, None) != Err(Errno::ECHILD) {}
}

/// What this model says of itself; a comparison tests the claims.
const ABOUT: About = About {
    name: "fork-per-connection",
    family: Family::Blocking,
    transport: Transport::Stream,
    summary: "Every client gets a process of its own, which shares nothing with the others but the counters.",
    capacity: Capacity::System,
    workers: Workers::Fixed,
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
