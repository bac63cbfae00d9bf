//! A run as it was read back from its folder, also one that stopped early or was torn.

use std::collections::HashMap;
use std::fs::File;
use std::io::{self, BufRead as _, BufReader};
use std::ops::Range;
use std::os::unix::fs::FileExt as _;
use std::path::{Path, PathBuf};

use rayon::prelude::*;

use super::digest::Digest;
use super::error::failed;
use super::file::read_json;
use super::skim::skim;
use super::{ENVIRONMENT, PLAN, StoreError, TRIALS};
use crate::environment::Environment;
use crate::plan::Plan;
use crate::sample::Sample;
use crate::warning::RunWarning;

/// How much of the file of trials is read at a time to find its lines.
const BUFFER: usize = 1 << 18;

/// A run that has been read.
#[derive(Clone, Debug)]
pub struct Run {
    /// The name of its folder.
    pub name: String,
    /// Where it ran.
    pub environment: Environment,
    /// What was to be done.
    pub plan: Plan,
    /// What was done, in order, without what only curves are drawn from: see [`Run::whole`].
    pub samples: Vec<Sample>,
    /// Where the rows are.
    rows: Rows,
    /// SHA-256 of the raw rows.
    pub digest: Digest,
    /// What could not be read.
    pub warnings: Vec<RunWarning>,
}

impl Run {
    /// Reads a run, also one that stopped early or was torn.
    ///
    /// # Errors
    /// The folder holds no run, or one of a newer version, or a file is damaged.
    pub fn read(folder: &Path) -> Result<Self, StoreError> {
        let (environment, plan) = read_head(folder)?;
        let path = folder.join(TRIALS);
        let trials = File::open(&path).and_then(|file| Trials::read(&file));
        let Trials {
            samples,
            places,
            warnings,
            len,
        } = trials.map_err(failed("read", &path))?;
        Ok(Self {
            name: name(folder),
            environment,
            plan,
            rows: Rows::of(&path, &samples, places),
            samples,
            digest: Digest::of(&path, len),
            warnings,
        })
    }
}

impl Run {
    /// The sample with its histograms, its moments and the counters of the server, as far as the row has them.
    pub fn whole(&self, sample: &Sample) -> Sample {
        let mut whole = sample.clone();
        let Some(row) = self.rows.read(sample) else {
            return whole;
        };
        whole.stats = whole.stats.or(row.stats);
        if let Some((outcome, all)) = whole.outcome.as_mut().zip(row.outcome) {
            outcome.fill_in(all);
        }
        whole
    }
}

/// The places of the rows in their file.
#[derive(Clone, Debug, Default)]
struct Rows {
    file: PathBuf,
    places: HashMap<(usize, u32), Range<u64>>,
}

impl Rows {
    fn of(file: &Path, samples: &[Sample], places: Vec<Range<u64>>) -> Self {
        let keys = samples.iter().map(|sample| (sample.trial, sample.attempt));
        Self {
            file: file.to_owned(),
            places: keys.zip(places).collect(),
        }
    }

    /// The row of a sample once more; `None` where it is not there any more.
    fn read(&self, sample: &Sample) -> Option<Sample> {
        let place = self.places.get(&(sample.trial, sample.attempt))?;
        let mut text = vec![0; (place.end - place.start) as usize];
        let file = File::open(&self.file).ok()?;
        file.read_exact_at(&mut text, place.start).ok()?;
        serde_json::from_slice(&text).ok()
    }
}

/// What is known of a run before its first trial.
pub(super) fn read_head(folder: &Path) -> Result<(Environment, Plan), StoreError> {
    if !folder.join(PLAN).exists() {
        return Err(StoreError::NoRun(folder.to_owned()));
    }
    let environment = read_json(&folder.join(ENVIRONMENT), Environment::SCHEMA)?;
    let plan: Plan = read_json(&folder.join(PLAN), Plan::SCHEMA)?;
    if plan.is_sound() {
        Ok((environment, plan))
    } else {
        Err(StoreError::Contradiction(folder.join(PLAN)))
    }
}

/// What a folder is called, also where it is given as `.`.
pub(super) fn name(folder: &Path) -> String {
    let full = folder.canonicalize().unwrap_or_else(|_| folder.to_owned());
    let name = full.file_name().unwrap_or_default();
    name.to_string_lossy().into_owned()
}

/// What is in the file of trials.
struct Trials {
    samples: Vec<Sample>,
    /// Where each of them is.
    places: Vec<Range<u64>>,
    warnings: Vec<RunWarning>,
    /// Bytes of the file.
    len: u64,
}

impl Trials {
    /// Reads all rows, each when it is its turn: memory for the text of them all would cost more time than reading it.
    fn read(file: &File) -> io::Result<Self> {
        let Lines { whole, torn, len } = Lines::of(file)?;
        // Understanding a row takes longer than everything that is made of it: all CPUs take part.
        let row = |(text, light): &mut (Vec<u8>, Vec<u8>), line: &Range<u64>| {
            text.resize((line.end - line.start) as usize, 0);
            file.read_exact_at(text, line.start)?;
            skim(text, light);
            Ok(serde_json::from_slice(light).ok())
        };
        let rows = whole.par_iter().map_init(Default::default, row);
        let rows: Vec<io::Result<Option<Sample>>> = rows.collect();
        let mut places = whole.clone();
        let mut known = rows.iter().map(|row| matches!(row, Ok(Some(_))));
        places.retain(|_| known.next() == Some(true));
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

/// Where the lines of a file are.
struct Lines {
    /// Those that are there as a whole, empty ones aside.
    whole: Vec<Range<u64>>,
    /// Whether another one is not.
    torn: bool,
    /// Bytes of the file.
    len: u64,
}

impl Lines {
    fn of(file: &File) -> io::Result<Self> {
        let mut text = BufReader::with_capacity(BUFFER, file);
        let mut whole: Vec<Range<u64>> = Vec::new();
        let mut len = 0;
        loop {
            match text.skip_until(b'\n')? as u64 {
                0 => break,
                1 => len += 1,
                more => {
                    whole.push(len..len + more);
                    len += more;
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
