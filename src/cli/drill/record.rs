//! Writing the record of a drill: `drills/<year>-Q<n>/<playbook>-<date>.md` and `.json` beside mayday.yaml.

use std::fs;
use std::path::{Path, PathBuf};

use serde_json::Value;

use crate::cli::machine;
use crate::cli::run::Ended;
use crate::journal::RunDir;
use crate::plan::Plan;
use crate::report::Checked;
use crate::report::drill::record::{markdown, record};
use crate::run::state::Run;
use crate::time::Timestamp;

/// The folder of records, beside mayday.yaml.
pub(in crate::cli) const FOLDER: &str = "drills";

/// Writes both files. The record's Markdown file.
///
/// # Errors
/// Why it could not be written, a lowercase fragment. What happened is in the journal all the same.
pub(super) fn write(ended: &Ended) -> Result<PathBuf, String> {
    let began = ended.run.opened_at.unwrap_or_else(machine::wall_clock);
    let base = ended.run.opened.as_ref().map(|opened| opened.base.clone()).unwrap_or_default();
    let folder = Path::new(&base).join(FOLDER).join(quarter(began));
    fs::create_dir_all(&folder).map_err(|error| format!("create {}: {error}", folder.display()))?;
    let name = free_name(&folder, &ended.run, began);
    let value = of(&ended.dir, &ended.plan, &name)?;
    let words = markdown(&value).map_err(|trouble| trouble.to_string())?;
    let data = serde_json::to_string_pretty(&value).map_err(|error| error.to_string())?;
    let file = folder.join(format!("{name}.md"));
    put(&folder.join(format!("{name}.json")), &format!("{}\n", crate::text::json(&data)))?;
    put(&file, &words)?;
    Ok(file)
}

/// The record of a run as data, from its journal.
///
/// # Errors
/// The journal cannot be read.
pub(super) fn of(dir: &RunDir, plan: &Plan, name: &str) -> Result<Value, String> {
    let read = crate::journal::read(dir).map_err(|trouble| trouble.to_string())?;
    let checked = crate::journal::verify(dir).ok().map(|result| Checked {
        sound: result.is_sound(),
        head: result.head.map(|head| head.hash.hex()).unwrap_or_default(),
        findings: result.findings.into_iter().map(|finding| finding.text).collect(),
    });
    Ok(record(name, &read.events, plan, checked.as_ref(), machine::wall_clock()))
}

/// Whole or not at all: a record that is cut off would be no record.
pub(super) fn put(file: &Path, text: &str) -> Result<(), String> {
    let trouble = |error| format!("write {}: {error}", file.display());
    let name = file.file_name().unwrap_or_default().to_string_lossy();
    let new = file.with_file_name(format!(".{name}.new"));
    fs::write(&new, text).map_err(trouble)?;
    fs::rename(&new, file).map_err(trouble)
}

/// `2026-Q1`, by the calendar of UTC.
fn quarter(at: Timestamp) -> String {
    let text = at.rfc3339();
    let (year, month) = (&text[..4], text[5..7].parse::<u32>().unwrap_or(1));
    format!("{year}-Q{}", (month - 1) / 3 + 1)
}

/// `sev2-data-loss-20260115`; from the second drill of a day on with `-2` behind it. The same run keeps its name.
fn free_name(folder: &Path, run: &Run, began: Timestamp) -> String {
    let opened = run.opened.as_ref();
    let playbook = opened.map(|opened| opened.playbook.replace('/', "-")).unwrap_or_default();
    let day = began.rfc3339()[..10].replace('-', "");
    let base = format!("{playbook}-{day}");
    let id = opened.map(|opened| opened.run.as_str()).unwrap_or_default();
    let names = (2..).map(|count| format!("{base}-{count}"));
    let mut names = std::iter::once(base.clone()).chain(names);
    let is_free = |name: &String| {
        let file = folder.join(format!("{name}.json"));
        let other = |text: String| {
            serde_json::from_str::<Value>(&text).is_ok_and(|record| record["run"] == id)
        };
        !file.exists() || fs::read_to_string(file).is_ok_and(other)
    };
    names.find(is_free).unwrap_or(base)
}
