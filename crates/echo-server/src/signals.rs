//! The signals that end a server, and the alarm that ends its grace period.
//!
//! | signal | effect |
//! |---|---|
//! | `SIGTERM`, `SIGINT` | stop: no new clients; the grace period begins. The second one ends it |
//! | `SIGALRM` | the grace period is over: open conversations end, here and in child processes |
//! | `SIGURG` | how children are told so; to whoever else is in the process group it means nothing (signal(7)) |

use std::io;
use std::os::raw::c_int;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicI32, AtomicU32, Ordering};
use std::time::Duration;

use model::Stop;
use nix::errno::Errno;
use nix::sys::signal::{SaFlags, SigAction, SigHandler, SigSet, Signal, kill, sigaction};
use nix::unistd::{Pid, alarm, getpid};

static STOP: OnceLock<&'static Stop> = OnceLock::new();
static SERVER: AtomicI32 = AtomicI32::new(0);
static GRACE_SECONDS: AtomicU32 = AtomicU32::new(0);

/// Lets signals end this process's server.
///
/// # Errors
/// Those of `sigaction(2)`.
pub fn install(stop: &'static Stop, grace: Duration) -> io::Result<()> {
    STOP.get_or_init(|| stop);
    SERVER.store(getpid().as_raw(), Ordering::SeqCst);
    // alarm(2) counts whole seconds; a grace of 0 ends conversations at once.
    GRACE_SECONDS.store(grace.as_secs_f64().ceil() as u32, Ordering::SeqCst);
    for signal in [Signal::SIGTERM, Signal::SIGINT] {
        handle(signal, begin_grace)?;
    }
    for signal in [Signal::SIGALRM, Signal::SIGURG] {
        handle(signal, end_grace)?;
    }
    Ok(())
}

fn handle(signal: Signal, handler: extern "C" fn(c_int)) -> io::Result<()> {
    let action = SigAction::new(
        SigHandler::Handler(handler),
        SaFlags::SA_RESTART,
        SigSet::all(),
    );
    // SAFETY: the handlers call only what signal-safety(7) allows: atomics, shutdown, alarm, kill, getpid.
    unsafe { sigaction(signal, &action) }?;
    Ok(())
}

extern "C" fn begin_grace(_: c_int) {
    let errno = Errno::last();
    // Ctrl-C reaches children too. They share the flag, so a child would take it for the second signal.
    if let Some(stop) = STOP.get().filter(|_| is_server()) {
        let again = stop.stopping();
        stop.stop();
        match GRACE_SECONDS.load(Ordering::SeqCst) {
            seconds if seconds > 0 && !again => _ = alarm::set(seconds),
            _ => tell_all(stop),
        }
    }
    errno.set();
}

extern "C" fn end_grace(_: c_int) {
    let errno = Errno::last();
    if let Some(stop) = STOP.get() {
        tell_all(stop);
    }
    errno.set();
}

/// Ends the conversations of this process, and, once, those of its children.
fn tell_all(stop: &Stop) {
    let first = !stop.grace_over();
    stop.end_grace();
    if first && is_server() {
        // It cannot fail: the sender itself is in its process group.
        let _ = kill(Pid::from_raw(0), Signal::SIGURG);
    }
}

/// Whether this is the server itself, and no child of it.
fn is_server() -> bool {
    getpid().as_raw() == SERVER.load(Ordering::SeqCst)
}
