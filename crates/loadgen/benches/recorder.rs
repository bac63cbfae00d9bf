//! The cost of recording one reply: two histograms and three counters.

use std::hint::black_box;
use std::time::Duration;

use criterion::{Criterion, criterion_group, criterion_main};
use loadgen::{Answer, Recorder};

fn record(c: &mut Criterion) {
    // Realistic times: most near half a millisecond, some far out.
    let answers: Vec<_> = (0_u64..1024)
        .map(|i| {
            let nanos = 500_000 + (i * 7919) % 100_000 + if i % 100 == 0 { 20_000_000 } else { 0 };
            Answer {
                response: Duration::from_nanos(nanos),
                service: Duration::from_nanos(nanos - 1_000),
                first: false,
            }
        })
        .collect();
    let mut recorder = Recorder::new();
    let mut next = answers.iter().cycle();
    c.bench_function("record one reply", |b| {
        b.iter(|| {
            if let Some(answer) = next.next() {
                recorder.record_reply(black_box(answer));
            }
        });
    });
}

criterion_group!(benches, record);
criterion_main!(benches);
