//! Feeds arbitrary bytes to a client of HTTP, as a whole and in pieces: nothing may panic, no buffer may grow, and the pieces may
//! not change what the client hears.
//!
//! Run it in `crates/echo-protocol` with `cargo +nightly fuzz run http_reply`.

#![no_main]

use echo_protocol::{HttpAsk, HttpClient, Limits, ReplyError};
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
    let whole = hear(usize::MAX, input);
    assert_eq!(whole, hear(usize::from(cut).max(1), input));
});

/// The replies to three requests in pieces of `cut` bytes, and the requests left over if the server ended the connection in order.
fn hear(cut: usize, mut input: &[u8]) -> (Vec<Result<u32, ReplyError>>, Option<usize>) {
    let ask = HttpAsk::new("/{bytes}", "localhost", 200, None);
    let mut client = HttpClient::new(&ask, LIMITS, true);
    (0..3).for_each(|id| client.request(id, 5));
    let mut replies = Vec::new();
    loop {
        let spare = client.spare();
        assert!(!spare.is_empty() && spare.len() <= LIMITS.high_water);
        let n = spare.len().min(cut).min(input.len());
        spare[..n].copy_from_slice(&input[..n]);
        input = &input[n..];
        client.received(n);
        loop {
            match client.reply() {
                Ok(Some(reply)) => replies.push(Ok(reply.bytes)),
                Ok(None) => break,
                // How many bytes have come by then is a matter of the pieces.
                Err(ReplyError::Surplus { .. }) => return (replies, None),
                Err(error) => {
                    replies.push(Err(error));
                    if !error.is_complete() {
                        return (replies, None);
                    }
                }
            }
        }
        if client.is_over() {
            return (replies, Some(client.outstanding()));
        }
    }
}
