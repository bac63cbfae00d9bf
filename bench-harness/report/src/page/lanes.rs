//! The lanes on the page: the figure of two models, and the data with which the script draws any other two.

use analysis::Summary;
use maud::{Markup, PreEscaped, html};
use record::plan::{ContenderId, LoadId};
use serde_json::{Value, json};

use super::parts;
use crate::figure::place;
use crate::phrases::situation;
use crate::questions::figure::Figure;
pub use crate::questions::lanes::ID;
use crate::questions::lanes::{Lane, Recorded, dark, loads, note, recorded, telling, work_us};
use crate::questions::rows::identity;

/// Bytes that the data of all models under all loads should need at most.
const BYTES: usize = 60_000;
/// Bytes of one request, about.
const BYTES_A_REQUEST: usize = 6;
/// The fewest requests of one model that are kept, however many models there are.
const FEWEST: usize = 64;

/// The section of the figure.
pub fn section(summary: &Summary, figure: &Figure) -> Markup {
    html! {
        section.figure.wide id=(figure.id) aria-labelledby={ "h-" (figure.id) } {
            (parts::figure(figure, &figure.id))
            script #lanes-data type="application/json" { (PreEscaped(data(summary))) }
        }
    }
}

/// The first requests of the recorded clients of all models, on one line and without anything that ends a script element.
fn data(summary: &Summary) -> String {
    let loads = loads(summary);
    let models: usize = loads
        .iter()
        .map(|&load| recorded(summary, load).len())
        .sum();
    let most = (BYTES / BYTES_A_REQUEST / models.max(1)).max(FEWEST);
    let of_load = |&load: &LoadId| {
        let model = |id: ContenderId| model(summary, id, load, most);
        json!({
            "label": situation(summary, load),
            "work": work_us(summary, load).unwrap_or(0),
            "dark": dark(summary, load),
            "pick": telling(summary, load).iter().map(|id| id.0).collect::<Vec<_>>(),
            "models": recorded(summary, load).into_iter().map(model).collect::<Vec<_>>(),
        })
    };
    let document = json!({
        "place": {
            "legend": place::LEGEND, "head": place::HEAD, "lane": [place::LANE.0, place::LANE.1, place::LANE.2], "named": place::NAMED,
            "below": place::BELOW, "ends": [place::ENDS.0, place::ENDS.1], "axis": place::AXIS, "gap": place::GAP, "reply": place::REPLY,
        },
        "loads": loads.iter().map(of_load).collect::<Vec<_>>(),
    });
    document.to_string().replace('<', "\\u003c")
}

/// A model: its number and look, its sentence, the end of what is known, and a list for each client: its number, and for each request
/// the time since the reply before it, and until its own reply.
fn model(summary: &Summary, id: ContenderId, load: LoadId, most: usize) -> Value {
    let cell = summary.cell(id, load);
    let record = Recorded::of(cell).shortened(most);
    let lane = |lane: &Lane| {
        let mut numbers = vec![lane.client as i64];
        let mut before = 0;
        for &(sent, took) in &lane.requests {
            numbers.push(sent as i64 - before);
            numbers.extend(took.map(|took| took as i64));
            before = (sent + took.unwrap_or(0)) as i64;
        }
        numbers
    };
    json!({
        "id": id.0,
        "name": summary.contenders[id].name,
        "look": identity(summary, id).look.colour(),
        "note": note(cell),
        "known": record.known_us,
        "lanes": record.lanes.iter().map(lane).collect::<Vec<_>>(),
    })
}
