//! Feeds arbitrary datagrams to a server and to a client: nothing may panic, and a reply fits into the buffer.

#![no_main]

use echo_protocol::{DatagramClient, Limits, Protocol, Request, answer, longest_datagram};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|input: &[u8]| {
    let [size, max_frame, input @ ..] = input else {
        return;
    };
    let limits = Limits {
        max_frame: usize::from(*max_frame) * 300,
        high_water: 256,
        amplify: max_frame % 2 == 0,
    };
    for protocol in [Protocol::Echo, Protocol::Framed] {
        serve(protocol, limits, usize::from(*size) * 300, input);
        read(protocol, input);
    }
});

/// Answers the datagram in a buffer that is large enough, and in one of any size.
fn serve(protocol: Protocol, limits: Limits, size: usize, input: &[u8]) {
    for size in [size, longest_datagram(protocol, limits)] {
        let mut buffer = vec![0; size];
        let n = input.len().min(size);
        buffer[..n].copy_from_slice(&input[..n]);
        if let Ok(answer) = answer(protocol, limits, &mut buffer, n) {
            assert!(answer.bytes <= size);
        }
    }
}

/// Gives the datagram to a client that has sent two requests.
fn read(protocol: Protocol, input: &[u8]) {
    // A client may have any limits that its own requests fit into.
    let limits = Limits::default();
    let mut client = DatagramClient::new(protocol, limits, true);
    for id in 0..2 {
        client.request(Request {
            id,
            work: None,
            reply_size: 12,
            payload: &b"hello, world"[..],
        });
        client.pending();
        client.sent();
    }
    let spare = client.spare();
    let n = spare.len().min(input.len());
    spare[..n].copy_from_slice(&input[..n]);
    // Both are right: a reply, and an error about it.
    let _ = client.received(n);
    client.release();
    while client.give_up() {}
}
