//! The usual default fonts of a reader, and a configuration of fontconfig that makes one of them the default.

use std::fs;
use std::path::{Path, PathBuf};

use serde_json::json;

use super::chrome::Chrome;

/// A font that may be a reader's default.
pub struct Font {
    /// Families with the same widths; the first that is installed is used.
    families: &'static [&'static str],
    /// The Debian package that installs it.
    package: &'static str,
}

/// The default of many servers and older desktops: wide.
pub const DEJAVU_SANS: Font = Font {
    families: &["DejaVu Sans"],
    package: "fonts-dejavu-core",
};
/// As wide as Arial and Helvetica: narrow.
pub const LIBERATION_SANS: Font = Font {
    families: &["Liberation Sans", "Arimo"],
    package: "fonts-liberation",
};
/// The default of many desktops: lines of text are high.
pub const NOTO_SANS: Font = Font {
    families: &["Noto Sans"],
    package: "fonts-noto-core",
};

/// The names by which a page asks for the default font.
const GENERIC: [&str; 2] = ["system-ui", "sans-serif"];

impl Font {
    /// Writes a configuration into a folder in which this font is the default.
    pub fn configure(&self, folder: &Path) -> PathBuf {
        let strings = |names: &[&str]| -> String {
            let string = |name: &&str| format!("<string>{name}</string>");
            names.iter().map(string).collect()
        };
        let rule = |generic: &str| {
            format!(
                r#"<match target="pattern"><test name="family" qual="any">{}</test>
                <edit name="family" mode="prepend" binding="strong">{}</edit></match>"#,
                strings(&[generic]),
                strings(self.families)
            )
        };
        let rules: String = GENERIC.into_iter().map(rule).collect();
        let file = folder.join("fonts.conf");
        let text = format!(
            r#"<?xml version="1.0"?><!DOCTYPE fontconfig SYSTEM "fonts.dtd">
            <fontconfig><include ignore_missing="yes">/etc/fonts/fonts.conf</include>{rules}</fontconfig>"#
        );
        fs::write(&file, text).unwrap();
        file
    }

    /// Fails unless the page that is open is drawn in this font.
    pub fn assert_drawn(&self, chrome: &mut Chrome) {
        for part in ["h1", ".panels svg[role=img] text"] {
            let drawn = used(chrome, part);
            assert!(
                self.families.contains(&drawn.as_str()),
                "{part} is drawn in {drawn:?} instead of {}; install it (Debian: apt-get install {})",
                self.families.join(" or "),
                self.package
            );
        }
    }
}

/// The family in which most letters of an element are drawn; empty if the page has no such element.
fn used(chrome: &mut Chrome, selector: &str) -> String {
    let document = chrome.call("DOM.getDocument", &json!({"depth": 0}));
    let asked = json!({"nodeId": document["root"]["nodeId"], "selector": selector});
    let node = chrome.call("DOM.querySelector", &asked);
    if node["nodeId"] == json!(0) {
        return String::new();
    }
    let fonts = chrome.call("CSS.getPlatformFontsForNode", &node);
    let fonts = fonts["fonts"].as_array().into_iter().flatten();
    let most = fonts.max_by_key(|font| font["glyphCount"].as_u64());
    most.and_then(|font| font["familyName"].as_str())
        .unwrap_or_default()
        .to_owned()
}
