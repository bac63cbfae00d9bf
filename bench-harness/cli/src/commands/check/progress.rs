//! Shows how many cases are done and which run: a bar on a terminal, nothing elsewhere.

use std::sync::Mutex;

use conformance::Progress;
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use report::paragraph::{WIDTH, shortened};

/// Columns of the bar.
const BAR: usize = 24;
/// Columns of the names behind the bar and its count: `99/100`.
const NAMES: usize = WIDTH - BAR - 10;

/// The bar, on stderr. It disappears when this is dropped.
pub struct Bar {
    bar: ProgressBar,
    running: Mutex<Vec<&'static str>>,
}

impl Bar {
    /// A bar for this number of cases. indicatif hides it if stderr is not a terminal.
    pub fn new(cases: usize) -> Self {
        let style =
            ProgressStyle::with_template(&format!("{{bar:{BAR}}} {{pos}}/{{len}}  {{msg}}"))
                .expect("indicatif accepts a bar, a count and a message");
        let target = ProgressDrawTarget::stderr();
        let bar = ProgressBar::with_draw_target(Some(cases as u64), target).with_style(style);
        let running = Mutex::default();
        Self { bar, running }
    }

    /// Shows that a case has begun or ended.
    pub fn show(&self, event: &Progress) {
        let mut running = self.running.lock().expect("no thread panics with it");
        match event {
            Progress::Started(case) => running.push(case.name),
            Progress::Ended(name) => {
                running.retain(|other| other != name);
                self.bar.inc(1);
            }
        }
        self.bar.set_message(shortened(&running.join(", "), NAMES));
        self.bar.tick();
    }
}

impl Drop for Bar {
    fn drop(&mut self) {
        self.bar.finish_and_clear();
    }
}
