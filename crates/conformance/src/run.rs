//! Runs cases: several at a time, each after those on which it builds.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Condvar, Mutex, MutexGuard};
use std::thread::{self, available_parallelism};
use std::time::{Duration, Instant};

use nix::sys::resource::{Resource, getrlimit, setrlimit};

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
/// Time between two looks at whether the user stops the run.
const LOOK_EVERY: Duration = Duration::from_millis(50);

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

/// The state of a case in a run.
enum State {
    Waits,
    Runs,
    Ended(Outcome, Duration),
}

/// The states of all cases, in the order of the list.
struct Board<'a> {
    cases: &'a [&'static Case],
    states: Mutex<Vec<State>>,
    changed: Condvar,
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

impl<'a> Board<'a> {
    fn new(cases: &'a [&'static Case], subject: &Subject) -> Self {
        let state = |case: &&Case| match case.not_applicable(subject) {
            Some(reason) => State::Ended(Outcome::LeftOut { reason }, Duration::ZERO),
            None => State::Waits,
        };
        Self {
            cases,
            states: Mutex::new(cases.iter().map(state).collect()),
            changed: Condvar::new(),
        }
    }

    /// The index of a case that can begin now. Waits for one; `None` if no case is left.
    fn next(&self, stop: &dyn Fn() -> bool) -> Option<usize> {
        let mut states = self.lock();
        loop {
            if stop() {
                self.give_up(&mut states);
            }
            self.settle(&mut states);
            let waiting = states.iter().any(|state| matches!(state, State::Waits));
            if !waiting {
                self.changed.notify_all();
                return None;
            }
            if let Some(index) = self.ready(&states) {
                states[index] = State::Runs;
                return Some(index);
            }
            let waited = self.changed.wait_timeout(states, LOOK_EVERY);
            states = waited.expect("no thread panics with the lock").0;
        }
    }

    /// A case that waits for no other one. A case that needs the machine for itself runs when no other one runs or can run.
    fn ready(&self, states: &[State]) -> Option<usize> {
        let runs = states.iter().any(|state| matches!(state, State::Runs));
        let alone_runs = || {
            let mut pairs = self.cases.iter().zip(states);
            pairs.any(|(case, state)| case.alone && matches!(state, State::Runs))
        };
        if runs && alone_runs() {
            return None;
        }
        let can_begin = |index: &usize| {
            matches!(states[*index], State::Waits) && self.is_after_all(*index, states)
        };
        let ready = (0..self.cases.len()).filter(can_begin);
        let (alone, together): (Vec<_>, Vec<_>) = ready.partition(|index| self.cases[*index].alone);
        let first = together.first().copied();
        first.or_else(|| alone.first().copied().filter(|_| !runs))
    }

    fn is_after_all(&self, index: usize, states: &[State]) -> bool {
        let mut before = self.before(index);
        before.all(|index| matches!(states[index], State::Ended(..)))
    }

    /// The cases of this run on which a case builds.
    fn before(&self, index: usize) -> impl Iterator<Item = usize> {
        let names = self.cases[index].after;
        let cases = self.cases.iter().enumerate();
        let before = cases.filter(|(_, case)| names.contains(&case.name));
        before.map(|(index, _)| index)
    }

    /// Ends all cases that build on one that has not passed, again and again until nothing changes.
    fn settle(&self, states: &mut [State]) {
        while let Some((index, because)) = self.hopeless(states) {
            states[index] = State::Ended(Outcome::NotTried { because }, Duration::ZERO);
        }
    }

    fn hopeless(&self, states: &[State]) -> Option<(usize, &'static str)> {
        let waits = |index: &usize| matches!(states[*index], State::Waits);
        let mut waiting = (0..self.cases.len()).filter(waits);
        waiting.find_map(|index| {
            let mut causes = self
                .before(index)
                .filter_map(|before| self.cause(before, states));
            causes.next().map(|because| (index, because))
        })
    }

    /// The case that keeps others from being tried if this one has not passed: itself, or the one that kept it.
    fn cause(&self, index: usize, states: &[State]) -> Option<&'static str> {
        match &states[index] {
            State::Ended(Outcome::Failed(_) | Outcome::Unclear { .. }, _) => {
                Some(self.cases[index].name)
            }
            State::Ended(Outcome::NotTried { because }, _) => Some(because),
            State::Ended(Outcome::Passed | Outcome::LeftOut { .. }, _)
            | State::Waits
            | State::Runs => None,
        }
    }

    fn give_up(&self, states: &mut [State]) {
        for state in states
            .iter_mut()
            .filter(|state| matches!(state, State::Waits))
        {
            *state = State::Ended(Outcome::NotTried { because: STOPPED }, Duration::ZERO);
        }
        self.changed.notify_all();
    }

    fn set(&self, index: usize, state: State) {
        self.lock()[index] = state;
        self.changed.notify_all();
    }

    fn lock(&self) -> MutexGuard<'_, Vec<State>> {
        self.states.lock().expect("no thread panics with the lock")
    }

    fn results(self) -> Vec<Tested> {
        let states = self.states.into_inner();
        let states = states.expect("no thread panics with the lock");
        let pairs = self.cases.iter().zip(states);
        let tested = pairs.map(|(case, state)| {
            let State::Ended(outcome, took) = state else {
                unreachable!("the workers end when no case is left");
            };
            Tested {
                case,
                outcome,
                took,
            }
        });
        tested.collect()
    }
}

/// Ten thousand clients need as many descriptors in this process as in the server, which inherits the limit.
fn raise_descriptor_limit() {
    if let Ok((_, hard)) = getrlimit(Resource::RLIMIT_NOFILE) {
        let _ = setrlimit(Resource::RLIMIT_NOFILE, hard, hard);
    }
}
