//! Runs cases: several at a time, each after those on which it builds.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::thread::{self, available_parallelism};
use std::time::{Duration, Instant};

use nix::sys::resource::{Resource, getrlimit, setrlimit};

use crate::board::{Board, State};
use crate::case::Case;
use crate::finding::{Checked, Finding};
use crate::machine::{Machine, Pauses};
use crate::subject::Subject;

/// Number of cases per CPU that run at the same time. They spend most of their time waiting for a server.
const PER_CPU: usize = 4;
/// Largest number of cases that run at the same time.
const AT_ONCE: usize = 16;
/// A pause of the machine disturbs a case if it is longer than this part of the deadline.
const DISTURBING: u32 = 10;
/// The reason of a case that was not tried because the user stopped the run.
pub const STOPPED: &str = "the run was stopped";

/// Number of cases that run at the same time, unless the user wants another number. The clients of several cases at one
/// address would disturb each other.
pub fn default_jobs(subject: &Subject) -> usize {
    if !subject.has_process() {
        return 1;
    }
    let cpus = available_parallelism().map_or(1, std::num::NonZero::get);
    (PER_CPU * cpus).min(AT_ONCE)
}

/// What is run, and how.
pub struct Run<'a> {
    /// The server.
    pub subject: &'a Subject,
    /// The cases, in the order of the list.
    pub cases: Vec<&'static Case>,
    /// Largest number of cases that run at the same time; one for an address.
    pub jobs: usize,
    /// The speed of this machine.
    pub machine: Machine,
    /// Called when a case begins and when it ends, in the thread that runs it.
    pub on_event: &'a (dyn Fn(Progress) + Sync),
    /// True if the user wants to stop. Cases that run are finished, and no further case begins.
    pub stop: &'a (dyn Fn() -> bool + Sync),
}

/// What happens in a run.
#[derive(Clone, Copy)]
pub enum Progress {
    /// This case begins.
    Started(&'static Case),
    /// The case with this name has ended.
    Ended(&'static str),
}

/// A case of a run, and how it ended.
pub struct Tested {
    /// The case.
    pub case: &'static Case,
    /// How it ended.
    pub outcome: Outcome,
    /// Time that it took.
    pub took: Duration,
}

/// How a case ended.
#[derive(Clone, Debug)]
pub enum Outcome {
    /// The server does what it must.
    Passed,
    /// The server does not do what it must.
    Failed(Finding),
    /// The case builds on another one, which has failed; or the user has stopped the run ([`STOPPED`]).
    NotTried {
        /// The name of the case that failed, or [`STOPPED`].
        because: &'static str,
    },
    /// The case does not apply to this server.
    LeftOut {
        /// Why.
        reason: String,
    },
    /// The case failed while the machine was disturbed, so it tells nothing about the server.
    Unclear {
        /// What was seen.
        finding: Finding,
        /// What disturbed the machine.
        disturbance: String,
    },
}

impl Run<'_> {
    /// Runs the cases. Returns them in the order of the list.
    pub fn run(&self) -> Vec<Tested> {
        raise_descriptor_limit();
        let subject = self.subject.clone();
        let subject = subject.on_a_machine_slower_by(self.machine.slowness);
        let board = Board::new(&self.cases, &subject);
        let pauses = Pauses::default();
        let jobs = if subject.has_process() { self.jobs } else { 1 };
        thread::scope(|scope| {
            scope.spawn(|| pauses.look());
            let worker = || self.work(&board, &subject, &pauses);
            let workers: Vec<_> = (0..jobs.max(1)).map(|_| scope.spawn(worker)).collect();
            for worker in workers {
                worker.join().expect("a worker catches panics of its cases");
            }
            pauses.end();
        });
        board.results()
    }

    /// Runs one case after another, until none is left.
    fn work(&self, board: &Board, subject: &Subject, pauses: &Pauses) {
        while let Some(index) = board.next(self.stop) {
            let case = board.cases[index];
            (self.on_event)(Progress::Started(case));
            let begun = Instant::now();
            let outcome = self.outcome(case, subject, pauses);
            board.set(index, State::Ended(outcome, begun.elapsed()));
            (self.on_event)(Progress::Ended(case.name));
        }
    }

    /// Tries a case; again, if it fails while the machine pauses.
    fn outcome(&self, case: &Case, subject: &Subject, pauses: &Pauses) -> Outcome {
        for last in [false, true] {
            let begun = Instant::now();
            let finding = match try_case(case, subject) {
                Ok(Ok(())) => return Outcome::Passed,
                Ok(Err(finding)) => finding,
                Err(panic) => return fault_of_the_suite(&panic),
            };
            let disturbance = self.disturbance(&finding, pauses.longest_since(begun), subject);
            match disturbance {
                None => return Outcome::Failed(finding),
                Some(disturbance) if last => {
                    return Outcome::Unclear {
                        finding,
                        disturbance,
                    };
                }
                Some(_) => {}
            }
        }
        unreachable!("the last try has an outcome")
    }

    /// What disturbed a case that has failed, if anything did.
    fn disturbance(&self, finding: &Finding, pause: Duration, subject: &Subject) -> Option<String> {
        if finding.disturbed {
            return Some("the machine had no time for the server".into());
        }
        if self.machine.too_slow {
            return Some(
                "the machine is more than ten times slower than deadlines allow for".into(),
            );
        }
        let disturbed = pause > subject.deadline() / DISTURBING;
        disturbed.then(|| format!("the machine paused for {:.1} s", pause.as_secs_f64()))
    }
}

/// Tries a case. The error is what the suite says in a panic.
fn try_case(case: &Case, subject: &Subject) -> Result<Checked, String> {
    let tried = catch_unwind(AssertUnwindSafe(|| case.check(subject)));
    tried.map_err(|panic| {
        let text = panic.downcast_ref::<String>().map(String::as_str);
        let text = text.or_else(|| panic.downcast_ref::<&str>().copied());
        text.unwrap_or("no reason is given").to_owned()
    })
}

/// A panic in the suite tells nothing about the server, and must not end the run.
fn fault_of_the_suite(panic: &str) -> Outcome {
    Outcome::Unclear {
        finding: Finding::new(format!("the suite itself failed: {panic}")),
        disturbance: "this is a fault of EchoLab; please report it".to_owned(),
    }
}

/// Ten thousand clients need as many descriptors in this process as in the server, which inherits the limit.
fn raise_descriptor_limit() {
    if let Ok((_, hard)) = getrlimit(Resource::RLIMIT_NOFILE) {
        let _ = setrlimit(Resource::RLIMIT_NOFILE, hard, hard);
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering};

    use model::Transport;

    use super::*;
    use crate::expect::Expect;
    use crate::group::{Group, Needs};

    const fn case(
        name: &'static str,
        after: &'static [&'static str],
        run: fn(&Subject) -> Checked,
    ) -> Case {
        Case {
            name,
            group: Group::Bytes,
            needs: Needs::Address,
            after,
            alone: false,
            run,
            exempt: |_| None,
        }
    }

    const PASSES: fn(&Subject) -> Checked = |_| Ok(());

    fn fails(_: &Subject) -> Checked {
        Err(Finding::new("it does not"))
    }

    fn panics(_: &Subject) -> Checked {
        panic!("a descriptor was missing")
    }

    /// How each of these cases ends, in a word.
    fn run(cases: &'static [Case], machine: Machine, stop: bool) -> Vec<String> {
        let words = |_: &str, _| Ok(Vec::new());
        let subject = Subject::command(String::new(), Transport::Stream, Expect::CONCURRENT, words);
        let run = Run {
            subject: &subject,
            cases: cases.iter().collect(),
            jobs: 3,
            machine,
            on_event: &|_| (),
            stop: &|| stop,
        };
        let word = |tested: Tested| match tested.outcome {
            Outcome::Passed => "passed".to_owned(),
            Outcome::Failed(_) => "failed".to_owned(),
            Outcome::NotTried { because } => because.to_owned(),
            Outcome::LeftOut { reason } => reason,
            Outcome::Unclear { disturbance, .. } => disturbance,
        };
        run.run().into_iter().map(word).collect()
    }

    #[test]
    fn what_builds_on_a_failed_case_is_not_tried_and_names_it() {
        static CASES: [Case; 5] = [
            case("later", &["middle"], PASSES),
            case("middle", &["first"], PASSES),
            case("first", &[], fails),
            case("other", &[], PASSES),
            case("after_one_that_is_not_chosen", &["not_chosen"], PASSES),
        ];
        let ended = run(&CASES, Machine::NORMAL, false);
        assert_eq!(ended, ["first", "first", "failed", "passed", "passed"]);
    }

    #[test]
    fn a_case_that_is_left_out_keeps_none_from_being_tried() {
        static CASES: [Case; 2] = [
            Case {
                exempt: |_| Some("it does not apply"),
                ..case("first", &[], fails)
            },
            case("later", &["first"], PASSES),
        ];
        let ended = run(&CASES, Machine::NORMAL, false);
        assert_eq!(ended, ["it does not apply", "passed"]);
    }

    #[test]
    fn a_failure_on_a_machine_that_is_too_slow_is_unclear() {
        static CASES: [Case; 2] = [case("first", &[], fails), case("second", &[], PASSES)];
        let machine = Machine {
            too_slow: true,
            ..Machine::NORMAL
        };
        let ended = run(&CASES, machine, false);
        assert!(ended[0].contains("ten times slower"), "{ended:?}");
        assert_eq!(ended[1], "passed");
    }

    #[test]
    fn a_failure_that_blames_the_machine_is_tried_again() {
        static TRIES: AtomicUsize = AtomicUsize::new(0);
        fn blames_once(_: &Subject) -> Checked {
            match TRIES.fetch_add(1, Ordering::Relaxed) {
                0 => Err(Finding::of_machine("the kernel did not run the server")),
                _ => Ok(()),
            }
        }
        fn blames(_: &Subject) -> Checked {
            Err(Finding::of_machine("the kernel did not run the server"))
        }
        static CASES: [Case; 2] = [case("once", &[], blames_once), case("always", &[], blames)];
        let ended = run(&CASES, Machine::NORMAL, false);
        assert_eq!(ended[0], "passed");
        assert!(ended[1].contains("no time for the server"), "{ended:?}");
    }

    #[test]
    fn a_panic_of_the_suite_is_no_failure_of_the_server() {
        static CASES: [Case; 2] = [case("first", &[], panics), case("second", &[], PASSES)];
        let ended = run(&CASES, Machine::NORMAL, false);
        assert!(ended[0].contains("fault of EchoLab"), "{ended:?}");
        assert_eq!(ended[1], "passed");
    }

    #[test]
    fn no_case_begins_after_a_stop() {
        static CASES: [Case; 2] = [case("first", &[], panics), case("second", &[], panics)];
        let ended = run(&CASES, Machine::NORMAL, true);
        assert_eq!(ended, [STOPPED, STOPPED]);
    }

    #[test]
    fn a_case_that_needs_the_machine_for_itself_runs_alone() {
        static RUNNING: AtomicUsize = AtomicUsize::new(0);
        fn runs(alone: bool) -> Checked {
            let others = RUNNING.fetch_add(1, Ordering::SeqCst);
            // Other workers look for a case meanwhile, and find none that may begin.
            for _ in 0..1_000 {
                thread::yield_now();
            }
            let with = others.max(RUNNING.fetch_sub(1, Ordering::SeqCst) - 1);
            if alone && with > 0 {
                return Err(Finding::new("another case runs"));
            }
            Ok(())
        }
        static CASES: [Case; 4] = [
            Case {
                alone: true,
                ..case("alone", &[], |_| runs(true))
            },
            case("first", &[], |_| runs(false)),
            case("second", &[], |_| runs(false)),
            case("third", &["second"], |_| runs(false)),
        ];
        for _ in 0..20 {
            assert_eq!(run(&CASES, Machine::NORMAL, false), ["passed"; 4]);
        }
    }
}
