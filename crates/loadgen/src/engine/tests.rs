//! Tests of the memory that requests and connections cost.

use std::io::{Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::thread;
use std::time::{Duration, Instant};

use allocation_counter::AllocationInfo;

use super::work;
use crate::conversation::manner::Manner;
use crate::engine::shared::Shared;
use crate::notes::progress::Progress;
use crate::plan::load::Load;
use crate::timing::gate::Gate;

/// Counts the allocations of a worker with this many connections and requests.
fn allocations(connections: usize, requests: u64) -> AllocationInfo {
    let listener = TcpListener::bind("127.0.0.1:0").expect("loopback has a free port");
    let address = listener.local_addr().expect("the listener is bound");
    let echo = thread::spawn(move || {
        let clients = listener.incoming().take(connections).map(Result::unwrap);
        let echoes = clients.map(|client| thread::spawn(move || echo(client)));
        let echoes: Vec<_> = echoes.collect();
        for echo in echoes {
            echo.join().unwrap();
        }
    });
    let mut load = Load::on(address.to_string().parse().unwrap());
    (load.classes[0].connections, load.requests) = (connections, Some(requests));
    load.warmup = Duration::ZERO;
    let start = Instant::now();
    let manners = Manner::all(&load);
    let latest = start + Duration::from_secs(9);
    let gate = Arc::new(Gate::new(connections, latest, Duration::ZERO, false));
    let shared = Shared {
        load: &load,
        manners: &manners,
        stop: &AtomicBool::new(false),
        progress: &Progress::new(1, Arc::clone(&gate)),
        start,
        gate,
    };
    let count = allocation_counter::measure(|| {
        let report = work(&shared, 0, &mut |_| {}).unwrap();
        assert_eq!(report.groups[0].recorder.window.requests, requests);
    });
    echo.join().unwrap();
    count
}

fn echo(mut stream: TcpStream) {
    let mut buffer = [0; 4096];
    while let Ok(n @ 1..) = stream.read(&mut buffer) {
        stream.write_all(&buffer[..n]).unwrap();
    }
}

#[test]
fn requests_allocate_nothing() {
    let (short, long) = (allocations(1, 500), allocations(1, 5000));
    // Some allocations happen once, at first use, and may fall into one run only. If each of the 4,500 further requests, or
    // one in a hundred, allocated, there would be far more.
    let further = long.count_total.saturating_sub(short.count_total);
    let bytes = long.bytes_max.saturating_sub(short.bytes_max);
    assert!(further < 20 && bytes < 20 << 10, "{short:?} {long:?}");
}

#[test]
fn a_connection_costs_at_most_a_kibibyte_of_memory() {
    let (few, many) = (allocations(10, 1000), allocations(110, 1000));
    let each = (many.bytes_max - few.bytes_max) / 100;
    assert!(each <= 1024, "{each} bytes a connection");
}
