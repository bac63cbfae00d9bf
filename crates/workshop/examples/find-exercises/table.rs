//! The table of exercises of a model: chosen from what the suite said, and confirmed.

use std::error::Error;
use std::fs;
use std::path::Path;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

use workshop::{Exercise, Exercises, Site, Suite, Switched, Tree};

use crate::{AT_ONCE, DEADLINE, Seen, Subject, WANTED, key};

/// Runs that must agree before an exercise is written.
const CONFIRMATIONS: usize = 3;

/// Writes the tables of several models at a time. The suite then is as busy as in a run of all tests.
pub fn write_all(
    tree: &Tree,
    suite: &Suite,
    subjects: &[Subject],
    order: &[String],
) -> Result<(), Box<dyn Error>> {
    let next = AtomicUsize::new(0);
    let work = || {
        while let Some(subject) = subjects.get(next.fetch_add(1, Ordering::Relaxed)) {
            write(tree, suite, subject, order).map_err(|error| error.to_string())?;
        }
        Ok::<_, String>(())
    };
    thread::scope(|scope| {
        let threads: Vec<_> = (0..AT_ONCE).map(|_| scope.spawn(work)).collect();
        for thread in threads {
            thread.join().expect("no thread panics")?;
        }
        Ok(())
    })
}

/// The names of all cases, from the simplest to the most demanding.
pub fn order(tree: &Tree) -> Result<Vec<String>, Box<dyn Error>> {
    let text = tree.read(Path::new("crates/conformance/src/case.rs"))?;
    let names = text.lines().filter_map(|line| {
        let (_, name) = line.strip_prefix("    ")?.split_once("::")?;
        let (name, _) = name.split_once(':')?;
        name.chars()
            .all(|c| c.is_ascii_lowercase() || c == '_')
            .then(|| name.to_owned())
    });
    Ok(names.collect())
}

/// Writes the table of one model. Lines that few clients notice come first, and lines that only compute last.
fn write(
    tree: &Tree,
    suite: &Suite,
    subject: &Subject,
    order: &[String],
) -> Result<(), Box<dyn Error>> {
    let mut rated: Vec<(usize, &Site, &Seen)> = subject
        .sites
        .iter()
        .enumerate()
        .filter_map(|(index, site)| Some((index, site, subject.seen.get(&key(site))?)))
        .filter(|(_, _, seen)| seen.is_interesting())
        .collect();
    rated.sort_by_key(|(_, _, seen)| (seen.is_about_work(), seen.failed.len()));
    let mut list = Vec::new();
    for (index, site, seen) in rated {
        if list.len() == WANTED {
            break;
        }
        let exercise = exercise(site, seen, order);
        if exercise.answer().is_some() && is_confirmed(suite, &subject.name, index, &exercise) {
            list.push(exercise);
        }
    }
    println!("{}: {} exercises", subject.name, list.len());
    if !list.is_empty() {
        fs::write(
            tree.root().join(Tree::exercises(&subject.name)),
            Exercises { list }.to_text(),
        )?;
    }
    Ok(())
}

/// The simplest client that notices, among its neighbours that do not.
fn exercise(site: &Site, seen: &Seen, order: &[String]) -> Exercise {
    let fails: Vec<String> = order
        .iter()
        .filter(|case| seen.failed.contains(case))
        .cloned()
        .collect();
    let passes: Vec<&String> = order
        .iter()
        .filter(|case| seen.passed.contains(case))
        .collect();
    let answer = fails.first().cloned().unwrap_or_default();
    let place = order.iter().position(|case| *case == answer).unwrap_or(0);
    let (before, after): (Vec<&String>, Vec<&String>) = passes
        .into_iter()
        .partition(|case| order.iter().position(|other| other == *case) < Some(place));
    let mut wrong: Vec<String> = before.iter().rev().take(1).copied().cloned().collect();
    wrong.extend(after.iter().take(3 - wrong.len()).copied().cloned());
    wrong.extend(
        before
            .iter()
            .rev()
            .skip(1)
            .take(3 - wrong.len())
            .copied()
            .cloned(),
    );
    let mut choices = wrong;
    choices.insert(site.text.len() % (choices.len() + 1), answer);
    Exercise {
        function: site.function.clone(),
        line: site.text.clone(),
        change: site.change,
        question: None,
        hint: None,
        choices,
        fails,
    }
}

/// True if the choices give the same answer again.
fn is_confirmed(suite: &Suite, model: &str, index: usize, exercise: &Exercise) -> bool {
    let names: Vec<String> = exercise
        .choices
        .iter()
        .map(|case| format!("/{model}/{case}"))
        .collect();
    let switch = Switched::name(model, index);
    let healthy = names.iter().all(|name| {
        let outcome = suite.run(&["--exact", name], None, DEADLINE, &|| false);
        outcome.is_ok_and(|outcome| outcome.failed().is_empty() && !outcome.timed_out)
    });
    healthy
        && (0..CONFIRMATIONS).all(|_| {
            let outcomes = names
                .iter()
                .map(|name| suite.run(&["--exact", name], Some(&switch), DEADLINE, &|| false));
            let failed: Vec<bool> = outcomes
                .map(|outcome| outcome.is_ok_and(|outcome| !outcome.failed().is_empty()))
                .collect();
            let expected = exercise
                .choices
                .iter()
                .map(|case| exercise.fails.contains(case));
            failed == expected.collect::<Vec<bool>>()
        })
}
