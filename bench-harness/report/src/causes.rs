//! Says in plain words what causes a difference in CPU time between a contender and the baseline.

use analysis::{Cause, Causes, Metric, Summary, Verdict};
use record::number::{grouped, significant};
use record::plan::{ContenderId, LoadId};

use crate::phrases::{SPINS, all_of};

/// Names in a sentence at most.
const NAMED: usize = 3;
/// One look finds this many times the requests under another load, if that is worth a word.
const MANY: f64 = 4.0;

/// The cause of a difference to the baseline under a load, as a noun phrase for `because of …` or after a colon: `one sleep and one
/// wake-up a request (1.00 context switches; epoll: 0.23)`. `None` if no difference is shown, or the run does not explain it.
///
/// A contender that left out clients beyond its capacity, and one that spins, are explained by that, whatever they cost.
pub fn because(summary: &Summary, contender: ContenderId, load: LoadId) -> Option<String> {
    if let Some(limit) = limit(summary, contender, load) {
        return Some(limit);
    }
    let (cause, causes) = main(summary, contender, load)?;
    Some(match cause {
        Cause::Switches => switches(summary, &causes),
        Cause::Sockets => sockets(&causes),
        Cause::Calls => calls(&causes),
    })
}

/// The causes of these contenders in whole sentences, one a group with the same cause, in the order of the contenders. It leaves out
/// contenders without a shown difference. `None` if none is left, or the run has no prices.
pub fn sentence(summary: &Summary, contenders: &[ContenderId], load: LoadId) -> Option<String> {
    let mut groups: Vec<Group> = Vec::new();
    for &contender in contenders {
        let Some(kind) = kind(summary, contender, load) else {
            continue;
        };
        match groups.iter_mut().find(|group| group.kind == kind) {
            Some(group) => group.members.push(contender),
            None => groups.push(Group {
                kind,
                members: vec![contender],
            }),
        }
    }
    let sentences = groups.iter().map(|group| group.sentence(summary, load));
    let sentences: Vec<String> = sentences.collect();
    (!sentences.is_empty()).then(|| sentences.join(" "))
}

/// What explains a contender.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    /// Its capacity, or that it spins: the phrase is its own.
    Limit(ContenderId),
    /// One cause, in one direction.
    Cause(Cause, bool),
    /// The run does not explain the difference in this direction.
    Unknown(bool),
}

/// Contenders with the same cause.
struct Group {
    kind: Kind,
    members: Vec<ContenderId>,
}

fn kind(summary: &Summary, contender: ContenderId, load: LoadId) -> Option<Kind> {
    if limit(summary, contender, load).is_some() {
        return Some(Kind::Limit(contender));
    }
    summary.prices.as_ref()?;
    let is_dearer = is_dearer(summary, contender, load)?;
    Some(match main(summary, contender, load) {
        Some((cause, _)) => Kind::Cause(cause, is_dearer),
        None => Kind::Unknown(is_dearer),
    })
}

impl Group {
    fn sentence(&self, summary: &Summary, load: LoadId) -> String {
        let names = all_of(summary, &self.members, NAMED);
        let first = self.members[0];
        let because = because(summary, first, load).unwrap_or_default();
        let uses = if self.members.len() > 1 {
            "use"
        } else {
            "uses"
        };
        let more = |is_dearer| if is_dearer { "more" } else { "less" };
        match self.kind {
            Kind::Limit(_) => format!("{names}: {because}."),
            Kind::Unknown(is_dearer) => {
                let more = more(is_dearer);
                format!("The run does not explain why {names} {uses} {more} CPU time.")
            }
            Kind::Cause(_, is_dearer) => {
                let more = more(is_dearer);
                let is_look = self.kind == Kind::Cause(Cause::Sockets, true);
                let elsewhere = elsewhere(summary, first, load).filter(|_| is_look);
                let elsewhere = elsewhere.unwrap_or_default();
                format!("{names} {uses} {more} CPU time because of {because}{elsewhere}.")
            }
        }
    }
}

/// Where the cause does not hold: a load without a rate under which one look at the same number of sockets finds many requests, and the
/// contender is not dearer. A reader who sees it equal in the next block would otherwise not believe the cause.
fn elsewhere(summary: &Summary, contender: ContenderId, load: LoadId) -> Option<String> {
    let here = summary.causes(contender, load)?.requests_a_call;
    let connections = |load: LoadId| summary.loads[load].connections;
    let others = summary.measured_loads().filter(|&other| {
        !summary.loads[other].is_equal_rate()
            && connections(other) == connections(load)
            && is_dearer(summary, contender, other) != Some(true)
    });
    let found = others.filter_map(|other| Some(summary.causes(contender, other)?.requests_a_call));
    let most = found
        .max_by(f64::total_cmp)
        .filter(|most| *most > MANY * here)?;
    let requests = requests(most);
    Some(format!("; flat out, one look finds {requests}"))
}

/// A number of requests: `1.7 requests`, `90 requests`.
fn requests(number: f64) -> String {
    match number {
        few if few < 9.95 => format!("{few:.1} requests"),
        many => format!("{} requests", grouped(many.round() as u64)),
    }
}

/// The main cause, where a difference is shown.
fn main(summary: &Summary, contender: ContenderId, load: LoadId) -> Option<(Cause, Causes)> {
    is_dearer(summary, contender, load)?;
    let causes = summary.causes(contender, load)?;
    Some((causes.main()?, causes))
}

/// True if it is shown that the contender costs more CPU time per request than the baseline, false if less; `None` if neither.
fn is_dearer(summary: &Summary, contender: ContenderId, load: LoadId) -> Option<bool> {
    let compared = summary.cell(contender, load).compared.get(&Metric::Cpu)?;
    match compared.verdict {
        Verdict::Worse => Some(true),
        Verdict::Better => Some(false),
        Verdict::Equivalent | Verdict::Inconclusive(_) | Verdict::Barred(_) | Verdict::Control => {
            None
        }
    }
}

/// What sets a contender apart before any price: its capacity, where it left clients out, or that it spins.
fn limit(summary: &Summary, contender: ContenderId, load: LoadId) -> Option<String> {
    let cell = summary.cell(contender, load);
    let connections = summary.loads[load].connections;
    let capacity = summary.contenders[contender].capacity;
    let below = capacity.filter(|capacity| *capacity < connections && cell.left_out());
    if let Some(capacity) = below {
        let (capacity, all) = (grouped(capacity as u64), grouped(connections as u64));
        let are = if capacity == "1" { "is" } else { "are" };
        return Some(format!("{capacity} of {all} clients {are} served at once"));
    }
    cell.spins.then(|| format!("it {SPINS}"))
}

fn switches(summary: &Summary, causes: &Causes) -> String {
    let part = causes.switches;
    let (own, baseline) = (two(part.count), two(part.baseline));
    let name = &summary.contenders[summary.baseline].name;
    let counts = format!("({own} context switches; {name}: {baseline})");
    let is_one = (0.8..1.25).contains(&(part.count - part.baseline).abs());
    match (part.us > 0.0, is_one) {
        (true, true) if part.baseline < 0.25 => {
            format!("one sleep and one wake-up a request {counts}")
        }
        (true, true) => format!("one more sleep and wake-up a request {counts}"),
        (true, false) => format!("more sleeps and wake-ups a request {counts}"),
        (false, true) => format!("one sleep and wake-up less a request {counts}"),
        (false, false) => format!("fewer sleeps and wake-ups a request {counts}"),
    }
}

fn sockets(causes: &Causes) -> String {
    if causes.sockets.us < 0.0 {
        return "no look at every socket at every call".to_owned();
    }
    format!(
        "a look at every socket at every call ({} sockets for {})",
        grouped(causes.sockets_a_call.round() as u64),
        requests(causes.requests_a_call)
    )
}

fn calls(causes: &Causes) -> String {
    let sums = causes.calls.values();
    let (own, baseline) = sums.fold((0.0, 0.0), |(own, baseline), part| {
        (own + part.count, baseline + part.baseline)
    });
    let word = if causes.calls_us() > 0.0 {
        "more"
    } else {
        "fewer or cheaper"
    };
    let dearest = causes
        .dearest_call()
        .map_or_else(String::new, |(name, part)| {
            let (own, baseline) = (significant(part.count), significant(part.baseline));
            format!("; {name} {own} against {baseline}")
        });
    format!(
        "{word} system calls a request ({} against {}{dearest})",
        significant(own),
        significant(baseline)
    )
}

fn two(x: f64) -> String {
    format!("{x:.2}")
}
