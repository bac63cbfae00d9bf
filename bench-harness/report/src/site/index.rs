//! The index of a site: the runs of each machine, and what changed from one to the next.

use maud::{Markup, html};
use record::number::{counted, grouped};

use super::history::figure;
use super::{Chosen, SiteRun};
use crate::page::document::document;
use crate::page::parts::{figure as drawn, prose};
use crate::questions::figure::Figure;

/// The whole page. The same runs give the same bytes.
pub fn html(runs: &[SiteRun], chosen: &Chosen) -> String {
    let machines = machines(runs);
    let names = names(runs);
    let body = html! {
        a.skip href="#main" { "To the runs" }
        header {
            h1 { "Which way to write a server?" }
            p.lead {
                "Threads, epoll, async or io_uring: what does each cost, and why? EchoLab serves one echo protocol in every classical way, and measures them side by side. "
                (counted(runs.len(), "run")) " on " (counted(machines.len(), "machine")) "; each has its report."
            }
        }
        @if machines.len() > 1 { (contents(&machines)) }
        main #main {
            @for (index, machine) in machines.iter().enumerate() { (section(index, machine, chosen, &names)) }
        }
        footer { p { "Written by EchoLab " (env!("CARGO_PKG_VERSION")) " with " code { "echolab site" } ". To measure your own machine: " code { "cargo run --release -- compare" } "." } }
    };
    document("EchoLab: all runs", &body)
}

/// The runs of each machine, those of one machine in the order in which they began. The machine of the newest run comes first.
fn machines(runs: &[SiteRun]) -> Vec<Vec<&SiteRun>> {
    let mut machines: Vec<Vec<&SiteRun>> = Vec::new();
    for run in runs {
        match machines
            .iter_mut()
            .find(|machine| machine[0].machine() == run.machine())
        {
            Some(machine) => machine.push(run),
            None => machines.push(vec![run]),
        }
    }
    for machine in &mut machines {
        machine.sort_by_key(|run| (run.overview.started, &run.overview.name));
    }
    machines
        .sort_by_key(|machine| std::cmp::Reverse(machine.last().map(|run| run.overview.started)));
    machines
}

/// The names of all models of the site: the place of a model among them is its number, so that it has one colour.
fn names(runs: &[SiteRun]) -> Vec<&str> {
    let all = runs.iter().flat_map(|run| &run.contenders);
    let mut names: Vec<&str> = all.map(|contender| contender.name.as_str()).collect();
    names.sort_unstable();
    names.dedup();
    names
}

fn contents(machines: &[Vec<&SiteRun>]) -> Markup {
    html! {
        nav aria-label="Machines" {
            ul { @for (index, machine) in machines.iter().enumerate() { li { a href={ "#machine-" (index) } { (machine[0].machine()) } } } }
        }
    }
}

fn section(index: usize, runs: &[&SiteRun], chosen: &Chosen, names: &[&str]) -> Markup {
    let figures = figures(index, runs, chosen, names);
    html! {
        section id={ "machine-" (index) } aria-labelledby={ "h-machine-" (index) } {
            h2 id={ "h-machine-" (index) } { (runs[0].machine()) }
            (list(runs))
            @if figures.is_empty() { p.small { (prose(missing(runs))) } }
        }
        @for figure in &figures {
            section.figure.wide id=(figure.id) aria-labelledby={ "h-" (figure.id) } { (drawn(figure, &figure.id)) }
        }
    }
}

/// Why there is no figure.
fn missing(runs: &[&SiteRun]) -> &'static str {
    match runs.len() {
        1 => "One run so far. From the second run on this machine on, the changes are drawn here.",
        _ => {
            "No chosen load was measured twice on this machine. Choose others with `echolab site --load`."
        }
    }
}

fn figures(index: usize, runs: &[&SiteRun], chosen: &Chosen, names: &[&str]) -> Vec<Figure> {
    let loads = chosen.loads_of(runs);
    let figure = |(number, load): (usize, &String)| {
        let models = chosen.models_of(runs, load);
        figure(
            runs,
            &models,
            load,
            &format!("change-{index}-{number}"),
            names,
        )
    };
    loads.iter().enumerate().filter_map(figure).collect()
}

/// The runs, the newest first.
fn list(runs: &[&SiteRun]) -> Markup {
    html! {
        div.scroll tabindex="0" role="region" aria-label={ "Runs on " (runs[0].machine()) } {
            table.runs {
                thead { tr { @for heading in ["began (UTC)", "report", "profile", "what", "state", "program", "kernel"] { th scope="col" { (heading) } } } }
                tbody { @for run in runs.iter().rev() { (row(run)) } }
            }
        }
    }
}

fn row(run: &SiteRun) -> Markup {
    let of = &run.overview;
    let commit = run
        .environment
        .commit
        .as_deref()
        .map_or("", |commit| commit.get(..8).unwrap_or(commit));
    html! {
        tr {
            th scope="row" { (of.started.strftime("%Y-%m-%d %H:%M").to_string()) }
            td { a href={ (address(&of.name)) "/report.html" } { (of.name) } }
            td { (of.profile.as_deref().unwrap_or("custom")) }
            td { (counted(run.contenders.len(), "model")) ", " (counted(run.loads.len(), "load")) }
            td { (state(run)) }
            td { (run.environment.version) @if !commit.is_empty() { ", " code { (commit) } } }
            td { (run.environment.kernel) }
        }
    }
}

fn state(run: &SiteRun) -> String {
    let of = &run.overview;
    if of.complete {
        return "complete".to_owned();
    }
    let parts = [of.tally.sittings, of.tally.trials];
    let [finished, planned] = [
        parts.iter().map(|part| part.finished).sum::<usize>(),
        parts.iter().map(|part| part.planned).sum(),
    ];
    format!(
        "incomplete: {} of {}",
        grouped(finished as u64),
        grouped(planned as u64)
    )
}

/// The name of a folder as a relative address.
fn address(name: &str) -> String {
    let letter = |byte: u8| match byte {
        b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'_' | b'.' | b'~' => {
            char::from(byte).to_string()
        }
        _ => format!("%{byte:02X}"),
    };
    let path: String = name.bytes().map(letter).collect();
    format!("./{path}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_address_of_a_folder_is_relative_and_escaped() {
        assert_eq!(address("20260314-150926"), "./20260314-150926");
        assert_eq!(address("a:b c?"), "./a%3Ab%20c%3F");
    }
}
