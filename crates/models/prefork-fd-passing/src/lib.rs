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

/// A fixed number of processes, to which the parent hands the clients that it accepts.
pub struct PreforkFdPassing;

impl Model for PreforkFdPassing {
    fn serve(&self, listener: Listener, cx: &Context) -> io::Result<()> {
        let (hand, hands) = socketpair(
            AddressFamily::Unix,
            SockType::SeqPacket, // keeps messages apart, and has an end of file
            None,
            SockFlag::SOCK_CLOEXEC,
        )?;
        let (free, say_free) = io::pipe()?;
        for i in 0..cx.workers() {
            // SAFETY: the process has one thread, so the child may do whatever its parent may (fork(2)).
            match unsafe { fork() } {
                Ok(ForkResult::Child) => {
                    drop((listener, hand, free)); // the parent's ends
                    take_and_converse(&hands, say_free, &cx.worker(i))
                }
                Ok(ForkResult::Parent { .. }) => {}
                Err(error) if i == 0 => return Err(error.into()),
                Err(error) => {
                    cx.pause(&error.into()); // no more processes to be had; those that are there serve
                    break;
                }
            }
        }
        drop((hands, say_free)); // the children's ends
        let passed = accept_and_pass(&listener, &hand, free, cx);
        drop(hand); // the end of file, by which the children know that nobody else comes
        while waitpid(None, None) != Err(Errno::ECHILD) {}
        passed
    }

    fn about(&self) -> &'static About {
        &ABOUT
    }
}

/// The life of the parent: a free child, a client, and the two brought together.
fn accept_and_pass(
    listener: &Listener,
    hand: &OwnedFd,
    mut free: PipeReader,
    cx: &Context,
) -> io::Result<()> {
    loop {
        free.read_exact(&mut [0])?; // waits for a child that says so; until then clients wait in the accept queue
        let Some(stream) = cx.accept(listener) else {
            return Ok(());
        };
        let descriptors = [stream.as_raw_fd()];
        let message = [IoSlice::new(&[0])]; // a descriptor travels with at least one byte (unix(7))
        let rights = [ControlMessage::ScmRights(&descriptors)];
        let flags = MsgFlags::MSG_NOSIGNAL;
        if let Err(error) = sendmsg::<()>(hand.as_raw_fd(), &message, &rights, flags, None) {
            drop(cx.open(stream)); // it ends here, and is counted
            return Err(error.into());
        }
        drop(stream); // the child has its own copy, or will have
    }
}

/// The life of a child. It must not return, since what follows `serve` is its parent's.
fn take_and_converse(hands: &OwnedFd, mut say_free: PipeWriter, cx: &Context) -> ! {
    while say_free.write_all(&[0]).is_ok() {
        let Some(stream) = take(hands) else {
            break;
        };
        cx.open(stream).converse(perform); // work is done here: it keeps one client waiting, its own
    }
    process::exit(0)
}

/// The next client; `None` when the parent has none any more. The server's signals restart this call (`SA_RESTART`).
fn take(hands: &OwnedFd) -> Option<Stream> {
    let mut byte = [0];
    let mut message = [IoSliceMut::new(&mut byte)];
    let mut space = cmsg_space!([i32; 1]);
    let flags = MsgFlags::MSG_CMSG_CLOEXEC;
    let received = recvmsg::<()>(hands.as_raw_fd(), &mut message, Some(&mut space), flags).ok()?;
    match received.cmsgs().ok()?.next()? {
        ControlMessageOwned::ScmRights(descriptors) => {
            // SAFETY: `recvmsg` has just made this descriptor, and nobody else has seen it.
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
