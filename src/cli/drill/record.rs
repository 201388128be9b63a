//! Writing the record of a drill: `drills/<year>-Q<n>/<playbook>-<date>.md` and `.json` beside mayday.yaml.

use std::fs;
use std::path::{Path, PathBuf};

use serde_json::Value;

use super::shelf::Filed;
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

/// Writes both files. The record's Markdown file. What somebody has signed stays as it is.
///
/// # Errors
/// Why it could not be written, a lowercase fragment. What happened is in the journal all the same.
pub(super) fn write(ended: &Ended) -> Result<PathBuf, String> {
    let began = ended.run.opened_at.unwrap_or_else(machine::wall_clock);
    let base = ended.run.opened.as_ref().map(|opened| opened.base.clone()).unwrap_or_default();
    let folder = Path::new(&base).join(FOLDER).join(quarter(began));
    fs::create_dir_all(&folder).map_err(|error| format!("create {}: {error}", folder.display()))?;
    for name in names(&ended.run, began) {
        let (data, file) = (folder.join(format!("{name}.json")), folder.join(format!("{name}.md")));
        match holder(&data) {
            Some(other) if !is_of(&other, &ended.run) => continue,
            Some(ours) if file.exists() && is_signed(&data, &ours) => return Ok(file),
            Some(_) => put(&data, &text_of(ended, &name)?)?,
            // Another drill of this playbook may end in the same moment: whoever comes second takes the next name.
            None if !put_new(&data, &text_of(ended, &name)?)? => continue,
            None => {}
        }
        let value = of(&ended.dir, &ended.plan, &name)?;
        put(&file, &markdown(&value).map_err(|trouble| trouble.to_string())?)?;
        return Ok(file);
    }
    Err(format!("find a free name in {}", folder.display()))
}

fn text_of(ended: &Ended, name: &str) -> Result<String, String> {
    let value = of(&ended.dir, &ended.plan, name)?;
    let data = serde_json::to_string_pretty(&value).map_err(|error| error.to_string())?;
    Ok(format!("{}\n", crate::text::json(&data)))
}

/// What lies under a name; nothing where it is free. What cannot be read is somebody's all the same.
fn holder(data: &Path) -> Option<Value> {
    let text = match fs::read_to_string(data) {
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return None,
        text => text.unwrap_or_default(),
    };
    Some(serde_json::from_str(&text).unwrap_or_default())
}

fn is_of(record: &Value, run: &Run) -> bool {
    let id = run.opened.as_ref().map(|opened| opened.run.as_str());
    record["run"].as_str() == id
}

/// Somebody signed it, and that holds.
fn is_signed(data: &Path, says: &Value) -> bool {
    let filed = Filed { file: Some(data.to_path_buf()), says: says.clone() };
    super::signoff::roles(&filed).iter().any(|role| super::signoff::standing(data, role, None).0)
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
    let new = beside(file, text)?;
    fs::rename(&new, file).map_err(|error| trouble(file, &new, &error))
}

/// As [`put`], where nothing lies under this name yet; false where something does by now.
fn put_new(file: &Path, text: &str) -> Result<bool, String> {
    let new = beside(file, text)?;
    match fs::hard_link(&new, file) {
        Ok(()) => {
            let _ = fs::remove_file(&new);
            Ok(true)
        }
        Err(error) if error.kind() == std::io::ErrorKind::AlreadyExists => {
            let _ = fs::remove_file(&new);
            Ok(false)
        }
        // A file system without links.
        Err(_) => {
            fs::rename(&new, file).map(|()| true).map_err(|error| trouble(file, &new, &error))
        }
    }
}

/// The text in a hidden file beside it, on disk.
fn beside(file: &Path, text: &str) -> Result<PathBuf, String> {
    let name = file.file_name().unwrap_or_default().to_string_lossy();
    let new = file.with_file_name(format!(".{name}.{}.new", std::process::id()));
    let written = fs::File::create(&new).and_then(|mut made| {
        std::io::Write::write_all(&mut made, text.as_bytes())?;
        made.sync_all()
    });
    written.map_err(|error| trouble(file, &new, &error))?;
    Ok(new)
}

/// The words; half a file helps nobody.
fn trouble(file: &Path, new: &Path, error: &std::io::Error) -> String {
    let _ = fs::remove_file(new);
    format!("write {}: {error}", file.display())
}

/// `2026-Q1`, by the calendar of UTC.
fn quarter(at: Timestamp) -> String {
    let text = at.rfc3339();
    let (year, month) = (&text[..4], text[5..7].parse::<u32>().unwrap_or(1));
    format!("{year}-Q{}", (month - 1) / 3 + 1)
}

/// `sev2-data-loss-20260115`; from the second drill of a day on with `-2` behind it.
fn names(run: &Run, began: Timestamp) -> impl Iterator<Item = String> {
    /// A playbook that is rehearsed more often in a day is not rehearsed by people.
    const MOST: u32 = 10_000;
    let opened = run.opened.as_ref();
    let playbook = opened.map(|opened| opened.playbook.replace('/', "-")).unwrap_or_default();
    let day = began.rfc3339()[..10].replace('-', "");
    let base = format!("{playbook}-{day}");
    let more = base.clone();
    std::iter::once(base).chain((2..MOST).map(move |count| format!("{more}-{count}")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quarters_begin_and_end_by_the_calendar_of_utc() {
        let of = |text: &str| quarter(text.parse().unwrap_or_else(|_| Timestamp::from_millis(0)));
        for (at, folder) in [
            ("2026-12-31T23:59:59.999Z", "2026-Q4"),
            ("2027-01-01T00:00:00Z", "2027-Q1"),
            ("2027-01-01T00:59:59+01:00", "2026-Q4"),
            ("2026-12-31T20:00:00-05:00", "2027-Q1"),
            ("2028-02-29T12:00:00Z", "2028-Q1"),
            ("2026-03-31T23:59:59Z", "2026-Q1"),
            ("2026-04-01T00:00:00Z", "2026-Q2"),
            ("2026-09-30T23:59:59Z", "2026-Q3"),
        ] {
            assert_eq!(of(at), folder, "{at}");
        }
    }
}
