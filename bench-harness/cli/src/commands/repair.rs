//! `echolab repair`: gives a broken model to mend, and checks it on every save.

use std::process::ExitCode;

use clap::Args;
use conformance::texts::sentence;
use workshop::BreakIt;

use crate::failure::Failure;
use crate::workbench::Workbench;
use crate::workbench::desk::{Desk, Task};

/// Mend a broken model: an editor, the tests on every save, and hints
///
/// The model is broken as its page says, in a copy of the source tree. Open the file that this command names in your editor.
/// On every save the command builds the copy and runs the case that fails. When it passes, all cases of the model run. Write
/// h and Enter for a hint, and q to pause: the next start goes on with your file. It needs the source tree and cargo.
#[derive(Args, Clone, Debug)]
#[command(after_help = "Examples:
  echolab repair poll            begin, or go on
  echolab repair poll --hint     show the next hint, and end
  echolab repair poll --check    check the file once, and end
  echolab repair poll --again    break it again, and begin from the start")]
pub struct RepairArgs {
    /// Name of a model from `echolab list`
    model: String,
    #[command(flatten)]
    desk: DeskArgs,
}

/// What `repair` and `exercise --new` share.
#[derive(Args, Clone, Debug)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "each is a flag of the command line"
)]
pub struct DeskArgs {
    /// Throw away the file that you have changed, and begin from the start
    #[arg(long)]
    pub again: bool,
    /// Show the next hint, and end
    #[arg(long, conflicts_with = "check")]
    pub hint: bool,
    /// Check the file once, and end
    #[arg(long)]
    pub check: bool,
    /// At the end run the cases of all other models too; takes minutes
    #[arg(long)]
    pub all_models: bool,
    /// Show no progress
    #[arg(short, long)]
    pub quiet: bool,
}

/// Runs `echolab repair`.
///
/// # Errors
/// The copy cannot be made, or --check finds a case that fails.
pub fn run(args: &RepairArgs) -> Result<ExitCode, Failure> {
    let bench = Workbench::for_model(&args.model, args.desk.quiet)?;
    let lesson = BreakIt::of(&bench.tree, &args.model)?;
    let task = Task {
        model: args.model.clone(),
        copy: "repair",
        begin: format!(
            "`{}` is broken. Find out why the case fails, and mend the file.",
            args.model
        ),
        hints: hints(&lesson),
        first_case: Some(lesson.case),
        file: lesson.source,
        source: lesson.broken.source,
    };
    Desk::new(&bench, &args.desk, task)?.run()
}

/// From a question to the answer.
fn hints(lesson: &BreakIt) -> Vec<String> {
    let lines: Vec<&str> = lesson.patch.lines().collect();
    vec![
        format!(
            "The case `{}` fails. It checks: {}",
            lesson.case,
            sentence(&lesson.case)
        ),
        format!("What is wrong, in the words of the page: {}", lesson.prose),
        format!(
            "Look at {}, near line {}.",
            lesson.source.display(),
            lesson.broken.line
        ),
        format!("This patch has broken it; undo it:\n{}", lines.join("\n")),
    ]
}
