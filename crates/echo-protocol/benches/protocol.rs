//! Cost of the protocol: encoding, decoding, and a whole round trip between client and server sessions.

use std::hint::black_box;
use std::time::Duration;

use criterion::{BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};
use echo_protocol::frame::{HEADER, Header};
use echo_protocol::{ClientSession, Limits, Protocol, Request, ServerSession, Work};

fn frame(c: &mut Criterion) {
    let header = Header {
        work: Some(Work::Spin(Duration::from_micros(250))),
        done: false,
        id: 7,
        reply_size: 64,
        payload: 64,
    };
    let bytes = header.encode();
    let mut group = c.benchmark_group("frame");
    group.throughput(Throughput::Bytes(HEADER as u64));
    group.bench_function("encode", |b| b.iter(|| black_box(&header).encode()));
    group.bench_function("decode", |b| {
        b.iter(|| Header::decode(black_box(&bytes), 0, Limits::default()));
    });
    group.finish();
}

/// Server only: receives a request of `size` bytes, and sends the reply.
fn server(c: &mut Criterion) {
    let mut group = c.benchmark_group("server-session");
    for (protocol, size) in [
        (Protocol::Echo, 64),
        (Protocol::Framed, 64),
        (Protocol::Framed, 8192),
    ] {
        let request = encode(protocol, size);
        let mut session = ServerSession::new(protocol, Limits::default());
        group.throughput(Throughput::Bytes(request.len() as u64));
        group.bench_function(BenchmarkId::new(protocol.name(), size), |b| {
            b.iter(|| {
                session.spare()[..request.len()].copy_from_slice(black_box(&request));
                session.received(request.len());
                session.sent(session.pending().len());
            });
        });
    }
    group.finish();
}

/// Server only, in protocols whose replies differ from their requests: `requests` requests at once.
fn replies(c: &mut Criterion) {
    let mut group = c.benchmark_group("server-session");
    let get = "GET /64 HTTP/1.1\r\nHost: localhost\r\n\r\n";
    for (protocol, request, requests) in [
        (Protocol::Http, get, 1),
        (Protocol::Http, get, 64),
        (Protocol::Line, "Ada\n", 1),
    ] {
        let input = request.repeat(requests);
        let mut session = ServerSession::new(protocol, Limits::default());
        session.sent(session.pending().len());
        group.throughput(Throughput::Elements(requests as u64));
        group.bench_function(BenchmarkId::new(protocol.name(), requests), |b| {
            b.iter(|| {
                session.spare()[..input.len()].copy_from_slice(black_box(input.as_bytes()));
                session.received(input.len());
                session.sent(session.pending().len());
            });
        });
    }
    group.finish();
}

/// From the client to the server and back, with verification, as in the load generator.
fn round_trip(c: &mut Criterion) {
    let mut group = c.benchmark_group("round-trip");
    for (protocol, size) in [
        (Protocol::Echo, 64),
        (Protocol::Framed, 64),
        (Protocol::Framed, 8192),
    ] {
        let payload = vec![0xa5; size];
        let mut server = ServerSession::new(protocol, Limits::default());
        let mut client = ClientSession::new(protocol, Limits::default(), true);
        group.throughput(Throughput::Bytes(size as u64));
        group.bench_function(BenchmarkId::new(protocol.name(), size), |b| {
            b.iter(|| {
                client.request(Request {
                    id: 1,
                    work: None,
                    reply_size: size as u32,
                    payload: &payload[..],
                });
                let n = copy(client.pending(), server.spare());
                client.sent(n);
                server.received(n);
                let n = copy(server.pending(), client.spare());
                server.sent(n);
                client.received(n);
                client
                    .reply()
                    .expect("our server answers correctly")
                    .expect("the reply is complete")
            });
        });
    }
    group.finish();
}

fn copy(from: &[u8], to: &mut [u8]) -> usize {
    to[..from.len()].copy_from_slice(from);
    from.len()
}

/// One encoded request of `size` payload bytes.
fn encode(protocol: Protocol, size: usize) -> Vec<u8> {
    let payload = vec![0xa5; size];
    let mut client = ClientSession::new(protocol, Limits::default(), true);
    client.request(Request {
        id: 1,
        work: None,
        reply_size: size as u32,
        payload,
    });
    client.pending().to_vec()
}

criterion_group!(benches, frame, server, replies, round_trip);
criterion_main!(benches);
