//! Which clients wait for each other: one lane a client, and a few contenders above one another on the same axis of time.
//!
//! A server that answers one client after the other draws stairs; one that answers all at once draws walls; one that leaves
//! clients out draws empty lanes. `page/script/lanes.js` draws the same for other contenders, with the places given here.

use maud::{Markup, html};
use record::number::significant;

use crate::svg::axis::{horizontal, ticks};
use crate::svg::panel::WIDTH;
use crate::svg::text::{NAME, PANEL_TITLE, TICK, cut};
use crate::svg::{Area, Identity, Panel, Scale, px};

/// Where the parts of the drawing are. The script of the page uses the same numbers.
pub mod place {
    /// Height of the legend above the first contender.
    pub const LEGEND: f64 = 24.0;
    /// Height of the name of a contender and of the sentence below it.
    pub const HEAD: f64 = 42.0;
    /// Most and least height of a lane, and the height of all lanes of a contender where there are many.
    pub const LANE: (f64, f64, f64) = (15.0, 4.0, 240.0);
    /// Least height of a lane that shows the name of its client.
    pub const NAMED: f64 = 12.0;
    /// Space below the lanes of a contender.
    pub const BELOW: f64 = 10.0;
    /// Left and right end of the lanes.
    pub const ENDS: (f64, f64) = (70.0, super::WIDTH - 8.0);
    /// Room for the axis.
    pub const AXIS: f64 = 40.0;
    /// Gap between two requests, and the least length of a wait that is drawn: a shorter one would only make the page longer.
    pub const GAP: f64 = 0.8;
    /// Least length of the mark of a reply.
    pub const REPLY: f64 = 1.6;
}

/// What a few clients of a few contenders did over time.
#[derive(Clone, Debug, PartialEq)]
pub struct Lanes {
    /// A description in words.
    pub description: String,
    /// The end of the axis, in milliseconds.
    pub until_ms: f64,
    /// What the dark part of a request is.
    pub dark: &'static str,
    /// The contenders, from above.
    pub contenders: Vec<Asked>,
}

/// A contender and its clients.
#[derive(Clone, Debug, PartialEq)]
pub struct Asked {
    /// The contender.
    pub identity: Identity,
    /// A sentence about its clients.
    pub note: String,
    /// The end of what was recorded of its clients, in milliseconds.
    pub known_ms: f64,
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
    /// It is being served, or its reply arrives.
    Served,
}

impl Doing {
    const ALL: [Self; 2] = [Self::Waiting, Self::Served];

    const fn class(self) -> &'static str {
        match self {
            Self::Waiting => "waits",
            Self::Served => "served",
        }
    }
}

impl Lanes {
    /// Draws the panel.
    pub fn panel(&self) -> Panel {
        let placed = self.placed();
        let scale = Scale::until(self.until_ms, place::ENDS);
        let ticks = ticks(&scale, significant);
        let last = placed.last().map(|(_, area)| *area);
        let body = html! {
            (self.legend())
            @for (asked, area) in &placed {
                @if Some(*area) != last { path.grid d=(ticks.iter().map(|(value, _)| format!("M{},{}V{}", px(scale.at(*value)), px(area.top), px(area.bottom))).collect::<Vec<_>>().concat()) {} }
                (asked.drawing(*area, &scale))
            }
            @if let Some(area) = last { (horizontal(area, &scale, &ticks, "milliseconds since the first requests")) }
        };
        Panel {
            title: String::new(),
            description: self.description.clone(),
            height: last.map_or(place::LEGEND, |area| area.bottom) + place::AXIS,
            body,
        }
    }

    /// The contenders with the areas of their lanes, one below the other.
    fn placed(&self) -> Vec<(&Asked, Area)> {
        let mut top = place::LEGEND;
        let below = |asked| {
            let area = Asked::area(asked, top);
            top = area.bottom + place::BELOW;
            (asked, area)
        };
        self.contenders.iter().map(below).collect()
    }

    fn legend(&self) -> Markup {
        let meaning = |doing| match doing {
            Doing::Waiting => "a request waits",
            Doing::Served => self.dark,
        };
        html! {
            g.neutral {
                @for (index, doing) in Doing::ALL.into_iter().enumerate() {
                    @let x = place::ENDS.0 + 118.0 * index as f64;
                    path class={ "span " (doing.class()) } stroke-width="9" d={ "M" (px(x)) ",9.5h16" } {}
                    text.tick x=(px(x + 21.0)) y="13.5" { (meaning(doing)) }
                }
            }
        }
    }
}

impl Asked {
    /// Height of a lane.
    fn lane(&self) -> f64 {
        let (most, least, all) = place::LANE;
        (all / self.clients.len().max(1) as f64).clamp(least, most)
    }

    fn area(&self, top: f64) -> Area {
        let top = top + place::HEAD;
        Area {
            left: place::ENDS.0,
            right: place::ENDS.1,
            top,
            bottom: top + self.lane() * self.clients.len().max(1) as f64 + 2.0,
        }
    }

    fn drawing(&self, area: Area, scale: &Scale) -> Markup {
        let lane = self.lane();
        let end = scale.at(self.known_ms);
        html! {
            text.panel-title x="2" y=(px(area.top - 24.0)) { (cut(&self.identity.name, WIDTH - 4.0, PANEL_TITLE)) }
            text.tick x="2" y=(px(area.top - 8.0)) { (cut(&self.note, WIDTH - 4.0, TICK)) }
            g class=(self.identity.look.class()) {
                @for (index, client) in self.clients.iter().enumerate() {
                    (client.name(area.top + lane * (index as f64 + 0.5), lane))
                }
                @for doing in Doing::ALL { path class={ "span " (doing.class()) } stroke-width=(px(thick(lane))) d=(self.spans(doing, area.top, scale)) {} }
            }
            @if end < area.right - 1.0 { rect.unrecorded x=(px(end)) y=(px(area.top)) width=(px(area.right - end)) height=(px(area.bottom - area.top)) {} }
            @if self.clients.is_empty() { text.absent x=(px(area.left + 6.0)) y=(px(area.top + 12.0)) { "no client connected" } }
        }
    }

    /// All spans of a kind as the data of one path, because hundreds of elements would be far longer.
    fn spans(&self, doing: Doing, top: f64, scale: &Scale) -> String {
        let lane = self.lane();
        let client = |(index, client): (usize, &Client)| {
            let y = px(top + lane * (index as f64 + 0.5));
            let of_kind = client.spans.iter().filter(|span| span.doing == doing);
            let spans = of_kind.filter_map(|span| Some(span.path(scale)?.replace('y', &y)));
            spans.collect::<Vec<_>>().concat()
        };
        let clients = self.clients.iter().enumerate();
        clients.map(client).collect::<Vec<_>>().concat()
    }
}

impl Span {
    /// Its path at the height `y`; `None` if it is too short to see.
    fn path(&self, scale: &Scale) -> Option<String> {
        let (from, to) = (scale.at(self.from_ms), scale.at(self.to_ms));
        let (from, length) = match self.doing {
            Doing::Waiting => (from, to - from - place::GAP),
            Doing::Served => {
                let from = from.min(to - place::REPLY).max(place::ENDS.0);
                (from, (to - from).max(place::REPLY))
            }
        };
        let seen = self.doing == Doing::Served || length > 0.0;
        seen.then(|| format!("M{},yh{}", px(from), px(length)))
    }
}

impl Client {
    /// Its name beside the middle of its lane, if there is room.
    fn name(&self, middle: f64, lane: f64) -> Markup {
        html! {
            @if lane >= place::NAMED { text.tick x="2" y=(px(middle + 4.0)) { (cut(&self.name, place::ENDS.0 - 8.0, NAME)) } }
        }
    }
}

/// Thickness of the spans in a lane of this height.
fn thick(lane: f64) -> f64 {
    (lane * 0.72).min(11.0)
}
