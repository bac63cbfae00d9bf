//! Reads arbitrary bytes as a row of `trials.jsonl`, as the report does.

#![no_main]

use libfuzzer_sys::fuzz_target;
use record::sample::Sample;
use record::store::row;

fuzz_target!(|line: &[u8]| {
    let mut light = Vec::new();
    for sample in [row(line, &mut light), serde_json::from_slice(line).ok()] {
        let Some(sample): Option<Sample> = sample else {
            continue;
        };
        let _ = (sample.disturbed(), sample.spins(), sample.lean());
        let outcome = sample.outcome.as_ref();
        let _ = outcome.map(|outcome| outcome.response.histogram());
    }
});
