//! Prints how the differences in CPU time of a run are split over their causes, in microseconds a request.
//!
//! `cargo run -p report --example causes -- results/sample`. Shown are the models whose CPU time clearly differs from the baseline's.
//! The last column names the cause, if the run explains the difference.

use std::env;
use std::path::PathBuf;

use analysis::{Metric, Summary, Verdict};
use record::store::Run;

fn main() {
    let folder = env::args().nth(1).map(PathBuf::from);
    let Some(folder) = folder else {
        eprintln!("name the folder of a run, such as results/sample");
        std::process::exit(2);
    };
    match Run::read(&folder) {
        Ok(run) => print(&Summary::of(&run)),
        Err(error) => {
            eprintln!("{error}");
            std::process::exit(1);
        }
    }
}

fn print(summary: &Summary) {
    println!(
        "{:14} {:24} {:>10} {:>9} {:>8} {:>6} {:>6} {:>8}  cause",
        "load", "model", "difference", "switches", "sockets", "calls", "rest", "explains"
    );
    for load in summary.measured_loads() {
        for contender in summary.models() {
            let compared = summary.cell(contender, load).compared.get(&Metric::Cpu);
            let is_apart = compared.is_some_and(|compared| {
                matches!(compared.verdict, Verdict::Better | Verdict::Worse)
            });
            let Some(causes) = summary.causes(contender, load).filter(|_| is_apart) else {
                continue;
            };
            let all = causes.difference_us - causes.rest_us();
            let of = &summary.loads[load];
            println!(
                "{:14} {:24} {:10.2} {:9.2} {:8.2} {:6.2} {:6.2} {:6.0} %  {}",
                format!("{} {}", of.scenario, of.step),
                summary.contenders[contender].name,
                causes.difference_us,
                causes.switches.us,
                causes.sockets.us,
                causes.calls_us(),
                causes.rest_us(),
                100.0 * all / causes.difference_us,
                causes
                    .main()
                    .map_or_else(|| "–".to_owned(), |cause| format!("{cause:?}")),
            );
        }
    }
}
