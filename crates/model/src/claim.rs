//! What a model claims about itself, in sentences that a comparison can test.

use serde::Serialize;

/// A sentence about a model that a comparison can test on any machine.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Claim {
    /// The sentence.
    pub says: &'static str,
    /// Name of the scenario that tests it, such as `ladder` or `idle`.
    pub scenario: &'static str,
    /// Name of the figure, such as `cpu` (microseconds per request) or `memory` (KiB). With `_per_connection` after it:
    /// the figure's slope over the connections of the scenario.
    pub metric: &'static str,
    /// What the figure must do for the claim to hold.
    pub expect: Expect,
}

/// What a figure does over the steps of a scenario.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Expect {
    /// At the last step it is within this factor of the first step, up or down.
    Flat {
        /// The factor, above 1.
        within: f64,
    },
    /// At the last step it is at least `by` times that of the first step.
    Grows {
        /// The factor.
        by: f64,
    },
    /// At every step it is at most this.
    AtMost(f64),
    /// At every step it is at least this.
    AtLeast(f64),
}

/// Claims that several models make.
impl Claim {
    /// For models with one thread.
    pub const ONE_THREAD: Self = Self {
        says: "One thread, however many clients there are.",
        scenario: "ladder",
        metric: "threads",
        expect: Expect::AtMost(1.0),
    };
    /// For models that start all their threads, or processes, in advance.
    pub const FIXED_THREADS: Self = Self {
        says: "The number of threads does not depend on the number of clients.",
        scenario: "ladder",
        metric: "threads",
        expect: Expect::Flat { within: 1.01 },
    };
    /// For models with one thread per conversation: each request wakes the thread that waits for it.
    pub const A_SWITCH_A_REQUEST: Self = Self {
        says: "A request costs about one context switch: its thread sleeps until it comes.",
        scenario: "ladder",
        metric: "voluntary",
        expect: Expect::AtLeast(0.8),
    };
    /// For models in which a silent client takes no CPU time.
    pub const IDLE_CLIENTS_ARE_FREE: Self = Self {
        says: "CPU time per request does not grow with the number of idle clients.",
        scenario: "idle",
        metric: "cpu",
        expect: Expect::Flat { within: 1.25 },
    };
    /// For models that look at silent clients too.
    pub const IDLE_CLIENTS_COST: Self = Self {
        says: "CPU time per request grows with the number of idle clients.",
        scenario: "idle",
        metric: "cpu",
        expect: Expect::Grows { by: 1.5 },
    };
    /// For models in which a client needs a socket, a session and little else.
    pub const SMALL_CONNECTIONS: Self = Self {
        says: "A connection costs less than 4 KiB, the kernel's tables and stacks included.",
        scenario: "ladder",
        metric: "whole_memory_per_connection",
        expect: Expect::AtMost(4.0),
    };
    /// For models that exchange operations and results with the kernel through memory, and call it only to wait.
    pub const TWO_SYSTEM_CALLS: Self = Self {
        says: "A request takes at most two system calls: one to wait for it, and one for its reply.",
        scenario: "ladder",
        metric: "system_calls",
        expect: Expect::AtMost(2.1),
    };
    /// For models that do long work where no other client waits for it.
    pub const LIGHT_REQUESTS_GO_AHEAD: Self = Self {
        says: "Light requests do not wait for heavy ones: their p99 stays below 10 ms while others compute for 20 ms.",
        scenario: "work",
        metric: "first_class_p99",
        expect: Expect::AtMost(10e6),
    };
    /// For models that do long work in their only loop.
    pub const LIGHT_REQUESTS_WAIT: Self = Self {
        says: "Light requests wait for heavy ones: their p99 is above 10 ms while others compute for 20 ms.",
        scenario: "work",
        metric: "first_class_p99",
        expect: Expect::AtLeast(10e6),
    };
}
