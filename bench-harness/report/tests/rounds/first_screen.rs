//! The first screen of made-up runs of every kind, sentence by sentence.

use analysis::{LeftOut, Summary};
use record::plan::{Contender, Family, LoadId};
use record::warning::TrialWarning;
use report::answer::{self, Block, blocks, choice, how_sure, text};

use crate::answer::{of_loads, of_roles, run, sentences, summary};
use crate::made_up::{Role, Script, cast};

#[test]
fn equal_rates_come_first_then_silent_clients_then_saturation() {
    let summary = summary(&Script::default());
    let headings: Vec<String> = blocks(&summary)
        .into_iter()
        .map(|block| block.heading)
        .collect();
    assert_eq!(
        headings,
        [
            "10,000 requests a second from 100 clients",
            "1,000 silent clients beside 8 busy ones",
            "100 clients, flat out"
        ]
    );
}

/// The block of the load whose heading begins like this.
fn block(summary: &Summary, heading: &str) -> Block {
    let mut blocks = blocks(summary).into_iter();
    let found = blocks.find(|block| block.heading.starts_with(heading));
    found.unwrap_or_else(|| panic!("{heading}"))
}

#[test]
fn a_block_says_what_is_equal_what_is_dearer_and_what_stands_apart() {
    let block = block(&summary(&Script::default()), "10,000");
    let said = text(&block.said);
    assert!(
        said.starts_with("No difference shown: ready-list and ready-edge ("),
        "{said}"
    );
    assert!(
        said.contains("Dearer: threads ×1.36 and ready-scan ×1.4"),
        "{said}"
    );
    assert!(
        said.contains("spinner uses a whole CPU even if no client asks."),
        "{said}"
    );
    assert!(
        said.contains("Not all requests are answered: tired (80 %)."),
        "{said}"
    );
    assert!(block.why.is_some(), "{block:?}");
}

#[test]
fn a_saturated_generator_makes_the_rate_a_lower_bound() {
    let said = text(&block(&summary(&of_loads(&["ladder"])), "100 clients").said);
    assert!(said.contains("Each answers at least 11"), "{said}");
    let limit = "server and generator were both nearly full, so the fastest is not known.";
    assert!(said.contains(limit), "{said}");
}

#[test]
fn the_control_and_the_smallest_difference_are_in_words() {
    let sure = how_sure(&summary(&Script::default()));
    assert!(
        sure.starts_with("ready-list measured twice came to ×"),
        "{sure}"
    );
    assert!(
        sure.contains("count as none. This run can show a difference of about 1"),
        "{sure}"
    );
    assert!(!sure.contains("interval") && !sure.contains('['), "{sure}");
}

#[test]
fn two_rates_with_the_same_words_are_one_block() {
    let summary = summary(&of_loads(&["equal"]));
    let blocks = blocks(&summary);
    if let [only] = &blocks[..] {
        assert!(!summary.equal_rates_like(only.load).is_empty() || only.why.is_some());
    } else {
        let [one, other] = [&blocks[0], &blocks[1]].map(|block| summary.answer(block.load));
        assert!(one.contradicts(&other), "{one:?} {other:?}");
    }
}

#[test]
fn without_a_control_nothing_is_certain() {
    let script = Script {
        twin: false,
        ..Script::default()
    };
    let summary = summary(&script);
    let choice = text(&choice(&summary));
    assert!(
        choice.contains("That is not certain: the run has no control"),
        "{choice}"
    );
    let said = text(&blocks(&summary)[0].said);
    assert!(
        said.contains("No difference is certain here, because the run has no control."),
        "{said}"
    );
    assert!(said.contains("The best medians: "), "{said}");
    assert!(how_sure(&summary).contains("--no-twin"));
}

#[test]
fn a_run_of_one_model_recommends_nothing() {
    let one = vec![Role::new("ready-list", Family::Readiness, 8.0, 12.0)];
    let summary = summary(&of_roles(one));
    let choice = text(&choice(&summary));
    assert!(
        choice.starts_with("This run measured only ready-list"),
        "{choice}"
    );
    let said = text(&blocks(&summary)[0].said);
    assert!(
        said.contains("has no other design to compare it with"),
        "{said}"
    );
    assert!(answer::against(&summary).is_none());
}

#[test]
fn a_whole_family_that_is_best_is_named_with_its_members() {
    let mut roles = vec![
        Role::new("threads", Family::Blocking, 26.0, 24.0),
        Role::new("ready-list", Family::Readiness, 8.0, 12.0),
        Role::new("ready-edge", Family::Readiness, 8.0, 12.0),
    ];
    let family = text(&choice(&summary(&of_roles(roles.clone()))));
    let start = "Take one of the event loops: ready-list or ready-edge.";
    let other = "Take one of the event loops: ready-edge or ready-list.";
    assert!(
        family.starts_with(start) || family.starts_with(other),
        "{family}"
    );
    roles.pop();
    let single = text(&choice(&summary(&of_roles(roles))));
    assert!(
        single.starts_with("Take ready-list. Avoid threads (×"),
        "{single}"
    );
}

#[test]
fn where_all_are_alike_the_reader_may_take_any() {
    let roles = ["ready-list", "ready-edge", "ready-once", "ready-more"];
    let roles = roles.map(|name| Role::new(name, Family::Readiness, 8.0, 12.0));
    let summary = summary(&of_roles(roles.to_vec()));
    let choice = text(&choice(&summary));
    let any = "Take any of event loops: the one that you write most easily.";
    let none = "No design is shown to be worse than another one here";
    assert!(choice.contains(any) || choice.starts_with(none), "{choice}");
}

#[test]
fn a_whole_family_goes_by_its_name_and_means_the_same_everywhere() {
    let threads = |name: &str| Role::new(name, Family::Blocking, 16.0, 24.0);
    let roles = vec![
        threads("threads"),
        threads("processes"),
        Role::new("ready-list", Family::Readiness, 8.0, 12.0),
        Role::new("ready-edge", Family::Readiness, 8.0, 12.0),
        Role::new("ring", Family::Completion, 8.1, 12.1),
    ];
    let summary = summary(&of_roles(roles));
    let all = text(&choice(&summary));
    assert!(all.contains("event loops"), "{all}");
    for block in blocks(&summary) {
        let said = text(&block.said);
        assert!(said.contains("threads/processes ×"), "{said}");
        assert!(said.contains("No difference shown: "), "{said}");
    }
}

#[test]
fn servers_of_datagrams_and_reference_lines_are_no_answer() {
    for make in [
        |one: &mut Contender| one.datagrams = true,
        |one: &mut Contender| one.reference_line = true,
    ] {
        let mut run = run(&Script::default());
        let cheapest = run.plan.contenders.iter_mut();
        let cheapest = cheapest.filter(|one| one.name == "ready-edge");
        cheapest.for_each(make);
        let all = sentences(&Summary::of(&run)).join(" ");
        assert!(!all.contains("ready-edge"), "{all}");
    }
}

#[test]
fn an_external_server_is_named_like_every_other_one() {
    let mut roles = cast();
    roles.push(Role::new("netty", Family::External, 30.0, 40.0));
    let all = sentences(&summary(&of_roles(roles))).join(" ");
    assert!(
        all.contains("dearer: netty ×") || all.contains("netty ×"),
        "{all}"
    );
}

#[test]
fn a_server_that_leaves_clients_out_is_said_to_serve_some() {
    let mut roles = cast();
    roles.push(Role {
        leaves_out: 0.36,
        ..Role::new("pool", Family::Blocking, 7.0, 10.0)
    });
    let summary = summary(&of_roles(roles));
    let said = text(&block(&summary, "100 clients").said);
    assert!(
        said.contains("Cannot serve all clients at once: "),
        "{said}"
    );
    assert!(said.contains("pool (64 of 100)"), "{said}");
    let load = block(&summary, "100 clients").load;
    let left = summary.answer(load).left_out;
    assert!(
        left.iter().any(|(_, why)| *why == LeftOut::Serves(64)),
        "{left:?}"
    );
}

#[test]
fn a_disturbed_run_says_so_before_all_else() {
    let mut run = run(&Script::default());
    for slice in &mut run.slices {
        let disturbed = TrialWarning::Disturbed { delay: 0.3 };
        slice.warnings.push(disturbed);
    }
    let said = choice(&Summary::of(&run));
    assert!(
        said[0].text.starts_with("Other programs disturbed much"),
        "{said:?}"
    );
}

#[test]
fn a_run_without_rows_has_a_first_screen() {
    let mut run = run(&Script::default());
    run.slices.clear();
    run.samples.clear();
    let summary = Summary::of(&run);
    let said = text(&choice(&summary));
    assert!(said.contains("Nothing could be measured"), "{said}");
    assert!(blocks(&summary).is_empty() && answer::picture(&summary).is_none());
}

#[test]
fn the_picture_has_a_column_a_headline_load_and_joins_the_silent_one() {
    let panel = answer::picture(&summary(&Script::default())).unwrap();
    let drawing = panel.body.into_string();
    for heading in ["100 clients,", "10,000/s", "flat out", "8 busy,"] {
        assert!(drawing.contains(heading), "{heading}: {drawing}");
    }
    assert!(drawing.contains(" are alike"), "{drawing}");
    assert!(drawing.contains("grey: within 10 % of ready-list"));
    assert!(!drawing.contains("NaN") && !drawing.contains("inf"));
}

#[test]
fn the_same_clients_without_silent_ones_stand_beside_them_and_are_joined() {
    let summary = summary(&Script {
        quick: false,
        ..Script::default()
    });
    let loads = summary.headline_loads();
    let mut silent = loads
        .into_iter()
        .filter(|&load| summary.loads[load].silent() > 0);
    let silent: LoadId = silent.next().unwrap();
    assert_eq!(summary.loads[silent].connections, 1008);
    let alone = summary.without_silent(silent).unwrap();
    assert_eq!(
        (
            summary.loads[alone].active,
            summary.loads[alone].connections
        ),
        (8, 9)
    );
    assert_eq!(summary.without_silent(alone), None, "it is the other one");
    let drawing = answer::picture(&summary).unwrap().body.into_string();
    assert!(drawing.contains("1 silent") && drawing.contains("1,000 silent"));
    let key = "lines: the same busy clients with more silent ones";
    assert!(drawing.contains(key), "{drawing}");
    let lines = drawing.matches("path class=\"i\"").count()
        + drawing.matches("path class=\"sure\"").count();
    assert_eq!(lines, 7, "a line a model: {drawing}");
}
