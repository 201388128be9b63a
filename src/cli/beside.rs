//! Runs that others drive now, where a new one is about to begin. Two incidents of one place may well be
//! open at once, so no real run is refused; but two people who were called by the same alert must hear of
//! each other before the first step. A drill is alone on its place: two would rehearse each other.

use std::os::unix::net::UnixListener;

use super::exit::{self, Failure};
use crate::journal::{self, Condition, Hash, RunId, Store};
use crate::plan::{Mode, Plan};
use crate::run::event::{Kind, Opened};
use crate::run::state::Run;
use crate::world::machine;

/// A sentence for each run of the same project and environment that is driven now.
pub(super) fn others(store: &Store, plan: &Plan) -> Vec<String> {
    driven(store, plan, None)
}

/// Holds the place of a drill until what comes back is dropped; nothing of a real run. `own` is the run that is taken up.
///
/// # Errors
/// Somebody else drives a run there.
pub(super) fn occupied(
    store: &Store,
    plan: &Plan,
    own: Option<&RunId>,
) -> Result<Option<UnixListener>, Failure> {
    if plan.mode == Mode::Real {
        return Ok(None);
    }
    let refuse = |why: String| {
        Failure::new(exit::HELD, format!("rehearse on `{}`: {why}", plan.place.name)).hint(
            "nothing was executed; two on one place would disturb each other: wait until it is over",
        )
    };
    if let Some(why) = driven(store, plan, own).into_iter().next() {
        return Err(refuse(why));
    }
    // Two that begin in the same moment have no record yet.
    let place = format!("{}\n{}", plan.place.cwd.display(), plan.place.name);
    let name = format!("mayday-drill-{}", &Hash::of(place.as_bytes()).hex()[..32]);
    match machine::hold(&name) {
        Ok(Some(held)) => Ok(Some(held)),
        Ok(None) => Err(refuse("another drill began there just now".to_owned())),
        // Without such names a drill goes by the records alone.
        Err(_) => Ok(None),
    }
}

/// Nothing of a drill that was left open is changed by another one: its accident stands, and it is owed its cleanup.
///
/// # Errors
/// There is one, and how it comes to its end.
pub(super) fn left_open(store: &Store, plan: &Plan) -> Result<(), Failure> {
    if plan.mode == Mode::Real {
        return Ok(());
    }
    for (id, opened) in here(store, plan) {
        let mut run = Run::default();
        let read =
            store.dir(&id).and_then(|dir| journal::read_with(&dir, |_, event| run.apply(&event)));
        // One whose record cannot be used any more cannot be ended either; it holds nothing up.
        let usable = read
            .is_ok_and(|scan| matches!(scan.condition, Condition::Clean | Condition::Torn { .. }));
        if opened.mode != Mode::Drill || !usable {
            continue;
        }
        let playbook = &opened.playbook;
        let (why, hint) = if run.closed.is_none() {
            (
                format!("a drill of {playbook} was left open there: {id}"),
                format!(
                    "nothing was executed; `mayday resume {id}` goes on with it, \
                     `mayday abort {id} --reason WORDS` closes it and cleans up"
                ),
            )
        } else if plan.place.teardown.is_some()
            && run.drill.taken_down.is_none()
            && is_taken_down_by_its_driver(store, &id, &opened)
        {
            (
                format!(
                    "a drill of {playbook} is over, and its environment was not taken down: {id}"
                ),
                format!("nothing was executed; `mayday resume {id}` takes it down"),
            )
        } else {
            continue;
        };
        let why = format!("rehearse on `{}`: {why}", plan.place.name);
        return Err(Failure::new(exit::HELD, why).hint(hint));
    }
    Ok(())
}

/// The environment had a `teardown` when the drill began.
fn is_taken_down_by_its_driver(store: &Store, id: &RunId, opened: &Opened) -> bool {
    let dir = store.dir(id).ok();
    let plan = dir.and_then(|dir| super::pinned::plan(&dir, opened).ok());
    plan.is_some_and(|(plan, _)| plan.place.teardown.is_some())
}

fn driven(store: &Store, plan: &Plan, own: Option<&RunId>) -> Vec<String> {
    let others = here(store, plan).into_iter().filter(|(id, _)| Some(id) != own);
    let driven = others.filter_map(|(id, opened)| Some((store.driver(&id)?, id, opened)));
    let words = |(holder, id, opened): (String, RunId, Opened)| {
        let Opened { playbook, environment, .. } = opened;
        format!(
            "{playbook} is being run on {environment} already, by {holder}: `mayday status {id}` shows it"
        )
    };
    driven.map(words).collect()
}

/// The runs of the same project and environment.
fn here(store: &Store, plan: &Plan) -> Vec<(RunId, Opened)> {
    // A folder that cannot be listed is told of by what creates the run.
    let runs = store.list().unwrap_or_default().into_iter();
    let opened = runs.filter_map(|id| {
        let first = journal::read_first(&store.dir(&id).ok()?).ok()??;
        let Kind::Opened(opened) = first.kind else { return None };
        let same = opened.environment == plan.place.name
            && opened.base == plan.place.cwd.to_string_lossy();
        same.then_some((id, *opened))
    });
    opened.collect()
}
