#![doc = include_str!("../README.md")]

use std::io;

use model::{
    About, Capacity, Claim, Context, Family, Listener, Model, Transport, WorkPlace, Workers,
    perform,
};
use nix::sys::socket::MsgFlags;

/// Answers all datagrams that are waiting at once, up to `BATCH`.
pub struct UdpMmsg;

/// Most datagrams in one system call. Each has its own buffer, which holds the longest datagram.
const BATCH: usize = 32;

impl Model for UdpMmsg {
    fn serve(&self, socket: Listener, cx: &Context) -> io::Result<()> {
        let mut socket = cx.datagrams(socket);
        let mut batch = socket.batch::<BATCH>();
        cx.ready();
        while socket.receive_many(&mut batch, MsgFlags::MSG_WAITFORONE) {
            for request in batch.requests() {
                if let Some(work) = request.work {
                    perform(work); // in the server's only thread: later datagrams wait, and so does the whole batch
                }
            }
            socket.reply_many(&mut batch);
        }
        Ok(())
    }

    fn about(&self) -> &'static About {
        &ABOUT
    }
}

/// What this model says of itself; a comparison tests the claims.
const ABOUT: About = About {
    name: "udp-mmsg",
    family: Family::Blocking,
    transport: Transport::Datagram,
    summary: "One thread receives all waiting datagrams with one system call, and answers them with another.",
    capacity: Capacity::System,
    workers: Workers::Fixed,
    work: WorkPlace::Loop,
    source: "Melo, recvmmsg(2) (Linux 2.6.33, 2010); Blanchard, sendmmsg(2) (Linux 3.0, 2011)",
    claims: &[Claim::ONE_THREAD, Claim::IDLE_CLIENTS_ARE_FREE],
};
