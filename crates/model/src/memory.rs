//! Memory that a process shares with the children that it forks.

use std::io;
use std::num::NonZero;
use std::ptr::NonNull;

use nix::sys::mman::{MapFlags, ProtFlags, mmap_anonymous};

/// Places a value in memory that this process and its future children share. The memory is never freed.
///
/// # Errors
/// Those of `mmap(2)`.
pub(crate) fn shared<T: Default + Sync>() -> io::Result<&'static T> {
    let len = NonZero::new(size_of::<T>()).expect("a shared value has at least one byte");
    let access = ProtFlags::PROT_READ | ProtFlags::PROT_WRITE;
    // SAFETY: a new anonymous mapping overlaps no existing memory.
    let memory: NonNull<T> =
        unsafe { mmap_anonymous(None, len, access, MapFlags::MAP_SHARED) }?.cast();
    // SAFETY: the mapping is large enough and aligned to a page. No other reference to it exists, and it is never
    // unmapped.
    unsafe {
        memory.write(T::default());
        Ok(memory.as_ref())
    }
}
