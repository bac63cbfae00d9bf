//! The error of a generator process that ended without an outcome.

use std::process::ExitStatus;

use measure::process::describe_exit;
use thiserror::Error;

/// A generator process ended without an outcome.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[error("{words}")]
pub struct PartFailed {
    words: String,
    code: Option<i32>,
}

impl PartFailed {
    /// True if the part exited because of wrong use.
    pub fn is_wrong_use(&self) -> bool {
        self.code == Some(2)
    }

    /// The failure of a part with this status, from its own error text if it wrote one.
    pub fn new(status: ExitStatus, stderr: &str, stopping: bool) -> Self {
        let error = stderr.trim().trim_start_matches("echolab: ");
        let words = if !error.is_empty() {
            error.to_owned()
        } else if stopping {
            "stopped before all generator processes had begun; start it again for figures"
                .to_owned()
        } else {
            let how = describe_exit(status);
            format!(
                "a generator process {how} without an outcome, and the others were stopped; start it again, with fewer --processes if memory is short"
            )
        };
        let code = status.code();
        Self { words, code }
    }
}

#[cfg(test)]
mod tests {
    use std::os::unix::process::ExitStatusExt as _;

    use super::*;

    #[test]
    fn a_failed_part_is_reported_in_its_own_words_or_with_its_signal() {
        let explained = PartFailed::new(ExitStatus::from_raw(2 << 8), "echolab: no room\n", false);
        assert!(explained.is_wrong_use());
        assert_eq!(explained.to_string(), "no room");
        let killed = PartFailed::new(ExitStatus::from_raw(9), "", false);
        assert!(!killed.is_wrong_use());
        let words = killed.to_string();
        assert!(words.contains("was killed by SIGKILL") && words.contains("fewer --processes"));
        let stopped = PartFailed::new(ExitStatus::from_raw(15), "", true);
        assert!(stopped.to_string().contains("start it again"), "{stopped}");
    }
}
