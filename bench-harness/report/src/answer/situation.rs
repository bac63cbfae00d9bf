//! A load in plain words.

use analysis::Summary;
use record::number::{counted, grouped};
use record::plan::LoadId;

use super::figures::rounded;
use crate::done::capitalised;
use crate::phrases;

/// As a heading: `21,500 requests a second from 100 clients`.
pub fn heading(summary: &Summary, load: LoadId) -> String {
    let of = &summary.loads[load];
    match kind(summary, load) {
        Kind::Rate(rate) => format!(
            "{} requests a second from {}",
            rounded(rate),
            counted(of.connections, "client")
        ),
        Kind::Silent => format!(
            "{} beside {} busy {}",
            counted(of.connections - of.active, "silent client"),
            grouped(of.active as u64),
            if of.active == 1 { "one" } else { "ones" }
        ),
        Kind::Busy => format!("{}, flat out", counted(of.active, "client")),
        Kind::Other => capitalised(&phrases::situation(summary, load)),
    }
}

/// At the end of a sentence: `at 21,500 requests a second`.
pub fn within(summary: &Summary, load: LoadId) -> String {
    let of = &summary.loads[load];
    match kind(summary, load) {
        Kind::Rate(rate) => format!("at {} requests a second", rounded(rate)),
        Kind::Silent => format!(
            "with {}",
            counted(of.connections - of.active, "silent client")
        ),
        Kind::Busy => format!("with {} flat out", counted(of.active, "client")),
        Kind::Other => format!("with {}", phrases::situation(summary, load)),
    }
}

/// What the clients of a load do.
enum Kind {
    /// They send this number of requests a second, all together.
    Rate(f64),
    /// Most of them are silent.
    Silent,
    /// Each sends its next request as soon as it has the reply.
    Busy,
    /// Something else, which the scenario describes.
    Other,
}

fn kind(summary: &Summary, load: LoadId) -> Kind {
    let of = &summary.loads[load];
    if let Some(rate) = of.rate.filter(|_| of.classes.len() < 2) {
        let rate = rate.per_second(summary.probed);
        return rate.map_or(Kind::Other, Kind::Rate);
    }
    let is_plain = of.is_closed() && of.is_paired() && !of.has_work() && of.depth() == 1;
    match is_plain {
        true if of.silent() > 0 && of.silent() + of.active == of.connections => Kind::Silent,
        true if of.active == of.connections => Kind::Busy,
        _ => Kind::Other,
    }
}
