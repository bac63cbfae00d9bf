//! Who waits for whom: spans of time of a few clients, one row a client.
//!
//! A server that serves one at a time draws stairs; one that serves all at once draws bars that begin together.

use maud::{Markup, html};

use super::super::svg::axis::{horizontal, ticks};
use super::super::svg::panel::WIDTH;
use super::super::svg::text::cut;
use super::super::svg::{Area, Panel, Scale, Who, n};
use crate::number::significant;

const TOP: f64 = 46.0;
/// Most and least height of a row.
const ROW: (f64, f64) = (18.0, 5.0);
/// Height of all rows together, where there are many.
const ROWS: f64 = 240.0;
/// A row so high has its client's name.
const NAMED: f64 = 12.0;
const LEFT: f64 = 70.0;
const AXIS: f64 = 42.0;

/// What a few clients of a contender did over time.
#[derive(Clone, Debug, PartialEq)]
pub struct Staircase {
    /// Whose clients they are.
    pub who: Who,
    /// What is seen, in words.
    pub description: String,
    /// The end of the axis, in seconds.
    pub until_s: f64,
    /// In the order in which they came.
    pub clients: Vec<Client>,
}

/// A client.
#[derive(Clone, Debug, PartialEq)]
pub struct Client {
    /// What it is called.
    pub name: String,
    /// What it did, from its beginning.
    pub spans: Vec<Span>,
}

/// A part of a client's time.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Span {
    /// Its beginning in seconds.
    pub from_s: f64,
    /// Its end.
    pub to_s: f64,
    /// What the client did.
    pub doing: Doing,
}

/// What a client does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Doing {
    /// It has connected and asked, and has not been answered yet.
    Waiting,
    /// It is being served: from its first reply to its last.
    Served,
}

impl Doing {
    const ALL: [(Self, &'static str, &'static str); 2] = [
        (Self::Waiting, "waits", "waits for its first reply"),
        (Self::Served, "served", "is being served"),
    ];

    fn class(self) -> &'static str {
        match self {
            Self::Waiting => Self::ALL[0].1,
            Self::Served => Self::ALL[1].1,
        }
    }
}

impl Staircase {
    /// Draws it.
    pub fn panel(&self) -> Panel {
        let rows = self.clients.len().max(1) as f64;
        let row = (ROWS / rows).clamp(ROW.1, ROW.0);
        let area = Area {
            left: LEFT,
            right: WIDTH - 12.0,
            top: TOP,
            bottom: TOP + rows * row + 2.0,
        };
        let scale = Scale::linear(self.until_s, (area.left, area.right));
        let body = html! {
            (self.legend())
            (horizontal(area, &scale, &ticks(&scale, significant), "seconds since the first client connected"))
            g class=(self.who.look.class()) {
                @for (index, client) in self.clients.iter().enumerate() {
                    (client.draw(area.top + row * index as f64, row, &scale))
                }
            }
            @if self.clients.is_empty() { text.absent x=(n(area.left + 6.0)) y=(n(area.top + 14.0)) { "no client connected" } }
        };
        Panel {
            title: self.who.name.clone(),
            description: self.description.clone(),
            height: area.bottom + AXIS,
            body,
        }
    }

    fn legend(&self) -> Markup {
        html! {
            g class=(self.who.look.class()) {
                @for (index, (_, class, name)) in Doing::ALL.iter().enumerate() {
                    @let x = LEFT + 164.0 * index as f64;
                    rect class={ "span " (class) } x=(n(x)) y="25" width="16" height="9" {}
                    text.tick x=(n(x + 21.0)) y="33.5" { (name) }
                }
            }
        }
    }
}

impl Client {
    fn draw(&self, top: f64, row: f64, scale: &Scale) -> Markup {
        let height = (row * 0.72).min(11.0);
        let y = top + (row - height) / 2.0;
        html! {
            @if row >= NAMED { text.row x="2" y=(n(y + height / 2.0 + 4.0)) { (cut(&self.name, LEFT - 10.0, 12.0)) } }
            @for span in &self.spans {
                @let (from, to) = (scale.at(span.from_s), scale.at(span.to_s));
                rect class={ "span " (span.doing.class()) } x=(n(from)) y=(n(y)) width=(n((to - from).max(1.0))) height=(n(height)) {}
            }
        }
    }
}
