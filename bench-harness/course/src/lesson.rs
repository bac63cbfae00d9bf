//! The format of a lesson: the file `lesson.toml` in its folder.

use serde::Deserialize;
use toml::Table;

use crate::measured::Unit;

/// Every lesson's name, `lesson.toml` and `README.md`.
pub const LESSONS: &[(&str, &str, &str)] = include!(concat!(env!("OUT_DIR"), "/lessons.rs"));

/// A part of the course, in the order of the course.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Chapter {
    /// One client, many clients.
    Clients,
    /// Readiness.
    Readiness,
    /// Coroutines and async.
    Coroutines,
    /// Completion.
    Completion,
    /// Overload and latency.
    Overload,
    /// TCP itself.
    Tcp,
    /// How benchmarks lie.
    Benchmarks,
}

impl Chapter {
    /// All chapters, in order.
    pub const ALL: [Self; 7] = [
        Self::Clients,
        Self::Readiness,
        Self::Coroutines,
        Self::Completion,
        Self::Overload,
        Self::Tcp,
        Self::Benchmarks,
    ];

    /// Its number, from 1.
    pub const fn number(self) -> usize {
        self as usize + 1
    }

    /// Its name in lesson files, which is also the name of its page in the book.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Clients => "clients",
            Self::Readiness => "readiness",
            Self::Coroutines => "coroutines",
            Self::Completion => "completion",
            Self::Overload => "overload",
            Self::Tcp => "tcp",
            Self::Benchmarks => "benchmarks",
        }
    }

    /// Its title.
    pub const fn title(self) -> &'static str {
        match self {
            Self::Clients => "One client, many clients",
            Self::Readiness => "Readiness",
            Self::Coroutines => "Coroutines and async",
            Self::Completion => "Completion",
            Self::Overload => "Overload and latency",
            Self::Tcp => "TCP itself",
            Self::Benchmarks => "How benchmarks lie",
        }
    }
}

/// A lesson as its file describes it.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Document {
    /// Its chapter.
    pub chapter: Chapter,
    /// Its place in the chapter, from 1.
    pub place: u32,
    /// What it shows, as a sentence without a full stop.
    pub title: String,
    /// What the reader has to know before the prediction, and the question, in a few plain sentences.
    pub question: String,
    /// Seconds that the experiment takes, about.
    pub seconds: u32,
    /// What this machine must have.
    #[serde(default)]
    pub needs: Vec<Need>,
    /// The prediction that is asked for.
    pub prediction: Prediction,
    /// The steps of the experiment, in order. Each adds rows.
    pub step: Vec<Table>,
    /// How the rows are drawn.
    pub figure: Figure,
    /// What must be true of the rows. All checks together are the shape that the lesson claims.
    pub check: Vec<Check>,
}

/// What a lesson needs of the machine.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Need {
    /// At least two CPUs.
    TwoCpus,
    /// A network namespace of its own: root, or user namespaces.
    Namespace,
    /// `python3` on the path.
    Python,
}

/// A prediction: either one of several choices, or a number.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Prediction {
    /// The quantity that decides, as in [`Check::quantity`]: `poll / epoll-level`, or the label of a row.
    pub quantity: String,
    /// The choices; empty if a number is asked for.
    #[serde(default)]
    pub choices: Vec<Choice>,
}

/// One of the answers. It is right if the quantity lies in its range; the program finds out which one that is here.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Choice {
    /// The answer.
    pub says: String,
    /// Lower end of its range (included); none if absent.
    pub from: Option<f64>,
    /// Upper end of its range (excluded); none if absent.
    pub to: Option<f64>,
}

/// How the rows are drawn.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Figure {
    /// What is drawn, with its unit left out: "CPU time a request".
    pub title: String,
    /// The kind of drawing.
    #[serde(default)]
    pub kind: Kind,
    /// The unit of the axis. Rows of another unit stand below as text.
    pub unit: Unit,
    /// True for a logarithmic axis.
    #[serde(default)]
    pub log: bool,
    /// The title of the other axis of a drawing with lines: "connections".
    pub across: Option<String>,
}

/// A kind of drawing.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Kind {
    /// One bar a row, with its interval.
    #[default]
    Bars,
    /// One lane a client over time, from the row's spans.
    Lanes,
    /// One line a group over the rows' places on the axis (`Row::at`).
    Lines,
}

/// An inequality on an interval: the whole interval of the quantity lies above or below a number.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Check {
    /// The claim as a sentence: "poll costs at least 10 % more".
    pub says: String,
    /// A row's label, or `LABEL / LABEL`, or `LABEL - LABEL`. Labels have no slash and no ` - ` in them.
    pub quantity: String,
    /// The interval lies above this.
    pub above: Option<f64>,
    /// The interval lies below this.
    pub below: Option<f64>,
    /// What is probably missing on a machine that does not show it: "fewer than two CPUs, so …".
    pub otherwise: String,
}
