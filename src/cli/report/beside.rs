//! What lies beside the record of a run and belongs in its page: drills of the same playbook, who signed this one off,
//! what people wrote in the post-mortem.

use std::path::{Path, PathBuf};
use std::sync::PoisonError;

use serde_json::Value;

use crate::cli::drill::{shelf, signoff};
use crate::cli::slip::hidden;
use crate::journal::{RunDir, Store};
use crate::plan::Plan;
use crate::report::Names;
use crate::report::html::Around;
use crate::report::names::hide_in;
use crate::report::prose::{self, Said};
use crate::run::event::{Event, Opened};
use crate::ui::lang::Lang;

/// A larger post-mortem is not read for a page, in bytes.
const LARGEST: u64 = 16 << 20;

/// All of it.
#[derive(Default)]
pub(in crate::cli) struct Found {
    pub drills: Vec<Value>,
    pub written: Vec<Said>,
    pub signed: Vec<(String, String)>,
    /// The record of this drill, and what signs it: name and bytes.
    pub files: Vec<(String, Vec<u8>)>,
    /// What could not be taken, in sentences.
    pub troubles: Vec<String>,
}

impl Found {
    /// With people called as they are wanted to be called.
    pub(in crate::cli) fn named(
        mut self,
        names: Names,
        lang: Lang,
        events: &[(u64, Event)],
        plan: Option<&Plan>,
    ) -> Self {
        if names == Names::Roles {
            hide_in(&mut self.written, events, plan, lang);
        }
        self
    }

    pub(in crate::cli) fn around(&self) -> Around<'_> {
        Around { drills: &self.drills, written: &self.written, signed: &self.signed }
    }
}

/// What lies beside the run. `words` is the post-mortem that people wrote in; without one it is the draft in the
/// folder of the run.
pub(in crate::cli) fn find(
    store: &Store,
    dir: &RunDir,
    opened: Option<&Opened>,
    words: Option<&Path>,
) -> Found {
    let mut found = Found::default();
    if let Some(opened) = opened {
        let filed = shelf::all(Path::new(&opened.base)).into_iter();
        for one in filed.filter(|one| one.text("playbook") == opened.playbook) {
            if one.text("run") == opened.run {
                let roles = signoff::standings(&one).into_iter();
                found.signed = roles.map(|(role, (_, words))| (role, words)).collect();
                found.files = one.file.as_deref().map(files).unwrap_or_default();
            }
            found.drills.push(one.says);
        }
    }
    if let Some(text) = edited(store, dir, words, &mut found) {
        match prose::of(&text) {
            Ok(written) => found.written = written,
            Err(broken) => found.troubles.push(format!(
                "what people wrote is not in the page: the marks of the post-mortem are broken, {broken}"
            )),
        }
    }
    found
}

/// The post-mortem that people wrote in, without what is secret.
fn edited(store: &Store, dir: &RunDir, words: Option<&Path>, found: &mut Found) -> Option<String> {
    let file = words.map_or_else(|| dir.reports().join("postmortem.md"), Path::to_path_buf);
    match read(store, dir, &file) {
        Ok(text) => text,
        Err(why) => {
            found.troubles.push(format!("{} is not taken: {why}", file.display()));
            None
        }
    }
}

/// A post-mortem without the secrets of its run that are at hand; `None` where there is no file.
///
/// # Errors
/// Why it cannot be taken, a clause.
pub(in crate::cli) fn read(
    store: &Store,
    dir: &RunDir,
    file: &Path,
) -> Result<Option<String>, String> {
    let about = match std::fs::metadata(file) {
        Ok(about) => about,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(error.to_string()),
    };
    if !about.is_file() {
        return Err("it is no file".to_owned());
    }
    if about.len() > LARGEST {
        return Err("it is larger than a report of mayday".to_owned());
    }
    let bytes = std::fs::read(file).map_err(|error| error.to_string())?;
    let text = String::from_utf8(bytes).map_err(|_| "it is no UTF-8 text".to_owned())?;
    let redactor = hidden::at_hand(store, dir.id());
    let redactor = redactor.lock().unwrap_or_else(PoisonError::into_inner);
    Ok(Some(redactor.redact(&text).into_owned()))
}

/// The record of a drill as data and as words, and its sign-offs with their signatures, in the order of their names.
fn files(data: &Path) -> Vec<(String, Vec<u8>)> {
    let name = |path: &Path| path.file_name().map(|name| name.to_string_lossy().into_owned());
    let stem = data.file_stem().map(|stem| stem.to_string_lossy().into_owned()).unwrap_or_default();
    let around = data.parent().map(std::fs::read_dir).into_iter().flatten().flatten().flatten();
    let mut paths: Vec<PathBuf> = around.map(|entry| entry.path()).collect();
    paths.sort();
    let own = |path: &&PathBuf| {
        let Some(name) = name(path) else { return false };
        let Some(rest) = name.strip_prefix(&stem) else { return false };
        rest == ".json"
            || rest == ".md"
            || rest.ends_with(".signoff")
            || rest.ends_with(".signoff.sig")
    };
    let small = |path: &&PathBuf| {
        std::fs::metadata(path).is_ok_and(|about| about.is_file() && about.len() <= LARGEST)
    };
    let read = |path: &PathBuf| Some((name(path)?, std::fs::read(path).ok()?));
    paths.iter().filter(own).filter(small).filter_map(read).collect()
}
