//! Memory that a process shares with the children that it forks.

use std::ffi::c_void;
use std::io;
use std::num::NonZero;
use std::ptr::NonNull;
use std::slice;
use std::sync::atomic::AtomicU32;

use nix::sys::mman::{MapFlags, ProtFlags, mmap_anonymous, munmap};

/// Places a value in memory that this process and its future children share. The memory is never freed.
///
/// # Errors
/// Those of `mmap(2)`.
pub(crate) fn shared<T: Default + Sync>() -> io::Result<&'static T> {
    let memory: NonNull<T> = map(size_of::<T>())?.cast();
    // SAFETY: the mapping is large enough and aligned to a page. No other reference to it exists, and it is never
    // unmapped.
    unsafe {
        memory.write(T::default());
        Ok(memory.as_ref())
    }
}

/// Zeros that this process and its future children share. A page of them costs nothing until a process writes to it.
///
/// # Errors
/// Those of `mmap(2)`.
pub(crate) fn shared_numbers(len: usize) -> io::Result<&'static [AtomicU32]> {
    let memory: NonNull<AtomicU32> = map(len * size_of::<AtomicU32>())?.cast();
    // SAFETY: the mapping has room for these numbers, contains zeros, and is never unmapped.
    Ok(unsafe { slice::from_raw_parts(memory.as_ptr(), len) })
}

fn map(len: usize) -> io::Result<NonNull<c_void>> {
    let len = NonZero::new(len).expect("a shared value has at least one byte");
    let access = ProtFlags::PROT_READ | ProtFlags::PROT_WRITE;
    // SAFETY: a new anonymous mapping overlaps no existing memory.
    Ok(unsafe { mmap_anonymous(None, len, access, MapFlags::MAP_SHARED) }?)
}

/// Checks that this number of bytes of address space is available, for a library that panics otherwise.
///
/// # Errors
/// Those of `mmap(2)`.
pub fn check_memory(len: usize) -> io::Result<()> {
    let memory = map(len)?;
    // SAFETY: nothing uses the mapping.
    Ok(unsafe { munmap(memory, len) }?)
}
