//! Parses the option `--pin`, and pins threads to CPUs.

use std::str::FromStr;

use nix::sched::{CpuSet, sched_getaffinity, sched_setaffinity};
use nix::unistd::Pid;
use record::pinning::{Pinning, list};
use thiserror::Error;

/// The value of `--pin`: `auto`, `off`, or two lists of CPUs such as `0-1/2,3`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Pin {
    /// Half of the CPUs for the server, half for the generator.
    #[default]
    Auto,
    /// Both may run on all CPUs.
    Off,
    /// The CPUs of the server, and those of the generator.
    On(Vec<usize>, Vec<usize>),
}

/// The value of `--pin` is wrong.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum PinError {
    /// The syntax is wrong.
    #[error(
        "`{0}` is not a value of --pin; write auto, off, or the CPUs of the server and of the generator, for example 0/1 or 0-1/2,3"
    )]
    Text(String),
    /// A CPU is in both lists.
    #[error(
        "CPU {0} is given to both server and generator; give each its own CPUs, or use --pin off"
    )]
    Both(usize),
    /// This process may not use a CPU.
    #[error(
        "CPU {cpu} does not exist or is not allowed; choose from {}",
        list(allowed)
    )]
    NotAllowed {
        /// The CPU.
        cpu: usize,
        /// The CPUs that this process may use.
        allowed: Vec<usize>,
    },
}

impl FromStr for Pin {
    type Err = PinError;

    fn from_str(text: &str) -> Result<Self, PinError> {
        match text {
            "auto" => return Ok(Self::Auto),
            "off" => return Ok(Self::Off),
            _ => {}
        }
        let lists = text.split_once('/');
        let (server, generator) = lists
            .and_then(|(server, generator)| Some((cpu_list(server)?, cpu_list(generator)?)))
            .ok_or_else(|| PinError::Text(text.to_owned()))?;
        match server.iter().find(|cpu| generator.contains(cpu)) {
            Some(&cpu) => Err(PinError::Both(cpu)),
            None => Ok(Self::On(server, generator)),
        }
    }
}

impl Pin {
    /// The pinning, if this process may use these CPUs.
    ///
    /// # Errors
    /// The value names a CPU that is not allowed.
    pub fn on(&self, allowed: &[usize]) -> Result<Pinning, PinError> {
        match self {
            Self::Auto => Ok(Pinning::halves(allowed)),
            Self::Off => Ok(Pinning::Off),
            Self::On(server, generator) => {
                let mut chosen = server.iter().chain(generator);
                if let Some(&cpu) = chosen.find(|cpu| !allowed.contains(cpu)) {
                    let allowed = allowed.to_vec();
                    return Err(PinError::NotAllowed { cpu, allowed });
                }
                Ok(Pinning::Disjoint {
                    server: server.clone(),
                    generator: generator.clone(),
                })
            }
        }
    }
}

/// Parses a list of CPUs in the form of the kernel: `0-1,3`. `None` if it is no such list, or a number is not below
/// [`CpuSet::count`].
fn cpu_list(text: &str) -> Option<Vec<usize>> {
    let mut cpus = Vec::new();
    for part in text.split(',') {
        let (first, last) = part.split_once('-').unwrap_or((part, part));
        let (first, last): (usize, usize) = (first.trim().parse().ok()?, last.trim().parse().ok()?);
        if first > last || last >= CpuSet::count() {
            return None;
        }
        cpus.extend(first..=last);
    }
    cpus.sort_unstable();
    cpus.dedup();
    Some(cpus)
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

/// Pins the calling thread, and all threads and processes that it starts later. It makes one system call, so it may be
/// called between `fork` and `exec`.
///
/// # Errors
/// None of the CPUs exists and is allowed.
pub fn confine(set: &CpuSet) -> nix::Result<()> {
    sched_setaffinity(Pid::from_raw(0), set)
}

/// Keeps the calling thread on some CPUs until it is dropped.
#[derive(Debug)]
pub struct Confined {
    before: CpuSet,
}

impl Confined {
    /// Keeps the calling thread on these CPUs. `None` if there are none, or if the kernel refuses: the thread then stays where
    /// it is, which only costs precision.
    pub fn to(cpus: Option<&[usize]>) -> Option<Self> {
        let before = sched_getaffinity(Pid::from_raw(0)).ok()?;
        confine(&set(cpus?).ok()?).ok()?;
        Some(Self { before })
    }
}

impl Drop for Confined {
    fn drop(&mut self) {
        // The thread could use these CPUs before, so the kernel refuses only if they have gone.
        let _ = confine(&self.before);
    }
}

/// These CPUs as a set for the kernel.
///
/// # Errors
/// A number is not below [`CpuSet::count`].
pub fn set(cpus: &[usize]) -> nix::Result<CpuSet> {
    let mut set = CpuSet::new();
    cpus.iter().try_for_each(|&cpu| set.set(cpu))?;
    Ok(set)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_confined_thread_gets_its_cpus_back() {
        let all = allowed();
        let confined = Confined::to(Some(&all[..1]));
        assert_eq!(allowed(), all[..1]);
        drop(confined);
        assert_eq!(allowed(), all);
    }

    #[test]
    fn two_lists_choose_the_cpus() {
        let pin: Pin = "0-1,4/2,3".parse().unwrap();
        let pinning = pin.on(&[0, 1, 2, 3, 4]).unwrap();
        assert_eq!(pinning.server(), Some(&[0, 1, 4][..]));
        assert_eq!(pinning.generator(), Some(&[2, 3][..]));
        assert_eq!("off".parse::<Pin>().unwrap().on(&[0, 1]), Ok(Pinning::Off));
        let halves = Pinning::halves(&[0, 1]);
        assert_eq!("auto".parse::<Pin>().unwrap().on(&[0, 1]), Ok(halves));
    }

    #[test]
    fn a_wrong_value_is_refused_with_a_remedy() {
        for text in ["", "0", "0/", "a/b", "1-0/2", "0/999999", "0//1"] {
            let error = text.parse::<Pin>().unwrap_err().to_string();
            assert!(error.ends_with("for example 0/1 or 0-1/2,3"), "{error}");
        }
        let both = "0-1/1".parse::<Pin>().unwrap_err().to_string();
        assert!(both.starts_with("CPU 1 is given to both"), "{both}");
        let absent = "0/7".parse::<Pin>().unwrap().on(&[0, 1]).unwrap_err();
        assert!(absent.to_string().ends_with("choose from 0, 1"), "{absent}");
    }
}
