//! A drawing with a title: one is an element of a web page, several together are a picture in a file.

use maud::{Markup, PreEscaped, html};

use super::coordinates::{px, short};
use super::mark::shapes;
use super::once::once;
use super::text::{ASCENT, FILE_TITLE, PANEL_TITLE, cut, wrapped};

/// Width of every panel; a phone shows it a little smaller, a screen a little larger.
pub const WIDTH: f64 = 420.0;
/// The style of every drawing, on a page or in a file of its own.
pub const STYLE: &str = include_str!("figure.css");
/// Space between panels in a file.
const GAP: f64 = 24.0;

/// The part of a panel in which data is drawn.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Area {
    /// The first pixel from the left.
    pub left: f64,
    /// The last one.
    pub right: f64,
    /// The first pixel from above.
    pub top: f64,
    /// The last one.
    pub bottom: f64,
}

/// A titled drawing.
#[derive(Clone, Debug)]
pub struct Panel {
    /// The title, which distinguishes it from its neighbours; empty if it has none.
    pub title: String,
    /// A description in words, for readers who cannot see the drawing.
    pub description: String,
    /// Its height.
    pub height: f64,
    /// The drawing.
    pub body: Markup,
}

impl Panel {
    /// An element of a web page that contains the shapes; `id` is unique on it, `question` names a panel without a
    /// title.
    pub fn inline(&self, id: &str, question: &str) -> Markup {
        let name = if self.title.is_empty() {
            question
        } else {
            &self.title
        };
        let drawing = html! {
            svg role="img" viewBox={ "0 0 " (px(WIDTH)) " " (px(self.height)) } aria-labelledby={ (id) "t" } aria-describedby={ (id) "d" } {
                title id={ (id) "t" } { (name) }
                desc id={ (id) "d" } { (self.description) }
                (self.drawing())
            }
        };
        PreEscaped(short(&drawing.into_string()))
    }

    /// The same with an identifier at its drawing, which [`again`](Self::again) refers to.
    #[must_use]
    pub fn named(self, id: &str) -> Self {
        let body = html! { g id=(id) { (self.body) } };
        Self { body, ..self }
    }

    /// The same, drawn by a reference to the panel with this identifier on the same page.
    #[must_use]
    pub fn again(self, id: &str) -> Self {
        let body = html! { use href={ "#" (id) } {} };
        Self { body, ..self }
    }

    fn drawing(&self) -> Markup {
        let title = cut(&self.title, WIDTH - 4.0, PANEL_TITLE);
        let baseline = (ASCENT * PANEL_TITLE.size).ceil() + 1.0;
        html! {
            @if !title.is_empty() { text.panel-title x="2" y=(px(baseline)) { (title) } }
            (self.body)
        }
    }
}

/// All panels in one picture of at most two columns with its own style, for places that accept only pictures.
pub fn file(title: &str, panels: &[Panel]) -> String {
    let columns = panels.len().clamp(1, 2);
    let row_height = |row: &[Panel]| row.iter().map(|panel| panel.height).fold(0.0, f64::max) + GAP;
    let width = GAP + columns as f64 * (WIDTH + GAP);
    let title_lines = wrapped(title, width - 2.0 * GAP, FILE_TITLE);
    let mut y = 20.0 + 22.0 * title_lines.len() as f64;
    let mut placed = Vec::new();
    for row in panels.chunks(columns) {
        let x = |column: usize| GAP + column as f64 * (WIDTH + GAP);
        placed.extend(
            row.iter()
                .enumerate()
                .map(|(column, panel)| (x(column), y, panel)),
        );
        y += row_height(row);
    }
    let picture = html! {
        svg xmlns="http://www.w3.org/2000/svg" role="img" width=(px(width)) height=(px(y)) viewBox={ "0 0 " (px(width)) " " (px(y)) } {
            title { (title) }
            style { (PreEscaped(STYLE)) }
            (shapes())
            rect.paper width="100%" height="100%" {}
            @for (index, line) in title_lines.iter().enumerate() {
                text.file-title x=(px(GAP)) y=(px(26.0 + 22.0 * index as f64)) { (line) }
            }
            @for (x, y, panel) in placed {
                g transform={ "translate(" (px(x)) " " (px(y)) ")" } { desc { (panel.description) } (panel.drawing()) }
            }
        }
    };
    once(&short(&picture.into_string())) + "\n"
}
