//! Which case of a run is next: each comes after those on which it builds.

use std::sync::{Condvar, Mutex, MutexGuard};
use std::time::Duration;

use crate::case::Case;
use crate::run::{Outcome, STOPPED, Tested};
use crate::subject::Subject;

/// Time between two looks at whether the user stops the run.
const LOOK_EVERY: Duration = Duration::from_millis(50);

/// The state of a case in a run.
pub enum State {
    Waits,
    Runs,
    Ended(Outcome, Duration),
}

/// The states of all cases, in the order of the list.
pub struct Board<'a> {
    pub cases: &'a [&'static Case],
    states: Mutex<Vec<State>>,
    changed: Condvar,
}

impl<'a> Board<'a> {
    pub fn new(cases: &'a [&'static Case], subject: &Subject) -> Self {
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
    pub fn next(&self, stop: &dyn Fn() -> bool) -> Option<usize> {
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

    pub fn set(&self, index: usize, state: State) {
        self.lock()[index] = state;
        self.changed.notify_all();
    }

    fn lock(&self) -> MutexGuard<'_, Vec<State>> {
        self.states.lock().expect("no thread panics with the lock")
    }

    pub fn results(self) -> Vec<Tested> {
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
