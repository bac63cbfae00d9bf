//! Reads a run from its folder, even if it is incomplete.

use std::collections::HashMap;
use std::fs::File;
use std::io::{self, BufRead as _, BufReader};
use std::ops::Range;
use std::os::unix::fs::FileExt as _;
use std::path::{Path, PathBuf};

use rayon::prelude::*;

use super::digest::Digest;
use super::error::{StoreError, failed};
use super::file::read_json;
use super::paths::{ENVIRONMENT, LESSONS, PLAN, SLICES, TRIALS};
use super::skim::skim;
use super::slices::Slices;
use crate::environment::Environment;
use crate::lesson::Lessons;
use crate::plan::Plan;
use crate::sample::Sample;
use crate::slice::Slice;
use crate::warning::RunWarning;

/// Bytes of the buffer with which the lines of the file of trials are found.
const BUFFER: usize = 1 << 18;

/// A run that has been read from its folder.
#[derive(Clone, Debug)]
pub struct Run {
    /// The name of its folder.
    pub name: String,
    /// The machine and the program.
    pub environment: Environment,
    /// The plan.
    pub plan: Plan,
    /// Texts about its models; empty if the run stored none, as older versions did.
    pub lessons: Lessons,
    /// The rows in order, without the histograms and series of curves. [`Run::whole`] adds them.
    pub samples: Vec<Sample>,
    /// The slices in order. Runs without sittings have none.
    pub slices: Vec<Slice>,
    /// The places of the rows in their file.
    rows: Rows,
    /// SHA-256 of the raw rows.
    pub digest: Digest,
    /// Warnings about rows that could not be read.
    pub warnings: Vec<RunWarning>,
}

impl Run {
    /// Reads a run, even if it is incomplete.
    ///
    /// # Errors
    /// The folder holds no run, or one of a newer version, or a file is damaged.
    pub fn read(folder: &Path) -> Result<Self, StoreError> {
        let (environment, plan) = head(folder)?;
        let path = folder.join(TRIALS);
        let trials = File::open(&path).and_then(|file| Trials::read(&file));
        let Trials {
            samples,
            places,
            warnings,
            len,
        } = trials.map_err(failed("read", &path))?;
        let slices = Slices::read(&folder.join(SLICES))?;
        let planned = plan.trials().count();
        let beyond = samples.iter().filter(|row| row.trial >= planned).count();
        let beyond = (beyond > 0).then_some(RunWarning::BeyondPlan { rows: beyond });
        Ok(Self {
            name: name(folder),
            environment,
            plan,
            lessons: read_lessons(folder)?,
            rows: Rows::new(&path, &samples, places),
            samples,
            digest: match slices.len {
                0 => Digest::new(&path, len),
                _ => Digest::new(&path, len).and(&folder.join(SLICES), slices.len),
            },
            warnings: [merged(warnings, slices.warnings), Vec::from_iter(beyond)].concat(),
            slices: slices.rows,
        })
    }

    /// The sample with its histograms, its series over time and the server's counters, as far as the row has them.
    pub fn whole(&self, sample: &Sample) -> Sample {
        let mut whole = sample.clone();
        let Some(row) = self.rows.read(sample) else {
            return whole;
        };
        whole.stats = whole.stats.or(row.stats);
        if let Some((outcome, row_outcome)) = whole.outcome.as_mut().zip(row.outcome) {
            outcome.fill_in(row_outcome);
        }
        whole
    }
}

/// The warnings about both files: a torn line counts once, and unknown lines are added up.
fn merged(trials: Vec<RunWarning>, slices: Vec<RunWarning>) -> Vec<RunWarning> {
    let unknown = |warning: &RunWarning| match warning {
        RunWarning::UnknownLines { lines } => *lines,
        _ => 0,
    };
    let lines: usize = trials.iter().chain(&slices).map(unknown).sum();
    let mut all: Vec<RunWarning> = trials.into_iter().chain(slices).collect();
    all.retain(|warning| unknown(warning) == 0);
    all.dedup();
    all.extend((lines > 0).then_some(RunWarning::UnknownLines { lines }));
    all
}

/// The places of the rows in their file, by trial and attempt.
#[derive(Clone, Debug, Default)]
struct Rows {
    file: PathBuf,
    places: HashMap<(usize, u32), Range<u64>>,
}

impl Rows {
    fn new(file: &Path, samples: &[Sample], places: Vec<Range<u64>>) -> Self {
        let keys = samples.iter().map(|sample| (sample.trial, sample.attempt));
        Self {
            file: file.to_owned(),
            places: keys.zip(places).collect(),
        }
    }

    /// Reads the whole row of a sample; `None` if it is not in the file any more.
    fn read(&self, sample: &Sample) -> Option<Sample> {
        let place = self.places.get(&(sample.trial, sample.attempt))?;
        let mut text = vec![0; (place.end - place.start) as usize];
        let file = File::open(&self.file).ok()?;
        file.read_exact_at(&mut text, place.start).ok()?;
        serde_json::from_slice(&text).ok()
    }
}

/// Reads one row without the parts that only curves need; `None` if it is none. The buffer `light` may be used again.
pub fn row(text: &[u8], light: &mut Vec<u8>) -> Option<Sample> {
    skim(text, light);
    serde_json::from_slice(light).ok()
}

/// Reads the environment and the plan of a run, without its rows.
///
/// # Errors
/// The folder holds no run, or one of a newer version, or a file is damaged.
pub fn head(folder: &Path) -> Result<(Environment, Plan), StoreError> {
    if !folder.join(PLAN).exists() {
        return Err(StoreError::NoRun(folder.to_owned()));
    }
    let environment = read_json(&folder.join(ENVIRONMENT), Environment::SCHEMA)?;
    let plan: Plan = read_json(&folder.join(PLAN), Plan::SCHEMA)?;
    match plan.mistake() {
        None => Ok((environment, plan)),
        Some(reason) => Err(StoreError::Contradiction {
            path: folder.join(PLAN),
            reason,
        }),
    }
}

/// The texts about the models of a run, if it stored some.
fn read_lessons(folder: &Path) -> Result<Lessons, StoreError> {
    let path = folder.join(LESSONS);
    if path.exists() {
        read_json(&path, Lessons::SCHEMA)
    } else {
        Ok(Lessons::default())
    }
}

/// The name of a folder, even if the path is `.`.
pub(super) fn name(folder: &Path) -> String {
    let full = folder.canonicalize().unwrap_or_else(|_| folder.to_owned());
    let name = full.file_name().unwrap_or_default();
    name.to_string_lossy().into_owned()
}

/// The content of the file of trials.
struct Trials {
    samples: Vec<Sample>,
    /// The place of each sample in the file.
    places: Vec<Range<u64>>,
    warnings: Vec<RunWarning>,
    /// Bytes of the file.
    len: u64,
}

impl Trials {
    /// Reads all rows one by one. To read the whole file first would take longer, because of the memory that it needs.
    fn read(file: &File) -> io::Result<Self> {
        let Lines { whole, torn, len } = Lines::find(file)?;
        // Parsing the rows takes most of the time of a report, so all CPUs take part.
        let row = |(text, light): &mut (Vec<u8>, Vec<u8>), line: &Range<u64>| {
            text.resize((line.end - line.start) as usize, 0);
            file.read_exact_at(text, line.start)?;
            Ok(self::row(text, light))
        };
        let rows = whole.par_iter().map_init(Default::default, row);
        let rows: Vec<io::Result<Option<Sample>>> = rows.collect();
        let mut places = whole.clone();
        let mut is_readable = rows.iter().map(|row| matches!(row, Ok(Some(_))));
        places.retain(|_| is_readable.next() == Some(true));
        let rows = rows.into_iter().filter_map(io::Result::transpose);
        let samples: Vec<Sample> = rows.collect::<io::Result<_>>()?;
        let lines = whole.len() - samples.len();
        let unknown = (lines > 0).then_some(RunWarning::UnknownLines { lines });
        let torn = torn.then_some(RunWarning::TornLine);
        Ok(Self {
            samples,
            places,
            warnings: torn.into_iter().chain(unknown).collect(),
            len,
        })
    }
}

/// The places of the lines of a file.
struct Lines {
    /// The complete lines, without empty ones.
    whole: Vec<Range<u64>>,
    /// True if the last line is incomplete.
    torn: bool,
    /// Bytes of the file.
    len: u64,
}

impl Lines {
    fn find(file: &File) -> io::Result<Self> {
        let mut text = BufReader::with_capacity(BUFFER, file);
        let mut whole: Vec<Range<u64>> = Vec::new();
        let mut len = 0;
        loop {
            match text.skip_until(b'\n')? as u64 {
                0 => break,
                1 => len += 1,
                bytes => {
                    whole.push(len..len + bytes);
                    len += bytes;
                }
            }
        }
        let torn = len > 0 && last_byte(file, len)? != b'\n';
        if torn {
            whole.pop();
        }
        Ok(Self { whole, torn, len })
    }
}

fn last_byte(file: &File, len: u64) -> io::Result<u8> {
    let mut byte = [0];
    file.read_exact_at(&mut byte, len - 1)?;
    Ok(byte[0])
}
