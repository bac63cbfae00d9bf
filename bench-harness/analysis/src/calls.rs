//! System calls by name: which ones are frequent in a run, and how those of a cell divide among them.

use std::collections::BTreeMap;

use record::plan::{ContenderId, LoadId};

use crate::summary::Summary;

/// Stands for all calls that were not counted by name.
const OTHERS: &str = "others";

impl Summary {
    /// The most frequent system calls of all cells together, at most this many, the most frequent first.
    pub fn frequent_calls(&self, most: usize) -> Vec<String> {
        let mut sums: BTreeMap<&String, f64> = BTreeMap::new();
        for cell in &self.cells {
            for (name, count) in cell.calls.iter().filter(|(name, _)| *name != OTHERS) {
                *sums.entry(name).or_default() += count;
            }
        }
        let mut sums: Vec<_> = sums.into_iter().collect();
        sums.sort_by(|a, b| b.1.total_cmp(&a.1));
        let names = sums.into_iter().map(|(name, _)| name.clone());
        names.take(most).collect()
    }

    /// The calls of these names per request, and last all others together; `None` if calls were not counted.
    pub fn calls_by_name(
        &self,
        contender: ContenderId,
        load: LoadId,
        names: &[String],
    ) -> Option<Vec<f64>> {
        let calls = &self.cell(contender, load).calls;
        let count = |name: &String| calls.get(name).copied().unwrap_or(0.0);
        let mut parts: Vec<f64> = names.iter().map(count).collect();
        let sum: f64 = parts.iter().sum();
        parts.push((calls.values().sum::<f64>() - sum).max(0.0));
        (!calls.is_empty()).then_some(parts)
    }
}
