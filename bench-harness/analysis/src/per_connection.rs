//! What one more connection costs a contender.

use record::plan::{ContenderId, LoadId};

use crate::metric::Metric;
use crate::slope::{Slope, slope};
use crate::summary::Summary;

impl Summary {
    /// The slope of this metric over the number of connections, in its unit per connection. The loads are those of the ladder, or
    /// else of the first scenario whose numbers of connections differ. Loads under which clients were left out do not count,
    /// because those clients cost nothing. `None` if fewer than two loads remain.
    pub fn per_connection(&self, contender: ContenderId, metric: Metric) -> Option<Slope> {
        let scenario = self.rising_scenario()?;
        let served = |load: &LoadId| !self.left_out(contender, *load);
        let points = self.loads_of(scenario).filter(served).flat_map(|load| {
            let connections = self.loads[load].connections as f64;
            let values = self.cell(contender, load).values(metric).iter();
            values.map(move |&value| (connections, value))
        });
        slope(&points.collect::<Vec<_>>())
    }
}
