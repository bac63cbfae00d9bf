//! The CPUs of the server and of the generator: disjoint sets, so that neither takes time from the other.

use serde::{Deserialize, Serialize};

/// The CPUs of the server and of the generator.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "kebab-case")]
pub enum Pinning {
    /// Both may run on all CPUs.
    #[default]
    Off,
    /// They run on disjoint sets of CPUs.
    Disjoint {
        /// CPUs of the server.
        server: Vec<usize>,
        /// CPUs of the generator.
        generator: Vec<usize>,
    },
}

/// The CPUs as a list for a sentence.
pub fn list(cpus: &[usize]) -> String {
    let cpus: Vec<_> = cpus.iter().map(usize::to_string).collect();
    cpus.join(", ")
}

impl Pinning {
    /// The first half of the CPUs for the server, the second half for the generator; off if there is only one CPU.
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

    /// The CPUs of the server; `None` if it is not pinned.
    pub fn server(&self) -> Option<&[usize]> {
        match self {
            Self::Off => None,
            Self::Disjoint { server, .. } => Some(server),
        }
    }

    /// The CPUs of the generator; `None` if it is not pinned.
    pub fn generator(&self) -> Option<&[usize]> {
        match self {
            Self::Off => None,
            Self::Disjoint { generator, .. } => Some(generator),
        }
    }

    /// The pinning in words.
    pub fn sentence(&self) -> String {
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
