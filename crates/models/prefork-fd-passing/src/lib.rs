#![doc = include_str!("../README.md")]

use std::io::{self, IoSlice, IoSliceMut, PipeReader, PipeWriter, Read, Write};
use std::os::fd::{AsRawFd, FromRawFd, OwnedFd};
use std::process;

use model::{
    About, Capacity, Claim, Context, Family, Listener, Model, Stream, Transport, WorkPlace,
    Workers, perform,
};
use nix::cmsg_space;
use nix::errno::Errno;
use nix::sys::socket::{
    AddressFamily, ControlMessage, ControlMessageOwned, MsgFlags, SockFlag, SockType, recvmsg,
    sendmsg, socketpair,
};
use nix::sys::wait::waitpid;
use nix::unistd::{ForkResult, fork};

/// Forks a fixed number of processes; the parent accepts, and passes each client to a free one.
pub struct PreforkFdPassing;

impl Model for PreforkFdPassing {
    fn serve(&self, listener: Listener, cx: &Context) -> io::Result<()> {
        let (to_children, from_parent) = socketpair(
            AddressFamily::Unix,
            SockType::SeqPacket, // one client per message; the children share the socket and see its end of file
            None,
            SockFlag::SOCK_CLOEXEC,
        )?;
        let (free_children, report_free) = io::pipe()?;
        for i in 0..cx.workers() {
            // SAFETY: the process has one thread, so the child may do whatever its parent may (fork(2)).
            match unsafe { fork() } {
                Ok(ForkResult::Child) => {
                    drop((listener, to_children, free_children)); // the parent's ends
                    take_and_converse(&from_parent, report_free, &cx.worker(i));
                    process::exit(0) // without it the child would go on with its parent's loop
                }
                Ok(ForkResult::Parent { .. }) => {}
                Err(error) if i == 0 => return Err(error.into()),
                Err(error) => {
                    cx.pause(&error.into()); // no process was left; those already made serve
                    break;
                }
            }
        }
        drop((from_parent, report_free)); // the children's ends
        let result = accept_and_pass(&listener, &to_children, free_children, cx);
        drop(to_children); // the children read end of file: no further client comes
        while waitpid(None, None) != Err(Errno::ECHILD) {}
        result
    }

    fn about(&self) -> &'static About {
        &ABOUT
    }
}

/// Runs in the parent: waits for a free child, accepts a client, passes its descriptor on, until a stop.
fn accept_and_pass(
    listener: &Listener,
    to_children: &OwnedFd,
    mut free_children: PipeReader,
    cx: &Context,
) -> io::Result<()> {
    loop {
        // Accepting only now keeps clients without a child in the accept queue, which has a bound.
        free_children.read_exact(&mut [0])?;
        let Some(stream) = cx.accept(listener) else {
            return Ok(());
        };
        let descriptors = [stream.as_raw_fd()];
        let message = [IoSlice::new(&[0])]; // a descriptor needs at least one byte to travel with (unix(7))
        let rights = [ControlMessage::ScmRights(&descriptors)];
        let flags = MsgFlags::MSG_NOSIGNAL;
        if let Err(error) = sendmsg::<()>(to_children.as_raw_fd(), &message, &rights, flags, None) {
            drop(cx.open(stream)); // ends this conversation and counts it
            return Err(error.into());
        }
        drop(stream); // a child gets its own copy from the message
    }
}

/// Runs in a child: serves one client after another, until the parent passes no more.
fn take_and_converse(from_parent: &OwnedFd, mut report_free: PipeWriter, cx: &Context) {
    while report_free.write_all(&[0]).is_ok() {
        let Some(stream) = take(from_parent) else {
            return;
        };
        // Work is done here too: only this worker's client waits for it.
        cx.open(stream).converse(perform);
    }
}

/// Returns the next client; `None` at end of file. The server's signals do not interrupt it: they restart calls (`SA_RESTART`).
fn take(from_parent: &OwnedFd) -> Option<Stream> {
    let mut byte = [0];
    let mut message = [IoSliceMut::new(&mut byte)];
    let mut space = cmsg_space!([i32; 1]);
    let flags = MsgFlags::MSG_CMSG_CLOEXEC;
    let received = recvmsg::<()>(
        from_parent.as_raw_fd(),
        &mut message,
        Some(&mut space),
        flags,
    )
    .ok()?;
    match received.cmsgs().ok()?.next()? {
        ControlMessageOwned::ScmRights(descriptors) => {
            // SAFETY: `recvmsg` has just made this descriptor, and no other code owns it.
            Some(Stream::new(unsafe { OwnedFd::from_raw_fd(descriptors[0]) }))
        }
        _ => None,
    }
}

/// What this model says of itself; a comparison tests the claims.
const ABOUT: About = About {
    name: "prefork-fd-passing",
    family: Family::Blocking,
    transport: Transport::Stream,
    summary: "One process accepts, and passes each client's descriptor to a process that is free.",
    capacity: Capacity::OnePerWorker,
    workers: Workers::Default(64),
    work: WorkPlace::Conversation,
    source: "Stevens, UNIX Network Programming vol. 1, 3rd ed., ch. 15 and 30 (design 5)",
    claims: &[Claim::FIXED_THREADS],
};
