//! Reads arbitrary text as a load file: a load or an error, and a load that passes its check keeps its bounds.

#![no_main]

use libfuzzer_sys::fuzz_target;
use loadgen::{Load, limits};

fuzz_target!(|text: &str| {
    let Ok(load) = text.parse::<Load>() else {
        return;
    };
    if load.check().is_ok() {
        assert!((1..=limits::CONNECTIONS).contains(&load.connections()));
        // Slices ask for more; the error is right, too.
        let _ = load.check_for_slices();
    }
    let _ = load.to_string();
    let written = serde_json::to_string(&load).expect("a load can be written");
    let again: Load = written
        .parse()
        .expect("a load that was written can be read");
    assert_eq!(again.connections(), load.connections());
});
