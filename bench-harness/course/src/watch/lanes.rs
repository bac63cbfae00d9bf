//! The drawing of a watch: a lane for each client, and below them one for each thread of the server that did something.

use std::collections::BTreeMap;

use maud::{Markup, html};
use record::number::significant;
use report::svg::axis::{horizontal, ticks};
use report::svg::panel::WIDTH;
use report::svg::text::{NAME, TICK, cut, width};
use report::svg::{Area, Panel, Scale, px};

use super::event::{ClientId, Did, Event, Happening, Thread};
use super::record::Record;
use super::spans::{Span, merged, of_clients};
use super::story::Threads;

/// Height of a lane, and thickness of what is drawn in it.
const LANE: f64 = 22.0;
const THICK: &str = "11";
/// Room for the legend, for a heading, and for the axis.
const LEGEND: f64 = 22.0;
const HEAD: f64 = 24.0;
const AXIS: f64 = 40.0;
/// Left and right end of the lanes.
const ENDS: (f64, f64) = (76.0, WIDTH - 8.0);
/// Least length of what the server does.
const LEAST: f64 = 1.6;
/// A call at least this long waits; a shorter one works.
const WAITS: f64 = 0.004;
/// Most lanes of threads.
const MOST_THREADS: usize = 16;
/// Colours of clients: the classes of hues and tones in the style of figures.
const COLOURS: [&str; 12] = [
    "c00", "c10", "c20", "c30", "c40", "c51", "c01", "c12", "c21", "c31", "c41", "c03",
];

/// Draws what was seen.
pub fn panel(record: &Record) -> Panel {
    let mut threads = Threads::default();
    for event in &record.events {
        if let Happening::Server(thread, ..) = event.what {
            threads.name(thread);
        }
    }
    let lanes: Vec<Thread> = threads.all().iter().copied().take(MOST_THREADS).collect();
    let clients = area(LEGEND, record.names.len());
    let server = area(clients.bottom, lanes.len().max(1));
    let scale = Scale::until(record.until.max(0.001), ENDS);
    let whole = Area {
        top: clients.top,
        ..server
    };
    let body = html! {
        (legend())
        (heading("clients", clients))
        (heading("server", server))
        (horizontal(whole, &scale, &ticks(&scale, significant), "seconds since the script began"))
        @for client in 0..record.names.len() { (client_lane(record, client, lane(clients, client), &scale)) }
        @for (index, thread) in lanes.iter().enumerate() {
            (thread_lane(record, *thread, &threads.name(*thread), lane(server, index), &scale))
        }
        @if lanes.is_empty() { text.absent x=(px(ENDS.0 + 6.0)) y=(px(server.top + 15.0)) { "its side cannot be seen here" } }
        rect.curtain x=(px(ENDS.0)) y=(px(whole.top)) width=(px(ENDS.1 - ENDS.0)) height=(px(whole.bottom - whole.top)) {}
        path.playhead d={ "M" (px(ENDS.0)) "," (px(whole.top)) "V" (px(whole.bottom)) } {}
    };
    Panel {
        title: String::new(),
        description: description(record),
        height: server.bottom + AXIS,
        body,
    }
}

fn description(record: &Record) -> String {
    format!(
        "Lanes over time: {} clients, and below them the threads of the server. A pale bar is a wait, a full bar is work.",
        record.names.len()
    )
}

/// The area of some lanes below a heading.
fn area(top: f64, lanes: usize) -> Area {
    Area {
        left: ENDS.0,
        right: ENDS.1,
        top: top + HEAD,
        bottom: top + HEAD + LANE * lanes as f64,
    }
}

/// The middle of a lane.
fn lane(area: Area, index: usize) -> f64 {
    area.top + LANE * (index as f64 + 0.5)
}

fn heading(text: &str, area: Area) -> Markup {
    html! { text.family x="2" y=(px(area.top - 7.0)) { (text) } }
}

fn legend() -> Markup {
    html! {
        g.neutral {
            path.span.waits stroke-width="9" d="M76,9.5h16" {}
            text.tick x="97" y="13.5" { "waits" }
            path.span stroke-width="9" d="M140,9.5h16" {}
            text.tick x="161" y="13.5" { "is served, or serves" }
            path.context d="M276,9.5h16" {}
            text.tick x="297" y="13.5" { "connected" }
        }
    }
}

/// What a client did: a thin line while it is connected, and its waits.
fn client_lane(record: &Record, client: ClientId, middle: f64, scale: &Scale) -> Markup {
    let colour = COLOURS[client % COLOURS.len()];
    let (waits, served) = of_clients(record, client);
    let life = life(record, client);
    let name = record.names.get(client).map_or("", String::as_str);
    html! {
        text x="2" y=(px(middle + 4.0)) { (cut(name, ENDS.0 - 8.0, NAME)) }
        @if let Some((from, to)) = life { path.context d={ "M" (px(scale.at(from))) "," (px(middle)) "H" (px(scale.at(to))) } {} }
        g class=(colour) {
            (bars(&waits, middle, scale, "span waits", 0.0))
            (bars(&served, middle, scale, "span", LEAST))
        }
    }
}

/// The time from the connect to the end of the connection.
fn life(record: &Record, client: ClientId) -> Option<(f64, f64)> {
    let deeds = || {
        record.events.iter().filter_map(|event| match &event.what {
            Happening::Client(by, did) if *by == client => Some((event.at, did)),
            Happening::Client(..) | Happening::Server(..) | Happening::Kernel(..) => None,
        })
    };
    let (from, _) = deeds().find(|(_, did)| **did == Did::Connected)?;
    let is_end = |did: &Did| {
        matches!(
            did,
            Did::Left | Did::Reset | Did::Dismissed | Did::Failed(_)
        )
    };
    let end = deeds().find(|(_, did)| is_end(did));
    Some((from, end.map_or(record.until, |(at, _)| at)))
}

/// What a thread did: its calls in the colours of the clients, and grey where they are about no client.
fn thread_lane(record: &Record, thread: Thread, name: &str, middle: f64, scale: &Scale) -> Markup {
    let mut kinds: BTreeMap<(bool, Option<ClientId>), Vec<Span>> = BTreeMap::new();
    for call in record.calls.iter().filter(|call| call.thread == thread) {
        let is_work = call.to - call.from < WAITS;
        let kind = kinds.entry((is_work, call.client)).or_default();
        kind.push((call.from, call.to));
    }
    for event in &record.events {
        if let Event {
            at,
            what: Happening::Server(by, client, _),
        } = event
            && *by == thread
        {
            kinds.entry((true, *client)).or_default().push((*at, *at));
        }
    }
    html! {
        text x="2" y=(px(middle + 4.0)) { (cut(&format!("{name} ({})", thread.thread), ENDS.0 - 8.0, NAME)) }
        @for ((is_work, client), spans) in &kinds {
            g class=(client.map_or("neutral", |client| COLOURS[client % COLOURS.len()])) {
                @if *is_work { (bars(spans, middle, scale, "span", LEAST)) } @else { (bars(spans, middle, scale, "span waits", 0.0)) }
            }
        }
        (call_names(record, thread, middle, scale))
    }
}

/// The names of the calls that are long enough to hold them.
fn call_names(record: &Record, thread: Thread, middle: f64, scale: &Scale) -> Markup {
    let calls = record.calls.iter().filter(|call| call.thread == thread);
    let named = calls.filter_map(|call| {
        let client = call.client.and_then(|client| record.names.get(client));
        let text = client.map_or_else(
            || call.name.clone(),
            |client| format!("{} {client}", call.name),
        );
        let room = scale.at(call.to) - scale.at(call.from) - 8.0;
        (width(&text, TICK) < room).then(|| (scale.at(call.from) + 4.0, text))
    });
    html! { @for (x, text) in named { text.tick x=(px(x)) y=(px(middle + 4.0)) { (text) } } }
}

/// Bars as one path. Those that would touch are drawn as one.
fn bars(spans: &[Span], middle: f64, scale: &Scale, class: &str, least: f64) -> Markup {
    let places = spans.iter().map(|&(from, to)| {
        let (from, to) = (scale.at(from), scale.at(to));
        (from, to.max(from + least))
    });
    let places = merged(places.collect(), 0.4);
    let path = places
        .iter()
        .filter(|(from, to)| to - from >= 0.1)
        .map(|(from, to)| format!("M{},{}h{}", px(*from), px(middle), px(to - from)));
    let path: String = path.collect();
    html! { @if !path.is_empty() { path class=(class) stroke-width=(THICK) d=(path) {} } }
}
