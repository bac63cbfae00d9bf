//! The signals that stop a server, and the alarm that ends its grace period.
//!
//! | signal | effect |
//! |---|---|
//! | `SIGTERM`, `SIGINT` | the server accepts no new clients, and the grace period begins; a second signal ends it |
//! | `SIGALRM` | the grace period is over: open conversations end, also in child processes |
//! | `SIGURG` | ends the conversations of a child; other processes of the group ignore it by default (signal(7)) |

use std::io;
use std::os::raw::c_int;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicI32, AtomicU32, Ordering};
use std::time::Duration;

use model::{OpenConversations, Stop};
use nix::errno::Errno;
use nix::sys::signal::{SaFlags, SigAction, SigHandler, SigSet, Signal, kill, sigaction};
use nix::unistd::{Pid, alarm, getpid};

use crate::stop_message::say_what_is_open;

static STOP: OnceLock<&'static Stop> = OnceLock::new();
static OPEN: OnceLock<OpenConversations> = OnceLock::new();
static SERVER: AtomicI32 = AtomicI32::new(0);
static GRACE_SECONDS: AtomicU32 = AtomicU32::new(0);

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
    // SAFETY: the handlers call only what signal-safety(7) allows: atomics, shutdown, alarm, kill, getpid,
    // write.
    unsafe { sigaction(signal, &action) }?;
    Ok(())
}

extern "C" fn begin_grace(_: c_int) {
    let errno = Errno::last();
    // Ctrl-C reaches children too. They share the flag, so a child would mistake the first signal for the second.
    if let Some(stop) = STOP.get().filter(|_| is_server()) {
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
    errno.set();
}

extern "C" fn end_grace(_: c_int) {
    let errno = Errno::last();
    if let Some(stop) = STOP.get() {
        end_conversations(stop);
    }
    errno.set();
}

/// Ends the conversations of this process. The first call in the server also ends those of its children.
fn end_conversations(stop: &Stop) {
    let first = !stop.grace_over();
    stop.end_grace();
    if first && is_server() {
        // This cannot fail: the sender itself is in the process group.
        let _ = kill(Pid::from_raw(0), Signal::SIGURG);
    }
}

/// True in the server itself, false in its children.
fn is_server() -> bool {
    getpid().as_raw() == SERVER.load(Ordering::SeqCst)
}
