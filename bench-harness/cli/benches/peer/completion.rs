//! Peers on io_uring, which submit operations and receive their completions.

use std::io;
use std::os::fd::{AsRawFd, RawFd};

use io_uring::squeue::Entry;
use io_uring::types::Fd;
use io_uring::{IoUring, cqueue, opcode};
use model::BufferRing;
use slab::Slab;

use super::{Address, listen};

const ACCEPT: u64 = u64::MAX;

fn ring() -> io::Result<IoUring> {
    let mut builder = IoUring::builder();
    builder.setup_single_issuer().setup_defer_taskrun();
    builder.setup_cqsize(4096).build(1024)
}

fn submit(ring: &mut IoUring, operation: &Entry) -> io::Result<()> {
    // SAFETY: the buffers of an operation are not freed before it completes.
    while unsafe { ring.submission().push(operation) }.is_err() {
        ring.submit()?;
    }
    Ok(())
}

/// Calls `each` for every completion, in the order of arrival.
fn for_completed(
    mut ring: IoUring,
    mut each: impl FnMut(&mut IoUring, &cqueue::Entry) -> io::Result<()>,
) -> io::Result<()> {
    let mut completions: Vec<cqueue::Entry> = Vec::new();
    loop {
        ring.submit_and_wait(1)?;
        completions.extend(ring.completion());
        for done in completions.drain(..) {
            each(&mut ring, &done)?;
        }
    }
}

/// Alternates receive and send. A client has a descriptor, a buffer, and a flag that is true during a send.
pub fn oneshot(at: Address) -> io::Result<()> {
    let (listener, mut ring) = (listen(at)?, ring()?);
    let mut clients: Slab<(RawFd, Box<[u8]>, bool)> = Slab::new();
    let accept = opcode::AcceptMulti::new(Fd(listener.as_raw_fd())).build();
    submit(&mut ring, &accept.user_data(ACCEPT))?;
    for_completed(ring, |ring, done| {
        let (mut key, mut n) = (done.user_data() as usize, done.result());
        if done.user_data() == ACCEPT {
            key = clients.insert((done.result(), vec![0; 4 << 10].into(), true));
            n = 1;
        }
        let (fd, buffer, replying) = &mut clients[key];
        if n <= 0 {
            nix::unistd::close(*fd)?;
            clients.remove(key);
            return Ok(());
        }
        *replying = !*replying;
        let next = if *replying {
            opcode::Send::new(Fd(*fd), buffer.as_ptr(), n as u32).build()
        } else {
            opcode::Recv::new(Fd(*fd), buffer.as_mut_ptr(), buffer.len() as u32).build()
        };
        submit(ring, &next.user_data(key as u64))
    })
}

/// Uses one multishot receive per client, and replies from the buffer that the kernel has chosen. `user_data` is the
/// descriptor of the client; for a send, its upper half is the number of the buffer plus one.
pub fn multishot(at: Address) -> io::Result<()> {
    let (listener, mut ring, mut buffers) = (listen(at)?, ring()?, BufferRing::new(1024, 1 << 10)?);
    // SAFETY: the memory has the required layout, and does not move.
    unsafe {
        ring.submitter()
            .register_buf_ring_with_flags(buffers.address(), buffers.count(), 0, 0)
    }?;
    let accept = opcode::AcceptMulti::new(Fd(listener.as_raw_fd())).build();
    submit(&mut ring, &accept.user_data(ACCEPT))?;
    let receive = |fd: RawFd| {
        opcode::RecvMulti::new(Fd(fd), 0)
            .build()
            .user_data(fd as u64)
    };
    for_completed(ring, |ring, done| {
        let (fd, result) = (done.user_data() as u32 as RawFd, done.result());
        if done.user_data() == ACCEPT {
            return submit(ring, &receive(result));
        }
        if let Some(sent) = (done.user_data() >> 32).checked_sub(1) {
            buffers.give_back(sent as u16);
        } else if let Some(id) = cqueue::buffer_select(done.flags()) {
            // SAFETY: the kernel has just selected this buffer.
            let bytes = unsafe { buffers.filled(id, result as usize) };
            let send = opcode::Send::new(Fd(fd), bytes.as_ptr(), bytes.len() as u32).build();
            submit(ring, &send.user_data((u64::from(id) + 1) << 32 | fd as u64))?;
            if !cqueue::more(done.flags()) {
                submit(ring, &receive(fd))?;
            }
        } else {
            nix::unistd::close(fd)?;
        }
        Ok(())
    })
}
