//! The desk of a student: a file to edit, the cases on every save, and hints on request.

use std::collections::BTreeMap;
use std::fs;
use std::io::{self, BufRead as _, Write as _};
use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::mpsc::{Receiver, channel};
use std::thread;
use std::time::{Duration, SystemTime};

use conformance::texts::sentence;
use workshop::{Built, Copy, Keep, Outcome, Suite, Tree, WorkshopError};

use super::{Workbench, say};
use crate::commands::repair::DeskArgs;
use crate::exit_codes::Exit;
use crate::failure::{Explain as _, Failure};

/// Time between two looks at the file.
const LOOK_EVERY: Duration = Duration::from_millis(150);

/// What a student has to do.
pub struct Task {
    /// The model to mend or to write.
    pub model: String,
    /// The name of the copy.
    pub copy: &'static str,
    /// The task in a sentence.
    pub begin: String,
    /// Hints, each of which says more than the one before.
    pub hints: Vec<String>,
    /// The case to run first; all others follow when it passes.
    pub first_case: Option<String>,
    /// The file to edit, relative to the workspace.
    pub file: PathBuf,
    /// What the file contains at the beginning.
    pub source: String,
}

/// A task with its copy.
pub struct Desk<'a> {
    bench: &'a Workbench,
    args: &'a DeskArgs,
    task: Task,
    copy: Copy,
    path: PathBuf,
    hints_given: usize,
}

impl<'a> Desk<'a> {
    /// Makes the copy. A file that the student has changed stays.
    ///
    /// # Errors
    /// The copy cannot be made.
    pub fn new(bench: &'a Workbench, args: &'a DeskArgs, task: Task) -> Result<Self, Failure> {
        let state = State::read(&bench.tree, &task);
        let root = bench.tree.workshop().join(task.copy);
        let kept = fs::read_to_string(root.join(&task.file)).ok();
        let goes_on = state.as_ref().filter(|_| !args.again).zip(kept);
        let (hints_given, source) = match goes_on {
            Some((state, kept)) => (state.hints_given, kept),
            None => (0, task.source.clone()),
        };
        let changed = BTreeMap::from([(task.file.clone(), source)]);
        let copy = Copy::of(&bench.tree, task.copy, &changed, Keep::Yes)?;
        let path = copy.root().join(&task.file);
        let desk = Self {
            bench,
            args,
            task,
            copy,
            path,
            hints_given,
        };
        desk.remember()?;
        Ok(desk)
    }

    /// Lets the student work until all cases pass.
    ///
    /// # Errors
    /// The copy cannot be built, or the user stops it.
    pub fn run(mut self) -> Result<ExitCode, Failure> {
        if self.args.hint {
            self.give_hint()?;
            return Ok(ExitCode::SUCCESS);
        }
        say("task", &self.task.begin)?;
        writeln!(io::stdout(), "  edit          {}\n", self.path.display())?;
        if self.args.check {
            let done = self.check()?;
            return Ok(if done { Exit::Done } else { Exit::Failed }.into());
        }
        let lines = lines_of_stdin();
        loop {
            let seen = self.saved_at();
            if self.check()? {
                return Ok(ExitCode::SUCCESS);
            }
            writeln!(
                io::stdout(),
                "\n  Save the file to check it again; h and Enter: a hint; q and Enter: pause"
            )?;
            if self.wait_for_save(seen, &lines)? == Next::Pause {
                writeln!(
                    io::stdout(),
                    "  Your file stays. Go on with the same command."
                )?;
                return Ok(ExitCode::SUCCESS);
            }
        }
    }

    /// Builds the copy and runs the cases. True if all of them pass.
    fn check(&self) -> Result<bool, Failure> {
        let suite = match self.bench.build(&self.copy)? {
            Built::Suite(suite) => suite,
            Built::Errors { text, .. } => {
                writeln!(io::stdout(), "{text}")?;
                say("not yet", "The file does not compile.")?;
                return Ok(false);
            }
        };
        if let Some(case) = &self.task.first_case {
            let outcome = self.bench.run_case(&suite, &self.task.model, case, None)?;
            if !all_pass(&outcome)? {
                return Ok(false);
            }
            say("passes", case)?;
        }
        let own = format!("/{}/", self.task.model);
        let outcome = self.bench.run(&suite, &[&own], None)?;
        if !all_pass(&outcome)? {
            return Ok(false);
        }
        self.finish(&suite, outcome.tests.len())
    }

    fn finish(&self, suite: &Suite, cases: usize) -> Result<bool, Failure> {
        if self.args.all_models {
            let words = ["--skip", "break-it", "--skip", "exercise"];
            let outcome = self.bench.run(suite, &words, None)?;
            if !all_pass(&outcome)? {
                return Ok(false);
            }
            say(
                "other models",
                &format!("all {} cases pass", outcome.tests.len()),
            )?;
        }
        say(
            "done",
            &format!(
                "All {cases} cases of `{}` pass. Well done.",
                self.task.model
            ),
        )?;
        let original = self.bench.tree.root().join(&self.task.file);
        writeln!(
            io::stdout(),
            "\n  Compare with the original: diff {} {}",
            self.path.display(),
            original.display()
        )?;
        Ok(true)
    }

    fn wait_for_save(
        &mut self,
        seen: Option<SystemTime>,
        lines: &Receiver<String>,
    ) -> Result<Next, Failure> {
        loop {
            if self.bench.is_stopped() {
                return Err(WorkshopError::Stopped.into());
            }
            if self.saved_at() != seen {
                return Ok(Next::Check);
            }
            match lines.try_recv().as_deref().map(str::trim) {
                Ok("h" | "hint") => self.give_hint()?,
                Ok("q" | "quit") => return Ok(Next::Pause),
                Ok(_) | Err(_) => thread::sleep(LOOK_EVERY),
            }
        }
    }

    /// Editors write a new file and rename it, so for a moment there may be none.
    fn saved_at(&self) -> Option<SystemTime> {
        fs::metadata(&self.path)
            .and_then(|file| file.modified())
            .ok()
    }

    fn give_hint(&mut self) -> Result<(), Failure> {
        let number = self.hints_given.min(self.task.hints.len() - 1);
        let label = format!("hint {} of {}", number + 1, self.task.hints.len());
        let text = &self.task.hints[number];
        match text.split_once('\n') {
            None => say(&label, text)?,
            Some((first, rest)) => {
                say(&label, first)?;
                writeln!(io::stdout(), "{rest}")?;
            }
        }
        self.hints_given = number + 1;
        self.remember()
    }

    fn remember(&self) -> Result<(), Failure> {
        let state = State {
            hints_given: self.hints_given,
        };
        state.write(&self.bench.tree, &self.task)
    }
}

/// What the student does next.
#[derive(PartialEq, Eq)]
enum Next {
    Check,
    Pause,
}

/// Reads what the student writes, in a thread of its own: the end of stdin ends only that thread.
fn lines_of_stdin() -> Receiver<String> {
    let (sender, lines) = channel();
    thread::spawn(move || {
        let mut lines = io::stdin().lock().lines().map_while(Result::ok);
        lines.try_for_each(|line| sender.send(line))
    });
    lines
}

/// What is kept between two starts, in a file beside the copy: the model, and the number of hints.
struct State {
    hints_given: usize,
}

impl State {
    fn file(tree: &Tree, task: &Task) -> PathBuf {
        tree.workshop().join(format!("{}.state", task.copy))
    }

    /// The state of this task; `None` if the copy belongs to another one.
    fn read(tree: &Tree, task: &Task) -> Option<Self> {
        let text = fs::read_to_string(Self::file(tree, task)).ok()?;
        let (model, hints) = text.trim().split_once(' ')?;
        let hints_given = hints.parse().ok()?;
        (model == task.model).then_some(Self { hints_given })
    }

    fn write(&self, tree: &Tree, task: &Task) -> Result<(), Failure> {
        let file = Self::file(tree, task);
        let text = format!("{} {}\n", task.model, self.hints_given);
        let problem = format!("cannot write {}", file.display());
        fs::write(&file, text).explain(problem, "check the space on its disk")
    }
}

/// Reports a case that fails, the simplest one first. True if none does.
fn all_pass(outcome: &Outcome) -> Result<bool, Failure> {
    let failed = outcome.failed();
    let Some(test) = outcome.tests.iter().find(|test| test.failure.is_some()) else {
        if outcome.timed_out {
            say(
                "not yet",
                "A case hangs: the server takes CPU time or waits for ever.",
            )?;
        }
        return Ok(!outcome.timed_out);
    };
    let case = failed.first().copied().unwrap_or_default();
    let total = outcome.tests.len();
    say(
        "not yet",
        &format!("{} of {total} cases pass", total - failed.len()),
    )?;
    say("case", case)?;
    say("it checks", &sentence(case))?;
    say("it says", test.failure.as_deref().unwrap_or_default())?;
    Ok(false)
}
