//! The results of one slice: one contiguous measurement of a load whose clients stay connected between slices.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::outcome::class::Censored;
use crate::outcome::latency::Latency;

/// The results of one slice.
///
/// ```text
///   at ── settle ──▶ window ──────────────▶ drain ──────────▶ pause until the next slice
///                    requests are counted   nothing new is    does not exist for clients
///                                           sent
/// ```
///
/// Requests and latencies are those of the honest classes (of all classes if none is honest). Durations are in seconds if
/// the name ends in `_s`.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default)]
pub struct SliceOutcome {
    /// Real duration of the window.
    pub window_s: f64,
    /// Replies that came in the window.
    pub requests: u64,
    /// Requests that the schedule called for in the window; in a closed loop, requests sent.
    pub offered: u64,
    /// Response time from the intended time: of replies in the window and in the drain, and of censored requests. Its
    /// histogram has two digits.
    pub response: Latency,
    /// Service time from the send: of replies in the window and in the drain, and of censored requests. Figures only.
    pub service: Latency,
    /// Lag of the generator from the due time of a request in the window. Figures only.
    #[serde(skip_serializing_if = "Latency::is_empty")]
    pub lag: Latency,
    /// Requests without a reply at the end of the drain, with their waits until then. Pending ones keep waiting in the next
    /// slice; unsent ones are dropped, so that each slice begins with an empty queue.
    #[serde(skip_serializing_if = "Censored::is_empty")]
    pub censored: Censored,
    /// Replies of all classes from the beginning of the slice to the end of the drain, settle time included.
    pub answered: u64,
    /// Clients that send requests.
    pub clients: u64,
    /// Clients without any reply so far, in all slices.
    pub never_served: u64,
    /// Errors of all kinds in this slice.
    pub errors: u64,
    /// Wrong replies in this slice.
    pub mismatched: u64,
    /// Connections that the server closed or reset in this slice.
    pub lost_connections: u64,
    /// CPU time of the generator in the window.
    pub cpu_s: f64,
    /// Time in the window in which the generator was ready to run but waited for a CPU; `None` if the kernel does not report
    /// it.
    pub run_queue_delay_s: Option<f64>,
    /// Requests in flight, integrated over the window. Divided by [`window_s`](Self::window_s) it is their mean number.
    pub busy_s: f64,
    /// Delay of the beginning: from the ordered moment to the moment at which the generator woke up.
    pub late_s: f64,
    /// Duration of the drain.
    pub drain_s: f64,
    /// Datagrams without a reply within the reply timeout, in the window and in the drain.
    pub datagrams_lost: u64,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_slice_survives_json_on_one_line() {
        let slice = SliceOutcome {
            window_s: 0.05,
            requests: 7,
            run_queue_delay_s: Some(0.001),
            ..SliceOutcome::default()
        };
        let json = serde_json::to_string(&slice).unwrap();
        assert!(!json.contains('\n'));
        assert_eq!(serde_json::from_str::<SliceOutcome>(&json).unwrap(), slice);
    }
}
