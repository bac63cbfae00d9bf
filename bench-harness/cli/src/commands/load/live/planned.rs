//! What a live view knows of a run before it begins: its description, and how long its phases take.

use std::time::Duration;

use loadgen::{Load, Phase};

/// A run as it is planned.
#[derive(Clone, Debug, Default)]
pub struct Planned {
    /// Description of the load.
    pub load: String,
    /// Worker threads of all processes.
    pub workers: usize,
    warm_up: Duration,
    /// The window; `None` if a number of requests ends the run, or orders on stdin do.
    window: Option<Duration>,
}

impl Planned {
    /// The plan of this load.
    pub fn of(load: &Load) -> Self {
        let (_, processes) = load.process;
        Self {
            load: load.to_string(),
            workers: (load.threads * processes).max(1),
            warm_up: load.warmup,
            window: load.requests.is_none().then_some(load.duration),
        }
    }

    /// A run of these times, of one worker.
    #[cfg(test)]
    pub fn example(load: &str, warm_up: u64, window: u64) -> Self {
        Self {
            load: load.to_owned(),
            workers: 1,
            warm_up: Duration::from_secs(warm_up),
            window: Some(Duration::from_secs(window)),
        }
    }

    /// The time that is left when a phase has lasted this long; `None` if it is not known.
    pub fn left(&self, phase: Phase, lasted: Duration) -> Option<Duration> {
        let window = self.window?;
        match phase {
            // The server decides how long connecting takes.
            Phase::Connecting => None,
            Phase::WarmingUp => Some((self.warm_up + window).saturating_sub(lasted)),
            Phase::Measuring => Some(window.saturating_sub(lasted)),
            Phase::Over => Some(Duration::ZERO),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_time_left_is_known_as_soon_as_all_clients_are_connected() {
        let planned = Planned::example("echo", 1, 10);
        let left = |phase, seconds| planned.left(phase, Duration::from_secs(seconds));
        assert_eq!(left(Phase::Connecting, 3), None);
        assert_eq!(left(Phase::WarmingUp, 0), Some(Duration::from_secs(11)));
        assert_eq!(left(Phase::Measuring, 4), Some(Duration::from_secs(6)));
        assert_eq!(left(Phase::Measuring, 40), Some(Duration::ZERO));
        let until_done = Planned {
            window: None,
            ..planned
        };
        assert_eq!(until_done.left(Phase::Measuring, Duration::ZERO), None);
    }
}
