//! Buffers on loan: a session holds one only while bytes are in it, so that ten thousand silent clients own none.
//!
//! Each thread keeps the buffers that its sessions gave back. A loop over many sessions therefore works in one or
//! two buffers that stay in the cache, and a thread with one session in one of its own.

use std::cell::RefCell;
use std::mem;
use std::ops::{Deref, DerefMut};

/// How many buffers a thread keeps for later; more are freed.
const KEPT: usize = 64;

thread_local! {
    static POOL: RefCell<Vec<Box<[u8]>>> = const { RefCell::new(Vec::new()) };
}

/// A buffer that goes back to the pool of the thread that drops it.
pub struct Loan(Box<[u8]>);

impl Loan {
    /// A buffer of `len` bytes; what is in it was left there by somebody else.
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
        // A thread that is just ending has no pool any more: then the buffer is freed.
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
