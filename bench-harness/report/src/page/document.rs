//! The frame of a web page that needs nothing else: style and script inside of it, and a policy that lets nothing be loaded.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use maud::{DOCTYPE, Markup, PreEscaped, html};
use sha2::{Digest, Sha256};

use super::looks;
use super::terse;
use crate::svg::mark::shapes;
use crate::svg::once::once;
use crate::svg::panel::STYLE;
use crate::svg::short;

/// The styles of the page, one file a part.
const PAGE_STYLE: &str = concat!(
    include_str!("css/page.css"),
    include_str!("css/answer.css"),
    include_str!("css/costs.css"),
    include_str!("css/controls.css"),
    include_str!("css/figures.css"),
    include_str!("css/explain.css"),
    include_str!("css/lanes.css"),
    include_str!("css/site.css"),
    include_str!("css/print.css"),
);
/// Shows values; everything else works without it. One file a part, in the order in which they run.
const SCRIPT: &str = concat!(
    include_str!("script/base.js"),
    include_str!("script/stats.js"),
    include_str!("script/judge.js"),
    include_str!("script/state.js"),
    include_str!("script/against.js"),
    include_str!("script/copy.js"),
    include_str!("script/figures.js"),
    include_str!("script/tips.js"),
    include_str!("script/picker.js"),
    include_str!("script/lanes.js"),
    include_str!("script/table.js"),
);

/// A page around its body.
pub fn document(title: &str, body: &Markup) -> String {
    page(title, "", body, &terse::script(SCRIPT))
}

/// A page around its body, without any script.
pub fn still_document(title: &str, body: &Markup) -> String {
    page(title, "", body, "")
}

/// A page around its body, without any script, with a style of its own that moves its drawings.
pub fn animated_document(title: &str, style: &str, body: &Markup) -> String {
    page(title, style, body, "")
}

fn page(title: &str, own_style: &str, body: &Markup, script: &str) -> String {
    let (style, body) = looks::once(&format!("{STYLE}{PAGE_STYLE}{own_style}"), &body.0);
    let style = terse::style(&style);
    let page = html! {
        (DOCTYPE)
        html lang="en" {
            head {
                meta charset="utf-8";
                meta http-equiv="Content-Security-Policy" content=(policy(&style, script));
                meta name="viewport" content="width=device-width, initial-scale=1";
                title { (title) }
                style { (PreEscaped(&style)) }
            }
            body {
                svg.shapes aria-hidden="true" { (shapes()) }
                (PreEscaped(&body))
                @if !script.is_empty() { script { (PreEscaped(script)) } }
            }
        }
    };
    terse::terse(&once(&short(&page.into_string()))) + "\n"
}

/// Nothing may be loaded, and no other style or script than these may run. The hash of no script allows none.
fn policy(style: &str, script: &str) -> String {
    let hash = |text: &str| format!("'sha256-{}'", BASE64.encode(Sha256::digest(text)));
    format!(
        "default-src 'none'; style-src {}; script-src {}; base-uri 'none'; form-action 'none'",
        hash(style),
        hash(script)
    )
}
