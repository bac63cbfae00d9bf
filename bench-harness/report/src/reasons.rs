//! The reasons why comparisons have no clear word, those of one kind together.

use std::mem::discriminant;

use analysis::{Bar, Needs, Unsure, Verdict};
use record::number::significant;

/// One kind of reason, and the verdicts that have it.
struct Kind<'a> {
    verdicts: Vec<&'a Verdict>,
}

/// A sentence for each kind of reason among these verdicts, with the number of verdicts that have it, the most frequent kind first.
/// Verdicts with a clear word have no reason.
pub fn by_kind<'a>(verdicts: impl IntoIterator<Item = &'a Verdict>) -> Vec<(usize, String)> {
    let mut kinds: Vec<Kind<'a>> = Vec::new();
    let unclear = verdicts.into_iter().filter(|one| one.because().is_some());
    for verdict in unclear {
        match kinds.iter_mut().find(|kind| kind.has(verdict)) {
            Some(kind) => kind.verdicts.push(verdict),
            None => kinds.push(Kind {
                verdicts: vec![verdict],
            }),
        }
    }
    let mut sentences: Vec<(usize, String)> = kinds
        .iter()
        .map(|kind| (kind.verdicts.len(), kind.sentence()))
        .collect();
    sentences.sort_by_key(|(count, _)| std::cmp::Reverse(*count));
    sentences
}

impl Kind<'_> {
    fn has(&self, verdict: &Verdict) -> bool {
        match (self.verdicts[0], verdict) {
            (Verdict::Barred(one), Verdict::Barred(other)) => {
                discriminant(one) == discriminant(other)
            }
            (Verdict::Inconclusive(one), Verdict::Inconclusive(other)) => {
                discriminant(one) == discriminant(other) && is_too_close(one) == is_too_close(other)
            }
            _ => false,
        }
    }

    fn sentence(&self) -> String {
        if let Some(range) = self.widths() {
            return range;
        }
        let worst = self
            .verdicts
            .iter()
            .max_by(|a, b| size(a).total_cmp(&size(b)));
        let worst = worst.expect("a kind has a verdict");
        let reason = worst.because().unwrap_or_default();
        let differs = self.verdicts.iter().any(|one| one != worst);
        if differs {
            format!("worst case: {reason}")
        } else {
            reason
        }
    }

    /// The half-widths of ratios that are not known precisely enough, and what helps; `None` for another kind.
    fn widths(&self) -> Option<String> {
        let width = |verdict: &&Verdict| match verdict {
            Verdict::Inconclusive(unsure @ Unsure::Wide { half_width, .. })
                if !is_too_close(unsure) =>
            {
                Some(*half_width)
            }
            _ => None,
        };
        let mut widths: Vec<f64> = self.verdicts.iter().filter_map(width).collect();
        widths.sort_by(f64::total_cmp);
        let per_cent = |width: &f64| significant((width * 1000.0).round() / 10.0);
        let known = match &widths[..] {
            [] => return None,
            [only] => format!("the ratio is known only to ±{} %", per_cent(only)),
            [narrow, .., wide] => format!(
                "the ratio is known only to ±{} to {} %",
                per_cent(narrow),
                per_cent(wide)
            ),
        };
        Some(format!("{known}; measure more blocks, or more rounds"))
    }
}

/// True if no reasonable time decides it.
const fn is_too_close(unsure: &Unsure) -> bool {
    matches!(
        unsure,
        Unsure::Wide {
            needs: Some(Needs::TooClose),
            ..
        }
    )
}

/// How bad a reason is among those of its kind.
fn size(verdict: &Verdict) -> f64 {
    match verdict {
        Verdict::Better | Verdict::Worse | Verdict::Equivalent | Verdict::Control => 0.0,
        Verdict::Inconclusive(unsure) => match unsure {
            Unsure::TooFew { trials } => -(*trials as f64),
            Unsure::TooFewForFamily { needed, .. }
            | Unsure::TooFewRounds { needed, .. }
            | Unsure::TooFewRoundsForFamily { needed, .. } => *needed as f64,
            Unsure::Wide { half_width, .. } => *half_width,
            Unsure::OneOfMany { adjusted } => *adjusted,
        },
        Verdict::Barred(bar) => match bar {
            Bar::NoControl | Bar::LeftOut | Bar::Spins => 0.0,
            Bar::Control {
                interval: (low, high),
            } => high.max(1.0 / low),
            Bar::Disturbed { trials }
            | Bar::Generator { trials }
            | Bar::AboveRange { trials }
            | Bar::Failed { trials } => *trials as f64,
            Bar::Behind { share } => -share,
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn wide(half_width: f64) -> Verdict {
        Verdict::Inconclusive(Unsure::Wide {
            half_width,
            needs: None,
        })
    }

    #[test]
    fn two_hundred_reasons_of_four_kinds_become_four_sentences() {
        let mut verdicts: Vec<Verdict> =
            (0..200).map(|i| wide(0.05 + f64::from(i) / 1e3)).collect();
        verdicts.extend((1..30).map(|trials| Verdict::Barred(Bar::Generator { trials })));
        verdicts.push(Verdict::Barred(Bar::Spins));
        verdicts.push(Verdict::Inconclusive(Unsure::Wide {
            half_width: 0.01,
            needs: Some(Needs::TooClose),
        }));
        verdicts.extend([Verdict::Better, Verdict::Equivalent]);
        let reasons = by_kind(&verdicts);
        let counts: Vec<usize> = reasons.iter().map(|(count, _)| *count).collect();
        assert_eq!(counts, [200, 29, 1, 1]);
        let sentence =
            "the ratio is known only to ±5 to 24.9 %; measure more blocks, or more rounds";
        assert_eq!(reasons[0].1, sentence);
        assert!(reasons[1].1.starts_with("worst case: "), "{reasons:?}");
        assert!(reasons[1].1.contains("29 trials"), "{reasons:?}");
    }

    #[test]
    fn a_reason_that_all_share_is_no_worst_case() {
        let reasons = by_kind(&[wide(0.1)]);
        assert_eq!(
            reasons[0].1,
            "the ratio is known only to ±10 %; measure more blocks, or more rounds"
        );
        let spins = Verdict::Barred(Bar::Spins);
        let reasons = by_kind(&[spins.clone(), spins]);
        assert!(!reasons[0].1.contains("worst case"), "{reasons:?}");
    }
}
