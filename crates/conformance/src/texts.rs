//! What a case tells a reader: what must be true, what a failure means, and how to see it by hand.
//!
//! The texts are in `texts/*.toml`, one file a group of cases, so that they can be edited without reading Rust.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::LazyLock;

use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

/// The kind of trouble that a failure shows. It can change what the failure means.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Symptom {
    /// Nothing came for the deadline.
    Silence,
    /// The server closed the connection early.
    Closed,
    /// The server reset the connection.
    Reset,
    /// Other bytes came than were sent.
    WrongBytes,
    /// The server cannot be connected to.
    Refused,
    /// The server ended.
    Died,
    /// The server uses CPU time although it has nothing to do.
    Spins,
    /// The server's memory grows.
    Grows,
    /// The server keeps descriptors, threads or processes of clients that have left.
    Leaks,
    /// The server does more than it declares.
    BeyondLimit,
}

impl Symptom {
    /// All symptoms, in the order in which the texts list them.
    pub const ALL: [Self; 10] = [
        Self::Silence,
        Self::Closed,
        Self::Reset,
        Self::WrongBytes,
        Self::Refused,
        Self::Died,
        Self::Spins,
        Self::Grows,
        Self::Leaks,
        Self::BeyondLimit,
    ];

    /// The name in texts and reports.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Silence => "silence",
            Self::Closed => "closed",
            Self::Reset => "reset",
            Self::WrongBytes => "wrong_bytes",
            Self::Refused => "refused",
            Self::Died => "died",
            Self::Spins => "spins",
            Self::Grows => "grows",
            Self::Leaks => "leaks",
            Self::BeyondLimit => "beyond_limit",
        }
    }

    /// What the symptom means in any case that says nothing of its own about it.
    pub fn means(self) -> &'static str {
        GENERAL.get(&self).map_or("", |general| &general.means)
    }
}

impl fmt::Display for Symptom {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

/// The texts of one case.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Text {
    /// What must be true of a correct server, in one sentence.
    pub sentence: String,
    /// What a pass proves, and for whom it matters.
    pub proves: String,
    /// What a failure usually means.
    pub means: String,
    /// The symptoms that `means` explains. Other symptoms have a sentence of their own, here or for all cases.
    #[serde(default)]
    pub usual: Vec<Symptom>,
    /// The model whose README explains the matter best.
    pub model: String,
    /// Lines to paste into a shell, with the placeholders `{host}`, `{port}`, `{pid}` and `{model}`.
    pub by_hand: String,
    /// What these lines show with a correct server, and with a broken one.
    pub shows: String,
    /// What a failure with one of these symptoms means instead.
    #[serde(default)]
    pub symptoms: BTreeMap<Symptom, String>,
}

impl Text {
    /// What a failure with this symptom usually means.
    pub fn means_for(&self, symptom: Option<Symptom>) -> &str {
        match symptom {
            None => &self.means,
            Some(symptom) => match self.symptoms.get(&symptom) {
                Some(own) => own,
                None if self.usual.contains(&symptom) => &self.means,
                None => symptom.means(),
            },
        }
    }
}

/// The texts of a case; `None` if no case has this name.
pub fn of(case: &str) -> Option<&'static Text> {
    TEXTS.get(case)
}

/// The sentence of a case; its name in words if no case has this name.
pub fn sentence(case: &str) -> String {
    of(case).map_or_else(|| case.replace('_', " "), |text| text.sentence.clone())
}

/// The names of all cases that have texts.
pub fn names() -> impl Iterator<Item = &'static str> {
    TEXTS.keys().map(String::as_str)
}

/// What a symptom means in general.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct General {
    means: String,
}

/// One file a group.
const FILES: [(&str, &str); 11] = [
    ("bytes.toml", include_str!("../texts/bytes.toml")),
    ("endings.toml", include_str!("../texts/endings.toml")),
    ("protocols.toml", include_str!("../texts/protocols.toml")),
    ("stopping.toml", include_str!("../texts/stopping.toml")),
    ("processes.toml", include_str!("../texts/processes.toml")),
    ("crowds.toml", include_str!("../texts/crowds.toml")),
    ("patience.toml", include_str!("../texts/patience.toml")),
    ("limits.toml", include_str!("../texts/limits.toml")),
    ("waiting.toml", include_str!("../texts/waiting.toml")),
    ("work.toml", include_str!("../texts/work.toml")),
    ("datagrams.toml", include_str!("../texts/datagrams.toml")),
];

static TEXTS: LazyLock<BTreeMap<String, Text>> = LazyLock::new(|| {
    let parsed = FILES.map(|(name, text)| parse::<String, Text>(name, text));
    parsed
        .into_iter()
        .flatten()
        .map(without_last_newline)
        .collect()
});

static GENERAL: LazyLock<BTreeMap<Symptom, General>> =
    LazyLock::new(|| parse("symptoms.toml", include_str!("../texts/symptoms.toml")));

/// The tables of a file. The files are part of the program, and the tests read all of them.
fn parse<Key: Ord + DeserializeOwned, Value: DeserializeOwned>(
    name: &str,
    text: &str,
) -> BTreeMap<Key, Value> {
    toml::from_str(text).unwrap_or_else(|error| panic!("texts/{name} is well-formed: {error}"))
}

/// A text in several lines ends before its closing quotes, which stand in a line of their own.
fn without_last_newline((name, mut text): (String, Text)) -> (String, Text) {
    text.by_hand.truncate(text.by_hand.trim_end().len());
    (name, text)
}
