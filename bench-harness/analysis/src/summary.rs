//! The table of a run: one cell for each contender under each load, with what belongs to the whole run.

use record::peak::Probed;
use record::plan::{Contender, ContenderId, Load, LoadId, Scenario};
use record::prices::Prices;

use crate::cell::Cell;
use crate::metric::Metric;
use crate::warnings::Warning;

/// The results of a run.
#[derive(Clone, Debug, PartialEq)]
pub struct Summary {
    /// The contenders, in the order of the plan.
    pub contenders: Vec<Contender>,
    /// The loads, in the order of the plan.
    pub loads: Vec<Load>,
    /// Descriptions of the scenarios, as far as the plan has them.
    pub scenarios: Vec<Scenario>,
    /// The contender that the others are compared with.
    pub baseline: ContenderId,
    /// True if the user named the baseline; else it is the one that the program chooses if it takes part.
    pub names_baseline: bool,
    /// Number of planned trials per cell.
    pub blocks: usize,
    /// Number of planned trials, without repeats.
    pub planned: usize,
    /// Number of finished trials, without repeats.
    pub finished: usize,
    /// What the probe found, if there was one: offered rates are shares of it.
    pub probed: Option<Probed>,
    /// Prices of switches and system calls on the machine of the run; `None` if it has none, as older runs.
    pub prices: Option<Prices>,
    /// The zone of indifference; see [`Summary::zone`].
    pub(crate) zone: f64,
    /// Expected time of one more round under each load, in seconds.
    pub(crate) round_s: Vec<f64>,
    /// Warnings about the run and its trials.
    pub warnings: Vec<Warning>,
    /// The cells, in the order of `Plan::cell_of`.
    pub(crate) cells: Vec<Cell>,
}

/// The contenders of one family.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Members {
    /// The name of the family.
    pub family: &'static str,
    /// Its contenders, in the order of the plan.
    pub members: Vec<ContenderId>,
}

impl Summary {
    /// The zone of indifference: ratios within this factor of 1 count as equal.
    pub const fn zone(&self) -> f64 {
        self.zone
    }

    /// The numbers of all contenders, in the order of the plan.
    pub fn contender_ids(
        &self,
    ) -> impl DoubleEndedIterator<Item = ContenderId> + ExactSizeIterator + Clone + use<> {
        ContenderId::all(&self.contenders)
    }

    /// The numbers of all contenders but twins, in the order of the plan.
    pub fn models(&self) -> impl DoubleEndedIterator<Item = ContenderId> + Clone + '_ {
        self.contender_ids()
            .filter(|&contender| !self.is_twin(contender))
    }

    /// The numbers of all loads, in the order of the plan.
    pub fn load_ids(
        &self,
    ) -> impl DoubleEndedIterator<Item = LoadId> + ExactSizeIterator + Clone + use<> {
        LoadId::all(&self.loads)
    }

    /// The numbers of all loads but the probe, in the order of the plan.
    pub fn measured_loads(&self) -> impl DoubleEndedIterator<Item = LoadId> + Clone + '_ {
        self.load_ids().filter(|&load| !self.loads[load].is_probe())
    }

    /// The last load of the plan, which has at least one.
    pub fn last_load(&self) -> LoadId {
        LoadId(self.loads.len() - 1)
    }

    /// All pairs of a contender and a load.
    pub fn cell_ids(&self) -> impl Iterator<Item = (ContenderId, LoadId)> + use<> {
        let loads = self.load_ids();
        let of_contender = move |contender| loads.clone().map(move |load| (contender, load));
        self.contender_ids().flat_map(of_contender)
    }

    /// The first contender that meets this condition.
    pub fn find_contender(&self, condition: impl Fn(&Contender) -> bool) -> Option<ContenderId> {
        let mut contenders = self.contender_ids();
        contenders.find(|&contender| condition(&self.contenders[contender]))
    }

    /// The results of this contender under this load.
    pub fn cell(&self, contender: ContenderId, load: LoadId) -> &Cell {
        &self.cells[contender.0 * self.loads.len() + load.0]
    }

    pub(crate) fn cell_mut(&mut self, contender: ContenderId, load: LoadId) -> &mut Cell {
        &mut self.cells[contender.0 * self.loads.len() + load.0]
    }

    /// The median of a metric; `None` if it was not measured.
    pub fn median(&self, contender: ContenderId, load: LoadId, metric: Metric) -> Option<f64> {
        Some(self.cell(contender, load).estimates.get(&metric)?.median)
    }

    /// The lowest and the highest median of a metric among these contenders; `None` if it was measured for none of them.
    pub fn range(
        &self,
        contenders: &[ContenderId],
        load: LoadId,
        metric: Metric,
    ) -> Option<(f64, f64)> {
        let medians = contenders
            .iter()
            .filter_map(|&contender| self.median(contender, load, metric));
        medians.fold(None, |range, median| {
            let (low, high) = range.unwrap_or((median, median));
            Some((median.min(low), median.max(high)))
        })
    }

    /// True if some clients were never served or were refused in most trials of this cell.
    pub fn left_out(&self, contender: ContenderId, load: LoadId) -> bool {
        self.cell(contender, load).left_out()
    }

    /// Number of trials that stayed disturbed after all their repeats. Reference lines do not count, because they disturb
    /// themselves.
    pub fn disturbed(&self) -> usize {
        let is_model = |contender: ContenderId| !self.contenders[contender].reference_line;
        let cells = self
            .cell_ids()
            .filter(|&(contender, _)| is_model(contender));
        let disturbed = |cell: &Cell| cell.disturbed + cell.set_aside;
        cells
            .map(|(contender, load)| disturbed(self.cell(contender, load)))
            .sum()
    }

    /// True if this load was measured in rounds.
    pub fn is_paired(&self, load: LoadId) -> bool {
        let mut contenders = self.contender_ids();
        contenders.any(|contender| self.cell(contender, load).is_paired())
    }

    /// True if some load was measured in rounds.
    pub fn has_rounds(&self) -> bool {
        self.cells.iter().any(Cell::is_paired)
    }

    /// Number of slices that were disturbed, and number of all slices.
    pub fn disturbed_slices(&self) -> (usize, usize) {
        let cells = self.cells.iter().map(|cell| &cell.rounds);
        cells.fold((0, 0), |(disturbed, all), rounds| {
            let (counting, repeated) = (rounds.slices, rounds.disturbed);
            (disturbed + repeated, all + counting + repeated)
        })
    }

    /// The families, in the order of the plan.
    pub fn families(&self) -> Vec<Members> {
        let mut families: Vec<Members> = Vec::new();
        for (id, contender) in self.contender_ids().zip(&self.contenders) {
            let family = contender.family.name();
            match families.iter_mut().find(|known| known.family == family) {
                Some(known) => known.members.push(id),
                None => families.push(Members {
                    family,
                    members: vec![id],
                }),
            }
        }
        families
    }

    /// The contender that the plan measures twice, and its twin: how two equal servers compare.
    pub fn control(&self) -> Option<(ContenderId, ContenderId)> {
        let original = |twin: ContenderId| {
            let name = self.contenders[twin].twin_of.as_ref()?;
            self.find_contender(|contender| contender.name == *name)
        };
        let mut contenders = self.contender_ids();
        contenders.find_map(|twin| Some((original(twin)?, twin)))
    }

    /// The twin of the baseline, if it takes part.
    pub fn twin(&self) -> Option<ContenderId> {
        let name = &self.contenders[self.baseline].name;
        self.find_contender(|contender| contender.twin_of.as_ref() == Some(name))
    }

    /// True if this contender is the twin of another one: it tests the measurement and is no model of its own.
    pub fn is_twin(&self, contender: ContenderId) -> bool {
        self.contenders[contender].twin_of.is_some()
    }
}
