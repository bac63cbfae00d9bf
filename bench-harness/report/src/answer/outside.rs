//! The sentences about contenders that are outside of the comparison: they use a whole CPU, or do not do the work of the others.

use analysis::{LeftOut, Metric, Verdict};
use record::number::{grouped, share};
use record::plan::ContenderId;

use super::Said;
use super::block::Writer;
use super::figures::rounded;
use super::names::{Item, listed, named, single};
use crate::phrases::{SPINS, why_missing};

impl Writer<'_> {
    /// Those that use a whole CPU. In a closed loop they may answer fewer requests as well.
    pub fn spinning(&self) -> Option<Said> {
        let spinning = &self.answer.spinning;
        let names = (!spinning.is_empty()).then(|| named(self.summary, spinning))?;
        let is_known = spinning.iter().all(|id| self.known.contains(id));
        let spins = if spinning.len() == 1 {
            SPINS.to_owned()
        } else {
            SPINS.replacen("uses", "use", 1)
        };
        match (self.fewer_requests(), is_known) {
            (Some(fewer), true) => Some(Said::strong(format!("{names} {fewer}."))),
            (Some(fewer), false) => Some(Said::strong(format!("{names} {spins}, and {fewer}."))),
            (None, false) => Some(Said::plain(format!("{names} {spins}."))),
            (None, true) => Some(Said::plain(format!("{names}: a whole CPU here too."))),
        }
    }

    /// What the only spinning contender answers, if that is clearly less than the baseline does.
    fn fewer_requests(&self) -> Option<String> {
        let [only] = self.answer.spinning[..] else {
            return None;
        };
        let cell = self.summary.cell(only, self.load);
        let compared = cell.compared.get(&Metric::Throughput)?;
        let is_worse =
            compared.verdict == Verdict::Worse && self.summary.loads[self.load].is_closed();
        let own = self.summary.median(only, self.load, Metric::Throughput)?;
        let baseline = self.summary.baseline;
        let all = self
            .summary
            .median(baseline, self.load, Metric::Throughput)?;
        let bound = if self.summary.cell(baseline, self.load).is_bound() {
            " or more"
        } else {
            ""
        };
        let name = &self.summary.contenders[baseline].name;
        let (own, all) = (rounded(own), rounded(all));
        is_worse.then(|| format!("answers only {own} requests/s ({name}: {all}{bound})"))
    }

    /// Those that serve too few clients or requests, or have no figures.
    pub fn left_out(&self) -> Vec<String> {
        let clients = grouped(self.summary.loads[self.load].connections as u64);
        let written = [
            self.left(
                "Cannot serve all clients at once",
                |_, reason| match reason {
                    LeftOut::Serves(served) => {
                        Some(format!("{} of {clients}", grouped(served as u64)))
                    }
                    LeftOut::Behind(_) | LeftOut::Unmeasured => None,
                },
            ),
            self.left("Not all requests are answered", |_, reason| match reason {
                LeftOut::Behind(answered) => Some(share(answered)),
                LeftOut::Serves(_) | LeftOut::Unmeasured => None,
            }),
            self.left("Without figures", |id, reason| match reason {
                LeftOut::Unmeasured => Some(why_missing(self.summary, id, self.load).to_owned()),
                LeftOut::Serves(_) | LeftOut::Behind(_) => None,
            }),
        ];
        written.into_iter().flatten().collect()
    }

    fn left(
        &self,
        what: &str,
        reason: impl Fn(ContenderId, LeftOut) -> Option<String>,
    ) -> Option<String> {
        let left = self.answer.left_out.iter();
        let left = left.filter_map(|&(id, left)| Some((id, reason(id, left)?)));
        let (ids, reasons): (Vec<ContenderId>, Vec<String>) = left.unzip();
        let items = single(self.summary, &ids);
        let place = |item: &Item| ids.iter().position(|id| item.members.contains(id));
        let write = |item: &Item| {
            let reason = place(item).map_or("", |place| reasons[place].as_str());
            format!("{} ({reason})", item.name)
        };
        (!items.is_empty()).then(|| format!("{what}: {}.", listed(&items, "and", write)))
    }
}
