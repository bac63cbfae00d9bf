//! Reads arbitrary bytes as a stored plan. A plan without a mistake can be numbered and timed.

#![no_main]

use libfuzzer_sys::fuzz_target;
use record::plan::{LoadId, Plan};

fuzz_target!(|document: &[u8]| {
    let Ok(plan) = serde_json::from_slice::<Plan>(document) else {
        return;
    };
    if plan.mistake().is_some() {
        return;
    }
    let _ = (plan.expected(), plan.share_under_load());
    for trial in plan.trials() {
        let _ = plan.expected_trial(trial);
    }
    for load in LoadId::all(&plan.loads) {
        let _ = (plan.slicing(load, None), plan.loads[load].label());
        let _ = plan.loads[load].generated(1.0).check();
    }
    for sitting in 0..plan.sittings.len() {
        let _ = plan.round_order(sitting, 0);
    }
});
