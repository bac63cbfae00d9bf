//! Whether everything has its place, in every usual font: nothing overlaps, and nothing leaves its figure or the page.

use std::path::Path;

use report::svg::text;
use serde_json::{Value, json};

use super::chrome::Chrome;
use super::fonts::{DEJAVU_SANS, Font, LIBERATION_SANS, NOTO_SANS};
use super::pages::{figures, of_thirty_models, pages};
use super::{SCREENS, assert_sound, assert_sound_on_paper, look, unfold};

/// All texts of the figures: what they say, their size, whether they are bold, and how long they are.
const TEXTS: &str = "[...document.querySelectorAll('svg[role=img] text')].map((part) => {
    const style = getComputedStyle(part);
    return [part.textContent, parseFloat(style.fontSize), style.fontWeight >= 600, part.getComputedTextLength()];
})";
/// A browser adds up advances with less than this error, in pixels.
const ROUNDING: f64 = 0.5;

macro_rules! in_every_font {
    ($($name:ident: $font:ident;)*) => {$(
        mod $name {
            #[test]
            #[ignore = "needs Chromium and the font; scripts/test runs it"]
            fn nothing_overlaps_or_leaves_the_page() {
                super::nothing_overlaps_or_leaves_the_page(&super::$font);
            }

            #[test]
            #[ignore = "needs Chromium and the font; scripts/test runs it"]
            fn nothing_overlaps_with_thirty_models() {
                super::nothing_overlaps_with_thirty_models(&super::$font);
            }

            #[test]
            #[ignore = "needs Chromium and the font; scripts/test runs it"]
            fn no_label_overlaps_in_any_figure() {
                super::no_label_overlaps_in_any_figure(&super::$font);
            }
        }
    )*};
}

in_every_font! {
    in_dejavu_sans: DEJAVU_SANS;
    in_liberation_sans: LIBERATION_SANS;
    in_noto_sans: NOTO_SANS;
}

fn nothing_overlaps_or_leaves_the_page(font: &Font) {
    let folder = tempfile::tempdir().unwrap();
    let mut chrome = Chrome::in_font(font);
    let looks: Vec<_> = SCREENS
        .into_iter()
        .flat_map(|width| [(width, "light"), (width, "dark")])
        .collect();
    for page in pages(folder.path()) {
        for &(width, scheme) in &looks {
            look(&mut chrome, width, scheme, "screen");
            chrome.visit(&page);
            font.assert_drawn(&mut chrome);
            let what = format!("{}: {width} {scheme}", page.display());
            assert_sound(&mut chrome, &what);
            unfold(&mut chrome);
            assert_sound(&mut chrome, &format!("{what}, unfolded"));
        }
        let what = format!("{}: paper", page.display());
        assert_sound_on_paper(&mut chrome, &page, "dark", &what);
        assert_measured(&mut chrome, &page);
    }
}

fn nothing_overlaps_with_thirty_models(font: &Font) {
    let folder = tempfile::tempdir().unwrap();
    let page = of_thirty_models(folder.path());
    let mut chrome = Chrome::in_font(font);
    for width in SCREENS {
        look(&mut chrome, width, "light", "screen");
        chrome.visit(&page);
        font.assert_drawn(&mut chrome);
        assert_sound(&mut chrome, &width.to_string());
    }
    assert_sound_on_paper(&mut chrome, &page, "light", "paper");
    chrome.visit(&page);
    assert_measured(&mut chrome, &page);
}

fn no_label_overlaps_in_any_figure(font: &Font) {
    let mut chrome = Chrome::in_font(font);
    look(&mut chrome, 1024, "light", "screen");
    for figure in figures() {
        chrome.visit(&figure);
        assert_figure_sound(&mut chrome, &figure);
        assert_measured(&mut chrome, &figure);
    }
}

/// Each text is drawn as wide as its measured width, which no usual font exceeds: so this speaks for fonts that are not installed.
#[test]
#[ignore = "needs Chromium; scripts/test runs it"]
fn text_of_the_widest_font_has_room() {
    let folder = tempfile::tempdir().unwrap();
    let mut chrome = Chrome::start();
    look(&mut chrome, 1024, "light", "screen");
    let mut pages = pages(folder.path());
    pages.push(of_thirty_models(folder.path()));
    for page in pages {
        chrome.visit(&page);
        unfold(&mut chrome);
        stretch(&mut chrome);
        assert_sound(&mut chrome, &page.display().to_string());
    }
    for figure in figures() {
        chrome.visit(&figure);
        stretch(&mut chrome);
        assert_figure_sound(&mut chrome, &figure);
    }
}

/// A figure in a file of its own may be wider than the window.
fn assert_figure_sound(chrome: &mut Chrome, figure: &Path) {
    let wrong = chrome.evaluate(super::CHECKS);
    let wrong = wrong.as_array().unwrap().iter();
    let overlaps = wrong.filter(|text| !text.to_string().contains("pixels wide"));
    assert_eq!(
        overlaps.collect::<Vec<_>>(),
        [&Value::Null; 0],
        "{}",
        figure.display()
    );
}

/// The measured widths of all texts, and how wide they are drawn.
fn measured(chrome: &mut Chrome) -> Vec<(String, f64, f64)> {
    let texts = chrome.evaluate(TEXTS);
    let text = |text: &Value| {
        let words = text[0].as_str().unwrap().to_owned();
        let font = text::Font {
            size: text[1].as_f64().unwrap(),
            bold: text[2].as_bool().unwrap(),
        };
        let measured = text::width(&words, font);
        (words, measured, text[3].as_f64().unwrap())
    };
    texts.as_array().unwrap().iter().map(text).collect()
}

/// Fails for each text that is wider than the report reckoned.
fn assert_measured(chrome: &mut Chrome, page: &Path) {
    let texts = measured(chrome);
    assert!(!texts.is_empty(), "{} has no text", page.display());
    let wider: Vec<_> = texts
        .iter()
        .filter(|(_, measured, drawn)| *drawn > measured + ROUNDING)
        .collect();
    assert!(wider.is_empty(), "{}: {wider:?}", page.display());
}

/// Draws each text as wide as it was measured.
fn stretch(chrome: &mut Chrome) {
    let texts = measured(chrome);
    let widths: Vec<f64> = texts.iter().map(|(_, measured, _)| *measured).collect();
    let widths = json!(widths);
    chrome.evaluate(&format!(
        "document.querySelectorAll('svg[role=img] text').forEach((part, index) => {{
            part.setAttribute('textLength', {widths}[index]);
            part.setAttribute('lengthAdjust', 'spacingAndGlyphs');
        }})"
    ));
}
