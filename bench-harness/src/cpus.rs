//! Decides which CPUs the server and the generator run on: disjoint halves, so that neither takes time from the other.

use nix::sched::{CpuSet, sched_getaffinity, sched_setaffinity};
use nix::unistd::Pid;
use serde::{Deserialize, Serialize};

/// Who runs where.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "kebab-case")]
pub enum Pinning {
    /// Everybody may run everywhere.
    #[default]
    Off,
    /// On disjoint sets of CPUs.
    Disjoint {
        /// CPUs of the server.
        server: Vec<usize>,
        /// CPUs of the generator.
        generator: Vec<usize>,
    },
}

impl Pinning {
    /// The first half of the CPUs for the server and the second for the generator; off where there is only one.
    pub fn halves(cpus: &[usize]) -> Self {
        if cpus.len() < 2 {
            return Self::Off;
        }
        let (server, generator) = cpus.split_at(cpus.len() / 2);
        Self::Disjoint {
            server: server.to_vec(),
            generator: generator.to_vec(),
        }
    }

    /// The CPUs of the server, where it is pinned.
    pub fn server(&self) -> Option<&[usize]> {
        match self {
            Self::Off => None,
            Self::Disjoint { server, .. } => Some(server),
        }
    }

    /// The CPUs of the generator, where it is pinned.
    pub fn generator(&self) -> Option<&[usize]> {
        match self {
            Self::Off => None,
            Self::Disjoint { generator, .. } => Some(generator),
        }
    }

    /// The choice in words.
    pub fn sentence(&self) -> String {
        let list = |cpus: &[usize]| {
            cpus.iter()
                .map(usize::to_string)
                .collect::<Vec<_>>()
                .join(", ")
        };
        match self {
            Self::Off => "server and generator share all CPUs".to_owned(),
            Self::Disjoint { server, generator } => {
                format!(
                    "server on CPU {}, generator on CPU {}",
                    list(server),
                    list(generator)
                )
            }
        }
    }
}

/// The CPUs that this process may use.
pub fn allowed() -> Vec<usize> {
    let Ok(set) = sched_getaffinity(Pid::from_raw(0)) else {
        return Vec::new();
    };
    (0..CpuSet::count())
        .filter(|&cpu| set.is_set(cpu).unwrap_or(false))
        .collect()
}

/// Confines the calling thread, and all that it starts from now on. One system call: it may be made after `fork`.
///
/// # Errors
/// One of the CPUs does not exist or is not allowed.
pub fn confine(set: &CpuSet) -> nix::Result<()> {
    sched_setaffinity(Pid::from_raw(0), set)
}

/// These CPUs as the kernel wants them.
///
/// # Errors
/// A number is larger than any CPU's.
pub fn set(cpus: &[usize]) -> nix::Result<CpuSet> {
    let mut set = CpuSet::new();
    cpus.iter().try_for_each(|&cpu| set.set(cpu))?;
    Ok(set)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn server_and_generator_get_half_each() {
        let pinning = Pinning::halves(&[0, 2, 5]);
        assert_eq!(pinning.server(), Some(&[0][..]));
        assert_eq!(pinning.generator(), Some(&[2, 5][..]));
        assert_eq!(pinning.sentence(), "server on CPU 0, generator on CPU 2, 5");
    }

    #[test]
    fn one_cpu_is_shared() {
        assert_eq!(Pinning::halves(&[3]), Pinning::Off);
    }
}
