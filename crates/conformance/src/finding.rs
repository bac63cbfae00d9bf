//! What a case found wrong with a server: a sentence for people, and the kind of trouble.

use std::fmt;

use crate::case::Case;
use crate::texts::Symptom;

/// Why a case fails.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    /// What happened, in one sentence without a full stop.
    pub what: String,
    /// The kind of trouble, if it has a name.
    pub symptom: Option<Symptom>,
    /// True if the machine is to blame, and not the server.
    pub disturbed: bool,
    /// What the server did meanwhile: its exit status, and what it wrote to standard error.
    pub server: Option<String>,
}

/// The value of a step of a case, or why the case fails there.
pub type Checked<T = ()> = Result<T, Finding>;

impl Finding {
    /// A finding of no particular kind.
    pub fn new(what: impl Into<String>) -> Self {
        Self {
            what: what.into(),
            symptom: None,
            disturbed: false,
            server: None,
        }
    }

    /// What a failure of this case with this finding usually means.
    pub fn means(&self, case: &Case) -> &'static str {
        case.text().means_for(self.symptom)
    }

    /// A finding that blames the machine.
    pub fn of_machine(what: impl Into<String>) -> Self {
        Self {
            disturbed: true,
            ..Self::new(what)
        }
    }

    /// The same finding, with words about its circumstances.
    #[must_use]
    pub fn and(self, circumstances: &str) -> Self {
        Self {
            what: format!("{}, {circumstances}", self.what),
            ..self
        }
    }

    /// A finding of this kind.
    pub fn of(symptom: Symptom, what: impl Into<String>) -> Self {
        Self {
            symptom: Some(symptom),
            ..Self::new(what)
        }
    }
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.what)?;
        match &self.server {
            Some(server) => write!(f, "\n{server}"),
            None => Ok(()),
        }
    }
}

/// Fails the case unless the condition is true: `ensure!(condition, [Symptom,] "format", …)`.
macro_rules! ensure {
    ($condition:expr, $symptom:ident, $($text:tt)+) => {
        if !$condition {
            return Err($crate::finding::Finding::of($crate::texts::Symptom::$symptom, format!($($text)+)));
        }
    };
    ($condition:expr, $($text:tt)+) => {
        if !$condition {
            return Err($crate::finding::Finding::new(format!($($text)+)));
        }
    };
}

/// Fails the case unless both values are equal: `ensure_eq!(seen, expected, "what is counted")`.
macro_rules! ensure_eq {
    ($seen:expr, $expected:expr, $($what:tt)+) => {
        let (seen, expected) = (&$seen, &$expected);
        if seen != expected {
            return Err($crate::finding::Finding::new(format!(
                "{}: {seen:?} instead of {expected:?}",
                format_args!($($what)+)
            )));
        }
    };
}

pub(crate) use {ensure, ensure_eq};
