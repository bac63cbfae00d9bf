//! A scripted run in rounds: its order, its files, and how it resumes.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;
use std::time::Duration;

use analysis::{Summary, Verdict, extra_sitting, precise};
use measure::comparison::{AsPlanned, End, Judge, Rows};
use record::plan::{Plan, PlanOptions, Sitting};
use record::slice::Slice;
use record::store::{Run, Store};

use crate::scripted::{environment, ladder};
use crate::sitter::{Sitter, contenders, options, plan, sit_again, sit_out, whole};

/// A round of a contender, with the number of starts of its processes before.
pub type Round = (usize, usize, String);

/// The slices of each start of a sitting, in order.
fn starts(run: &Run) -> Vec<Vec<&Slice>> {
    let mut starts: BTreeMap<(usize, u32), Vec<&Slice>> = BTreeMap::new();
    for slice in &run.slices {
        let key = (slice.place.sitting, slice.place.start);
        starts.entry(key).or_default().push(slice);
    }
    starts.into_values().collect()
}

/// The rounds that have a slice that counts between two slices of the baseline that count, and how often each was measured.
pub fn finished(run: &Run) -> BTreeMap<Round, usize> {
    let mut rounds: BTreeMap<Round, usize> = BTreeMap::new();
    for slices in starts(run) {
        let counts: Vec<&&Slice> = slices.iter().filter(|slice| slice.counts()).collect();
        for triple in counts.windows(3) {
            let is_baseline = |slice: &Slice| slice.contender == run.plan.baseline;
            if is_baseline(triple[0]) && !is_baseline(triple[1]) && is_baseline(triple[2]) {
                let place = triple[1].place;
                let round = (place.sitting, place.round, triple[1].contender.clone());
                *rounds.entry(round).or_default() += 1;
            }
        }
    }
    rounds
}

/// The rounds of a plan.
pub fn planned(plan: &Plan) -> BTreeSet<Round> {
    let sittings = plan.sittings.iter().enumerate();
    let rounds = sittings.flat_map(|(number, sitting)| {
        let others = sitting.others().iter();
        others.flat_map(move |&id| {
            let name = &plan.contenders[id].name;
            (0..sitting.rounds).map(move |round| (number, round, name.clone()))
        })
    });
    rounds.collect()
}

/// A smaller plan, for a loop over all points at which it can be stopped.
fn small() -> Plan {
    let mut contenders = contenders();
    contenders.truncate(4);
    let options = PlanOptions {
        scenarios: vec![ladder(&[100])],
        blocks: 2,
        rounds: Some(3),
        ..options()
    };
    Plan::new(contenders, &options).unwrap()
}

#[test]
fn every_contender_stands_between_two_slices_of_the_baseline() {
    let run = whole(&plan(), &AsPlanned);
    for slices in starts(&run) {
        let is_baseline = |slice: &Slice| slice.contender == run.plan.baseline;
        assert!(is_baseline(slices[0]) && is_baseline(slices[slices.len() - 1]));
        for pair in slices.windows(2) {
            assert!(is_baseline(pair[0]) || is_baseline(pair[1]), "{pair:?}");
        }
    }
    let finished: BTreeSet<Round> = finished(&run).into_keys().collect();
    assert_eq!(finished, planned(&run.plan));
}

#[test]
fn a_disturbed_slice_is_repeated_at_once_and_both_stay() {
    let run = whole(&plan(), &AsPlanned);
    let (mut disturbed, mut repeats) = (0, 0);
    for slices in starts(&run) {
        for (place, slice) in slices.iter().enumerate() {
            repeats += usize::from(slice.place.attempt > 0);
            if slice.disturbed() {
                disturbed += 1;
                let mut next = slices[place + 1..].iter().take(2);
                let repeat = next.find(|next| next.contender == slice.contender);
                let repeat = repeat.expect("its repeat follows");
                let same_round = repeat.place.round == slice.place.round;
                assert!(same_round && repeat.place.attempt == 1, "{repeat:?}");
            }
        }
    }
    assert_eq!(disturbed, run.plan.sittings.len(), "one in each sitting");
    assert_eq!(repeats, disturbed);
}

#[test]
fn each_server_of_a_sitting_has_one_row_for_its_life() {
    let run = whole(&plan(), &AsPlanned);
    let rows = run.samples.iter().map(|row| row.trial);
    let trials: BTreeSet<usize> = run.plan.trials().map(|trial| trial.number).collect();
    assert_eq!(rows.clone().count(), trials.len());
    assert_eq!(rows.collect::<BTreeSet<_>>(), trials);
    assert!(run.samples.iter().all(|row| row.sitting.is_some()));
}

/// The rounds that were measured twice although they were finished when the run was stopped. The last round of a sitting may
/// be: the rows of the servers' lives were missing.
pub fn measured_again(before: &Run, after: &Run) -> Vec<Round> {
    let whole_rounds = |run: &Run| {
        let all = finished(run);
        let planned = planned(&run.plan).into_iter();
        let mut open: BTreeSet<(usize, usize)> = BTreeSet::new();
        open.extend(
            planned
                .filter(|round| !all.contains_key(round))
                .map(|(s, r, _)| (s, r)),
        );
        (all, open)
    };
    let (rounds, open) = whole_rounds(before);
    let again = finished(after);
    let is_last = |sitting: usize, round: usize| round + 1 == before.plan.sittings[sitting].rounds;
    let finished = rounds.into_keys().filter(|(sitting, round, _)| {
        !open.contains(&(*sitting, *round)) && !is_last(*sitting, *round)
    });
    finished.filter(|round| again[round] > 1).collect()
}

#[test]
fn a_run_stopped_at_any_slice_measures_every_round_and_no_finished_round_again() {
    let parent = tempfile::tempdir().unwrap();
    let plan = small();
    let whole = whole(&plan, &AsPlanned);
    for stop_after in 0..whole.slices.len() {
        let folder = parent.path().join(format!("stopped-{stop_after}"));
        let end = sit_out(&plan, &AsPlanned, &mut Sitter::until(stop_after), &folder);
        assert_eq!(end, End::Stopped);
        let stopped = Run::read(&folder).unwrap();
        assert_eq!(stopped.slices.len(), stop_after, "a slice was lost");
        let end = sit_again(&AsPlanned, &mut Sitter::to_the_end(), &folder);
        assert_eq!(end, End::Complete);
        let resumed = Run::read(&folder).unwrap();
        assert_eq!(resumed.slices[..stop_after], stopped.slices);
        let rounds: BTreeSet<Round> = finished(&resumed).into_keys().collect();
        assert_eq!(rounds, planned(&plan), "stopped after {stop_after}");
        let again = measured_again(&stopped, &resumed);
        assert!(again.is_empty(), "stopped after {stop_after}: {again:?}");
        let lives = |run: &Run| run.samples.iter().map(|row| row.trial).collect::<Vec<_>>();
        assert_eq!(lives(&resumed), lives(&whole), "stopped after {stop_after}");
    }
}

#[test]
fn a_run_stopped_again_and_again_ends_with_every_round() {
    let parent = tempfile::tempdir().unwrap();
    let plan = small();
    let folder = parent.path().join("run");
    let mut end = sit_out(&plan, &AsPlanned, &mut Sitter::until(5), &folder);
    while end == End::Stopped {
        // Eight slices are more than a round and less than a sitting.
        end = sit_again(&AsPlanned, &mut Sitter::until(8), &folder);
    }
    let run = Run::read(&folder).unwrap();
    let rounds: BTreeSet<Round> = finished(&run).into_keys().collect();
    assert_eq!(rounds, planned(&plan));
    let last = run.slices.iter().map(|slice| slice.place.start).max();
    assert!(last.unwrap() >= 2, "sittings were resumed more than once");
}

#[test]
fn a_run_killed_between_the_rows_of_a_sitting_gets_the_missing_ones() {
    let parent = tempfile::tempdir().unwrap();
    let plan = small();
    let whole = whole(&plan, &AsPlanned);
    let folder = parent.path().join("run");
    sit_out(&plan, &AsPlanned, &mut Sitter::to_the_end(), &folder);
    let path = folder.join("trials.jsonl");
    let text = fs::read_to_string(&path).unwrap();
    let lines: Vec<&str> = text.lines().collect();
    fs::write(&path, lines[..lines.len() - 1].join("\n") + "\n").unwrap();
    sit_again(&AsPlanned, &mut Sitter::to_the_end(), &folder);
    let run = Run::read(&folder).unwrap();
    let trials: BTreeSet<usize> = run.samples.iter().map(|row| row.trial).collect();
    assert_eq!(trials.len(), whole.samples.len());
    let rows = run.samples.iter().map(|row| (row.trial, row.attempt));
    assert_eq!(rows.clone().count(), rows.collect::<BTreeSet<_>>().len());
}

#[test]
fn a_torn_last_line_of_the_slices_is_cut_off_and_its_round_measured_again() {
    let parent = tempfile::tempdir().unwrap();
    let plan = small();
    for cut in [1, 10, 300] {
        let folder = parent.path().join(format!("cut-{cut}"));
        sit_out(&plan, &AsPlanned, &mut Sitter::until(9), &folder);
        let path = folder.join("slices.jsonl");
        let text = fs::read(&path).unwrap();
        fs::write(&path, &text[..text.len() - cut]).unwrap();
        assert_eq!(Run::read(&folder).unwrap().slices.len(), 8);
        sit_again(&AsPlanned, &mut Sitter::to_the_end(), &folder);
        let run = Run::read(&folder).unwrap();
        assert!(run.warnings.is_empty(), "{:?}", run.warnings);
        let rounds: BTreeSet<Round> = finished(&run).into_keys().collect();
        assert_eq!(rounds, planned(&plan), "{cut} bytes were lost");
    }
}

/// Adds sittings as `echolab compare` does, as if each took the time that is expected.
struct Spender {
    time: Duration,
}

impl Spender {
    fn spent(plan: &Plan) -> Duration {
        let extra = plan.sittings.iter().filter(|sitting| sitting.extra);
        extra.map(|sitting| plan.expected_sitting(sitting)).sum()
    }
}

impl Judge for Spender {
    fn is_precise(&self, plan: &Plan, rows: &Rows) -> bool {
        precise(plan, &rows.samples, &rows.slices)
    }

    fn next_sitting(&self, plan: &Plan, rows: &Rows) -> Option<Sitting> {
        let left = self.time.checked_sub(Self::spent(plan))?;
        extra_sitting(plan, &rows.samples, &rows.slices, left)
    }
}

/// A plan whose few rounds leave comparisons undecided.
fn undecided() -> Plan {
    let options = PlanOptions {
        blocks: 2,
        rounds: Some(2),
        zone: 1.02,
        ..options()
    };
    Plan::new(contenders(), &options).unwrap()
}

#[test]
fn time_that_is_left_goes_to_undecided_comparisons() {
    let plan = undecided();
    let time = Duration::from_secs(8);
    let run = whole(&plan, &Spender { time });
    let (extra, of_plan): (Vec<&Sitting>, Vec<&Sitting>) =
        run.plan.sittings.iter().partition(|sitting| sitting.extra);
    assert_eq!(of_plan.len(), plan.sittings.len());
    assert!(!extra.is_empty(), "some comparisons were undecided");
    assert!(Spender::spent(&run.plan) <= time, "{extra:?}");
    let mut planned_rows = run.clone();
    planned_rows.plan = plan.clone();
    let is_planned = |slice: &Slice| slice.place.sitting < plan.sittings.len();
    planned_rows.slices.retain(is_planned);
    let before = Summary::of(&planned_rows);
    for sitting in extra {
        assert_eq!(sitting.block, plan.blocks.len() - 1);
        for &contender in sitting.others() {
            let metric = before.deciding(sitting.load);
            let verdict = &before.cell(contender, sitting.load).compared[&metric].verdict;
            assert!(
                matches!(verdict, Verdict::Inconclusive(_)),
                "only cells that the planned rounds left undecided: {verdict:?}"
            );
        }
    }
}

#[test]
fn without_time_no_sitting_is_added() {
    let plan = undecided();
    let time = Duration::from_millis(10);
    assert_eq!(whole(&plan, &Spender { time }).plan, plan);
}

#[test]
fn a_run_stopped_in_an_extra_sitting_resumes_it() {
    let parent = tempfile::tempdir().unwrap();
    let plan = undecided();
    let judge = Spender {
        time: Duration::from_secs(8),
    };
    let whole = whole(&plan, &judge);
    let planned_slices = whole
        .slices
        .iter()
        .filter(|slice| slice.place.sitting < plan.sittings.len())
        .count();
    let folder = parent.path().join("run");
    let end = sit_out(
        &plan,
        &judge,
        &mut Sitter::until(planned_slices + 3),
        &folder,
    );
    assert_eq!(end, End::Stopped);
    let stopped = Run::read(&folder).unwrap();
    assert_eq!(stopped.plan.sittings.len(), plan.sittings.len() + 1);
    assert_eq!(
        sit_again(&judge, &mut Sitter::to_the_end(), &folder),
        End::Complete
    );
    let resumed = Run::read(&folder).unwrap();
    assert_eq!(
        resumed.plan.sittings[..=plan.sittings.len()],
        stopped.plan.sittings
    );
    let rounds: BTreeSet<Round> = finished(&resumed).into_keys().collect();
    assert_eq!(rounds, planned(&resumed.plan));
}

#[test]
fn the_slices_of_a_run_are_on_the_disk_when_it_ends() {
    let parent = tempfile::tempdir().unwrap();
    let folder = parent.path().join("run");
    let plan = small();
    let mut store = Store::create(&folder, &environment(), &plan).unwrap();
    let mut sitter = Sitter::to_the_end();
    crate::sitter::sit_on(&plan, Rows::default(), &AsPlanned, &mut sitter, &mut store);
    // The store is still open: nothing waits in a buffer.
    assert_eq!(slices_in(&folder), sitter.seen);
}

fn slices_in(folder: &Path) -> usize {
    let text = fs::read_to_string(folder.join("slices.jsonl")).unwrap();
    text.lines().count()
}
