//! `echolab site`: makes a static web site of all runs in a folder.

use std::fs;
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use analysis::Summary;
use clap::Args;
use record::number::counted;
use record::plan::Plan;
use record::store::{Overview, Run, StoreError, head};
use report::site::{self, Chosen, SiteRun};

use super::runs::find;
use crate::activity::Activity;
use crate::failure::{Explain as _, Failure};
use crate::lessons;
use crate::notes::note;

/// Make a static web site of all runs in a folder
///
/// Writes `index.html` by machine and date, the report of each run in a folder of its own, and drawings of how the CPU time of a
/// request changed from run to run. Any web server can show it; the pages load nothing and need no script.
#[derive(Args, Clone, Debug)]
#[command(after_help = "Examples:
  echolab site --out site
  echolab site results --out site --models epoll-level,poll
  echolab site results --out site --load equal:0.5,ladder")]
pub struct SiteArgs {
    /// Folder that holds the runs
    #[arg(default_value = "results")]
    folder: PathBuf,
    /// Folder of the site, which is created if it does not exist
    #[arg(long, value_name = "DIR")]
    out: PathBuf,
    /// Draw the changes of these models
    ///
    /// Without it, up to twelve models that most runs have measured.
    #[arg(long, value_name = "NAME,…", value_delimiter = ',')]
    models: Vec<String>,
    /// Draw the changes at these loads
    ///
    /// A load is a scenario, or a scenario and a step: `ladder` or `ladder:100`. Without it, the load that most runs are
    /// mainly about.
    #[arg(long, value_name = "LOAD,…", value_delimiter = ',')]
    load: Vec<String>,
}

/// Runs `echolab site`.
///
/// # Errors
/// The folder holds no run, the choice fits none, or the site cannot be written.
pub fn run(args: &SiteArgs) -> Result<ExitCode, Failure> {
    check_out(args)?;
    let (found, mut unreadable) = find(&args.folder)?;
    let chosen = Chosen {
        models: args.models.clone(),
        loads: args.load.clone(),
    };
    site::check(&chosen, &plans(&args.folder, &found))?;
    let runs = reports(args, found, &mut unreadable)?;
    for error in unreadable {
        note(format_args!("note: {error}"));
    }
    if runs.is_empty() {
        let folder = args.folder.display();
        return Err(Failure::failed(format!(
            "no runs in `{folder}`; `echolab compare` makes one"
        )));
    }
    let page = site::write(&args.out, &runs, &chosen)?;
    let what = counted(runs.len(), "run");
    writeln!(io::stdout(), "site  {}  ({what})", page.display())?;
    Ok(ExitCode::SUCCESS)
}

/// A report in the folder of its run would be overwritten with the same, but the index would stand among the raw data.
fn check_out(args: &SiteArgs) -> Result<(), Failure> {
    let same = fs::canonicalize(&args.out)
        .ok()
        .zip(fs::canonicalize(&args.folder).ok());
    if same.is_some_and(|(out, folder)| out == folder) {
        return Err(Failure::wrong_use(
            "--out is the folder of the runs; give a folder for the site, such as `--out site`",
        ));
    }
    fs::create_dir_all(&args.out).explain(
        format_args!("cannot create `{}`", args.out.display()),
        "give a folder that you may write to with --out",
    )
}

/// The plans of these runs. One that cannot be read is named later.
fn plans(folder: &Path, found: &[Overview]) -> Vec<Plan> {
    let heads = found
        .iter()
        .map(|overview| head(&folder.join(&overview.name)));
    heads.flatten().map(|(_, plan)| plan).collect()
}

/// Writes the report of each run. One that cannot be read is left out.
fn reports(
    args: &SiteArgs,
    found: Vec<Overview>,
    unreadable: &mut Vec<StoreError>,
) -> Result<Vec<SiteRun>, Failure> {
    let activity = Activity::spinning(false);
    let all = found.len();
    let mut runs = Vec::new();
    for (index, overview) in found.into_iter().enumerate() {
        activity.step(format!("report {} of {all}: {}", index + 1, overview.name));
        let mut run = match Run::read(&args.folder.join(&overview.name)) {
            Ok(run) => run,
            Err(error) => {
                unreadable.push(error);
                continue;
            }
        };
        lessons::fill_in(&mut run);
        let summary = Summary::of(&run);
        let folder = site::folder_of(&args.out, &run.name);
        fs::create_dir_all(&folder).explain(
            format_args!("cannot create `{}`", folder.display()),
            "give a folder that you may write to with --out",
        )?;
        report::write(&folder, &run, &summary)?;
        runs.push(SiteRun::of(&run, &summary, overview));
    }
    Ok(runs)
}
