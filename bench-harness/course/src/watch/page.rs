//! The page of a watch: animated lanes, the events, and who waited for whom. It needs no script, and nothing is hidden when
//! the animation has ended or cannot run.

use std::fmt::Write as _;

use maud::{Markup, html};
use report::animated_document;

use super::lanes::panel;
use super::record::Record;
use super::script::ClientScript;
use super::story::{Row, Story};
use super::waited::closing;

/// The style of the animation.
const STYLE: &str = include_str!("watch.css");
/// Width of the lanes, which the line of the present crosses.
const ACROSS: &str = "336px";

/// The whole page. `command` makes it again, and `script` is the text of its clients.
pub fn html(title: &str, command: &str, clients: &[ClientScript], record: &Record) -> String {
    let rows = Story::new(&record.names).rows(&record.events);
    let body = html! {
        header {
            p.small { "EchoLab, " code { (command) } }
            h1 { "Who waits for whom: " (title) }
        }
        main #main.lanes-run {
            @for sentence in closing(record) { p.lead { (sentence) } }
            @for note in &record.notes { p.small { (note) } }
            (controls())
            div.panels { (panel(record).inline("watch", "Who waits for whom")) }
            (how_to_read())
            (events(&rows))
            (script(clients))
        }
        footer { p { "Watching makes a server slower: use " code { "echolab compare" } " to measure one." } }
    };
    animated_document(&format!("EchoLab: {title}"), &style(record, &rows), &body)
}

/// The style with the moments of this record: a style attribute would not be allowed by the page's own policy.
fn style(record: &Record, rows: &[Row]) -> String {
    let mut style = format!(
        "{STYLE}\n:root {{ --t: {:.3}s; --across: {ACROSS}; }}\n",
        record.until.max(0.1)
    );
    for (index, row) in rows.iter().enumerate() {
        // Writing to a string cannot fail.
        let _ = writeln!(style, ".events .e{index} {{ --d: {:.3}; }}", row.at);
    }
    style
}

fn controls() -> Markup {
    let choice = |value: &str, text: &str, checked: bool| {
        html! { label { input type="radio" name="play" value=(value) checked[checked]; " " (text) } }
    };
    html! {
        div.play role="group" aria-label="Animation" {
            (choice("real", "in real time", true))
            (choice("slow", "five times slower", false))
            (choice("still", "all at once", false))
        }
    }
}

fn how_to_read() -> Markup {
    html! {
        details {
            summary { "How to read it" }
            p { "Time goes from left to right. A client's pale bar is a request that waits, its full bar is service, and the thin line is an open connection. Below stand the threads of the server that did something for a client, each with its number. A bar has the colour of the client that the call is for. A long pale bar is a call that waits: its name stands in it. Grey calls are for no single client." }
        }
    }
}

fn events(rows: &[Row]) -> Markup {
    html! {
        section aria-labelledby="h-events" {
            h2 #h-events { "Events" }
            div.scroll {
                table.events {
                    thead { tr { th { "s" } th { "clients" } th { "server and kernel" } } }
                    tbody {
                        @for (index, row) in rows.iter().enumerate() {
                            tr class={ "e" (index) } { td { (format!("{:.3}", row.at)) } td { (row.left) } td { (row.right) } }
                        }
                    }
                }
            }
        }
    }
}

fn script(clients: &[ClientScript]) -> Markup {
    html! {
        section aria-labelledby="h-script" {
            h2 #h-script { "Script" }
            dl { @for client in clients { dt { (client.name) } dd { code { (client.source) } } } }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::event::{Did, Event, Happening, Wait};
    use super::super::script::{BUILT_IN, parse};
    use super::*;

    fn record() -> Record {
        let client = |at, client, did| Event {
            at,
            what: Happening::Client(client, did),
        };
        Record {
            names: ["c1", "c2", "c3"].map(str::to_owned).to_vec(),
            events: vec![
                client(0.0, 0, Did::Connected),
                client(0.1, 1, Did::Connected),
                client(3.0, 0, Did::Left),
                client(3.1, 1, Did::Got(b"<b>".to_vec(), 3.0)),
            ],
            waits: vec![Wait {
                client: 1,
                from: 0.1,
                to: 3.1,
                answered: true,
            }],
            until: 3.1,
            notes: vec!["strace is off.".to_owned()],
            ..Record::default()
        }
    }

    #[test]
    fn the_page_has_lanes_events_script_and_the_last_sentence() {
        let page = html(
            "a & b",
            "echolab watch x --page",
            &parse(BUILT_IN).unwrap(),
            &record(),
        );
        for part in [
            "a &amp; b",
            "c2 waited 3.000 s for c1 to leave.",
            "strace is off.",
            "&lt;b&gt;",
            "its side cannot be seen here",
            "ask 500 x 4000",
            "--t:3.100s",
        ] {
            assert!(page.contains(part), "{part} is missing in {page}");
        }
        assert!(!page.contains("<script"), "the page needs no script");
    }
}
