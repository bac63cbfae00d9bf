//! CPU time that a run may use, and CPU time that others took: the quota of a cgroup, and the steal time of a machine.

use serde::{Deserialize, Serialize};

/// Share of stolen CPU time from which a report warns. Below it, no figure of a run changes visibly.
const SEEN: f64 = 0.001;

/// The number of CPUs that a cgroup may use: its quota of CPU time in each period, divided by the period.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum CpuQuota {
    /// All of them.
    Unlimited,
    /// This number.
    Cpus(f64),
}

/// CPU time of all CPUs of a machine, in ticks of the kernel (usually 10 ms).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct MachineTime {
    /// Time that other machines on the same hardware took (steal).
    pub stolen: u64,
    /// All time, idle time included.
    pub all: u64,
}

impl CpuQuota {
    /// The number of CPUs, if it is below this number.
    pub fn below(self, cpus: usize) -> Option<f64> {
        match self {
            Self::Unlimited => None,
            Self::Cpus(quota) => (quota < cpus as f64).then_some(quota),
        }
    }
}

impl MachineTime {
    /// The time since an earlier reading.
    #[must_use]
    pub const fn since(self, earlier: Self) -> Self {
        Self {
            stolen: self.stolen.saturating_sub(earlier.stolen),
            all: self.all.saturating_sub(earlier.all),
        }
    }

    /// The time of both spans together.
    #[must_use]
    pub const fn plus(self, other: Self) -> Self {
        Self {
            stolen: self.stolen + other.stolen,
            all: self.all + other.all,
        }
    }

    /// The stolen share; `None` if no time has passed.
    pub fn stolen_share(self) -> Option<f64> {
        (self.all > 0).then(|| self.stolen as f64 / self.all as f64)
    }

    /// The stolen share, if it is large enough to matter.
    pub fn visible_steal(self) -> Option<f64> {
        self.stolen_share().filter(|&share| share >= SEEN)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_quota_is_a_limit_only_below_the_number_of_cpus() {
        assert_eq!(CpuQuota::Unlimited.below(2), None);
        assert_eq!(CpuQuota::Cpus(2.0).below(2), None);
        assert_eq!(CpuQuota::Cpus(1.5).below(2), Some(1.5));
    }

    #[test]
    fn steal_is_seen_from_a_thousandth_of_all_time() {
        let time = |stolen, all| MachineTime { stolen, all };
        assert_eq!(time(0, 0).stolen_share(), None);
        assert_eq!(time(9, 10_000).visible_steal(), None);
        assert_eq!(time(10, 10_000).visible_steal(), Some(0.001));
        let span = time(30, 5_000).since(time(20, 1_000));
        assert_eq!(span, time(10, 4_000));
        assert_eq!(span.plus(time(1, 1_000)), time(11, 5_000));
    }
}
