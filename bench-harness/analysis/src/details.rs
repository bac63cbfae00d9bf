//! Details that a summary lacks at first, because unpacking them takes longer than all the rest: response-time curves, and
//! connections over time.

use rayon::prelude::*;
use record::plan::{ContenderId, LoadId};
use record::sample::Sample;
use record::store::Run;

use crate::quantiles::quantiles;
use crate::rows::{by_cell, counted, one_per_trial, representative};
use crate::summary::Summary;

impl Summary {
    /// Adds the response-time curves of all contenders under these loads. The summary must be of this run, with all its loads.
    pub fn add_curves(&mut self, run: &Run, loads: &[LoadId]) {
        let curve = |rows: &[&Sample]| {
            let rows = counted(rows).rows.into_iter();
            quantiles(rows.map(|row| run.whole(row)))
        };
        let cells = self.rows_under(run, loads).into_par_iter();
        let curves: Vec<_> = cells
            .map(|(contender, load, rows)| (contender, load, curve(&rows)))
            .collect();
        for (contender, load, curve) in curves {
            self.cell_mut(contender, load).curve = curve;
        }
    }

    /// Adds the connections over time of all contenders under this load. The summary must be of this run, with all its loads.
    pub fn add_connections(&mut self, run: &Run, load: LoadId) {
        for (contender, load, rows) in self.rows_under(run, &[load]) {
            let row = representative(&counted(&rows).rows);
            let outcome = row.and_then(|row| run.whole(row).outcome);
            self.cell_mut(contender, load).over_time =
                outcome.map_or(Vec::new(), |outcome| outcome.over_time);
        }
    }

    /// The rows of each contender under these loads. Contenders are found by name, since a summary may hold only some of the
    /// run's.
    fn rows_under<'a>(
        &self,
        run: &'a Run,
        loads: &[LoadId],
    ) -> Vec<(ContenderId, LoadId, Vec<&'a Sample>)> {
        let mut rows = by_cell(&run.plan, &one_per_trial(&run.samples));
        let mut of_contender = |contender: ContenderId| {
            let name = &self.contenders[contender].name;
            let mut planned = ContenderId::all(&run.plan.contenders);
            let planned = planned.find(|&id| run.plan.contenders[id].name == *name)?;
            let mut of_load = |&load: &LoadId| {
                let cell = &mut rows[run.plan.cell_of(planned, load)];
                (contender, load, std::mem::take(cell))
            };
            Some(loads.iter().map(&mut of_load).collect::<Vec<_>>())
        };
        let cells = self.contender_ids().filter_map(&mut of_contender);
        cells.flatten().collect()
    }
}
