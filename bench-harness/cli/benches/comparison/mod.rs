//! Runs `echolab compare` and reads its results, for benches of its words.

use std::process::{Child, Command, Stdio};

use analysis::Summary;
use nix::sys::signal::{Signal, killpg};
use nix::unistd::Pid;
use record::plan::Plan;
use record::store::Run;

/// The program under test.
pub const ECHOLAB: &str = env!("CARGO_BIN_EXE_echolab");

/// Runs a comparison with these options.
pub fn compare(options: &[String]) -> (Run, Summary) {
    let folder = tempfile::tempdir().expect("a folder for the results");
    let out = folder.path().join("run");
    let status = Command::new(ECHOLAB)
        .args(["compare", "--quiet"])
        .args(options)
        .arg("--out")
        .arg(&out)
        .stdout(Stdio::null())
        .status()
        .expect("it starts");
    assert!(
        status.success(),
        "the comparison failed; see its message above"
    );
    let run = Run::read(&out).expect("it was just written");
    let summary = Summary::of(&run);
    (run, summary)
}

/// What a comparison with these options would measure.
pub fn plan(options: &[String]) -> Plan {
    let output = Command::new(ECHOLAB)
        .args(["plan", "--json"])
        .args(options)
        .stderr(Stdio::inherit())
        .output()
        .expect("it starts");
    serde_json::from_slice(&output.stdout).expect("its own document")
}

/// The options that give each cell the sittings and rounds that it has in the default run of a profile.
pub fn of_one_cell(profile: &str) -> Vec<String> {
    let plan = plan(&["--profile", profile].map(str::to_owned));
    let rounds = plan.sittings.iter().map(|sitting| sitting.rounds).max();
    let rounds = rounds.expect("the default run has sittings").to_string();
    let blocks = plan.most_blocks().to_string();
    [
        "--profile",
        profile,
        "--blocks",
        &blocks,
        "--rounds",
        &rounds,
    ]
    .map(str::to_owned)
    .to_vec()
}

/// Another program on this machine, which ends with this one. It has its own group, because it may have children.
pub struct Beside(Child);

impl Beside {
    /// Starts this program in another role.
    pub fn start(role: &[String]) -> Self {
        use std::os::unix::process::CommandExt as _;
        let own = std::env::current_exe().expect("a running program has a path");
        let child = Command::new(own).args(role).process_group(0).spawn();
        Self(child.expect("it starts"))
    }
}

impl Drop for Beside {
    fn drop(&mut self) {
        let _ = killpg(Pid::from_raw(self.0.id().cast_signed()), Signal::SIGKILL);
        let _ = self.0.wait();
    }
}
