//! Which clients wait for each other: spans of time of a few clients, one row per client.
//!
//! A server that serves one client at a time draws stairs; a server that serves all at once draws bars that begin
//! together.

use maud::{Markup, html};
use record::number::significant;

use crate::svg::axis::{horizontal, ticks};
use crate::svg::panel::WIDTH;
use crate::svg::text::{NAME, cut};
use crate::svg::{Area, Panel, Scale, Who, px};

const TOP: f64 = 46.0;
/// Most and least height of a row.
const ROW: (f64, f64) = (18.0, 5.0);
/// Height of all rows together, where there are many.
const ROWS: f64 = 240.0;
/// Least height of a row that shows the name of its client.
const NAMED: f64 = 12.0;
/// Gap between two spans.
const GAP: f64 = 0.8;
const LEFT: f64 = 70.0;
const AXIS: f64 = 42.0;

/// What a few clients of a contender did over time.
#[derive(Clone, Debug, PartialEq)]
pub struct Staircase {
    /// The contender.
    pub who: Who,
    /// A description in words.
    pub description: String,
    /// The end of the axis, in milliseconds.
    pub until_ms: f64,
    /// The clients, in the order in which they connected.
    pub clients: Vec<Client>,
}

/// A client.
#[derive(Clone, Debug, PartialEq)]
pub struct Client {
    /// The name.
    pub name: String,
    /// The spans, in order of time.
    pub spans: Vec<Span>,
}

/// A span of a client's time.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Span {
    /// Its beginning in milliseconds.
    pub from_ms: f64,
    /// Its end.
    pub to_ms: f64,
    /// What the client did.
    pub doing: Doing,
}

/// What a client does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Doing {
    /// It has sent a request, and the server has not begun to work on it.
    Waiting,
    /// It is being served.
    Served,
}

impl Doing {
    const ALL: [(Self, &'static str, &'static str); 2] = [
        (Self::Waiting, "waits", "waits for its turn"),
        (Self::Served, "served", "is being served"),
    ];
}

impl Staircase {
    /// Draws the panel.
    pub fn panel(&self) -> Panel {
        let rows = self.clients.len().max(1) as f64;
        let row = (ROWS / rows).clamp(ROW.1, ROW.0);
        let area = Area {
            left: LEFT,
            right: WIDTH - 12.0,
            top: TOP,
            bottom: TOP + rows * row + 2.0,
        };
        let scale = Scale::until(self.until_ms, (area.left, area.right));
        let body = html! {
            (self.legend())
            (horizontal(area, &scale, &ticks(&scale, significant), "milliseconds since the first requests"))
            g class=(self.who.look.class()) {
                @for (index, client) in self.clients.iter().enumerate() {
                    (client.name(area.top + row * (index as f64 + 0.5), row))
                }
                @for (doing, class, _) in Doing::ALL { path class={ "span " (class) } stroke-width=(px(thick(row))) d=(self.spans(doing, area.top, row, &scale)) {} }
            }
            @if self.clients.is_empty() { text.absent x=(px(area.left + 6.0)) y=(px(area.top + 14.0)) { "no client connected" } }
        };
        Panel {
            title: self.who.name.clone(),
            description: self.description.clone(),
            height: area.bottom + AXIS,
            body,
        }
    }

    /// All spans of a kind as the data of one path, because hundreds of elements would be far longer.
    fn spans(&self, doing: Doing, top: f64, row: f64, scale: &Scale) -> String {
        let client = |(index, client): (usize, &Client)| {
            let y = px(top + row * (index as f64 + 0.5));
            // A wait that is too short to see would only make the page longer.
            let seen = |span: &Span| scale.at(span.to_ms) - scale.at(span.from_ms) >= GAP;
            let drawn =
                |span: &&Span| span.doing == doing && (doing == Doing::Served || seen(span));
            let of_kind = client.spans.iter().filter(drawn);
            let span = |span: &Span| {
                let (from, to) = (scale.at(span.from_ms), scale.at(span.to_ms));
                // A small gap separates one request from the next.
                format!("M{},{y}h{}", px(from), px((to - from - GAP).max(GAP)))
            };
            of_kind.map(span).collect::<Vec<_>>().concat()
        };
        let clients = self.clients.iter().enumerate();
        clients.map(client).collect::<Vec<_>>().concat()
    }

    fn legend(&self) -> Markup {
        html! {
            g class=(self.who.look.class()) {
                @for (index, (_, class, name)) in Doing::ALL.iter().enumerate() {
                    @let x = LEFT + 164.0 * index as f64;
                    path class={ "span " (class) } stroke-width="9" d={ "M" (px(x)) ",29.5h16" } {}
                    text.tick x=(px(x + 21.0)) y="33.5" { (name) }
                }
            }
        }
    }
}

impl Client {
    /// Its name beside the middle of its row, if there is room.
    fn name(&self, middle: f64, row: f64) -> Markup {
        html! {
            @if row >= NAMED { text.row x="2" y=(px(middle + 4.0)) { (cut(&self.name, LEFT - 10.0, NAME)) } }
        }
    }
}

/// Thickness of the spans in a row of this height.
fn thick(row: f64) -> f64 {
    (row * 0.72).min(11.0)
}
