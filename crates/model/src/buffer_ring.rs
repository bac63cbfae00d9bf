//! A ring of buffers from which the kernel takes one when bytes arrive, in the layout that `io_uring` asks for.

use std::io;
use std::num::NonZero;
use std::ptr::NonNull;
use std::slice;
use std::sync::atomic::{AtomicU16, Ordering};

use nix::sys::mman::{MapFlags, ProtFlags, mmap_anonymous};

/// The description of one buffer for the kernel: `struct io_uring_buf` of `io_uring_register_buf_ring(3)`.
#[repr(C)]
struct Entry {
    address: u64,
    len: u32,
    id: u16,
    /// The tail of the ring in the first entry; unused in the others.
    tail: AtomicU16,
}

/// A ring of free buffers, and the buffers behind it, in one mapping.
///
/// ```text
///   entry 0 … entry n-1 │ buffer 0 │ buffer 1 │ … │ buffer n-1
///      ▲ this process advances the tail; the kernel may fill the buffers of the entries before it
/// ```
///
/// The memory is never unmapped: no event reports when the kernel has stopped using it after the ring is closed.
pub struct BufferRing {
    memory: NonNull<u8>,
    count: u16,
    size: u32,
    tail: u16,
}

impl BufferRing {
    /// Makes `count` buffers, a power of two, of `size` bytes each. All of them are free.
    ///
    /// # Errors
    /// Those of `mmap(2)`.
    ///
    /// # Panics
    /// If `count` is not a power of two.
    pub fn new(count: u16, size: u32) -> io::Result<Self> {
        assert!(count.is_power_of_two(), "the kernel wants a power of two");
        let len = usize::from(count) * (size_of::<Entry>() + size as usize);
        let len = NonZero::new(len).expect("there is at least one buffer");
        let access = ProtFlags::PROT_READ | ProtFlags::PROT_WRITE;
        // SAFETY: a new anonymous mapping overlaps no existing memory.
        let memory = unsafe { mmap_anonymous(None, len, access, MapFlags::MAP_PRIVATE) }?.cast();
        let mut ring = Self {
            memory,
            count,
            size,
            tail: 0,
        };
        (0..count).for_each(|id| ring.give_back(id));
        Ok(ring)
    }

    /// Returns the address of the ring, for its registration.
    pub fn address(&self) -> u64 {
        self.memory.as_ptr() as u64
    }

    /// Returns the number of buffers.
    pub const fn count(&self) -> u16 {
        self.count
    }

    /// Returns the `len` bytes that the kernel has put into a buffer.
    ///
    /// # Safety
    /// A completion must have named this buffer and this length, and the buffer must not have been given back since.
    ///
    /// # Panics
    /// If there is no such buffer, or if it is shorter than `len`.
    pub unsafe fn filled(&self, id: u16, len: usize) -> &[u8] {
        assert!(id < self.count && len <= self.size as usize);
        // SAFETY: the bytes lie inside the mapping, as asserted, and the kernel does not write to a buffer in use.
        unsafe { slice::from_raw_parts(self.buffer(id).as_ptr(), len) }
    }

    /// Gives a buffer back to the kernel, behind all other free ones.
    ///
    /// # Panics
    /// If there is no such buffer.
    pub fn give_back(&mut self, id: u16) {
        assert!(id < self.count);
        let address = self.buffer(id).as_ptr() as u64;
        let entries = self.memory.cast::<Entry>().as_ptr();
        // SAFETY: the mapping begins with the entries, and the index is below their number. The kernel reads an entry only
        // after the tail has passed it, and never writes to one. Only this function writes the tail.
        unsafe {
            let entry = entries.add(usize::from(self.tail % self.count));
            (*entry).address = address;
            (*entry).len = self.size;
            (*entry).id = id;
            self.tail = self.tail.wrapping_add(1);
            (*entries).tail.store(self.tail, Ordering::Release);
        }
    }

    fn buffer(&self, id: u16) -> NonNull<u8> {
        let entries = usize::from(self.count) * size_of::<Entry>();
        // SAFETY: every caller has asserted that the mapping has this buffer.
        unsafe {
            self.memory
                .add(entries + usize::from(id) * self.size as usize)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_entry_is_what_the_kernel_expects_and_all_buffers_are_free_at_first() {
        assert_eq!(size_of::<Entry>(), 16);
        assert_eq!(std::mem::offset_of!(Entry, tail), 14);
        let mut ring = BufferRing::new(4, 32).expect("a page can be mapped");
        assert_eq!(ring.address() % 4096, 0);
        // SAFETY: the mapping begins with the entries, and they are registered with no ring.
        let entries = unsafe { slice::from_raw_parts(ring.memory.cast::<Entry>().as_ptr(), 4) };
        assert_eq!(entries[0].tail.load(Ordering::Acquire), 4);
        let addresses: Vec<u64> = entries.iter().map(|entry| entry.address).collect();
        let first = ring.address() + 64;
        assert_eq!(addresses, [first, first + 32, first + 64, first + 96]);
        ring.give_back(2);
        // SAFETY: as above.
        let entry = unsafe { ring.memory.cast::<Entry>().as_ref() };
        assert_eq!((entry.id, entry.address), (2, first + 64));
        assert_eq!(entry.tail.load(Ordering::Acquire), 5);
    }
}
