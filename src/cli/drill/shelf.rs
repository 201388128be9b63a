//! The records of drills as they lie beside mayday.yaml: read, found by run or by name.

use std::fs;
use std::path::{Path, PathBuf};

use serde_json::Value;

use super::loose;
use super::record::{self, FOLDER};
use crate::cli::exit::{self, Failure};
use crate::cli::{Global, driven, pinned};
use crate::run::event::Kind;
use crate::time::Timestamp;

/// A record and where it lies.
pub(in crate::cli) struct Filed {
    /// Its JSON file; of a run without a record nothing.
    pub file: Option<PathBuf>,
    /// What it says.
    pub says: Value,
}

impl Filed {
    /// A field that is a text.
    pub(in crate::cli) fn text(&self, field: &str) -> &str {
        self.says[field].as_str().unwrap_or_default()
    }

    /// When the drill began.
    pub(in crate::cli) fn began(&self) -> Option<Timestamp> {
        self.text("began").parse().ok()
    }

    /// It counts as passed.
    pub(in crate::cli) fn passed(&self) -> bool {
        self.says["passed"] == true
    }
}

/// Every record that can be read, oldest first.
pub(in crate::cli) fn all(base: &Path) -> Vec<Filed> {
    all_and_faults(base).0
}

/// Every record that can be read, oldest first; and why others cannot, in sentences.
pub(super) fn all_and_faults(base: &Path) -> (Vec<Filed>, Vec<String>) {
    let below = |folder: PathBuf| {
        let entries = fs::read_dir(folder).into_iter().flatten().flatten();
        entries.map(|entry| entry.path()).collect::<Vec<_>>()
    };
    let files = below(base.join(FOLDER)).into_iter().flat_map(below);
    let is_record = |file: &PathBuf| {
        let hidden = file.file_name().is_some_and(|name| name.as_encoded_bytes().starts_with(b"."));
        !hidden && file.extension().is_some_and(|end| end == "json")
    };
    let (mut all, mut faults) = (Vec::new(), Vec::new());
    for file in files.filter(is_record) {
        match read(&file) {
            Ok(filed) => all.push(filed),
            Err(why) => faults.push(format!("{} {why}: it is not counted", file.display())),
        }
    }
    all.sort_by_key(|filed| (filed.began(), filed.file.clone()));
    faults.sort();
    (all, faults)
}

/// What every record has: of anything else it is not known what it says.
const TEXTS: [&str; 5] = ["run", "name", "playbook", "began", "verdict"];

/// A record; or why this is none, in words behind the file's name.
fn read(file: &Path) -> Result<Filed, String> {
    let text = fs::read_to_string(file).map_err(|error| format!("cannot be read: {error}"))?;
    let says: Value =
        serde_json::from_str(&text).map_err(|error| format!("is no record of a drill: {error}"))?;
    if let Some(missing) = TEXTS.into_iter().find(|name| !says[*name].is_string()) {
        return Err(format!("is no record of a drill: it has no `{missing}`"));
    }
    let filed = Filed { file: Some(file.to_path_buf()), says };
    if filed.began().is_none() {
        let began = filed.text("began");
        return Err(format!("is no record of a drill: it began at `{began}`, which is no time"));
    }
    Ok(filed)
}

/// The record of a run: by the run's id or its beginning, by the record's name, or by its file.
///
/// # Errors
/// There is none, or more than one.
pub(super) fn find(global: &Global, base: &Path, asked: &str) -> Result<Filed, Failure> {
    let file = Path::new(asked).with_extension("json");
    match read(&file) {
        Ok(filed) => return Ok(filed),
        Err(why) if file.is_file() => {
            let shown = file.display();
            return Err(Failure::new(exit::USAGE, format!("use the record {shown}: it {why}"))
                .hint("`mayday resume RUN` writes the record of a drill that is over again"));
        }
        Err(_) => {}
    }
    let (mut found, faults) = all_and_faults(base);
    found.retain(|filed| filed.text("run").starts_with(asked) || filed.text("name") == asked);
    match found.len() {
        1 => Ok(found.remove(0)),
        0 => {
            if let Some(failure) = loose::asked(global, asked) {
                return Err(failure);
            }
            let mut hint = format!(
                "records lie in {}; `mayday runs` lists the runs",
                base.join(FOLDER).display()
            );
            for fault in faults {
                hint.push_str("\n  ");
                hint.push_str(&fault);
            }
            Err(Failure::new(exit::USAGE, format!("find the record of a drill `{asked}`"))
                .hint(hint))
        }
        n => Err(Failure::new(
            exit::USAGE,
            format!("find the record of a drill `{asked}`: {n} begin so"),
        )
        .hint("give more of the run's id")),
    }
}

/// The record of this run, where it has one.
pub(super) fn of_run(base: &Path, run: &str) -> Option<Filed> {
    all(base).into_iter().find(|filed| filed.text("run") == run)
}

/// As [`find`]; of a run that has no record what it would say.
///
/// # Errors
/// As [`find`].
pub(super) fn find_or_read(global: &Global, base: &Path, asked: &str) -> Result<Filed, Failure> {
    let missing = match find(global, base, asked) {
        Ok(filed) => return Ok(filed),
        Err(failure) => failure,
    };
    // One that is not over came to nothing yet.
    let says = from_run(global, asked).filter(|says| !says["ended"].is_null());
    says.map(|says| Filed { file: None, says }).ok_or(missing)
}

/// What the record of a run says now, from its journal; `None` where the run is not here or is no drill.
pub(super) fn from_run(global: &Global, run: &str) -> Option<Value> {
    let store = driven::store(global).ok()?;
    let dir = store.dir(&store.find(run).ok()?).ok()?;
    let Some(Kind::Opened(opened)) = crate::journal::read_first(&dir).ok()?.map(|first| first.kind)
    else {
        return None;
    };
    let (plan, _) = pinned::plan(&dir, &opened).ok()?;
    let says = record::of(&dir, &plan, run).ok()?;
    says["verdict"].is_string().then_some(says)
}
