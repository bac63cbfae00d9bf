//! The words of verdicts, the zone that they depend on, and how many rounds or trials are behind them.

use analysis::{Bar, Compared, Difference, Metric, Replicate, Summary, Verdict};
use record::number::{counted, percent};
use record::plan::{ContenderId, LoadId};

use crate::figure::ratio_in_words;

/// The zone of indifference as a share: `5 %`.
pub fn zone(zone: f64) -> String {
    percent(((zone - 1.0) * 1e4).round() / 1e4)
}

/// The word of a comparison with the baseline; `None` if there was none. Where the contender itself is the reason that there is no
/// verdict, the word says so.
pub fn word(
    summary: &Summary,
    contender: ContenderId,
    load: LoadId,
    metric: Metric,
) -> Option<&'static str> {
    let cell = summary.cell(contender, load);
    let verdict = &cell.compared.get(&metric)?.verdict;
    Some(match verdict {
        Verdict::Barred(Bar::Behind { .. }) if cell.behind().is_some() => "behind",
        Verdict::Barred(Bar::Spins) if cell.spins => "spins",
        verdict => verdict.word(metric),
    })
}

/// The ratio to the baseline with its interval and word: `0.97 [0.91, 1.04] equivalent`; `None` if there was no comparison.
pub fn ratio_and_word(
    summary: &Summary,
    contender: ContenderId,
    load: LoadId,
    metric: Metric,
) -> Option<String> {
    let compared = summary.cell(contender, load).compared.get(&metric)?;
    let word = word(summary, contender, load, metric)?;
    let ratio = ratio_in_words(compared.ratio.estimate, compared.ratio.interval);
    Some(format!("{ratio} {word}"))
}

/// What a value in a range stands for: a trial with fresh processes; or a sitting, of which a trial is the shortest kind.
pub fn unit(summary: &Summary, loads: &[LoadId]) -> &'static str {
    let paired = loads.iter().filter(|&&load| summary.is_paired(load));
    match paired.count() {
        0 => "trial",
        count if count == loads.len() => "sitting",
        _ => "sitting",
    }
}

/// Rounds and sittings: `30 rounds in 5 sittings`.
pub fn in_rounds(rounds: usize, sittings: usize) -> String {
    format!(
        "{} in {}",
        counted(rounds, "round"),
        counted(sittings, "sitting")
    )
}

/// How often these contenders were measured under a load: `30 rounds in 5 sittings`, or `5 trials`. It is the least of them.
pub fn measured(summary: &Summary, contenders: &[ContenderId], load: LoadId) -> String {
    let cells = || contenders.iter().map(|&id| summary.cell(id, load));
    let with_rounds = cells().filter(|cell| cell.rounds.count() > 0);
    let least = with_rounds.min_by_key(|cell| cell.rounds.count());
    if let Some(cell) = least {
        return in_rounds(cell.rounds.count(), cell.rounds.sittings());
    }
    let trials = cells().map(|cell| cell.trials).min().unwrap_or(0);
    counted(trials, unit(summary, &[load]))
}

/// "differs from start to start", where it is a finding.
pub fn differs(compared: &Compared) -> Option<String> {
    let paired = compared.paired.as_ref()?;
    paired.difference.filter(Difference::is_significant)?;
    let (low, high) = paired.range();
    Some(format!(
        "differs from start to start: {low:.2} to {high:.2} in {}",
        counted(paired.sittings, "sitting")
    ))
}

/// True if sittings are the independent values of this comparison.
pub fn is_by_sitting(compared: &Compared) -> bool {
    let unit = compared.paired.as_ref().map(|paired| paired.unit);
    unit == Some(Replicate::Sitting)
}
