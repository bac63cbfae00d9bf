//! `echolab exercise`: leaves out one line of a model, and asks which client notices.

use std::io::{self, BufRead as _, IsTerminal as _, Write as _};
use std::process::ExitCode;

use clap::Args;
use conformance::texts::sentence;
use echo_server::MODELS;
use workshop::{Exercise, Exercises, Site, Suite, Switched, Tree};

use crate::commands::repair::DeskArgs;
use crate::failure::{Explain as _, Failure};
use crate::values::whole;
use crate::workbench::desk::Desk;
use crate::workbench::{Workbench, say, skeleton};

/// Lines of the source that are shown around the line in question.
const AROUND: usize = 4;

/// Answer which client notices a missing line, or write a model yourself
///
/// An exercise shows a model in which one line is missing, and three cases of the conformance suite. One of them fails. Your
/// answer is checked: the program builds a copy of the source tree without that line, and runs the three cases. With --new you
/// write the model yourself: you get its skeleton, the suite runs on every save, and its page gives hints. It needs the source
/// tree and cargo.
#[derive(Args, Clone, Debug)]
#[command(after_help = "Examples:
  echolab exercise poll                         the first exercise
  echolab exercise poll --number 2              another one
  echolab exercise poll --number 2 --answer b   answer without being asked
  echolab exercise --new poll                   write `poll` yourself")]
pub struct ExerciseArgs {
    /// Name of a model from `echolab list`
    model: String,
    /// Number of the exercise, 1 to 1000
    #[arg(short, long, value_name = "N", default_value_t = 1, conflicts_with = "new", value_parser = whole(1..=1000_usize))]
    number: usize,
    /// Answer with this letter
    #[arg(long, value_name = "LETTER", conflicts_with = "new")]
    answer: Option<char>,
    /// Write the model yourself, with the suite as the grader
    #[arg(long)]
    new: bool,
    #[command(flatten)]
    desk: DeskArgs,
}

/// Runs `echolab exercise`.
///
/// # Errors
/// There is no such exercise, no answer, or the copy cannot be built.
pub fn run(args: &ExerciseArgs) -> Result<ExitCode, Failure> {
    let bench = Workbench::for_model(&args.model, args.desk.quiet)?;
    if args.new {
        let task = skeleton::task(&bench.tree, &args.model)?;
        return Desk::new(&bench, &args.desk, task)?.run();
    }
    let exercises = table_of(&bench.tree, &args.model)?;
    let sites = exercises.sites(&bench.tree, &args.model)?;
    let count = exercises.list.len();
    let index = args.number.checked_sub(1).filter(|index| *index < count);
    let index = index.ok_or_else(|| {
        Failure::wrong_use(format!(
            "`{}` has {count} exercises; choose --number 1 to {count}",
            args.model
        ))
    })?;
    let asked = Asked {
        bench: &bench,
        model: &args.model,
        exercise: &exercises.list[index],
    };
    if args.desk.hint {
        asked.hint()?;
        return Ok(ExitCode::SUCCESS);
    }
    let answer = asked.answer(args, &sites[index])?;
    // The exercises of all models are in the same copy, so that one build serves them all.
    let models = MODELS.iter().map(|model| model.about().name);
    let switched = Switched::of_all(&bench.tree, models)?;
    let suite = bench.build_copy(Exercises::COPY, switched.files())?;
    asked.check(&suite, index, answer)?;
    let next = args.number + 1;
    if next <= count {
        writeln!(
            io::stdout(),
            "\n  Next: echolab exercise {} --number {next}",
            args.model
        )?;
    }
    Ok(ExitCode::SUCCESS)
}

/// The exercises of a model.
///
/// # Errors
/// It has none; the text names the models that have some.
fn table_of(tree: &Tree, model: &str) -> Result<Exercises, Failure> {
    let has_table = |name: &str| tree.root().join(Tree::exercises(name)).is_file();
    if has_table(model) {
        return Ok(Exercises::of(tree, model)?);
    }
    let names = MODELS.iter().map(|model| model.about().name);
    let others: Vec<&str> = names.filter(|name| has_table(name)).collect();
    Err(Failure::wrong_use(format!(
        "`{model}` has no exercise; choose one of: {}",
        others.join(", ")
    )))
}

/// One exercise that is asked.
struct Asked<'a> {
    bench: &'a Workbench,
    model: &'a str,
    exercise: &'a Exercise,
}

impl Asked<'_> {
    /// Shows the exercise. Returns the index of the choice that the user gives, or none if he skips it.
    fn answer(&self, args: &ExerciseArgs, site: &Site) -> Result<Option<usize>, Failure> {
        let given = args.answer.map(|letter| self.choice(letter));
        if let Some(Err(error)) = given {
            return Err(error);
        }
        if given.is_none() && !io::stdin().is_terminal() {
            return Err(Failure::wrong_use(
                "an exercise asks for an answer, and there is no terminal to ask on; give one with --answer LETTER",
            ));
        }
        self.show(site)?;
        match given {
            Some(given) => given.map(Some),
            None => self.ask(),
        }
    }

    fn show(&self, site: &Site) -> Result<(), Failure> {
        let file = Tree::source(self.model);
        let source = self.bench.tree.read(&file)?;
        let place = format!("{}:{} in `{}`", file.display(), site.line, site.function);
        say("the line", &place)?;
        let mut out = io::stdout();
        let first = site.line.saturating_sub(AROUND + 1);
        for (index, line) in source.lines().enumerate().skip(first).take(2 * AROUND + 1) {
            let mark = if index + 1 == site.line { '-' } else { ' ' };
            writeln!(out, "  {mark} {:>4}  {line}", index + 1)?;
        }
        writeln!(out, "  {}\n", self.exercise.words())?;
        let question = self.exercise.question.as_deref();
        writeln!(out, "  {}", question.unwrap_or("Which client notices?"))?;
        for (index, case) in self.exercise.choices.iter().enumerate() {
            let label = format!("  {}  {case}", letter(index));
            writeln!(out, "{label}")?;
            say("", &sentence(case))?;
        }
        Ok(())
    }

    fn choice(&self, given: char) -> Result<usize, Failure> {
        let count = self.exercise.choices.len();
        let index = (0..count).find(|index| letter(*index) == given.to_ascii_lowercase());
        index.ok_or_else(|| {
            let last = letter(count.saturating_sub(1));
            Failure::wrong_use(format!(
                "`{given}` is no choice; answer with a letter from a to {last}"
            ))
        })
    }

    fn ask(&self) -> Result<Option<usize>, Failure> {
        let mut out = io::stdout();
        loop {
            write!(out, "your answer (h for a hint, Enter to skip)> ")?;
            out.flush()?;
            let mut line = String::new();
            let read = io::stdin().lock().read_line(&mut line);
            read.explain("cannot read the answer", "give it with --answer")?;
            match line.trim().chars().next() {
                None => return Ok(None),
                Some('h') => self.hint()?,
                Some(letter) => match self.choice(letter) {
                    Ok(index) => return Ok(Some(index)),
                    Err(error) => writeln!(out, "{error}")?,
                },
            }
        }
    }

    fn hint(&self) -> Result<(), Failure> {
        let fails = self.exercise.fails.len();
        let usual = format!(
            "Ask for each client: does it reach this line at all, and what waits for what it does? In the whole suite {fails} of the cases fail."
        );
        say("hint", self.exercise.hint.as_deref().unwrap_or(&usual))?;
        Ok(())
    }

    /// Runs the choices without the line, and says which of them fail.
    fn check(&self, suite: &Suite, index: usize, answer: Option<usize>) -> Result<(), Failure> {
        let switch = Switched::name(self.model, index);
        let mut failed = Vec::new();
        writeln!(io::stdout(), "\n  Without the line:")?;
        for (number, case) in self.exercise.choices.iter().enumerate() {
            let outcome = self
                .bench
                .run_case(suite, self.model, case, Some(&switch))?;
            let failure = outcome
                .tests
                .iter()
                .find_map(|test| test.failure.as_deref());
            let hangs = outcome.timed_out.then_some("it hangs");
            let label = format!("  {}  {case}: ", letter(number));
            match failure.or(hangs) {
                None => writeln!(io::stdout(), "{label}passes")?,
                Some(failure) => {
                    writeln!(io::stdout(), "{label}FAILS")?;
                    say("it says", failure)?;
                    failed.push(number);
                }
            }
        }
        let verdict = match answer {
            Some(answer) if failed.contains(&answer) => "Your answer is right.".to_owned(),
            Some(_) | None if failed.is_empty() => {
                return Err(Failure::failed(
                    "no case fails this time; run the command again on a quiet machine",
                ));
            }
            Some(_) => format!("Your answer is not right: it is {}.", letter(failed[0])),
            None => format!("The answer is {}.", letter(failed[0])),
        };
        writeln!(io::stdout(), "\n  {verdict}")?;
        Ok(())
    }
}

/// The letter of a choice.
fn letter(index: usize) -> char {
    char::from(b'a' + index as u8)
}
