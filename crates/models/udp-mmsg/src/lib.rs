#![doc = include_str!("../README.md")]

use std::io;

use model::{
    About, Capacity, Claim, Context, Family, Listener, Model, Transport, WorkPlace, Workers,
    perform,
};
use nix::sys::socket::MsgFlags;

/// As many datagrams at a time as there are, up to `BATCH`.
pub struct UdpMmsg;

/// Datagrams that one system call can bring. Each has a buffer of its own, as long as the longest.
const BATCH: usize = 32;

impl Model for UdpMmsg {
    fn serve(&self, socket: Listener, cx: &Context) -> io::Result<()> {
        let mut socket = cx.datagrams(socket);
        let mut batch = socket.batch::<BATCH>();
        while socket.receive_many(&mut batch, MsgFlags::MSG_WAITFORONE) {
            for request in batch.requests() {
                if let Some(work) = request.work {
                    perform(work); // here: those who ask later wait, and those of the same batch as well
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
    summary: "One thread takes all datagrams that are there by one system call, and answers them by another.",
    capacity: Capacity::System,
    workers: Workers::Fixed,
    work: WorkPlace::Loop,
    source: "Melo, recvmmsg(2) (Linux 2.6.33, 2010); Blanchard, sendmmsg(2) (Linux 3.0, 2011)",
    claims: &[Claim::ONE_THREAD, Claim::IDLE_CLIENTS_ARE_FREE],
};
