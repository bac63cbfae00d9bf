//! Buffers that a kernel which receives by itself may choose from: memory in the form that `io_uring` asks for.

use std::io;
use std::num::NonZero;
use std::ptr::NonNull;
use std::slice;
use std::sync::atomic::{AtomicU16, Ordering};

use nix::sys::mman::{MapFlags, ProtFlags, mmap_anonymous};

/// What the kernel reads about one buffer: `struct io_uring_buf` of `io_uring_register_buf_ring(3)`.
#[repr(C)]
struct Entry {
    address: u64,
    len: u32,
    id: u16,
    /// In the first entry this is the tail of the ring, and elsewhere nothing.
    tail: AtomicU16,
}

/// A ring of free buffers, and the buffers behind it, in one mapping.
///
/// ```text
///   entry 0 … entry n-1 │ buffer 0 │ buffer 1 │ … │ buffer n-1
///      ▲ the tail is ours: up to it, the kernel may take and fill what an entry names
/// ```
///
/// The mapping is never undone, because nothing says when the kernel, asked to close a ring, has done with it.
pub struct BufferRing {
    memory: NonNull<u8>,
    count: u16,
    size: u32,
    tail: u16,
}

impl BufferRing {
    /// `count` buffers, a power of two, of `size` bytes each; all of them are free.
    ///
    /// # Errors
    /// Those of `mmap(2)`.
    ///
    /// # Panics
    /// If `count` is no power of two.
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

    /// Where it begins, for the registration.
    pub fn address(&self) -> u64 {
        self.memory.as_ptr() as u64
    }

    /// The number of its buffers.
    pub const fn count(&self) -> u16 {
        self.count
    }

    /// What the kernel has put into a buffer; `len` bytes, as it said.
    ///
    /// # Safety
    /// The kernel has named this buffer in a completion, and it was not given back since.
    ///
    /// # Panics
    /// If there is no such buffer, or it is shorter.
    pub unsafe fn filled(&self, id: u16, len: usize) -> &[u8] {
        assert!(id < self.count && len <= self.size as usize);
        // SAFETY: inside the mapping, as asserted; the caller says that the kernel leaves it alone.
        unsafe { slice::from_raw_parts(self.buffer(id).as_ptr(), len) }
    }

    /// Lets the kernel fill a buffer again, after all others that are free.
    ///
    /// # Panics
    /// If there is no such buffer.
    pub fn give_back(&mut self, id: u16) {
        assert!(id < self.count);
        let address = self.buffer(id).as_ptr() as u64;
        let entries = self.memory.cast::<Entry>().as_ptr();
        // SAFETY: the index is below the number of entries, with which the mapping begins. The kernel does not look at an
        // entry before the tail is past it, and at no time writes to one; the tail is written here only.
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
        // SAFETY: every caller has asserted that there is such a buffer in the mapping.
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
        // SAFETY: the entries are at the front of the mapping, and no kernel knows of them.
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
