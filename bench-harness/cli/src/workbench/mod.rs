//! The workbench of `break`, `repair` and `exercise`: a copy of the workspace, its build with progress, and its cases.

pub mod desk;
mod progress;
pub mod skeleton;

use std::collections::BTreeMap;
use std::io::{self, Write as _};
use std::path::PathBuf;
use std::time::{Duration, Instant};

use echo_server::find;
use measure::stop::Stop;
use report::paragraph::hanging;
use workshop::{BreakIt, Build, Built, Copy, Keep, Outcome, Suite, Tree, WorkshopError};

use crate::failure::{Explain as _, Failure};
use progress::Spinner;

/// Longest run of some cases. Every wait of a case has a deadline of its own, so only a case that hangs takes longer.
const DEADLINE: Duration = Duration::from_mins(5);

/// The source tree, and the user's request to stop.
pub struct Workbench {
    /// The source tree.
    pub tree: Tree,
    stop: Stop,
    quiet: bool,
}

impl Workbench {
    /// Finds the source tree for work on this model.
    ///
    /// # Errors
    /// There is no such model, it cannot run here, or the source tree or cargo is missing.
    pub fn for_model(model: &str, quiet: bool) -> Result<Self, Failure> {
        if let Err(reason) = find(model)?.supported() {
            return Err(Failure::wrong_use(format!(
                "`{model}` cannot run here: {reason}"
            )));
        }
        let tree = Tree::find()?;
        let stop = Stop::on_signals(|| {}).explain("cannot handle Ctrl-C", "check `ulimit -i`")?;
        Ok(Self { tree, stop, quiet })
    }

    /// True if the user wants to stop.
    pub fn is_stopped(&self) -> bool {
        self.stop.is_requested()
    }

    /// Makes a copy with these changed files, and builds it. The copy is thrown away at the end.
    ///
    /// # Errors
    /// It cannot be made, or it does not compile.
    pub fn build_copy(
        &self,
        name: &str,
        changed: &BTreeMap<PathBuf, String>,
    ) -> Result<Suite, Failure> {
        let copy = Copy::of(&self.tree, name, changed, Keep::No)?;
        Ok(self.build(&copy)?.suite()?)
    }

    /// Builds the suite in a copy, and shows the progress.
    ///
    /// # Errors
    /// Cargo does not start, or the user stops it.
    pub fn build(&self, copy: &Copy) -> Result<Built, WorkshopError> {
        let spinner = Spinner::new(self.quiet);
        let begin = Instant::now();
        let mut packages = 0;
        let progress = |package: Option<&str>| {
            packages += usize::from(package.is_some());
            spinner.show(packages, begin.elapsed(), package);
        };
        let build = Build {
            profile: "dev",
            progress: Box::new(progress),
            stop: Box::new(|| self.stop.is_requested()),
        };
        build.run(copy)
    }

    /// Runs the tests that these words select.
    ///
    /// # Errors
    /// The suite gives no result, or the user stops it.
    pub fn run(
        &self,
        suite: &Suite,
        words: &[&str],
        switch: Option<&str>,
    ) -> Result<Outcome, WorkshopError> {
        suite.run(words, switch, DEADLINE, &|| self.stop.is_requested())
    }

    /// Runs one case.
    ///
    /// # Errors
    /// As [`Workbench::run`].
    pub fn run_case(
        &self,
        suite: &Suite,
        model: &str,
        case: &str,
        switch: Option<&str>,
    ) -> Result<Outcome, WorkshopError> {
        self.run(suite, &["--exact", &format!("/{model}/{case}")], switch)
    }
}

/// The models with the patches of their READMEs. A model without a valid patch stays as it is: the tests report it.
pub fn all_broken(tree: &Tree) -> BTreeMap<PathBuf, String> {
    let models = echo_server::MODELS.iter();
    let lessons = models.flat_map(|model| BreakIt::of(tree, model.about().name));
    lessons
        .map(|lesson| (lesson.source, lesson.broken.source))
        .collect()
}

/// Prints a text behind a label, in lines that fit.
///
/// # Errors
/// Stdout is closed.
pub fn say(label: &str, text: &str) -> io::Result<()> {
    write!(io::stdout(), "{}", hanging(&format!("  {label:<14}"), text))
}
