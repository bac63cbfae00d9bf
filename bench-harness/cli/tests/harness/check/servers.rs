//! Servers inside the test process, right and wrong, for `echolab check` with an address.

use std::io::{Read as _, Write as _};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::thread;

/// What a server of a test does with one client.
pub type Serve = fn(TcpStream);

/// A server in this process that gives each client a thread.
pub fn concurrent(serve: Serve) -> SocketAddr {
    listen(move |stream| drop(thread::spawn(move || serve(stream))))
}

/// A server in this process that serves one client after another.
pub fn sequential(serve: Serve) -> SocketAddr {
    listen(serve)
}

fn listen(accepted: impl Fn(TcpStream) + Send + 'static) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    thread::spawn(move || listener.incoming().flatten().for_each(accepted));
    address
}

pub fn echo(stream: TcpStream) {
    answer(stream, |byte| byte);
}

/// Sends back each byte with one bit turned over.
pub fn turn_bits(stream: TcpStream) {
    answer(stream, |byte| byte ^ 1);
}

fn answer(mut stream: TcpStream, change: fn(u8) -> u8) {
    let mut buffer = [0; 4096];
    while let Ok(n @ 1..) = stream.read(&mut buffer) {
        buffer[..n]
            .iter_mut()
            .for_each(|byte| *byte = change(*byte));
        if stream.write_all(&buffer[..n]).is_err() {
            return;
        }
    }
}
