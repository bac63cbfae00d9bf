//! An echo server: it sends back to each client what that client sends.
//!
//! ```text
//! cargo run --release PORT
//! ```
//!
//! This is a skeleton. It starts and listens, and it closes each connection at once.
//! Look for GAP.

use std::env;
use std::io;
use std::net::{Ipv4Addr, TcpListener, TcpStream};

/// Serves one client, until the client has sent its last byte and has all bytes back.
fn serve(client: TcpStream) -> io::Result<()> {
    // GAP, step 1: read bytes and write all of them back, again and again. How does the
    // client say that it is done?
    drop(client);
    Ok(())
}

fn main() -> io::Result<()> {
    let port = env::args().nth(1).and_then(|text| text.parse().ok());
    let port: u16 = port.expect("the only argument is the port");
    // Rust's `bind` sets SO_REUSEADDR, and its start-up code ignores SIGPIPE. Which cases
    // would fail without them?
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, port))?;
    loop {
        // GAP, step 1: `accept` can fail. Which errors should end the server, and which
        // should not?
        let (client, _) = listener.accept()?;
        // GAP, step 1: a client may vanish at any time. The next client must be served all
        // the same.
        // GAP, step 2: the next client should not wait until this one leaves.
        serve(client)?;
    }
}
