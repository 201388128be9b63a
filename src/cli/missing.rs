//! Owns: what is said of a playbook that is not there. A playbook is named by its id, but people paste
//! paths, misspell, and stand in the wrong folder: each has its own way out.

use std::path::{Path, PathBuf};

use super::exit::{self, Failure};
use super::project::{Project, shown};
use crate::diagnostic::did_you_mean;

/// Refuses a name that is no id of the project, with what to do next.
pub(super) fn playbook(project: &Project, asked: &str) -> Failure {
    Failure::new(exit::INVALID, format!("find a playbook `{asked}`")).hint(way_out(project, asked))
}

fn way_out(project: &Project, asked: &str) -> String {
    if let Some(file) = project.inner_of(asked) {
        return format!("it is in another project: --config {file}");
    }
    if let Some(id) = id_in(project, Path::new(asked)) {
        return format!("a playbook is named by its id: this file has `{id}`");
    }
    let within = |file: &PathBuf| {
        let id = id_in(&Project::open(Some(file)).ok()?, Path::new(asked))?;
        Some(format!("it is in another project: --config {} and its id, `{id}`", shown(file)))
    };
    if let Some(elsewhere) = project.inner.iter().find_map(within) {
        return elsewhere;
    }
    let known = project.titles();
    if let Some(near) = did_you_mean(asked, known.iter().map(|(id, _)| id.as_str())) {
        return format!("did you mean `{near}`?");
    }
    let unreadable = project.unread();
    if !unreadable.is_empty() {
        let files = unreadable.join(", ");
        return format!("it may be in {files}, which cannot be read: see `mayday check`");
    }
    if Path::new(asked).is_file() {
        let folder = shown(&project.folder());
        return format!("put the file below {folder}, then name its id");
    }
    "`mayday list` shows what there is".to_owned()
}

/// The id of the playbook in this file of the project.
fn id_in(project: &Project, path: &Path) -> Option<String> {
    let path = path.canonicalize().ok()?;
    let same = |name: &str| Path::new(name).canonicalize().is_ok_and(|file| file == path);
    let parsed = project.playbooks.iter().find(|parsed| same(&parsed.source.file.name))?;
    Some(parsed.value.as_ref()?.head.id.clone())
}
