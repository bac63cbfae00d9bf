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

const PAGE_STYLE: &str = include_str!("page.css");
/// Hides and shows contenders, and shows values; everything else works without it.
const SCRIPT: &str = include_str!("script.js");

/// A page around its body.
pub fn document(title: &str, body: &Markup) -> String {
    let (style, body) = looks::once(&format!("{STYLE}{PAGE_STYLE}"), &body.0);
    let style = terse::style(&style);
    let page = html! {
        (DOCTYPE)
        html lang="en" {
            head {
                meta charset="utf-8";
                meta http-equiv="Content-Security-Policy" content=(policy(&style));
                meta name="viewport" content="width=device-width, initial-scale=1";
                title { (title) }
                style { (PreEscaped(&style)) }
            }
            body {
                svg.shapes aria-hidden="true" { (shapes()) }
                (PreEscaped(&body))
                script { (PreEscaped(SCRIPT)) }
            }
        }
    };
    terse::terse(&once(&short(&page.into_string()))) + "\n"
}

/// Nothing may be loaded, and no other style or script than these may run.
fn policy(style: &str) -> String {
    let hash = |text: &str| format!("'sha256-{}'", BASE64.encode(Sha256::digest(text)));
    format!(
        "default-src 'none'; style-src {}; script-src {}; base-uri 'none'; form-action 'none'",
        hash(style),
        hash(SCRIPT)
    )
}
