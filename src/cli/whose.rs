//! Which run is meant by a command that names none, where the runs of several projects lie side by side.
//!
//! Owns that nobody takes up, without having named it, the run of another project: its steps would change systems that
//! the person at the keyboard is not thinking of.

use std::path::{Path, PathBuf};

use super::driven;
use super::exit::{self, Failure};
use super::project::Project;
use crate::journal::{self, RunId, Store, Trouble};
use crate::run::event::Kind;
use crate::run::state::Run;

/// So many runs of other projects are named.
const NAMED: usize = 5;

/// The project that the working directory or `--config` belongs to; `None` outside of any.
pub(super) fn project(config: Option<&Path>) -> Option<PathBuf> {
    Project::base_here(config)
}

/// True when the run was begun in this project.
pub(super) fn is_of(store: &Store, id: &RunId, project: &Path) -> bool {
    base_of(store, id).is_some_and(|base| Path::new(&base) == project)
}

fn base_of(store: &Store, id: &RunId) -> Option<String> {
    let first = store.dir(id).and_then(|dir| journal::read_first(&dir));
    match first.ok()??.kind {
        Kind::Opened(opened) => Some(opened.base),
        _ => None,
    }
}

/// The newest run of this project, over or not; where it has none, the newest of all.
///
/// # Errors
/// The runs cannot be listed.
pub(super) fn newest(store: &Store, config: Option<&Path>) -> Result<Option<RunId>, Failure> {
    let ids = store.list().map_err(|trouble| driven::refused(&trouble))?;
    let here = project(config);
    let own = |id: &&RunId| here.as_deref().is_some_and(|here| is_of(store, id, here));
    Ok(ids.iter().find(own).or_else(|| ids.first()).cloned())
}

/// A run that is not over.
struct Open {
    id: RunId,
    base: String,
    playbook: String,
}

impl Open {
    fn of(store: &Store, id: &RunId) -> Option<Self> {
        let mut run = Run::default();
        let read =
            store.dir(id).and_then(|dir| journal::read_with(&dir, |_, event| run.apply(&event)));
        // A run that is over and still has something to say counts as open.
        let open = run.closed.is_none() || run.outbox.open().next().is_some();
        let opened = run.opened.filter(|_| read.is_ok() && open)?;
        Some(Self { id: id.clone(), base: opened.base, playbook: opened.playbook })
    }
}

/// The newest run of this project that is not closed; outside of any project the newest there is, when all that are
/// open are of one project.
///
/// # Errors
/// There is none, it is not clear which is meant, or somebody drives it: an older one, left open on another day, is not
/// what was meant.
pub(super) fn newest_open(store: &Store, config: Option<&Path>) -> Result<RunId, Failure> {
    let here = project(config);
    let mut others = Vec::new();
    for id in store.list().map_err(|trouble| driven::refused(&trouble))? {
        let Some(open) = Open::of(store, &id) else { continue };
        if here.as_deref().is_some_and(|here| Path::new(&open.base) == here) {
            return free(store, open.id);
        }
        others.push(open);
    }
    let one = others.iter().all(|open| open.base == others[0].base);
    match others.first() {
        None => Err(Failure::new(exit::USAGE, "find a run to go on with: none is open")
            .hint("`mayday runs` lists all runs")),
        Some(newest) if here.is_none() && one => free(store, newest.id.clone()),
        Some(newest) => {
            let why = match &here {
                Some(here) => format!(
                    "find a run to go on with: none of this project is open ({})",
                    here.display()
                ),
                None => {
                    "tell which run is meant: several projects have one that is open".to_owned()
                }
            };
            let named = others.iter().take(NAMED).map(|open| {
                let Open { id, base, playbook } = open;
                format!("  {id}  {playbook}  of {base}")
            });
            let named = named.collect::<Vec<_>>().join("\n");
            let hint = format!("if you mean one of these, name it (mayday resume {}):", newest.id);
            Err(Failure::new(exit::USAGE, why).hint(format!("{hint}\n{named}")))
        }
    }
}

fn free(store: &Store, id: RunId) -> Result<RunId, Failure> {
    match store.driver(&id) {
        Some(holder) => Err(driven::refused(&Trouble::Held { run: id, holder })),
        None => Ok(id),
    }
}
