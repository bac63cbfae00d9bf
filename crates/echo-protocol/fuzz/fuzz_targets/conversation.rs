//! Feeds arbitrary bytes in pieces to a server, and its answer to a client: nothing may panic, and no buffer may grow.
//!
//! Run it in `crates/echo-protocol` with `cargo +nightly fuzz run conversation`.

#![no_main]

use echo_protocol::{ClientSession, Limits, Protocol, Request, ServerSession};
use libfuzzer_sys::fuzz_target;

const LIMITS: Limits = Limits {
    max_frame: 4096,
    high_water: 256,
    amplify: true,
};

fuzz_target!(|input: &[u8]| {
    let Some((&cut, input)) = input.split_first() else {
        return;
    };
    let answer = serve(usize::from(cut).max(1), input);
    read(&answer);
    read(input);
});

/// Feeds the input to a server in pieces of `cut` bytes, and returns its whole answer.
fn serve(cut: usize, mut input: &[u8]) -> Vec<u8> {
    let mut server = ServerSession::new(Protocol::Framed, LIMITS);
    let mut answer = Vec::new();
    while !server.is_done() {
        if server.wants_read() {
            let spare = server.spare();
            assert!(!spare.is_empty() && spare.len() <= LIMITS.high_water);
            let n = spare.len().min(cut).min(input.len());
            spare[..n].copy_from_slice(&input[..n]);
            input = &input[n..];
            server.received(n);
        }
        if server.wants_work() {
            server.worked();
        }
        let n = server.pending().len().min(cut);
        answer.extend_from_slice(&server.pending()[..n]);
        server.sent(n);
    }
    answer
}

/// Feeds the answer to a client that has sent two requests.
fn read(mut answer: &[u8]) {
    let mut client = ClientSession::new(Protocol::Framed, LIMITS, true);
    for id in 0..2 {
        client.request(Request {
            id,
            work: None,
            reply_size: 5,
            payload: b"hello",
        });
    }
    loop {
        let spare = client.spare();
        let n = spare.len().min(answer.len());
        spare[..n].copy_from_slice(&answer[..n]);
        answer = &answer[n..];
        client.received(n);
        while let Ok(Some(_)) = client.reply() {}
        if n == 0 || client.reply().is_err() {
            return;
        }
    }
}
