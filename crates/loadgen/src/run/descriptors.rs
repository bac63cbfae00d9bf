//! Ensures before a run that there are enough file descriptors.

use nix::sys::resource::{Resource, getrlimit, setrlimit};

use crate::plan::error::LoadError;

/// Descriptors besides the connections: standard streams, open files, and spare ones for the caller.
const OTHERS: u64 = 32;

/// Descriptors of each worker: its epoll instance and its timer.
const A_WORKER: u64 = 2;

/// Raises the soft limit to the hard limit and checks that it is enough.
///
/// # Errors
/// There are more connections than descriptors that this process may open.
pub fn provide(connections: usize, workers: usize) -> Result<(), LoadError> {
    let Ok((soft, hard)) = getrlimit(Resource::RLIMIT_NOFILE) else {
        return Ok(());
    };
    enough(connections, workers, hard)?;
    if soft < hard {
        setrlimit(Resource::RLIMIT_NOFILE, hard, hard).map_err(std::io::Error::from)?;
    }
    Ok(())
}

/// Number of descriptors that a load needs.
pub const fn needed(connections: usize, workers: usize) -> u64 {
    (connections as u64).saturating_add(workers as u64 * A_WORKER + OTHERS)
}

fn enough(connections: usize, workers: usize, allowed: u64) -> Result<(), LoadError> {
    let needed = needed(connections, workers);
    if needed > allowed {
        return Err(LoadError::Descriptors { needed, allowed });
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn more_connections_than_descriptors_are_refused_with_a_remedy() {
        enough(19_000, 2, 20_000).unwrap();
        let error = enough(20_000, 2, 20_000).unwrap_err().to_string();
        assert!(
            error.contains("needs 20036 file descriptors, but this process may open 20000"),
            "{error}"
        );
        assert!(error.contains("ulimit -Hn 20036"), "{error}");
    }
}
