//! Lists what a new model still lacks outside its own crate, each with what to do about it.
//!
//! `cargo test -p echo-server --test complete`. It reads files only, so that it also sees models that this build leaves
//! out. The test `lessons` checks what the page of a model must say.

use std::fs;
use std::path::{Path, PathBuf};

/// What the skeleton of `scripts/new-model` says where an author has to write something.
const PLACEHOLDER: &str = "to be written";

#[test]
fn every_model_is_complete() {
    let workspace = Workspace::read();
    let models = workspace.models();
    assert!(!models.is_empty(), "crates/models holds no model");
    let missing: Vec<String> = models
        .iter()
        .flat_map(|model| workspace.missing(model, &models))
        .collect();
    assert!(missing.is_empty(), "\n{}\n", missing.join("\n"));
}

/// The texts outside the model crates that have to name a model.
struct Workspace {
    root: PathBuf,
    registry: String,
    readme: String,
    changelog: String,
    /// The programs that the bench `peers` compares models with.
    peers: String,
    /// Shapes that figures have for the models of one family.
    shapes: usize,
}

/// One model crate.
struct Model {
    name: String,
    code: String,
    readme: String,
    /// The ten answers; empty if the file is missing.
    questions: String,
}

impl Workspace {
    fn read() -> Self {
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
        let harness = rust_files(&root.join("bench-harness"));
        let peers = harness.iter().filter(|path| is_in(path, "benches/peer"));
        let marks = harness.iter().find(|path| path.ends_with("svg/mark.rs"));
        Self {
            registry: read(&root.join("crates/echo-server/src/registry.rs")),
            readme: read(&root.join("README.md")),
            changelog: read(&root.join("CHANGELOG.md")),
            peers: peers.map(|path| read(path)).collect(),
            shapes: shapes(&read(marks.expect("the report has a file svg/mark.rs"))),
            root,
        }
    }

    /// All model crates, in the order of the registry; those that are not in it come last.
    fn models(&self) -> Vec<Model> {
        let folders = fs::read_dir(self.root.join("crates/models")).expect("there are models");
        let folders = folders.map(|folder| folder.expect("its entries can be read").path());
        let mut models: Vec<Model> = folders
            .filter(|folder| folder.is_dir())
            .map(|folder| Model::read(&folder))
            .collect();
        let place = |model: &Model| self.registry.find(&model.entry()).unwrap_or(usize::MAX);
        models.sort_by_key(place);
        models
    }

    /// One sentence for each thing that this model lacks.
    fn missing(&self, model: &Model, models: &[Model]) -> Vec<String> {
        let name = &model.name;
        let checks = [
            (
                self.registry.contains(&model.entry()),
                format!("crates/echo-server/src/registry.rs does not list it; add `{}…,`", model.entry()),
            ),
            (
                !model.has_placeholders(),
                format!("its lib.rs, README.md or questions.md still says \"{PLACEHOLDER}\"; replace these places"),
            ),
            (
                !model.questions.is_empty(),
                format!("it has no answers; write `crates/models/{name}/questions.md` as its neighbours have it"),
            ),
            (
                self.readme.contains(&format!("(crates/models/{name})")),
                "README.md does not show it; put what `echolab list --markdown` prints between the models markers".into(),
            ),
            (
                self.changelog.contains(&format!("`{name}`")),
                "CHANGELOG.md does not name it; add a line under Unreleased".into(),
            ),
            (
                !model.needs_peer() || self.peers.contains(&format!("\"{name}\"")),
                "it has no peer; add the smallest program of its design to PEERS in benches/peer/mod.rs".into(),
            ),
            (
                self.has_shape(model, models),
                format!(
                    "figures have {} shapes for a family and this model needs one more; add a path to SHAPES in svg/mark.rs",
                    self.shapes
                ),
            ),
        ];
        let failed = checks.into_iter().filter(|(holds, _)| !holds);
        failed
            .map(|(_, what)| format!("model-{name}: {what}"))
            .collect()
    }

    /// True if its place in its family is below the number of shapes, so that no two models of a family look alike.
    fn has_shape(&self, model: &Model, models: &[Model]) -> bool {
        let before = models.iter().take_while(|other| other.name != model.name);
        let place = before
            .filter(|other| other.family() == model.family())
            .count();
        place < self.shapes
    }
}

impl Model {
    fn read(folder: &Path) -> Self {
        let name = folder.file_name().expect("a folder has a name");
        Self {
            name: name.to_string_lossy().into_owned(),
            code: read(&folder.join("src/lib.rs")),
            readme: read(&folder.join("README.md")),
            questions: fs::read_to_string(folder.join("questions.md")).unwrap_or_default(),
        }
    }

    /// The beginning of its line in the registry.
    fn entry(&self) -> String {
        format!("&model_{}::", self.name.replace('-', "_"))
    }

    fn has_placeholders(&self) -> bool {
        let has = |text: &str| text.to_lowercase().contains(PLACEHOLDER);
        has(&self.code) || has(&self.readme) || has(&self.questions)
    }

    /// True if the bench `peers` compares it: it does so for models that serve streams, reference lines aside.
    fn needs_peer(&self) -> bool {
        self.code.contains("Transport::Stream") && self.family() != Some("Kernel")
    }

    /// The family that it declares.
    fn family(&self) -> Option<&str> {
        let (_, declared) = self.code.split_once("family: Family::")?;
        declared.split(',').next()
    }
}

/// The number of shapes that a model's mark in a figure can have.
fn shapes(marks: &str) -> usize {
    let declared = marks.split("SHAPES: [&str; ").nth(1);
    let number = declared.and_then(|rest| rest.split(']').next()?.parse().ok());
    number.expect("svg/mark.rs declares `SHAPES: [&str; N]`")
}

fn read(path: &Path) -> String {
    fs::read_to_string(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

fn is_in(path: &Path, folder: &str) -> bool {
    path.parent().is_some_and(|parent| parent.ends_with(folder))
}

/// All Rust files below a folder.
fn rust_files(folder: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder).expect("a folder of the workspace");
    let paths = entries.map(|entry| entry.expect("its entries can be read").path());
    let files = paths.map(|path| {
        if path.is_dir() {
            rust_files(&path)
        } else {
            vec![path]
        }
    });
    let files = files.flatten();
    files
        .filter(|path| path.extension().is_some_and(|extension| extension == "rs"))
        .collect()
}
