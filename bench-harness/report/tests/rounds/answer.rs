//! The first screen: its words are those of the verdicts, its numbers those of the tables, and it recommends nothing that is worse.

use std::collections::BTreeSet;

use analysis::{Answer, Summary, Verdict};
use record::plan::{ContenderId, Family};
use record::store::Run;
use report::answer::{blocks, choice, how_sure, text};

use crate::choices::random;
use crate::made_up::{Role, Script, cast};

/// Random runs that are tried.
const RUNS: u64 = 40;
/// Names in a sentence at most.
const NAMED: usize = 3;

pub fn run(script: &Script) -> Run {
    script.run(tempfile::tempdir().unwrap().path())
}

pub fn summary(script: &Script) -> Summary {
    Summary::of(&run(script))
}

/// A run of these loads only.
pub fn of_loads(scenarios: &[&'static str]) -> Script {
    Script {
        scenarios: scenarios.to_vec(),
        ..Script::default()
    }
}

pub fn of_roles(roles: Vec<Role>) -> Script {
    Script {
        roles,
        ..Script::default()
    }
}

/// All sentences of the first screen, without the last part.
pub fn sentences(summary: &Summary) -> Vec<String> {
    let of_blocks = blocks(summary).into_iter().flat_map(|block| {
        let why = block.why.into_iter();
        block.said.into_iter().map(|said| said.text).chain(why)
    });
    let all = choice(summary).into_iter().map(|said| said.text);
    let all: Vec<String> = all.chain(of_blocks).collect();
    let single = all.iter().flat_map(|text| text.split_inclusive(". "));
    single.map(|text| text.trim().to_owned()).collect()
}

fn words(sentence: &str) -> Vec<&str> {
    let is_part = |letter: char| letter.is_alphanumeric() || "-×.,".contains(letter);
    let words = sentence.split(|letter: char| !is_part(letter));
    words.map(|word| word.trim_matches(['.', ','])).collect()
}

fn names_in(summary: &Summary, sentence: &str) -> usize {
    let words = words(sentence);
    let named = summary.contenders.iter();
    named
        .filter(|one| words.contains(&one.name.as_str()))
        .count()
}

/// Everything that the tables of a run show, from its Markdown.
fn tables(run: &Run, summary: &Summary) -> String {
    let folder = tempfile::tempdir().unwrap();
    report::write(folder.path(), run, summary).unwrap();
    let text = std::fs::read_to_string(folder.path().join("report.md")).unwrap();
    let (_, tables) = text.split_once("## What does each design cost?").unwrap();
    tables.to_owned()
}

/// The ratios and the values of sentences, as they stand there.
fn numbers(sentences: &[String]) -> BTreeSet<String> {
    let words = sentences.iter().flat_map(|sentence| {
        let words: Vec<&str> = words(sentence);
        let is_value = |word: &&str| word.starts_with('×') && word.len() > 2;
        let ratios = words.into_iter().filter(is_value).map(str::to_owned);
        ratios.collect::<Vec<_>>()
    });
    let ranges = sentences.iter().filter_map(|sentence| {
        let (before, _) = sentence.split_once("\u{a0}µs")?;
        let (_, range) = before.rsplit_once('(').unwrap_or(("", before));
        let values = range
            .split(" to ")
            .filter_map(|part| part.split(' ').next_back());
        Some(values.map(str::to_owned).collect::<Vec<_>>())
    });
    words.chain(ranges.flatten()).collect()
}

#[test]
fn every_contender_stands_where_its_verdict_puts_it() {
    for seed in 0..RUNS {
        let summary = summary(&random(seed));
        for load in summary.measured_loads() {
            stands(&summary, &summary.answer(load));
        }
    }
}

fn stands(summary: &Summary, answer: &Answer) {
    let word = |id: ContenderId| {
        let compared = &summary.cell(id, answer.load).compared;
        compared
            .get(&answer.metric)
            .map(|compared| &compared.verdict)
    };
    let rated = |rated: &[(ContenderId, f64)]| rated.iter().map(|(id, _)| *id).collect::<Vec<_>>();
    let (better, worse) = (rated(&answer.better), rated(&answer.worse));
    let undecided = rated(&answer.undecided);
    assert!(better.iter().all(|&id| word(id) == Some(&Verdict::Better)));
    assert!(worse.iter().all(|&id| word(id) == Some(&Verdict::Worse)));
    let is_same =
        |id: &ContenderId| *id == summary.baseline || word(*id) == Some(&Verdict::Equivalent);
    assert!(answer.same.iter().all(is_same));
    let is_open = |id: &ContenderId| matches!(word(*id), Some(Verdict::Inconclusive(_)));
    assert!(undecided.iter().all(is_open));
    let left: Vec<ContenderId> = answer.left_out.iter().map(|(id, _)| *id).collect();
    let barred: Vec<ContenderId> = answer.barred.iter().map(|(id, _)| *id).collect();
    let lists = [
        &better,
        &answer.same,
        &undecided,
        &worse,
        &answer.spinning,
        &left,
        &barred,
    ];
    let mut all: Vec<ContenderId> = lists.into_iter().flatten().copied().collect();
    all.sort();
    assert_eq!(
        all,
        summary.candidates(),
        "each stands in one list: {answer:?}"
    );
}

#[test]
fn what_is_recommended_is_not_clearly_worse_than_another_and_does_not_spin() {
    for seed in 0..RUNS {
        let summary = summary(&random(seed));
        let loads = summary.headline_loads();
        let good = summary.recommended(&loads).take;
        for &load in &loads {
            let metric = summary.deciding(load);
            for &one in &good {
                assert!(!summary.cell(one, load).spins, "{seed}");
                for &other in good.iter().filter(|other| **other != one) {
                    let word = summary.word(one, other, load, metric);
                    let is_worse = word.is_some_and(|word| word.verdict == Verdict::Worse);
                    assert!(!is_worse, "{seed}: {one:?} is worse than {other:?}");
                }
            }
        }
    }
}

#[test]
fn no_model_that_spins_is_named_in_the_choice_without_its_price() {
    for seed in 0..RUNS {
        let summary = summary(&random(seed));
        let spins = |id: &ContenderId| {
            let mut loads = summary.measured_loads();
            loads.any(|load| summary.cell(*id, load).spins)
        };
        for id in summary.models().filter(spins) {
            let name = summary.contenders[id].name.as_str();
            for (place, said) in choice(&summary).iter().enumerate() {
                let is_named = words(&said.text).contains(&name);
                let is_priced = said.text.contains("uses a whole CPU");
                let is_warning = said.text.starts_with("Avoid") || said.text.starts_with("Worst");
                assert!(!is_named || is_priced || is_warning, "{seed}: {said:?}");
                assert!(!is_named || place > 0, "{seed}: {said:?}");
            }
        }
    }
}

#[test]
fn the_first_designs_to_take_are_undecided_nowhere() {
    let mut checked = 0;
    for seed in 0..RUNS {
        let summary = summary(&random(seed));
        let loads = summary.headline_loads();
        let answers: Vec<Answer> = loads.iter().map(|&load| summary.answer(load)).collect();
        let is_unsure = |id: &ContenderId| {
            let mut all = answers.iter().flat_map(|answer| &answer.undecided);
            all.any(|(unsure, _)| unsure == id)
        };
        let take = summary.recommended(&loads).take;
        let said = choice(&summary);
        let first = said.iter().find(|said| said.text.starts_with("Take "));
        let (Some(first), false) = (first, take.iter().all(is_unsure)) else {
            continue;
        };
        for id in take.iter().filter(|id| is_unsure(id)) {
            let name = summary.contenders[*id].name.as_str();
            assert!(!words(&first.text).contains(&name), "{seed}: {first:?}");
            checked += 1;
        }
    }
    assert!(checked > 0, "some run has an undecided design");
}

#[test]
fn a_warning_names_a_spinning_design_that_is_slow_there() {
    let mut warned = 0;
    for seed in 0..RUNS {
        let summary = summary(&random(seed));
        for said in choice(&summary) {
            let Some((before, _)) = said.text.split_once(" slow there too.") else {
                continue;
            };
            let spins = |name: &str| {
                let id = summary.find_contender(|contender| contender.name == name);
                let mut loads = summary.measured_loads();
                id.is_some_and(|id| loads.any(|load| summary.cell(id, load).spins))
            };
            let warning = before.rsplit(". ").next().unwrap_or_default();
            assert!(words(warning).into_iter().any(spins), "{seed}: {said:?}");
            warned += 1;
        }
    }
    assert!(warned > 0, "some run has such a design");
}

#[test]
fn a_sentence_has_three_names_at_most() {
    let many: Vec<Role> = (0..14)
        .map(|place| Role::new(&format!("server-{place}"), Family::Readiness, 8.0, 12.0))
        .chain(cast())
        .collect();
    let random = (0..RUNS).map(random);
    for script in random.chain([of_roles(many)]) {
        let summary = summary(&script);
        for sentence in sentences(&summary) {
            assert!(names_in(&summary, &sentence) <= NAMED, "{sentence}");
        }
    }
}

#[test]
fn the_numbers_of_sentences_stand_in_the_tables() {
    let noisy = Script {
        noise: 0.3,
        ..Script::default()
    };
    for script in [Script::default(), noisy, of_loads(&["ladder"])] {
        let run = run(&script);
        let summary = Summary::of(&run);
        let (numbers, tables) = (numbers(&sentences(&summary)), tables(&run, &summary));
        assert!(numbers.len() > 3, "{numbers:?}");
        for number in numbers {
            assert!(tables.contains(&number), "{number} is not in\n{tables}");
        }
    }
}

#[test]
fn the_first_screen_has_no_jargon() {
    let summary = summary(&Script::default());
    let shown = [
        text(&choice(&summary)),
        how_sure(&summary),
        sentences(&summary).join(" "),
    ]
    .join(" ");
    for word in [
        "interval",
        "p-value",
        "Holm",
        "verdict",
        "median",
        "zone",
        "%]",
        "saturated",
    ] {
        assert!(!shown.contains(word), "{word}: {shown}");
    }
}
