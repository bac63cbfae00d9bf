#![doc = include_str!("../README.md")]

use std::io;

use model::{
    About, Capacity, Claim, Context, Family, Listener, Model, Transport, WorkPlace, Workers,
    perform,
};

/// Answers one datagram at a time, from any client.
pub struct UdpIterative;

impl Model for UdpIterative {
    fn serve(&self, socket: Listener, cx: &Context) -> io::Result<()> {
        let mut socket = cx.datagrams(socket);
        let mut buffer = socket.buffer();
        cx.ready();
        while let Some(request) = socket.receive(&mut buffer) {
            if let Some(work) = request.work {
                perform(work); // in the server's only thread: other datagrams wait in the buffer, or are lost
            }
            socket.reply(&buffer, request.bytes, &request.from);
        }
        Ok(())
    }

    fn about(&self) -> &'static About {
        &ABOUT
    }
}

/// What this model says of itself; a comparison tests the claims.
const ABOUT: About = About {
    name: "udp-iterative",
    family: Family::Blocking,
    transport: Transport::Datagram,
    summary: "One thread takes one datagram at a time and sends it back to its sender.",
    capacity: Capacity::System,
    workers: Workers::Fixed,
    work: WorkPlace::Loop,
    source: "Stevens, UNIX Network Programming vol. 1, 3rd ed., ch. 8; RFC 862, UDP based echo service",
    claims: &[Claim::ONE_THREAD, Claim::IDLE_CLIENTS_ARE_FREE],
};
