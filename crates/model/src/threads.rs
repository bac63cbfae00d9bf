//! Checks that threads are available, for a library that panics or hangs otherwise.

use std::ffi::c_void;
use std::fs;
use std::io;
use std::mem;
use std::os::fd::{AsRawFd, RawFd};
use std::ptr;
use std::thread;
use std::time::Duration;

use nix::errno::Errno;
use nix::libc;

/// Size of a thread's stack in bytes, as in the standard library.
const STACK: usize = 2 << 20;
/// Most looks at the threads that have ended, 1 ms apart.
const LOOKS: u32 = 1000;

/// Checks that this number of threads is available at the same time, for a library that panics otherwise. None of them is left
/// when this returns.
///
/// These threads have nothing of the standard library: its threads allocate memory, and for that each one would reserve
/// 64 MiB of address space, which would stay reserved.
///
/// # Errors
/// Those of `pthread_create(3)`.
pub fn check_threads(threads: usize) -> io::Result<()> {
    let before = count();
    let (waits, end) = io::pipe()?;
    let mut started = Vec::new();
    let result = (0..threads).try_for_each(|_| {
        started.push(start(waits.as_raw_fd())?);
        Ok(())
    });
    drop(end); // each thread reads the end of the pipe
    for thread in started {
        // SAFETY: `start` has started it, and nothing else waits for it.
        unsafe { libc::pthread_join(thread, ptr::null_mut()) };
    }
    // A thread that was waited for counts against the limit for a moment more.
    for _ in 0..LOOKS {
        if count() <= before {
            break;
        }
        thread::sleep(Duration::from_millis(1));
    }
    result
}

/// Starts a thread that waits for the end of a pipe.
fn start(pipe: RawFd) -> io::Result<libc::pthread_t> {
    let mut thread = 0;
    let pipe = ptr::without_provenance_mut(pipe as usize);
    // SAFETY: attributes that are made, used and destroyed here. The function takes a number, and uses nothing else of this
    // thread.
    let error = unsafe {
        let mut attributes = mem::zeroed();
        libc::pthread_attr_init(&raw mut attributes);
        libc::pthread_attr_setstacksize(&raw mut attributes, STACK);
        let error =
            libc::pthread_create(&raw mut thread, &raw const attributes, wait_for_end, pipe);
        libc::pthread_attr_destroy(&raw mut attributes);
        error
    };
    match error {
        0 => Ok(thread),
        error => Err(Errno::from_raw(error).into()),
    }
}

extern "C" fn wait_for_end(pipe: *mut c_void) -> *mut c_void {
    let mut byte = 0_u8;
    // SAFETY: there is room for the byte, and the pipe stays open until all threads have ended.
    unsafe { libc::read(pipe.addr() as RawFd, (&raw mut byte).cast(), 1) };
    ptr::null_mut()
}

/// The number of threads of this process. Without /proc it is unknown, and nothing waits for their end.
fn count() -> usize {
    fs::read_dir("/proc/self/task").map_or(0, Iterator::count)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn threads_that_can_be_had_are_gone_again() {
        check_threads(20).unwrap();
        // Other tests may start threads at any moment, but not twenty.
        assert!(count() < 20 + thread::available_parallelism().map_or(1, usize::from) + 8);
    }
}
