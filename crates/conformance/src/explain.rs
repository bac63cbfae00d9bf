//! What the servers of a failed case did: it may have failed because one of them was gone.

use std::cell::RefCell;
use std::fmt::Write as _;
use std::process::ExitStatus;
use std::time::Duration;

use crate::finding::Checked;
use crate::server::Server;
use crate::texts::Symptom;
use crate::watch::within;

/// Part of the message if the server panicked while its case failed.
pub const PANICKED: &str = "the server panicked";
/// Part of the message if the server ended without a stop while its case failed.
pub const ENDED: &str = "the server ended by itself";

/// Time that a server gets to end by itself, after its case has failed.
const END_WITHIN: Duration = Duration::from_secs(1);

/// What a server did while its case failed.
struct Explanation {
    died: bool,
    text: String,
}

thread_local! {
    /// The servers that did not end as their case expects, in the thread of the case. They are dropped before the case
    /// returns its finding.
    static UNFINISHED: RefCell<Vec<Explanation>> = const { RefCell::new(Vec::new()) };
}

/// Runs a case, and adds to its finding what its servers did meanwhile.
pub(crate) fn explained(case: impl FnOnce() -> Checked) -> Checked {
    UNFINISHED.take();
    let result = case();
    let unfinished = UNFINISHED.take();
    result.map_err(|mut finding| {
        if unfinished.iter().any(|server| server.died) {
            finding.symptom = Some(Symptom::Died);
        }
        let texts = finding.server.take().into_iter();
        let texts = texts.chain(unfinished.into_iter().map(|server| server.text));
        let text = texts.collect::<Vec<_>>().join("\n");
        finding.server = (!text.is_empty()).then_some(text);
        finding
    })
}

impl Server<'_> {
    /// What the server did while its case failed: it may have failed because the server was gone.
    fn explain_failure(&self) -> Option<Explanation> {
        let process = self.process.as_ref()?;
        let (stopped, killed) = (self.stopped.get(), self.killed.get());
        let patience = if stopped || killed {
            Duration::ZERO
        } else {
            END_WITHIN
        };
        within(patience, || process.borrow_mut().exited().is_some());
        let complaints = self.complaints();
        let mut text = String::new();
        let protocol = &self.options.protocol;
        let (server, colon) = match self.subject.described() {
            Some(about) => (format!("`{}` ({protocol})", about.name), ": "),
            None => (String::new(), ""),
        };
        let writer = if server.is_empty() {
            "the server"
        } else {
            &server
        };
        if !complaints.is_empty() {
            let _ = writeln!(
                text,
                "{writer} wrote to standard error:\n{}",
                complaints.trim_end()
            );
        }
        if complaints.contains("panicked at") {
            let _ = writeln!(text, "{server}{colon}{PANICKED}");
        }
        let as_asked = |exit: &ExitStatus| {
            killed || stopped && (exit.success() || !self.subject.keeps_contract())
        };
        let exit = process.borrow_mut().exited().filter(|exit| !as_asked(exit));
        if let Some(exit) = exit {
            let _ = writeln!(text, "{server}{colon}{ENDED}: {exit}");
        }
        (!text.is_empty()).then(|| Explanation {
            died: exit.is_some(),
            text: text.trim_end().to_owned(),
        })
    }
}

impl Drop for Server<'_> {
    fn drop(&mut self) {
        if !self.finished.get()
            && let Some(explanation) = self.explain_failure()
        {
            UNFINISHED.with_borrow_mut(|unfinished| unfinished.push(explanation));
        }
    }
}
