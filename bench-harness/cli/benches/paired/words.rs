//! What a ratio says about an aim.

use std::process::ExitCode;

use analysis::{PairedSummary, Ratio, Replicate};
use record::slice::Slice;

/// Exit code if an aim is missed.
const MISSED: u8 = 3;

/// What a ratio says about an aim.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Word {
    /// The whole interval reaches the aim.
    Reached,
    /// The whole interval misses it.
    Missed,
    /// The interval lies on both sides, or there is none.
    NotClear,
}

/// What a ratio says about the aim to lie between two bounds.
pub fn word(ratio: Option<&Ratio>, low: f64, high: f64) -> Word {
    match ratio.and_then(|ratio| ratio.interval) {
        Some((from, to)) if from >= low && to <= high => Word::Reached,
        Some((from, to)) if from > high || to < low => Word::Missed,
        _ => Word::NotClear,
    }
}

/// The exit code of a bench.
pub fn done(reached: bool) -> ExitCode {
    ExitCode::from(if reached { 0 } else { MISSED })
}

/// A ratio with its interval, and a star if it has the sitting as unit.
pub fn interval(found: Option<&PairedSummary>) -> String {
    let Some(found) = found else {
        return "all slices disturbed".to_owned();
    };
    let star = match found.unit {
        Replicate::Round => "",
        Replicate::Sitting => "*",
    };
    let estimate = found.ratio.estimate;
    match found.ratio.interval {
        Some((low, high)) => format!("{estimate:.3} [{low:.3}, {high:.3}]{star}"),
        None => format!("{estimate:.3} (too few rounds)"),
    }
}

/// Prints how many slices were disturbed, if any were.
pub fn print_disturbed<'a>(slices: impl Iterator<Item = &'a Slice>) {
    let (mut all, mut disturbed) = (0, 0);
    for slice in slices {
        all += 1;
        disturbed += usize::from(slice.disturbed());
    }
    if disturbed > 0 {
        println!(
            "{disturbed} of {all} slices were disturbed and do not count; close other programs if these are many"
        );
    }
}
