//! Finds the exercises of models: leaves out each line, one at a time, and runs the suite.
//!
//! ```sh
//! cargo run -p workshop --example find-exercises -- --minutes 5 poll select
//! ```
//!
//! Without names it takes all models in turn. What it has seen stays in the target directory, so it goes on where it
//! stopped. It writes `exercises.toml` of each model at its end.

mod table;

use std::collections::BTreeMap;
use std::error::Error;
use std::fs;
use std::path::PathBuf;
use std::sync::Mutex;
use std::thread;
use std::time::{Duration, Instant};

use serde::{Deserialize, Serialize};
use workshop::{Build, Built, Copy, Keep, Site, Suite, Switched, Tree, candidates};

/// Lines that are tried at the same time: the suite mostly waits.
const AT_ONCE: usize = 6;
/// Longest run of the suite; a healthy model takes a few seconds.
const DEADLINE: Duration = Duration::from_secs(25);
/// Exercises of one model.
const WANTED: usize = 3;
/// Lines around an error among which its reason is.
const NEAR: usize = 5;

/// What the suite said about one line.
#[derive(Clone, Debug, Serialize, Deserialize)]
struct Seen {
    failed: Vec<String>,
    passed: Vec<String>,
    hung: bool,
    seconds: f64,
}

impl Seen {
    /// True if some clients notice and others do not. The deadline may have ended the run before the other cases.
    fn is_interesting(&self) -> bool {
        !self.failed.is_empty() && self.passed.len() >= 2
    }

    /// True if the line only computes. Such a line is in every model, so it makes a dull exercise.
    fn is_about_work(&self) -> bool {
        self.failed.iter().all(|case| case.contains("work"))
    }
}

/// The lines of one model.
struct Subject {
    name: String,
    sites: Vec<Site>,
    seen: BTreeMap<String, Seen>,
}

fn main() -> Result<(), Box<dyn Error>> {
    let mut words: Vec<String> = std::env::args().skip(1).collect();
    let mut minutes = 5.0;
    if words.first().is_some_and(|word| word == "--minutes") {
        minutes = words.get(1).ok_or("--minutes needs a number")?.parse()?;
        words.drain(..2);
    }
    let end = Instant::now() + Duration::from_secs_f64(60.0 * minutes);
    let tree = Tree::find()?;
    let names = if words.is_empty() {
        models(&tree)?
    } else {
        words
    };
    let known_wrong = fs::read_to_string(wrong_file(&tree)).unwrap_or_default();
    let known_wrong: Vec<&str> = known_wrong.lines().collect();
    let mut subjects = Vec::new();
    for name in names {
        let mut sites = candidates(&tree.read(&Tree::source(&name))?);
        sites.retain(|site| !known_wrong.contains(&wrong(&name, site).as_str()));
        let seen = fs::read_to_string(found(&tree, &name)).unwrap_or_default();
        let seen = serde_json::from_str(&seen).unwrap_or_default();
        subjects.push(Subject { name, sites, seen });
    }
    let copy = Copy::open(&tree, "find", Keep::Yes)?;
    drop(copy); // the next lines take its lock
    let suite = compile(&tree, &mut subjects)?;
    search(&tree, &suite, &mut subjects, end);
    let order = table::order(&tree)?;
    table::write_all(&tree, &suite, &subjects, &order)
}

fn models(tree: &Tree) -> Result<Vec<String>, Box<dyn Error>> {
    let entries = fs::read_dir(tree.root().join("crates/models"))?.flatten();
    let mut names: Vec<String> = entries
        .map(|entry| entry.file_name().to_string_lossy().into_owned())
        .collect();
    names.sort();
    Ok(names)
}

fn found(tree: &Tree, model: &str) -> PathBuf {
    tree.workshop().join("found").join(format!("{model}.json"))
}

/// Builds the suite with all switches. Lines whose absence does not compile are no candidates.
fn compile(tree: &Tree, subjects: &mut [Subject]) -> Result<Suite, Box<dyn Error>> {
    loop {
        let mut switched = Switched::new(tree)?;
        for subject in subjects.iter() {
            switched.add(tree, &subject.name, &subject.sites)?;
        }
        let copy = Copy::of(tree, "find", switched.files(), Keep::Yes)?;
        let build = Build {
            profile: "dev",
            progress: Box::new(|_| ()),
            stop: Box::new(|| false),
        };
        let (text, places) = match build.run(&copy)? {
            Built::Suite(suite) => return Ok(suite),
            Built::Errors { text, places } => (text, places),
        };
        let mut removed = 0;
        let mut all_wrong = fs::read_to_string(wrong_file(tree)).unwrap_or_default();
        for subject in subjects.iter_mut() {
            let source = Tree::source(&subject.name);
            let lines: Vec<usize> = places
                .iter()
                .filter(|(file, _)| *file == source)
                .map(|(_, line)| *line)
                .collect();
            let before = subject.sites.len();
            let marked = |site: &Site| lines.contains(&site.line) || lines.contains(&site.end);
            let any_marked = subject.sites.iter().any(marked);
            subject.sites.retain(|site| {
                // Where the compiler marks no changed line, the reason is near the line that it marks.
                let is_near = lines.iter().any(|line| line.abs_diff(site.line) <= NEAR);
                let is_wrong = marked(site) || !any_marked && is_near;
                if is_wrong {
                    let wrong = wrong(&subject.name, site);
                    println!("{wrong}");
                    all_wrong += &wrong;
                    all_wrong.push('\n');
                }
                !is_wrong
            });
            removed += before - subject.sites.len();
        }
        fs::write(wrong_file(tree), all_wrong)?;
        if removed == 0 {
            fs::write(tree.workshop().join("errors.txt"), &text)?;
            return Err("the copy does not compile; see errors.txt in the workshop".into());
        }
    }
}

/// The file of lines whose absence does not compile.
fn wrong_file(tree: &Tree) -> PathBuf {
    tree.workshop().join("wrong.txt")
}

fn wrong(model: &str, site: &Site) -> String {
    format!("{model}: without `{}` it does not compile", site.text)
}

fn key(site: &Site) -> String {
    format!("{} {:?} {}", site.function, site.change, site.text)
}

/// Tries lines of all models in turn until the time is over.
fn search(tree: &Tree, suite: &Suite, subjects: &mut [Subject], end: Instant) {
    let mut queue = queue(subjects);
    queue.reverse();
    let queue = Mutex::new(queue);
    let shared = Mutex::new(subjects);
    thread::scope(|scope| {
        for _ in 0..AT_ONCE {
            scope.spawn(|| {
                while Instant::now() < end {
                    let Some((number, index)) = queue.lock().expect("no thread panics").pop()
                    else {
                        return;
                    };
                    try_one(tree, suite, &shared, number, index);
                }
            });
        }
    });
}

/// The lines that are left, first one of each model, then a second one, and so on, spread over the source.
fn queue(subjects: &[Subject]) -> Vec<(usize, usize)> {
    let mut queue = Vec::new();
    for (number, subject) in subjects.iter().enumerate() {
        let count = subject.sites.len();
        let mut places: Vec<usize> = (0..count).collect();
        places.sort_by_key(|place| place * 7 % count.max(1));
        let unseen = places
            .into_iter()
            .filter(|place| !subject.seen.contains_key(&key(&subject.sites[*place])));
        queue.extend(
            unseen
                .enumerate()
                .map(|(turn, place)| (turn, number, place)),
        );
    }
    queue.sort_unstable();
    queue
        .into_iter()
        .map(|(_, number, place)| (number, place))
        .collect()
}

fn try_one(
    tree: &Tree,
    suite: &Suite,
    subjects: &Mutex<&mut [Subject]>,
    number: usize,
    index: usize,
) {
    let (model, tried, has_enough) = {
        let subjects = subjects.lock().expect("no thread panics");
        let subject = &subjects[number];
        let interesting = subject.seen.values();
        let interesting = interesting.filter(|seen| seen.is_interesting() && !seen.is_about_work());
        let has_enough = interesting.count() > WANTED;
        (
            subject.name.clone(),
            subject.sites[index].clone(),
            has_enough,
        )
    };
    if has_enough {
        return;
    }
    let begin = Instant::now();
    let switch = Switched::name(&model, index);
    let run = suite.run(&[&format!("/{model}/")], Some(&switch), DEADLINE, &|| false);
    let Ok(outcome) = run.inspect_err(|error| println!("{model}: {error}")) else {
        return;
    };
    let seen = Seen {
        failed: outcome.failed().into_iter().map(String::from).collect(),
        passed: outcome.passed().into_iter().map(String::from).collect(),
        hung: outcome.timed_out,
        seconds: begin.elapsed().as_secs_f64(),
    };
    println!(
        "{model}: {:?} `{}`: {} of {} fail{}, {:.0} s",
        tried.change,
        tried.text,
        seen.failed.len(),
        seen.failed.len() + seen.passed.len(),
        if seen.hung { " and it hangs" } else { "" },
        seen.seconds
    );
    let mut subjects = subjects.lock().expect("no thread panics");
    subjects[number].seen.insert(key(&tried), seen);
    let file = found(tree, &model);
    let text = serde_json::to_string_pretty(&subjects[number].seen).expect("names and numbers");
    let written = fs::create_dir_all(file.parent().expect("a file is in a folder"))
        .and_then(|()| fs::write(&file, text));
    if let Err(error) = written {
        println!("{}: {error}", file.display());
    }
}
