//! Scripted servers, and the loads for them.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::atomic::AtomicBool;
use std::thread;
use std::time::Duration;

use loadgen::{Class, Load, Outcome};

/// A server that runs the script for every client, each in its own thread.
pub fn peer(script: impl Fn(TcpStream) + Clone + Send + 'static) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            let script = script.clone();
            thread::spawn(move || script(stream));
        }
    });
    address
}

/// The stream echo of RFC 862.
pub fn echo(mut stream: impl Read + Write) {
    let mut buffer = vec![0; 4096];
    while let Ok(n @ 1..) = stream.read(&mut buffer) {
        if stream.write_all(&buffer[..n]).is_err() {
            return;
        }
    }
}

/// Reads and never replies.
pub fn swallow(mut stream: TcpStream) {
    let mut buffer = [0; 4096];
    while let Ok(1..) = stream.read(&mut buffer) {}
}

/// Echoes `times` requests of 64 bytes.
pub fn echo_times(stream: &mut TcpStream, times: usize) {
    for _ in 0..times {
        let request = read_request(stream);
        stream.write_all(&request).unwrap();
    }
}

pub fn read_request(stream: &mut TcpStream) -> [u8; 64] {
    let mut request = [0; 64];
    stream.read_exact(&mut request).unwrap();
    request
}

/// A load of four connections without warm-up that ends within ten seconds.
pub fn load(address: SocketAddr) -> Load {
    Load {
        classes: vec![Class::of("clients", 4)],
        warmup: Duration::ZERO,
        ..Load::on(address.to_string().parse().unwrap())
    }
}

pub fn requests(address: SocketAddr, requests: u64) -> Load {
    Load {
        requests: Some(requests),
        ..load(address)
    }
}

pub fn run(load: &Load) -> Outcome {
    load.run(&AtomicBool::new(false), &mut |_| {}).unwrap()
}
