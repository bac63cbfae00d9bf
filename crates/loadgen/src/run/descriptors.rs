//! Makes sure, before a run begins, that every connection can have a descriptor.

use nix::sys::resource::{Resource, getrlimit, setrlimit};

use crate::plan::error::LoadError;

/// Descriptors beside the connections: standard streams, files being read, and room for what the caller has open.
const OTHERS: u64 = 32;

/// What each worker needs for itself: its epoll instance and its alarm.
const A_WORKER: u64 = 2;

/// Raises the soft limit to the hard limit and checks that it is enough.
///
/// # Errors
/// More connections than this process may open descriptors.
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

/// Descriptors that so many connections and workers need.
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
            error.contains("20036 descriptors are needed but this process may open 20000"),
            "{error}"
        );
        assert!(error.contains("ulimit -Hn 20036"), "{error}");
    }
}
