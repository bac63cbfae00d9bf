//! Feeds arbitrary bytes in pieces to a server of `http` and of `line`: nothing may panic, no buffer may grow, and the pieces
//! must not change the replies.
//!
//! Run it in `crates/echo-protocol` with `cargo +nightly fuzz run reply`.

#![no_main]

use echo_protocol::{Limits, Protocol, ServerSession};
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
    for protocol in [Protocol::Http, Protocol::Line] {
        let pieces = serve(protocol, usize::from(cut).max(1), input);
        assert_eq!(pieces, serve(protocol, usize::MAX, input));
    }
});

/// Feeds the input to a server in pieces of at most `cut` bytes, and returns its whole answer and its error.
fn serve(protocol: Protocol, cut: usize, mut input: &[u8]) -> (Vec<u8>, Option<String>) {
    let mut server = ServerSession::new(protocol, LIMITS);
    let mut answer = Vec::new();
    while !server.is_done() {
        let n = server.pending().len().min(cut);
        answer.extend_from_slice(&server.pending()[..n]);
        server.sent(n);
        if server.wants_work() {
            server.worked();
        }
        if server.wants_read() {
            let spare = server.spare();
            assert!(!spare.is_empty() && spare.len() <= LIMITS.high_water);
            let n = spare.len().min(cut).min(input.len());
            spare[..n].copy_from_slice(&input[..n]);
            input = &input[n..];
            server.received(n);
        } else {
            assert!(server.wants_write() || server.wants_work() || server.is_done());
        }
    }
    (answer, server.error().map(ToString::to_string))
}
