//! Reads arbitrary text as a file of scenarios, and makes the loads of each.

#![no_main]

use libfuzzer_sys::fuzz_target;
use loadgen::limits;
use record::plan::Recipe;

fuzz_target!(|text: &str| {
    let Ok(recipes) = Recipe::parse("a file", text) else {
        return;
    };
    for recipe in recipes {
        let _ = recipe.scenario();
        for load in recipe.loads(64).unwrap_or_default() {
            assert!(load.connections <= limits::CONNECTIONS);
            let _ = (load.label(), load.datagram_obstacle());
        }
    }
});
