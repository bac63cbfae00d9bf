//! Suspects that the server died in the run.
//!
//! A server that closes its connections may be alive. So the generator asks once more, after the run, whether any server
//! listens (`probe`).

use crate::outcome::Outcome;

/// True if all connections were lost, or datagrams were refused after replies.
pub fn is_suspected(outcome: &Outcome) -> bool {
    let connections = &outcome.connections;
    let lost = connections.open_at_end == 0 || outcome.datagrams.is_some();
    let quota = outcome
        .load
        .requests
        .is_some_and(|quota| outcome.requests >= quota);
    let served = outcome.fairness.never_served < outcome.fairness.clients;
    lost && served && !quota && !outcome.interrupted && !outcome.errors.is_empty()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_loss_of_all_connections_is_suspicious() {
        let mut outcome = Outcome::default();
        outcome.fairness.clients = 1;
        assert!(!is_suspected(&outcome), "no error");
        outcome.errors.insert("reset".to_owned(), 1);
        assert!(is_suspected(&outcome));
        outcome.connections.open_at_end = 1;
        assert!(!is_suspected(&outcome), "one is left");
        outcome.connections.open_at_end = 0;
        outcome.interrupted = true;
        assert!(!is_suspected(&outcome), "the user ended it");
        outcome.interrupted = false;
        outcome.fairness.never_served = 1;
        assert!(!is_suspected(&outcome), "there was none before");
    }
}
