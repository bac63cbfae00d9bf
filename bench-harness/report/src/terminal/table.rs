//! The table of one load: the figure that decides, its ratio to the baseline with its interval, and the word; below it the contenders
//! without a rank, and what the marks and words mean.

use analysis::{Metric, Summary, Verdict};
use record::number::counted;
use record::plan::{ContenderId, LoadId};

use super::word;
use crate::answer;
use crate::costs::{Block, Letter, Row};
use crate::figure::ratio_in_words;
use crate::paragraph::{WIDTH, columns, hanging, shortened, wrapped};
use crate::phrases::SPINS;
use crate::reasons::by_kind;
use crate::words::{measured, zone};

/// Most columns of a name.
const NAME: usize = 22;
/// Columns between two texts, and where the table would be too wide.
const GAPS: [usize; 2] = [2, 1];
/// Space before the contenders without a rank.
const INDENT: &str = "  ";

/// The heading, the rows, and the notes.
pub fn table(summary: &Summary, block: &Block) -> String {
    let mut text = wrapped(&heading(summary, block)) + "\n";
    text += &rows(summary, block);
    if !block.unranked.is_empty() {
        text += "not ranked:\n";
        text += &unranked(summary, block);
    }
    text.push('\n');
    let notes = notes(summary, block).into_iter();
    text + &notes.map(|note| wrapped(&note)).collect::<String>()
}

fn heading(summary: &Summary, block: &Block) -> String {
    let situation = answer::heading(summary, block.load);
    let ids: Vec<ContenderId> = block.ranked.iter().map(|row| row.contender).collect();
    if ids.is_empty() {
        return format!("{situation}:");
    }
    format!(
        "{situation}: medians of {}",
        measured(summary, &ids, block.load)
    )
}

/// The figures that have a column, the one that decides first.
fn figures(summary: &Summary, block: &Block) -> Vec<Metric> {
    let usual = if summary.loads[block.load].is_equal_rate() {
        [Metric::Cpu, Metric::P50, Metric::P99]
    } else {
        [Metric::Throughput, Metric::Cpu, Metric::P99]
    };
    let mut figures = vec![block.deciding];
    figures.extend(usual.into_iter().filter(|figure| *figure != block.deciding));
    figures.truncate(usual.len());
    figures
}

/// The rows under their headings. Columns that do not fit are left out, the last figure first.
fn rows(summary: &Summary, block: &Block) -> String {
    let mut figures = figures(summary, block);
    loop {
        let tables = GAPS.map(|gap| lines(summary, block, &figures, gap));
        let fits = |table: &String| table.lines().all(|line| columns(line) <= WIDTH);
        if let Some(table) = tables.iter().find(|table| fits(table)) {
            return table.clone();
        }
        if figures.len() == 1 {
            let [_, narrow] = tables;
            return narrow;
        }
        figures.pop();
    }
}

fn lines(summary: &Summary, block: &Block, figures: &[Metric], gap: usize) -> String {
    let mut cells = vec![headings(figures)];
    let rows = block.ranked.iter().chain(&block.control);
    cells.extend(rows.map(|row| row_cells(summary, block, row, figures)));
    let widths: Vec<usize> = (0..cells[0].len())
        .map(|column| {
            let widths = cells.iter().map(|row| columns(&row[column]));
            widths.max().unwrap_or(0)
        })
        .collect();
    let line = |row: &Vec<String>| {
        let texts = row.iter().zip(&widths).enumerate();
        let texts = texts.map(|(column, (text, &width))| {
            // Names and words stand at the left, figures at the right.
            if column == 0 || column > figures.len() {
                format!("{text:width$}")
            } else {
                format!("{text:>width$}")
            }
        });
        let texts: Vec<String> = texts.collect();
        format!("{}\n", texts.join(&" ".repeat(gap)).trim_end())
    };
    cells.iter().map(line).collect()
}

fn headings(figures: &[Metric]) -> Vec<String> {
    let figures = figures.iter().map(|figure| match figure {
        Metric::Throughput => "req/s",
        figure => figure.heading(),
    });
    let headings = ["model"]
        .into_iter()
        .chain(figures)
        .chain(["ratio", "word"]);
    headings.map(str::to_owned).collect()
}

fn row_cells(summary: &Summary, block: &Block, row: &Row, figures: &[Metric]) -> Vec<String> {
    let name = shortened(&summary.contenders[row.contender].name, NAME);
    let values = figures
        .iter()
        .map(|&figure| value(summary, row.contender, block.load, figure));
    let ends = [
        ratio(summary, row.contender, block),
        word(summary, row.contender, row.letter).to_owned(),
    ];
    [name].into_iter().chain(values).chain(ends).collect()
}

/// The median of a figure with its unit; "≥" where the true value is at least that.
fn value(summary: &Summary, contender: ContenderId, load: LoadId, figure: Metric) -> String {
    let Some(median) = summary.median(contender, load, figure) else {
        return "–".to_owned();
    };
    let is_bound = summary.cell(contender, load).is_lower_bound(figure);
    let mark = if is_bound { "≥ " } else { "" };
    format!("{mark}{}", figure.unit().write(median))
}

/// The ratio to the baseline with its 95 % interval: `×1.18 [1.14, 1.22]`.
fn ratio(summary: &Summary, contender: ContenderId, block: &Block) -> String {
    if contender == summary.baseline {
        return "×1.00".to_owned();
    }
    let cell = summary.cell(contender, block.load);
    let Some(compared) = cell.compared.get(&block.deciding) else {
        return "–".to_owned();
    };
    let baseline = summary.cell(summary.baseline, block.load);
    let is_bound = cell.is_lower_bound(block.deciding) && !baseline.is_lower_bound(block.deciding);
    let mark = if is_bound { "≥ " } else { "" };
    let ratio = ratio_in_words(compared.ratio.estimate, compared.ratio.interval);
    format!("{mark}×{ratio}")
}

/// The contenders without a rank, those with the same reason together. Their figures are on the page.
fn unranked(summary: &Summary, block: &Block) -> String {
    let mut reasons: Vec<(&str, Vec<&str>)> = Vec::new();
    for (contender, reason) in &block.unranked {
        let reason = reason.split(". Measured: ").next().unwrap_or_default();
        let name = summary.contenders[*contender].name.as_str();
        match reasons.iter_mut().find(|(known, _)| *known == reason) {
            Some((_, names)) => names.push(name),
            None => reasons.push((reason, vec![name])),
        }
    }
    let line = |(reason, names): &(&str, Vec<&str>)| {
        let reason = match names.len() {
            1 => (*reason).to_owned(),
            _ => reason.replacen("it ", "each ", 1),
        };
        hanging(INDENT, &format!("{}: {reason}", names.join(", ")))
    };
    reasons.iter().map(line).collect()
}

/// What the ratio, the marks and the words mean, and why there is no verdict.
fn notes(summary: &Summary, block: &Block) -> Vec<String> {
    let rows = || block.ranked.iter().chain(&block.control);
    let has_bound = rows().any(|row| {
        let cell = summary.cell(row.contender, block.load);
        let mut figures = figures(summary, block).into_iter();
        figures.any(|figure| cell.is_lower_bound(figure))
    });
    let spins = rows().any(|row| row.letter == Some(Letter::Spins));
    let mut notes = vec![format!(
        "Ratio: {} against {} [95 % interval]; equivalent: within {}.",
        block.deciding.heading(),
        summary.contenders[summary.baseline].name,
        zone(summary.zone())
    )];
    let optional = [
        (
            has_bound,
            "≥: at least that (the generator was saturated, or requests had no reply).".to_owned(),
        ),
        (spins, format!("spins: it {SPINS}.")),
    ];
    let shown = optional.into_iter().filter(|(is_shown, _)| *is_shown);
    notes.extend(shown.map(|(_, note)| note));
    notes.extend(without_verdict(summary, block));
    notes.extend(without_ratio(summary, block));
    notes
}

/// Why rows have no ratio, in the words of the first one.
fn without_ratio(summary: &Summary, block: &Block) -> Option<String> {
    let rows = block.ranked.iter().chain(&block.control);
    let reason = |row: &Row| {
        let name = summary.contenders[row.contender].name.as_str();
        Some((name, summary.no_ratio(row.contender, block.load)?))
    };
    let reasons: Vec<_> = rows.filter_map(reason).collect();
    let (first, why) = reasons.first()?;
    let others = match reasons.len() - 1 {
        0 => String::new(),
        others => format!(" and {others} more"),
    };
    Some(format!("No ratio for {first}{others}: {why}."))
}

/// Why ranked contenders have no verdict, a sentence a kind of reason.
fn without_verdict(summary: &Summary, block: &Block) -> Vec<String> {
    let barred = block.ranked.iter().filter_map(|row| {
        let cell = summary.cell(row.contender, block.load);
        let verdict = &cell.compared.get(&block.deciding)?.verdict;
        let is_barred = matches!(verdict, Verdict::Barred(_));
        (is_barred && row.letter != Some(Letter::Spins)).then_some(verdict)
    });
    let reasons = by_kind(barred).into_iter();
    let sentence = |(count, reason): (usize, String)| {
        format!("No verdict for {}: {reason}.", counted(count, "model"))
    };
    reasons.map(sentence).collect()
}
