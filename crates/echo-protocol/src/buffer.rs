//! Borrowed buffers: a session holds one only while bytes are in it, so that ten thousand silent clients need none.
//!
//! Each thread keeps the buffers that its sessions gave back. A loop over many sessions therefore works in one or two
//! buffers, which stay in the CPU's cache.

use std::cell::RefCell;
use std::mem;
use std::ops::{Deref, DerefMut};

/// Number of buffers that a thread keeps; further buffers are freed.
const KEPT: usize = 64;

thread_local! {
    static POOL: RefCell<Vec<Box<[u8]>>> = const { RefCell::new(Vec::new()) };
}

/// A buffer that goes back to the pool of the thread that drops it.
pub struct Loan(Box<[u8]>);

impl Loan {
    /// A buffer of `len` bytes. Its content is arbitrary: another session may have left it.
    #[inline]
    pub fn of(len: usize) -> Self {
        let kept = POOL.try_with(|pool| pool.borrow_mut().pop()).ok().flatten();
        Self(
            kept.filter(|buffer| buffer.len() == len)
                .unwrap_or_else(|| vec![0; len].into_boxed_slice()),
        )
    }
}

impl Drop for Loan {
    #[inline]
    fn drop(&mut self) {
        let buffer = mem::take(&mut self.0);
        // `try_with` fails in a thread that is ending and has no pool any more; the buffer is freed then.
        let _ = POOL.try_with(|pool| {
            let mut pool = pool.borrow_mut();
            if pool.len() < KEPT {
                pool.push(buffer);
            }
        });
    }
}

impl Deref for Loan {
    type Target = [u8];

    fn deref(&self) -> &[u8] {
        &self.0
    }
}

impl DerefMut for Loan {
    fn deref_mut(&mut self) -> &mut [u8] {
        &mut self.0
    }
}
