//! The signals that stop a server, and the alarm that ends its grace period.
//!
//! | signal | effect |
//! |---|---|
//! | `SIGTERM`, `SIGINT` | the server accepts no new clients, and the grace period begins; a second signal ends it |
//! | `SIGALRM` | the grace period is over: open conversations end, also in child processes; the next one kills children |
//! | `SIGURG` | ends the conversations of a child; other processes of the group ignore it by default (signal(7)) |
//! | `SIGCONT` | sent with `SIGURG`, so that a child that was suspended (`SIGSTOP`) ends as well |
//!
//! A child obeys the same signals for itself alone: it takes no further client, and its conversation has the grace period. A
//! child without a conversation ends at once. Ctrl-C reaches all of them, and each then does what the server does.

use std::io;
use std::os::raw::c_int;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicI32, AtomicU32, Ordering};
use std::time::Duration;

use model::{OpenConversations, Stop};
use nix::errno::Errno;
use nix::libc;
use nix::sys::signal::{SaFlags, SigAction, SigHandler, SigSet, Signal, kill, sigaction};
use nix::unistd::{Pid, alarm, getpid};

use crate::last_resort::kill_children;
use crate::stop_message::{say_what_is_open, say_what_was_killed};

static STOP: OnceLock<&'static Stop> = OnceLock::new();
static OPEN: OnceLock<OpenConversations> = OnceLock::new();
static SERVER: AtomicI32 = AtomicI32::new(0);
static GRACE_SECONDS: AtomicU32 = AtomicU32::new(0);

/// Seconds that children get to end after the grace period, before the server kills them. They need milliseconds.
const LAST_SECONDS: u32 = 1;

/// Installs the handlers for these signals.
///
/// # Errors
/// Those of `sigaction(2)`.
pub fn install(stop: &'static Stop, open: OpenConversations, grace: Duration) -> io::Result<()> {
    STOP.get_or_init(|| stop);
    OPEN.get_or_init(|| open);
    SERVER.store(getpid().as_raw(), Ordering::SeqCst);
    // alarm(2) counts whole seconds. A grace period of 0 ends conversations at once.
    GRACE_SECONDS.store(grace.as_secs_f64().ceil() as u32, Ordering::SeqCst);
    for signal in [Signal::SIGTERM, Signal::SIGINT] {
        handle(signal, begin_grace)?;
    }
    handle(Signal::SIGURG, end_grace)?;
    handle(Signal::SIGALRM, alarm_rings)
}

fn handle(signal: Signal, handler: extern "C" fn(c_int)) -> io::Result<()> {
    let action = SigAction::new(
        SigHandler::Handler(handler),
        SaFlags::SA_RESTART,
        SigSet::all(),
    );
    // SAFETY: the handlers call only what signal-safety(7) allows: atomics, shutdown, alarm, kill, getpid,
    // open, read, close, write, _exit.
    unsafe { sigaction(signal, &action) }?;
    Ok(())
}

extern "C" fn begin_grace(_: c_int) {
    let errno = Errno::last();
    if let Some(stop) = STOP.get() {
        if is_server() {
            begin_grace_of_server(stop);
        } else {
            begin_grace_of_child(stop);
        }
    }
    errno.set();
}

fn begin_grace_of_server(stop: &Stop) {
    let second_signal = stop.stopping();
    stop.stop();
    match GRACE_SECONDS.load(Ordering::SeqCst) {
        seconds if seconds > 0 && !second_signal => {
            _ = alarm::set(seconds);
            say_what_is_open(OPEN.get().map_or(0, |open| open.count()), seconds);
        }
        _ => end_conversations(stop),
    }
}

fn begin_grace_of_child(stop: &Stop) {
    if stop.is_idle_child() {
        // It waits in a call that restarts after a signal, on a socket that it shares with the other processes.
        // SAFETY: `_exit` is what a signal handler may call to end the process.
        unsafe { libc::_exit(0) }
    }
    let second_signal = stop.stop_child();
    match GRACE_SECONDS.load(Ordering::SeqCst) {
        seconds if seconds > 0 && !second_signal => _ = alarm::set(seconds),
        _ => end_conversations(stop),
    }
}

extern "C" fn end_grace(_: c_int) {
    let errno = Errno::last();
    if let Some(stop) = STOP.get() {
        end_conversations(stop);
    }
    errno.set();
}

/// The first alarm ends the grace period. The second one is the last resort: whatever holds a child, the server ends.
extern "C" fn alarm_rings(signal: c_int) {
    if is_server() && STOP.get().is_some_and(|stop| stop.grace_over()) {
        let errno = Errno::last();
        say_what_was_killed(kill_children());
        errno.set();
    } else {
        end_grace(signal);
    }
}

/// Ends the conversations of this process. The first call in the server also ends those of its children.
fn end_conversations(stop: &Stop) {
    if !is_server() {
        return stop.end_grace_of_child();
    }
    let first = !stop.grace_over();
    stop.end_grace();
    if first {
        for signal in [Signal::SIGURG, Signal::SIGCONT] {
            // This cannot fail: the sender itself is in the process group.
            let _ = kill(Pid::from_raw(0), signal);
        }
        _ = alarm::set(LAST_SECONDS);
    }
}

/// True in the server itself, false in its children.
fn is_server() -> bool {
    getpid().as_raw() == SERVER.load(Ordering::SeqCst)
}
