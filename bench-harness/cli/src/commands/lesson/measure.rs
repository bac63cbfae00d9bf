//! The experiment of a lesson, with its progress; and where its result is kept.

use std::env;
use std::path::PathBuf;

use course::catalogue::Lesson;
use course::outcome::Outcome;
use course::predict::Prediction;
use course::run::{self, Setup};
use course::store;
use measure::lock::{self, Lock};
use measure::stop::Stop;
use record::warning::RunWarning;

use super::LessonArgs;
use super::progress::Bar;
use crate::failure::{Explain as _, Failure};
use crate::notes::note;
use crate::screen;

/// Runs experiments, one at a time, until the user stops it.
pub struct Laboratory {
    program: PathBuf,
    stop: Stop,
    /// Keeps comparisons and other lessons waiting, which would disturb the measurement.
    _lock: Lock,
}

impl Laboratory {
    /// Handles Ctrl-C from now on, and keeps other measurements of this machine waiting.
    ///
    /// # Errors
    /// Another measurement is running.
    pub fn open() -> Result<Self, Failure> {
        if cfg!(debug_assertions) {
            note(format_args!("note: {}", RunWarning::DebugBuild));
        }
        let lock = Lock::take(&lock::path(), "lessons of the course")?;
        let program = env::current_exe().explain(
            "this program cannot find itself to start servers",
            "call it by its full path",
        )?;
        let stop = Stop::on_signals(screen::leave).explain("cannot handle Ctrl-C", "try again")?;
        Ok(Self {
            program,
            stop,
            _lock: lock,
        })
    }

    /// Runs the experiment of a lesson.
    ///
    /// # Errors
    /// A step fails, or the user stops it.
    pub fn measure(
        &self,
        args: &LessonArgs,
        lesson: &Lesson,
        prediction: Option<Prediction>,
    ) -> Result<Outcome, Failure> {
        store::prepare(&args.out)?;
        let bar = Bar::new(args.quiet);
        let settings = args.settings();
        let setup = Setup {
            program: &self.program,
            prediction,
            settings: &settings,
            short: args.short,
            stop: &self.stop,
            progress: &|text, share| bar.show(text, share),
        };
        Ok(run::run(lesson, &setup)?)
    }
}

/// The prediction of an earlier run of a lesson. It stays if the lesson is run again without one.
pub fn earlier_prediction(args: &LessonArgs, name: &str) -> Option<Prediction> {
    let earlier = store::read(&args.out, name).ok().flatten()?;
    earlier.prediction
}

/// Keeps a result and its page. Returns the path of the page.
///
/// # Errors
/// The folder cannot be written.
pub fn keep(args: &LessonArgs, lesson: &Lesson, outcome: &Outcome) -> Result<PathBuf, Failure> {
    store::write(&args.out, outcome)?;
    Ok(store::write_pages(&args.out, lesson, outcome)?)
}
