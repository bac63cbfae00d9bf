//! `echolab break`: breaks a model as its README says, and shows which case notices.

use std::io::{self, Write as _};
use std::process::ExitCode;

use clap::Args;
use conformance::texts::sentence;
use workshop::{BreakIt, Outcome};

use crate::failure::Failure;
use crate::workbench::{Workbench, all_broken, say};

/// Break a model as its page says, and see which test notices
///
/// The section "Break it" of each model's page has a patch of at most three lines. This command applies it to a copy of the
/// source tree, builds the copy, and runs the case that the page names. Then it throws the copy away. Your sources do not
/// change. It needs the source tree and cargo. The first build takes some minutes, later ones take seconds.
#[derive(Args, Clone, Debug)]
#[command(after_help = "Examples:
  echolab break epoll-edge       break it, and show what a client sees
  echolab repair epoll-edge      mend it yourself")]
pub struct BreakArgs {
    /// Name of a model from `echolab list`
    model: String,
    /// Show no progress
    #[arg(short, long)]
    quiet: bool,
}

/// Runs `echolab break`.
///
/// # Errors
/// The copy cannot be built, or the case does not fail with the broken model.
pub fn run(args: &BreakArgs) -> Result<ExitCode, Failure> {
    let bench = Workbench::for_model(&args.model, args.quiet)?;
    let lesson = BreakIt::of(&bench.tree, &args.model)?;
    show_patch(&lesson)?;
    // All models are broken in the same copy, so that one build serves them all.
    let suite = bench.build_copy(BreakIt::COPY, &all_broken(&bench.tree))?;
    say("case", &lesson.case)?;
    say("it checks", &sentence(&lesson.case))?;
    let outcome = bench.run_case(&suite, &args.model, &lesson.case, None)?;
    let failure = failure_of(&outcome, &lesson.case, &args.model)?;
    say("it says", failure)?;
    say("it means", &lesson.prose)?;
    writeln!(
        io::stdout(),
        "\n  The copy is gone, and your sources are unchanged. Mend it yourself: echolab repair {}",
        args.model
    )?;
    Ok(ExitCode::SUCCESS)
}

/// Why the case fails.
///
/// # Errors
/// The case passes, or does not end.
fn failure_of<'a>(outcome: &'a Outcome, case: &str, model: &str) -> Result<&'a str, Failure> {
    let mut tests = outcome.tests.iter();
    let failed = tests.find_map(|test| test.failure.as_deref());
    failed.ok_or_else(|| {
        Failure::failed(if outcome.timed_out {
            format!("the case `{case}` does not end with the broken `{model}`; report this as a bug")
        } else {
            format!("the case `{case}` passes although `{model}` is broken; run the command again on a quiet machine")
        })
    })
}

fn show_patch(lesson: &BreakIt) -> Result<(), Failure> {
    let mut out = io::stdout();
    let place = format!("{}:{}", lesson.source.display(), lesson.broken.line);
    say("the patch", &place)?;
    for line in lesson.patch.lines() {
        writeln!(out, "  {line}")?;
    }
    Ok(())
}
