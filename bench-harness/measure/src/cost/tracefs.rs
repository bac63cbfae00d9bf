//! Finds the kernel's tracepoint `raw_syscalls:sys_enter` in tracefs, and says what to do if it is out of reach.

use std::fs;
use std::io;
use std::thread;

use nix::mount::{MsFlags, mount};
use nix::sched::{CloneFlags, unshare};
use thiserror::Error;

/// The places of tracefs: the usual one, and the one of old kernels.
const TRACEFS: [&str; 2] = ["/sys/kernel/tracing", "/sys/kernel/debug/tracing"];

/// The reason why system calls cannot be counted with tracepoints.
#[derive(Debug, Error)]
pub enum NoTracepoints {
    /// There is no tracepoint.
    #[error(
        "the kernel's tracepoints are not available ({0}); as root, run `mount -t tracefs tracefs /sys/kernel/tracing`"
    )]
    Tracefs(io::Error),
    /// The user may not read the tracepoints.
    #[error(
        "the kernel's tracepoints are not readable ({0}); compare as root, or let your user read /sys/kernel/tracing/events/raw_syscalls"
    )]
    Closed(io::Error),
    /// The user may not count events.
    #[error(
        "perf_event_open is not permitted ({0}); as root, run `sysctl kernel.perf_event_paranoid=-1`, or give the program CAP_PERFMON"
    )]
    Perf(io::Error),
}

/// The id of the tracepoint.
pub(super) fn tracepoint_id() -> Result<u64, NoTracepoints> {
    find_id().map_err(no_id)
}

fn no_id(error: io::Error) -> NoTracepoints {
    match error.kind() {
        io::ErrorKind::PermissionDenied => NoTracepoints::Closed(error),
        _ => NoTracepoints::Tracefs(error),
    }
}

fn find_id() -> io::Result<u64> {
    let mut error = io::Error::from(io::ErrorKind::NotFound);
    for place in TRACEFS {
        match read_id(place) {
            Ok(id) => return Ok(id),
            // The first error other than "not found" is the most useful one for the user.
            Err(other) if error.kind() == io::ErrorKind::NotFound => error = other,
            Err(_) => {}
        }
    }
    if error.kind() == io::ErrorKind::NotFound {
        // If this fails too, the user should still learn that tracefs is not mounted.
        return id_from_private_mount().map_err(|_| error);
    }
    Err(error)
}

fn read_id(place: &str) -> io::Result<u64> {
    let text = fs::read_to_string(format!("{place}/events/raw_syscalls/sys_enter/id"))?;
    text.trim().parse().map_err(io::Error::other)
}

/// Mounts tracefs in a thread with its own mount namespace, if it is mounted nowhere. The mount ends with the thread. This
/// needs a privileged user.
fn id_from_private_mount() -> io::Result<u64> {
    let mount_and_read = || {
        unshare(CloneFlags::CLONE_FS | CloneFlags::CLONE_NEWNS)?;
        let private = MsFlags::MS_REC | MsFlags::MS_PRIVATE;
        mount(None::<&str>, "/", None::<&str>, private, None::<&str>)?;
        let (place, kind) = (TRACEFS[0], Some("tracefs"));
        mount(kind, place, kind, MsFlags::empty(), None::<&str>)?;
        read_id(place)
    };
    let id = thread::spawn(mount_and_read).join();
    id.unwrap_or_else(|_| {
        Err(io::Error::other(
            "the thread that mounts tracefs has panicked",
        ))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_reason_comes_with_a_remedy() {
        let denied = || io::Error::from(io::ErrorKind::PermissionDenied);
        let perf = NoTracepoints::Perf(denied()).to_string();
        assert!(
            perf.contains("sysctl kernel.perf_event_paranoid=-1"),
            "{perf}"
        );
        let closed = no_id(denied()).to_string();
        assert!(closed.contains("compare as root"), "{closed}");
        let missing = no_id(io::ErrorKind::NotFound.into()).to_string();
        assert!(missing.contains("mount -t tracefs"), "{missing}");
    }
}
