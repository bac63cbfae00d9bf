//! The engine's own promises: what a request costs in memory.

use std::io::{Read as _, Write as _};
use std::net::TcpListener;
use std::thread;

use super::*;

/// Allocations of a worker that asks so many requests.
fn allocations(requests: u64) -> u64 {
    let listener = TcpListener::bind("127.0.0.1:0").expect("loopback has a free port");
    let address = listener.local_addr().expect("the listener is bound");
    let echo = thread::spawn(move || {
        let (mut stream, _) = listener.accept().unwrap();
        let mut buffer = [0; 4096];
        while let Ok(n @ 1..) = stream.read(&mut buffer) {
            stream.write_all(&buffer[..n]).unwrap();
        }
    });
    let mut load = Load::on(address.to_string().parse().unwrap());
    (load.classes[0].connections, load.requests) = (1, Some(requests));
    load.warmup = Duration::ZERO;
    let start = Instant::now();
    let manners = load.manners();
    let latest = start + Duration::from_secs(9);
    let gate = Arc::new(Gate::new(1, latest, Duration::ZERO, false));
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
    count.count_total
}

#[test]
fn a_longer_run_allocates_no_more_than_a_short_one() {
    let short = allocations(500);
    assert!(allocations(5000) <= short);
}
