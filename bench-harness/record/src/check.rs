//! What `echolab check` found out about a server: each case with its outcome, and the points.

use jiff::Timestamp;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// The document that `echolab check --json` prints.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Check {
    /// The version of this document: [`Check::SCHEMA`] when it was written.
    pub schema: u32,
    /// The version of the program.
    pub version: String,
    /// The time at which the first case began.
    pub began: Timestamp,
    /// Seconds from the begin of the first case to the end of the last one.
    pub seconds: f64,
    /// The server.
    pub server: Server,
    /// The command that checks this server again, without the choice of cases.
    pub command: String,
    /// The value of `--expect`, given or by default; absent for a model, which declares itself.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub expect: Option<String>,
    /// The factor of all timeouts: 1 on a machine that is as fast as the reference machine, more on a slower one.
    pub slowness: f64,
    /// Number of cases that ran at a time.
    pub jobs: usize,
    /// What all cases together say.
    pub verdict: Verdict,
    /// The numbers of cases by their outcomes.
    pub counts: Counts,
    /// The grade; absent without `--points`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub points: Option<Points>,
    /// The chosen cases in the order of the suite.
    pub cases: Vec<Case>,
}

/// The server that was checked.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "kind", rename_all = "kebab-case")]
pub enum Server {
    /// A model of EchoLab. Each case has started one of its own.
    Model {
        /// Its name.
        name: String,
    },
    /// A server that was running already.
    Address {
        /// The address, as `echolab load` reads it.
        address: String,
    },
    /// A command. Each case has started a server of its own.
    External {
        /// The command, with `{port}` in place of the port.
        command: String,
        /// True if it serves datagrams.
        datagrams: bool,
    },
}

/// What all cases together say.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Verdict {
    /// Every case that applies has passed: exit code 0.
    Passed,
    /// A case has failed, and none is unclear: exit code 1.
    Failed,
    /// Every chosen case is left out: exit code 2.
    NothingChecked,
    /// The machine was too disturbed to judge a case, whatever the others say: exit code 3.
    Unclear,
    /// The user stopped it before the last case: exit code 130.
    Stopped,
}

/// The numbers of cases by their outcomes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Counts {
    /// Cases that passed.
    pub passed: usize,
    /// Cases that failed.
    pub failed: usize,
    /// Cases that could not be judged.
    pub unclear: usize,
    /// Cases that build on a case that did not pass.
    pub not_tried: usize,
    /// Cases that do not apply to this server, or that this machine cannot run.
    pub left_out: usize,
}

/// The grade. Cases that are left out do not count. Cases that are not tried or unclear have reached nothing.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Points {
    /// The title in the file of points.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub title: Option<String>,
    /// The points of the cases that passed.
    pub reached: f64,
    /// The points of the cases that count.
    pub possible: f64,
    /// True if an unclear case, or one that was stopped, may still change the grade.
    pub preliminary: bool,
    /// Cases with points that do not count, because they are left out.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub left_out: Vec<String>,
    /// Cases with points that do not count, because the command did not choose them.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub not_chosen: Vec<String>,
}

/// A case and its outcome.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Case {
    /// Its name, as `--only` and `--points` have it.
    pub name: String,
    /// The name of its group.
    pub group: String,
    /// What it checks, in a sentence.
    pub sentence: String,
    /// How it ended.
    pub outcome: Outcome,
    /// Seconds that it took.
    pub seconds: f64,
    /// Why it is left out, not tried or unclear; absent otherwise.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub because: Option<String>,
    /// What went wrong; absent unless it failed or is unclear.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub finding: Option<Finding>,
    /// Points for passing; absent without `--points`, and if the file gives none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub points: Option<f64>,
}

/// How a case ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Outcome {
    /// The server does what the case checks.
    Passed,
    /// It does not.
    Failed,
    /// It did not, but the machine was too disturbed to blame the server.
    Unclear,
    /// A case that this one builds on did not pass, or the user stopped the command.
    NotTried,
    /// The case does not apply to this server, or this machine cannot run it.
    LeftOut,
}

impl Outcome {
    /// Its name on the terminal.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Passed => "pass",
            Self::Failed => "FAIL",
            Self::Unclear => "unclear",
            Self::NotTried => "not tried",
            Self::LeftOut => "left out",
        }
    }
}

/// What a case found wrong, with all that helps to mend it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Finding {
    /// What happened, in a sentence.
    pub what: String,
    /// The kind of trouble: `silence`, `reset`, `leaks` …; absent if it has no name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub symptom: Option<String>,
    /// What this usually means.
    pub means: String,
    /// The model whose page explains it.
    pub model: String,
    /// The page of that model in the repository of EchoLab.
    pub readme: String,
    /// Commands that show it, one a line.
    pub by_hand: String,
    /// What these commands show.
    pub shows: String,
    /// How the server ended, and what it wrote to stderr; absent if it is unknown.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub server: Option<String>,
    /// One more advice for this server and this choice of options.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub advice: Option<String>,
}

impl Check {
    /// The version of the document that this program writes.
    pub const SCHEMA: u32 = 1;
}

impl Counts {
    /// Counts the outcomes of these cases.
    pub fn of(cases: &[Case]) -> Self {
        let count = |outcome| cases.iter().filter(|case| case.outcome == outcome).count();
        Self {
            passed: count(Outcome::Passed),
            failed: count(Outcome::Failed),
            unclear: count(Outcome::Unclear),
            not_tried: count(Outcome::NotTried),
            left_out: count(Outcome::LeftOut),
        }
    }

    /// What they say together. `stopped` is true if the user stopped the command before the last case.
    pub const fn verdict(self, stopped: bool) -> Verdict {
        if stopped {
            Verdict::Stopped
        } else if self.unclear > 0 {
            Verdict::Unclear
        } else if self.failed + self.not_tried > 0 {
            Verdict::Failed
        } else if self.passed == 0 {
            Verdict::NothingChecked
        } else {
            Verdict::Passed
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_unclear_case_weighs_more_than_a_failed_one() {
        let counts = |passed, failed, unclear| Counts {
            passed,
            failed,
            unclear,
            ..Counts::default()
        };
        assert_eq!(counts(1, 0, 0).verdict(false), Verdict::Passed);
        assert_eq!(counts(1, 1, 0).verdict(false), Verdict::Failed);
        assert_eq!(counts(1, 1, 1).verdict(false), Verdict::Unclear);
        assert_eq!(counts(1, 1, 1).verdict(true), Verdict::Stopped);
    }

    #[test]
    fn a_check_in_which_every_case_is_left_out_has_not_passed() {
        let counts = Counts {
            left_out: 3,
            ..Counts::default()
        };
        assert_eq!(counts.verdict(false), Verdict::NothingChecked);
    }
}
