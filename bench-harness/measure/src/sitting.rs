//! Carries out a sitting: starts the servers of a few contenders with their generators, measures them in turn, slice by
//! slice, and ends them.
//!
//! ```text
//! chain            which slice is next
//! member           server and generator of one contender: start, warm-up, slices, end
//!   warm_up · slice_generator · slice_cost · life
//! slice_warnings   what disturbed a slice
//! ```
//!
//! Only one pair of server and generator is active at a time. The others wait: in `epoll_wait`, in `read`, or stopped by a
//! signal if they would compute although no client asks.

mod chain;
mod life;
mod member;
mod slice_cost;
mod slice_generator;
mod slice_warnings;
mod warm_up;

use std::time::Duration;

use jiff::Timestamp;
use record::peak::Probed;
use record::plan::{ContenderId, Plan, Trial};
use record::sample::{Failure, FailureKind, Sample};
use record::slice::{Place, Slice};
use record::store::StoreError;

use crate::cpus::Confined;
use crate::gate::wait_for_quiet;
use crate::task::Task;
use crate::trial::Processes;
pub use chain::{Chain, Step};
pub use member::Member;

pub(crate) use member::add_life;

/// The part of a sitting that is to be measured.
#[derive(Clone, Debug)]
pub struct Sitting<'a> {
    /// The plan.
    pub plan: &'a Plan,
    /// The number of the sitting in the plan.
    pub number: usize,
    /// The rounds that are not measured yet.
    pub rounds: Vec<usize>,
    /// How often its processes have been started before.
    pub start: u32,
    /// What the probe found, if there is one.
    pub probed: Option<Probed>,
}

impl Sitting<'_> {
    /// The order of the slices of these contenders, the baseline first; `None` if there are none.
    pub fn chain(&self, started: &[ContenderId]) -> Option<Chain> {
        let order = |&round: &usize| {
            let mut order = self.plan.round_order(self.number, round);
            order.retain(|contender| started.contains(contender));
            (round, order)
        };
        let rounds = self.rounds.iter().map(order);
        let rounds = rounds.filter(|(_, order)| !order.is_empty());
        Some(Chain::new(*started.first()?, rounds.collect()))
    }
}

/// Stores slices.
pub trait Log {
    /// Stores a finished slice.
    ///
    /// # Errors
    /// It could not be stored.
    fn slice(&mut self, slice: &Slice) -> Result<(), StoreError>;

    /// Notes that a round is complete.
    ///
    /// # Errors
    /// Its slices could not be stored.
    fn round_ends(&mut self) -> Result<(), StoreError>;
}

impl Processes {
    /// Measures a sitting. Returns one row for each contender; none if the user stopped the run.
    pub(crate) fn sit_down(
        &self,
        sitting: &Sitting,
        log: &mut dyn Log,
    ) -> Result<Vec<Sample>, StoreError> {
        // The counters are read at both ends of a window. On the CPUs of a server with a thousand threads that could be late.
        let _confined = Confined::to(self.pinning.generator());
        let timing = &sitting.plan.timing;
        let [quiet, limit] = [timing.gate_s, timing.gate_limit_s].map(Duration::from_secs_f64);
        let gate = wait_for_quiet(quiet, limit, &self.stop);
        let mut table = Table::seat(self, sitting);
        for sample in table.samples() {
            sample.gate = gate;
        }
        table.measure(log)?;
        Ok(table.clear())
    }
}

/// The members of a sitting, the baseline first.
struct Table<'a> {
    processes: &'a Processes,
    sitting: &'a Sitting<'a>,
    members: Vec<Member<'a>>,
    /// The rows of contenders that have failed.
    failed: Vec<Sample>,
    position: usize,
}

impl<'a> Table<'a> {
    /// Starts one contender after the other. If the baseline fails, the others are not started.
    fn seat(processes: &'a Processes, sitting: &'a Sitting<'a>) -> Self {
        let mut table = Self {
            processes,
            sitting,
            members: Vec::new(),
            failed: Vec::new(),
            position: 0,
        };
        for trial in sitting.plan.trials_of_sitting(sitting.number) {
            if processes.stop.is_requested() {
                break;
            }
            match table.start(trial) {
                Ok(member) => table.members.push(member),
                Err(sample) => table.failed.push(*sample),
            }
            if table.members.is_empty() {
                break;
            }
        }
        table
    }

    fn start(&self, trial: Trial) -> Result<Member<'a>, Box<Sample>> {
        let plan = self.sitting.plan;
        let mut sample = Sample::begin(plan, trial, Timestamp::now());
        sample.sitting = Some(self.sitting.number);
        sample.attempt = self.sitting.start;
        let task = match Task::new(plan, trial, self.sitting.probed) {
            Ok(task) => task,
            Err(reason) => {
                sample.failure = Some(Failure::new(FailureKind::NoPeak, reason));
                return Err(Box::new(sample));
            }
        };
        let slicing = plan.slicing(trial.load, task.offered_rate());
        Member::start(self.processes, task, sample, slicing)
    }

    fn samples(&mut self) -> impl Iterator<Item = &mut Sample> {
        let members = self.members.iter_mut().map(|member| &mut member.sample);
        members.chain(&mut self.failed)
    }

    /// Measures all slices of all rounds.
    fn measure(&mut self, log: &mut dyn Log) -> Result<(), StoreError> {
        let started = self.members.iter();
        let started: Vec<ContenderId> = started.map(|it| it.task.trial.contender).collect();
        let Some((mut chain, &baseline)) = self.sitting.chain(&started).zip(started.first()) else {
            return Ok(());
        };
        while let Some(step) = chain.next() {
            if self.processes.stop.is_requested() {
                return Ok(());
            }
            let Some(slice) = self.slice(step) else {
                if step.contender == baseline {
                    return Ok(());
                }
                chain.leave_out(step.contender);
                continue;
            };
            log.slice(&slice)?;
            if chain.measured(slice.disturbed()) {
                log.round_ends()?;
            }
        }
        Ok(())
    }

    /// Measures one slice; `None` if the contender has failed, which ends it.
    fn slice(&mut self, step: Step) -> Option<Slice> {
        let is_it = |member: &Member| member.task.trial.contender == step.contender;
        let index = self.members.iter().position(is_it)?;
        let place = Place {
            sitting: self.sitting.number,
            start: self.sitting.start,
            position: self.position,
            round: step.round,
            attempt: step.attempt,
        };
        match self.members[index].slice(place, &self.processes.stop) {
            Ok(slice) => {
                self.position += 1;
                Some(slice)
            }
            Err(error) => {
                let member = self.members.remove(index);
                self.failed.push(member.fail(&error, &self.processes.stop));
                None
            }
        }
    }

    /// Ends all processes. Returns the rows, or none if the user stopped the run.
    fn clear(mut self) -> Vec<Sample> {
        let stop = &self.processes.stop;
        for member in self.members {
            let task = member.task.clone();
            let mut sample = member.finish(stop);
            self.processes.count_with_strace(&task, &mut sample);
            self.failed.push(sample);
        }
        if stop.is_requested() {
            return Vec::new();
        }
        self.failed.sort_by_key(|sample| sample.trial);
        self.failed
    }
}

/// The parts of a slice, for tests of warnings.
#[cfg(test)]
const fn usual_slicing() -> record::plan::Slicing {
    record::plan::Slicing {
        settle: Duration::from_millis(5),
        window: Duration::from_millis(50),
    }
}
