//! The answer first: which design to take, what to avoid and when, and the lowest response time with its price.

use analysis::{Answer, Metric, Rated, Recommended, Summary, Verdict};
use record::plan::{ContenderId, LoadId};

use super::Said;
use super::block::step;
use super::names::{Item, NAMED, items, listed, named, rated, single};
use super::situation::within;
use super::uncertain::doubt;
use crate::phrases::SPINS;

/// The choice and the warnings.
pub fn choice(summary: &Summary) -> Vec<Said> {
    let loads = summary.headline_loads();
    let mut said: Vec<Said> = disturbed(summary).map(Said::strong).into_iter().collect();
    if loads.is_empty() {
        let nothing = "Nothing could be measured; the cost table has the reasons.";
        said.push(Said::strong(nothing.to_owned()));
        return said;
    }
    let recommended = summary.recommended(&loads);
    said.extend(take(summary, &loads, &recommended));
    said.extend(uncertain(summary, &recommended).map(Said::plain));
    said.extend(avoid(summary, &loads).map(Said::plain));
    said.extend(lowest_response(summary, &loads).map(Said::plain));
    said
}

/// A warning where a quarter of the run was disturbed.
fn disturbed(summary: &Summary) -> Option<String> {
    let (slices, all_slices) = summary.disturbed_slices();
    let is_disturbed = summary.disturbed() * 4 > summary.finished || slices * 4 > all_slices;
    is_disturbed.then(|| {
        "Other programs disturbed much of this run. Do not trust its figures; measure again."
            .to_owned()
    })
}

/// The designs that are nowhere clearly worse.
fn take(summary: &Summary, loads: &[LoadId], recommended: &Recommended) -> Vec<Said> {
    let candidates = summary.candidates();
    if let [only] = candidates[..] {
        return vec![alone(summary, only)];
    }
    let good = &recommended.take;
    let is_unsure = |id: &ContenderId| {
        let mut answers = loads.iter().map(|&load| summary.answer(load));
        answers.any(|answer| answer.undecided.iter().any(|(unsure, _)| unsure == id))
    };
    let (unsure, sure): (Vec<ContenderId>, Vec<ContenderId>) =
        good.iter().copied().partition(is_unsure);
    // If nothing is sure, the undecided ones are all that there is to take.
    let (first, unsure) = if sure.is_empty() {
        (good.clone(), Vec::new())
    } else {
        (sure, unsure)
    };
    let all = items(summary, &first);
    let (first, others) = all.split_at(all.len().min(NAMED));
    let name = |item: &Item| item.name.clone();
    let mut said = match (first, others) {
        ([], _) => vec![none(recommended)],
        ([only], _) if only.members.len() == 1 => {
            vec![Said::strong(format!("Take {}.", only.name))]
        }
        _ if is_every_one(summary, loads, good) => vec![Said::strong(
            "No design is shown to be worse than another one here: take the one that you write most easily."
                .to_owned(),
        )],
        ([only], _) => {
            let members = single(summary, &only.members);
            let members = listed(&members, "or", name);
            vec![Said::strong(format!("Take one of the {}: {members}.", only.name))]
        }
        (first, []) => vec![any_of(&listed(first, "or", name))],
        (first, others) => {
            let also = format!("As good: {}.", listed(others, "and", name));
            vec![any_of(&listed(first, "or", name)), Said::plain(also)]
        }
    };
    let is_every_one = is_every_one(summary, loads, good);
    if !unsure.is_empty() && !is_every_one {
        let names = named(summary, &unsure);
        said.push(Said::plain(format!("Almost as good, or as good: {names}.")));
    }
    said
}

fn any_of(names: &str) -> Said {
    Said::strong(format!(
        "Take any of {names}: the one that you write most easily."
    ))
}

/// The only contender that a reader can take.
fn alone(summary: &Summary, only: ContenderId) -> Said {
    let name = &summary.contenders[only].name;
    Said::strong(if summary.models().count() == 1 {
        format!("This run measured only {name}, so it cannot say which design to take.")
    } else {
        format!(
            "Beside {name} this run measured only servers of datagrams or reference lines, so it cannot say which design to take."
        )
    })
}

/// True if these are all contenders that do the work under some load.
fn is_every_one(summary: &Summary, loads: &[LoadId], good: &[ContenderId]) -> bool {
    let answers: Vec<Answer> = loads.iter().map(|&load| summary.answer(load)).collect();
    let does_the_work = |id: &ContenderId| {
        let is_left = |answer: &Answer| answer.left_out.iter().any(|(left, _)| left == id);
        !answers.iter().all(is_left)
    };
    let mut all = summary.candidates();
    all.retain(does_the_work);
    all.len() == good.len()
}

fn none(recommended: &Recommended) -> Said {
    let text = if recommended.is_served {
        "No design is among the best under all of these loads: take one for the load that you have."
    } else {
        "No design served every client under these loads."
    };
    Said::strong(text.to_owned())
}

/// Why the choice is uncertain, if so.
fn uncertain(summary: &Summary, recommended: &Recommended) -> Option<String> {
    let words: Vec<&str> = recommended.doubts.iter().map(doubt).collect();
    (!words.is_empty() && summary.candidates().len() > 1)
        .then(|| format!("That is not certain: {}.", words.join(", and ")))
}

/// The contenders that are worst of all, with the load where they are.
fn avoid(summary: &Summary, loads: &[LoadId]) -> Option<String> {
    let factor = |ratio: f64| ratio.max(1.0 / ratio);
    let most = |load: &LoadId| {
        let worse = summary.answer(*load).worse;
        let factors = worse.iter().map(|(_, ratio)| factor(*ratio));
        factors.fold(0.0, f64::max)
    };
    let loads = loads.iter().copied();
    let load = loads.max_by(|a, b| most(a).total_cmp(&most(b)))?;
    let last_step = step(most(&load));
    let worse = summary.answer(load).worse.into_iter();
    let worse: Vec<Rated> = worse
        .filter(|(_, ratio)| step(*ratio) == last_step)
        .collect();
    let write = |name: &str, times: &str| format!("{name} ({times})");
    let list = rated(summary, &worse, write)?;
    let verb = if last_step == 0 { "Worst:" } else { "Avoid" };
    let text = format!("{verb} {list} {}.", within(summary, load));
    let slow = slow_and_spinning(summary, load);
    Some(match slow.len() {
        0 => text,
        1 => format!("{text} {} is slow there too.", named(summary, &slow)),
        _ => format!("{text} {} are slow there too.", named(summary, &slow)),
    })
}

/// The contenders that spin, and that answer clearly fewer requests in a closed loop.
fn slow_and_spinning(summary: &Summary, load: LoadId) -> Vec<ContenderId> {
    let mut spinning = summary.answer(load).spinning;
    spinning.retain(|&id| {
        let compared = summary.cell(id, load).compared.get(&Metric::Throughput);
        summary.loads[load].is_closed()
            && compared.is_some_and(|compared| compared.verdict == Verdict::Worse)
    });
    spinning
}

/// A contender that spins, if its response time is shown to be the lowest.
fn lowest_response(summary: &Summary, loads: &[LoadId]) -> Option<String> {
    let load = *loads.first()?;
    let answer = summary.answer(load);
    let p50 = |id: ContenderId| summary.median(id, load, Metric::P50);
    let is_faster = |&id: &ContenderId| {
        let compared = summary.cell(id, load).compared.get(&Metric::P50);
        compared.is_some_and(|compared| compared.verdict == Verdict::Better)
    };
    let mut spinning = answer.spinning.clone();
    spinning.retain(is_faster);
    let by_time = |a: &ContenderId, b: &ContenderId| {
        let [a, b] = [a, b].map(|id| p50(*id).unwrap_or(f64::INFINITY));
        a.total_cmp(&b)
    };
    let first = spinning.into_iter().min_by(by_time)?;
    let left_out = |id: &ContenderId| answer.left_out.iter().any(|(left, _)| left == id);
    let mut others = summary.candidates().into_iter();
    let is_lowest =
        others.all(|id| left_out(&id) || p50(id).is_none_or(|time| Some(time) >= p50(first)));
    is_lowest.then(|| {
        let name = &summary.contenders[first].name;
        let within = within(summary, load);
        format!("Lowest response time {within}: {name}, which {SPINS}.")
    })
}
