//! `echolab lesson`: the course. It lists the lessons, runs one or all of them, and shows stored results again.
//!
//! ```text
//! list      the course with what has been done
//! ask       the prediction
//! measure   the experiment, with its progress
//! one       a lesson: ask, measure, keep, show
//! all       all lessons in one go, and the page of the course
//! stored    the page of a stored result
//! ```

mod all;
mod ask;
mod list;
mod measure;
mod one;
mod progress;
mod stored;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::Args;
use course::store::FOLDER;

use crate::exit_codes::Exit;
use crate::failure::Failure;

/// Work through the course: predict, run, see
///
/// Without a name it lists the lessons. A lesson asks a question, lets you predict the answer, measures it in about ten seconds, and
/// draws the result with your prediction in it. It keeps the result and a page in `results/course`. The exit code is 4 if this machine
/// does not show what the lesson claims; the reason is then printed.
#[derive(Args, Clone, Debug)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "each is a flag of the command line"
)]
#[command(after_help = "Examples:
  echolab lesson                                      list the course, and what you have done
  echolab lesson poll-scans                           ask, predict, measure, show
  echolab lesson poll-scans --predict b               predict without being asked
  echolab lesson poll-scans --skip --open             measure without a prediction, open the page
  echolab lesson poll-scans --set connections=1000    change a parameter of the experiment
  echolab lesson --all --yes                          run all lessons without questions
  echolab lesson --all --yes --json > class.jsonl     one line of JSON a lesson
  echolab lesson poll-scans --page                    show a stored result again")]
pub struct LessonArgs {
    /// Name of the lesson
    #[arg(conflicts_with = "all")]
    name: Option<String>,
    /// Run all lessons, in the order of the course
    ///
    /// No prediction is asked for. A lesson that fails or is not shown does not end the course. The page of the course is
    /// `course.html`.
    #[arg(long, conflicts_with_all = ["predict", "skip", "set"])]
    all: bool,
    /// Do not ask whether to run all lessons
    #[arg(short, long, requires = "all")]
    yes: bool,
    /// Predict this choice or number
    #[arg(long, value_name = "VALUE", requires = "name", conflicts_with_all = ["skip", "page"])]
    predict: Option<String>,
    /// Make no prediction
    ///
    /// A prediction of an earlier run is kept.
    #[arg(long)]
    skip: bool,
    /// Change a parameter of the experiment; may be repeated
    ///
    /// Every step that has the parameter gets the value. The file `lesson.toml` in the folder of the lesson shows the parameters. The
    /// result is kept in a folder of its own, and does not count as done.
    #[arg(long, value_name = "KEY=VALUE", value_parser = setting, requires = "name")]
    set: Vec<(String, String)>,
    /// Make each experiment as short as possible
    ///
    /// This is for tests. Some lessons are then not shown.
    #[arg(long, conflicts_with = "page")]
    short: bool,
    /// Print one line of JSON a lesson
    #[arg(long)]
    json: bool,
    /// Show a stored result and write its page, without measuring
    #[arg(long)]
    page: bool,
    /// Folder of the stored results [default: that of --out]
    #[arg(long, value_name = "FOLDER", requires = "page")]
    from: Option<PathBuf>,
    /// Folder of results and pages
    #[arg(short, long, value_name = "FOLDER", default_value = FOLDER)]
    out: PathBuf,
    /// Open the page in your browser
    #[arg(long)]
    open: bool,
    /// Show no progress
    #[arg(short, long)]
    quiet: bool,
}

impl LessonArgs {
    fn settings(&self) -> BTreeMap<String, String> {
        self.set.iter().cloned().collect()
    }

    /// The folder of stored results.
    fn stored(&self) -> &Path {
        self.from.as_deref().unwrap_or(&self.out)
    }
}

fn setting(text: &str) -> Result<(String, String), String> {
    let parts = text
        .split_once('=')
        .map(|(key, value)| (key.trim(), value.trim()));
    match parts {
        Some((key, value)) if !key.is_empty() && !value.is_empty() => {
            Ok((key.to_owned(), value.to_owned()))
        }
        _ => Err(format!(
            "`{text}` is not KEY=VALUE; write for example connections=1000"
        )),
    }
}

/// Runs `echolab lesson`.
///
/// # Errors
/// There is no such lesson, its experiment fails, or a prediction is missing.
pub fn run(args: &LessonArgs) -> Result<ExitCode, Failure> {
    match &args.name {
        Some(name) if args.page => stored::one(args, name),
        Some(name) => one::run(args, name),
        None if args.all && args.page => stored::all(args),
        None if args.all => all::run(args),
        None if args.page => Err(Failure::wrong_use(
            "--page needs a lesson; give its name, or --all",
        )),
        None => list::run(args),
    }
}

/// The exit code of lessons that are shown, or not.
fn exit(shown: bool) -> ExitCode {
    if shown {
        ExitCode::SUCCESS
    } else {
        Exit::NotShown.into()
    }
}
