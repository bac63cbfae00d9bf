//! Which contenders to take for a load: all that are not clearly worse than the best, and how far behind the others are.

use record::plan::Contender;

use super::{Bar, INDIFFERENT, Metric, Ratio, Summary, Verdict, ratio};

/// The answer for one load.
#[derive(Clone, Debug, PartialEq)]
pub struct Choice {
    /// The load.
    pub load: usize,
    /// What decides.
    pub metric: Metric,
    /// Those that are not clearly worse than the best, in the order of the plan; none where nobody served everybody.
    pub good: Vec<usize>,
    /// Those that are, each with its ratio to the best.
    pub behind: Vec<(usize, Ratio)>,
    /// Those that left clients out, so that they are not asked.
    pub left_out: Vec<usize>,
    /// Why the run says this with less certainty, if so.
    pub doubts: Vec<Bar>,
}

impl Summary {
    /// What decides under this load: the capacity where it is searched, the slowest requests where a rate is offered (the rate is
    /// the same for all), else the requests answered.
    pub fn deciding(&self, load: usize) -> Metric {
        let load = &self.loads[load];
        if load.objective.is_some() {
            Metric::Capacity
        } else if load.rate.is_some() {
            Metric::P99
        } else {
            Metric::Throughput
        }
    }

    /// Who is not clearly worse than the best under this load: the 95 % interval of the ratio to the best median reaches into the
    /// zone of 5 % that matters to nobody. Servers of datagrams and reference lines are asked only where there are no others.
    pub fn choice(&self, load: usize) -> Choice {
        let metric = self.deciding(load);
        // Datagrams promise less than a stream: who needs streams cannot take a server of datagrams, however fast it is. And nobody
        // can take a reference line.
        let no_choice = |who: &Contender| who.datagrams || who.reference_line;
        let others = self.contenders.iter().any(|who| !no_choice(who));
        let asked = (0..self.contenders.len())
            .filter(|&c| !(self.is_twin(c) || others && no_choice(&self.contenders[c])));
        let (left_out, asked): (Vec<usize>, Vec<usize>) =
            asked.partition(|&c| self.cell(c, load).left_out());
        let median = |c: usize| self.median(c, load, metric);
        let better = |a: f64, b: f64| {
            if metric.more_is_better() {
                a.total_cmp(&b)
            } else {
                b.total_cmp(&a)
            }
        };
        let measured: Vec<(usize, f64)> = asked
            .into_iter()
            .filter_map(|c| Some((c, median(c)?)))
            .collect();
        let best = measured.iter().max_by(|a, b| better(a.1, b.1));
        let mut choice = Choice {
            load,
            metric,
            good: Vec::new(),
            behind: Vec::new(),
            left_out,
            doubts: self.doubts(load, metric),
        };
        let Some(&(best, _)) = best else {
            return choice;
        };
        for &(contender, _) in &measured {
            match self.behind(contender, best, load, metric) {
                Some(ratio) => choice.behind.push((contender, ratio)),
                None => choice.good.push(contender),
            }
        }
        choice
    }

    /// The ratio to the best, if it says that this contender is clearly worse.
    fn behind(&self, contender: usize, best: usize, load: usize, metric: Metric) -> Option<Ratio> {
        let of = |c: usize| self.cell(c, load).values(metric);
        let found = ratio(of(contender), of(best))?;
        let (low, high) = if let Some(interval) = found.interval {
            interval
        } else {
            // Too few trials for an interval: what overlaps is not apart.
            let estimate = |c: usize| self.cell(c, load).estimates.get(&metric);
            let (own, best) = (estimate(contender)?, estimate(best)?);
            (own.low / best.high, own.high / best.low)
        };
        let worse = if metric.more_is_better() {
            high < 1.0 / INDIFFERENT
        } else {
            low > INDIFFERENT
        };
        worse.then_some(found)
    }

    /// One reason of each kind why comparisons of models under this load carry no verdict.
    fn doubts(&self, load: usize, metric: Metric) -> Vec<Bar> {
        let mut doubts: Vec<Bar> = self.untrusted(load, metric).into_iter().collect();
        let models = (0..self.contenders.len()).filter(|&c| !self.contenders[c].reference_line);
        for contender in models {
            let found = self.cell(contender, load).compared.get(&metric);
            if let Some(Verdict::Barred(bar)) = found.map(|found| &found.verdict) {
                let kind = std::mem::discriminant(bar);
                let known = |other: &Bar| std::mem::discriminant(other) == kind;
                if *bar != Bar::LeftOut && !doubts.iter().any(known) {
                    doubts.push(bar.clone());
                }
            }
        }
        doubts
    }
}

impl Choice {
    /// By how much the nearest of those behind is worse than the best at least, by its interval, as a factor above 1; `None` where
    /// nobody is behind or the trials are too few to say.
    pub fn lead(&self) -> Option<f64> {
        let leads: Option<Vec<f64>> = self
            .behind
            .iter()
            .map(|(_, ratio)| self.distance(ratio))
            .collect();
        leads?.into_iter().reduce(f64::min)
    }

    /// By how much this ratio to the best is worse than 1 at least, as a factor above 1.
    pub fn distance(&self, ratio: &Ratio) -> Option<f64> {
        let (low, high) = ratio.interval?;
        Some(if self.metric.more_is_better() {
            1.0 / high
        } else {
            low
        })
    }
}
